"""The other side of main.go: at every line of its input it makes the tokenizer anew and encodes the text."""
import json, sys, time
from tokenizers import Tokenizer

text = open(sys.argv[1] + "/text", encoding="utf-8", newline="").read()
for _ in sys.stdin:
    t = Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
    begun = time.perf_counter()
    ids = t.encode(text, add_special_tokens=False).ids
    took = time.perf_counter() - begun
    h = 0xcbf29ce484222325
    for i in ids:
        for b in i.to_bytes(4, "little"):
            h = (h ^ b) * 0x100000001b3 & 0xffffffffffffffff
    print(json.dumps({"Seconds": took, "Tokens": len(ids), "Sum": h}), flush=True)
