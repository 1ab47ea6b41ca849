"""numpy's side of a comparison: the matrix products of its BLAS (OpenBLAS in the wheels of PyPI).

usage: numpy_peer.py SPEC     SPEC is JSON; the process speaks the lines that lib/bench/serve.go describes; a line of JSON is other work
"""
import json, sys, time
import numpy as np

def rss():
    try:
        for line in open('/proc/self/status'):
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0

def prepare(spec):
    m, n, k, kind = (spec[x] for x in ('m', 'n', 'k', 'kind'))
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, m) if kind[0] == 't' else (m, k), dtype=np.float32)
    b = rng.standard_normal((n, k) if kind[1] == 't' else (k, n), dtype=np.float32)
    a = a.T if kind[0] == 't' else a
    b = b.T if kind[1] == 't' else b
    c = np.empty((m, n), np.float32)
    run = lambda: np.matmul(a, b, out=c)
    run(); run()
    times = 1
    while not spec['quick']:
        t = time.perf_counter()
        for _ in range(times): run()
        d = time.perf_counter() - t
        if d > 0.025:
            times = max(1, int(times * 0.1 / d))
            break
        times *= 2
    print(json.dumps({'ready': True}), flush=True)
    return run, times


run, times = prepare(json.loads(sys.argv[1]))
for line in sys.stdin:
    if line.startswith('{'):
        run, times = prepare(json.loads(line))
        continue
    t = time.perf_counter()
    for _ in range(times): run()
    print(json.dumps({'s': (time.perf_counter() - t) / times, 'rss_mb': rss()}), flush=True)
