"""Records runs of TRL's online trainers: the completions that they drew, what they logged at every step, and the final norm
of the parameters, so that `lyceum train METHOD --rollouts` can be compared with them number for number.

    python record_online.py OUT [NAME ...]     TRL 1.16.0; for PPO set PYTHONPATH to TRL 1.12.0 and name ppo cases only
    python record_online.py --small OUT        the cases that the Go tests replay, three steps each, on models small enough for
    python record_online.py --pack OUT FILE    the repository; --pack puts them and the models into one compressed file,
                                               beside those that it has already

OUT gets base/ and scorer/ (tiny random Llama models with a byte-level tokenizer), teacher/, and a folder for each case:
data.jsonl, config.yaml, rollouts.jsonl, steps.json. Everything is float32 on one thread.
"""
import json, math, os, random, sys
os.environ.update(TRL_EXPERIMENTAL_SILENCE="1", TOKENIZERS_PARALLELISM="false", CUDA_VISIBLE_DEVICES="")
import numpy as np, torch, transformers
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast
torch.set_num_threads(1)

PROMPTS = ["What is 2+3? ", "Say a word. ", "The cat sat on", "Count: one two", "A small", "Name a colour. ", "Once", "Write something short about the sea. ", "x = 4, y = ", "Hello", "The library", "Rain and"]
VOCABULARY = {"tiny": 300, "small": 262}

def tokenizer(folder, vocab):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    v = {"<pad>": 0, "<end>": 1, "<mark>": 2}
    for c in alphabet: v[c] = len(v)
    merges = []
    for a, b in [("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("e", "r"), ("Ġ", "a"), ("o", "n"), ("Ġ", "s"), ("l", "l"), ("Ġ", "w"), ("e", "s"), ("a", "t"), ("Ġ", "c"), ("o", "r"), ("e", "n"), ("i", "s"), ("Ġ", "b"), ("Ġ", "m"), ("r", "e"), ("a", "n")]:
        if len(v) >= vocab: break
        merges.append((a, b)); v[a + b] = len(v)
    while len(v) < vocab: v[f"<spare{len(v)}>"] = len(v)
    t = Tokenizer(models.BPE(vocab=v, merges=merges))
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.add_special_tokens(["<pad>", "<end>"])
    fast = PreTrainedTokenizerFast(tokenizer_object=t, pad_token="<pad>", eos_token="<end>", padding_side="left")
    fast.save_pretrained(folder)
    return fast

def build(root, size="tiny"):
    d = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=12) if size == "tiny" else dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, head_dim=8)
    cfg = dict(d, vocab_size=VOCABULARY[size], max_position_embeddings=128, pad_token_id=0, eos_token_id=1, bos_token_id=None, initializer_range=0.12, tie_word_embeddings=True)
    for name, seed in (("base", 1), ("teacher", 2), ("scorer", 3)):
        torch.manual_seed(seed)
        c = LlamaConfig(**cfg, **({"num_labels": 1} if name == "scorer" else {}))
        m = (LlamaForSequenceClassification if name == "scorer" else LlamaForCausalLM)(c)
        with torch.no_grad():
            if name != "scorer": m.model.embed_tokens.weight[1] *= 3.0 if size == "tiny" else 14.0   # completions end now and then
            else: m.score.weight.mul_(6)
        if name != "scorer": m.generation_config.eos_token_id, m.generation_config.pad_token_id = 1, 0
        m.save_pretrained(f"{root}/{name}")
        tokenizer(f"{root}/{name}", VOCABULARY[size])

def questions(): return [{"prompt": p, "want": 4 + 2 * i} for i, p in enumerate(["Who", "The sea is", "7+1=", "A word: ", "Tell me", "Rain"])]

# reward functions; what they say is recorded, so they need no twin in Go
def r_length(prompts, completions, want, **kw): return [-abs(len(c) - w) / 20.0 for c, w in zip(completions, want)]
def r_vowels(prompts, completions, **kw): return [sum(x in "aeiou" for x in c) / (1 + len(c)) for c in completions]
def r_some(prompts, completions, **kw): return [None if len(c) % 3 == 0 else c.count("e") / 5.0 - 0.01 * len(c) for c in completions]
def r_coarse(prompts, completions, **kw): return [float(len(c) > 8) for c in completions]
def r_none(prompts, completions, **kw): return [None for c in completions]

COMMON = dict(per_device_train_batch_size=4, gradient_accumulation_steps=2, num_generations=4, max_completion_length=12, learning_rate=2e-3, max_steps=5)
G = lambda *rewards, method="grpo", **o: dict(method=method, rewards=[r.__name__ for r in rewards] or ["r_length", "r_vowels"], config=dict(COMMON, **o))
R = lambda *rewards, **o: G(*rewards, method="rloo", **o)
D = lambda **o: dict(method="distillation", rewards=[], config=dict({k: v for k, v in COMMON.items() if k != "num_generations"}, **o))
P = lambda **o: dict(method="ppo", rewards=["score"], config=dict(dict(per_device_train_batch_size=4, gradient_accumulation_steps=2, num_ppo_epochs=2, num_mini_batches=1, response_length=10, learning_rate=1e-3, stop_token="eos", total_episodes=40), **o))
E = dict(eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=8)
CASES = {
    "grpo_eval": G(**E), "grpo_eval_alone": G(num_generations_eval=1, eval_on_start=True, loss_type="grpo", beta=0.1, num_iterations=2, **E), "grpo_eval_group_2": G(r_some, r_vowels, num_generations_eval=2, scale_rewards="batch", mask_truncated_completions=True, **E),
    "grpo_eval_gdpo": G(r_length, r_coarse, multi_objective_aggregation="normalize_then_sum", entropy_coef=0.02, **E),
    "rloo_eval": R(beta=0.1, **E), "rloo_eval_alone": R(num_generations_eval=1, normalize_advantages=True, **E), "rloo_eval_group_2": R(r_some, num_generations_eval=2, reward_clip_range=[-0.3, 0.2], **E),
    "distillation_eval": D(beta=0.4, **E),
    "grpo_gspo": G(loss_type="grpo", importance_sampling_level="sequence", num_iterations=2, epsilon=3e-2),
    "grpo_gspo_beta": G(loss_type="grpo", importance_sampling_level="sequence", num_iterations=2, beta=0.1),
    "grpo_top_entropy": G(top_entropy_quantile=0.2, num_iterations=2),
    "grpo_top_entropy_zero": G(top_entropy_quantile=0.0),
    "grpo_mask_truncated": G(mask_truncated_completions=True, num_iterations=2, max_completion_length=8),
    "grpo_mask_truncated_gspo": G(mask_truncated_completions=True, loss_type="grpo", importance_sampling_level="sequence", max_completion_length=8),
    "grpo_gdpo": G(r_length, r_vowels, r_coarse, multi_objective_aggregation="normalize_then_sum", reward_weights=[1.0, 0.3, -0.5], num_iterations=2),
    "grpo_gdpo_some": G(r_some, r_coarse, multi_objective_aggregation="normalize_then_sum"),
    "grpo_sapo": G(loss_type="sapo", num_iterations=2, sapo_temperature_pos=0.7, sapo_temperature_neg=1.4),
    "grpo_vespo": G(loss_type="vespo", num_iterations=3, max_steps=6),
    "grpo_vespo_gspo": G(loss_type="vespo", num_iterations=2, vespo_k_pos=1.0, vespo_lambda_neg=1.0),
    "grpo_luspo": G(loss_type="luspo", importance_sampling_level="sequence", num_iterations=2, beta=0.05),
    "grpo_luspo_token": G(loss_type="luspo", num_iterations=2, learning_rate=5e-4),
    "grpo_cispo": G(loss_type="cispo", epsilon_high=5.0, num_iterations=2),
    "grpo_cispo_beta": G(loss_type="cispo", epsilon_high=1.02, num_iterations=2, beta=0.05, importance_sampling_level="sequence"),
    "grpo_iterations_3_steps_4": G(num_iterations=3, steps_per_generation=4, max_steps=8, loss_type="grpo"),
    "grpo_generation_batch_16": G(generation_batch_size=16, loss_type="bnpo", max_steps=6),
    "grpo_steps_1": G(steps_per_generation=1, gradient_accumulation_steps=3, max_steps=4),
    "grpo_scale_batch": G(r_length, r_some, scale_rewards="batch", reward_weights=[0.5, 2.0]),
    "grpo_scale_none": G(scale_rewards="none", loss_type="grpo", num_iterations=2),
    "grpo_some": G(r_length, r_vowels, r_some),
    "grpo_none": G(r_none, r_vowels),
    "grpo_coarse_group_8": G(r_coarse, num_generations=8, per_device_train_batch_size=8),
    "grpo_coarse_group_3": G(r_coarse, num_generations=3, per_device_train_batch_size=6),
    "grpo_beta": G(beta=0.1, num_iterations=2),
    "grpo_beta_paper": G(beta=0.1, use_bias_correction_kl=False, num_iterations=2, loss_type="grpo"),
    "grpo_sync_ref": G(beta=0.2, sync_ref_model=True, ref_model_sync_steps=2, ref_model_mixup_alpha=0.5),
    "grpo_entropy_bonus": G(entropy_coef=0.05, num_iterations=2),
    "grpo_entropy_bonus_grpo": G(entropy_coef=0.05, loss_type="grpo", top_entropy_quantile=0.5),
    "grpo_entropy_adaptive": G(entropy_coef=0.02, use_adaptive_entropy=True, entropy_target=5.2, entropy_coef_delta=0.01),
    "grpo_delta": G(delta=1.1, epsilon=0.05, num_iterations=3, max_steps=6),
    "grpo_off_policy": G(off_policy_mask_threshold=0.001, num_iterations=3, max_steps=6, loss_type="grpo"),
    "grpo_generation_kwargs": G(generation_kwargs={"temperature": 0.6, "min_new_tokens": 5, "top_k": 40}, beta=0.05, num_iterations=2), 
    "grpo_temperature": G(temperature=0.7, beta=0.05, num_iterations=2),
    "grpo_default_beta_dr": G(loss_type="dr_grpo", num_iterations=2, beta=0.04, scale_rewards="none"),
    "grpo_clip_norm": G(max_grad_norm=0.1, weight_decay=0.1, warmup_steps=2, lr_scheduler_type="cosine"),
    "grpo_logging_2": G(logging_steps=2, num_iterations=2, max_steps=6),
    "rloo_default": R(beta=0.05), "rloo_two_iterations": R(num_iterations=2, epsilon=0.05), "rloo_normalize": R(normalize_advantages=True, beta=0.1),
    "rloo_some": R(r_some, normalize_advantages=True), "rloo_weights": R(r_length, r_vowels, r_some, reward_weights=[1.0, 2.0, 0.5]), "rloo_clip": R(reward_clip_range=[-0.5, 0.1], beta=0.2),
    "rloo_mask_truncated": R(mask_truncated_completions=True, max_completion_length=8), "rloo_generation_kwargs": R(generation_kwargs={"temperature": 0.6, "suppress_tokens": [1]}, beta=0.1), "rloo_group_2": R(num_generations=2, temperature=0.8), "rloo_steps_4": R(steps_per_generation=4, max_steps=6, epsilon_high=0.3), "rloo_sync_ref": R(beta=0.2, sync_ref_model=True, ref_model_sync_steps=2),
    "distillation_reverse": D(), "distillation_forward": D(beta=0.0), "distillation_jsd": D(beta=0.5), "distillation_jsd_tempered": D(beta=0.3, temperature=0.8), "distillation_long": D(max_completion_length=20, gradient_accumulation_steps=3),
    "ppo_default": P(), "ppo_k3": P(kl_estimator="k3", kl_coef=0.2), "ppo_whiten": P(whiten_rewards=True, gamma=0.99, lam=0.9), "ppo_missing_eos": P(missing_eos_penalty=1.0), "ppo_mini_batches": P(num_mini_batches=2, num_ppo_epochs=3),
    "ppo_stop_token_id": P(stop_token=None, stop_token_id=250, missing_eos_penalty=1.0), "ppo_no_stop": P(stop_token=None, temperature=1.0), "ppo_clips": P(cliprange=0.05, cliprange_value=0.1, vf_coef=0.5, num_ppo_epochs=4), "ppo_uneven": P(per_device_train_batch_size=2, gradient_accumulation_steps=3, num_mini_batches=2, total_episodes=30), "ppo_value_only": P(kl_coef=0.0, vf_coef=1.0, cliprange_value=10.0),
}
SMALL = ["grpo_gspo_beta", "grpo_top_entropy", "grpo_mask_truncated", "grpo_gdpo", "grpo_vespo", "grpo_iterations_3_steps_4", "grpo_sync_ref", "grpo_entropy_adaptive", "grpo_some", "rloo_two_iterations", "rloo_normalize", "distillation_jsd_tempered", "ppo_k3", "ppo_missing_eos", "ppo_stop_token_id", "grpo_generation_kwargs", "rloo_generation_kwargs"]

def clean(x):
    if isinstance(x, dict): return {k: clean(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)): return [clean(v) for v in x]
    if isinstance(x, torch.Tensor): return clean(x.tolist())
    return None if isinstance(x, float) and not math.isfinite(x) else x

def real(ids, mask): return [t for t, k in zip(ids.tolist(), mask.tolist()) if k]

def logged(trainer): return [{k: v for k, v in l.items() if k not in ("step_time", "epoch", "step", "eval_runtime", "eval_samples_per_second", "eval_steps_per_second")} for l in trainer.state.log_history if "loss" in l or "lr" in l or "eval_loss" in l]

def online(name, root, case, out):
    """GRPO, RLOO, distillation"""
    from trl import DistillationConfig, DistillationTrainer, GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer
    C, T = {"grpo": (GRPOConfig, GRPOTrainer), "rloo": (RLOOConfig, RLOOTrainer), "distillation": (DistillationConfig, DistillationTrainer)}[case["method"]]
    rows = [{"prompt": p, "want": 5 + 3 * i} for i, p in enumerate(PROMPTS)]
    config, peft = dict(case["config"]), None
    if config.get("use_peft"):
        from trl import ModelConfig, get_peft_config
        peft = get_peft_config(ModelConfig(**{k: config.pop(k) for k in list(config) if k.startswith("lora_") or k in ("use_peft", "use_rslora", "use_dora")}))
    args = C(output_dir=out, **dict(dict(bf16=False, gradient_checkpointing=False, report_to="none", save_strategy="no", seed=42, logging_steps=1), **config))
    model = AutoModelForCausalLM.from_pretrained(f"{root}/base", dtype=torch.float32, attn_implementation="eager")
    tok = PreTrainedTokenizerFast.from_pretrained(f"{root}/base")
    examined = "eval_strategy" in case["config"]
    kw = dict(teacher_model=AutoModelForCausalLM.from_pretrained(f"{root}/teacher", dtype=torch.float32, attn_implementation="eager")) if case["method"] == "distillation" else dict(reward_funcs=[globals()[r] for r in case["rewards"]])
    t = T(model=model, args=args, train_dataset=Dataset.from_list(rows), eval_dataset=Dataset.from_list(questions()) if examined else None, processing_class=tok, peft_config=peft, **kw)
    module = sys.modules[T.__module__]
    gens, drawn = [], {}
    generate = t._generate_and_score_completions
    def keep(inputs):
        o = generate(inputs)
        n = len(o["prompt_ids"])
        lengths = [int(x) for x in drawn["lengths"]]
        learns = t.model.training
        group = case["config"].get("num_generations", 1)
        if not learns: group = case["config"].get("num_generations_eval", group)
        g = {"step": t.state.global_step + 1, "rows": [], "order": []} if learns else {"step": t.state.global_step, "rows": [], "eval": True}
        for i in range(n):
            row = {"prompt_ids": real(o["prompt_ids"][i], o["prompt_mask"][i]), "completion_ids": o["completion_ids"][i].tolist()[:lengths[i]], "group": i // group, "rewards": {}}
            if "rewards" in drawn: row["rewards"] = dict(zip(case["rewards"], clean(drawn["rewards"][i].tolist())))
            for key, src in (("old_logps", "old_per_token_logps"), ("ref_logps", "ref_per_token_logps")):
                if o.get(src) is not None: row[key] = o[src][i].tolist()[:lengths[i]]
            g["rows"].append(row)
        gens.append(g)
        o["row_number"] = torch.arange(n)
        return o
    t._generate_and_score_completions = keep
    inner = t._generate
    def lengths(prompts):
        r = inner(prompts)
        drawn["lengths"] = [len(c) for c in r[1]]
        return r
    t._generate = lengths
    if case["method"] != "distillation":
        calc = t._calculate_rewards
        def rewards(*a):
            drawn["rewards"] = calc(*a)
            return drawn["rewards"].clone()
        t._calculate_rewards = rewards
    loss = t._compute_loss
    def seen(model, inputs, *a):
        last = inputs if "row_number" in inputs else a[0]
        if t.model.training: next(g for g in reversed(gens) if "order" in g)["order"] += last["row_number"].tolist()   # an evaluation may lie between
        return loss(model, inputs, *a)
    t._compute_loss = seen
    t.train()
    return rows, gens, logged(t), t.model if peft else model

def ppo(name, root, case, out):
    from trl.experimental.ppo import PPOConfig, PPOTrainer
    from trl.experimental.ppo import ppo_trainer as module
    import trl.experimental.utils as utils
    rows = [{"prompt": p} for p in PROMPTS]
    tok = PreTrainedTokenizerFast.from_pretrained(f"{root}/base")
    args = PPOConfig(output_dir=out, **dict(dict(bf16=False, gradient_checkpointing=False, report_to="none", save_strategy="no", logging_steps=1, seed=42, num_sample_generations=0), **case["config"]))
    load = lambda c, n, **k: c.from_pretrained(f"{root}/{n}", dtype=torch.float32, attn_implementation="eager", **k)
    policy, ref = load(AutoModelForCausalLM, "base"), load(AutoModelForCausalLM, "base")
    reward, value = load(AutoModelForSequenceClassification, "scorer", num_labels=1), load(AutoModelForSequenceClassification, "scorer", num_labels=1)
    data = Dataset.from_list([{"input_ids": tok(r["prompt"])["input_ids"]} for r in rows])
    t = PPOTrainer(args=args, processing_class=tok, model=policy, ref_model=ref, reward_model=reward, value_model=value, train_dataset=data)
    gens, state = [], {}
    batch_generation, selective, get_reward, permutation = module.batch_generation, module.selective_log_softmax, module.get_reward, np.random.permutation
    def generation(m, q, size, pad, config):
        config.suppress_tokens = [0]  # a padding token inside a response would end it for the loss and not for the means over everything
        r = batch_generation(m, q, size, pad, config)
        state.update(queries=q, responses=r[0][:, q.shape[1]:], logps=[], values=None, scores=None)
        gens.append({"step": len(gens) + 1, "rows": [], "order": []})
        return r
    def logps(*a):
        r = selective(*a)
        if len(state["logps"]) < 2: state["logps"].append(r)
        return r
    def rewards(m, *a):
        r = get_reward(m, *a)
        if m is reward: state["scores"] = r[1]
        elif state["values"] is None: state["values"] = r[0][:, state["queries"].shape[1] - 1:-1].squeeze(-1)
        return r
    def permute(n):
        if not gens[-1]["rows"]:
            for i in range(len(state["queries"])):
                ids = state["responses"][i].tolist()
                k = ids.index(0) if 0 in ids else len(ids)
                gens[-1]["rows"].append({"prompt_ids": [x for x in state["queries"][i].tolist() if x != 0], "completion_ids": ids[:k], "group": i, "rewards": {"score": state["scores"][i].item()},
                                         "old_logps": state["logps"][0][i].tolist()[:k], "ref_logps": state["logps"][1][i].tolist()[:k], "values": state["values"][i].tolist()[:k + 1]})
        p = permutation(n)
        gens[-1]["order"] += p.tolist()
        return p
    module.batch_generation, module.selective_log_softmax, module.get_reward, np.random.permutation = generation, logps, rewards, permute
    score0 = None
    try: t.train()
    finally: module.batch_generation, module.selective_log_softmax, module.get_reward, np.random.permutation = batch_generation, selective, get_reward, permutation
    return rows, gens, [{k: v for k, v in l.items() if k not in ("epoch", "step", "eps")} for l in t.state.log_history], policy

def run(name, root):
    case, out = CASES[name], f"{root}/{name}"
    os.makedirs(out, exist_ok=True)
    torch.manual_seed(7); random.seed(7); np.random.seed(7)
    rows, gens, steps, model = (ppo if case["method"] == "ppo" else online)(name, root, case, out)
    model.save_pretrained(f"{out}/trained")
    norm = math.sqrt(sum((p.detach().double() ** 2).sum().item() for p in model.parameters()))
    config = dict(dict(bf16=False, logging_steps=1, report_to="none", save_strategy="no", seed=42), **case["config"])
    return dict(name=name, method=case["method"], versions=dict(torch=torch.__version__, transformers=transformers.__version__, trl=trl.__version__), rows=rows, config=config, rollouts=gens, steps=clean(steps), final_norm=norm)

def main():
    if sys.argv[1] == "--pack": return pack(*sys.argv[2:4])
    small = sys.argv[1] == "--small"
    root, only = sys.argv[1 + small], sys.argv[2 + small:]
    if not os.path.exists(f"{root}/base"): build(root, "small" if small else "tiny")
    has_ppo = trl.__version__.startswith("1.12")
    for name, case in CASES.items():
        if (case["method"] == "ppo") != has_ppo or only and not any(n in name for n in only) or small and name not in SMALL: continue
        if small: case["config"].update(dict(total_episodes=24) if has_ppo else dict(max_steps=4))
        try: r = run(name, root)
        except Exception as e:
            print(f"{name}: {type(e).__name__}: {e}"); continue
        out = f"{root}/{name}"
        with open(f"{out}/data.jsonl", "w") as f: f.writelines(json.dumps(x) + "\n" for x in r["rows"])
        with open(f"{out}/test.jsonl", "w") as f: f.writelines(json.dumps(x) + "\n" for x in questions())
        with open(f"{out}/rollouts.jsonl", "w") as f: f.writelines(json.dumps(clean(x)) + "\n" for x in r["rollouts"])
        json.dump(r, open(f"{out}/run.json", "w"))
        print(name, len(r["steps"]), "logs", flush=True)

def pack(root, file):
    import base64, gzip
    short = lambda x: [short(v) for v in x] if isinstance(x, list) else {k: short(v) for k, v in x.items()} if isinstance(x, dict) else float(f"{x:.8g}") if isinstance(x, float) else x
    out = {"models": {}, "runs": [short(json.load(open(f"{root}/{n}/run.json"))) for n in SMALL if os.path.exists(f"{root}/{n}/run.json")]}
    if os.path.exists(file):                                                # runs of old stay as they are, if the models are still the same
        with gzip.open(file) as f: old = json.load(f)
        new = {r["name"] for r in out["runs"]}
        out["runs"] = [r for r in old["runs"] if r["name"] not in new] + out["runs"]
    for m in ("base", "teacher", "scorer"):
        out["models"][m] = {n: base64.b64encode(open(f"{root}/{m}/{n}", "rb").read()).decode() for n in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")}
    if os.path.exists(file) and old["models"] != out["models"]: sys.exit(f"the runs in {file} are of other models: remove it and record them all")
    with gzip.GzipFile(file, "wb", 9, mtime=0) as f: f.write(json.dumps(out).encode())
    print(len(out["runs"]), "runs,", os.path.getsize(file), "bytes")

if __name__ == "__main__": main()
