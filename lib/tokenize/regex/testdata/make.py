"""Writes golden.json: the matches that the tokenizers library (Oniguruma) finds, in bytes.

    python make.py            # the golden file
    python make.py N SEED     # N random patterns, to stdout

Made with tokenizers 0.23.3.
"""

import json
import random
import sys

from tokenizers import Regex, pre_tokenizers

PATTERNS = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen35": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "cl100k": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "deepseek3": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek llm letters": r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+",
    "deepseek punctuation": r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    "cjk": r"[一-龥ࠀ-一가-퟿]+",
    "line ends": r"[\r\n]",
    "trailing": r"\s+$",
    "digits by three": r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))",
    "bloom": r" ?[^(\s|[.,!?…。，、।۔،])]+",
    "falcon": r"[0-9][0-9][0-9]",
    "kimi": r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}|\s+",
    "words": r"\w+|[^\w\s]+",
    "look behind": r"(?<=a)b+|(?<!\d)\d{2}|(?<=ab|c).",
    "lazy": r"a.*?b|'.+?'",
    "atomic": r"(?>a+|b)c|a++b",
    "bounds": r"\b\w|\w\b|\Bx\B",
    "lines": r"^.|.$|\A\s|\s\z",
    "posix": r"[[:alpha:]]+|[[:digit:][:punct:]]|[^[:print:]]",
    "empty": r"x*|\d?",
    "nested loops": r"(?:a*b?)*c|(?:(?:x?y?)*z)+",
    "kept fold": r"(?i)straße|(?i:K)|k(?-i:L)",
    "dots": r"(?m:a.b)|c.d",
    "line end": r"\R",
    "escapes": r"\x41|\u00e9|\x{1F600}|\t|\.|[\]\-^]|\-",
    "alternatives": r"(?:ab|a|abc)(?:c|cd)?",
    "braces": r"a{2}|b{,2}c|{x}|d{1,}",
}

PIECES = ["Hello", " world", "'s", "'LL", "'ſ", "don't", "  ", "\n", "\r\n", "\t", "\u3000", "12", "34567", "٣٤٥", "²", "½", "é", "e\u0301", "ß", "İ", "Ǆ", "你好", "こんにちは", "한국어", "हिन्दी", "العربية", "😀", "👩‍👩‍👧", "!", "...", "?!", "a_b", "{", "}", "[", "]", "-", "^", "\\", "$", "\u0000", "\u200b", "\u00a0", "\u2028", "\u0085", "\U00010d70", "\U000105c0", "abc", "ab", "aab", "c", "x", "y", "z", "K", "\u212a", "ABC", "µ", "Ω", "и", "|", "/", "Straße", "aXb", "c\nd", "'quoted'", "\ufffd", "a", "b", "1", " "]


def texts(rng, n):
    return ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 30))) for _ in range(n)]


def matches(pattern, text):
    at = [0]
    for c in text:
        at.append(at[-1] + len(c.encode()))
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    return [[at[a], at[b]] for _, (a, b) in split.pre_tokenize_str(text)]


def random_pattern(rng, depth=0):
    atoms = ["a", "b", "c", "x", "é", " ", r"\s", r"\S", r"\w", r"\d", r"\p{L}", r"\P{N}", "[ab]", "[^a]", "[a-c1]", r"[^\s\p{L}]", ".", "1", r"[\w&&[^a]]"]
    def atom():
        k = rng.random()
        if depth < 3 and k < 0.25:
            return "(?:%s)" % random_pattern(rng, depth + 1)
        if depth < 3 and k < 0.31:
            return rng.choice(["(?=%s)", "(?!%s)", "(?>%s)", "(?i:%s)"]) % random_pattern(rng, depth + 1)
        if k < 0.34:
            return rng.choice([r"\b", r"\B", "^", "$", "(?<=a)", "(?<!b)", r"(?<=\s)"])
        return rng.choice(atoms)
    def piece():
        x = atom()
        if x[0] in "\\^$(" and (x in (r"\b", r"\B", "^", "$") or x.startswith(("(?=", "(?!", "(?<"))):
            return x
        return x + rng.choice(["", "", "", "*", "+", "?", "*?", "+?", "{1,2}", "{2}", "++", "*+"])
    return "|".join("".join(piece() for _ in range(rng.randint(1, 4))) for _ in range(rng.choice([1, 1, 2, 3])))


if len(sys.argv) > 2:
    rng = random.Random(int(sys.argv[2]))
    out = []
    small = ["a", "b", "c", "x", "é", " ", "\n", "1", "2", "A", "B", "!", "\t"]
    for _ in range(int(sys.argv[1])):
        p = random_pattern(rng)
        try:
            out.append({"name": "random", "pattern": p, "texts": [{"text": t, "matches": matches(p, t)} for t in ("".join(rng.choice(small) for _ in range(rng.randint(1, 14))) for _ in range(6))]})
        except Exception:
            pass
    json.dump(out, sys.stdout)
else:
    rng = random.Random(7)
    common = texts(rng, 12)
    out = [{"name": n, "pattern": p, "texts": [{"text": t, "matches": matches(p, t)} for t in common]} for n, p in PATTERNS.items()]
    with open("golden.json", "w") as f:
        json.dump(out, f, separators=(",", ":"))
