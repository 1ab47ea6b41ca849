"""Golden values from PyTorch: the SFT loss with its gradient, and ten steps of AdamW on a tiny Llama model.

    python make.py > golden.json      (needs torch and transformers; the versions are in the output)

Everything is float32 on the CPU with eager attention.
"""
import json, math
import torch, transformers
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(7)
torch.set_num_threads(1)
out = {"torch": torch.__version__, "transformers": transformers.__version__, "seed": 7}

logits = torch.randn(2, 5, 11, requires_grad=True)
labels = torch.tensor([[3, -100, 0, 10, -100], [-100, 7, 7, 1, 2]])
loss = torch.nn.functional.cross_entropy(logits.view(-1, 11), labels.view(-1), ignore_index=-100)
loss.backward()
out["sft"] = {"logits": logits.detach().flatten().tolist(), "labels": labels.flatten().tolist(), "vocab": 11, "loss": loss.item(), "grad": logits.grad.flatten().tolist()}

cfg = LlamaConfig(vocab_size=17, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=4,
                  max_position_embeddings=16, rms_norm_eps=1e-5, tie_word_embeddings=True, attn_implementation="eager")
m = LlamaForCausalLM(cfg)
with torch.no_grad():
    for p in m.parameters():
        p.copy_(torch.randn_like(p) * 0.3 if p.dim() > 1 else 1 + 0.1 * torch.randn_like(p))
ids = torch.tensor([[1, 5, 9, 2, 16, 3, 8], [4, 4, 7, 0, 12, 0, 0]])
mask = torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0, 0]])
targets = torch.tensor([[1, 5, 9, 2, 16, 3, 8], [-100, -100, 7, 0, 12, -100, -100]])
names = {n: p for n, p in m.named_parameters()}
out["model"] = {"config": {k: getattr(cfg, k) for k in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings")},
                "weights": {n: p.detach().flatten().tolist() for n, p in names.items()}, "ids": ids.tolist(), "lengths": [7, 5]}
with torch.no_grad():
    z = m(input_ids=ids, attention_mask=mask).logits
out["model"]["logits"] = [z[0].flatten().tolist(), z[1, :5].flatten().tolist()]
opt = torch.optim.AdamW(m.parameters(), lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
steps = []
for i in range(10):
    for g in opt.param_groups:
        g["lr"] = 1e-2 * (10 - i) / 10
    z = m(input_ids=ids, attention_mask=mask).logits
    loss = torch.nn.functional.cross_entropy(z[:, :-1].reshape(-1, 17), targets[:, 1:].reshape(-1), ignore_index=-100)
    opt.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    steps.append({"loss": loss.item(), "grad_norm": norm.item()})
out["model"]["targets"] = targets.tolist()
out["model"]["steps"] = steps
out["model"]["final_norm"] = math.sqrt(sum((p.detach().double() ** 2).sum().item() for p in m.parameters()))
print(json.dumps(out))
