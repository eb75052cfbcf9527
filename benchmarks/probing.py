"""Time a probing sweep, {all layers} x {first, 0.4, last, mean} x {LDA, logistic} x folds, against two others in one run: `python benchmarks/probing.py`.

(a) the original scheme: texts in the order they come, a forward of the model for each pooler with all hidden states copied to the CPU, scikit-learn's default (svd) LDA and its logistic regression fitted fold by fold;
(b) the fastest fair loop: features extracted once by promptlab, scikit-learn's LDA (lsqr) and logistic regression fold by fold.
The model has all-MiniLM's shape and random weights, the texts are random tokens of 5 to 40, the labels follow a random direction of one layer: none of it changes the arithmetic. Of (a), forward passes and fits are timed on a few
poolers and multiplied by their number, and so are all fits; the pass of promptlab is measured whole. Seconds are processor time on one thread, so that a busy
machine slows nothing; repetitions are interleaved, medians reported. Run it with OMP_NUM_THREADS=1.
"""
import argparse, statistics, tempfile, time, warnings

import numpy as np
import pandas as pd
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import BertConfig, BertModel

from promptlab.probing import LDA, Logistic, Moments, PoolToken, Reader, pool_texts
from promptlab.report import provenance, record

PLACES = (0., .4, 1., 'mean')

def timed(f):
    t = time.process_time(); out = f(); return time.process_time() - t, out

def forward_by_copy(reader, ids, batch, place, layer):
    "One pass of the original scheme: unsorted batches, every hidden state to the CPU, one pooler"
    out = []
    for i in range(0, len(ids), batch):
        hidden, mask = reader.hidden(ids[i:i + batch]); out.append(PoolToken(layer, place)(tuple(torch.stack(hidden).cpu()), mask.cpu()))
    return torch.cat(out).numpy()

def by_fold(make, X, y, fold, sets):
    "Fit and predict fold by fold"
    return np.concatenate([make().fit(X[np.isin(fold, s)], y[np.isin(fold, s)]).predict(X[fold == f]) for f, s in enumerate(sets)])

def together(probe, X, y, fold, sets, M=None):
    return np.concatenate([p.predict(X[fold == f]) for f, p in enumerate(probe.fit_sets(M or Moments(X, fold), y, sets, 2))])

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0]); a.add_argument('--rows', type=int, default=1000); a.add_argument('--layers', type=int, default=6); a.add_argument('--width', type=int, default=384)
    a.add_argument('--folds', type=int, default=10); a.add_argument('--batch', type=int, default=32); a.add_argument('--threads', type=int, default=1); a.add_argument('--reps', type=int, default=3)
    a.add_argument('--record', metavar='FOLDER', help='write probing-bench.json there'); a = a.parse_args()
    warnings.simplefilter('ignore'); torch.set_num_threads(a.threads); torch.manual_seed(0); rng = np.random.default_rng(0)
    model = BertModel(BertConfig(hidden_size=a.width, num_hidden_layers=a.layers, num_attention_heads=12, intermediate_size=4 * a.width)); reader = Reader(model, Reader.load('tiny').tokenizer, 'all-MiniLM shape')
    ids = [rng.integers(0, 8000, n).tolist() for n in rng.integers(5, 41, a.rows)]; reader.encode = lambda texts: [ids[int(t)] for t in texts]; texts = [str(i) for i in range(a.rows)]
    poolers = [p for q in PLACES for p in PoolToken('each', q).expand(a.layers)]; n = len(poolers); fold = rng.permutation(np.arange(a.rows) % a.folds); sets = [[g for g in range(a.folds) if g not in (f, (f + 1) % a.folds)] for f in range(a.folds)]
    sk = {'svd': LinearDiscriminantAnalysis, 'lsqr': lambda: LinearDiscriminantAnalysis(solver='lsqr'), 'logistic': lambda: make_pipeline(StandardScaler(), LogisticRegression(C=.1, max_iter=1000))}; rows, agree = [], []
    for rep in range(a.reps):
        spent = {1: 0., n: 0.}
        for k in (1, n, n, 1):
            with tempfile.TemporaryDirectory() as d:
                t, F = timed(lambda: pool_texts(reader, texts, poolers[:k], d, a.batch, False)); spent[k] += t / 2
                if k == n: X = {name: f[np.arange(a.rows)] for name, f in F.items()}
        k = poolers[(7 * rep + 3) % n].name; x = X[k]; y = (x @ rng.normal(size=a.width) + x.std() * a.width ** .5 * rng.normal(size=a.rows) > 0).astype(int); y = (y + (y.mean() < .1)) % 2; t = {}
        t['forward (a)'], _ = timed(lambda: forward_by_copy(reader, ids, a.batch, .4, a.layers // 2))
        for name, make in sk.items(): t[name], p = timed(lambda: by_fold(make, x, y, fold, sets)); t[name + ' predictions'] = p
        t['moments'], M = timed(lambda: Moments(x, fold)); t['LDA'], p = timed(lambda: together(LDA(), x, y, fold, sets, M)); t['Logistic'], q = timed(lambda: together(Logistic(.1), x, y, fold, sets, M))
        agree.append(((p == t['svd predictions']).mean(), (q == t['logistic predictions']).mean())); rows.append(dict(one=spent[1], every=spent[n], **{k: v for k, v in t.items() if 'predictions' not in k}))
        print(f'repetition {rep + 1} of {a.reps}', flush=True)
    m = {k: statistics.median(r[k] for r in rows) for k in rows[0]}
    whole = {'(a) original scheme': n * (m['forward (a)'] + m['svd'] + m['logistic']), '(b) features once, scikit-learn fold by fold': m['every'] + n * (m['lsqr'] + m['logistic']), 'promptlab': m['every'] + n * (m['moments'] + m['LDA'] + m['Logistic'])}
    ratio = lambda slow, *fast: m[slow] / sum(m[k] for k in fast); equal = dict(zip(('lda', 'logistic'), map(min, zip(*agree))))
    found = {'sweep': {k: dict(seconds=v, times=v / whole['promptlab']) for k, v in whole.items()}, 'poolers': n, 'poolers_over_one': statistics.median(r['every'] / r['one'] for r in rows) - 1, 'seconds': m,
             'lda': dict(times_svd=ratio('svd', 'moments', 'LDA'), times_lsqr=ratio('lsqr', 'moments', 'LDA'), equal=equal['lda']), 'logistic': dict(times=ratio('logistic', 'Logistic'), equal=equal['logistic'])}
    print(pd.DataFrame([dict(scheme=k, **{'CPU seconds for the sweep': round(v['seconds'], 1), 'times as long as promptlab': round(v['times'], 1)}) for k, v in found['sweep'].items()]).to_string(index=False))
    print(f"{n} poolers in one pass against one: {found['poolers_over_one']:+.1%}\n{a.folds}-fold LDA: svd {m['svd']:.3f} s, lsqr {m['lsqr']:.3f} s, promptlab {m['moments'] + m['LDA']:.3f} s: {found['lda']['times_svd']:.1f} times faster than svd; equal predictions {equal['lda']:.2%}"
          f"\n{a.folds}-fold logistic: scikit-learn {m['logistic']:.3f} s, promptlab {m['Logistic']:.3f} s (from the same sums): {found['logistic']['times']:.1f} times faster; equal predictions {equal['logistic']:.2%}")
    print(f'{a.rows} texts, {a.layers} layers of width {a.width}, {a.folds} folds, {a.threads} threads, fp32 model, median of {a.reps};', ', '.join(f'{k} {v}' for k, v in provenance().items()))
    if a.record: record('probing-bench', found, a.record, model='shape of all-MiniLM-L6-v2, random weights', data='random tokens, 5 to 40 a text', rows=a.rows, layers=a.layers, width=a.width, folds=a.folds, batch=a.batch, repetitions=a.reps, seed=0, device=f'cpu, {a.threads} thread(s), fp32', command=f'python benchmarks/probing.py --rows {a.rows}')

if __name__ == '__main__': main()
