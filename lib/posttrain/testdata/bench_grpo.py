"""One step of TRL's GRPOTrainer, rollouts and all: the peer of BenchmarkGRPOStep.

    python bench_grpo.py MODEL [rows a micro-batch] [new tokens] [bf16]
"""
import os, resource, sys, time
os.environ.update(TRL_EXPERIMENTAL_SILENCE="1", CUDA_VISIBLE_DEVICES="")
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
numbers = [int(a) for a in sys.argv[2:] if a.isdigit()] + [16, 128]
folder, rows, tokens, bf16 = sys.argv[1], numbers[0], numbers[1] if len(numbers) > 3 else 128, "bf16" in sys.argv
tok = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
data = Dataset.from_list([{"prompt": f"Question {i}: what is {i + 3} times {2 * i + 1}, and why? Answer:"} for i in range(8)])
args = GRPOConfig(output_dir="/tmp/bench_grpo", bf16=bf16, gradient_checkpointing=False, report_to="none", save_strategy="no", logging_steps=1, max_steps=1, learning_rate=1e-6,
                  per_device_train_batch_size=rows, gradient_accumulation_steps=64 // rows, num_generations=8, max_completion_length=tokens)
t = GRPOTrainer(model=model, args=args, train_dataset=data, processing_class=tok, reward_funcs=[lambda prompts, completions, **k: [float(len(c) % 7) for c in completions]])
start = time.time()
t.train()
print(f"{time.time() - start:.1f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
