"""PyTorch's and Transformers' side of a comparison.

usage: torch_peer.py SPEC     SPEC is JSON; the process speaks the lines that lib/bench/serve.go describes; a line of JSON is other work

Models are trained with fused AdamW and gradients clipped at norm 1, in float32, or with the matrix products of autocast in
bfloat16. Transformers generates with scaled_dot_product_attention and its own cache.
"""
import json, sys, time
import torch
import torch.nn as nn
import torch.nn.functional as F

spec = json.loads(sys.argv[1])
torch.set_num_threads(spec['threads'])
torch.manual_seed(0)
bf16 = spec.get('precision') == 'bf16'


def rss():
    try:
        for line in open('/proc/self/status'):
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0


class Block(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = (t.view(batch, length, self.heads, -1).transpose(1, 2) for t in self.qkv(self.norm1(x)).split(dim, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, dim))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate='tanh'))


class GPT(nn.Module):
    """GPT-2 (Radford et al. 2019) with an output layer of its own."""

    def __init__(self):
        super().__init__()
        dim = spec['dim']
        self.tokens, self.positions = nn.Embedding(spec['vocab'], dim), nn.Embedding(spec['context'], dim)
        self.blocks = nn.ModuleList(Block(dim, spec['heads'], spec['hidden']) for _ in range(spec['layers']))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, spec['vocab'], bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for b in self.blocks:
            x = b(x)
        return self.head(self.norm(x))


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=spec['vocab'], hidden_size=spec['dim'], intermediate_size=spec['hidden'], num_hidden_layers=spec['layers'],
        num_attention_heads=spec['heads'], num_key_value_heads=spec['kv'], max_position_embeddings=spec['context'],
        rope_theta=spec['theta'], tie_word_embeddings=True, rms_norm_eps=1e-5, attn_implementation='sdpa'))


def ids(rows, length):
    return torch.randint(1, spec['vocab'], (rows, length))


def gemm():
    kind, m, n, k = (spec[x] for x in ('kind', 'm', 'n', 'k'))
    dtype = torch.bfloat16 if bf16 else torch.float32
    a = torch.randn((k, m) if kind[0] == 't' else (m, k)).to(dtype)
    b = torch.randn((n, k) if kind[1] == 't' else (k, n)).to(dtype)
    a, b = a.t() if kind[0] == 't' else a, b.t() if kind[1] == 't' else b
    c = torch.empty(m, n, dtype=dtype)
    return lambda: torch.mm(a, b, out=c)


def train():
    model = GPT() if spec['model'] == 'gpt' else llama()
    called = torch.compile(model) if spec['compile'] else model
    x, y = ids(spec['rows'], spec['length']), ids(spec['rows'], spec['length'])
    opt = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    if spec.get('checkpoint'):
        model.gradient_checkpointing_enable()

    def step():
        opt.zero_grad(set_to_none=True)
        with torch.autocast('cpu', torch.bfloat16, enabled=bf16):
            if spec['model'] == 'gpt':
                loss = F.cross_entropy(called(x).view(-1, spec['vocab']).float(), y.view(-1))
            else:
                loss = called(input_ids=x, labels=x).loss
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
    return step


def inference():
    model = llama().eval()
    return model.to(torch.bfloat16) if bf16 else model


def generate(model, x, mask, count):
    with torch.inference_mode():
        model.generate(x, attention_mask=mask, max_new_tokens=count, min_new_tokens=count, do_sample=spec['op'] == 'rollout', top_k=0, pad_token_id=0)


def decode():
    model, x = inference(), ids(1, spec['prompt'])
    return lambda: generate(model, x, torch.ones_like(x), spec['answer'])


def prefill():
    model, x = inference(), ids(1, spec['prompt'])

    def run():
        with torch.inference_mode():
            model(input_ids=x, logits_to_keep=1)
    return run


def rollout():
    """Batches one after another, padded on the left; each runs until the longest of its completions is done."""
    model, p, a = inference(), spec['prompt'], spec['answer']
    lengths = [(p // 2 + 7 * i % (p + 1), a // 2 + 13 * i % (a + 1)) for i in range(spec['count'])]
    work = []
    for at in range(0, len(lengths), spec['batch']):
        part = lengths[at:at + spec['batch']]
        width = max(n for n, _ in part)
        mask = torch.tensor([[0] * (width - n) + [1] * n for n, _ in part])
        work.append((ids(len(part), width), mask, max(n for _, n in part)))

    def run():
        for x, mask, count in work:
            generate(model, x, mask, count)
    run.warm = lambda: generate(model, work[0][0], work[0][1], 4)
    return run


def attention():
    b, t, h, kv, d = (spec[x] for x in ('batch', 'length', 'heads', 'kv', 'dim'))
    q, k, v = (torch.randn(b, n, t, d, requires_grad=True) for n in (h, kv, kv))
    g = torch.randn(b, h, t, d)

    def run():
        q.grad = k.grad = v.grad = None
        F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=h != kv).backward(g)
    return run


def crossentropy():
    x, y = torch.randn(spec['rows'], spec['cols'], requires_grad=True), torch.randint(spec['cols'], (spec['rows'],))

    def run():
        x.grad = None
        F.cross_entropy(x, y).backward()
    return run


def adamw():
    p = nn.Parameter(torch.randn(spec['rows'], spec['cols']))
    p.grad = torch.randn_like(p)
    return torch.optim.AdamW([p], lr=1e-4, weight_decay=0.01, fused=True).step


def elementwise(f):
    def make():
        x, y, w = torch.randn(spec['rows'], spec['cols']), torch.randn(spec['rows'], spec['cols']), torch.randn(spec['cols'])

        def run():
            with torch.no_grad():
                f(x, y, w)
        return run
    return make


made = {
    'gemm': gemm, 'train': train, 'decode': decode, 'prefill': prefill, 'rollout': rollout, 'attention': attention,
    'crossentropy': crossentropy, 'adamw': adamw,
    'exp': elementwise(lambda x, y, w: torch.exp(x)),
    'softmax': elementwise(lambda x, y, w: torch.softmax(x, 1)),
    'rmsnorm': elementwise(lambda x, y, w: F.rms_norm(x, w.shape, w, 1e-5)),
    'layernorm': elementwise(lambda x, y, w: F.layer_norm(x, w.shape, w, w, 1e-5)),
    'gelu': elementwise(lambda x, y, w: F.gelu(x, approximate='tanh')),
    'swiglu': elementwise(lambda x, y, w: F.silu(x) * y),
}


def prepare():
    """Makes what is measured, warms it up, and returns it with how many runs make a round."""
    run = made[spec['op']]()
    warm = getattr(run, 'warm', run)
    t = time.perf_counter()
    warm()
    if time.perf_counter() - t < 3:
        warm()
    times = 1
    while not spec['once'] and not spec['quick']:
        t = time.perf_counter()
        for _ in range(times): run()
        d = time.perf_counter() - t
        if d > 0.025:
            times = max(1, int(times * 0.1 / d))
            break
        times *= 2
    print(json.dumps({'ready': True}), flush=True)
    return run, times


def main():
    global spec, bf16
    run, times = prepare()
    for line in sys.stdin:
        if line.startswith('{'):  # other work
            spec = json.loads(line)
            bf16 = spec.get('precision') == 'bf16'
            run = None
            run, times = prepare()
            continue
        t = time.perf_counter()
        for _ in range(times): run()
        print(json.dumps({'s': (time.perf_counter() - t) / times, 'rss_mb': rss()}), flush=True)


main()
