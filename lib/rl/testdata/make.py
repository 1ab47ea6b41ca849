"""Golden advantages: the lines of TRL 1.16's GRPO and RLOO trainers that turn rewards into advantages, with TRL's own nanstd
and torch, and whitening and GAE as in the PPO trainer of TRL 1.12.

    python make.py > advantages.json
"""
import json, math, sys
import torch, trl
from trl.trainer.utils import nanstd

torch.manual_seed(5)
def clean(x): return [None if isinstance(v, float) and math.isnan(v) else v for v in x]
def grpo(r, g, scale):
    grouped = r.view(-1, g)
    mean = torch.nanmean(grouped, dim=1).repeat_interleave(g)
    std = nanstd(r).expand_as(r) if scale == "batch" else nanstd(grouped, dim=1).repeat_interleave(g)
    a = r - mean
    if scale != "none": a = a / (std + 1e-4)
    return dict(advantages=torch.nan_to_num(a, nan=0.0).tolist(), zero=torch.isclose(std, torch.zeros_like(std)).float().mean().item())
def gdpo(per, w, g):
    grouped = per.view(-1, g, per.shape[1])
    z = ((grouped - torch.nanmean(grouped, dim=1, keepdim=True)) / (nanstd(grouped, dim=1, keepdim=True) + 1e-4)).view(-1, per.shape[1])
    r = (z * w).nansum(dim=1)
    r[torch.isnan(per).all(dim=1)] = torch.nan
    std = nanstd(r).expand_as(r)
    return dict(advantages=torch.nan_to_num((r - torch.nanmean(r)) / (std + 1e-4), nan=0.0).tolist(), zero=torch.isclose(std, torch.zeros_like(std)).float().mean().item())
def rloo(r, g, normalize):
    grouped = r.view(-1, g)
    n = (~torch.isnan(grouped)).sum(dim=1, keepdim=True)
    a = r - ((torch.nansum(grouped, dim=1, keepdim=True) - grouped) / (n - 1)).view(-1)
    if normalize: a = (a - torch.nanmean(a)) / (nanstd(a) + 1e-4)
    s = nanstd(grouped, dim=1)
    return dict(advantages=torch.nan_to_num(a, nan=0.0).tolist(), zero=torch.isclose(s, torch.zeros_like(s)).float().mean().item())
cases = []
for g in range(2, 10):
    r = torch.randn(3 * g)
    r[:g] = 0.1 * g - 0.33  # a group of equal rewards
    if g > 2: r[g] = torch.nan
    for scale in ("group", "batch", "none"): cases.append(dict(kind="grpo", group=g, scale=scale, rewards=clean(r.tolist()), **grpo(r, g, scale)))
    for normalize in (False, True): cases.append(dict(kind="rloo", group=g, normalize=normalize, rewards=clean(r.tolist()), **rloo(r, g, normalize)))
    per = torch.stack([r, torch.rand(3 * g), torch.randint(0, 2, (3 * g,)).float()], dim=1)
    per[0, 1] = torch.nan
    w = torch.tensor([1.0, 0.5, -2.0])
    cases.append(dict(kind="gdpo", group=g, per=[clean(c) for c in per.T.tolist()], weights=w.tolist(), **gdpo(per, w, g)))

B, T, lengths = 3, 5, [5, 2, 4]
mask = torch.tensor([[t < n for t in range(T)] for n in lengths])
rewards, values = torch.randn(B, T), torch.randn(B, T)
last, rev = 0, []
for t in reversed(range(T)):
    delta = rewards[:, t] + 0.97 * (values[:, t + 1] if t < T - 1 else 0.0) - values[:, t]
    last = delta + 0.97 * 0.9 * last
    rev.append(last)
adv = torch.stack(rev[::-1], axis=1)
mean = lambda x: (x * mask).sum() / mask.sum()
var = mean((adv - mean(adv)) ** 2) * mask.sum() / (mask.sum() - 1)
white = torch.where(mask, (adv - mean(adv)) * torch.rsqrt(var + 1e-8), 0.0)
short = lambda x: [short(v) for v in x] if isinstance(x, list) else {k: short(v) for k, v in x.items()} if isinstance(x, dict) else float(f"{x:.9g}") if isinstance(x, float) else x
json.dump(short(dict(torch=torch.__version__, trl=trl.__version__, seed=5, cases=cases, gae=dict(gamma=0.97, lam=0.9, lengths=lengths, rewards=rewards.tolist(), values=values.tolist(), advantages=adv.tolist(), returns=(adv + values).tolist(), white=white.tolist()))), sys.stdout)
