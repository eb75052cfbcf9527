"""Probe all layers of a model beside smaller ones and randomly initialised controls.

    python benchmarks/probing.py --model smollm2 --treebank en_ewt.conllu

Nine tasks: six from a treebank in Universal Dependencies (we took UD English EWT),
the sentiment of short film reviews, joy and fear in tweets. Of each layer the mean over
tokens and the last token are probed by LDA (numbers: ridge regression), the mean also
by logistic regression. Finished cells are kept in --runs, so that a run that was
stopped resumes. At the end `results/probing-MODEL.json` is written.
"""

import argparse

import pandas as pd
import torch

from promptlab.data import load
from promptlab.experiments import ProbeData
from promptlab.models import load_config
from promptlab.probes import Logistic
from promptlab.probing import probe_layers, ridge_for_numbers
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


def probe_models(settings, datasets) -> pd.DataFrame:
    """Probe each model and its controls; return the cells of all."""
    found = []
    for name in dict.fromkeys(['tiny', 'minilm', settings.model]):
        is_deep = load_config(name).num_hidden_layers > 15
        shared = {
            'folder': settings.runs,
            'n_folds': settings.folds,
            'dtype': 'auto' if name == 'smollm2' else 'float32',
            'control_step': 5 if is_deep else 1,
            'executor': settings.executor,
        }
        found.append(probe_layers(name, datasets, n_random=settings.controls, **shared))
    shared |= {'n_random': 0, 'step': 5 if is_deep else 1, 'positions': ['mean']}
    probes = [Logistic(), ridge_for_numbers()]
    by_logistic = probe_layers(name, datasets, probes=probes, **shared)
    found.append(by_logistic[by_logistic.probe == 'logistic'])
    return pd.concat(found)


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
    trained = cells[cells.random_of.isna()]
    sizes = trained.groupby('model', sort=False).agg(
        n_parameters=('n_parameters', 'max'), n_layers=('layer', 'max')
    )
    return {
        'columns': CELL + NUMBERS,
        'cells': [cell_line(cell) for _, cell in cells.iterrows()],
        'baselines': baselines.mean().round(4).to_dict('index'),
        'models': sizes.to_dict('index'),
        'best': best_scores(trained[trained.probe != 'logistic']),
    }


def best_scores(cells: pd.DataFrame) -> dict:
    """Return score, low and high of the best cell, by model and task."""
    best = cells.loc[cells.groupby(['model', 'task'], sort=False).score.idxmax()]
    return {
        model: {row.task: [row.score, row.low, row.high] for row in rows.itertuples()}
        for model, rows in best.groupby('model', sort=False)
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--treebank', required=True)
    parser.add_argument('--rows', type=int, default=1000)
    parser.add_argument('--folds', type=int, default=10)
    parser.add_argument('--controls', type=int, default=1)
    parser.add_argument('--tasks', nargs='+', choices=TASKS, default=TASKS)
    parser.add_argument('--runs', default='runs/probing')
    parser.add_argument('--executor', default='serial')
    parser.add_argument('--results', default='results', help='folder of the record')
    return parser.parse_args()


def main():
    settings = parse_arguments()
    datasets = [read_task(n, settings.treebank, settings.rows) for n in settings.tasks]
    cells = probe_models(settings, datasets)
    record(
        f'probing-{settings.model}',
        compact(cells),
        settings.results,
        model=f'{settings.model}, all-MiniLM-L6-v2, tiny, randomly initialised '
        f'controls ({settings.controls} of each)',
        data='UD English EWT, imdb (reviews of at most '
        f'{LONGEST_REVIEW} characters), emotion',
        rows=f'{settings.rows:,} texts per task, classes as balanced as the data allow',
        folds=settings.folds,
        probe='LDA, shrinkage 0.1; for the tree depth ridge, alpha 100; logistic '
        'regression where named',
        seed=0,
        threads=torch.get_num_threads(),
        device=f'cpu, {settings.model} in bf16 where the processor has it, else fp32',
        command=f'python benchmarks/probing.py --model {settings.model} --rows '
        f'{settings.rows} --controls {settings.controls} --treebank en_ewt.conllu',
    )


if __name__ == '__main__':
    main()
