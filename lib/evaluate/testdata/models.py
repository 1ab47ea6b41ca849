"""Perplexity and KL of the two small models inside the program, computed with Transformers.

    lyceum convert base BASE --type F32 && lyceum convert instruct INSTRUCT --type F32
    python models.py BASE INSTRUCT > models.json      (needs torch and transformers; the versions are in the output)

Perplexity as Transformers' documentation has it for models of fixed length: windows that move by a stride, each token counted
once. KL(instruct || base) in nats at each token of a text from the fourth on, over the whole vocabulary, in float64.
"""
import json, sys
import torch, transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
base, instruct = (AutoModelForCausalLM.from_pretrained(f, dtype=torch.float32, attn_implementation="eager").eval() for f in sys.argv[1:3])
tok = AutoTokenizer.from_pretrained(sys.argv[1])
TEXTS = ["Dora lives in the old mill. Ben has two dogs and a cat.", "What is your name?", "Ünïcode — 猫 and 🐈 are unknown to it.\n\tTabs too.",
         "Mia likes red apples. " * 12]
WINDOW, STRIDE = 24, 10


def sliding(ids):
    total, n, prev = 0.0, 0, 0
    for begin in range(0, len(ids), STRIDE):
        end = min(begin + WINDOW, len(ids))
        new = end - prev
        x = torch.tensor([ids[begin:end]])
        labels = x.clone()
        labels[:, :-new] = -100
        counted = int((labels[:, 1:] != -100).sum())
        if counted:
            z = base(x).logits.double()
            total += float(torch.nn.functional.cross_entropy(z[0, :-1], labels[0, 1:], reduction="sum"))
        n, prev = n + counted, end
        if end == len(ids):
            break
    return total, n


out = {"torch": torch.__version__, "transformers": transformers.__version__, "window": WINDOW, "stride": STRIDE, "texts": []}
with torch.no_grad():
    for t in TEXTS:
        ids = tok(t)["input_ids"]
        nll, n = sliding(ids)
        p, q = (m(torch.tensor([ids])).logits[0].double().log_softmax(-1) for m in (instruct, base))
        kl = (p.exp() * (p - q)).sum(-1)[2:-1].tolist()
        out["texts"].append({"text": t, "ids": ids, "nll": nll, "tokens": n, "kl": [float(f"{x:.9g}") for x in kl]})
json.dump(out, sys.stdout, separators=(",", ":"))
