"""Golden values of the online objectives, by the code of TRL itself: its loss functions are given log-probabilities in
place of a model, and what they return is differentiated by PyTorch.

    python make_online.py > online.json        TRL 1.16.0, torch; PPO has no function of its own in TRL 1.12 and is written
                                               out here, line for line what its training loop computes
"""
import json, math, os, sys
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
from collections import defaultdict
from types import SimpleNamespace
import torch, trl
from trl import GRPOTrainer, RLOOTrainer
from trl.experimental.gkd.gkd_trainer import GKDTrainer

torch.manual_seed(11)
B, T, V = 4, 6, 9
lengths = [6, 3, 5, 1]
mask = torch.tensor([[1.0 if t < n else 0.0 for t in range(T)] for n in lengths])
logp = -torch.rand(B, T) * 3
old = logp + torch.randn(B, T) * 0.25
ref = logp + torch.randn(B, T) * 0.3
adv = torch.tensor([1.2, -0.7, -1.1, 0.4])
ent = torch.rand(B, T) * 2

def accelerator(sync):
    return SimpleNamespace(reduce=lambda x, reduction: x, gather=lambda x: x, gather_for_metrics=lambda x: x, num_processes=1,
                           sync_gradients=sync, pad_across_processes=lambda x, dim, pad_index: x)

def clean(x): return None if isinstance(x, float) and math.isnan(x) else x
def metrics(m): return {k: clean(float(v[-1])) for k, v in m["train"].items()}

def grpo(name, accumulation=1, steps_per_generation=None, tokens=None, use_old=True, the_mask=mask, **o):
    steps_per_generation = steps_per_generation or accumulation
    lp, en = logp.clone().requires_grad_(), ent.clone().requires_grad_()
    high = o.pop("epsilon_high", o.get("epsilon", 0.2))
    args = SimpleNamespace(delta=o.get("delta"), use_bias_correction_kl=o.get("correct", True), sapo_temperature_pos=o.get("sapo_pos", 1.0), sapo_temperature_neg=o.get("sapo_neg", 1.05),
                           vespo_k_pos=2.0, vespo_lambda_pos=3.0, vespo_k_neg=3.0, vespo_lambda_neg=2.0, steps_per_generation=steps_per_generation)
    me = SimpleNamespace(model=SimpleNamespace(training=True), _metrics=defaultdict(lambda: defaultdict(list)), args=args, accelerator=accelerator(True), top_entropy_quantile=o.get("top_entropy", 1.0), off_policy_mask_threshold=o.get("off_policy"),
                         importance_sampling_level=o.get("level", "token"), beta=o.get("beta", 0.0), loss_type=o.get("loss", "dapo"), epsilon_low=o.get("epsilon", 0.2), epsilon_high=high,
                         use_vllm=False, vllm_importance_sampling_correction=False, max_completion_length=o.get("max_length", T), current_gradient_accumulation_steps=accumulation, _entropy_bonus_enabled=o.get("entropy_coef", 0) != 0,
                         use_adaptive_entropy=False, entropy_coef=o.get("entropy_coef", 0), aux_loss_enabled=False)
    me._get_per_token_logps_and_entropies = lambda *a, **k: (lp, en, None)
    me.get_high_entropy_mask = lambda *a: GRPOTrainer.get_high_entropy_mask(me, *a)
    me.get_off_policy_mask, me.get_gamma_weights = GRPOTrainer.get_off_policy_mask, GRPOTrainer.get_gamma_weights
    ids = torch.zeros(B, T, dtype=torch.long)
    inputs = dict(prompt_ids=ids[:, :1], prompt_mask=ids[:, :1] + 1, completion_ids=ids, completion_mask=the_mask, advantages=adv, ref_per_token_logps=ref, num_items_in_batch=torch.tensor(tokens or the_mask.sum().item()))
    if use_old: inputs["old_per_token_logps"] = old
    loss = GRPOTrainer._compute_loss(me, SimpleNamespace(training=True), inputs)
    loss.backward()
    return dict(name=name, options=dict(o, epsilon_high=high, accumulation=accumulation, steps_per_generation=steps_per_generation, tokens=tokens, use_old=use_old), mask=the_mask.flatten().tolist(), loss=loss.item(),
                grad=lp.grad.flatten().tolist(), entropy_grad=None if en.grad is None else en.grad.flatten().tolist(), metrics=metrics(me._metrics))
one_out = mask.clone(); one_out[2] = 0
cases = [grpo("fresh", use_old=False)]
cases += [grpo(l, loss=l, accumulation=2, tokens=40.0, steps_per_generation=4) for l in ("grpo", "bnpo", "dr_grpo", "dapo", "sapo", "vespo")]
cases += [grpo("cispo", loss="cispo", epsilon_high=1.1), grpo("cispo at the default cap", loss="cispo"), grpo("luspo", loss="luspo", level="sequence", accumulation=3), grpo("luspo by token", loss="luspo"),
          grpo("gspo", loss="grpo", level="sequence", epsilon=0.05), grpo("gspo with beta", loss="grpo", level="sequence", beta=0.1), grpo("delta", loss="bnpo", delta=1.15, epsilon=0.1, epsilon_high=0.28),
          grpo("beta", loss="grpo", beta=0.1), grpo("beta as in the paper", loss="grpo", beta=0.1, correct=False), grpo("beta, cispo", loss="cispo", beta=0.04, epsilon_high=5.0),
          grpo("off policy", off_policy=0.02), grpo("top entropy", top_entropy=0.4), grpo("entropy bonus", entropy_coef=0.02, accumulation=2, loss="grpo"), grpo("entropy bonus, top entropy, dapo", entropy_coef=0.02, top_entropy=0.5, accumulation=2, tokens=33.0),
          grpo("dr_grpo, longest 20", loss="dr_grpo", max_length=20), grpo("one left out", the_mask=one_out, loss="grpo"), grpo("one left out, gspo", the_mask=one_out, loss="grpo", level="sequence"), grpo("one left out, vespo", the_mask=one_out, loss="vespo"), grpo("one left out, luspo", the_mask=one_out, loss="luspo", level="sequence"),
          grpo("sapo temperatures", loss="sapo", sapo_pos=0.5, sapo_neg=2.0)]

def rloo(name, eps=0.2, high=None):
    lp = logp.clone().requires_grad_()
    me = SimpleNamespace(model=SimpleNamespace(training=True), _metrics=defaultdict(lambda: defaultdict(list)), accelerator=accelerator(True), epsilon_low=eps, epsilon_high=high or eps, aux_loss_enabled=False)
    me._get_per_token_logps_and_entropies = lambda *a, **k: (lp, ent, None)
    ids = torch.zeros(B, T, dtype=torch.long)
    loss = RLOOTrainer._compute_loss(me, SimpleNamespace(training=True), dict(prompt_ids=ids[:, :1], prompt_mask=ids[:, :1] + 1, completion_ids=ids, completion_mask=mask, advantages=adv, old_logps=(old * mask).sum(1)))
    loss.backward()
    return dict(name=name, eps=eps, high=high or eps, loss=loss.item(), grad=lp.grad.flatten().tolist(), metrics=metrics(me._metrics))

def ppo(name, eps=0.2, eps_value=0.2, vf_coef=0.1):
    lp = torch.masked_fill(logp, mask == 0, 1.0).requires_grad_()
    o = torch.masked_fill(old, mask == 0, 1.0)
    m1 = torch.tensor([[1.0 if t < n + 1 else 0.0 for t in range(T)] for n in lengths])
    g = torch.Generator().manual_seed(3)
    values, old_values = torch.randn(B, T, generator=g) * m1, None
    old_values = (values + 0.3 * torch.randn(B, T, generator=g)) * m1
    returns, a = values + torch.randn(B, T, generator=g), torch.randn(B, T, generator=g) * mask
    v = values.clone().requires_grad_()
    mean = lambda x, m: (x * m).sum() / m.sum()
    clipped = torch.clamp(v, old_values - eps_value, old_values + eps_value)
    l1, l2 = torch.square(v - returns), torch.square(clipped - returns)
    vf = 0.5 * mean(torch.max(l1, l2), m1)
    diff = lp - o
    ratio = torch.exp(diff)
    p1, p2 = -a * ratio, -a * torch.clamp(ratio, 1 - eps, 1 + eps)
    pg = mean(torch.max(p1, p2), mask)
    loss = pg + vf_coef * vf
    loss.backward()
    f = lambda x: x.detach().flatten().tolist()
    return dict(name=name, eps=eps, eps_value=eps_value, vf_coef=vf_coef, logp=f(lp), old=f(o), advantages=f(a), values=f(values), old_values=f(old_values), returns=f(returns), value_mask=f(m1), loss=loss.item(), grad=f(lp.grad), value_grad=f(v.grad),
                metrics={"loss/policy_avg": pg.item(), "loss/value_avg": vf.item(), "val/clipfrac_avg": mean((l2 > l1).float(), m1).item(), "policy/clipfrac_avg": mean((p2 > p1).float(), mask).item(), "policy/approxkl_avg": (0.5 * (diff ** 2).mean()).item(), "val/ratio": ratio.mean().item(), "policy/entropy_avg": ent.mean().item()})

def jsd(beta, temperature):
    s, t = (torch.randn(5, V, generator=torch.Generator().manual_seed(5)) * 2).requires_grad_(), torch.randn(5, V, generator=torch.Generator().manual_seed(6)) * 2
    loss = GKDTrainer.generalized_jsd_loss(s[None], t[None], beta=beta, temperature=temperature, reduction="sum")
    loss.backward()
    return dict(beta=beta, temperature=temperature, student=s.detach().flatten().tolist(), teacher=t.flatten().tolist(), loss=loss.item(), grad=s.grad.flatten().tolist())

out = dict(torch=torch.__version__, trl=trl.__version__, seed=11, rows=B, length=T, vocab=V, logp=logp.flatten().tolist(), old=old.flatten().tolist(), ref=ref.flatten().tolist(), mask=mask.flatten().tolist(), advantages=adv.tolist(), entropy=ent.flatten().tolist(),
           grpo=cases, rloo=[rloo("rloo"), rloo("rloo, narrow", 0.05, 0.1)], ppo=[ppo("ppo"), ppo("ppo, narrow", 0.05, 0.1, 0.5)], jsd=[jsd(b, t) for b in (0.0, 0.1, 0.5, 0.9, 1.0) for t in (1.0, 2.0)])
def short(x): return [short(v) for v in x] if isinstance(x, list) else {k: short(v) for k, v in x.items()} if isinstance(x, dict) else float(f"{x:.8g}") if isinstance(x, float) else x
json.dump(short(out), sys.stdout)
