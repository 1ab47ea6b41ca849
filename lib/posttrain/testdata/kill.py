"""Kills runs of `lyceum train` at random instants, resumes them until they end, and compares with runs that nobody killed: the
weights to the byte, and every logged number that is no time.

    python kill.py LYCEUM [KILLS] [METHOD ...]
"""
import glob, hashlib, json, os, random, subprocess, sys, tempfile, time
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "trl", "testdata")]
import make, record_online as rec
LORA = dict(use_peft=True, lora_r=4, lora_dropout=0.2)
OFFLINE = {"sft": ("prompted", dict(LORA, optim="adafactor")), "dpo": ("pairs", dict(sync_ref_model=True, ref_model_sync_steps=3)), "kto": ("labels", {"per_device_train_batch_size": 4}), "cpo": ("pairs", {"max_length": 64}),
           "orpo": ("pairs", {"max_length": 64}), "tpo": ("triples", {}), "reward": ("pairs", {"optim": "sgd", "optim_args": "momentum=0.9"})}
ONLINE = {"grpo": dict(num_generations=4, per_device_train_batch_size=4, num_iterations=2, steps_per_generation=2, beta=0.1, max_completion_length=12, reward_funcs=["get_soft_overlong_punishment", "think_format_reward"]),
          "rloo": dict(num_generations=2, per_device_train_batch_size=4, max_completion_length=12, reward_funcs=["think_format_reward"]),
          "distillation": dict(per_device_train_batch_size=3, max_completion_length=12), "ppo": dict(per_device_train_batch_size=2, gradient_accumulation_steps=2, response_length=12, total_episodes=48)}

def state(out):
    sums = {os.path.basename(f): hashlib.sha256(open(f, "rb").read()).hexdigest()[:16] for f in glob.glob(out + "/*.safetensors")}
    with open(out + "/metrics.jsonl") as f:
        return sums, [{k: v for k, v in json.loads(l).items() if not (k.endswith("_runtime") or k.endswith("_per_second") or k in ("step_time", "eps"))} for l in f]

def main(lyceum, kills, methods):
    rng, bad = random.Random(5), 0
    with tempfile.TemporaryDirectory() as t:
        rec.build(t)
        with open(t + "/data.jsonl", "w") as f: f.writelines(json.dumps(rec.clean(x)) + "\n" for x in rec.questions() * 4)
        for m in methods or list(OFFLINE) + list(ONLINE):
            c = {**make.COMMON, "max_steps": 24, "per_device_train_batch_size": 3, "save_strategy": "steps", "save_steps": 1, "save_total_limit": 1}
            if m in OFFLINE: c.update(OFFLINE[m][1], model_name_or_path=make.SCORER if m == "reward" else make.MODEL, dataset_name=os.path.join(make.DATA, OFFLINE[m][0]))
            else: c.update(ONLINE[m], model_name_or_path=t + "/base", dataset_name=t + "/data.jsonl")
            if m == "ppo": c.pop("max_steps"); c["reward_model_path"] = t + "/scorer"
            if m == "distillation": c["teacher_model_name_or_path"] = t + "/teacher"
            def start(out, resume):
                with open(out + ".yaml", "w") as f: json.dump({**c, "output_dir": out, **({"resume_from_checkpoint": True} if resume else {})}, f)
                return subprocess.Popen([lyceum, "train", m, out + ".yaml"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            began = time.time()
            p = start(t + f"/{m}-whole", False); err = p.communicate()[1]
            if p.returncode: print("FAIL", m, err[-300:]); bad += 1; continue
            length, out, done, resumed = time.time() - began, t + f"/{m}-killed", 0, 0
            while True:
                has = bool(glob.glob(out + "/checkpoint-*") or glob.glob(out + "/.replaced-*"))
                resumed += has
                p = start(out, has)
                if done >= kills: err = p.communicate()[1]; break
                try: err = p.communicate(timeout=rng.uniform(0.1, 0.6) * length)[1]; break
                except subprocess.TimeoutExpired: p.kill(); p.communicate(); done += 1
            ok = p.returncode == 0 and state(out) == state(t + f"/{m}-whole")
            bad += not ok
            print("ok  " if ok else "FAIL", m, f"{done} kills, {resumed} resumed", "" if p.returncode == 0 else err[-300:], flush=True)
    return bad

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8, sys.argv[3:]) > 0)
