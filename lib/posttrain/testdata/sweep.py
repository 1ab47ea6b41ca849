"""Trains with TRL and with `lyceum train` on the same folder, under settings drawn at random, and tables by method the largest
relative difference of a logged metric.

    python sweep.py run LYCEUM RESULTS SEEDS [METHOD ...]   SEEDS such as 0:20; every method that the TRL in use has; appends a
                                                            line per run to RESULTS. For PPO set PYTHONPATH to TRL 1.12.0.
    python sweep.py show RESULTS                            prints the table and the runs beyond the tolerances
    python sweep.py noise LYCEUM METHOD:SEED ...            what rounding makes of a run: beside the difference from TRL, that of TRL from
                                                            itself (online methods, on the same rollouts: of ours from itself) when the last bit of every weight is another

Seeds from 600 on draw among more settings. A seed decides the settings of a method (loss, scaling, accumulation, schedule, adapter, evaluation, ...) and the seed of the run.
Models are tiny and random, everything is float32 on one thread. Unlike in the golden runs lengths and batches are uneven.
"""
import json, math, os, random, subprocess, sys, tempfile
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "trl", "testdata")]
FIRST, LATER, NORM, ABSOLUTE = 1e-4, 1e-3, 1e-5, 2e-6
OFFLINE = ["sft", "dpo", "kto", "cpo", "simpo", "orpo", "tpo", "reward"]
SKIP = {"step", "epoch", "num_items_in_batch", "train_runtime", "eval_runtime", "eval_samples_per_second", "eval_steps_per_second", "step_time", "eps"}

def trainer(r, rate):
    """settings of the Trainer"""
    c = dict(per_device_train_batch_size=r.choice([1, 2, 3, 4]), gradient_accumulation_steps=r.choice([1, 1, 2, 3]), learning_rate=rate * r.choice([0.3, 1, 1]), seed=r.choice([42, 7, 123]),
             max_steps=r.choice([4, 5, 6]), weight_decay=r.choice([0.0, 0.0, 0.1]), max_grad_norm=r.choice([1.0, 1.0, 0.2, 0.0, 50.0]), logging_steps=r.choice([1, 1, 1, 2]))
    if r.random() < .3: c.update(adam_beta1=r.choice([0.8, 0.9]), adam_beta2=r.choice([0.95, 0.99]), adam_epsilon=r.choice([1e-8, 1e-6]))
    c["lr_scheduler_type"] = r.choice(["linear", "linear", "cosine", "constant", "constant_with_warmup", "polynomial", "inverse_sqrt", "cosine_with_restarts", "cosine_with_min_lr", "warmup_stable_decay"])
    if c["lr_scheduler_type"] == "cosine_with_min_lr": c["lr_scheduler_kwargs"] = {"min_lr_rate": r.choice([0.1, 0.3])}
    if c["lr_scheduler_type"] == "warmup_stable_decay": c["lr_scheduler_kwargs"] = {"num_decay_steps": 2}
    if c["lr_scheduler_type"] != "constant": c["warmup_steps"] = r.choice([0, 1, 2, 0.3])
    if r.random() < .2: c["data_seed"] = r.choice([3, 11])
    if r.random() < .2: c["logging_first_step"] = True
    return c

def wider(r, c, method):
    """options drawn after all others, so that a seed of old keeps what it had"""
    if r.random() < .3:
        name, args, by = r.choice([("sgd", None, 30), ("sgd", "momentum=0.9", 10), ("sgd", "momentum=0.8,nesterov=true", 10), ("sgd", "momentum=0.8,dampening=0.2", 10), ("adagrad", None, 1), ("adagrad", "lr_decay=0.1,eps=1e-6", 1),
                                   ("rmsprop", None, 1), ("rmsprop", "alpha=0.9,momentum=0.3,centered=true,eps=1e-4", 1), ("adafactor", None, 1), ("adamw_torch", None, 1)])
        c.update(optim=name, learning_rate=c["learning_rate"] * by)
        if args: c["optim_args"] = args
    if method == "ppo": return c
    if "eval_strategy" in c and r.random() < .25:
        for k in ("warmup_steps", "lr_scheduler_kwargs"): c.pop(k, 0)
        if r.random() < .5: c.update(lr_scheduler_type="reduce_lr_on_plateau", lr_scheduler_kwargs={"patience": r.choice([0, 1]), "factor": r.choice([0.3, 0.7]), "threshold": r.choice([1e-4, 0.3]), "cooldown": r.choice([0, 1])})
        else: c.update(lr_scheduler_type="greedy", lr_scheduler_kwargs={"patience": 0, "factor": r.choice([0.7, 0.9]), "min_lr": 1e-5, "warmup": r.choice([0, 1]), "smooth": r.random() < .3, "window_size": 2})
    if r.random() < .1 and c.get("max_steps", -1) > 0 and method in OFFLINE: c.update(logging_strategy="epoch", max_steps=9)
    if r.random() < .2 and c.get("lr_scheduler_type") == "cosine": c["lr_scheduler_kwargs"] = {"num_cycles": r.choice([0.3, 1.5])}
    if method == "sft" and r.random() < .2: c["train_sampling_strategy"] = "group_by_length"
    if c.get("use_peft") and r.random() < .2 and not c.get("use_dora"): c["lora_modules_to_save"] = ["input_layernorm"]
    if method == "grpo":
        if c["loss_type"] == "sapo" and r.random() < .7: c.update(sapo_temperature_pos=r.choice([0.5, 2.0]), sapo_temperature_neg=r.choice([0.7, 1.5]))
        if c["loss_type"] == "vespo" and r.random() < .7: c.update(vespo_k_pos=r.choice([1.0, 2.5]), vespo_lambda_pos=r.choice([1.0, 3.5]), vespo_k_neg=2.0, vespo_lambda_neg=r.choice([1.0, 2.5]))
        if c["entropy_coef"] and r.random() < .5: c.update(use_adaptive_entropy=True, entropy_target=r.choice([0.2, 6.0]), entropy_coef_delta=0.01, entropy_coef_max=0.05)
        if c["importance_sampling_level"] == "sequence" and c["loss_type"] == "grpo" and r.random() < .3: c["importance_sampling_level"] = "sequence_token"
    if method in ("grpo", "rloo") and "eval_strategy" in c and r.random() < .3: c["num_generations_eval"] = 2 if c["per_device_eval_batch_size"] % 2 == 0 else c["num_generations"]
    return c

def offline(r, method):
    c = trainer(r, 1e-3)
    if r.random() < .25: c.update(max_steps=-1, num_train_epochs=r.choice([1, 1.5, 2]))
    if r.random() < .6:
        c.update(eval_strategy="steps", eval_steps=r.choice([1, 2, 3]), per_device_eval_batch_size=r.choice([1, 2, 4, 5]), eval_on_start=r.random() < .2) if r.random() < .7 else c.update(eval_strategy="epoch", per_device_eval_batch_size=4)
    if r.random() < .15: c["dataloader_drop_last"] = True
    if r.random() < .15: c["train_sampling_strategy"] = r.choice(["sequential", "random"])
    if r.random() < .3:
        c.update(use_peft=True, lora_dropout=0.0, lora_r=r.choice([2, 4, 8]), lora_alpha=r.choice([8, 16]), learning_rate=1e-2, **({"lora_task_type": "SEQ_CLS"} if method == "reward" else {}))
        if r.random() < .6: c["lora_target_modules"] = r.choice([["all-linear"], ["q_proj", "down_proj"], ["k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj"]])
        if r.random() < .3: c["use_rslora"] = True
        if r.random() < .3: c["use_dora"] = True
    if r.random() < .3: c["max_length"] = r.choice([16, 24, 40])
    if method in ("cpo", "simpo", "orpo"): c["max_length"] = max(40, c.get("max_length", 64))   # a prompt that fills it is an error
    beta = r.choice([0.05, 0.1, 0.5, 2.0])
    pairs = r.choice(["pairs", "pairs", "pairs_implicit", "pairs_chat", "pairs_chat_implicit"])
    if method == "sft":
        data = r.choice(["text", "chat", "sharegpt", "prompted", "prompted_chat", "ids"])
        if r.random() < .3: c["loss_type"] = "dft"
        elif r.random() < .2: c["label_smoothing_factor"] = 0.1
        if data in ("chat", "prompted_chat") and r.random() < .5: c["assistant_only_loss"] = True
        if data in ("prompted", "prompted_chat") and r.random() < .4: c["completion_only_loss"] = r.random() < .5
        if data in ("text", "chat") and r.random() < .5:
            c.update(packing=True, packing_strategy=r.choice(["bfd", "bfd_split", "wrapped"]), max_length=r.choice([24, 40, 64]), per_device_train_batch_size=r.choice([1, 2]), gradient_accumulation_steps=r.choice([1, 2]))
            if "eval_strategy" in c: c["eval_packing"] = r.random() < .5
    elif method == "dpo":
        data, losses = pairs, ["sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm"]
        n = r.choice([1, 1, 2, 3])
        c.update(loss_type=r.sample(losses, n), beta=beta)
        if n > 1 and r.random() < .7: c["loss_weights"] = [r.choice([0.3, 1.0, 2.0]) for _ in range(n)]
        if r.random() < .4 or {"robust", "exo_pair"} & set(c["loss_type"]): c["label_smoothing"] = r.choice([0.05, 0.1, 0.3])
        if r.random() < .5 and not {"nca_pair", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero", "apo_down"} & set(c["loss_type"]): c["f_divergence_type"] = r.choice(["forward_kl", "js_divergence", "alpha_divergence"])
        if c.get("f_divergence_type") == "alpha_divergence" and r.random() < .5: c["f_alpha_divergence_coef"] = r.choice([0.3, 0.8])
        if r.random() < .25: c["ld_alpha"] = r.choice([0.0, 0.4, 1.0])
        if r.random() < .2 and not {"aot", "aot_unpaired"} & set(c["loss_type"]): c["use_weighting"] = True
        if r.random() < .25: c["precompute_ref_log_probs"] = True
        elif r.random() < .25 and "use_peft" not in c: c.update(sync_ref_model=True, ref_model_sync_steps=2, ref_model_mixup_alpha=r.choice([0.3, 0.9]))
    elif method == "kto":
        data = r.choice(["labels", "labels", "labels_chat", pairs])
        c.update(loss_type=r.choice(["kto", "apo_zero_unpaired"]), beta=beta, desirable_weight=r.choice([1.0, 0.6]), undesirable_weight=r.choice([1.0, 1.7]), per_device_train_batch_size=r.choice([2, 3, 4]))
        if "per_device_eval_batch_size" in c: c["per_device_eval_batch_size"] = 4
        if c["loss_type"] == "kto": c.pop("train_sampling_strategy", 0)
        if r.random() < .25: c["precompute_ref_log_probs"] = True
        elif r.random() < .25 and "use_peft" not in c: c.update(sync_ref_model=True, ref_model_sync_steps=2)
    elif method == "cpo":
        data = pairs
        c.update(loss_type=r.choice(["sigmoid", "hinge", "ipo", "alphapo"]), beta=beta, cpo_alpha=r.choice([1.0, 0.0, 0.3]))
        if c["loss_type"] == "alphapo": c.update(alpha=r.choice([0.25, -0.3]), simpo_gamma=0.1)
        if r.random() < .3: c["label_smoothing"] = 0.2
    elif method == "simpo":
        data = pairs
        c.update(loss_type="simpo", beta=r.choice([0.5, 2.0]), cpo_alpha=r.choice([0.0, 0.0, 0.5]), simpo_gamma=r.choice([0.5, 1.0]), label_smoothing=r.choice([0.0, 0.1]))
        if r.random() < .3: c["alpha"] = 0.25
    elif method == "orpo": data = pairs; c.update(beta=beta)
    elif method == "tpo":
        data = r.choice(["triples", "triples_chat"])
        c.update(loss_type=r.choice(["sigmoid", "hinge", "ipo", "tpo-l"]), beta=beta, tpo_alpha=r.choice([1.0, 0.0, 0.3]), label_smoothing=r.choice([0.0, 0.1]), tpo_l_gamma=r.choice([0.5, 1.0]))
    else:
        data = r.choice([pairs, "margins"])
        if r.random() < .4: c["center_rewards_coefficient"] = r.choice([0.01, 0.2])
        if c.get("max_length", 64) < 60: c["max_length"] = 60
    if "chat" in data and "max_length" in c: c["max_length"] = max(32, c["max_length"])   # room for a completion
    return data, c

REWARDS = ["r_length", "r_vowels", "r_some", "r_coarse"]

def online(r, method):
    c = dict(trainer(r, 2e-3), logging_steps=1)
    c.pop("logging_first_step", None)
    if method == "ppo":
        c = {k: v for k, v in c.items() if k not in ("max_steps", "data_seed", "max_grad_norm", "per_device_train_batch_size", "gradient_accumulation_steps")}
        batch, acc, mini = r.choice([(4, 2, 1), (2, 3, 2), (4, 1, 1), (4, 1, 2), (3, 2, 1)])
        c.update(per_device_train_batch_size=batch, gradient_accumulation_steps=acc, num_mini_batches=mini, num_ppo_epochs=r.choice([1, 2, 4]), total_episodes=batch * acc * mini * 4, response_length=r.choice([6, 10]),
                 learning_rate=1e-3, stop_token=r.choice(["eos", "eos", None]), temperature=r.choice([0.7, 1.0]), kl_coef=r.choice([0.05, 0.2, 0.0]), kl_estimator=r.choice(["k1", "k3"]), cliprange=r.choice([0.2, 0.05]),
                 cliprange_value=r.choice([0.2, 0.1, 10.0]), vf_coef=r.choice([0.1, 0.5]), gamma=r.choice([1.0, 0.99]), lam=r.choice([0.95, 0.8]), whiten_rewards=r.random() < .3)
        if r.random() < .3 and c["stop_token"]: c["missing_eos_penalty"] = 1.0
        if batch * acc < 8: c["whiten_rewards"] = False
        return ["score"], c
    group = r.choice([2, 3, 4])
    c.update(per_device_train_batch_size=group * r.choice([1, 2]), max_completion_length=r.choice([5, 12, 20]), temperature=r.choice([1.0, 1.0, 0.7]))
    if r.random() < .5: c.update(eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=group * 2)
    if r.random() < .25: c.update(use_peft=True, lora_dropout=0.0, lora_r=4, lora_alpha=16, learning_rate=1e-2)
    if method == "distillation": return [], dict(c, gradient_accumulation_steps=1, beta=r.choice([0.0, 0.3, 0.5, 1.0]))
    c.update(num_generations=group, num_iterations=r.choice([1, 1, 2, 3]), beta=r.choice([0.0, 0.05, 0.2]), mask_truncated_completions=r.random() < .2, epsilon=r.choice([0.2, 0.05]))
    if r.random() < .3: c["steps_per_generation"] = r.choice([1, 2, 4])
    if r.random() < .3: c["epsilon_high"] = r.choice([0.28, 0.5])
    if r.random() < .15: c["shuffle_dataset"] = False
    if r.random() < .1: c["dataloader_drop_last"] = True
    if c["beta"] > 0 and r.random() < .3 and "use_peft" not in c: c.update(sync_ref_model=True, ref_model_sync_steps=2, ref_model_mixup_alpha=0.5)
    rewards = r.sample(REWARDS, r.choice([1, 2, 3]))
    if r.random() < .4: c["reward_weights"] = [r.choice([1.0, 0.3, 2.0, -0.5]) for _ in rewards]
    if method == "rloo":
        c.update(normalize_advantages=r.random() < .4)
        if r.random() < .3: c["reward_clip_range"] = [-0.4, 0.2]
        return rewards, c
    c.update(loss_type=r.choice(["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"]), importance_sampling_level=r.choice(["token", "token", "sequence"]), scale_rewards=r.choice(["group", "batch", "none"]),
             multi_objective_aggregation=r.choice(["sum_then_normalize", "sum_then_normalize", "normalize_then_sum"]), top_entropy_quantile=r.choice([1.0, 1.0, 0.3, 0.7]), entropy_coef=r.choice([0.0, 0.0, 0.03]))
    if c["loss_type"] == "cispo": c["epsilon_high"] = r.choice([1.05, 5.0])
    if c["loss_type"] == "luspo": c["importance_sampling_level"] = "sequence"
    if r.random() < .2 and c["loss_type"] in ("grpo", "bnpo", "dr_grpo", "dapo"): c["delta"] = r.choice([1.1, 2.0])
    if r.random() < .2: c["off_policy_mask_threshold"] = r.choice([0.001, 0.1])
    if r.random() < .3: c["use_bias_correction_kl"] = False
    return rewards, c

def weights_norm(folder):
    from safetensors.numpy import load_file
    file = next(f for f in ("adapter_model.safetensors", "model.safetensors") if os.path.exists(f"{folder}/{f}"))
    return math.sqrt(sum((v.astype("float64") ** 2).sum() for v in load_file(f"{folder}/{file}").values()))

def lyceum_run(lyceum, method, config, out, more=()):
    with open(out + ".yaml", "w") as f: json.dump(config, f)
    p = subprocess.run([lyceum, "train", "cpo" if method == "simpo" else method, out + ".yaml", *more], capture_output=True, text=True)
    if p.returncode: raise RuntimeError((p.stderr.strip().splitlines() or ["?"])[-1][:300])
    with open(out + "/metrics.jsonl") as f: return [json.loads(l) for l in f], weights_norm(out)

def compare(want, got, norms, beta=0.0):
    """rewards against a reference are Beta times differences of sums of some 200 nats, which float32 knows to 1.5e-5 each"""
    d = {"first": [0.0, ""], "later": [0.0, ""], "eval": [0.0, ""], "norm": [abs(norms[1] / norms[0] - 1), ""]}
    if len(want) != len(got): d["later"] = [9.0, f"{len(got)} log lines, TRL has {len(want)}"]; return d
    for i, (w, g) in enumerate(zip(want, got)):
        for k, v in w.items():
            if k in SKIP or isinstance(v, str): continue
            at, x = "eval" if k.startswith("eval_") else "first" if i == 0 else "later", g.get(k)
            if v is not None and not math.isfinite(v): v = None
            e = 0.0 if v is None and x is None else 9.0 if v is None or x is None else 0.0 if abs(v - x) <= max(ABSOLUTE, 3e-5 * beta if "rewards/" in k else 0.0) else abs(v - x) / max(abs(v), ABSOLUTE)
            if e > d[at][0]: d[at] = [e, f"line {i + 1} {k}: {x} want {v}"]
        extra = set(g) - set(w) - SKIP
        if extra: d["later"] = [9.0, f"line {i + 1}: TRL does not log {sorted(extra)}"]
    return d

def shaken(folder, out, seed):
    """a copy of a model, the last bit of its weights drawn anew"""
    import numpy as np, shutil
    from safetensors.numpy import load_file, save_file
    shutil.copytree(folder, out)
    draw = np.random.default_rng(seed)
    w = {k: np.where(draw.random(v.shape) < .5, np.nextafter(v, np.float32(np.inf)), v) for k, v in load_file(f"{folder}/model.safetensors").items()}
    save_file(w, f"{out}/model.safetensors", metadata={"format": "pt"})
    return out

def one(lyceum, method, seed, noise=0):
    r = random.Random(f"{method} {seed}")
    with tempfile.TemporaryDirectory() as t:
        if method in OFFLINE:
            import make
            data, config = offline(r, method)
            if seed >= 600: config = wider(r, config, method)
            try: steps = make.run_trl("cpo" if method == "simpo" else method, data, config, t + "/trl")
            except Exception as e: return {"method": method, "seed": seed, "config": dict(config, data=data), "refused": f"{type(e).__name__}: {e}"[:200]}
            folder = make.SCORER if method == "reward" else make.MODEL
            run = lambda: lyceum_run(lyceum, method, {**make.COMMON, **config, "model_name_or_path": folder, "dataset_name": os.path.join(make.DATA, data), "output_dir": t + "/out"}, t + "/out")
            shown, trained = dict(config, data=data), t + "/trl/trained"
            if noise:
                model, scorer = make.MODEL, make.SCORER
                make.MODEL, make.SCORER = shaken(model, t + "/model2", noise), shaken(scorer, t + "/scorer2", noise)
                again = make.run_trl("cpo" if method == "simpo" else method, data, config, t + "/trl2")
                make.MODEL, make.SCORER = model, scorer
                return compare(steps, again, (weights_norm(trained), weights_norm(t + "/trl2/trained")))
        else:
            import record_online as rec
            rec.build(t)
            rewards, config = online(r, method)
            if seed >= 600: config = wider(r, config, method)
            rec.CASES["case"] = dict(method=method, rewards=rewards, config=config)
            try: d = rec.run("case", t)
            except Exception as e: return {"method": method, "seed": seed, "config": dict(config, rewards=rewards), "refused": f"{type(e).__name__}: {e}"[:200]}
            steps, trained = d["steps"], t + "/case/trained"
            for name, rows in (("data", d["rows"]), ("test", rec.questions()), ("rollouts", d["rollouts"])):
                with open(f"{t}/{name}.jsonl", "w") as f: f.writelines(json.dumps(rec.clean(x)) + "\n" for x in rows)
            extra = {"distillation": {"teacher_model_name_or_path": t + "/teacher"}, "ppo": {"reward_model_path": t + "/scorer"}}.get(method, {})
            run = lambda: lyceum_run(lyceum, method, {**d["config"], **extra, "model_name_or_path": t + "/base", "dataset_name": t + "/data.jsonl", "output_dir": t + "/out"}, t + "/out", ["--rollouts", t + "/rollouts.jsonl"])
            shown = dict(config, rewards=rewards)
            if noise:
                got, norm = run()
                for m in ("base", "scorer", "teacher"):
                    os.rename(f"{t}/{m}", f"{t}/{m}0")
                    shaken(f"{t}/{m}0", f"{t}/{m}", noise)
                again, other = run()
                return compare(got, again, (norm, other))
        try: got, norm = run()
        except RuntimeError as e: return {"method": method, "seed": seed, "config": shown, "error": str(e)}
        return {"method": method, "seed": seed, "config": shown, **compare(steps, got, (weights_norm(trained), norm), config.get("beta", 0.0) if method in ("dpo", "kto") else 0.0)}

def show(file):
    with open(file) as f: runs = list({(x["method"], x["seed"]): x for x in map(json.loads, f)}.values())
    print("| method | runs | first step | later steps | evaluation | final norm |\n|---|---|---|---|---|---|")
    for m in OFFLINE + ["ppo", "grpo", "rloo", "distillation"]:
        mine = [x for x in runs if x["method"] == m and "first" in x]
        if mine: print(f"| {m} | {len(mine)} | " + " | ".join(f"{max(x[k][0] for x in mine):.1e}" for k in ("first", "later", "eval", "norm")) + " |")
    for x in runs:
        bad = [(k, *x[k]) for k, most in (("first", FIRST), ("later", LATER), ("eval", LATER), ("norm", NORM)) if k in x and x[k][0] > most]
        if bad or "error" in x: print("FAIL", x["method"], x["seed"], x.get("error") or bad, json.dumps(x["config"]))
        if "refused" in x: print("TRL refuses", x["method"], x["seed"], x["refused"])

if __name__ == "__main__":
    if sys.argv[1] == "show": sys.exit(show(sys.argv[2]))
    if sys.argv[1] == "noise":
        out, sys.stdout = sys.stdout, sys.stderr
        for m, seed in (x.split(":") for x in sys.argv[3:]):
            for k in range(4):
                d = one(sys.argv[2], m, int(seed), k)
                print(m, seed, "from itself" if k else "from TRL   ", *(f"{k} {d[k][0]:.1e} {d[k][1]};" for k in ("first", "later", "eval", "norm") if k in d), d.get("refused", d.get("error", "")), file=out, flush=True)
        sys.exit()
    import trl
    low, high = map(int, sys.argv[4].split(":"))
    out = open(sys.argv[3], "a")
    sys.stdout = sys.stderr                                                 # the trainers print their logs
    for seed in range(low, high):
        for m in sys.argv[5:] or (["ppo"] if trl.__version__.startswith("1.12") else OFFLINE + ["grpo", "rloo", "distillation"]):
            out.write(json.dumps(one(sys.argv[2], m, seed)) + "\n"); out.flush()
