"""Calibration beside the peers, one thread, one run: `python benchmarks/calibration.py`.

Times and excess likelihood of temperature fits, what each peer answers where there is no answer, the bootstrap of every metric, the summary table of a million
rows, and the cases in which a peer's metric is off. Repetitions are interleaved and medians of CPU time reported, so that
a busy machine changes little. Needs `benchmarks/requirements.txt` beside the package.
"""
import os
os.environ.update({f'{k}_NUM_THREADS': '1' for k in ('OMP', 'OPENBLAS', 'MKL')})
import argparse, contextlib, io, logging, statistics, textwrap, time, warnings
logging.disable(logging.WARNING); warnings.simplefilter('ignore')

import numpy as np
import pandas as pd
import relplot
import torch
from netcal.metrics import ECE
from netcal.scaling import TemperatureScaling as NetcalTemperature
from probmetrics.calibrators import TemperatureScalingCalibrator
from probmetrics.distributions import CategoricalLogits
from scipy.special import expit, log_softmax, softmax
from sklearn.calibration import _TemperatureScaling
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from torchmetrics.functional.classification import binary_calibration_error

from promptlab.calibration import Temperature, calibration_metrics, compute_calibration_summary
from promptlab.report import provenance, record

def draw(n=5000, K=2, T=1.3, size=3., seed=0):
    "Logits and labels drawn from softmax(z / T)"
    r = np.random.default_rng(seed); z = (r.normal(size=(n, K)) * size).astype(np.float32); return z, (z / T + r.gumbel(size=(n, K))).argmax(1)

def nll(z, y, T): return -log_softmax(z.astype(np.float64) / T, 1)[np.arange(len(y)), y].mean()

def ours(z, y): return Temperature().fit(z, y).temperature_
def sklearn(z, y): return 1 / float(_TemperatureScaling().fit(z.astype(np.float64), y).beta_)
def probmetrics(z, y):
    c = TemperatureScalingCalibrator(); c.fit_torch(CategoricalLogits(torch.tensor(z)), torch.tensor(y)); return 1 / float(c.invtemp_)
def netcal(z, y):
    "It takes probabilities only"
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): c = NetcalTemperature().fit(softmax(z.astype(np.float64), 1) if z.shape[1] > 2 else expit(z[:, 1].astype(np.float64) - z[:, 0]), y)
    return 1 / float(np.ravel(c.temperature)[0])
def sgd(z, y, epochs=3, batch=64, lr=.01):
    "The original's loop, on cached logits"
    Z, Y, T = torch.tensor(z), torch.tensor(y), torch.nn.Parameter(torch.ones(1)); o = torch.optim.SGD([T], lr=lr)
    for _ in range(epochs):
        for i in range(0, len(Y), batch): o.zero_grad(); torch.nn.functional.cross_entropy(Z[i:i + batch] / T, Y[i:i + batch]).backward(); o.step()
    return T.item()
FITS = {'promptlab': ours, 'scikit-learn': sklearn, 'probmetrics': probmetrics, 'netcal': netcal, "the original's SGD": sgd}

def times(cases, reps):
    "Median milliseconds of CPU time of each fit, interleaved; slow ones less often"
    rows = []
    for case, (z, y) in cases.items():
        t, T = {}, {}; best = ours(z, y)
        for k, f in FITS.items():
            try: s = time.process_time(); T[k] = f(z, y); t[k] = [time.process_time() - s]
            except Exception as e: T[k] = type(e).__name__
        for r in range(reps):
            for k in t:
                if t[k][0] * r < 1: s = time.process_time(); FITS[k](z, y); t[k].append(time.process_time() - s)
        ms = {k: statistics.median(v[1:] or v) * 1e3 for k, v in t.items()}
        rows += [{'case': case, 'fit': k, 'T': T[k], 'CPU ms': round(ms[k], 2) if k in ms else None, 'times promptlab': round(ms[k] / ms['promptlab'], 1) if k in ms else None,
                  'excess NLL': f'{max(0, nll(z, y, T[k]) - nll(z, y, best)):.0e}' if k in ms and T[k] > 0 else ''} for k in FITS]
    return pd.DataFrame(rows)

TEN = {'two classes': {}, 'ten classes': dict(K=10), 'hundred classes': dict(K=100), 'T = 25': dict(T=25, size=50), 'T = .05, tiny logits': dict(T=.05, size=.02), 'logits of 1e5': dict(T=2e4, size=1e5),
       'three rows, four classes': dict(n=3, K=4, T=3, seed=4), 'nearly random': dict(T=20, size=1, n=40000), 'nearly separable': dict(T=.2, size=5), 'logits of 1e4, five classes': dict(K=5, T=900, size=1e4)}

def excess():
    "Excess NLL over the best of a fine search around every answer, on ten cases"
    rows = []
    for case, how in TEN.items():
        z, y = draw(**how); T = {}
        for k, f in FITS.items():
            if k in ('netcal', "the original's SGD"): continue
            try: T[k] = f(z, y)
            except Exception as e: T[k] = type(e).__name__
        good = [t for t in T.values() if not isinstance(t, str) and t > 0 and np.isfinite(t)]; best = min(nll(z, y, t * s) for t in good for s in (1, *np.exp(np.linspace(-1e-3, 1e-3, 21))))
        rows.append({'case': case, 'drawn with T': how.get('T', 1.3), **{k: f'{nll(z, y, t) - best:.0e}' if t in good else t for k, t in T.items()}})
    return pd.DataFrame(rows)

def clock(f): s = time.process_time(); v = f(); return time.process_time() - s, v

def metric_times():
    "The bootstrap and null of every metric at 40,000 rows, and the summary of a million"
    r = np.random.default_rng(0); d = r.normal(0, 2, 1_000_000); y = (r.random(len(d)) < expit(d)).astype(int); p = expit(1.3 * d); n = 40_000
    b, _ = clock(lambda: calibration_metrics(p[:n], y[:n], draws=1000, progress=False)); s, _ = clock(lambda: compute_calibration_summary({'m': pd.DataFrame(dict(label=y, score=p))}))
    one = lambda q, t: (roc_auc_score(t, q), log_loss(t, q), brier_score_loss(t, q), ECE(20).measure(q, t)); k, _ = clock(lambda: one(p, y)); i = r.integers(0, n, n); c, _ = clock(lambda: one(p[i], y[i])); e, _ = clock(lambda: relplot.smECE(p[:n], y[:n]))
    return pd.DataFrame([('promptlab: 15 metrics, 1,000 bootstrap and 1,000 null replicates, 40,000 rows', b), ('scikit-learn (AUC, log-loss, Brier) and netcal (ECE): 1,000 replicates, by one', c * 1000), ('relplot: smooth ECE, 1,000 replicates, by one', e * 1000),
                         ('promptlab: summary table of 1,000,000 rows', s), ('scikit-learn (AUC, log-loss, Brier) and netcal (ECE) of 1,000,000 rows', k)], columns=['what', 'CPU seconds']).round(3)

def tied(n=5000):
    r = np.random.default_rng(0); p = r.beta(.5, .5, n).round(1); return p, (r.random(n) < p).astype(int), r.permutation(n)

def answer(f):
    "A number, or what is said instead"
    try: v = f(); return v if isinstance(v, str) else f'{v:.6g}'
    except Exception as e: return f'{type(e).__name__}: {textwrap.shorten(str(e), 60, placeholder=" ...")}'

def agreement():
    "Each peer's metric beside ours on 20,000 rows without ties"
    r = np.random.default_rng(0); d = r.normal(0, 2, 20000); y = (r.random(len(d)) < expit(d)).astype(int); p = expit(1.5 * d); m = calibration_metrics(p, y, 10, 0).value
    rows = [('AUC', 'scikit-learn', roc_auc_score(y, p), m.auc), ('log-loss', 'scikit-learn', log_loss(y, p), m.log_loss), ('Brier', 'scikit-learn', brier_score_loss(y, p), m.brier), ('ECE, equal width', 'torchmetrics', torch_ece(p, y), m.ece_width),
            ('ECE, equal width', 'netcal', float(ECE(10).measure(p, y)), m.ece_width), ('ECE, equal mass', 'netcal', float(ECE(10, equal_intervals=False).measure(p, y)), m.ece_mass), ('smooth ECE', 'relplot', float(relplot.smECE(p, y)), m.smooth_ece)]
    return pd.DataFrame(rows, columns=['metric', 'peer', 'theirs', 'ours']).round(6)

def torch_ece(p, y, b=10): return float(binary_calibration_error(torch.tensor(p), torch.tensor(y), n_bins=b))

def off():
    "Cases in which a peer is off, or says nothing"
    one, yes = np.array([.95, 1.]), np.array([1, 0]); small, rare = np.full(1000, 1e-9), (np.arange(1000) == 0).astype(int); above, which = np.array([.2, .5, 1.2]), np.array([0, 1, 1]); p, y, o = tied(); M = lambda p, y, b=10: calibration_metrics(p, y, b, 0).value
    r = np.random.default_rng(0); d = r.normal(0, 1e3, 2000).astype(np.float32); hit = (r.random(2000) < expit(d / 500)).astype(int); z = np.stack([0 * d, d], 1)
    rows = [('scores .95 and 1.0 of labels 1 and 0, one bin holds both', 'torchmetrics, ECE', lambda: torch_ece(one, yes), lambda: M(one, yes).ece_width), ('scores .2, .5, 1.2: one is no probability', 'torchmetrics, ECE', lambda: torch_ece(above, which), lambda: M(above, which).ece_width),
            ('one positive at 1e-9 among 1,000, float32', 'scikit-learn, log-loss', lambda: log_loss(rare, small.astype(np.float32)), lambda: M(small.astype(np.float32), rare).log_loss),
            ('scores with one decimal, equal mass', 'netcal, ECE', lambda: float(ECE(20, equal_intervals=False).measure(p, y)), lambda: M(p, y, 20).ece_mass),
            ('the same rows in another order', "the original's equal-mass error", lambda: f'{split_error(p, y):.4f}, {split_error(p[o], y[o]):.4f}', lambda: f'{M(p, y, 20).calibration_error:.4f}, {M(p[o], y[o], 20).calibration_error:.4f}'),
            ('log odds of 1e3, drawn with T = 500', 'netcal, temperature', lambda: netcal(z, hit), lambda: ours(z, hit))]
    draws = draw(2000)[0]
    for case, t in (('right class first in every row', draws.argmax(1)), ('right class last in every row', draws.argmin(1))): rows += [(case, f'{k}, temperature', lambda k=k, t=t: FITS[k](draws, t), lambda t=t: ours(draws, t)) for k in ('scikit-learn', 'probmetrics', 'netcal')]
    return pd.DataFrame([(c, k, answer(f), answer(g)) for c, k, f, g in rows], columns=['case', 'peer', 'it says', 'promptlab says'])

def split_error(p, y, n_bins=20):
    "Root mean squared gap over np.array_split of the sorted rows"
    parts = np.array_split(np.argsort(p, kind='stable'), n_bins); return np.sqrt(sum(len(i) * (p[i].mean() - y[i].mean()) ** 2 for i in parts) / len(p))

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0]); a.add_argument('--reps', type=int, default=31, help='of each fit'); a.add_argument('--record', help='folder of a ledger to write the tables to'); a = a.parse_args(); torch.set_num_threads(1)
    case = {'40,000 rows, 2 classes': draw(40000), '10,000 rows, 10 classes': draw(10000, 10), '10,000 rows, 100 classes': draw(10000, 100)}
    parts = {'Temperature fits': lambda: times(case, a.reps), 'Excess NLL': excess, 'Metrics': metric_times, 'Agreement': agreement, 'Where a peer is off': off}; tables = {}
    for k, f in parts.items(): tables[k] = f(); print(f'\n{k}\n{tables[k].to_string(index=False)}', flush=True)
    print('\none thread, medians of CPU time, interleaved;', ', '.join(f'{k} {v}' for k, v in provenance().items()))
    if a.record: record('calibration-bench', {k: t.to_dict('records') for k, t in tables.items()}, a.record, data='simulated', seed=0, device='cpu, one thread', command='python benchmarks/calibration.py')

if __name__ == '__main__': main()
