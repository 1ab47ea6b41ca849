"""Steps of PyTorch's and Transformers' optimisers, and rates of the schedules that follow evaluations.

    python make.py > optimizers.json
"""
import json, torch, transformers
from transformers.optimization import Adafactor, GreedyLR

STEPS = 6
shapes = {"a.weight": (5, 7), "b.bias": (6,), "c.weight": (1, 4), "d.weight": (9,)}
g = torch.Generator().manual_seed(1)
start = {k: torch.randn(s, generator=g) for k, s in shapes.items()}
grads = [{k: torch.randn(s, generator=g) * 10.0 ** (i % 3 - 1) for k, s in shapes.items()} for i in range(STEPS)]
for x in grads: x["a.weight"][2] = 0; x["d.weight"][:3] = 0
CASES = {"adamw_torch": [{}], "sgd": [{}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3}, {"momentum": 0.7, "nesterov": True}],
         "adagrad": [{}, {"lr_decay": 0.2, "eps": 1e-3}], "rmsprop": [{}, {"alpha": 0.8, "eps": 1e-3, "momentum": 0.6}, {"centered": True, "momentum": 0.2}], "adafactor": [{}]}
make = {"adamw_torch": torch.optim.AdamW, "sgd": torch.optim.SGD, "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop,
        "adafactor": lambda p, **k: Adafactor(p, scale_parameter=False, relative_step=False, **k)}

def flat(d): return {k: v.flatten().tolist() for k, v in d.items()}
out = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__}, "shapes": shapes, "start": flat(start), "grads": [flat(x) for x in grads], "cases": []}
for name, list in CASES.items():
    for args in list:
        for decay in (0.0, 0.1):
            p = {k: torch.nn.Parameter(v.clone()) for k, v in start.items()}
            o = make[name]([{"params": [v for k, v in p.items() if "bias" not in k], "weight_decay": decay}, {"params": [p["b.bias"]], "weight_decay": 0.0}], lr=0.05, **args)
            for i, x in enumerate(grads):
                for group in o.param_groups: group["lr"] = 0.05 / (1 + i)
                for k in p: p[k].grad = x[k].clone()
                o.step()
            out["cases"].append({"optim": name, "args": args, "decay": decay, "end": {k: v.detach().flatten().tolist() for k, v in p.items()}})

metrics = [3, 2.5, 2.49, 2.6, 2.6, 2.2, 2.2, 2.2, 2.3, 2.1, 1.9, 1.7, 1.5, 1.6, 1.7, 1.8, 1.8, 1.9, 1.9, 2.0, 2.0, 2.1, 2.2, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3]
PLATEAUS = [("reduce_lr_on_plateau", a) for a in ({"patience": 1}, {"factor": 0.5, "patience": 0, "min_lr": 0.01, "cooldown": 2}, {"mode": "max", "patience": 2, "threshold": 0.3, "threshold_mode": "abs"})]
PLATEAUS += [("greedy", a) for a in ({"patience": 1}, {"patience": 0, "factor": 0.5, "min_lr": 0.02, "reset_start": 3}, {"mode": "max", "patience": 1, "factor": 0.8, "smooth": True, "window_size": 3, "min_lr": 1e-3},
                                     {"patience": 0, "factor": 0.6, "warmup": 2, "cooldown": 1, "max_lr": 0.3, "threshold": 0.05, "threshold_mode": "rel"})]
out["metrics"], out["plateaus"] = metrics, []
for name, args in PLATEAUS:
    o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    s = (torch.optim.lr_scheduler.ReduceLROnPlateau if name != "greedy" else GreedyLR)(o, **args)
    rates = []
    for m in metrics: s.step(m); rates.append(o.param_groups[0]["lr"])
    out["plateaus"].append({"name": name, "args": args, "rates": rates})
print(json.dumps(out).replace('{"optim"', '\n{"optim"').replace('{"name"', '\n{"name"'))
