"""Added tokens at their edges, as the tokenizers library treats them: white space that two tokens would take, and a token that
only stands as a word of its own, whose text must not become known to the model.

    python added.py > added.json      (needs tokenizers; the version is in the output)
"""
import json
import tokenizers
from tokenizers import AddedToken, Tokenizer, models

VOCAB = {c: i for i, c in enumerate(["<unk>", "a", "b", "c", " ", "\n", "_"])}
CASES = {
    "white space on both sides": [AddedToken("  ", lstrip=True, rstrip=True, special=True)],
    "white space after": [AddedToken("  ", rstrip=True)],
    "white space before": [AddedToken("  ", lstrip=True)],
    "a word": [AddedToken("\u00df", single_word=True), AddedToken("\u00e9", single_word=True, lstrip=True, normalized=False)],
    "words and white space": [AddedToken("cab", single_word=True, lstrip=True, rstrip=True), AddedToken("\n\n", lstrip=True, rstrip=True, special=True)],
}
TEXTS = ["a    b", "     ", "  a  b   c  ", "a\u00dfb \u00df c\u00e9 \u00e9", "\u00df\u00df", "a cab  \n\n cab cabb\n\n\n\nc", "a \n\n  \n\n b", " \u00e9 \u00e9  \u00e9", ""]
out = {"tokenizers": tokenizers.__version__, "cases": []}
for name, added in CASES.items():
    t = Tokenizer(models.BPE(vocab=VOCAB, merges=[], unk_token="<unk>"))
    for a in added:
        (t.add_special_tokens if a.special else t.add_tokens)([a])
    rows = []
    for text in TEXTS:
        e, at = t.encode(text), [0]
        for c in text:
            at.append(at[-1] + len(c.encode()))
        rows.append({"text": text, "ids": e.ids, "offsets": [[at[x], at[y]] for x, y in e.offsets]})
    out["cases"].append({"name": name, "tokenizer": json.loads(t.to_str()), "rows": rows})
print(json.dumps(out))
