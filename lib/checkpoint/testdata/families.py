"""Tiny random checkpoints of every family that package transformer describes, made and computed with Transformers.

    python families.py      (needs torch, transformers and safetensors; writes families/, the versions are in each golden.json)

Weights are rounded to bfloat16, so that the files are small, and computed with in float32, eager attention, on one thread.
For each case: logits of two sequences, the shorter one padded on the left, the norm of the gradient of each parameter under
the mean negative log-likelihood of all tokens but the first of each sequence, a greedy continuation of the first, and ten
steps of AdamW on that likelihood: its value and the norm of the gradient before each, and the norms of the parameters after.
"""
import copy, json, os, shutil
import torch, transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, CONFIG_MAPPING

torch.set_num_threads(1)
V, D = 61, 16
SIZES = dict(vocab_size=V, hidden_size=D, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=6,
             max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def llama(**more): return "llama", dict(SIZES, rope_parameters=dict(rope_type="default", rope_theta=500.0), **more)
def rope(**p): return "llama", dict(SIZES, rope_parameters=dict(rope_theta=500.0, **p))


CASES = {
    "llama": llama(),
    "llama_biases_tied": llama(attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
    "rope_linear": rope(rope_type="linear", factor=4.0),
    "rope_dynamic": ("llama", dict(SIZES, max_position_embeddings=8, rope_parameters=dict(rope_theta=500.0, rope_type="dynamic", factor=4.0))),
    "rope_llama3": rope(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16),
    "rope_yarn": rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=2.0, beta_slow=0.5),
    "rope_yarn_mscale": rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8, mscale=0.7, mscale_all_dim=1.2, truncate=False, beta_fast=3.0),
    "rope_longrope_short": rope(rope_type="longrope", factor=2.0, short_factor=[1.0, 1.5, 2.0], long_factor=[1.0, 3.0, 5.0], original_max_position_embeddings=16),
    "rope_longrope_long": rope(rope_type="longrope", short_factor=[1.0, 1.5, 2.0], long_factor=[1.0, 3.0, 5.0], original_max_position_embeddings=8),
    "smollm3": ("smollm3", {k: v for k, v in dict(SIZES, num_hidden_layers=3, no_rope_layer_interval=2, tie_word_embeddings=True).items() if k != "head_dim"}),
    "qwen2": ("qwen2", {k: v for k, v in dict(SIZES, num_hidden_layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1, tie_word_embeddings=True).items() if k != "head_dim"}),
    "qwen3": ("qwen3", dict(SIZES, head_dim=8)),
    "mistral": ("mistral", dict(SIZES, sliding_window=5)),
    "gemma3": ("gemma3_text", dict(SIZES, num_hidden_layers=3, sliding_window=4, layer_types=["sliding_attention", "sliding_attention", "full_attention"], query_pre_attn_scalar=10,
                                   rope_parameters=dict(full_attention=dict(rope_type="linear", factor=2.0, rope_theta=700.0), sliding_attention=dict(rope_type="default", rope_theta=90.0)))),
    "gpt2": ("gpt2", dict(vocab_size=V, n_embd=D, n_layer=2, n_head=4, n_positions=32, bos_token_id=1, eos_token_id=2)),
    "gpt2_by_layer": ("gpt2", dict(vocab_size=V, n_embd=D, n_layer=3, n_head=4, n_positions=32, bos_token_id=1, eos_token_id=2, scale_attn_by_inverse_layer_idx=True, activation_function="gelu", n_inner=40)),
}
IDS = [[1, 5, 9, 33, 16, 3, 8, 60, 21, 7, 40], [0, 0, 0, 0, 44, 17, 2, 51, 12, 30, 6]]
MASK = [[1] * 11, [0] * 4 + [1] * 7]


def weights(m, seed):
    """Weights large enough for logits of a few units, rounded to bfloat16."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for n, p in m.named_parameters():
            x = torch.randn(p.shape, generator=g)
            x = 0.3 * x if p.dim() > 1 else 0.2 * x if "gemma" in m.config.model_type or n.endswith("bias") else 1 + 0.1 * x
            p.copy_(x.to(torch.bfloat16).float())


def gradients(m, loss):
    m.zero_grad()
    loss.backward()
    return {n: float(p.grad.double().norm()) for n, p in m.named_parameters() if p.grad is not None}


def steps(m, loss):
    """Ten steps with a rate that falls, gradients clipped to a norm of 1."""
    opt, out = torch.optim.AdamW(m.parameters(), lr=5e-3, weight_decay=0.0), []
    for i in range(10):
        for g in opt.param_groups:
            g["lr"] = 5e-3 * (10 - i) / 10
        opt.zero_grad()
        value = loss()
        value.backward()
        out.append([float(value.detach()), float(torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0))])
        opt.step()
    return out, {n: float(p.detach().double().norm()) for n, p in m.named_parameters()}


def numbers(t): return [float(f"{x:.8g}") for x in t.flatten().tolist()]


def case(name, kind, settings, seed, out):
    cfg = CONFIG_MAPPING[kind](**settings)
    cfg._attn_implementation = "eager"
    m = AutoModelForCausalLM.from_config(cfg, dtype=torch.float32).eval()
    weights(m, seed)
    folder = os.path.join("families", name)
    os.makedirs(folder)
    m.config.save_pretrained(folder)
    if not name.startswith("rope_"):  # those have the weights of llama
        state = {n: p.detach().to(torch.bfloat16).contiguous() for n, p in m.named_parameters()}
        save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    ids, mask = torch.tensor(IDS), torch.tensor(MASK)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)

    def run(m):
        z = m(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
        lp = torch.cat([z[r, i].log_softmax(-1)[ids[r, i + 1]][None] for r in range(2) for i in range(10) if mask[r, i] and mask[r, i + 1]])
        return z, -lp.mean()

    learner = copy.deepcopy(m)  # dynamic angles remember the longest sequence that a model has seen
    z, loss = run(m)
    one = ids[:1, :6]
    for _ in range(8):
        one = torch.cat([one, m(input_ids=one, use_cache=False).logits[:, -1:].argmax(-1)], 1)
    out[name] = {"kind": kind, "weights": "llama" if name.startswith("rope_") else name, "logits": numbers(z[0]), "padded_logits": numbers(z[1, 4:]),
                 "loss": float(loss.detach()), "gradients": gradients(m, loss), "greedy": one[0, 6:].tolist()}
    out[name]["steps"], out[name]["after"] = steps(learner, lambda: run(learner)[1])


def scorer(name, kind, settings, seed, out):
    cfg = CONFIG_MAPPING[kind](**dict(settings, num_labels=3))
    cfg._attn_implementation = "eager"
    m = AutoModelForSequenceClassification.from_config(cfg, dtype=torch.float32).eval()
    weights(m, seed)
    folder = os.path.join("families", name)
    os.makedirs(folder)
    m.config.save_pretrained(folder)
    save_file({n: p.detach().to(torch.bfloat16).contiguous() for n, p in m.named_parameters()}, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    ids = torch.tensor([IDS[0], IDS[1][4:] + [0] * 4])
    z = m(input_ids=ids, attention_mask=(ids != 0).long()).logits
    loss = (z * torch.tensor([1.0, -2.0, 0.5])).sum()
    out[name] = {"kind": kind, "weights": name, "logits": numbers(z), "loss": float(loss.detach()), "gradients": gradients(m, loss)}


shutil.rmtree("families", ignore_errors=True)
golden = {}
for name, (kind, settings) in CASES.items():
    case(name, kind, settings, 11 if name.startswith("rope_") or name == "llama" else 11 + len(golden), golden)
for name, kind in (("reward_qwen3", "qwen3"), ("reward_gpt2", "gpt2")):
    scorer(name, kind, dict(CASES[kind][1], pad_token_id=0), 5, golden)
for name, g in golden.items():
    with open(f"families/{name}/golden.json", "w") as f:
        json.dump(dict(g, torch=torch.__version__, transformers=transformers.__version__, ids=IDS, mask=MASK), f, separators=(",", ":"))
