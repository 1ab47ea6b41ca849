"""Writes what Transformers renders, for jinja_test.go.

usage: python make.py OUT.json [FOLDER_WITH_TEMPLATES ...]
       python make.py --digests real.json FOLDER_WITH_TEMPLATES

Without folders it uses templates.json beside this file, whose templates were written for this test.
With --digests it writes one SHA-256 for each template over all that is made of it, and no text: for the templates of
models, which come from the source package llama-cpp-python (vendor/llama.cpp/models/templates) and stay there.
"""

import datetime, hashlib, json, pathlib, sys

import jinja2
import transformers
from transformers.utils import chat_template_utils as ctu

digests = sys.argv[1] == "--digests"
if digests:
    del sys.argv[1]
NOW = datetime.datetime(2026, 3, 1, 12, 34, 56)


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


ctu.datetime = Fixed
tool = {"type": "function", "function": {"name": "weather", "description": "Says \"the\" weather <of> a place, é.", "parameters": {
    "type": "object", "properties": {"place": {"type": "string", "description": "Where?"}, "unit": {"type": "string", "enum": ["C", "F"]}, "days": {"type": ["integer", "null"], "default": 1}}, "required": ["place"]}}}
plain = {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}}
u = lambda c: {"role": "user", "content": c}
a = lambda c, **k: {"role": "assistant", "content": c, **k}
s = lambda c: {"role": "system", "content": c}
call = lambda args, **k: a("", tool_calls=[{"id": "abcdef123", "type": "function", "function": {"name": "weather", "arguments": args}}], **k)
answer = {"role": "tool", "name": "weather", "tool_call_id": "abcdef123", "content": "{\"temp\": 21.5}"}
cases = [
    ("user", [u("Hello")], None, {}),
    ("turn", [u("Hello"), a("Hi")], None, {}),
    ("system", [s("Be terse."), u("Hello "), a(" Hi\n"), u("Über 你好 😀")], None, {}),
    ("empty", [s(""), u(""), a(""), u("x")], None, {}),
    ("system only", [s("Rules")], None, {}),
    ("thinking in content", [u("2+2?"), a("<think>\nsum\n</think>\n\n4"), u("3+3?"), a("<think>a</think>6")], None, {}),
    ("reasoning_content", [u("2+2?"), a("4", reasoning_content="sum it"), u("And?"), a("5", reasoning_content="more")], None, {}),
    ("thinking off", [u("2+2?")], None, {"enable_thinking": False}),
    ("thinking on", [s("Think."), u("2+2?")], None, {"enable_thinking": True, "thinking": True}),
    ("tools", [u("Weather in Rome?")], [tool, plain], {}),
    ("tools and system", [s("Help."), u("Weather?"), call({"place": "Rome", "days": 2, "deep": {"a": [1, 2.5, None, True]}}), answer, a("21.5 degrees"), u("Thanks")], [tool], {}),
    ("two tools", [u("Weather?"), a("Let me see.", tool_calls=[{"id": "abcdef123", "type": "function", "function": {"name": "weather", "arguments": {"place": "Rome"}}}, {"id": "abcdef124", "type": "function", "function": {"name": "now", "arguments": {}}}]), answer, dict(answer, tool_call_id="abcdef124", name="now", content="noon")], [tool, plain], {}),
    ("arguments as text", [u("Weather?"), call('{"place": "Rome"}'), answer], [tool], {}),
    ("call without tools", [u("Weather?"), call({"place": "Rome"}), answer, a("fine")], None, {}),
    ("parts", [u([{"type": "text", "text": "Look"}, {"type": "text", "text": " here"}]), a([{"type": "text", "text": "I do"}])], None, {}),
    ("two users", [u("A"), u("B"), a("C"), a("D")], None, {}),
    ("assistant first", [a("How can I help?"), u("2+2?")], None, {}),
    ("none", [u("x"), a(None), u("y")], None, {}),
    ("nothing", [], None, {}),
]
out = {"versions": {"transformers": transformers.__version__, "jinja2": jinja2.__version__}, "now": NOW.isoformat(), "cases": [
    {"name": n, "messages": json.dumps(m), "tools": json.dumps(t), "kwargs": k} for n, m, t, k in cases], "templates": []}
if len(sys.argv) > 2:
    sources = [(p.name, p.read_text()) for d in sys.argv[2:] for p in sorted(pathlib.Path(d).glob("*.jinja"))]
else:
    sources = list(json.loads((pathlib.Path(__file__).parent / "templates.json").read_text()).items())
for name, source in sources:
    rows = []
    for i, (_, m, t, k) in enumerate(cases):
        for more in (False, True):
            row = {"case": i, "more": more}
            try:
                chat, spans = ctu.render_jinja_template([m], tools=t, chat_template=source, add_generation_prompt=more, return_assistant_tokens_mask="{% generation" in source or "{%- generation" in source, bos_token="<s>", eos_token="</s>", **k)
                row["text"], row["spans"] = chat[0], spans[0] if spans else []
            except Exception as e:
                row["error"], row["message"] = type(e).__name__, str(e)
            rows.append(row)
    out["templates"].append({"name": name, "source": source, "rows": rows})
if digests:
    for t in out["templates"]:
        h = hashlib.sha256()
        for r in t["rows"]:
            wrong = r.get("error", "")
            h.update("\0".join([str(r["case"]), str(int(r["more"])), wrong, r["message"] if wrong == "TemplateError" else "", r.get("text", ""), " ".join(f"{x}-{y}" for x, y in r.get("spans", []))]).encode() + b"\n")
        del t["rows"], t["source"]
        t["sum"] = h.hexdigest()
pathlib.Path(sys.argv[1]).write_text(json.dumps(out, ensure_ascii=False, indent=1 if len(sys.argv) == 2 or digests else None))
