"""Runs `lyceum train METHOD --rollouts` on the runs that record_online.py has recorded and tables the largest difference of
each from TRL: relative, of every metric of every step.

    python compare_online.py LYCEUM FOLDER [NAME ...]
"""
import json, math, os, subprocess, sys, tempfile
lyceum, root = sys.argv[1], sys.argv[2]
FIRST, LATER, ABSOLUTE = 1e-4, 1e-3, 2e-6   # relative at the first step and later, and what is too small to compare
failed = 0
table = {}
for name in sorted(os.listdir(root)):
    if not os.path.exists(f"{root}/{name}/run.json") or len(sys.argv) > 3 and not any(n in name for n in sys.argv[3:]): continue
    d, out = json.load(open(f"{root}/{name}/run.json")), tempfile.mkdtemp()
    config = dict(d["config"], model_name_or_path=f"{root}/base", dataset_name=f"{root}/{name}/data.jsonl", output_dir=f"{out}/out")
    if d["method"] == "distillation": config["teacher_model_name_or_path"] = f"{root}/teacher"
    if d["method"] == "ppo": config["reward_model_path"] = f"{root}/scorer"
    json.dump(config, open(f"{out}/config.yaml", "w"))
    r = subprocess.run([lyceum, "train", d["method"], f"{out}/config.yaml", "--rollouts", f"{root}/{name}/rollouts.jsonl"], capture_output=True, text=True)
    if r.returncode:
        failed += 1; print(f"FAIL {name}: {(r.stderr.strip().splitlines() or ['?'])[-1][:200]}"); continue
    got = [json.loads(l) for l in open(f"{out}/out/metrics.jsonl")]
    worst, bad = (0.0, "equal"), None
    for i, want in enumerate(d["steps"]):
        for k, v in want.items():
            if k in ("num_items_in_batch", "train_runtime") or isinstance(v, str): continue
            g = got[i].get(k, "absent") if i < len(got) else "no step"
            if isinstance(g, str) or (g is None) != (v is None): bad = bad or f"step {i+1} {k}: {g} want {v}"; continue
            if v is None or abs(g - v) <= ABSOLUTE: continue
            e = abs(g - v) / max(abs(v), ABSOLUTE)
            worst = max(worst, (e, f"step {i+1} {k}: {g:.7g} want {v:.7g}"))
            if e > (FIRST if i == 0 else LATER): bad = bad or f"step {i+1} {k}: {g} want {v}"
    m = d["method"]
    table[m] = max(table.get(m, (0.0, "")), (worst[0], f"{name}, {worst[1]}"))
    failed += bad is not None
    print(("FAIL " if bad else "ok   ") + f"{name}: {bad or f'{worst[0]:.1e} ({worst[1]})'}", flush=True)
print("\nlargest relative difference of a metric, by method")
for m, (e, where) in sorted(table.items()): print(f"  {m:14s} {e:.1e}  {where}")
sys.exit(failed > 0)
