"""Golden values of the preference losses, by the code of TRL itself: the loss functions of its trainers are given log-probabilities
in place of a model, and what they return is differentiated by PyTorch.

    python make_offline.py > offline.json        needs torch and trl 1.16.0; the versions are in the file
"""
import json, os
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
from collections import defaultdict
from types import SimpleNamespace as N
import torch, trl
from trl import DPOTrainer, KTOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

torch.manual_seed(5)
B, T = 5, 7
lengths = [(6, 3), (2, 2), (5, 6), (1, 4), (3, 5)]
mask = torch.tensor([[1.0 if t < n else 0.0 for t in range(T)] for side in (0, 1) for n in [l[side] for l in lengths]])
lp = -torch.rand(2 * B, T) * 3 * mask
ref = (lp + torch.randn(2 * B, T) * 0.5 * mask)
sq = -torch.rand(2 * B, T) * 2 * mask
accelerator = N(gather=lambda x: x, gather_for_metrics=lambda x: x, device="cpu")

def dpo(name, types, beta=0.3, weights=None, **o):
    x = lp.clone().requires_grad_()
    full = torch.cat([torch.zeros(2 * B, 1), mask], 1).long()                    # a prompt of one token
    out = lambda t: N(log_probs=t, entropy=torch.zeros_like(t), mean_logits=torch.zeros_like(t), is_top1=torch.zeros_like(t).bool(), log_sum_sq_probs=sq)
    me = N(model=N(training=False), accelerator=accelerator, aux_loss_enabled=False, ld_alpha=o.get("ld_alpha"), precompute_ref_logps=False, args=N(gradient_checkpointing_kwargs=None, discopop_tau=0.05),
           ref_model=lambda **k: out(ref), f_divergence_type=o.get("f", "reverse_kl"), f_alpha_divergence_coef=o.get("coef", 0.5), loss_types=types, loss_weights=weights or [1.0] * len(types), beta=beta,
           label_smoothing=o.get("smoothing", 0.0), use_weighting=o.get("wpo", False), _metrics=defaultdict(lambda: defaultdict(list)), _total_train_tokens=0)
    import trl.trainer.dpo_trainer as d
    d.is_peft_model = lambda m: False
    d.disable_gradient_checkpointing = lambda m, k: __import__("contextlib").nullcontext()
    loss = DPOTrainer._compute_loss(me, lambda **k: out(x), {"input_ids": full, "attention_mask": full, "completion_mask": full}, False)
    loss.backward()
    return {"name": name, "types": types, "weights": weights or [], "beta": beta, **{k: v for k, v in o.items()}, "loss": loss.item(), "grad": x.grad.flatten().tolist()}

def cpo(name, loss_type, beta, alpha=0.0, gamma=0.5, smoothing=0.0, mean=False):
    x = lp.clone().requires_grad_()
    s = x.sum(1) / (mask.sum(1) if mean else 1)
    me = N(alpha=alpha, accelerator=accelerator, loss_type=loss_type, simpo_gamma=gamma, beta=beta, label_smoothing=smoothing)
    loss = CPOTrainer.cpo_loss(me, s[:B], s[B:])[0].mean()
    loss.backward()
    return {"name": name, "types": [loss_type], "beta": beta, "alpha": alpha, "gamma": gamma, "smoothing": smoothing, "mean": mean, "loss": loss.item(), "grad": x.grad.flatten().tolist()}

def orpo(beta):
    x = lp.clone().requires_grad_()
    s = x.sum(1) / mask.sum(1)
    losses, _, _, _, odds = ORPOTrainer.odds_ratio_loss(N(beta=beta, accelerator=accelerator), s[:B], s[B:])
    loss = -losses.mean()
    loss.backward()
    return {"name": "orpo", "types": ["orpo"], "beta": beta, "mean": True, "loss": loss.item(), "odds": odds.item(), "grad": x.grad.flatten().tolist()}

def kto(loss_type, beta, w=(1.0, 1.0)):
    x = lp.clone().requires_grad_()
    label = torch.tensor([True] * B + [False] * B)
    full = torch.cat([torch.zeros(2 * B, 1), mask], 1).long()
    out = lambda t: N(log_probs=t, entropy=torch.zeros_like(t), mean_logits=torch.zeros_like(t))
    import trl.trainer.kto_trainer as k
    k.is_peft_model = lambda m: False
    k.disable_gradient_checkpointing = lambda m, kw: __import__("contextlib").nullcontext()
    me = N(model=N(training=False), accelerator=accelerator, aux_loss_enabled=False, calculate_KL=loss_type == "kto", loss_type=loss_type, beta=beta, desirable_weight=w[0], undesirable_weight=w[1],
           precompute_ref_logps=False, args=N(gradient_checkpointing_kwargs=None), _metrics=defaultdict(lambda: defaultdict(list)), _total_train_tokens=0)
    me._compute_kl_logps = lambda m, b: (lp if m is policy else ref).roll(1, 0).sum(1) + (0.9 if m is policy else 0.0)
    me.ref_model = lambda **kw: out(ref)
    policy = lambda **kw: out(x)
    batch = {"input_ids": full, "attention_mask": full, "completion_mask": full, "label": label, "KL_input_ids": full, "KL_attention_mask": full, "KL_completion_mask": full}
    loss = KTOTrainer._compute_loss(me, policy, batch, False)
    loss.backward()
    return {"name": loss_type, "types": [loss_type], "beta": beta, "weights": list(w), "kl": me._metrics["eval"]["kl"][0], "loss": loss.item(), "grad": x.grad.flatten().tolist()}

cases = [dpo(l, [l]) for l in ("sigmoid", "hinge", "ipo", "nca_pair", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm")]
cases += [dpo(l + "_smoothed", [l], smoothing=0.2) for l in ("robust", "exo_pair", "aot", "aot_unpaired")]
cases += [dpo("forward_kl", ["sigmoid"], f="forward_kl"), dpo("js", ["ipo"], f="js_divergence"), dpo("alpha", ["hinge"], f="alpha_divergence", coef=0.3), dpo("ld", ["sigmoid"], ld_alpha=0.4),
          dpo("wpo", ["sigmoid"], wpo=True), dpo("mixture", ["sigmoid", "sft"], weights=[0.8, 1.5])]
free = [cpo("cpo", "sigmoid", 0.3, smoothing=0.1), cpo("cpo_hinge", "hinge", 0.3), cpo("cpo_ipo", "ipo", 0.3, mean=True), cpo("simpo", "simpo", 2.0, mean=True), cpo("alphapo", "simpo", 2.0, alpha=0.25, gamma=0.1, mean=True), orpo(0.3)]
unpaired = [kto("kto", 0.3, (0.7, 1.4)), kto("apo_zero_unpaired", 0.3)]
r = lambda x: float(f"{x:.8g}") if isinstance(x, float) else [r(y) for y in x] if isinstance(x, list) else {k: r(v) for k, v in x.items()} if isinstance(x, dict) else x
print(json.dumps(r({"torch": torch.__version__, "trl": trl.__version__, "seed": 5, "B": B, "T": T, "lengths": lengths, "logp": lp.flatten().tolist(), "ref": ref.flatten().tolist(), "sumsq": sq.flatten().tolist(),
                    "dpo": cases, "free": free, "kto": unpaired})).replace('{"name"', '\n{"name"'))
