"""Golden values for the statistics: scipy's tests and intervals, NLTK's BLEU.

    python make.py > statistics.json      (needs scipy, nltk and numpy; the versions are in the output)
"""
import json, random
import nltk, numpy as np, scipy
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from scipy import stats

random.seed(3)
out = {"scipy": scipy.__version__, "nltk": nltk.__version__, "numpy": np.__version__, "seed": 3}
out["wilson"] = []
for k, n in [(0, 1), (1, 1), (3, 7), (8, 10), (50, 100), (997, 1000), (0, 500)]:
    i = stats.binomtest(k, n).proportion_ci(method="wilson")
    out["wilson"].append([k, n, i.low, i.high])
out["mcnemar"] = [[a, b, stats.binomtest(min(a, b), a + b).pvalue] for a, b in [(0, 1), (0, 6), (3, 9), (10, 10), (40, 70), (500, 620)]]
x = [round(random.gauss(0, 1), 3) for _ in range(40)]
y = [round(v + random.gauss(0.3, 0.5), 3) for v in x]
d = np.array(y) - np.array(x)
boot = stats.bootstrap((d,), np.mean, n_resamples=200000, method="percentile", rng=np.random.default_rng(1), vectorized=True, batch=20000)
out["bootstrap"] = {"a": x, "b": y, "low": boot.confidence_interval.low, "high": boot.confidence_interval.high, "mean": d.mean()}
out["passatk"] = []
for n, c, k in [(1, 0, 1), (1, 1, 1), (5, 2, 1), (5, 2, 3), (10, 3, 5), (200, 13, 100), (20, 19, 2)]:
    out["passatk"].append([n, c, k, float(1 - stats.hypergeom(n, c, k).pmf(0))])
conf = [round(random.random(), 3) for _ in range(200)]
right = [random.random() < c ** 1.5 for c in conf]
c, r = np.array(conf), np.array(right, float)
b = np.clip(np.ceil(c * 10) - 1, 0, 9).astype(int)
ece = sum(abs(r[b == i].mean() - c[b == i].mean()) * (b == i).mean() for i in range(10) if (b == i).any())
mce = max(abs(r[b == i].mean() - c[b == i].mean()) for i in range(10) if (b == i).any())
out["calibration"] = {"confidence": conf, "right": right, "ece": ece, "mce": mce, "brier": float(((c - r) ** 2).mean()), "nll": float(-np.log(np.where(r == 1, c, 1 - c)).mean())}
words = "the a cat dog sat ran on in mat hat quickly slowly and then".split()
texts = [" ".join(random.choice(words) for _ in range(random.randint(1, 14))) for _ in range(8)] + ["the cat sat on the mat", "the cat sat on the hat and then ran"]
smooth = SmoothingFunction(epsilon=0.1).method1
each = [sentence_bleu([u.split() for j, u in enumerate(texts) if j != i], t.split(), smoothing_function=smooth) for i, t in enumerate(texts)]
grams = lambda n: [tuple(t.split()[i:i + n]) for t in texts for i in range(len(t.split()) - n + 1)]
counts = np.unique([w for t in texts for w in t.split()], return_counts=True)[1]
out["diversity"] = {"texts": texts, "bleu": each, "distinct": [len(set(grams(n))) / len(grams(n)) for n in (1, 2, 3)], "entropy": float(stats.entropy(counts))}
print(json.dumps(out))
