"""TensorBoard's own words on event files.

    python events.py write           writes events.json: records that torch.utils.tensorboard.SummaryWriter makes, with the versions
    python events.py read FOLDER     reads the event files under FOLDER (checksums included) and prints them as JSON
    python events.py check LYCEUM    trains with report_to: tensorboard and compares what TensorBoard reads with metrics.jsonl
"""
import glob, json, os, struct, subprocess, sys, tempfile, time
HERE = os.path.dirname(os.path.abspath(__file__))

def records(file):
    """the framed records of an event file"""
    data, out = open(file, "rb").read(), []
    while data:
        n = 16 + struct.unpack("<Q", data[:8])[0]
        out.append(data[:n]); data = data[n:]
    return out

def write():
    import tensorboard, torch
    from torch.utils.tensorboard import SummaryWriter
    now = 1700000000.25
    with tempfile.TemporaryDirectory() as t:
        w = SummaryWriter(log_dir=t)
        w.add_text("args", '{\n  "LearningRate": 0.001\n}', walltime=now)
        w.add_text("model_config", "größer " + "x" * 200, walltime=now)
        for step, logs in ((1, {"train/loss": 2.5, "train/grad_norm": 1e-30}), (300, {"train/loss": float("nan"), "eval/loss": -0.1})):
            for k, v in logs.items(): w.add_scalar(k, v, step, walltime=now)
        w.close()
        all = records(glob.glob(t + "/*")[0])[1:]                          # the first holds the time of now and the writer's name
    with open(os.path.join(HERE, "events.json"), "w") as f:
        json.dump({"tensorboard": tensorboard.__version__, "torch": torch.__version__, "wall_time": now, "records": [r.hex() for r in all]}, f, indent=1)

def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    out = {"scalars": {}, "texts": {}}
    for sub in sorted({os.path.dirname(f) for f in glob.glob(folder + "/**/events.out.tfevents.*", recursive=True)}):
        a = EventAccumulator(sub, size_guidance={"scalars": 0, "tensors": 0}); a.Reload()
        for tag in a.Tags()["scalars"]: out["scalars"].setdefault(tag, []).extend([e.step, e.value, e.wall_time] for e in a.Scalars(tag))
        for tag in a.Tags()["tensors"]:
            assert a.SummaryMetadata(tag).plugin_data.plugin_name == "text", tag
            out["texts"][tag] = [e.tensor_proto.string_val[0].decode() for e in a.Tensors(tag)]
    return out

def check(lyceum):
    sys.path[:0] = [os.path.join(HERE, "..", "trl", "testdata")]
    data = os.path.join(HERE, "..", "trl", "testdata")
    with tempfile.TemporaryDirectory() as t:
        config = dict(model_name_or_path=data + "/model", dataset_name=data + "/data/text", output_dir=t + "/out", learning_rate=1e-3, max_steps=4, bf16=False, logging_steps=1,
                      eval_strategy="steps", eval_steps=2, report_to="tensorboard")
        with open(t + "/c.yaml", "w") as f: json.dump(config, f)
        began = time.time()
        subprocess.run([lyceum, "train", "sft", t + "/c.yaml"], check=True, stdout=subprocess.DEVNULL)
        ended, got = time.time(), read(t + "/out")
        lines = [json.loads(l) for l in open(t + "/out/metrics.jsonl")]
        # a file cut anywhere, or with one bit wrong, must be noticed: TensorBoard reads no more than the whole records before it
        file = glob.glob(t + "/out/runs/*/*")[0]
        whole = open(file, "rb").read()
        os.makedirs(t + "/bad")
        with open(t + "/bad/events.out.tfevents.1.x", "wb") as f: f.write(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
        fewer = read(t + "/bad")
    want = {}
    for l in lines:
        for k, v in l.items():
            if k != "step": want.setdefault("eval/" + k[5:] if k.startswith("eval_") else "train/" + k, []).append((l["step"], v))
    count = lambda x: sum(map(len, x["scalars"].values()))
    for tag, rows in want.items():
        seen = got["scalars"][tag][:len(rows)]
        assert [s for s, _, _ in seen] == [s for s, _ in rows], (tag, seen, rows)
        for (_, a, at), (_, b) in zip(seen, rows):
            assert abs(a - b) <= 1e-6 * abs(b), (tag, a, b)
            assert began <= at <= ended, (tag, at)
    assert {"train/train_runtime", "train/train_loss"} <= set(got["scalars"]), got["scalars"].keys()
    assert json.loads(got["texts"]["args/text_summary"][0])["LearningRate"] == 1e-3
    assert json.loads(got["texts"]["model_config/text_summary"][0])["model_type"], got["texts"]
    assert count(fewer) == count(got) - 1, (count(fewer), count(got))
    print(f"TensorBoard reads {count(got)} scalars under {len(got['scalars'])} tags, {len(got['texts'])} texts; steps, values and times agree, and a wrong bit is noticed")

if __name__ == "__main__":
    if sys.argv[1] == "write": write()
    elif sys.argv[1] == "read": print(json.dumps(read(sys.argv[2]), indent=1))
    else: check(sys.argv[2])
