"""Adapters of every kind that PEFT has of ours, made and computed with PEFT on the tiny checkpoints of families.py.

    python adapters.py [case ...]      (after families.py; needs torch, transformers and peft; writes adapters/, the versions are in each golden.json)

For each case: the norm and the last element of each parameter as it begins after torch.manual_seed(3); logits with the adapter and, if it can be, merged; the norm of the gradient of each of its parameters under the
sum of logits times fixed weights; all in float32 on one thread.
"""
import json, os, shutil, sys
import torch, transformers, peft
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from peft import LoraConfig, IA3Config, PromptTuningConfig, PrefixTuningConfig, get_peft_model

torch.set_num_threads(1)
LM = "CAUSAL_LM"
CASES = {
    "lora": ("llama", LoraConfig(task_type=LM, r=3, lora_alpha=5, target_modules="all-linear")),
    "lora_gpt2": ("gpt2", LoraConfig(task_type=LM, r=2, target_modules=["c_attn", "mlp.c_proj"], fan_in_fan_out=True)),
    "lora_patterns": ("qwen3", LoraConfig(task_type=LM, r=4, use_rslora=True, target_modules=r".*layers\.\d+\.(self_attn\.(q|o)|mlp\.down)_proj", exclude_modules=["layers.0.mlp.down_proj"],
                                          rank_pattern={"q_proj": 2}, alpha_pattern={r"layers\.1\.self_attn\.o_proj": 12})),
    "lora_layers_saved": ("gemma3", LoraConfig(task_type=LM, r=2, target_modules=["v_proj", "gate_proj"], layers_to_transform=[0, 2], modules_to_save=["lm_head", "post_attention_layernorm"])),
    "lora_bias_all": ("llama_biases_tied", LoraConfig(task_type=LM, r=2, bias="all")),
    "lora_bias_only": ("qwen2", LoraConfig(task_type=LM, r=2, bias="lora_only", target_modules=["k_proj", "up_proj"])),
    "dora": ("llama_biases_tied", LoraConfig(task_type=LM, r=2, use_dora=True, target_modules=["q_proj", "o_proj", "up_proj"])),
    "dora_gpt2": ("gpt2", LoraConfig(task_type=LM, r=2, use_dora=True, fan_in_fan_out=True)),
    "lora_tables": ("llama", LoraConfig(task_type=LM, r=3, lora_alpha=5, target_modules=["embed_tokens", "lm_head", "q_proj"])),
    "lora_tables_tied": ("llama_biases_tied", LoraConfig(task_type=LM, r=2, target_modules=["embed_tokens", "lm_head"])),
    "lora_embedding_tied": ("gemma3", LoraConfig(task_type=LM, r=2, target_modules=["embed_tokens", "v_proj"])),
    "lora_output_gpt2_tied": ("gpt2", LoraConfig(task_type=LM, r=2, target_modules=["lm_head"], fan_in_fan_out=True)),
    "dora_tables": ("qwen3", LoraConfig(task_type=LM, r=2, use_dora=True, use_rslora=True, target_modules=["embed_tokens", "lm_head", "up_proj"])),
    "lora_one_table_tied": ("llama_biases_tied", LoraConfig(task_type=LM, r=2, target_modules=["lm_head", "v_proj"], ensure_weight_tying=True)),
    "dora_one_table_tied": ("llama_biases_tied", LoraConfig(task_type=LM, r=3, use_dora=True, target_modules=r".*embed_tokens", ensure_weight_tying=True)),
    "ia3": ("qwen2", IA3Config(task_type=LM)),
    "ia3_gpt2": ("gpt2", IA3Config(task_type=LM)),
    "prompt": ("smollm3", PromptTuningConfig(task_type=LM, num_virtual_tokens=3)),
    "prompt_gpt2": ("gpt2", PromptTuningConfig(task_type=LM, num_virtual_tokens=2)),
    "prefix": ("llama", PrefixTuningConfig(task_type=LM, num_virtual_tokens=3)),
    "prefix_window": ("mistral", PrefixTuningConfig(task_type=LM, num_virtual_tokens=3)),
    "reward": ("reward_qwen3", LoraConfig(task_type="SEQ_CLS", r=2)),
}
IDS = [[1, 5, 9, 33, 16, 3, 8, 60, 21], [44, 17, 2, 51, 12, 30, 6, 0, 0]]
MASK = [[1] * 9, [1] * 7 + [0] * 2]


def numbers(t): return [float(f"{x:.8g}") for x in t.flatten().tolist()]


def case(name, base, config):
    cls = AutoModelForSequenceClassification if config.task_type == "SEQ_CLS" else AutoModelForCausalLM
    m = cls.from_pretrained(f"families/{base}", dtype=torch.float32, attn_implementation="eager").eval()
    torch.manual_seed(3)
    m = get_peft_model(m, config).eval()
    short = lambda n: n.replace(".default", "").replace("modules_to_save.", "").replace("prompt_encoder.embedding.weight", "prompt_embeddings").replace("vector.weight", "vector")
    start = {short(n): [float(p.detach().double().norm()), float(p.detach().flatten()[-1])] for n, p in m.named_parameters() if p.requires_grad}
    g = torch.Generator().manual_seed(len(name))
    with torch.no_grad():
        for n, p in m.named_parameters():
            if p.requires_grad:
                p.add_(torch.randn(p.shape, generator=g) * (0.2 if "bias" in n or "norm" in n or "magnitude" in n or "ia3" in n else 0.1))
    m.save_pretrained(f"adapters/{name}")
    os.remove(f"adapters/{name}/README.md")
    path = f"adapters/{name}/adapter_config.json"
    settings = json.load(open(path))
    for key in ("target_modules", "feedforward_modules"):
        if isinstance(settings.get(key), list):  # sets, in no order
            settings[key].sort()
    with open(path, "w") as f:
        json.dump(settings, f, indent=2, sort_keys=True)
    ids, mask = torch.tensor(IDS), torch.tensor(MASK)

    def logits():
        z = m(input_ids=ids, attention_mask=mask).logits
        return z if config.task_type == "SEQ_CLS" else z[:, -9:]

    z = logits()
    real = torch.ones_like(z) if config.task_type == "SEQ_CLS" else mask[:, :, None].float().expand_as(z)
    weights = torch.cos(torch.arange(z.numel(), dtype=torch.float32)).view(z.shape) * real
    (z * weights).sum().backward()
    out = {"base": base, "logits": numbers(z * real), "ids": IDS, "mask": MASK, "start": start, "gradients": {},
           "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    for n, p in m.named_parameters():
        if p.grad is not None:
            out["gradients"][short(n)] = float(p.grad.double().norm())
    if config.peft_type in ("LORA", "IA3") and config.task_type != "SEQ_CLS":
        if name.endswith("_tied"):  # merged into one of two that are one, PEFT changes both: its own advice is to part them before
            head = m.get_output_embeddings()
            head = getattr(head, "base_layer", head)
            head.weight = torch.nn.Parameter(head.weight.detach().clone())
        m.merge_adapter()
        out["merged"] = numbers(logits() * real)
    with open(f"adapters/{name}/golden.json", "w") as f:
        json.dump(out, f, separators=(",", ":"))


if not sys.argv[1:]:
    shutil.rmtree("adapters", ignore_errors=True)
for name in sys.argv[1:] or CASES:
    case(name, *CASES[name])
