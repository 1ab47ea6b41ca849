"""Records what NEFTune does to what TRL's trainers log: neftune.json holds, for some methods, the mean and the standard error of
metrics over many passes over the same rows. The learning rate is next to nothing, so that only the noise differs between passes.

    python neftune.py > neftune.json
"""
import json, math, sys, tempfile
import make
LOOP = dict(per_device_train_batch_size=4, gradient_accumulation_steps=1, logging_steps=4, max_steps=200, learning_rate=1e-12, lr_scheduler_type="constant", max_grad_norm=0.0)
LORA = dict(use_peft=True, lora_dropout=0.0, lora_r=4, lora_alpha=8)
CASES = {
    "sft packed": ("sft", "text", dict(packing=True, max_length=64, per_device_train_batch_size=2)), "dpo with an adapter": ("dpo", "pairs", dict(beta=0.5, **LORA)),
    "kto": ("kto", "labels", dict(beta=0.5)), "reward with an adapter": ("reward", "pairs", dict(LORA, lora_task_type="SEQ_CLS")),
}
METRICS = ["loss", "grad_norm", "rewards/chosen", "rewards/margins", "logps/chosen", "logps/rejected", "entropy", "margin"]

def main():
    import torch, transformers, trl
    out, sys.stdout = sys.stdout, sys.stderr
    result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__}, "cases": {}}
    for name, (method, data, more) in CASES.items():
        config = dict(LOOP, neftune_noise_alpha=25.0, **{k: v for k, v in more.items() if k not in LOOP})
        config.update({k: v for k, v in more.items() if k in LOOP})
        with tempfile.TemporaryDirectory() as t: steps = make.run_trl(method, data, dict(config), t + "/out")
        metrics = {}
        for m in METRICS:
            v = [s[m] for s in steps if m in s]
            if not v: continue
            mean = sum(v) / len(v)
            metrics[m] = [mean, math.sqrt(sum((x - mean) ** 2 for x in v) / (len(v) - 1) / len(v))]
        result["cases"][name] = {"method": method, "data": data, "config": config, "metrics": metrics}
        print(name, metrics, file=sys.stderr)
    json.dump(result, out, indent=1)

main()
