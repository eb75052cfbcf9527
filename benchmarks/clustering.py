"""Time losses over all pairs of a batch: copies of all pairs against one Gram matrix.

    python benchmarks/clustering.py [--record results]

Loss and gradient together, repetitions interleaved, medians; the memory is the largest
growth of a fresh process while it works. Both forms must give the same value. Needs
nothing beside the package.
"""

import argparse
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable

import pandas as pd
import psutil
import torch
import torch.nn.functional as F

from promptlab.losses import cosine_pairs, distance_pairs
from promptlab.report import provenance, record

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def copy_pairs(embeddings, targets):
    """Return both sides of all ordered pairs, and whether their classes are equal."""
    rows = torch.arange(len(embeddings))
    first, second = torch.cartesian_prod(rows, rows).T
    same = targets[first] == targets[second]
    return embeddings[first], embeddings[second], same


def copied_cosine_pairs(embeddings, targets):
    first, second, same = copy_pairs(embeddings, targets)
    return F.cosine_embedding_loss(first, second, torch.where(same, 1, -1))


def copied_distance_pairs(embeddings, targets):
    first, second, same = copy_pairs(embeddings, targets)
    distances = F.pairwise_distance(first, second)
    return distances[same].sum() + (1 / distances[~same]).sum()


FORMS = {
    'cosine': {'pairs': copied_cosine_pairs, 'Gram': cosine_pairs},
    'distance': {'pairs': copied_distance_pairs, 'Gram': distance_pairs},
}


def make_batch(n_rows: int, vocabulary: int, seed: int = 0):
    """Draw logits like a language model's: shared by all texts, and each text's own."""
    generator = torch.Generator().manual_seed(seed)
    shared = torch.randn(vocabulary, generator=generator) * 5
    own = torch.randn(n_rows, vocabulary, generator=generator)
    return (shared + own).requires_grad_(), torch.arange(n_rows) % 2


def step(loss: Loss, embeddings: torch.Tensor, targets: torch.Tensor) -> float:
    """Compute a loss and its gradient."""
    embeddings.grad = None
    value = loss(embeddings, targets)
    value.backward()
    return value.item()


def median_seconds(losses: list[Loss], batch, repetitions: int) -> list[float]:
    """Return the median time of each loss, repetitions interleaved."""
    times = [[] for _ in losses]
    for loss in losses:
        step(loss, *batch)
    for _ in range(repetitions):
        for loss, own in zip(losses, times, strict=True):
            start = time.perf_counter()
            step(loss, *batch)
            own.append(time.perf_counter() - start)
    return [statistics.median(own) for own in times]


def peak_growth(name: str, form: str, n_rows: int, vocabulary: int) -> float:
    """Return the largest growth of this process over ten steps, in MiB."""
    loss = FORMS[name][form]
    memory = psutil.Process().memory_info
    done = threading.Event()
    step(loss, *make_batch(4, 100))
    batch = make_batch(n_rows, vocabulary)
    seen = [memory().rss]

    def watch():
        while not done.wait(0.0005):
            seen.append(memory().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(10):
        step(loss, *batch)
    done.set()
    watcher.join()
    return (max(seen) - seen[0]) / 2**20


def fresh_peak_growth(*arguments) -> float:
    """Measure the growth in a process where no freed memory waits to be used again."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(peak_growth, arguments)


def gradient(loss: Loss, embeddings: torch.Tensor, targets: torch.Tensor):
    step(loss, embeddings, targets)
    return embeddings.grad.clone()


def compare(name: str, n_rows: int, vocabulary: int, repetitions: int) -> dict:
    """Return time, memory and difference of both forms of one loss."""
    batch = make_batch(n_rows, vocabulary)
    forms = list(FORMS[name].values())
    slow, fast = median_seconds(forms, batch, repetitions)
    slow_value, fast_value = (step(loss, *batch) for loss in forms)
    slow_gradient, fast_gradient = (gradient(loss, *batch) for loss in forms)
    difference = (slow_gradient - fast_gradient).norm() / slow_gradient.norm()
    return {
        'ms, pairs': slow * 1e3,
        'ms, Gram': fast * 1e3,
        'times faster': slow / fast,
        'MB, pairs': fresh_peak_growth(name, 'pairs', n_rows, vocabulary),
        'MB, Gram': fresh_peak_growth(name, 'Gram', n_rows, vocabulary),
        'difference': abs(slow_value - fast_value) / abs(slow_value),
        'gradient difference': difference.item(),
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rows', type=int, default=32, help='texts per batch')
    parser.add_argument('--vocab', type=int, default=50257, help='outputs per text')
    parser.add_argument('--reps', type=int, default=7, help='repetitions')
    parser.add_argument('--threads', type=int, default=1, help='of torch')
    parser.add_argument(
        '--record', metavar='FOLDER', help='write clustering-bench.json there'
    )
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    sizes = options.rows, options.vocab, options.reps
    measured = {name: compare(name, *sizes) for name in FORMS}
    table = pd.DataFrame(measured).T
    print(table.map('{:.3g}'.format).to_string())
    made_by = ', '.join(f'{key} {value}' for key, value in provenance().items())
    print(
        f'{options.rows} texts, {options.vocab} tokens, {options.threads} thread(s), '
        f'median of {options.reps}, fp32; {made_by}'
    )
    if (table.difference > 1e-5).any():
        raise SystemExit('The two forms of a loss differ.')
    if options.record:
        record(
            'clustering-bench',
            measured,
            options.record,
            rows=options.rows,
            vocabulary=options.vocab,
            threads=options.threads,
            repetitions=options.reps,
            seed=0,
            device='cpu',
            model='none: random logits',
            data='random',
            command='python benchmarks/clustering.py --record results',
        )


if __name__ == '__main__':
    main()
