"""Compare calibration with other libraries, on one thread in one run.

    python benchmarks/calibration_speed.py [--repetitions 31] [--record results]

Times and excess likelihood of temperature fits, what each library answers where there
is no answer, the bootstrap of every metric, the summary table of a million rows, and
cases in which a library's metric is wrong. Repetitions are interleaved and medians of
CPU time are reported, so that a busy machine changes little. Needs
`benchmarks/requirements.txt`.
"""

import os

os.environ['OMP_NUM_THREADS'] = '1'
os.environ['OPENBLAS_NUM_THREADS'] = '1'
os.environ['MKL_NUM_THREADS'] = '1'

import argparse
import contextlib
import io
import logging
import statistics
import textwrap
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import relplot
import torch
import torch.nn.functional as F
from netcal.metrics import ECE
from netcal.scaling import TemperatureScaling as NetcalTemperature
from probmetrics.calibrators import TemperatureScalingCalibrator
from probmetrics.distributions import CategoricalLogits
from scipy.special import expit, log_softmax, softmax
from sklearn.calibration import _TemperatureScaling
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from torchmetrics.functional.classification import binary_calibration_error

from promptlab.calibrators import Temperature
from promptlab.metrics import calibration_metrics
from promptlab.reliability import compute_calibration_summary
from promptlab.report import provenance, record

OURS, SGD = 'promptlab', "Liu's SGD"


# Simulated logits


def draw_logits(n_rows=5000, n_classes=2, temperature=1.3, size=3.0, seed=0):
    """Draw logits and labels, the labels from softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=(n_rows, n_classes)) * size).astype(np.float32)
    noise = rng.gumbel(size=(n_rows, n_classes))
    return logits, (logits / temperature + noise).argmax(1)


def draw_scores(n_rows, warp):
    """Draw scores of label 1 whose logits are `warp` times those of the truth."""
    rng = np.random.default_rng(0)
    log_odds = rng.normal(0, 2, n_rows)
    targets = (rng.random(n_rows) < expit(log_odds)).astype(int)
    return expit(warp * log_odds), targets, rng


def nll(logits, targets, temperature):
    """Return the mean negative log-likelihood."""
    log_proba = log_softmax(logits.astype(np.float64) / temperature, 1)
    return -log_proba[np.arange(len(targets)), targets].mean()


# Temperature fits


def fit_promptlab(logits, targets):
    return Temperature().fit(logits, targets).temperature_


def fit_sklearn(logits, targets):
    return 1 / float(
        _TemperatureScaling().fit(logits.astype(np.float64), targets).beta_
    )


def fit_probmetrics(logits, targets):
    calibrator = TemperatureScalingCalibrator()
    calibrator.fit_torch(CategoricalLogits(torch.tensor(logits)), torch.tensor(targets))
    return 1 / float(calibrator.invtemp_)


def fit_netcal(logits, targets):
    """Fit netcal's, which takes probabilities only."""
    logits = logits.astype(np.float64)
    if logits.shape[1] > 2:
        proba = softmax(logits, 1)
    else:
        proba = expit(logits[:, 1] - logits[:, 0])
    silent = io.StringIO()
    with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
        calibrator = NetcalTemperature().fit(proba, targets)
    return 1 / float(np.ravel(calibrator.temperature)[0])


def fit_by_sgd(logits, targets, epochs=3, batch_size=64, lr=0.01):
    """Fit as E. Liu's loop does, but on cached logits."""
    logits, targets = torch.tensor(logits), torch.tensor(targets)
    temperature = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([temperature], lr=lr)
    for _ in range(epochs):
        for start in range(0, len(targets), batch_size):
            rows = slice(start, start + batch_size)
            optimizer.zero_grad()
            F.cross_entropy(logits[rows] / temperature, targets[rows]).backward()
            optimizer.step()
    return temperature.item()


FITS = {
    OURS: fit_promptlab,
    'scikit-learn': fit_sklearn,
    'probmetrics': fit_probmetrics,
    'netcal': fit_netcal,
    SGD: fit_by_sgd,
}
CASES = {
    '40,000 rows, 2 classes': {'n_rows': 40000},
    '10,000 rows, 10 classes': {'n_rows': 10000, 'n_classes': 10},
    '10,000 rows, 100 classes': {'n_rows': 10000, 'n_classes': 100},
}
HARD_CASES = {
    'two classes': {},
    'ten classes': {'n_classes': 10},
    'hundred classes': {'n_classes': 100},
    'T = 25': {'temperature': 25, 'size': 50},
    'T = .05, tiny logits': {'temperature': 0.05, 'size': 0.02},
    'logits of 1e5': {'temperature': 2e4, 'size': 1e5},
    'three rows, four classes': {
        'n_rows': 3,
        'n_classes': 4,
        'temperature': 3,
        'seed': 4,
    },
    'nearly random': {'temperature': 20, 'size': 1, 'n_rows': 40000},
    'nearly separable': {'temperature': 0.2, 'size': 5},
    'logits of 1e4, five classes': {'n_classes': 5, 'temperature': 900, 'size': 1e4},
}


def cpu_seconds(call: Callable, *arguments):
    """Return the CPU time of a call and what it returned."""
    start = time.process_time()
    value = call(*arguments)
    return time.process_time() - start, value


def try_fits(logits, targets):
    """Fit each temperature once: seconds of those that work, and what each says."""
    seconds, said = {}, {}
    for name, fit in FITS.items():
        try:
            first, said[name] = cpu_seconds(fit, logits, targets)
            seconds[name] = [first]
        except Exception as error:
            said[name] = type(error).__name__
    return seconds, said


def time_fits(repetitions: int) -> pd.DataFrame:
    """Time each fit, repetitions interleaved; slow ones less often."""
    rows = []
    for case, how in CASES.items():
        logits, targets = draw_logits(**how)
        seconds, said = try_fits(logits, targets)
        for repetition in range(repetitions):
            for name, own in seconds.items():
                if own[0] * repetition < 1:
                    own.append(cpu_seconds(FITS[name], logits, targets)[0])
        medians = {
            name: statistics.median(own[1:] or own) * 1e3
            for name, own in seconds.items()
        }
        best = nll(logits, targets, said[OURS])
        for name, temperature in said.items():
            row = {'case': case, 'fit': name, 'T': temperature}
            if name in medians:
                row['CPU ms'] = round(medians[name], 2)
                row['times promptlab'] = round(medians[name] / medians[OURS], 1)
                if temperature > 0:
                    excess = max(0, nll(logits, targets, temperature) - best)
                    row['excess NLL'] = f'{excess:.0e}'
            rows.append(row)
    return pd.DataFrame(rows)


def excess_nll() -> pd.DataFrame:
    """Measure NLL over the best of a fine search around every answer."""
    around = [1, *np.exp(np.linspace(-1e-3, 1e-3, 21))]
    rows = []
    for case, how in HARD_CASES.items():
        logits, targets = draw_logits(**how)
        _, said = try_fits(logits, targets)
        said = {name: t for name, t in said.items() if name not in ('netcal', SGD)}
        found = {
            name: t
            for name, t in said.items()
            if not isinstance(t, str) and t > 0 and np.isfinite(t)
        }
        tried = [t * factor for t in found.values() for factor in around]
        best = min(nll(logits, targets, t) for t in tried)
        row = {'case': case, 'drawn with T': how.get('temperature', 1.3)}
        for name, t in said.items():
            row[name] = f'{nll(logits, targets, t) - best:.0e}' if name in found else t
        rows.append(row)
    return pd.DataFrame(rows)


# Metrics


def time_metrics() -> pd.DataFrame:
    """Time the bootstrap of every metric, and the summary of a million rows."""
    proba, targets, rng = draw_scores(1_000_000, 1.3)
    n_rows = 40_000
    few, few_targets = proba[:n_rows], targets[:n_rows]
    sample = rng.integers(0, n_rows, n_rows)
    table = pd.DataFrame({'label': targets, 'score': proba})

    def by_others(scores, labels):
        roc_auc_score(labels, scores)
        log_loss(labels, scores)
        brier_score_loss(labels, scores)
        ECE(20).measure(scores, labels)

    ours = cpu_seconds(lambda: calibration_metrics(few, few_targets, progress=False))[0]
    summary = cpu_seconds(lambda: compute_calibration_summary({'m': table}))[0]
    whole = cpu_seconds(by_others, proba, targets)[0]
    one = cpu_seconds(by_others, proba[sample], targets[sample])[0]
    smooth = cpu_seconds(relplot.smECE, few, few_targets)[0]
    others = 'scikit-learn (AUC, log-loss, Brier) and netcal (ECE)'
    every = '15 metrics, 1,000 bootstrap and 1,000 null replicates, 40,000 rows'
    rows = [
        (f'promptlab: {every}', ours),
        (f'{others}: 1,000 replicates, by one', one * 1000),
        ('relplot: smooth ECE, 1,000 replicates, by one', smooth * 1000),
        ('promptlab: summary table of 1,000,000 rows', summary),
        (f'{others} of 1,000,000 rows', whole),
    ]
    return pd.DataFrame(rows, columns=['what', 'CPU seconds']).round(3)


def torchmetrics_ece(proba, targets, n_bins=10):
    proba, targets = torch.tensor(proba), torch.tensor(targets)
    return float(binary_calibration_error(proba, targets, n_bins=n_bins))


def our_metrics(proba, targets, n_bins=10):
    return calibration_metrics(proba, targets, n_bins, 0).value


def compare_metrics() -> pd.DataFrame:
    """Set each library's metric beside ours, on 20,000 rows without ties."""
    proba, targets, _ = draw_scores(20000, 1.5)
    ours = our_metrics(proba, targets)
    same_mass = ECE(10, equal_intervals=False)
    width, mass, smooth = ours.ece_width, ours.ece_mass, ours.smooth_ece
    rows = [
        ('AUC', 'scikit-learn', roc_auc_score(targets, proba), ours.auc),
        ('log-loss', 'scikit-learn', log_loss(targets, proba), ours.log_loss),
        ('Brier', 'scikit-learn', brier_score_loss(targets, proba), ours.brier),
        ('ECE, equal width', 'torchmetrics', torchmetrics_ece(proba, targets), width),
        ('ECE, equal width', 'netcal', float(ECE(10).measure(proba, targets)), width),
        ('ECE, equal mass', 'netcal', float(same_mass.measure(proba, targets)), mass),
        ('smooth ECE', 'relplot', float(relplot.smECE(proba, targets)), smooth),
    ]
    return pd.DataFrame(rows, columns=['metric', 'peer', 'theirs', 'ours']).round(6)


# Where another library is wrong, or answers where there is no answer


def split_error(proba, targets, n_bins=20):
    """Return the root mean squared gap over np.array_split of the sorted rows."""
    parts = np.array_split(np.argsort(proba, kind='stable'), n_bins)
    gaps = [len(i) * (proba[i].mean() - targets[i].mean()) ** 2 for i in parts]
    return np.sqrt(sum(gaps) / len(proba))


def metric_cases():
    """List cases of metrics: what, whose, their answer, ours."""
    two, two_targets = np.array([0.95, 1.0]), np.array([1, 0])
    above, above_targets = np.array([0.2, 0.5, 1.2]), np.array([0, 1, 1])
    small = np.full(1000, 1e-9, np.float32)
    rare = (np.arange(1000) == 0).astype(int)
    rng = np.random.default_rng(0)
    tied = rng.beta(0.5, 0.5, 5000).round(1)
    targets = (rng.random(5000) < tied).astype(int)
    order = rng.permutation(5000)

    def in_two_orders(error):
        return f'{error(tied, targets):.4f}, {error(tied[order], targets[order]):.4f}'

    def our_error(proba, labels):
        return our_metrics(proba, labels, 20).calibration_error

    mass = ECE(20, equal_intervals=False)
    return [
        (
            'scores .95 and 1.0 of labels 1 and 0, one bin holds both',
            'torchmetrics, ECE',
            lambda: torchmetrics_ece(two, two_targets),
            lambda: our_metrics(two, two_targets).ece_width,
        ),
        (
            'scores .2, .5, 1.2: one is not a probability',
            'torchmetrics, ECE',
            lambda: torchmetrics_ece(above, above_targets),
            lambda: our_metrics(above, above_targets).ece_width,
        ),
        (
            'one positive at 1e-9 among 1,000, float32',
            'scikit-learn, log-loss',
            lambda: log_loss(rare, small),
            lambda: our_metrics(small, rare).log_loss,
        ),
        (
            'scores with one decimal, equal mass',
            'netcal, ECE',
            lambda: float(mass.measure(tied, targets)),
            lambda: our_metrics(tied, targets, 20).ece_mass,
        ),
        (
            'the same rows in another order',
            "Liu's equal-mass error",
            lambda: in_two_orders(split_error),
            lambda: in_two_orders(our_error),
        ),
    ]


def fit_cases():
    """List cases of temperatures: what, whose, their answer, ours."""
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1e3, 2000).astype(np.float32)
    targets = (rng.random(2000) < expit(odds / 500)).astype(int)
    wide = np.stack([0 * odds, odds], 1)
    logits, _ = draw_logits(2000)
    cases = [('log odds of 1e3, drawn with T = 500', 'netcal', wide, targets)]
    for name in ('scikit-learn', 'probmetrics', 'netcal'):
        cases += [('right class first in every row', name, logits, logits.argmax(1))]
    for name in ('scikit-learn', 'probmetrics', 'netcal'):
        cases += [('right class last in every row', name, logits, logits.argmin(1))]
    return [
        (
            case,
            f'{name}, temperature',
            lambda name=name, given=given: FITS[name](*given),
            lambda given=given: FITS[OURS](*given),
        )
        for case, name, *given in cases
    ]


def answer(call: Callable) -> str:
    """Return a number as text, or what is said instead."""
    try:
        value = call()
    except Exception as error:
        message = textwrap.shorten(str(error), 60, placeholder=' ...')
        return f'{type(error).__name__}: {message}'
    return value if isinstance(value, str) else f'{value:.6g}'


def compare_answers() -> pd.DataFrame:
    """Show what each library says in cases that are hard or have no answer."""
    rows = [
        (case, whose, answer(theirs), answer(ours))
        for case, whose, theirs, ours in metric_cases() + fit_cases()
    ]
    return pd.DataFrame(rows, columns=['case', 'peer', 'it says', 'promptlab says'])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--repetitions', type=int, default=31, help='of each fit')
    parser.add_argument('--record', help='folder of a ledger to write the tables to')
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    warnings.simplefilter('ignore')
    parts = {
        'Temperature fits': lambda: time_fits(args.repetitions),
        'Excess NLL': excess_nll,
        'Metrics': time_metrics,
        'Agreement': compare_metrics,
        'Where a peer is off': compare_answers,
    }
    tables = {}
    for title, measure in parts.items():
        tables[title] = measure()
        print(f'\n{title}\n{tables[title].to_string(index=False)}', flush=True)
    facts = ', '.join(f'{name} {value}' for name, value in provenance().items())
    print(f'\none thread, medians of CPU time, interleaved; {facts}')
    if args.record:
        measured = {title: table.to_dict('records') for title, table in tables.items()}
        command = 'python benchmarks/calibration_speed.py'
        about = {'data': 'simulated', 'seed': 0, 'device': 'cpu, one thread'}
        record('calibration-bench', measured, args.record, command=command, **about)


if __name__ == '__main__':
    main()
