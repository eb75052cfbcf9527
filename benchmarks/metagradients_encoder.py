"""Measure metagradients of a whole encoder against training again.

    python benchmarks/metagradients_encoder.py [--task tuned-tweets] [--draws 4]

The task and its retrainings are those of `attribution.py`. A run on half of the texts
takes half as many steps, so runs with weights 0 and 1 have batches twice as large. Each
draw is at a half and an order of batches of its own, as retrainings are, and one job:
interrupted, the same command resumes. A few targets are followed, since each costs as
much as two training runs.
"""

import argparse
import time
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import transformers
from attribution import TASKS, gradient_scores, train_once, truth

from promptlab.gradients import TensorRows
from promptlab.jobs import Job, run_jobs
from promptlab.metagradients import (
    CENTRES,
    DerivativeError,
    check_metagradient,
    classifier_measure,
    classifier_run,
    fit_datamodel_with_prior,
    metagradient,
)
from promptlab.metrics import bootstrap
from promptlab.report import record
from promptlab.retraining import fit_datamodel, lds, lds_interval, random_subsets

SEED = 900  # of the first run; the next draw is one more
SUBSETS_SEED = 77  # of the halves; those that judge are others


def replay(task: str, draw: int, epsilon: float, positions: list[int]) -> dict:
    """Differentiate the margins of some targets at a random half, in an order."""
    task = TASKS[task]()
    batch_size = 2 * task.config.batch_size
    config = replace(task.config, seed=SEED + draw, batch_size=batch_size)
    half = random_subsets(len(task.table), draw + 1, seed=SUBSETS_SEED)[draw]
    run = classifier_run(task.base, TensorRows(task.train), config, epsilon)
    asked = {name: tensor[positions] for name, tensor in task.targets.items()}
    measure = classifier_measure(task.base, TensorRows(asked))
    started = time.process_time()
    found = metagradient(run, measure, half)
    seconds = time.process_time() - started
    return {
        'scores': found.scores[0].numpy(),
        'margins': found.values[0].numpy(),
        'seconds': seconds,
        'error': agreement(run, measure, found) if draw == 0 else float('nan'),
    }


def agreement(run, measure, found) -> float:
    """Return how far the derivative is from training again, NaN where too far."""
    try:
        return check_metagradient(run, measure, found)
    except DerivativeError:
        return float('nan')


def others(task: str) -> dict:
    """Return the CPU seconds of one run, and scores of methods that need no more."""
    task = TASKS[task]()
    started = time.process_time()
    model, kept = train_once(task, SEED)
    seconds = time.process_time() - started
    score = partial(gradient_scores, task, model)
    scores = {
        'damped, four checkpoints (default)': score(kept[:4]),
        'damped, first checkpoint': score(kept[:1]),
        'last layer, four checkpoints': score(kept[:4], method='last-layer'),
        'tracin, four checkpoints': score(kept[:4], method='tracin'),
    }
    return {'seconds': seconds, 'scores': scores}


def by_draws(draws: list[np.ndarray], judge) -> list[dict]:
    """Return the LDS of the median of several draws, averaged over disjoint groups."""
    rows = []
    for number in (n for n in (1, 2, 4, 8) if n <= len(draws)):
        groups = [
            draws[i : i + number] for i in range(0, len(draws) - number + 1, number)
        ]
        values = [judge(np.median(group, axis=0)) for group in groups]
        rows.append({'draws': number, 'LDS': float(np.mean(values))})
    return rows


def with_retrainings(masks, margins, scores) -> dict[str, float]:
    """Return the LDS on each fold of datamodels that are fitted to the other fold."""
    rows, is_even = [], np.arange(len(masks)) % 2 == 0
    for seen in (is_even, ~is_even):
        given = masks[seen], margins[seen]
        fitted = {
            'metagradients': scores,
            'datamodel': fit_datamodel(*given),
            'datamodel, metagradients as prior': fit_datamodel_with_prior(
                *given, scores
            ),
        }
        judge = masks[~seen], margins[~seen]
        rows.append({name: lds(own, *judge).mean() for name, own in fitted.items()})
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def judge_all(task, positions, found, rest) -> dict:
    """Return the LDS of all methods for the same targets, and what is ahead of what."""
    margins = truth(task).mean(0)[:, positions]
    draws = [one['scores'].astype(float) for one in found]
    scores = {name: own[:, positions] for name, own in rest['scores'].items()}
    for name, centre in CENTRES.items():
        title = f'{name} of {len(draws)} metagradients'
        scores[title] = centre(draws, axis=0)
    first = scores[f'median of {len(draws)} metagradients']

    def lead(margins, rows, other):
        ahead, behind = (lds(s, task.masks[rows], margins) for s in (first, other))
        return (ahead - behind).mean()

    rows, given = np.arange(len(task.masks)), (task.masks, margins)
    return {
        'lds': {k: list(lds_interval(s, *given)) for k, s in scores.items()},
        'lead': {
            k: list(bootstrap(partial(lead, other=s), margins, rows, 100))
            for k, s in scores.items()
            if s is not first
        },
        'by draws': by_draws(draws, lambda s: lds(s, *given).mean()),
        'with retrainings': with_retrainings(*given, first),
        'each target': lds(first, *given).round(3).tolist(),
        'seconds': {
            'training': rest['seconds'],
            'metagradient': float(np.median([one['seconds'] for one in found])),
        },
        'error': found[0]['error'],
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--task', choices=list(TASKS), default='tuned-tweets')
    parser.add_argument('--draws', type=int, default=4)
    parser.add_argument('--targets', type=int, default=8)
    parser.add_argument('--epsilon', type=float, default=1e-8, help='inside the root')
    parser.add_argument('--folder', type=Path, default='runs/metagradients-encoder')
    parser.add_argument('--results', help='folder of the ledger; by default none')
    parser.add_argument('--threads', type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parse()
    warnings.simplefilter('ignore')
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    task = TASKS[options.task]()
    step = len(task.asked) // options.targets
    positions = list(range(0, len(task.asked), step))[: options.targets]
    shared = {'task': options.task, 'epsilon': options.epsilon, 'positions': positions}
    draws = range(options.draws)
    jobs = [Job(f'draw {n}', replay, shared | {'draw': n}) for n in draws]
    found = run_jobs(jobs, options.folder)
    job = Job('others', others, {'task': options.task})
    (rest,) = run_jobs([job], options.folder)
    measured = judge_all(task, positions, found, rest)
    print(measured)
    if options.results:
        named = ('task', 'draws', 'targets', 'epsilon')
        chosen = ' '.join(f'--{name} {getattr(options, name)}' for name in named)
        record(
            f'metagradients-{options.task}',
            measured,
            options.results,
            model=task.model,
            data=task.data,
            seed=[SEED + draw for draw in draws],
            n_targets=len(positions),
            epsilon=options.epsilon,
            dtype='float32',
            device='cpu',
            threads=options.threads,
            command=f'python benchmarks/metagradients_encoder.py {chosen}',
        )


if __name__ == '__main__':
    main()
