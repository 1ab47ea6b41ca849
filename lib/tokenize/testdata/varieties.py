"""Parts of tokenizer.json that few models have, around one small vocabulary, as the tokenizers library treats them.

    python varieties.py > varieties.json      (needs tokenizers; its version is in the output)

A case has the parts that differ from "model" alone, and for each text: ids and offsets in bytes with the special tokens that
are added, the text of the ids with special tokens, and without.
"""
import json
import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders as D, models, normalizers as N, pre_tokenizers as P, processors as R, trainers

corpus = ["The quick brown fox can't jump. It's 12 o'clock , isn't it ?", "Größe naïve", "日本語カタカナー Привет", "  two  spaces", "under▁score"] * 2
texts = ["The quick brown fox can't jump.", "It's 12 o'clock , isn't it ?", "  two  spaces ", "  ", "日本語カタカナー Привет fox", "x <mask> y", "<mask>", "a<mask>the <x> b", "tab\there\x7f\ufeff", "", "fox fox"]
model = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
model.pre_tokenizer = P.Sequence([P.Metaspace(), P.Punctuation()])
model.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=150, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=["Ġ"], show_progress=False))
base = json.loads(model.to_str())["model"]


def case(normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, added=(), special=()):
    t = Tokenizer.from_str(json.dumps({"version": "1.0", "model": base}))
    for name, v in (("normalizer", normalizer), ("pre_tokenizer", pre_tokenizer), ("post_processor", post_processor), ("decoder", decoder)):
        if v is not None:
            setattr(t, name, v)
    t.add_tokens(list(added)); t.add_special_tokens(list(special))
    rows = []
    for x in texts:
        e, at = t.encode(x), [len(x[:i].encode()) for i in range(len(x) + 1)]
        rows.append([e.ids, [[at[a], at[b]] for a, b in e.offsets], t.decode(e.ids, skip_special_tokens=False), t.decode(e.ids)])
    return {"parts": {k: v for k, v in json.loads(t.to_str()).items() if k not in ("model", "version") and v}, "rows": rows}


llama = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
mask = lambda **k: AddedToken("<mask>", **k)
cases = {
    "scripts": case(pre_tokenizer=P.UnicodeScripts(), decoder=D.Fuse()),
    "scripts and spaces": case(pre_tokenizer=P.Sequence([P.UnicodeScripts(), P.Metaspace()]), decoder=D.Metaspace()),
    "nmt": case(normalizer=N.Sequence([N.Nmt(), N.Replace(" ", "▁")]), decoder=D.Metaspace()),
    "WordPiece": case(pre_tokenizer=P.Whitespace(), decoder=D.WordPiece("##")),
    "WordPiece without cleaning": case(pre_tokenizer=P.Whitespace(), decoder=D.WordPiece("▁", cleanup=False)),
    "BPEDecoder": case(pre_tokenizer=P.WhitespaceSplit(), decoder=D.BPEDecoder("o")),
    "one piece": case(pre_tokenizer=P.Metaspace(split=False), decoder=D.Metaspace(split=False)),
    "first token": case(decoder=D.Metaspace(replacement="o")),
    "normalised": case(normalizer=llama, decoder=D.Replace("▁", " "), added=[mask(normalized=True)], special=[AddedToken("<x>", normalized=True)]),
    "normalised and special": case(normalizer=llama, decoder=D.Replace("▁", " "), special=[mask(normalized=True, lstrip=True, rstrip=True), AddedToken("<x>", normalized=False)]),
    "lower case": case(normalizer=N.Lowercase(), decoder=D.Fuse(), added=[AddedToken("The", normalized=True)], special=[AddedToken("IT'S", normalized=True)]),
    "trimmed": case(pre_tokenizer=P.ByteLevel(add_prefix_space=True, use_regex=False), post_processor=R.ByteLevel(trim_offsets=True), decoder=D.ByteLevel()),
}
print(json.dumps({"tokenizers": tokenizers.__version__, "texts": texts, "model": base, "cases": cases}, ensure_ascii=False, separators=(",", ":")))
