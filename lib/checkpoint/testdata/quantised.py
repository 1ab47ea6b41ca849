"""A tiny Llama in a GGUF file of which llama.cpp's llama-quantize made each matrix another type, and what the gguf package and
Transformers make of it.

    python quantised.py LLAMA-QUANTIZE      (needs torch, transformers, tokenizers and gguf; writes quantised.gguf, quantised.json)

For each tensor: the SHA-256 of the float32 numbers that gguf.quants.dequantize makes of it, in the order of the file.
Logits of one sequence, and a greedy continuation, from Transformers on those numbers.
"""
import hashlib, importlib.metadata, json, os, re, subprocess, sys, tempfile
import gguf, numpy as np, torch, transformers
from tokenizers import Tokenizer, models, pre_tokenizers

torch.set_num_threads(1)
V, D, HIDDEN, HEADS, KV, HEAD = 260, 256, 32, 2, 1, 16
TYPES = {"token_embd": "q6_k", "blk.0.attn_q": "q4_k", "blk.0.attn_k": "q5_k", "blk.0.attn_v": "q8_0", "blk.0.attn_output": "q5_0", "blk.0.ffn_gate": "q5_1",
         "blk.0.ffn_up": "q4_1", "blk.0.ffn_down": "q4_0", "blk.1.attn_q": "f16", "blk.1.attn_k": "bf16", "blk.1.attn_v": "q6_k", "blk.1.attn_output": "q4_1",
         "blk.1.ffn_gate": "q4_k", "blk.1.ffn_up": "q5_k", "blk.1.ffn_down": "q5_1"}
IDS = [1, 77, 200, 5, 33, 140, 259, 12, 61, 8, 99]


def first(path):
    """The model in F32, with a vocabulary of bytes, as llama.cpp wants it."""
    rng = np.random.default_rng(7)
    w = gguf.GGUFWriter(path, "llama")
    w.add_block_count(2); w.add_context_length(64); w.add_embedding_length(D); w.add_feed_forward_length(HIDDEN)
    w.add_head_count(HEADS); w.add_head_count_kv(KV); w.add_key_length(HEAD); w.add_value_length(HEAD)
    w.add_rope_dimension_count(HEAD); w.add_rope_freq_base(500.0); w.add_layer_norm_rms_eps(1e-5); w.add_vocab_size(V)
    w.add_tokenizer_model("gpt2"); w.add_tokenizer_pre("gpt-2")
    w.add_token_list(["<pad>", "<s>", "</s>", "<x>"] + sorted(pre_tokenizers.ByteLevel.alphabet()))
    w.add_token_types([3, 3, 3, 3] + [1] * 256); w.add_token_merges(["a b"])
    w.add_bos_token_id(1); w.add_eos_token_id(2); w.add_pad_token_id(0)
    put = lambda name, *shape: w.add_tensor(name + ".weight", (rng.standard_normal(shape) * 0.12 if len(shape) > 1 else 1 + 0.1 * rng.standard_normal(shape)).astype(np.float32))
    put("token_embd", V, D)
    for n in range(2):
        b = "blk.%d." % n
        put(b + "attn_norm", D); put(b + "attn_q", HEADS * HEAD, D); put(b + "attn_k", KV * HEAD, D); put(b + "attn_v", KV * HEAD, D)
        put(b + "attn_output", D, HEADS * HEAD); put(b + "ffn_norm", D); put(b + "ffn_gate", HIDDEN, D); put(b + "ffn_up", HIDDEN, D); put(b + "ffn_down", D, HIDDEN)
    put("output_norm", D)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


with tempfile.TemporaryDirectory() as tmp:
    first(tmp + "/f32.gguf")
    args = [a for name, t in TYPES.items() if name != "token_embd" for a in ("--tensor-type", re.escape(name) + "=" + t)]
    subprocess.run([sys.argv[1], "--token-embedding-type", TYPES["token_embd"], *args, tmp + "/f32.gguf", "quantised.gguf", "Q4_K_M", "1"], check=True)
out = {"gguf": importlib.metadata.version("gguf"), "transformers": transformers.__version__, "torch": torch.__version__, "tensors": {}}
for t in gguf.GGUFReader("quantised.gguf").tensors:
    x = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
    want = TYPES.get(t.name.removesuffix(".weight"), "f32")
    assert t.tensor_type.name.lower() == want, (t.name, t.tensor_type, want)
    out["tensors"][t.name] = {"type": t.tensor_type.name, "sha256": hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()}
m = transformers.AutoModelForCausalLM.from_pretrained(".", gguf_file="quantised.gguf", dtype=torch.float32, attn_implementation="eager").eval()
ids = torch.tensor([IDS])
with torch.no_grad():
    out["ids"], out["logits"] = IDS, [round(float(x), 6) for x in m(ids).logits[0, -1]]
    out["greedy"] = m.generate(ids, max_new_tokens=12, do_sample=False, eos_token_id=None)[0, len(IDS):].tolist()
json.dump(out, open("quantised.json", "w"), indent=0)
