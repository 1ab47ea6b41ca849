"""Where Transformers' StopStringCriteria ends a text: runs of tokens of the base model's tokenizer, stop strings, and how many
tokens there are when it first says stop (0: never).

    python stops.py > stops.json      (needs torch and transformers; the versions are in the output)
"""
import json, os, random
import torch, transformers
from transformers import AutoTokenizer, StopStringCriteria

random.seed(21)
here = os.path.dirname(os.path.abspath(__file__))
tok = AutoTokenizer.from_pretrained(os.path.join(here, "../base"))
special = {i for i, t in tok.added_tokens_decoder.items() if t.special}
texts = ["Mia likes red apples. Ben has a blue boat.\n\nQuestion: where is it?", "Dora h\u00e4s \u732b \U0001f600 na\u00efve \u00e9\u00e9 \u2014 caf\u00e9", "aaa aaaa aa aaaaa bbb abab abababab", "x = {\"a\": [1, 2, 3]}\nend\tEND end. END", "  two  spaces   three    four"]
ids_of = [tok(t, add_special_tokens=False)["input_ids"] for t in texts]
cases = []
for n in range(240):
    if n % 3 == 0:
        ids = [i for i in (random.randrange(len(tok)) for _ in range(20)) if i not in special]
    else:
        ids = list(random.choice(ids_of))
        a = random.randrange(max(1, len(ids) - 10))
        ids = ids[a:a + 28]
    if n % 5 == 0:
        ids.insert(random.randrange(len(ids)), random.choice(sorted(special)))
    text = tok.decode(ids)
    stops = []
    for _ in range(random.choice([1, 1, 2, 3])):
        a = random.randrange(len(text))
        s = text[a:a + random.choice([1, 2, 2, 3, 4, 6, 9])].replace("\ufffd", "")
        if random.random() < 0.2:
            s = s[:-1] + random.choice("xyz \n")
        stops.append(s or "zz")
    criteria = StopStringCriteria(tok, stops)
    at = next((k for k in range(1, len(ids) + 1) if bool(criteria(torch.tensor([ids[:k]]), None)[0])), 0)
    cases.append({"ids": ids, "stops": stops, "at": at})
print(json.dumps({"torch": torch.__version__, "transformers": transformers.__version__, "seed": 21, "cases": cases}))
