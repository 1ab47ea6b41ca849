"""Golden values from the gguf package: every block format widened to float32, and those that Lyceum writes made of float32;
and a small GGUF file with metadata of every type.

    python make.py        (needs gguf and numpy; the versions are in blocks.json)

Blocks of the formats that gguf cannot make are random bytes with finite scales: every bit pattern is a valid block.
"""
import base64, importlib.metadata, json
import gguf, numpy as np
from gguf import GGMLQuantizationType as T, GGUFValueType as V

rng = np.random.default_rng(5)
b64 = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
out = {"gguf": importlib.metadata.version("gguf"), "numpy": np.__version__, "seed": 5, "read": {}, "write": {}}

scales = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
for name, at in scales.items():
    block, size = gguf.GGML_QUANT_SIZES[T[name]]
    n = 4 if block == 256 else 8
    raw = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for a in at:
        raw[:, a:a + 2] = (rng.standard_normal(n) * 0.01).astype(np.float16).view(np.uint8).reshape(n, 2)
    out["read"][name] = {"raw": b64(raw), "float": b64(gguf.dequantize(raw.reshape(-1), T[name]).astype(np.float32))}

x = (rng.standard_normal((12, 32)) * 0.3).astype(np.float32)
x[1] = 0
x[2] = np.linspace(-1, 1, 32)
x[3] = 0.25
x[4, 5] = -7
x[5] *= 1e-6
x[6, :] = np.where(np.arange(32) % 2, 0.5, -0.5)  # both signs of the same magnitude
x[7] = np.arange(32) / 254  # halves of a Q8_0 step
x[8] *= 1e4
for name in ["Q8_0", "Q4_0", "Q4_1", "F16", "BF16"]:
    out["write"][name] = {"float": b64(x), "raw": b64(gguf.quantize(x, T[name]))}
json.dump(out, open("blocks.json", "w"), indent=1)

w = gguf.GGUFWriter("small.gguf", "llama")
w.add_uint8("t.u8", 200); w.add_int8("t.i8", -100); w.add_uint16("t.u16", 60000); w.add_int16("t.i16", -30000)
w.add_uint32("t.u32", 4000000000); w.add_int32("t.i32", -2000000000); w.add_float32("t.f32", 0.1); w.add_bool("t.yes", True)
w.add_string("t.text", "häuser 😀"); w.add_uint64("t.u64", 2**63 + 1); w.add_int64("t.i64", -2**62); w.add_float64("t.f64", 0.1)
w.add_array("t.texts", ["a", "", "ö"]); w.add_array("t.ints", [1, -2, 3]); w.add_array("t.floats", [0.5, -1.5]); w.add_array("t.bools", [True, False])
w.add_tensor("a", np.arange(6, dtype=np.float32).reshape(2, 3))
w.add_tensor("b", np.arange(5, dtype=np.float16))
w.add_tensor("c", gguf.quantize(x, T.Q4_1), raw_dtype=T.Q4_1)
w.add_tensor("d", np.arange(3, dtype=np.int64)); w.add_tensor("e", np.arange(3, dtype=np.float64))
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
