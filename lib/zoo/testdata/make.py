"""Golden values of SmolLM2-135M-Instruct from Transformers, on the weights of the GGUF file as the gguf package widens them.

    python make.py SmolLM2-135M-Instruct.Q4_1.gguf > smollm2.json    (needs gguf, torch and transformers; versions are in the output)

float32, eager attention. For each prompt: its tokens, the eight largest logits after it, the mean of all, and 48 greedy
tokens. "weights" is the SHA-256 of all tensors in the order of their names, as little-endian float32 with the rows of
queries and keys in the order of Transformers.
"""
import hashlib, importlib.metadata, json, os, sys
import gguf, numpy as np, torch, transformers
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

PROMPTS = ["The capital of France is", "Once upon a time, there was a", "def fibonacci(n):", "The three primary colours are", "Water boils at", "In 1969, Neil Armstrong",
           "A good breakfast should", "To make a cake you need", "The mitochondria is", "She opened the door and", "My favourite book is", "The largest planet in",
           "How do I learn to", "Roses are red,", "The meaning of life", "1, 2, 3, 4,", "Dear Sir or Madam,", "The quick brown fox", "If it rains tomorrow", "Photosynthesis is the process"]
NAMES = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
         "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}

path = sys.argv[1]
reader = gguf.GGUFReader(path)
meta = lambda key: reader.fields["llama." + key].contents()
cfg = LlamaConfig(vocab_size=meta("vocab_size"), hidden_size=meta("embedding_length"), intermediate_size=meta("feed_forward_length"), num_hidden_layers=meta("block_count"),
                  num_attention_heads=meta("attention.head_count"), num_key_value_heads=meta("attention.head_count_kv"), max_position_embeddings=meta("context_length"),
                  rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": meta("rope.freq_base")}, tie_word_embeddings=True, attn_implementation="eager")
weights = {}
for t in reader.tensors:
    w = gguf.dequantize(t.data, t.tensor_type).astype(np.float32)
    parts = t.name.removesuffix(".weight").split(".")
    name = f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight" if parts[0] == "blk" else NAMES[parts[0]] + ".weight"
    if parts[-1] in ("attn_q", "attn_k"):
        heads = cfg.num_attention_heads if parts[-1] == "attn_q" else cfg.num_key_value_heads
        w = w.reshape(heads, w.shape[0] // heads // 2, 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)
    weights[name] = np.ascontiguousarray(w)
digest = hashlib.sha256()
for name in sorted(weights):
    digest.update(weights[name].tobytes())
model = LlamaForCausalLM(cfg).eval()
model.load_state_dict({n: torch.from_numpy(w) for n, w in weights.items()}, strict=False)
model.tie_weights()
tok = AutoTokenizer.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path))

out = {"gguf": importlib.metadata.version("gguf"), "torch": torch.__version__, "transformers": transformers.__version__, "weights": digest.hexdigest(), "prompts": []}
for p in PROMPTS:
    ids = tok(p, return_tensors="pt", add_special_tokens=False).input_ids
    with torch.no_grad():
        z = model(ids).logits[0, -1]
        past, last, greedy = None, ids, []
        for _ in range(48):
            r = model(last, past_key_values=past, use_cache=True)
            past, last = r.past_key_values, r.logits[:, -1].argmax(-1, keepdim=True)
            greedy.append(last.item())
    top = z.topk(8)
    out["prompts"].append({"text": p, "ids": ids[0].tolist(), "top": top.indices.tolist(), "logits": top.values.tolist(), "mean": z.double().mean().item(), "greedy": greedy})
print(json.dumps(out))
