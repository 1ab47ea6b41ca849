"""Values of bottleneck adapters, which PEFT does not have, from PyTorch: the three forms as hooks on a Llama of Transformers.

    python bottleneck.py > bottleneck.json      logits, and the norm of the gradient of every parameter, of the sum of cos(i) logit_i

Parameter number k (in the order of names below) has the elements 0.05 (((7 i + 3 k) mod 11) - 5).
"""
import json, math, os
import torch, transformers
from transformers import AutoModelForCausalLM
HERE = os.path.dirname(os.path.abspath(__file__))
IDS = [[1, 5, 9, 33, 2, 60, 7], [4, 4, 17, 50, 21, 3, 8]]
FORMS = {"houlsby": (4, 1.0), "pfeiffer": (2, 1.0), "parallel": (4, 4.0)}       # reduction and scale

out = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__}, "ids": IDS, "forms": {}}
for form, (reduction, scale) in FORMS.items():
    m = AutoModelForCausalLM.from_pretrained(f"{HERE}/families/llama", dtype=torch.float32, attn_implementation="eager")
    d, params = m.config.hidden_size, {}
    def network(name):
        shapes = {"down.weight": (d // reduction, d), "down.bias": (d // reduction,), "up.weight": (d, d // reduction), "up.bias": (d,)}
        own = []
        for part, shape in shapes.items():
            k = len(params)
            n = math.prod(shape)
            v = torch.tensor([0.05 * ((7 * i + 3 * k) % 11 - 5) for i in range(n)], dtype=torch.float32).reshape(shape).requires_grad_()
            params[f"{name}.adapter_{part}"] = v
            own.append(v)
        D, c, U, b = own
        return lambda x: scale * (torch.relu(x @ D.T + c) @ U.T + b)
    for l, layer in enumerate(m.model.layers):
        for name, module in (("self_attn.o_proj", layer.self_attn), ("mlp.down_proj", layer.mlp)):
            if "mlp" not in name and form != "houlsby": continue
            f = network(f"model.layers.{l}.{name}")
            def after(_, args, y, f=f):
                h = y[0] if isinstance(y, tuple) else y
                h = h + f(args[0] if form == "parallel" else h)
                return (h, *y[1:]) if isinstance(y, tuple) else h
            module.register_forward_hook(after)
    z = m(torch.tensor(IDS)).logits
    (z.flatten() * torch.cos(torch.arange(z.numel(), dtype=torch.float64)).float()).sum().backward()
    out["forms"][form] = {"reduction": reduction, "logits": [float(f"{x:.7g}") for x in z.flatten().tolist()], "gradients": {n: float(f"{p.grad.norm().item():.7g}") for n, p in params.items()}}
print(json.dumps(out))
