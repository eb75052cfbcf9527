"""Measure metagradients of prompts against training again.

    python benchmarks/metagradients.py [--model tiny|smollm2] [--results results]

Tweets of up to 24 tokens with joy or anger; a prompt with a linear head, a few steps of
Adam; the margins of other tweets, in float32. `TASKS` says how many of each for either
model. Each metagradient and each group of retrainings is a job of its own: interrupted,
the same command resumes. What is not there yet is left out of the table, so `--report`
shows an unfinished run. Needs nothing beside the package, and the data set `emotion`
(or `--data mini-emotion`). `--libraries` judges traker, dattri and kronfluence, too:
see `metagradients_libraries.py`.
"""

import argparse
import functools
import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F

from promptlab.data import balanced_subset, check_table, load
from promptlab.jobs import Job, list_jobs, run_jobs
from promptlab.lm import FrozenLM, get_lm
from promptlab.metagradients import (
    CENTRES,
    AdamRule,
    DerivativeError,
    Metagradients,
    PromptTexts,
    TrainingRun,
    check_metagradient,
    final_state,
    fit_datamodel_with_prior,
    loss_gradients,
    metagradient,
    prompt_logits,
    prompt_margins,
    prompt_run,
    smoothness,
    train_weighted,
)
from promptlab.metrics import bootstrap
from promptlab.models import Truncated
from promptlab.prompt import init_prompt, make_head
from promptlab.report import record
from promptlab.retraining import (
    fit_datamodel,
    lds,
    lds_ceiling,
    lds_interval,
    margin_falls,
    random_subsets,
)

ORDERS, SHARES = (0, 1, 2), (0.9, 0.5)
FIRST_DRAWN_ORDER = 100  # of those that are drawn with a half
GROUP, RUNS_PER_PASS = 8, 8  # retrainings per job, and at once

# How a prompt is trained on each model, and what is measured of it: subsets of each
# share, metagradients at subsets of each share and how many of them per job,
# retrainings that datamodels are fitted to, and what is left out.
TASKS = {
    'tiny': {
        'n_train': 240,
        'n_targets': 24,
        'n_tokens': 24,
        'n_prompt': 5,
        'batch_size': 20,
        'epochs': 2,
        'lr': 0.006,
    },
    'smollm2': {
        'n_train': 100,
        'n_targets': 8,
        'n_tokens': 24,
        'n_prompt': 3,
        'batch_size': 10,
        'epochs': 2,
        'lr': 0.006,
    },
}
PLANS = {
    'tiny': {
        'subsets': 96,
        'draws': {0.5: 16, 0.9: 4},
        'draws_per_job': 1,
        'retrainings': 288,
        'without': (),
    },
    'smollm2': {
        'subsets': 48,
        'draws': {0.5: 8, 0.9: 1},
        'draws_per_job': 2,
        'retrainings': 0,
        'without': ('usual epsilon', 'datamodels'),
    },
}

# How a run is trained: epsilon and whether it is inside the root.
SMOOTH = {'epsilon': 1e-2, 'in_root': True}
ROUGH = {'epsilon': 1e-8, 'in_root': False}

# What may make a run smoother: epsilon and warm-up, and on SmolLM2 the rate.
WAYS = {
    'tiny': {
        'usual': {'adam': ROUGH},
        'usual, warm-up': {'adam': ROUGH, 'warmup': 6},
        '1e-06 in the root': {'adam': {'epsilon': 1e-6, 'in_root': True}},
        '0.0001 in the root': {'adam': {'epsilon': 1e-4, 'in_root': True}},
        '0.01 in the root': {'adam': SMOOTH},
    },
    'smollm2': {
        '0.01 in the root': {'adam': SMOOTH},
        '0.01 in the root, half the rate': {'adam': SMOOTH, 'lr': 0.003},
        '1 in the root, eight times the rate': {
            'adam': {'epsilon': 1.0, 'in_root': True},
            'lr': 0.048,
        },
    },
}


# The task


def read_tweets(data: str, split: str, n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return as many tweets with joy as with anger."""
    table = load(data, split)
    table = table[table.joy != table.anger]
    table = pd.DataFrame({'text': table.text, 'label': table.anger})
    table = check_table(table.reset_index(drop=True), ['joy', 'anger'])
    return balanced_subset(table, n_rows, seed)


def encode_tweets(
    model: str, data: str, split: str, n_rows: int, n_tokens: int
) -> tuple[FrozenLM, list[list[int]], pd.Series]:
    """Return the model, the last tokens of tweets, and their labels."""
    lm = get_lm(model, dtype=torch.float32)
    table = read_tweets(data, split, n_rows)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', Truncated)
        ids = lm.encode(list(table.text), max_tokens=n_tokens)
    return lm, ids, table.label


@functools.lru_cache
def cached(*source) -> PromptTexts:
    """Return tweets with their KV caches."""
    return PromptTexts(*encode_tweets(*source))


def source_of(task: dict, split: str) -> tuple:
    """Return which texts a task has for training, as targets, or held out."""
    n_rows = {'train': task['n_train'], 'validation': task['n_targets'], 'test': 300}
    return task['model'], task['data'], split, n_rows[split], task['n_tokens']


def texts_of(task: dict, split: str) -> PromptTexts:
    """Return the texts of a task with their KV caches."""
    return cached(*source_of(task, split))


def order_batches(task: dict, order: int) -> list[np.ndarray]:
    """Return the positions of the texts of each step."""
    rng = np.random.default_rng(order)
    orders = [rng.permutation(task['n_train']) for _ in range(task['epochs'])]
    n_batches = task['n_train'] // task['batch_size']
    return [batch for one in orders for batch in np.array_split(one, n_batches)]


def make_run(task: dict, order: int, adam: dict, warmup: int = 0) -> TrainingRun:
    """Return the training run with one order of batches."""
    texts = texts_of(task, 'train')
    head = make_head(texts.lm, 'linear', 2, task['seed'])
    embeddings = init_prompt(texts.lm, task['n_prompt'], 'vocab', task['seed'])
    start = {'embeddings': embeddings}
    start |= {f'head.{name}': tensor for name, tensor in head.state_dict().items()}
    batches = order_batches(task, order)
    rates = task['lr'] * (1 - np.arange(len(batches)) / len(batches))
    rates *= np.minimum(1, (np.arange(len(batches)) + 1) / (warmup + 1))
    rule = AdamRule(rates.tolist(), **adam)
    return prompt_run(texts, start, batches, rule, RUNS_PER_PASS)


def margins_of(task: dict) -> Callable:
    """Return what is measured: the margins of the targets."""
    return prompt_margins(texts_of(task, 'validation'))


# The jobs


def train_job(task: dict, order: int, adam: dict, weights: np.ndarray) -> dict:
    """Train with each weight vector; return margins and CPU seconds per run."""
    run, measure = make_run(task, order, adam), margins_of(task)
    started = time.process_time()
    values = train_weighted(run, measure, weights)
    seconds = (time.process_time() - started) / len(weights)
    return {'margins': values.numpy(), 'seconds': seconds}


def metagradient_job(task: dict, adam: dict, order: int, weights: np.ndarray) -> dict:
    """Differentiate a run at each weight vector; return CPU seconds of each, too."""
    run, measure = make_run(task, order, adam), margins_of(task)
    started = time.process_time()
    found = metagradient(run, measure, weights)
    seconds = (time.process_time() - started) / len(weights)
    margins, scores = found.values.numpy(), found.scores.numpy()
    return {'margins': margins, 'scores': scores, 'seconds': seconds}


def check_job(task: dict, adam: dict, scores: np.ndarray) -> dict:
    """Compare the derivative at ones with training again."""
    run, measure = make_run(task, ORDERS[0], adam), margins_of(task)
    values, weights = train_weighted(run, measure), torch.ones(1, task['n_train'])
    found = Metagradients(weights, values, torch.as_tensor(scores))
    rough = smoothness(run, measure, found)
    try:
        error = check_metagradient(run, measure, found)
    except DerivativeError:
        error = float('nan')
    return {'smoothness': rough, 'error': error}


def smoothness_job(
    task: dict, adam: dict, warmup: int = 0, lr: float | None = None
) -> dict:
    """Return how well the tangent predicts removals, for the first four targets."""
    if lr is not None:
        task = task | {'lr': lr}
    run, margins = make_run(task, ORDERS[0], adam, warmup), margins_of(task)

    def measure(state):
        return margins(state)[:, :4]

    found = metagradient(run, measure)
    texts = texts_of(task, 'train')
    fitted = train_weighted(run, prompt_margins(texts))
    smooth = {s: smoothness(run, measure, found, 8, s) for s in (0.1, 0.5)}
    return {
        'smoothness': smooth[0.1],
        'smoothness, half removed': smooth[0.5],
        'loss': float(F.softplus(-fitted).mean()),
    }


def libraries_job(task: dict) -> dict:
    """Return the scores of other libraries at the trained prompt."""
    from metagradients_libraries import library_scores

    texts = texts_of(task, 'train')
    run = make_run(task, ORDERS[0], SMOOTH)
    final = final_state(run, torch.ones(1, len(texts)))
    splits = ('train', 'validation')
    rows = [encode_tweets(*source_of(task, split))[1:] for split in splits]
    return library_scores(texts, final, *rows)


def final_scores_job(task: dict) -> dict:
    """Return scores at the trained prompt, and its accuracy on held-out tweets.

    Dot products of gradients are the metagradient of a single step of plain gradient
    descent from there, at weights 0. Similarity is the cosine of the features after the
    prompt, with the sign of label agreement.
    """
    texts, asked, held = (texts_of(task, s) for s in ('train', 'validation', 'test'))
    n_train = len(texts)
    final = final_state(make_run(task, ORDERS[0], SMOOTH), torch.ones(1, n_train))
    names = [name for name in final if '/' not in name]

    def step(state, batch, weights):
        def loss(parameters):
            logits = prompt_logits(texts, parameters)[0]
            losses = F.cross_entropy(logits, texts.labels, reduction='none')
            return (losses * weights[0]).sum()

        gradients = loss_gradients(loss, {name: state[name] for name in names})
        return {name: state[name] - gradients[name] for name in names}

    start = {name: final[name][0] for name in names}
    one_step = TrainingRun(start, step, [0], n_train, runs_per_pass=1)
    found = metagradient(one_step, margins_of(task), np.zeros(n_train))
    with torch.no_grad():
        features, of_targets = (
            F.normalize(own.features(final['embeddings'])[0], dim=-1)
            for own in (texts, asked)
        )
        right = (prompt_margins(held)(final) > 0).float().mean()
    agree = torch.where(texts.labels[:, None] == asked.labels, 1.0, -1.0)
    return {
        'gradients': found.scores[0].numpy(),
        'similarity': (features @ of_targets.T * agree).numpy(),
        'agree': agree.numpy(),
        'accuracy': float(right),
    }


# What is measured, the most important first


class Plan:
    """The jobs of a task.

    Parameters
    ----------
    task : dict
        One of `TASKS` with model, data and seed.
    subsets, draws, draws_per_job, retrainings, without : object
        As in `PLANS`.
    """

    def __init__(self, task, subsets, draws, draws_per_job, retrainings, without):
        self.task, self.n_subsets, self.draws = task, subsets, draws
        self.draws_per_job, self.n_retrainings = draws_per_job, retrainings
        self.without = without

    def masks(self, kind: str, share: float) -> np.ndarray:
        """Return the subsets that scores are judged by, or metagradients are at."""
        n, seed = {
            'truth': (self.n_subsets, 1000),
            'draws': (self.draws.get(share), 0),
            'datamodels': (self.n_retrainings, 2000),
        }[kind]
        return random_subsets(self.task['n_train'], n, share, seed)

    def retrainings(self, name, weights, order=0, adam=SMOOTH) -> list[Job]:
        """List retrainings, a few vectors of weights per job."""
        weights = np.asarray(weights, np.float32)
        parts = np.array_split(weights, math.ceil(len(weights) / GROUP))
        shared = {'task': self.task, 'order': order, 'adam': adam}
        return [
            Job(f'{name}-{number}', train_job, shared | {'weights': part})
            for number, part in enumerate(parts)
        ]

    def metagradients(self, name, weights, adam=SMOOTH, order=ORDERS[0]) -> list[Job]:
        """List metagradients, a few vectors of weights per job."""
        weights = np.asarray(weights, np.float32)
        n_jobs = math.ceil(len(weights) / self.draws_per_job)
        shared = {'task': self.task, 'adam': adam, 'order': order}
        return [
            Job(f'{name}-{number}', metagradient_job, shared | {'weights': part})
            for number, part in enumerate(np.array_split(weights, n_jobs))
        ]

    def smoothness(self) -> list[Job]:
        """List what may make training smooth."""
        return [
            Job(name, smoothness_job, {'task': self.task} | way)
            for name, way in WAYS[self.task['model']].items()
        ]

    def jobs(self) -> dict[str, list[Job]]:
        """List the jobs by what they are for, the most important first."""
        ones = np.ones((1, self.task['n_train']))
        groups = {'final': [Job('final', final_scores_job, {'task': self.task})]}
        for share in SHARES:
            masks = self.masks('truth', share)
            groups[f'truth {share} 0'] = self.retrainings(f'truth-{share}', masks)
        groups['at 1'] = self.metagradients('at-1', ones)
        half = self.metagradients('draw-0.5', self.masks('draws', 0.5))
        groups['few draws 0.5'] = half[: max(1, len(half) // 2)]
        groups['at 1/2'] = self.metagradients('at-half', ones / 2)
        for order in ORDERS[1:]:
            for share in SHARES:
                name, masks = f'truth {share} {order}', self.masks('truth', share)
                groups[name] = self.retrainings(name.replace(' ', '-'), masks, order)
        groups['draws 0.5'] = half
        groups['draws 0.9'] = self.metagradients('draw-0.9', self.masks('draws', 0.9))
        groups['draws 0.5, orders'] = [
            job
            for n, mask in enumerate(self.masks('draws', 0.5))
            for job in self.metagradients(
                f'order-{n}', [mask], order=FIRST_DRAWN_ORDER + n
            )
        ]
        if 'usual epsilon' not in self.without:
            groups['at 1, rough'] = self.metagradients('rough-at-1', ones, ROUGH)
            for share in SHARES:
                name, masks = f'rough truth {share}', self.masks('truth', share)
                groups[name] = self.retrainings(
                    name.replace(' ', '-'), masks, adam=ROUGH
                )
        groups['smoothness'] = self.smoothness()
        if 'datamodels' not in self.without:
            masks = self.masks('datamodels', 0.5)
            groups['datamodels'] = self.retrainings('datamodel', masks)
        return groups


# The report


class Results:
    """What is done of the jobs of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    groups : dict of str to list of Job
        What `Plan.jobs` returned.
    folder : Path
        Where results are.
    """

    def __init__(self, plan: Plan, groups: dict, folder: Path):
        self.plan, self.groups, self.folder = plan, groups, folder
        self.done = set(list_jobs(folder).query("state == 'done'").key)

    def of(self, name: str) -> list[dict]:
        """Return the results of a group, those that are there."""
        jobs = [job for job in self.groups.get(name, ()) if job.key in self.done]
        return run_jobs(jobs, self.folder, progress=False)

    def margins(self, name: str) -> np.ndarray | None:
        """Return the margins of a group of retrainings, if it is complete."""
        parts = self.of(name)
        if not parts or len(parts) < len(self.groups[name]):
            return None
        return np.concatenate([part['margins'] for part in parts])

    def scores(self, name: str) -> list[np.ndarray]:
        """Return the scores of a group, one array per metagradient."""
        parts = self.of(name)
        return [one.astype(float) for part in parts for one in part['scores']]

    def seconds(self, names: list[str]) -> float:
        """Return the median CPU seconds of what the jobs of groups do once."""
        return float(np.median([r['seconds'] for n in names for r in self.of(n)]))

    def judge(self, scores: dict, truth: dict) -> dict:
        """Return the LDS of each method with its interval over subsets, by share."""
        masks = {share: self.plan.masks('truth', float(share)) for share in truth}
        return {
            title: {
                share: list(lds_interval(one, masks[share], margins))
                for share, margins in truth.items()
            }
            for title, one in scores.items()
        }

    def leads(self, scores: dict, truth: dict, first: str) -> dict:
        """Return by how much a method's LDS is above each other's, with intervals."""
        found = {}
        for share, margins in truth.items():
            masks = self.plan.masks('truth', float(share))

            def lead(margins, rows, other, masks=masks):
                ahead, behind = (
                    lds(one, masks[rows], margins).mean()
                    for one in (scores[first], other)
                )
                return ahead - behind

            found[share] = {
                title: bootstrap(
                    functools.partial(lead, other=other),
                    margins,
                    np.arange(len(masks)),
                    100,
                )
                for title, other in scores.items()
                if title != first
            }
        return found

    def mean_lds(self, scores: list[np.ndarray], truth: dict) -> dict:
        """Return the LDS of each share, averaged over scores and targets."""
        masks = {share: self.plan.masks('truth', float(share)) for share in truth}
        return {
            share: float(np.mean([lds(one, masks[share], margins) for one in scores]))
            for share, margins in truth.items()
        }


def candidates(results: Results) -> dict[str, np.ndarray]:
    """Return the scores that are compared."""
    final = results.of('final')
    found = {
        'cosine of features, signed by label': [one['similarity'] for one in final],
        'dot product of final gradients': [one['gradients'] for one in final],
        'metagradient at all weights 1': results.scores('at 1'),
        'metagradient at all weights 1/2': results.scores('at 1/2'),
        'metagradient at 1, usual epsilon': results.scores('at 1, rough'),
    }
    for parts in results.of('libraries'):
        found |= {title: [own] for title, own in parts['scores'].items()}
    kinds = {f'random {s:.0%}': f'draws {s}' for s in results.plan.draws}
    kinds['random 50%, orders drawn too'] = 'draws 0.5, orders'
    for kind, name in kinds.items():
        draws = results.scores(name)
        for centre, function in CENTRES.items():
            title = f'{centre} of {len(draws)} metagradients at {kind}'
            found[title] = [function(draws, axis=0)] if draws else []
    return {title: scores[0].astype(float) for title, scores in found.items() if scores}


def lds_by_draws(results: Results, truth: dict, centre: str) -> list[dict]:
    """Return the LDS of the centre of several draws, averaged over disjoint groups."""
    draws, rows = results.scores('draws 0.5'), []
    for number in (1, 2, 4, 8, 16):
        blocks = [
            CENTRES[centre](draws[number * i : number * (i + 1)], axis=0)
            for i in range(len(draws) // number)
        ]
        if blocks:
            rows.append({'draws': number} | results.mean_lds(blocks, truth))
    return rows


def compare_datamodels(results: Results, truth: dict, prior: np.ndarray) -> list[dict]:
    """Return the LDS of datamodels by retrainings, with a prior or without."""
    margins = np.concatenate([part['margins'] for part in results.of('datamodels')])
    masks = results.plan.masks('datamodels', 0.5)
    rows = []
    for number in (n for n in (24, 48, 96, 192, 288) if n <= len(margins)):
        seen = masks[:number], margins[:number]
        alone, both = fit_datamodel(*seen), fit_datamodel_with_prior(*seen, prior)
        row = {'retrainings': number, 'alone': results.mean_lds([alone], truth)}
        rows.append(row | {'with prior': results.mean_lds([both], truth)})
    return rows


def retraining_truth(results: Results) -> dict:
    """Return margins by kind of truth and share, where complete, and the ceiling."""
    shares = [str(share) for share in SHARES]
    orders = {
        share: [results.margins(f'truth {share} {order}') for order in ORDERS]
        for share in shares
    }
    found = {'lds': {share: orders[share][0] for share in shares}}
    if all(margins is not None for own in orders.values() for margins in own):
        others = {share: np.mean(orders[share][1:], 0) for share in shares}
        found['lds, other orders'] = others
        found['ceiling, other orders'] = {
            share: lds_ceiling(np.stack(orders[share]), n_averaged=2)
            for share in shares
        }
    rough = {share: results.margins(f'rough truth {share}') for share in shares}
    if all(margins is not None for margins in rough.values()):
        found['lds, usual epsilon'] = rough
    return found


# Texts left out: does the answer flip?

LEFT_OUT = 0.05


def supporters(results: Results) -> dict[str, np.ndarray]:
    """Return scores of texts for each answer that the prompt gives, right or wrong."""
    scores = candidates(results)
    final, ones = results.of('final')[0], results.of('at 1')[0]
    chance = np.random.default_rng(1).random(final['agree'].shape)
    chosen = {t: own for t, own in scores.items() if t.startswith(('cosine', 'dot'))}
    chosen['metagradient at all weights 1'] = scores['metagradient at all weights 1']
    chosen['random of the same label'] = chance + final['agree']
    signs = np.sign(ones['margins'][0])
    return {title: own * signs for title, own in chosen.items()}


def leave_jobs(results: Results) -> dict[str, list[Job]]:
    """List retrainings without the texts that support an answer most."""
    jobs, n_train = {}, results.plan.task['n_train']
    for title, scores in supporters(results).items():
        order = np.argsort(-scores, axis=0, kind='stable')
        weights = np.ones(scores.T.shape)
        gone = order[: round(LEFT_OUT * n_train)].T
        np.put_along_axis(weights, gone, 0, axis=1)
        name = f'leave {title}'
        jobs[name] = results.plan.retrainings(name.replace(' ', '-'), weights)
    return jobs


def margins_left(results: Results) -> list[dict]:
    """Return how far answers fell without their supporters, and how many flipped."""
    before, rows = results.of('at 1')[0]['margins'][0], []
    signs = np.sign(before)
    n_removed = round(LEFT_OUT * results.plan.task['n_train'])
    for title in supporters(results):
        margins = results.margins(f'leave {title}')
        if margins is not None:
            after = margins.diagonal() * signs
            falls = margin_falls(before * signs, after, n_removed)
            rows.append({'method': title} | falls)
    return rows


def measure_all(results: Results) -> dict:
    """Return everything that is recorded."""
    truths, scores = retraining_truth(results), candidates(results)
    measured = {
        name: results.judge(scores, truth) if name.startswith('lds') else truth
        for name, truth in truths.items()
    }
    first = 'metagradient at all weights 1'
    measured['lead'] = results.leads(scores, truths['lds'], first)
    measured['accuracy'] = results.of('final')[0]['accuracy']
    for centre in CENTRES:
        name = f'by draws, {centre}'
        measured[name] = lds_by_draws(results, truths['lds'], centre)
    measured['seconds'] = {
        'training': results.seconds(['truth 0.9 0', 'truth 0.5 0']),
        'metagradient': results.seconds(['at 1', 'draws 0.5']),
    }
    if results.of('datamodels'):
        prior = np.median(results.scores('draws 0.5'), 0)
        measured['datamodels'] = compare_datamodels(results, truths['lds'], prior)
    for parts in results.of('libraries'):
        measured['seconds'] |= parts['seconds']
    names = ('epsilon 1e-2 in the root', 'usual epsilon')
    measured['checks'] = dict(zip(names, results.of('checks'), strict=False))
    names = [job.name for job in results.groups.get('smoothness', ())]
    measured['smoothness'] = dict(zip(names, results.of('smoothness'), strict=False))
    measured['leave out'] = margins_left(results)
    return measured


def check_jobs(results: Results) -> list[Job]:
    """List the checks of the metagradients at ones, once these are there."""
    return [
        Job('check', check_job, {'task': results.plan.task, 'adam': adam} | scores)
        for name, adam in {'at 1': SMOOTH, 'at 1, rough': ROUGH}.items()
        for scores in ({'scores': result['scores']} for result in results.of(name))
    ]


def as_table(judged: dict) -> pd.DataFrame:
    """Return LDS values for printing."""
    rows = {
        title: {share: value[0] for share, value in row.items()}
        for title, row in judged.items()
    }
    return pd.DataFrame(rows).T.round(2)


def show(measured: dict) -> None:
    """Print what was measured."""
    for name, value in measured.items():
        is_judged = name.startswith('lds')
        print(f'\n{name}')
        print(as_table(value) if is_judged else value)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--model', choices=list(TASKS), default='tiny')
    parser.add_argument('--data', default='emotion')
    parser.add_argument('--seed', type=int, default=2, help='of the first prompt')
    parser.add_argument('--lr', type=float, help="in place of the task's")
    parser.add_argument('--folder', type=Path, default='runs/metagradients')
    parser.add_argument('--results', help='folder of the ledger; by default none')
    parser.add_argument('--report', action='store_true', help='compute nothing new')
    parser.add_argument('--libraries', action='store_true', help='judge others, too')
    parser.add_argument('--threads', type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse()
    torch.set_num_threads(options.threads)
    task = {'model': options.model, 'data': options.data, 'seed': options.seed}
    task |= TASKS[options.model]
    if options.lr:
        task['lr'] = options.lr
    plan = Plan(task, **PLANS[options.model])
    groups = plan.jobs()
    if options.libraries:
        own = {'libraries': [Job('libraries', libraries_job, {'task': task})]}
        groups = own | groups

    def work(name: str) -> Results:
        if not options.report:
            run_jobs(groups[name], options.folder, description=name)
        return Results(plan, groups, options.folder)

    first = ('final', *(f'truth {share} {ORDERS[0]}' for share in SHARES), 'at 1')
    last = ('draws 0.5', 'draws 0.9', 'draws 0.5, orders', 'smoothness', 'datamodels')
    for name in first:
        results = work(name)
    left_out = leave_jobs(results)
    middle = [name for name in groups if name not in first + last]
    groups |= left_out
    for name in (*left_out, *middle):
        results = work(name)
    groups['checks'] = check_jobs(results)
    for name in ('checks', *(name for name in last if name in groups)):
        results = work(name)
    measured = measure_all(results)
    show(measured)
    if options.results:
        data = {'tiny': 'tweets'}.get(options.model, options.model)
        command = f'python benchmarks/metagradients.py --model {options.model}'
        if options.lr:
            data += f'-{options.lr:g}'
            command += f' --lr {options.lr:g}'
        if options.libraries:
            command += ' --libraries'
        facts = {'n_subsets': plan.n_subsets, 'command': command, 'dtype': 'float32'}
        facts |= {'device': 'cpu', 'threads': options.threads}
        record(f'metagradients-{data}', measured, options.results, **task, **facts)


if __name__ == '__main__':
    main()
