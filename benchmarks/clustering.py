"""Time the losses over all pairs of a batch: copies of all pairs, as the blog of May 2021 has it, against one Gram matrix: `python benchmarks/clustering.py`.

Loss and gradient together, repetitions interleaved, medians; the memory is the largest growth of a fresh
process while it works. Both forms must give the same value. Needs nothing beside the package.
"""
import argparse, multiprocessing, statistics, threading, time

import pandas as pd
import psutil
import torch
import torch.nn.functional as F

from promptlab.clustering import cosine_pairs, distance_pairs
from promptlab.report import provenance, record

def copies(x, y):
    "All ordered pairs, each side as (pairs, vocabulary), and whether their classes are equal"
    i, j = torch.cartesian_prod(torch.arange(len(x)), torch.arange(len(x))).T
    return x[i], x[j], y[i] == y[j]

def blog_cosine(x, y):
    a, b, same = copies(x, y); return F.cosine_embedding_loss(a, b, torch.where(same, 1, -1))

def blog_distance(x, y):
    a, b, same = copies(x, y); d = F.pairwise_distance(a, b); return d[same].sum() + (1 / d[~same]).sum()

FORMS = {'cosine': (blog_cosine, cosine_pairs), 'distance': (blog_distance, distance_pairs)}

def batch(rows, vocab, seed=0):
    "Confidences like an LM's: a pattern that all texts share, and what is their own"
    g = torch.Generator().manual_seed(seed)
    return (torch.randn(vocab, generator=g) * 5 + torch.randn(rows, vocab, generator=g)).requires_grad_(), torch.arange(rows) % 2

def step(loss, x, y): x.grad = None; v = loss(x, y); v.backward(); return v.item()

def seconds(forms, x, y, reps):
    "Median of each form, repetitions interleaved"
    for f in forms: step(f, x, y)
    t = [[] for _ in forms]
    for _ in range(reps):
        for f, out in zip(forms, t): s = time.perf_counter(); step(f, x, y); out.append(time.perf_counter() - s)
    return [statistics.median(v) for v in t]

def peak(name, which, rows, vocab):
    "Largest growth of the process in MB over ten steps, after a small one"
    form, rss, seen, done = FORMS[name][which], psutil.Process().memory_info, [], threading.Event(); step(form, *batch(4, 100)); x, y = batch(rows, vocab)
    def watch():
        while not done.wait(.0005): seen.append(rss().rss)
    seen.append(rss().rss); t = threading.Thread(target=watch); t.start()
    for _ in range(10): step(form, x, y)
    done.set(); t.join(); return (max(seen) - seen[0]) / 2 ** 20

def fresh(*args):
    "`peak` in a process of its own, where no freed memory is waiting to be used again"
    with multiprocessing.get_context('spawn').Pool(1) as p: return p.apply(peak, args)

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    a.add_argument('--rows', type=int, default=32, help='texts a batch'); a.add_argument('--vocab', type=int, default=50257); a.add_argument('--reps', type=int, default=7)
    a.add_argument('--threads', type=int, default=1); a.add_argument('--record', metavar='FOLDER', help='write clustering-bench.json there')
    a = a.parse_args(); torch.set_num_threads(a.threads); x, y = batch(a.rows, a.vocab); table = {}
    for k, (slow, fast) in FORMS.items():
        (s, f), (u, v) = seconds((slow, fast), x, y, a.reps), (step(slow, x, y), step(fast, x, y)); g = [x.grad.clone() for form in (slow, fast) if step(form, x, y) is not None]
        table[k] = {'ms, pairs': s * 1e3, 'ms, Gram': f * 1e3, 'times faster': s / f, 'MB, pairs': fresh(k, 0, a.rows, a.vocab), 'MB, Gram': fresh(k, 1, a.rows, a.vocab),
                    'difference': abs(u - v) / abs(u), 'gradient difference': ((g[0] - g[1]).norm() / g[0].norm()).item()}
    t = pd.DataFrame(table).T; print(t.map('{:.3g}'.format).to_string())
    print(f'{a.rows} texts, {a.vocab} tokens, {a.threads} thread(s), median of {a.reps}, fp32;', ', '.join(f'{k} {v}' for k, v in provenance().items()))
    assert (t.difference < 1e-5).all(), 'the two forms differ'
    if a.record: record('clustering-bench', table, a.record, rows=a.rows, vocabulary=a.vocab, threads=a.threads, repetitions=a.reps, seed=0, device='cpu', model='none: random confidences', data='random', command='python benchmarks/clustering.py --record results')

if __name__ == '__main__': main()
