"""Time a probing sweep against two others: all layers, four tokens, two probes, folds.

    OMP_NUM_THREADS=1 python benchmarks/probing_speed.py --rows 2000 [--record results]

(a) The original scheme: texts in the order they come, one forward pass per pooler with
all hidden states copied to the CPU, scikit-learn's default (svd) LDA and its logistic
regression fitted fold by fold.
(b) The fastest fair loop: features extracted once by promptlab, scikit-learn's LDA
(lsqr) and logistic regression fold by fold. promptlab's own logistic regression is this
loop.

The model has all-MiniLM's shape and random weights, the texts are random tokens of 5 to
40, the labels follow a random direction of one layer: none of it changes the
arithmetic. Of (a), forward passes and fits are timed on a few poolers and multiplied by
their number, and so are all fits; the pass of promptlab is measured whole. Seconds are
processor time on one thread, so that a busy machine slows nothing; repetitions are
interleaved, medians reported.
"""

import argparse
import statistics
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import BertConfig, BertModel

from promptlab.pooling import (
    LayerEncoder,
    PoolToken,
    load_encoder,
    make_pooler,
    pool_texts,
)
from promptlab.probes import LDA, Logistic, Moments
from promptlab.report import provenance, record

TOKENS = (0.0, 0.4, 1.0, 'mean')


def sklearn_logistic():
    regression = LogisticRegression(C=0.1, max_iter=1000)
    return make_pipeline(StandardScaler(), regression)


THEIRS = {
    'svd': LinearDiscriminantAnalysis,
    'lsqr': lambda: LinearDiscriminantAnalysis(solver='lsqr'),
    'logistic': sklearn_logistic,
}


def timed(function, *arguments):
    """Return the processor seconds of a call, and its result."""
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


class RandomTexts(LayerEncoder):
    """A model of random weights that reads random tokens; text i is the i-th."""

    def __init__(self, settings, rng):
        config = BertConfig(
            hidden_size=settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=12,
            intermediate_size=4 * settings.width,
        )
        tokenizer = load_encoder('tiny').tokenizer
        super().__init__(BertModel(config), tokenizer, 'all-MiniLM shape')
        lengths = rng.integers(5, 41, settings.rows)
        self.ids = [rng.integers(0, 8000, length).tolist() for length in lengths]
        self.texts = [str(i) for i in range(settings.rows)]

    def encode(self, texts):
        return [self.ids[int(text)] for text in texts]


def forward_by_copy(encoder, batch_size, pooler):
    """One pass of the original scheme: every hidden state goes to the CPU."""
    pooled = []
    for start in range(0, len(encoder.ids), batch_size):
        states, mask = encoder.hidden_states(encoder.ids[start : start + batch_size])
        pooled.append(pooler(tuple(torch.stack(states).cpu()), mask.cpu()))
    return torch.cat(pooled).numpy()


def pool_all(encoder, poolers, batch_size):
    """Pool all texts in one pass of promptlab."""
    rows = np.arange(len(encoder.texts))
    with tempfile.TemporaryDirectory() as folder:
        features = pool_texts(
            encoder, encoder.texts, poolers, folder, batch_size, False
        )
        return {name: feature[rows] for name, feature in features.items()}


def time_passes(encoder, poolers, batch_size):
    """Time a pass with one pooler and with all, interleaved; return the features."""
    seconds = {'one': 0.0, 'every': 0.0}
    for name in ('one', 'every', 'every', 'one'):
        chosen = poolers[:1] if name == 'one' else poolers
        spent, features = timed(pool_all, encoder, chosen, batch_size)
        seconds[name] += spent / 2
        if name == 'every':
            pooled = features
    return seconds, pooled


def predict_by_fold(make, X, y, folds, training_sets):
    """Fit and predict fold by fold."""
    predicted = np.empty(len(y), int)
    for fold, parts in enumerate(training_sets):
        train, test = np.isin(folds, parts), folds == fold
        predicted[test] = make().fit(X[train], y[train]).predict(X[test])
    return predicted


def predict_together(moments, X, y, folds, training_sets):
    """Fit all folds of promptlab's LDA from the same sums, and predict."""
    predicted = np.empty(len(y), int)
    for fold, probe in enumerate(LDA(0).fit_sets(moments, y, training_sets)):
        predicted[folds == fold] = probe.predict(X[folds == fold])
    return predicted


def draw_labels(X, rng):
    """Draw two classes along a random direction of the features."""
    n_rows, width = X.shape
    signal = X @ rng.normal(size=width)
    noise = X.std() * width**0.5 * rng.normal(size=n_rows)
    labels = (signal + noise > 0).astype(int)
    return 1 - labels if labels.mean() < 0.1 else labels


def time_fits(X, y, folds, training_sets):
    """Time every way to fit all folds, and compare the predictions."""
    data = X, y, folds, training_sets
    seconds, predicted = {}, {}
    for name, make in THEIRS.items():
        seconds[name], predicted[name] = timed(predict_by_fold, make, *data)
    seconds['moments'], moments = timed(Moments, X, folds)
    seconds['LDA'], ours = timed(predict_together, moments, *data)
    logistic = timed(predict_by_fold, Logistic, *data)
    seconds['Logistic'], our_logistic = logistic
    equal = {
        'lda': (ours == predicted['svd']).mean(),
        'logistic': (our_logistic == predicted['logistic']).mean(),
    }
    return seconds, equal


def summarize(rows, n_poolers, equal):
    """Return medians, the whole sweep by each scheme, and ratios."""
    median = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    ours = median['moments'] + median['LDA']
    original = median['forward (a)'] + median['svd'] + median['logistic']
    sweep = {
        '(a) original scheme': n_poolers * original,
        '(b) features once, scikit-learn fold by fold': median['every']
        + n_poolers * (median['lsqr'] + median['logistic']),
        'promptlab': median['every'] + n_poolers * (ours + median['Logistic']),
    }
    least = {kind: min(row[kind] for row in equal) for kind in ('lda', 'logistic')}
    ratios = [row['every'] / row['one'] for row in rows]
    return {
        'sweep': {
            name: {'seconds': seconds, 'times': seconds / sweep['promptlab']}
            for name, seconds in sweep.items()
        },
        'poolers': n_poolers,
        'poolers_over_one': statistics.median(ratios) - 1,
        'seconds': median,
        'lda': {
            'times_svd': median['svd'] / ours,
            'times_lsqr': median['lsqr'] / ours,
            'equal': least['lda'],
        },
        'logistic': {
            'times': median['logistic'] / median['Logistic'],
            'equal': least['logistic'],
        },
    }


def report(found, settings):
    """Print what was measured."""
    table = pd.DataFrame(found['sweep']).T.round(1)
    table.columns = ['CPU seconds for the sweep', 'times as long as promptlab']
    print(table.to_string())
    seconds, lda, logistic = found['seconds'], found['lda'], found['logistic']
    print(
        f'{found["poolers"]} poolers in one pass against one: '
        f'{found["poolers_over_one"]:+.1%}\n'
        f'{settings.folds}-fold LDA: svd {seconds["svd"]:.3f} s, lsqr '
        f'{seconds["lsqr"]:.3f} s, promptlab '
        f'{seconds["moments"] + seconds["LDA"]:.3f} s: {lda["times_svd"]:.1f} times '
        f'faster than svd; equal predictions {lda["equal"]:.2%}\n'
        f'{settings.folds}-fold logistic: scikit-learn {seconds["logistic"]:.3f} s, '
        f'promptlab {seconds["Logistic"]:.3f} s; equal predictions '
        f'{logistic["equal"]:.2%}\n'
        f'{settings.rows} texts, {settings.layers} layers of width {settings.width}, '
        f'{settings.threads} threads, fp32 model, median of {settings.repetitions};',
        ', '.join(f'{name} {value}' for name, value in provenance().items()),
    )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--layers', type=int, default=6)
    parser.add_argument('--width', type=int, default=384)
    parser.add_argument('--folds', type=int, default=10)
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--repetitions', '--reps', type=int, default=3)
    parser.add_argument('--record', metavar='FOLDER', help='write probing-bench.json')
    return parser.parse_args()


def measure(settings):
    """Run all repetitions."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    encoder = RandomTexts(settings, rng)
    poolers = [
        pooler
        for token in TOKENS
        for pooler in make_pooler(token, layer='each').for_model(settings.layers)
    ]
    folds = rng.permutation(np.arange(settings.rows) % settings.folds)
    n_folds = settings.folds
    training_sets = [
        [part for part in range(n_folds) if part not in (fold, (fold + 1) % n_folds)]
        for fold in range(n_folds)
    ]
    rows, equal = [], []
    for repetition in range(settings.repetitions):
        passes, features = time_passes(encoder, poolers, settings.batch)
        pooler = PoolToken(settings.layers // 2, 0.4)
        forward, _ = timed(forward_by_copy, encoder, settings.batch, pooler)
        X = features[poolers[(7 * repetition + 3) % len(poolers)].name]
        fits, agreement = time_fits(X, draw_labels(X, rng), folds, training_sets)
        rows.append(passes | {'forward (a)': forward} | fits)
        equal.append(agreement)
        print(f'repetition {repetition + 1} of {settings.repetitions}', flush=True)
    return summarize(rows, len(poolers), equal)


def main():
    settings = parse_arguments()
    warnings.simplefilter('ignore')
    torch.set_num_threads(settings.threads)
    found = measure(settings)
    report(found, settings)
    if settings.record:
        record(
            'probing-bench',
            found,
            settings.record,
            model='shape of all-MiniLM-L6-v2, random weights',
            data='random tokens, 5 to 40 per text',
            rows=settings.rows,
            layers=settings.layers,
            width=settings.width,
            folds=settings.folds,
            batch=settings.batch,
            repetitions=settings.repetitions,
            seed=0,
            device=f'cpu, {settings.threads} thread(s), fp32',
            command=f'python benchmarks/probing_speed.py --rows {settings.rows}',
        )


if __name__ == '__main__':
    main()
