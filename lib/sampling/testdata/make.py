"""Golden values from Transformers: logits processors one by one and in the order of generate, and greedy and beam search
of the tiny Llama model whose weights are in lib/internal/golden/golden.json.

    python make.py > transformers.json      (needs torch and transformers; the versions are in the output)

-inf is written as null. Everything is float32 on the CPU.
"""
import json, math, os
import torch, transformers
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.generation import logits_process as lp

torch.manual_seed(11)
torch.set_num_threads(1)
out = {"torch": torch.__version__, "transformers": transformers.__version__, "seed": 11}

V, prompt = 300, 4
ids = torch.tensor([[5, 7, 9, 5, 7, 12, 5, 7]])
scores = torch.randn(1, V) * 3
scores[0, 20] = scores[0, 21] = scores[0].max() - 1  # a tie near the top
eos = torch.tensor([3, 4])

# The keys are the fields of Options. The order of the list is the order in which generate builds it.
def build(o):
    p = []
    if "Bias" in o: p.append(lp.SequenceBiasLogitsProcessor([[[int(k)], v] for k, v in o["Bias"].items()]))
    if "Penalty" in o: p.append(lp.RepetitionPenaltyLogitsProcessor(o["Penalty"]))
    if "NoRepeatNGram" in o: p.append(lp.NoRepeatNGramLogitsProcessor(o["NoRepeatNGram"]))
    if "BadWords" in o: p.append(lp.NoBadWordsLogitsProcessor(o["BadWords"], eos_token_id=eos))
    if "MinNewTokens" in o: p.append(lp.MinNewTokensLengthLogitsProcessor(prompt, o["MinNewTokens"], eos))
    if "Suppress" in o: p.append(lp.SuppressTokensLogitsProcessor(o["Suppress"]))
    if "BeginSuppress" in o: p.append(lp.SuppressTokensAtBeginLogitsProcessor(o["BeginSuppress"], o.get("begin", prompt)))
    if o.get("Temperature", 1) != 1: p.append(lp.TemperatureLogitsWarper(o["Temperature"]))
    if "TopK" in o: p.append(lp.TopKLogitsWarper(o["TopK"]))
    if "TopP" in o: p.append(lp.TopPLogitsWarper(o["TopP"]))
    if "MinP" in o: p.append(lp.MinPLogitsWarper(o["MinP"]))
    if "Typical" in o: p.append(lp.TypicalLogitsWarper(o["Typical"]))
    if "Epsilon" in o: p.append(lp.EpsilonLogitsWarper(o["Epsilon"]))
    if "Eta" in o: p.append(lp.EtaLogitsWarper(o["Eta"]))
    return lp.LogitsProcessorList(p)

cases = [{"Penalty": 1.3}, {"Penalty": 0.8}, {"NoRepeatNGram": 1}, {"NoRepeatNGram": 2}, {"NoRepeatNGram": 3}, {"NoRepeatNGram": 20},
         {"BadWords": [[8], [5, 7, 30], [7, 31], [6, 32], [3], [9, 9, 9, 9, 9, 9, 9, 9, 33]]}, {"MinNewTokens": 4}, {"MinNewTokens": 5},
         {"Suppress": [1, 2, 250]}, {"Temperature": 0.7}, {"Temperature": 1.9}, {"TopK": 1}, {"TopK": 2}, {"TopK": 10}, {"TopK": 299}, {"TopK": 1000},
         {"TopP": 0.05}, {"TopP": 0.5}, {"TopP": 0.9}, {"TopP": 0.999}, {"MinP": 0.02}, {"MinP": 0.5}, {"Typical": 0.1}, {"Typical": 0.5}, {"Typical": 0.95},
         {"TopK": 20, "TopP": 0.8}, {"Temperature": 0.5, "TopK": 50, "TopP": 0.95, "MinP": 0.01}, {"Temperature": 1.5, "TopP": 0.9, "Typical": 0.7},
         {"Epsilon": 0.003}, {"Epsilon": 0.2}, {"Eta": 0.003}, {"Eta": 0.9}, {"Eta": 0.02, "Temperature": 0.6}, {"TopK": 30, "MinP": 0.02, "Epsilon": 0.01, "Eta": 0.3}, {"Typical": 0.9, "Epsilon": 0.01},
         {"Bias": {"5": 2.5, "20": -4.0, "299": 7.0}}, {"Bias": {"5": 2.5, "7": -1.0}, "Penalty": 1.4, "Temperature": 1.2}, {"BeginSuppress": [20, 21, 5]},
         {"Penalty": 1.2, "NoRepeatNGram": 2, "BadWords": [[7, 31]], "MinNewTokens": 6, "Suppress": [0], "Temperature": 0.8, "TopK": 40, "TopP": 0.9, "MinP": 0.001}]
out["processors"] = {"ids": ids[0].tolist(), "prompt": prompt, "scores": scores[0].tolist(), "eos": eos.tolist(), "cases": []}
for o in cases:
    z = build(o)(ids, scores.clone())
    logp = torch.log_softmax(z, -1)[0].tolist()
    out["processors"]["cases"].append({"options": o, "logp": [None if math.isinf(x) else round(x, 6) for x in logp]})

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../internal/golden/golden.json")) as f:
    golden = json.load(f)["model"]
m = LlamaForCausalLM(LlamaConfig(**golden["config"], attn_implementation="eager"))
with torch.no_grad():
    for n, p in m.named_parameters():
        p.copy_(torch.tensor(golden["weights"][n]).view_as(p))
m.eval()
runs = []
def run(ids, options, **kw):
    kw = {"max_new_tokens": 8, "do_sample": False, "pad_token_id": 0, "return_dict_in_generate": True, "output_scores": True, **kw}
    r = m.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), **kw)
    runs.append({"prompt": ids, "options": options, "sequences": [s[len(ids):].tolist() for s in r.sequences],
                 "scores": r.sequences_scores.tolist() if "sequences_scores" in r and r.sequences_scores is not None else None})
for ids in ([1, 5, 9], [4], [2, 16, 3, 8, 11]):
    run(ids, {})
    run(ids, {"Penalty": 1.5, "NoRepeatNGram": 2, "MaxNewTokens": 8}, repetition_penalty=1.5, no_repeat_ngram_size=2)
    run(ids, {"Suppress": [2, 3, 5]}, suppress_tokens=[2, 3, 5])
    for width in (2, 4):
        for penalty in (1.0, 0.0, -1.0, 2.0):
            for name, early in ((0, False), (1, True), (2, "never")):
                o = {"Beam": {"Width": width, "LengthPenalty": penalty, "Early": name}, "Samples": 2}
                run(ids, {**o, "Stop": [7, 12]}, num_beams=width, length_penalty=penalty, early_stopping=early, num_return_sequences=2, eos_token_id=[7, 12])
    run(ids, {"Beam": {"Width": 3, "LengthPenalty": 1.0}, "NoRepeatNGram": 2, "Stop": [7], "Samples": 1}, num_beams=3, no_repeat_ngram_size=2, eos_token_id=7)
out["runs"] = runs
print(json.dumps(out))
