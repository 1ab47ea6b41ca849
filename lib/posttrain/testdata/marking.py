"""Writes what TRL's training templates make of some conversations: text, and the spans that the assistant says, for each chat
template that marking.go knows.

    python marking.py > marking.json      TRL 1.16.0, Transformers 5.23.0
"""
import hashlib, json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
import transformers, trl
from transformers.utils.chat_template_utils import render_jinja_template

NAMES = ["qwen2_5", "qwen3", "qwen3_instruct_2507", "llama3", "deepseek_r1_distill", "gemma3"]
turn = lambda role, content, **more: {"role": role, "content": content, **more}
call = {"type": "function", "function": {"name": "add", "arguments": {"b": 1, "a": 2}}}
CHATS = [
    [turn("user", "One?"), turn("assistant", "Yes.")],
    [turn("system", "Be brief."), turn("user", "One?"), turn("assistant", "<think>\nhm\n</think>\n\nYes."), turn("user", "Two?"), turn("assistant", " No. ")],
    [turn("user", "Sum?"), turn("assistant", "", tool_calls=[call]), turn("tool", "3"), turn("assistant", "It is 3.")],
    [turn("user", "Sum?"), turn("assistant", "I ask.", tool_calls=[call, call]), turn("tool", "3"), turn("tool", "4"), turn("assistant", "3 and 4.")],
]
folder = os.path.join(os.path.dirname(trl.__file__), "chat_templates")
read = lambda name: open(os.path.join(folder, name + ".jinja"), encoding="utf-8").read()
out = {"versions": f"trl {trl.__version__}, transformers {transformers.__version__}", "chats": CHATS, "templates": {}}
for n in NAMES:
    cases = []
    for c in CHATS:
        try: text, spans = render_jinja_template(conversations=[c], chat_template=read(n + "_training"), return_assistant_tokens_mask=True, bos_token="<s>", eos_token="</s>")
        except Exception: cases.append(None); continue
        cases.append({"text": text[0], "spans": [[len(text[0][:k].encode()) for k in s] for s in spans[0]]})
    out["templates"][hashlib.sha256(read(n).encode()).hexdigest()] = {"name": n, "cases": cases}
json.dump(out, sys.stdout, indent=1); print()
