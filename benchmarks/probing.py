"""Probe all layers of a model beside smaller ones and randomly initialised controls.

    python benchmarks/probing.py --model smollm2 --treebank en_ewt.conllu

Nine tasks: six from a treebank in Universal Dependencies (results/ has UD English EWT),
the sentiment of short film reviews, joy and fear in tweets. Of each layer the mean over
tokens and the last token are probed. Finished cells are kept in --runs, so that a run
that was stopped resumes; --tasks does a part of them, for a second process beside the
first. When all are done, `results/probing-MODEL.json` is written.
"""

import argparse
import warnings

import pandas as pd
import torch

from promptlab.data import load
from promptlab.experiments import ProbeData, RunExperiments, summarize_cells
from promptlab.pooling import PoolMean, PoolToken, load_encoder
from promptlab.probes import LDA, Logistic, Ridge
from promptlab.report import record

TREE_NAMES = {
    'sentence length': 'length',
    'tree depth': 'depth',
    'tense': 'tense',
    'subject number': 'subj_number',
    'object number': 'obj_number',
    'swapped neighbours': 'bigram_shift',
}
TASKS = [*TREE_NAMES, 'sentiment', 'joy', 'fear']
LONGEST_REVIEW = 500  # characters
CELL = ['task', 'model', 'random', 'layer', 'token', 'probe']
NUMBERS = ['score', 'low', 'high', 'control', 'compression', 'ece', 'ece_floor']


def read_task(name: str, treebank: str, rows: int) -> ProbeData:
    """Return one of the nine data sets, its classes as balanced as they can be."""
    if name in TREE_NAMES:
        return ProbeData(f'{treebank}:{TREE_NAMES[name]}', name, rows)
    if name == 'sentiment':
        reviews = load('imdb')
        return ProbeData(reviews[reviews.text.str.len() <= LONGEST_REVIEW], name, rows)
    return ProbeData(f'emotion:{name}', name, rows)


def probe(encoder, datasets, layers, settings, probes=None) -> None:
    """Probe the mean and the last token of some layers."""
    ridge = Ridge()
    ridge.targets = 'numbers'
    RunExperiments(
        datasets,
        [pooler for n in layers for pooler in (PoolMean(n), PoolToken(n))],
        probes or [LDA(), ridge],
        encoder,
        n_folds=settings.folds,
        n_random=0,
        folder=settings.runs,
    ).run_all()


def probe_models(settings, datasets) -> None:
    """Probe each model and its controls; of a deep one each fifth layer of these."""
    for name in dict.fromkeys(['tiny', 'minilm', settings.model]):
        encoder = load_encoder(name, dtype='auto' if name == 'smollm2' else 'float32')
        layers = range(encoder.n_layers + 1)
        probe(encoder, datasets, layers, settings)
        some = layers[:: 5 if len(layers) > 15 else 1]
        for seed in range(settings.controls):
            probe(encoder.randomized(seed), datasets, some, settings)
    classes = [data for data in datasets if data.labels is not None]
    if classes:
        probe(encoder, classes, some, settings, [Logistic()])


def cell_line(cell) -> str:
    """Write a cell as the record holds it."""
    numbers = ' '.join(f'{cell[name]:.3f}' for name in NUMBERS)
    return '|'.join([*(str(cell[name]) for name in CELL), numbers])


def compact(cells: pd.DataFrame) -> dict:
    """Return what is recorded of all cells."""
    seeds = cells.model.str.extract(r'\(random (\d+)\)$', expand=False).fillna('')
    cells = cells.assign(
        task=cells.dataset,
        random=seeds,
        model=cells.random_of.fillna(cells.model),
        layer=cells.layer.astype(int),
    )
    baselines = cells.groupby('dataset', sort=False)[['majority', 'bag_of_words']]
    trained = cells[cells.random_of.isna()].groupby('model', sort=False)
    sizes = trained.agg(n_parameters=('n_parameters', 'max'), n_layers=('layer', 'max'))
    return {
        'columns': CELL + NUMBERS,
        'cells': [cell_line(cell) for _, cell in cells.iterrows()],
        'baselines': baselines.mean().round(4).to_dict('index'),
        'models': sizes.to_dict('index'),
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--treebank', required=True)
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--folds', type=int, default=10)
    parser.add_argument('--controls', type=int, default=2)
    parser.add_argument('--tasks', nargs='+', choices=TASKS, default=TASKS)
    parser.add_argument('--runs', default='runs/probing')
    parser.add_argument('--results', help='folder of the record')
    return parser.parse_args()


def main():
    settings = parse_arguments()
    warnings.simplefilter('ignore')  # ridge is left out for classes
    datasets = [read_task(n, settings.treebank, settings.rows) for n in settings.tasks]
    probe_models(settings, datasets)
    if settings.results:
        save(settings)


def save(settings) -> None:
    """Record all finished cells."""
    from promptlab.experiments import read_ledger

    ledger = read_ledger(settings.runs)
    failed = ledger[ledger.status == 'failed']
    print(len(ledger), 'rows,', len(failed), 'failed', *failed.error[:1])
    record(
        f'probing-{settings.model}',
        compact(summarize_cells(ledger)),
        settings.results,
        model=f'{settings.model}, all-MiniLM-L6-v2, tiny, {settings.controls} randomly '
        'initialised controls of each',
        data='UD English EWT, imdb (reviews of at most '
        f'{LONGEST_REVIEW} characters), emotion',
        rows=f'{settings.rows:,} texts per task, classes as balanced as the data allow',
        folds=settings.folds,
        probe='LDA, shrinkage 0.1; for the tree depth ridge, alpha 100',
        seed=0,
        threads=torch.get_num_threads(),
        device=f'cpu, {settings.model} in bf16 where the processor has it, else fp32',
        command=f'python benchmarks/probing.py --model {settings.model} '
        '--treebank en_ewt.conllu --results results',
    )


if __name__ == '__main__':
    main()
