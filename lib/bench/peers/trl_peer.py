"""TRL's side of the trainers.

usage: trl_peer.py SPEC     SPEC is JSON; the process speaks the lines that lib/bench/serve.go describes

A step is what a trainer does from one on_step_end to the next: data, sampling, rewards, loss, gradients, optimiser. Models have
random weights and tokens are single characters, as in lib/bench/trainers.go. PPO needs TRL up to 1.12, the last that has it.
"""
import json, os, sys, tempfile, time
os.environ.update(TRL_EXPERIMENTAL_SILENCE='1', CUDA_VISIBLE_DEVICES='', HF_HUB_OFFLINE='1')
spec = json.loads(sys.argv[1])


def say(**line):
    print(json.dumps(line), flush=True)


try:
    import torch, transformers, trl
    from datasets import Dataset
except ImportError as e:
    say(error=f'{e}: the comparison needs trl (pip install trl)')
    sys.exit(1)
torch.set_num_threads(spec['threads'])
torch.manual_seed(0)


def rss():
    try:
        for line in open('/proc/self/status'):
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0


class Turns(transformers.TrainerCallback):
    """Lets the trainer take a step for each line that comes; the first step is the warm-up."""
    begun = None

    def on_step_end(self, args, state, control, **more):
        if self.begun is None:
            say(ready=True)
        else:
            say(s=time.perf_counter() - self.begun, rss_mb=rss())
        if not sys.stdin.readline():
            os._exit(0)
        self.begun = time.perf_counter()


def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    spellings = ['\u0120'] + [chr(c) for c in range(ord('!'), ord('~') + 1)]
    spellings += [f'[{i}]' for i in range(len(spellings), spec['vocab'])]
    t = Tokenizer(models.BPE(vocab={s: i for i, s in enumerate(spellings)}, merges=[]))
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False), decoders.ByteLevel()
    last = spellings[-1]  # TRL wants a token for the end and for padding; completions are made not to draw it
    side = 'left' if spec['op'] == 'ppo' else 'right'
    return transformers.PreTrainedTokenizerFast(tokenizer_object=t, eos_token=last, pad_token=last, padding_side=side)


def model(kind, **more):
    end = spec['vocab'] - 1
    return kind(transformers.LlamaConfig(
        vocab_size=spec['vocab'], hidden_size=spec['dim'], intermediate_size=spec['hidden'], num_hidden_layers=spec['layers'],
        num_attention_heads=spec['heads'], num_key_value_heads=spec['kv'], max_position_embeddings=spec['context'],
        rope_theta=spec['theta'], tie_word_embeddings=True, rms_norm_eps=1e-5, attn_implementation='sdpa',
        bos_token_id=None, eos_token_id=end, pad_token_id=end, **more))


def rows(*columns):
    def text(c, i):
        if c == 'prompt':
            return f'Question {i:03}: what is {i + 3:03} times {2 * i % 1000:03}?'
        return f' the {c} answer is {i:03}' * (1 + spec['length'] // 20)
    return Dataset.from_dict({c: [text(c, i) for i in range(512)] for c in columns})


common = dict(output_dir=tempfile.mkdtemp(), report_to=[], save_strategy='no', logging_steps=1, disable_tqdm=True, gradient_checkpointing=False, use_cpu=True,
              bf16=spec['precision'] == 'bf16', per_device_train_batch_size=spec['rows'], gradient_accumulation_steps=spec['gather'])
steps = dict(max_steps=1 << 20)
lm, tok = transformers.LlamaForCausalLM, tokenizer()


def sft():
    return trl.SFTTrainer(model=model(lm), args=trl.SFTConfig(**common, **steps, max_length=spec['length']), train_dataset=rows('text'),
                          processing_class=tok, callbacks=[Turns()])


def dpo():
    policy, reference = model(lm), model(lm)
    reference.load_state_dict(policy.state_dict())
    return trl.DPOTrainer(model=policy, ref_model=reference, args=trl.DPOConfig(**common, **steps, max_length=spec['length']),
                          train_dataset=rows('prompt', 'chosen', 'rejected'), processing_class=tok, callbacks=[Turns()])


def grpo():
    def sevens(completion_ids, **_):
        return [float(sum(ids) % 7) for ids in completion_ids]
    args = trl.GRPOConfig(**common, **steps, num_generations=spec['group'], max_completion_length=spec['answer'], beta=0.0,
                          generation_kwargs={'min_new_tokens': spec['answer']})
    return trl.GRPOTrainer(model=model(lm), reward_funcs=sevens, args=args, train_dataset=rows('prompt'), processing_class=tok, callbacks=[Turns()])


def ppo():
    try:
        from trl.experimental.ppo import PPOConfig, PPOTrainer
    except ImportError:
        say(error=f'TRL {trl.__version__} has no PPO; the last that has it is 1.12 (pip install trl==1.12.0)')
        sys.exit(1)
    scorer = transformers.LlamaForSequenceClassification
    args = PPOConfig(**common, total_episodes=1000 * spec['rows'] * spec['gather'], response_length=spec['answer'], num_sample_generations=0)
    data = rows('prompt').map(lambda r: {'input_ids': tok(r['prompt'])['input_ids']}, remove_columns=['prompt'])
    return PPOTrainer(args=args, processing_class=tok, model=model(lm), ref_model=model(lm), reward_model=model(scorer, num_labels=1),
                      value_model=model(scorer, num_labels=1), train_dataset=data, eval_dataset=data.select(range(spec['rows'])), callbacks=[Turns()])


{'sft': sft, 'dpo': dpo, 'grpo': grpo, 'ppo': ppo}[spec['op']]().train()
say(error='the data are used up')
