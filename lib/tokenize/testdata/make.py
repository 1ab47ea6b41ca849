"""Writes golden.json for golden_test.go: small tokenizers of every kind of pipeline, trained here, and what the tokenizers
library makes of texts with them: ids, offsets in bytes, and the text again.

    python make.py            # golden.json beside this file
    python make.py check FILE # loads a tokenizer.json and prints the ids of the texts, one list a line

Made with tokenizers 0.23.3.
"""

import json
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = ["The baker lives in Tarn. The baker likes bread. It's 12 o'clock, they'll say.\n\n  Where does the baker live? ",
          "def f(x):\n\treturn x + 1  # über\n", "naïve café, 你好世界 こんにちは, Привет мир, नमस्ते", "1234 5678 3.14 HTTPServer camelCase 😀👩‍👩‍👧"] * 4
PIECES = ["The baker", " lives", "it's", "WE'LL", "'ſ", "o'clock", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "\u3000", "\u00a0", "12", "34567", "٣٤", "²½", "é", "e\u0301", "A\u030a", "\u212b", "ﬁ", "각", "각", "a\u0315\u0300\u05ae\u0062", "你好", "世界", "こん", "мир", "नमस्ते", "😀", "👩‍👩‍👧", "!", "...", "(x)", "_a", "<|end|>", "<tool>", " <mask> ", "<s>", "<unk>", "<0x0A>", "▁", "Ġ", "\u0000", "\u200b", "\ufeff", "\u2028", "HTTPServer", "camelCase", "\U00010d70", "\U000105c0", "x", ".", ",", " "]

rng = random.Random(11)
TEXTS = ["", " ", "The baker lives in Tarn."] + ["".join(rng.choice(PIECES) + rng.choice(["", "", " "]) for _ in range(rng.randint(2, 28))) for _ in range(13)]
GPT4O = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN35 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def split(pattern, how="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": how, "invert": invert}


def seq(kind, name, *parts):
    return {"type": "Sequence", name: list(parts)}


def pre(*parts):
    return seq("pre", "pretokenizers", *parts)


TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
SPM_DECODER = seq("decoder", "decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0})
BYTES = {"decoder": level(True)}

# name: which vocabulary, and the parts of tokenizer.json that differ
KINDS = {
    "gpt2": ("bytes", {"pre_tokenizer": level(), "post_processor": level(), **BYTES}),
    "gpt2 with a space before": ("bytes", {"pre_tokenizer": level(True), "post_processor": level(True), **BYTES}),
    "smollm": ("bytes", {"pre_tokenizer": pre({"type": "Digits", "individual_digits": True}, level()), **BYTES}),
    "qwen2": ("bytes", {"normalizer": {"type": "NFC"}, "pre_tokenizer": pre(split(QWEN), level(regex=False)), "post_processor": level(), **BYTES}),
    "qwen3.5": ("bytes", {"normalizer": {"type": "NFC"}, "pre_tokenizer": pre(split(QWEN35), level(regex=False)), **BYTES}),
    "llama3": ("bytes", {"pre_tokenizer": pre(split(LLAMA3), level(regex=False)), "post_processor": seq("post", "processors", level(), TEMPLATE), "ignore_merges": True, **BYTES}),
    "gpt4o": ("bytes", {"pre_tokenizer": pre(split(GPT4O, "Removed", True), level(regex=False)), **BYTES}),
    "deepseek": ("bytes", {"pre_tokenizer": pre(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(r"[!-/:-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), level(regex=False)), **BYTES}),
    "falcon": ("bytes", {"pre_tokenizer": pre({"type": "Punctuation", "behavior": "Contiguous"}, level(), {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")), **BYTES}),
    "normalised": ("bytes", {"normalizer": seq("n", "normalizers", {"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "NFKC"}, {"type": "Lowercase"}, {"type": "Replace", "pattern": {"Regex": r"\s{2,}"}, "content": " "}, {"type": "Prepend", "prepend": "x"}), "pre_tokenizer": level(), **BYTES}),
    "accents": ("bytes", {"normalizer": seq("n", "normalizers", {"type": "NFD"}, {"type": "StripAccents"}), "pre_tokenizer": level(), **BYTES}),
    "nfkd": ("bytes", {"normalizer": {"type": "NFKD"}, "pre_tokenizer": level(), **BYTES}),
    "byte normalizer": ("bytes", {"normalizer": {"type": "ByteLevel"}, "pre_tokenizer": split("Ġ", "MergedWithNext", kind="String"), **BYTES}),
    "behaviours": ("bytes", {"pre_tokenizer": pre(split(r"\d+|x*", "Contiguous"), split("[a-z]{3}", "MergedWithPrevious"), split(r"\p{L}+", "MergedWithNext", True), {"type": "CharDelimiterSplit", "delimiter": "."}, level()), **BYTES}),
    "white space": ("bytes", {"pre_tokenizer": pre({"type": "Whitespace"}, level(regex=False)), **BYTES}),
    "roberta": ("bytes", {"pre_tokenizer": pre({"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "MergedWithPrevious"}, level(True, False)), "post_processor": {"type": "RobertaProcessing", "sep": ["<|end|>", 0], "cls": ["<s>", 1], "trim_offsets": True, "add_prefix_space": True}, **BYTES}),
    "bert": ("bytes", {"pre_tokenizer": pre({"type": "BertPreTokenizer"}, {"type": "FixedLength", "length": 3}, level(regex=False)), "post_processor": {"type": "BertProcessing", "sep": ["<|end|>", 0], "cls": ["<s>", 1]}, **BYTES}),
    "llama2": ("spm", {"normalizer": seq("n", "normalizers", {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}), "post_processor": TEMPLATE, "decoder": SPM_DECODER, "byte_fallback": True, "fuse_unk": True}),
    "gemma": ("spm", {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, "pre_tokenizer": split(" ", "MergedWithPrevious", kind="String"), "decoder": seq("d", "decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}), "byte_fallback": True, "fuse_unk": True}),
    "metaspace": ("spm", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}, "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}, "byte_fallback": False, "fuse_unk": True}),
    "unknown ones apart": ("spm", {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False}, "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False}, "byte_fallback": False, "fuse_unk": False}),
}
ADDED = [AddedToken("<|end|>", special=True, normalized=False), AddedToken("<s>", special=True, normalized=False), AddedToken("<unk>", special=True, normalized=False),
         AddedToken("<tool>", special=False, normalized=False), AddedToken("<mask>", special=True, lstrip=True, rstrip=True, normalized=False),
         AddedToken("lives", special=False, single_word=True, normalized=False), AddedToken("cafÉ", special=False, normalized=True)]


def vocabulary(kind):
    if kind == "bytes":
        t = Tokenizer(models.BPE())
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), special_tokens=ADDED[:3], show_progress=False))
    else:
        t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
        t.normalizer = normalizers.Replace(" ", "▁")
        t.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
        t.train_from_iterator([c[:90] for c in CORPUS[:2]], trainers.BpeTrainer(vocab_size=470, initial_alphabet=["▁"], special_tokens=ADDED[:3] + ["<0x%02X>" % b for b in range(256)], show_progress=False))
    t.add_tokens(ADDED[3:])
    d = json.loads(t.to_str())
    if kind == "spm":  # the bytes are tokens of the vocabulary only
        d["added_tokens"] = [a for a in d["added_tokens"] if not a["content"].startswith("<0x")]
    return d


def places(text):
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    return at


if len(sys.argv) > 2:
    t = Tokenizer.from_file(sys.argv[2])
    for text in TEXTS:
        print(json.dumps(t.encode(text).ids))
    sys.exit()

out = {"texts": TEXTS, "vocabularies": {}, "kinds": []}
for kind in ("bytes", "spm"):
    out["vocabularies"][kind] = vocabulary(kind)
for name, (kind, parts) in KINDS.items():
    d = json.loads(json.dumps(out["vocabularies"][kind]))
    for part in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        d[part] = parts.get(part)
    for flag in ("byte_fallback", "fuse_unk", "ignore_merges"):
        if flag in parts:
            d["model"][flag] = parts[flag]
    t = Tokenizer.from_str(json.dumps(d))
    rows = []
    for text in TEXTS:
        e, at = t.encode(text), places(text)
        rows.append({"ids": e.ids, "offsets": [[at[a], at[b]] for a, b in e.offsets], "decode": t.decode(e.ids, skip_special_tokens=False), "plain": t.decode(e.ids)})
    p = t.encode(TEXTS[3], TEXTS[4])
    out["kinds"].append({"name": name, "vocabulary": kind, "parts": parts, "rows": rows, "pair": {"ids": p.ids, "types": p.type_ids}})
with open("golden.json", "w") as f:
    json.dump(out, f, separators=(",", ":"))
