"""Measure metagradients of prompts on the bundled model against training again.

    python benchmarks/metagradients.py [--record results] [--folder runs/metagradients]

240 tweets of up to 24 tokens with joy or anger; a prompt of 5 tokens and a linear head,
24 steps of Adam; the margins of 24 other tweets. Each metagradient and each group of
retrainings is a job of its own: interrupted, the same command resumes. What is not
there yet is left out of the table, so `--report` shows an unfinished run. Needs nothing
beside the package, and the data set `emotion` (or `--data mini-emotion`).
"""

import argparse
import functools
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from promptlab.data import balanced_subset, check_table, load
from promptlab.jobs import Job, list_jobs, run_jobs
from promptlab.lm import get_lm
from promptlab.metagradients import (
    CENTRES,
    AdamRule,
    PromptTexts,
    TrainingRun,
    check_metagradient,
    fit_datamodel_with_prior,
    loss_gradients,
    metagradient,
    prompt_logits,
    prompt_margins,
    prompt_run,
    smoothness,
    train_states,
    train_weighted,
)
from promptlab.models import Truncated
from promptlab.prompt import init_prompt, make_head
from promptlab.report import record
from promptlab.retraining import (
    fit_datamodel,
    lds,
    lds_ceiling,
    lds_interval,
    random_subsets,
)

N_TRAIN, N_TARGETS, N_TOKENS = 240, 24, 24
N_SUBSETS, ORDERS, SHARES = 36, (0, 1, 2), (0.9, 0.5)
GROUP = 12  # retrainings per job

# How a run is trained: epsilon and whether it is inside the root.
SMOOTH = {'epsilon': 1e-2, 'in_root': True}
ROUGH = {'epsilon': 1e-8, 'in_root': False}


# The task


def read_tweets(data: str, split: str, n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return as many tweets with joy as with anger."""
    table = load(data, split)
    table = table[table.joy != table.anger]
    table = pd.DataFrame({'text': table.text, 'label': table.anger})
    table = check_table(table.reset_index(drop=True), ['joy', 'anger'])
    return balanced_subset(table, n_rows, seed)


@functools.lru_cache
def encoded(data: str, split: str, n_rows: int, seed: int = 0) -> PromptTexts:
    """Return tweets, their last tokens only, with their KV caches."""
    lm = get_lm('tiny')
    table = read_tweets(data, split, n_rows, seed)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', Truncated)
        ids = lm.encode(list(table.text), max_tokens=N_TOKENS)
    return PromptTexts(lm, ids, table.label)


def order_batches(order: int, batch_size: int, epochs: int) -> list[np.ndarray]:
    """Return the positions of the texts of each step."""
    rng = np.random.default_rng(order)
    orders = [rng.permutation(N_TRAIN) for _ in range(epochs)]
    n_batches = N_TRAIN // batch_size
    return [batch for one in orders for batch in np.array_split(one, n_batches)]


def make_run(settings: dict, order: int, adam: dict, warmup: int = 0) -> TrainingRun:
    """Return the training run with one order of batches."""
    lm = get_lm('tiny')
    head = make_head(lm, 'linear', 2, settings['seed'])
    start = {'embeddings': init_prompt(lm, 5, 'vocab', settings['seed'])}
    start |= {f'head.{name}': tensor for name, tensor in head.state_dict().items()}
    batches = order_batches(order, settings['batch_size'], settings['epochs'])
    rates = settings['lr'] * (1 - np.arange(len(batches)) / len(batches))
    rates *= np.minimum(1, (np.arange(len(batches)) + 1) / (warmup + 1))
    texts = encoded(settings['data'], 'train', N_TRAIN)
    return prompt_run(texts, start, batches, AdamRule(rates.tolist(), **adam))


def targets(settings: dict) -> PromptTexts:
    return encoded(settings['data'], 'validation', N_TARGETS)


# The jobs


def train_job(settings: dict, order: int, adam: dict, weights: np.ndarray) -> dict:
    """Train with each weight vector; return margins and CPU seconds per run."""
    run = make_run(settings, order, adam)
    started = time.process_time()
    values = train_weighted(run, prompt_margins(targets(settings)), weights)
    seconds = (time.process_time() - started) / len(weights)
    return {'margins': values.numpy(), 'seconds': seconds}


def metagradient_job(settings: dict, adam: dict, weights: np.ndarray) -> dict:
    """Differentiate one run; return scores and CPU seconds."""
    run = make_run(settings, ORDERS[0], adam)
    measure = prompt_margins(targets(settings))
    started = time.process_time()
    found = metagradient(run, measure, weights)
    seconds = time.process_time() - started
    return {'scores': found.scores[0].numpy(), 'seconds': seconds}


def check_job(settings: dict, adam: dict, scores: np.ndarray) -> dict:
    """Compare the derivative at ones with training again."""
    run = make_run(settings, ORDERS[0], adam)
    measure = prompt_margins(targets(settings))
    values = train_weighted(run, measure)
    found = argparse.Namespace(
        weights=torch.ones(1, N_TRAIN),
        values=values,
        scores=torch.as_tensor(scores)[None],
    )
    rough = smoothness(run, measure, found)
    try:
        error = check_metagradient(run, measure, found)
    except ValueError:
        error = float('nan')
    return {'smoothness': rough, 'error': error}


def smoothness_job(settings: dict, adam: dict, warmup: int) -> dict:
    """Return how well the tangent predicts removals, for the first four targets."""
    run = make_run(settings, ORDERS[0], adam, warmup)
    margins = prompt_margins(targets(settings))

    def measure(state):
        return margins(state)[:, :4]

    found = metagradient(run, measure)
    return {'smoothness': smoothness(run, measure, found)}


def final_gradient_job(settings: dict) -> dict:
    """Return the dot products of gradients at the trained prompt, and its accuracy.

    They are the metagradient of a single step of plain gradient descent from there, at
    weights 0.
    """
    run = make_run(settings, ORDERS[0], SMOOTH)
    texts = encoded(settings['data'], 'train', N_TRAIN)
    *_, final = train_states(run, torch.ones(1, N_TRAIN))
    names = [name for name in final if '/' not in name]

    def step(state, batch, weights):
        def loss(parameters):
            logits = prompt_logits(texts, parameters)[0]
            losses = torch.nn.functional.cross_entropy(
                logits, texts.labels, reduction='none'
            )
            return (losses * weights[0]).sum()

        gradients = loss_gradients(loss, {name: state[name] for name in names})
        return {name: state[name] - gradients[name] for name in names}

    start = {name: final[name][0] for name in names}
    one_step = TrainingRun(start, step, [0], N_TRAIN, runs_per_pass=1)
    at_zero = np.zeros(N_TRAIN)
    found = metagradient(one_step, prompt_margins(targets(settings)), at_zero)
    held = encoded(settings['data'], 'test', 300)
    with torch.no_grad():
        right = (prompt_margins(held)(final) > 0).float().mean()
    return {'scores': found.scores[0].numpy(), 'accuracy': float(right)}


# What is measured, the most important first


def truth_masks(share: float) -> np.ndarray:
    """Return the subsets that scores are judged by."""
    return random_subsets(N_TRAIN, N_SUBSETS, share, seed=1000)


def truth_jobs(settings: dict, share: float, order: int, adam: dict) -> list[Job]:
    masks = truth_masks(share).astype(np.float32)
    groups = np.split(masks, N_SUBSETS // GROUP)
    kind = 'smooth' if adam == SMOOTH else 'rough'
    return [
        Job(
            f'truth-{kind}-{share}-{order}-{number}',
            train_job,
            {'settings': settings, 'order': order, 'adam': adam, 'weights': group},
        )
        for number, group in enumerate(groups)
    ]


def draw_jobs(
    settings: dict, share: float, numbers: range, adam: dict = SMOOTH
) -> list[Job]:
    masks = random_subsets(N_TRAIN, numbers.stop, share, seed=0).astype(np.float32)
    kind = 'smooth' if adam == SMOOTH else 'rough'
    return [
        Job(
            f'draw-{kind}-{share}-{number}',
            metagradient_job,
            {'settings': settings, 'adam': adam, 'weights': masks[number]},
        )
        for number in numbers
    ]


def weight_job(settings: dict, weight: float, adam: dict) -> Job:
    """Return the metagradient at equal weights."""
    weights = np.full(N_TRAIN, weight, np.float32)
    arguments = {'settings': settings, 'adam': adam, 'weights': weights}
    kind = 'smooth' if adam == SMOOTH else 'rough'
    return Job(f'ones-{kind}-{weight}', metagradient_job, arguments)


def smoothness_jobs(settings: dict) -> list[Job]:
    """List what may make training smooth."""
    inside = [{'epsilon': epsilon, 'in_root': True} for epsilon in (1e-6, 1e-4, 1e-2)]
    ways = {'usual': (ROUGH, 0), 'usual, warm-up': (ROUGH, 6)}
    ways |= {f'{adam["epsilon"]:g} in the root': (adam, 0) for adam in inside}
    return [
        Job(
            name, smoothness_job, {'settings': settings, 'adam': adam, 'warmup': warmup}
        )
        for name, (adam, warmup) in ways.items()
    ]


def datamodel_jobs(settings: dict, n_groups: int = 24) -> list[Job]:
    """List retrainings on halves that datamodels are fitted to."""
    masks = random_subsets(N_TRAIN, n_groups * GROUP, 0.5, seed=2000)
    groups = np.split(masks.astype(np.float32), n_groups)
    return [
        Job(
            f'datamodel-{number}',
            train_job,
            {'settings': settings, 'order': 0, 'adam': SMOOTH, 'weights': group},
        )
        for number, group in enumerate(groups)
    ]


def all_jobs(settings: dict, draws: int) -> dict[str, list[Job]]:
    """List the jobs by what they are for, the most important first."""
    truth = functools.partial(truth_jobs, settings)
    masks = functools.partial(draw_jobs, settings)
    jobs = {'final': [Job('final', final_gradient_job, {'settings': settings})]}
    jobs |= {f'truth {share} 0': truth(share, 0, SMOOTH) for share in SHARES}
    jobs |= {'at 1': [weight_job(settings, 1.0, SMOOTH)], 'few': masks(0.5, range(4))}
    for order in ORDERS[1:]:
        for share in SHARES:
            jobs[f'truth {share} {order}'] = truth(share, order, SMOOTH)
    jobs['at 1, rough'] = [weight_job(settings, 1.0, ROUGH)]
    jobs |= {f'rough truth {share}': truth(share, 0, ROUGH) for share in SHARES}
    jobs['smoothness'] = smoothness_jobs(settings)
    jobs['at 1/2'] = [weight_job(settings, 0.5, SMOOTH)]
    jobs['draws 0.9'] = masks(0.9, range(2))
    jobs['more'] = masks(0.5, range(8))
    jobs['draws 0.5'] = masks(0.5, range(draws))
    jobs['more draws 0.9'] = masks(0.9, range(4))
    jobs['datamodel'] = datamodel_jobs(settings)
    return jobs


# The report


class Results:
    """What is done of the jobs.

    Parameters
    ----------
    groups : dict of str to list of Job
        What `all_jobs` returned.
    folder : Path
        Where results are.
    """

    def __init__(self, groups: dict, folder: Path):
        self.groups, self.folder = groups, folder
        self.done = set(list_jobs(folder).query("state == 'done'").key)

    def of(self, name: str) -> list[dict]:
        """Return the results of a group, those that are there."""
        jobs = [job for job in self.groups[name] if job.key in self.done]
        return run_jobs(jobs, self.folder, progress=False)

    def margins(self, name: str) -> np.ndarray | None:
        """Return the margins of a group of retrainings, if it is complete."""
        parts = self.of(name)
        if len(parts) < len(self.groups[name]):
            return None
        return np.concatenate([part['margins'] for part in parts])

    def scores(self, name: str) -> list[np.ndarray]:
        """Return the scores of a group, one array per metagradient."""
        return [part['scores'].astype(float) for part in self.of(name)]

    def seconds(self, names: list[str]) -> float:
        """Return the median CPU seconds of what the jobs of groups do once."""
        return float(np.median([r['seconds'] for n in names for r in self.of(n)]))


def candidates(results: Results) -> dict[str, np.ndarray]:
    """Return the scores that are compared."""
    single = {
        'dot product of final gradients': 'final',
        'metagradient at all weights 1': 'at 1',
        'metagradient at all weights 1/2': 'at 1/2',
        'metagradient at 1, usual epsilon': 'at 1, rough',
    }
    found = {title: results.scores(name) for title, name in single.items()}
    for share, name in ((0.5, 'draws 0.5'), (0.9, 'more draws 0.9')):
        draws = results.scores(name)
        for centre, function in CENTRES.items():
            title = f'{centre} of {len(draws)} metagradients at random {share:.0%}'
            found[title] = [function(draws, axis=0)] if draws else []
    return {title: scores[0] for title, scores in found.items() if scores}


def lds_by_draws(
    draws: list[np.ndarray], truth: dict[str, np.ndarray], centre: str
) -> list[dict]:
    """Return the LDS of the centre of several draws, averaged over disjoint groups."""
    rows = []
    for number in (1, 2, 4, 8, 16):
        n_blocks = len(draws) // number
        blocks = [
            CENTRES[centre](draws[number * i : number * (i + 1)], axis=0)
            for i in range(n_blocks)
        ]
        if blocks:
            rows.append({'draws': number} | mean_lds(blocks, truth))
    return rows


def mean_lds(scores: list[np.ndarray], truth: dict[str, np.ndarray]) -> dict:
    """Return the LDS of each share, averaged over scores and targets."""
    return {
        share: float(
            np.mean([lds(one, truth_masks(float(share)), margins) for one in scores])
        )
        for share, margins in truth.items()
    }


def judge(scores: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> dict:
    """Return the LDS of each method with its interval over subsets, by share."""
    return {
        title: {
            share: list(lds_interval(one, truth_masks(float(share)), margins))
            for share, margins in truth.items()
        }
        for title, one in scores.items()
    }


def compare_datamodels(results: Results, truth: dict, prior: np.ndarray) -> list[dict]:
    """Return the LDS of datamodels by retrainings, with a prior or without."""
    margins = np.concatenate([part['margins'] for part in results.of('datamodel')])
    n_masks = len(results.groups['datamodel']) * GROUP
    masks = random_subsets(N_TRAIN, n_masks, 0.5, seed=2000)
    rows = []
    for number in (n for n in (24, 48, 96, 192, 288) if n <= len(margins)):
        seen = masks[:number], margins[:number]
        alone, both = fit_datamodel(*seen), fit_datamodel_with_prior(*seen, prior)
        row = {'retrainings': number, 'alone': mean_lds([alone], truth)}
        rows.append(row | {'with prior': mean_lds([both], truth)})
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


def measure_all(results: Results) -> dict:
    """Return everything that is recorded."""
    truths = retraining_truth(results)
    scores = candidates(results)
    draws = results.scores('draws 0.5')
    measured = {
        name: judge(scores, truth) if name.startswith('lds') else truth
        for name, truth in truths.items()
    }
    measured['accuracy'] = results.of('final')[0]['accuracy']
    for centre in CENTRES:
        name = f'by draws, {centre}'
        measured[name] = lds_by_draws(draws, truths['lds'], centre)
    measured['seconds'] = {
        'training': results.seconds(['truth 0.9 0', 'truth 0.5 0']),
        'metagradient': results.seconds(['at 1', 'draws 0.5']),
    }
    if results.of('datamodel'):
        prior = np.median(draws, 0)
        measured['datamodels'] = compare_datamodels(results, truths['lds'], prior)
    names = ('epsilon 1e-2 in the root', 'usual epsilon')
    measured['checks'] = dict(zip(names, results.of('checks'), strict=False))
    names = [job.name for job in results.groups['smoothness']]
    measured['smoothness'] = dict(zip(names, results.of('smoothness'), strict=False))
    return measured


def check_jobs(settings: dict, results: Results) -> list[Job]:
    """List the checks of the metagradients at ones, once these are there."""
    arguments = [
        {'settings': settings, 'adam': adam, 'scores': result['scores']}
        for name, adam in {'at 1': SMOOTH, 'at 1, rough': ROUGH}.items()
        for result in results.of(name)
    ]
    return [Job('check', check_job, one) for one in arguments]


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


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--folder', type=Path, default='runs/metagradients')
    parser.add_argument('--record', help='folder of the ledger')
    parser.add_argument('--report', action='store_true', help='compute nothing new')
    parser.add_argument('--data', default='emotion')
    parser.add_argument('--draws', type=int, default=16)
    parser.add_argument('--lr', type=float, default=0.006)
    parser.add_argument('--seed', type=int, default=2, help='of the first prompt')
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = {
        'data': options.data,
        'seed': options.seed,
        'lr': options.lr,
        'batch_size': 20,
        'epochs': 2,
    }
    groups = all_jobs(settings, options.draws)
    if not options.report:
        for jobs in groups.values():
            run_jobs(jobs, options.folder)
    groups['checks'] = check_jobs(settings, Results(groups, options.folder))
    if not options.report:
        run_jobs(groups['checks'], options.folder)
    measured = measure_all(Results(groups, options.folder))
    show(measured)
    if options.record:
        record(
            'metagradients-tweets',
            measured,
            options.record,
            **settings,
            model='tiny',
            n_train=N_TRAIN,
            n_targets=N_TARGETS,
            n_subsets=N_SUBSETS,
        )
