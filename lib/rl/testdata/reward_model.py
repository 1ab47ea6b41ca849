"""Writes reward_model.json: what a reward model of GRPOTrainer says of texts and conversations, in the words of its
_calculate_rewards (TRL 1.16.0), with the tiny scorer that ../../posttrain/trl/testdata/make.py has made."""
import json, os, torch, transformers, trl
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl import apply_chat_template
HERE = os.path.dirname(os.path.abspath(__file__))
SCORER = os.path.join(HERE, "..", "..", "posttrain", "trl", "testdata", "scorer")
torch.set_num_threads(1)
m = AutoModelForSequenceClassification.from_pretrained(SCORER, dtype=torch.float32, attn_implementation="eager").eval()
tok = AutoTokenizer.from_pretrained(SCORER)
plain = [("Who finds it?", " The cat finds seven stones near the bridge."), ("Why?", " No."), ("A small boat", ""), ("Count: ", "1 2 3 größer")]
chats = [([{"role": "user", "content": "Who finds it?"}], "The cat."), ([{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why?"}], "Our teacher counts the warm bread at night."), ([{"role": "user", "content": "x"}], "")]
def scores(texts):
    x = tok(text=texts, return_tensors="pt", padding=True, padding_side="right", add_special_tokens=False)
    with torch.inference_mode(): return m(**x).logits[:, 0].tolist()
out = {"versions": {p.__name__: p.__version__ for p in (torch, transformers, trl)},
       "plain": [{"prompt": p, "completion": c, "score": s} for (p, c), s in zip(plain, scores([p + c for p, c in plain]))],
       "chats": [{"prompt": p, "completion": c, "score": s} for (p, c), s in zip(chats, scores([apply_chat_template({"messages": p + [{"role": "assistant", "content": c}]}, tok)["text"] for p, c in chats]))]}
with open(os.path.join(HERE, "reward_model.json"), "w") as f: json.dump(out, f, indent=1)
