"""Runs of TRL's trainers on a tiny random model, to hold `lyceum train` against.

    python make.py golden > trl.json                 writes model/, data/ and the steps that TRL logs in every case
    python make.py add TRL.JSON NAME ...             runs cases that the file does not have and puts them in
    python make.py compare LYCEUM [SUBSTRING]        runs every case in TRL and in LYCEUM and prints the largest differences

Needs torch, transformers, trl, datasets, tokenizers; the versions are in trl.json. Everything is float32 on one thread of the
CPU with eager attention, from the same folder, with the same config.
"""
import copy, json, math, os, shutil, subprocess, sys, tempfile
os.environ.update(TRL_EXPERIMENTAL_SILENCE="1", HF_HUB_OFFLINE="1", TQDM_DISABLE="1", TOKENIZERS_PARALLELISM="false", HF_DATASETS_CACHE=tempfile.mkdtemp())
HERE = os.path.dirname(os.path.abspath(__file__))
MODEL, SCORER, DATA = (os.path.join(HERE, n) for n in ("model", "scorer", "data"))
OTHER = "testdata/template"                                                     # a tokenizer whose chat template and end token are others; seen from the Go test's folder
TEMPLATE = ("{%- for m in messages %}{%- if m['role'] == 'assistant' %}{{- '<|im_start|>assistant\\n' }}{% generation %}{{- m['content'] + '<|im_end|>' }}{% endgeneration %}{{- '\\n' }}"
            "{%- else %}{{- '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}")

# ---- the folders ----
SUBJECTS = ["The cat", "A small boat", "Our teacher", "The old clock", "My neighbour", "A river"]
VERBS = ["finds", "paints", "counts", "remembers", "carries"]
OBJECTS = ["seven stones", "the warm bread", "a red door", "every name", "12 letters"]
ENDS = ["near the bridge.", "at night.", "and smiles.", "for the children, again and again, without a word.", "."]

def sentence(i): return f"{SUBJECTS[i % 6]} {VERBS[i * 7 % 5]} {OBJECTS[i * 3 % 5]} {ENDS[i * 11 % 5]}"
def text(i): return " ".join(sentence(i + k) for k in range(1 + i % 3))
def user(s): return {"role": "user", "content": s}
def bot(s): return {"role": "assistant", "content": s}

def rows():
    n = 22
    pairs = [(f"Who {VERBS[i % 5]} it?", " " + text(i), " " + sentence(i * 5 + 2)) for i in range(n)]
    pairs[3] = (pairs[3][0], " No.", " No.")                                    # equal completions
    d = {
        "text": [{"text": text(i)} for i in range(n)],
        "chat": [{"messages": [user(f"Who {VERBS[i % 5]} it?"), bot(sentence(i))] + ([user("Why?"), bot(text(i + 1))] if i % 3 == 0 else [])} for i in range(n)],
        "sharegpt": [{"conversations": [{"from": "user", "value": f"Who {VERBS[i % 5]} it?"}, {"from": "assistant", "value": sentence(i)}]} for i in range(n)],
        "prompted": [{"prompt": p, "completion": c} for p, c, _ in pairs],
        "prompted_chat": [{"prompt": [user(p)], "completion": [bot(c.strip())]} for p, c, _ in pairs],
        "ids": [{"input_ids": [5 + (i * k) % 60 for k in range(3 + i % 9)], "completion_mask": [int(k > 1) for k in range(3 + i % 9)]} for i in range(n)],
        "pairs": [{"prompt": p, "chosen": c, "rejected": r} for p, c, r in pairs],
        "pairs_implicit": [{"chosen": p + c, "rejected": p + r} for p, c, r in pairs],
        "pairs_chat": [{"prompt": [user(p)], "chosen": [bot(c.strip())], "rejected": [bot(r.strip())]} for p, c, r in pairs],
        "pairs_chat_implicit": [{"chosen": [user(p), bot(c.strip())], "rejected": [user(p), bot(r.strip())]} for p, c, r in pairs],
        "margins": [{"prompt": p, "chosen": c, "rejected": r, "margin": 0.25 * (i % 4)} for i, (p, c, r) in enumerate(pairs)],
        "labels": [{"prompt": p, "completion": c if i % 3 else r, "label": bool(i % 3)} for i, (p, c, r) in enumerate(pairs)],
        "labels_chat": [{"prompt": [user(p)], "completion": [bot((c if i % 3 else r).strip())], "label": bool(i % 3)} for i, (p, c, r) in enumerate(pairs)],
        "triples": [{"prompt": p, "chosen": c, "rejected": r, "reference": " " + sentence(i + 9)} for i, (p, c, r) in enumerate(pairs)],
        "triples_chat": [{"prompt": [user(p)], "chosen": [bot(c.strip())], "rejected": [bot(r.strip())], "reference": [bot(sentence(i + 9))]} for i, (p, c, r) in enumerate(pairs)],
    }
    return {k: (v[:16], v[16:]) for k, v in d.items()}

def write_folders():
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast
    for f in (MODEL, SCORER, DATA): shutil.rmtree(f, ignore_errors=True)
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator([text(i) for i in range(60)] + ["Who is it? Why?"], trainers.BpeTrainer(vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                            special_tokens=["<|pad|>", "<|im_start|>", "<|im_end|>"], show_progress=False))
    fast = PreTrainedTokenizerFast(tokenizer_object=tok, eos_token="<|im_end|>", pad_token="<|pad|>")
    fast.chat_template = TEMPLATE
    c = LlamaConfig(vocab_size=len(fast), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=256,
                    rms_norm_eps=1e-5, tie_word_embeddings=True, initializer_range=0.2, bos_token_id=None, eos_token_id=fast.eos_token_id, pad_token_id=fast.pad_token_id)
    torch.manual_seed(3)
    LlamaForCausalLM(c).save_pretrained(MODEL)
    c.num_labels = 1
    LlamaForSequenceClassification(c).save_pretrained(SCORER)
    for f in (MODEL, SCORER): fast.save_pretrained(f)
    for name, (train, test) in rows().items():
        os.makedirs(os.path.join(DATA, name))
        for split, list in (("train", train), ("test", test)):
            with open(os.path.join(DATA, name, split + ".jsonl"), "w") as f: f.writelines(json.dumps(r) + "\n" for r in list)
    write_other()

def write_other():
    """the same words, another template, another end"""
    from transformers import AutoTokenizer
    other = AutoTokenizer.from_pretrained(MODEL)
    other.chat_template = "{%- for m in messages %}{{- m['role'] + ': ' }}{%- if m['role'] == 'assistant' %}{% generation %}{{- m['content'] + '<|im_start|>' }}{% endgeneration %}{%- else %}{{- m['content'] + '\\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- 'assistant: ' }}{%- endif %}"
    other.eos_token = "<|im_start|>"
    other.save_pretrained(os.path.join(HERE, "..", OTHER))

# ---- the cases: name -> method, data, what differs from the defaults of the method ----
def cases():
    c = {}
    def add(name, method, data, **config): c[f"{method}/{name}"] = (method, data, config)
    b = dict(per_device_train_batch_size=3)
    add("template_of_another", "sft", "chat", chat_template_path=OTHER, assistant_only_loss=True, **b)
    add("template_of_another_text", "sft", "text", chat_template_path=OTHER, **b)
    add("template_of_another", "reward", "pairs_chat", chat_template_path=OTHER)
    for data in ("text", "chat", "sharegpt", "prompted", "prompted_chat", "ids"): add(data, "sft", data, **b)
    add("assistant_only", "sft", "chat", assistant_only_loss=True, **b)
    add("assistant_only_prompted", "sft", "prompted_chat", assistant_only_loss=True, **b)
    add("whole_prompted", "sft", "prompted", completion_only_loss=False, **b)
    add("cut", "sft", "prompted", max_length=12, **b)
    for s in ("bfd", "bfd_split", "wrapped"): add("packing_" + s, "sft", "text", packing=True, packing_strategy=s, max_length=24, per_device_train_batch_size=2, gradient_accumulation_steps=2)
    add("packing_chat", "sft", "chat", packing=True, assistant_only_loss=True, max_length=64, per_device_train_batch_size=2)
    add("dft", "sft", "prompted", loss_type="dft", gradient_accumulation_steps=2, **b)
    late = dict(logging_strategy="epoch", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, max_steps=10)   # a log comes after an evaluation of the same step
    add("log_after_eval", "sft", "text", **late, per_device_train_batch_size=4)
    add("log_after_eval", "dpo", "pairs", **late, per_device_train_batch_size=4)
    add("log_after_eval", "cpo", "pairs", max_length=64, **late, per_device_train_batch_size=4)
    add("shuffled", "sft", "prompted", shuffle_dataset=True, eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **b)
    for k in ("bfd", "wrapped"): add("shuffled_" + k, "sft", "text", shuffle_dataset=True, packing=True, packing_strategy=k, max_length=24, seed=7, per_device_train_batch_size=2)
    add("end_token", "sft", "text", eos_token="<|im_start|>", pad_token="<|im_end|>", **b)
    add("padding_token", "reward", "pairs_chat", pad_token="<|im_start|>", **b)
    for m, data in (("sft", "text"), ("dpo", "pairs"), ("reward", "margins"), ("kto", "labels"), ("tpo", "triples")):      # drop_last says nothing of a stream
        add("streamed", m, data, dataset_streaming=True, max_steps=8, eval_strategy="steps", eval_steps=4, per_device_eval_batch_size=4, dataloader_drop_last=True, **b)
    add("streamed_packed", "sft", "text", dataset_streaming=True, max_steps=6, packing=True, max_length=40, per_device_train_batch_size=3)
    add("eval_of_nothing", "sft", "text", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=8, dataloader_drop_last=True, **b)   # 6 rows
    seen = lambda kind: dict(include_num_input_tokens_seen=kind, gradient_accumulation_steps=2, eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **b)
    add("tokens_seen", "sft", "text", **seen(True))
    add("tokens_seen_real", "sft", "text", **seen("non_padding"))
    add("tokens_seen_packed", "sft", "text", packing=True, max_length=40, **seen("all"))
    add("tokens_seen_packed_real", "sft", "text", packing=True, max_length=40, pad_token="<|im_end|>", **seen("non_padding"))   # ends of texts count as padding
    for m, data in (("dpo", "pairs"), ("kto", "labels"), ("tpo", "triples"), ("reward", "pairs")): add("tokens_seen", m, data, **seen("all"))
    add("tokens_seen", "orpo", "pairs", max_length=64, **seen("all"))
    add("seed_zero", "sft", "text", seed=0, use_peft=True, lora_dropout=0.0, **b)
    add("seed_zero", "kto", "labels", seed=0, loss_type="apo_zero_unpaired", train_sampling_strategy="random", per_device_train_batch_size=4)
    add("label_smoothing", "sft", "text", label_smoothing_factor=0.1, gradient_accumulation_steps=2, **b)
    add("epochs", "sft", "text", gradient_accumulation_steps=4, max_steps=-1, num_train_epochs=2, **b)
    add("fraction_of_an_epoch", "sft", "text", max_steps=-1, num_train_epochs=0.5, **b)
    add("logging_2", "sft", "prompted", logging_steps=2, gradient_accumulation_steps=2, max_steps=6, **b)
    add("eval", "sft", "prompted", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **b)
    add("eval_packed", "sft", "text", eval_strategy="epoch", packing=True, eval_packing=False, max_length=40, max_steps=-1, num_train_epochs=2, per_device_train_batch_size=2)
    lora = dict(use_peft=True, lora_dropout=0.0, lora_r=4, lora_alpha=16, learning_rate=1e-2)
    add("lora", "sft", "prompted", **lora, **b)
    add("lora_all", "sft", "chat", lora_target_modules=["all-linear"], use_rslora=True, gradient_accumulation_steps=2, **lora, **b)
    add("dora", "sft", "text", use_dora=True, lora_target_modules=["q_proj", "down_proj"], **lora, **b)
    add("lora_saved", "sft", "text", lora_modules_to_save=["input_layernorm"], **lora, **b)
    for m, data in (("dpo", "pairs"), ("kto", "labels"), ("orpo", "pairs"), ("cpo", "pairs"), ("tpo", "triples")):
        add("lora", m, data, **lora, **({"max_length": 64} if m in ("orpo", "cpo") else {}), per_device_train_batch_size=4)
    add("lora", "reward", "pairs", lora_task_type="SEQ_CLS", **lora, **b)
    add("lora_saved", "reward", "pairs", lora_task_type="SEQ_CLS", lora_modules_to_save=["input_layernorm", "classifier", "score"], **lora, **b)
    add("drop_last", "sft", "text", dataloader_drop_last=True, max_steps=7, **b)
    add("data_seed", "sft", "text", data_seed=7, **b)
    add("clip_decay", "sft", "text", max_grad_norm=0.3, weight_decay=0.1, adam_beta1=0.8, adam_beta2=0.95, adam_epsilon=1e-6, **b)
    add("no_clip", "sft", "text", max_grad_norm=0, **b)
    for s, kw in {"cosine": {}, "cosine_with_restarts": {"num_cycles": 2}, "polynomial": {"power": 2.0, "lr_end": 1e-5}, "constant": {}, "constant_with_warmup": {}, "inverse_sqrt": {},
                  "cosine_with_min_lr": {"min_lr": 1e-4}, "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1, "warmup_lr_rate": 0.3}, "warmup_stable_decay": {"num_decay_steps": 3}}.items():
        add("schedule_" + s, "sft", "text", lr_scheduler_type=s, warmup_steps=2, max_steps=7, **({"lr_scheduler_kwargs": kw} if kw else {}), **b)
    e = dict(eval_strategy="steps", eval_steps=1, per_device_eval_batch_size=4, max_steps=9, **b)
    add("schedule_plateau", "sft", "text", lr_scheduler_type="reduce_lr_on_plateau", lr_scheduler_kwargs={"factor": 0.5, "patience": 1, "threshold": 0.02, "cooldown": 1, "min_lr": 1e-4}, **e)
    add("schedule_plateau_max", "dpo", "pairs", lr_scheduler_type="reduce_lr_on_plateau", metric_for_best_model="eval_rewards/margins",
        lr_scheduler_kwargs={"mode": "max", "factor": 0.3, "patience": 0, "threshold": 0.2, "threshold_mode": "abs"}, **e)
    add("schedule_greedy", "sft", "text", lr_scheduler_type="greedy", lr_scheduler_kwargs={"factor": 0.7, "patience": 0, "threshold": 1e-3, "min_lr": 5e-4, "max_lr": 3e-3, "warmup": 1, "reset_start": 1}, **e)
    add("schedule_greedy_smooth", "sft", "text", lr_scheduler_type="greedy", lr_scheduler_kwargs={"factor": 0.8, "patience": 0, "min_lr": 1e-4, "smooth": True, "window_size": 2, "cooldown": 1, "threshold_mode": "rel",
        "threshold": 0.01}, **{**e, "eval_on_start": True})
    for name, o in {"sgd": dict(optim="sgd", learning_rate=0.1), "sgd_momentum": dict(optim="sgd", optim_args="momentum=0.9, dampening=0.1", learning_rate=0.05, weight_decay=0.1),
                    "sgd_nesterov": dict(optim="sgd", optim_args="momentum=0.8,nesterov=True", learning_rate=0.05), "adagrad": dict(optim="adagrad"),
                    "adagrad_args": dict(optim="adagrad", optim_args="lr_decay=0.1,eps=1e-4", weight_decay=0.1), "rmsprop": dict(optim="rmsprop"),
                    "rmsprop_args": dict(optim="rmsprop", optim_args="momentum=0.5,alpha=0.9,eps=1e-3,centered=true", weight_decay=0.1), "adafactor": dict(optim="adafactor"),
                    "adafactor_decay": dict(optim="adafactor", weight_decay=0.1), "adamw_torch": dict(optim="adamw_torch")}.items():
        add("optim_" + name, "sft", "prompted", max_steps=6, **{**b, **o})
    add("optim_adafactor_lora", "dpo", "pairs", optim="adafactor", use_peft=True, lora_dropout=0.0, lora_r=4, lora_alpha=16, learning_rate=1e-2, **b)
    add("optim_sgd", "kto", "labels", optim="sgd", learning_rate=0.5, per_device_train_batch_size=4)
    add("optim_rmsprop", "reward", "pairs", optim="rmsprop", **b)
    g = dict(train_sampling_strategy="group_by_length", max_steps=-1, num_train_epochs=3)
    add("by_length", "sft", "text", gradient_accumulation_steps=2, **g, **b)
    add("by_length_seeds", "sft", "chat", data_seed=7, **{**g, "seed": 11}, per_device_train_batch_size=1)
    add("by_length_eval", "sft", "text", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **g, **b)
    add("by_length_eval_epoch", "sft", "prompted", eval_strategy="epoch", eval_on_start=True, per_device_eval_batch_size=4, dataloader_drop_last=True, **g, per_device_train_batch_size=2)
    add("by_length_packed", "sft", "text", packing=True, max_length=40, **g, per_device_train_batch_size=1)
    add("warmup_share", "sft", "text", warmup_steps=0.4, **b)
    for l in ("sigmoid", "hinge", "ipo", "nca_pair", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm"): add(l, "dpo", "pairs", loss_type=[l], **b)
    add("robust", "dpo", "pairs", loss_type=["robust"], label_smoothing=0.2, **b)
    add("exo_pair", "dpo", "pairs", loss_type=["exo_pair"], label_smoothing=0.01, **b)
    add("aot_smooth", "dpo", "pairs", loss_type=["aot"], label_smoothing=0.1, **b)
    add("aot_unpaired_smooth", "dpo", "pairs", loss_type=["aot_unpaired"], label_smoothing=0.1, **b)
    add("smoothing_ignored", "dpo", "pairs", label_smoothing=0.2, **b)
    for f in ("forward_kl", "js_divergence", "alpha_divergence"): add(f, "dpo", "pairs", f_divergence_type=f, **b)
    add("alpha_ipo", "dpo", "pairs", f_divergence_type="alpha_divergence", f_alpha_divergence_coef=0.3, loss_type=["ipo"], **b)
    add("js_mixture", "dpo", "pairs", f_divergence_type="js_divergence", loss_type=["hinge", "discopop"], **b)
    add("mixture", "dpo", "pairs", loss_type=["sigmoid", "bco_pair", "sft"], loss_weights=[0.8, 0.2, 1.0], **b)
    add("ld", "dpo", "pairs", ld_alpha=0.4, **b)
    add("ld_ipo", "dpo", "pairs", ld_alpha=0.4, loss_type=["ipo"], **b)
    add("wpo", "dpo", "pairs", use_weighting=True, gradient_accumulation_steps=2, **b)
    add("precomputed", "dpo", "pairs", precompute_ref_log_probs=True, beta=0.5, **b)
    add("sync", "dpo", "pairs", sync_ref_model=True, ref_model_sync_steps=2, ref_model_mixup_alpha=0.7, **b)
    add("accumulation", "dpo", "pairs", gradient_accumulation_steps=4, max_steps=-1, num_train_epochs=2, **b)
    for data in ("pairs_implicit", "pairs_chat", "pairs_chat_implicit"): add(data, "dpo", data, **b)
    add("cut", "dpo", "pairs", max_length=14, **b)
    add("eval", "dpo", "pairs", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, logging_steps=2, **b)
    k = dict(per_device_train_batch_size=4)
    add("kto", "kto", "labels", **k)
    add("apo_zero_unpaired", "kto", "labels", loss_type="apo_zero_unpaired", **k)
    add("weights", "kto", "labels", desirable_weight=0.6, undesirable_weight=1.7, beta=0.5, gradient_accumulation_steps=2, **k)
    for data in ("labels_chat", "pairs", "pairs_chat_implicit"): add(data, "kto", data, **k)
    add("precomputed", "kto", "labels", precompute_ref_log_probs=True, **k)
    add("sync", "kto", "labels", sync_ref_model=True, ref_model_sync_steps=2, **k)
    add("random", "kto", "labels", loss_type="apo_zero_unpaired", train_sampling_strategy="random", **k)
    add("cut", "kto", "labels", max_length=14, **k)
    add("eval", "kto", "labels", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **k)
    for l in ("sigmoid", "hinge", "ipo", "simpo"): add(l, "cpo", "pairs", loss_type=l, max_length=64, **b)
    add("alphapo", "cpo", "pairs", loss_type="alphapo", alpha=0.25, beta=2.0, simpo_gamma=0.1, max_length=64, **b)
    add("simpo_pure", "cpo", "pairs", loss_type="simpo", cpo_alpha=0.0, beta=2.0, label_smoothing=0.1, max_length=64, **b)
    add("smoothing", "cpo", "pairs", label_smoothing=0.2, gradient_accumulation_steps=2, max_length=64, **b)
    for data in ("pairs_implicit", "pairs_chat", "pairs_chat_implicit"): add(data, "cpo", data, max_length=64, **b)
    add("cut", "cpo", "pairs", max_length=14, **b)
    add("eval", "cpo", "pairs", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, max_length=64, **b)
    add("orpo", "orpo", "pairs", max_length=64, **b)
    add("beta", "orpo", "pairs_chat", beta=0.7, max_length=64, gradient_accumulation_steps=2, **b)
    add("eval", "orpo", "pairs_implicit", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, max_length=64, **b)
    for l in ("sigmoid", "hinge", "ipo", "tpo-l"): add(l, "tpo", "triples", loss_type=l, beta=0.1, **b)
    add("no_gold", "tpo", "triples", tpo_alpha=0.0, **b)
    add("chat", "tpo", "triples_chat", label_smoothing=0.1, gradient_accumulation_steps=2, **b)
    add("eval", "tpo", "triples", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **b)
    for data in ("pairs", "margins", "pairs_implicit", "pairs_chat", "pairs_chat_implicit"): add(data, "reward", data, **b)
    add("centering", "reward", "pairs", center_rewards_coefficient=0.1, gradient_accumulation_steps=2, **b)
    add("cut", "reward", "pairs", max_length=60, **b)
    add("new_head", "reward", "pairs", model="model", **b)
    add("eval", "reward", "margins", eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4, **b)
    return c

COMMON = dict(bf16=False, learning_rate=1e-3, max_steps=4, logging_steps=1, seed=42, report_to="none", save_strategy="no", gradient_checkpointing=False)
SKIP = {"epoch", "step", "train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "train_loss", "train_tokens_per_second", "eval_runtime", "eval_samples_per_second", "eval_steps_per_second"}

def run_trl(method, data, config, out):
    import torch, datasets, trl
    from trl.experimental.cpo import CPOConfig, CPOTrainer
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer
    from trl.experimental.tpo import TPOConfig, TPOTrainer
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
    torch.set_num_threads(1)
    T, C = {"sft": (trl.SFTTrainer, trl.SFTConfig), "dpo": (trl.DPOTrainer, trl.DPOConfig), "kto": (trl.KTOTrainer, trl.KTOConfig), "reward": (trl.RewardTrainer, trl.RewardConfig),
            "cpo": (CPOTrainer, CPOConfig), "orpo": (ORPOTrainer, ORPOConfig), "tpo": (TPOTrainer, TPOConfig)}[method]
    config = dict(config)
    folder = SCORER if method == "reward" and config.pop("model", "") == "" else MODEL
    peft = None
    if config.get("use_peft"):
        from trl import ModelConfig, get_peft_config
        keys = [k for k in config if k.startswith("lora_") or k in ("use_peft", "use_rslora", "use_dora")]
        peft = get_peft_config(ModelConfig(**{k: copy.deepcopy(config.pop(k)) for k in keys}))   # PEFT adds to a list that it is given
    load = AutoModelForSequenceClassification if method == "reward" else AutoModelForCausalLM
    more = {"num_labels": 1} if method == "reward" else {}
    if method == "reward" and folder == MODEL: torch.manual_seed(COMMON["seed"])
    m = load.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **more)
    stream = config.pop("dataset_streaming", False)
    def read(split):
        with open(os.path.join(DATA, data, split + ".jsonl")) as f: d = datasets.Dataset.from_list([json.loads(l) for l in f])
        return d.to_iterable_dataset() if stream else d
    os.makedirs(out, exist_ok=True)
    args = C(output_dir=out, use_cpu=True, disable_tqdm=True, **{**COMMON, **config})
    t = T(model=m, args=args, train_dataset=read("train"), eval_dataset=read("test") if "eval_strategy" in config else None, processing_class=AutoTokenizer.from_pretrained(folder), peft_config=peft)
    t.train()
    t.save_model(os.path.join(out, "trained"))
    return [{k: v for k, v in e.items() if k not in SKIP} for e in t.state.log_history if "train_loss" not in e]

def run_lyceum(lyceum, method, data, config, out):
    cfg = {**COMMON, **{k: v for k, v in config.items() if k != "model"}, "model_name_or_path": SCORER if method == "reward" and "model" not in config else MODEL, "dataset_name": os.path.join(DATA, data), "output_dir": out}
    with open(out + ".yaml", "w") as f: json.dump(cfg, f)
    r = subprocess.run([lyceum, "train", method, out + ".yaml"], capture_output=True, text=True)
    if r.returncode: raise RuntimeError((r.stderr.strip().splitlines() or [""])[-1])
    with open(os.path.join(out, "metrics.jsonl")) as f: return [json.loads(l) for l in f]

def differences(want, got):
    """the largest relative difference of step 1 and of later steps, and where"""
    worst = [(0.0, ""), (0.0, "")]
    if len(got) != len(want): return [(math.inf, f"{len(got)} log lines, not {len(want)}")] * 2
    for i, w in enumerate(want):
        for k, v in w.items():
            g = got[i].get(k)
            d = math.inf if g is None else 0.0 if abs(g - v) < 2e-6 else abs(g - v) / max(abs(v), 1e-12)
            at = 0 if i == 0 else 1
            if d > worst[at][0]: worst[at] = (d, f"line {i + 1} {k}: {g} want {v}")
        extra = set(got[i]) - set(w) - SKIP
        if extra: worst[1] = (math.inf, f"line {i + 1}: TRL does not log {sorted(extra)}")
    return worst

def versions():
    import datasets, tokenizers, torch, transformers, trl
    return {m.__name__: m.__version__ for m in (torch, transformers, trl, datasets, tokenizers)}

def case(name):
    """a case and what TRL logs"""
    method, data, config = cases()[name]
    with tempfile.TemporaryDirectory() as t: steps = run_trl(method, data, config, t)
    print(name, file=sys.stderr)
    return {"method": method, "data": data, "config": config, "steps": [{k: float(f"{v:.7g}") if isinstance(v, float) else v for k, v in e.items()} for e in steps]}

def written(out): return json.dumps(out, indent=None, separators=(",", ":")).replace('"sft/', '\n"sft/').replace('},"', '},\n"') + "\n"

if __name__ == "__main__":
    if sys.argv[1] == "golden":
        write_folders()
        sys.stdout = sys.stderr                                                 # the trainers print their logs
        out = {"versions": versions(), "seed": 42, "common": COMMON, "cases": {name: case(name) for name in cases()}}
        sys.stdout = sys.__stdout__
        sys.stdout.write(written(out))
    elif sys.argv[1] == "add":
        with open(sys.argv[2]) as f: out = json.load(f)
        if out["versions"] != versions(): sys.exit(f"{sys.argv[2]} is of {out['versions']}, these are {versions()}")
        out["cases"].update({name: case(name) for name in sys.argv[3:]})
        with open(sys.argv[2], "w") as f: f.write(written(out))
    else:
        table, failed = {}, 0
        for name, (method, data, config) in cases().items():
            if len(sys.argv) > 3 and sys.argv[3] not in name: continue
            with tempfile.TemporaryDirectory() as t:
                want = run_trl(method, data, config, os.path.join(t, "trl"))
                try: (d1, w1), (d2, w2) = differences(want, run_lyceum(sys.argv[2], method, data, config, os.path.join(t, "lyceum")))
                except RuntimeError as e: (d1, w1), (d2, w2) = (math.inf, str(e)), (0, "")
            ok = d1 <= 1e-4 and d2 <= 1e-3
            failed += not ok
            print(f"{'ok  ' if ok else 'FAIL'} {name:34} step 1 {d1:.1e}  later {d2:.1e}  {'' if ok else w1 if d1 > 1e-4 else w2}", flush=True)
            a = table.setdefault(method, [0, 0.0, 0.0]); a[0] += 1; a[1] = max(a[1], d1); a[2] = max(a[2], d2)
        for m, (n, d1, d2) in table.items(): print(f"{m}: {n} cases, largest relative difference at step 1 {d1:.1e}, later {d2:.1e}")
        print(f"{failed} failed"); sys.exit(failed > 0)
