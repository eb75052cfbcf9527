"""Measure how separable classes are in the vocabulary logits at soft prompts.

    python benchmarks/separability.py {imdb,emotion} [--model smollm2]

Prompts of several losses, learning rates and seeds are trained in one pass over the
texts, and measured on held-out texts. An interrupted run resumes.
"""

import argparse
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from promptlab.clustering import choose_examples, measure_prompts
from promptlab.data import load
from promptlab.jobs import Job, run_jobs
from promptlab.lm import get_lm
from promptlab.losses import LOSSES, class_variance, separability, target_tokens
from promptlab.models import Truncated
from promptlab.prompt import init_prompt, make_head, train_many
from promptlab.report import record
from promptlab.representations import (
    class_tokens,
    compare_two_texts,
    distance_overlap,
    embed_texts,
    map_texts,
    single_label_rows,
)

FOUR_EMOTIONS = ['anger', 'fear', 'joy', 'sadness']
TASKS = {
    'imdb': {'words': [' bad', ' good'], 'max_tokens': 128},
    'emotion': {'words': [' anger', ' fear', ' joy', ' sad'], 'max_tokens': 64},
}
# The rate of the 2021 post is constant; ours falls to zero.
RATES = {
    '0.01, falling': {'lr': 0.01, 'schedule': 'linear'},
    '0.001, constant': {'lr': 0.001, 'schedule': 'constant'},
}
TRAINED = {
    'imdb': [
        ('target tokens', '0.01, falling'),
        ('cosine pairs', '0.01, falling'),
        ('distance pairs', '0.01, falling'),
        ('relative distance pairs', '0.01, falling'),
        ('cosine pairs', '0.001, constant'),
        ('distance pairs', '0.001, constant'),
    ],
    'emotion': [
        ('target tokens', '0.01, falling'),
        ('cosine pairs', '0.01, falling'),
        ('relative distance pairs', '0.01, falling'),
    ],
}
BAD = 'What a script, what a story, what a mess!'
GOOD = 'Brilliant and moving performances by Tom Courtenay and Peter Finch.'


def load_task(task, n_train, n_heldout):
    """Return train rows, held-out rows, and which of these are labelled examples."""
    train, heldout = load(task, 'train'), load(task, 'test')
    if task == 'emotion':
        train, heldout = (single_label_rows(t, FOUR_EMOTIONS) for t in (train, heldout))
    train = load(train, limit=n_train)
    heldout = load(heldout, limit=n_heldout)
    is_new = ~heldout.text.isin(train.text)
    heldout = heldout[is_new].drop_duplicates('text').reset_index(drop=True)
    return train, heldout, choose_examples(heldout)


def name_of(loss, rate):
    """Return the name of a loss at a rate; ours is not named."""
    return loss if rate == '0.01, falling' else f'{loss} at {rate}'


def train_prompts(lm, task, train, seeds, folder, epochs, cache_budget):
    """Return (loss, seed) -> prompt, first those that all began from."""
    tokens = make_head(lm, TASKS[task]['words'], 2).tokens.tolist()
    losses = {'target tokens': partial(target_tokens, tokens=tokens)}
    keys, variants = [], []
    for loss, rate in TRAINED[task]:
        for seed in seeds:
            keys.append((name_of(loss, rate), seed))
            chosen = {
                'loss': losses.get(loss) or LOSSES.resolve(loss),
                'head': 'lm',
                'seed': seed,
            }
            variants.append(chosen | RATES[rate])
    trained = train_many(
        lm,
        train,
        variants,
        folder=folder,
        epochs=epochs,
        max_tokens=TASKS[task]['max_tokens'],
        cache_budget={'disk': cache_budget},
    )
    untrained = {}
    for seed in seeds:
        start = init_prompt(lm, len(trained[0].embeddings), seed=seed)
        empty = pd.DataFrame()
        untrained['untrained', seed] = trained[0].replace(
            embeddings=start, history=empty
        )
    return untrained | dict(zip(keys, trained, strict=True))


def rounded(array):
    """Return an array as lists of numbers with four significant digits."""
    return [
        [float(f'{value:.4g}') for value in row]
        for row in np.atleast_2d(array).tolist()
    ]


def picture(prompt, embeddings, targets, is_example, texts):
    """Return what figures need of one prompt: maps, spectrum, overlap, tokens."""
    within, between, auc = distance_overlap(embeddings, targets)
    bins = np.linspace(0, 2.5, 51)
    spectrum = class_variance(embeddings, targets)[:100]
    words = class_tokens(prompt, texts, targets)
    tokens = words.groupby('label', sort=False).token.agg(list).to_dict()
    effects = words.groupby('label', sort=False).effect.agg(list).to_dict()
    return {
        'maps': {
            kind: rounded(points.T)
            for kind, points in map_texts(embeddings, targets, is_example).items()
        },
        'variance': rounded(spectrum[['variance', 'class_variance']].T.to_numpy()),
        'distances': {
            'bins': bins.round(2).tolist(),
            'same class': np.histogram(within, bins)[0].tolist(),
            'different class': np.histogram(between, bins)[0].tolist(),
            'auc': round(float(auc), 4),
        },
        'tokens': {
            label: list(
                zip(tokens[label], np.round(effects[label], 2).tolist(), strict=True)
            )
            for label in tokens
        },
    }


def bag_of_words(texts, targets, is_example, draws):
    """Return measure -> value, low, high of the words of texts."""
    words = TfidfVectorizer(min_df=2).fit(np.array(texts)[is_example])
    features = {'words': words.transform(texts).toarray()}
    found = separability(features, targets, is_example, draws=draws, progress=False)
    numbers = found.set_index('measure')[['value', 'low', 'high']].round(4)
    return {measure: list(row) for measure, *row in numbers.itertuples()}


def command_line(arguments):
    """Return the options that change a number."""
    names = ('model', 'rows', 'heldout', 'epochs', 'seeds', 'draws')
    options = (f'--{name} {getattr(arguments, name)}' for name in names)
    return ' '.join([arguments.task, *options])


def measure(arguments, lm, seeds):
    """Train, measure and record one task."""
    task, folder = arguments.task, Path(arguments.folder) / arguments.task
    train, heldout, is_example = load_task(task, arguments.rows, arguments.heldout)
    settings = arguments.epochs, arguments.cache_budget
    prompts = train_prompts(lm, task, train, seeds, folder / 'prompts', *settings)
    texts, targets = heldout.text.tolist(), heldout.label.to_numpy()
    job = Job('embeddings', embed_texts, {'prompts': prompts, 'texts': texts})
    (embeddings,) = run_jobs([job], folder / 'jobs', progress=False)
    measured = {
        'losses': measure_prompts(embeddings, targets, is_example, arguments.draws)
    }
    given = texts, targets, is_example, arguments.draws
    measured['bag of words'] = bag_of_words(*given)
    measured['pictures'] = {
        loss: picture(prompts[loss, 0], array, targets, is_example, texts)
        for (loss, seed), array in embeddings.items()
        if seed == 0
    }
    measured['scored'] = targets[~is_example].tolist()
    if task == 'imdb':
        two = compare_two_texts(prompts, BAD, GOOD, embeddings)
        two['loss'] = [loss for loss, _ in two.index]
        means = two.groupby('loss', sort=False).mean().round(4)
        measured['two reviews'] = means.to_dict('index')
    record(
        f'clustering-{task}-{arguments.model}',
        measured,
        arguments.results,
        model=arguments.model,
        data=task,
        rows=f'{len(train):,} train, {is_example.sum()} labelled examples, '
        f'{(~is_example).sum()} scored',
        seed=list(seeds),
        device=str(lm.device),
        dtype=str(lm.dtype),
        threads=torch.get_num_threads(),
        prompt_tokens=5,
        max_tokens=TASKS[task]['max_tokens'],
        epochs=arguments.epochs,
        classes=list(train.attrs['labels']),
        command=f'python benchmarks/separability.py {command_line(arguments)}',
    )


def main():
    """Measure one task."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('task', choices=list(TASKS))
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--rows', type=int, default=800, help='texts to train on')
    parser.add_argument('--heldout', type=int, default=800)
    parser.add_argument('--epochs', type=int, default=3)
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--draws', type=int, default=200, help='bootstrap samples')
    parser.add_argument('--folder', default='runs/separability')
    parser.add_argument('--cache-budget', default='40GiB', help='of KV caches on disk')
    parser.add_argument('--results', default='results')
    arguments = parser.parse_args()
    warnings.simplefilter('ignore', Truncated)
    lm = get_lm(arguments.model, dtype='auto')
    measure(arguments, lm, range(arguments.seeds))


if __name__ == '__main__':
    main()
