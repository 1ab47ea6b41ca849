"""Writes the keys of TRL's command-line configs with their defaults: every field of ScriptArguments, ModelConfig and each
method's config class (which has those of TrainingArguments).

    python fields.py FILE     with TRL 1.16.0: all methods but PPO; with TRL 1.12.0 in PYTHONPATH: PPO. What FILE has of the
                              other methods stays.
"""
import dataclasses, json, os, sys
os.environ.update(TRL_EXPERIMENTAL_SILENCE="1", HF_HUB_OFFLINE="1")
import transformers, trl
from trl import ModelConfig, ScriptArguments

def classes():
    if trl.__version__.startswith("1.12"):
        from trl.experimental.ppo import PPOConfig
        return {"ppo": [PPOConfig]}
    from trl import DistillationConfig, DPOConfig, GRPOConfig, KTOConfig, RewardConfig, RLOOConfig, SFTConfig
    from trl.experimental.cpo import CPOConfig
    from trl.experimental.orpo import ORPOConfig
    from trl.experimental.tpo import TPOConfig
    from trl.scripts.grpo import GRPOScriptArguments
    from trl.scripts.rloo import RLOOScriptArguments
    return {"sft": [SFTConfig], "dpo": [DPOConfig], "kto": [KTOConfig], "cpo": [CPOConfig], "orpo": [ORPOConfig], "tpo": [TPOConfig], "reward": [RewardConfig],
            "grpo": [GRPOConfig, GRPOScriptArguments], "rloo": [RLOOConfig, RLOOScriptArguments], "distillation": [DistillationConfig]}

def default(f):
    d = f.default if f.default is not dataclasses.MISSING else f.default_factory() if f.default_factory is not dataclasses.MISSING else None
    d = getattr(d, "value", d)                     # of an enumeration
    try: json.dumps(d)
    except TypeError: d = str(d)
    return d

def written(c):
    """what TRL writes of a config object that differs from the defaults, such as settings that follow from others"""
    return c(output_dir="out", use_cpu=True, bf16=False).to_dict()

file = sys.argv[1]
out = json.load(open(file)) if os.path.exists(file) else {"versions": {}, "every": {}, "methods": {}, "written": {}}
out["methods"] = {m: {**out["every"], **d} for m, d in out["methods"].items()}
for m, list_ in classes().items():
    out["versions"][m] = f"trl {trl.__version__}, transformers {transformers.__version__}"
    fields = {}
    for c in [ScriptArguments, ModelConfig] + list_:
        fields.update({f.name: default(f) for f in dataclasses.fields(c) if f.init})
    out["methods"][m] = fields
    out["written"][m] = {k: v for k, v in written(list_[0]).items() if k not in fields or fields[k] != v}
first = next(iter(out["methods"].values()))
out["every"] = {k: v for k, v in first.items() if all(k in d and d[k] == v for d in out["methods"].values())}
out["methods"] = {m: {k: v for k, v in d.items() if k not in out["every"]} for m, d in out["methods"].items()}
with open(file, "w") as f: json.dump(out, f, indent=1, sort_keys=True); f.write("\n")
print({m: len(d) + len(out["every"]) for m, d in out["methods"].items()})
