"""Kill long work anywhere, and do it side by side: the results must be the same bits.

    python tests/kills.py [--kills 64] [--rounds 20] [--only NAME ...] [--seed 0]
    python tests/kills.py --kills 500 --rounds 160   # slow: twenty rounds of each

Everything that keeps what it has done is a kind of work below. Each is done once, and
its result noted. A child is then killed in the middle of it: after a random time,
before a random file operation (opening, renaming, deleting, ...), or when a file grows
beyond a random size, which leaves half a file. Some are killed twice. Another child is
started in the same folder and must end with the noted result, bit for bit. Then four
children at once work in one folder, and all must end with it.

Children are forked from this process, which has loaded everything, so that a kill
takes a fraction of a second.
"""

import argparse
import dataclasses
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, deque
from functools import cache
from pathlib import Path

os.environ |= {'CUDA_VISIBLE_DEVICES': '', 'TOKENIZERS_PARALLELISM': 'false'}

import numpy as np
import torch
from transformers import GPT2Config

from promptlab.data import load
from promptlab.experiments import RunExperiments
from promptlab.finetune import (
    FineTuneConfig,
    finetune_classifier,
    model_rows,
    predict_logits,
)
from promptlab.influence import Attributor
from promptlab.jobs import Job, content_digest, run_jobs
from promptlab.kvcache import KVCacheStore
from promptlab.lm import Encoded, get_lm
from promptlab.models import AutoModelForSequenceClassification, load_model
from promptlab.pretraining import PretrainingConfig, TokenStream, train_lm
from promptlab.prompt import TrainedPrompt, train_many
from promptlab.retraining import RetrainClassifier, retrain, subset_runs

QUIET = {'progress': False}
FILE_EVENTS = {'open', 'os.rename', 'os.remove', 'os.mkdir', 'os.rmdir', 'os.chmod'}
WAYS = ('time', 'operation', 'size')


# The work: each function gets a folder and returns what must be the same


@cache
def reviews(n_rows=24):
    """Return reviews cut to a few words."""
    table = load('mini-imdb').iloc[:n_rows].reset_index(drop=True)
    return table.assign(text=[' '.join(text.split()[:12]) for text in table.text])


@cache
def classifier():
    """Return the bundled model's lowest layer with a new head, and its tokenizer."""
    torch.manual_seed(0)
    changes = {'num_labels': 2, 'n_layer': 1}
    kind = AutoModelForSequenceClassification
    return load_model(kind, 'tiny', new_head=True, **changes)


def prompts(folder):
    """Train two prompts together, with their texts' KV caches on disk."""
    variants = [{'seed': 0}, {'seed': 1, 'schedule': 'cosine'}]
    settings = {'epochs': 4, 'lr': 0.01, 'batch_size': 8, 'patience': 2}
    settings |= {'cache': 'cache', 'cache_budget': {'disk': '1GiB'}, 'validation': 0.3}
    lm = get_lm('tiny')
    trained = train_many(
        lm, reviews(), variants, folder=folder / 'run', **settings, **QUIET
    )
    saved = [TrainedPrompt.load(folder / 'run' / f'0{i}', lm) for i in range(2)]
    return [
        [prompt.embeddings, prompt.head.weight, prompt.history.drop(columns='seconds')]
        for prompt in (*trained, *saved)
    ]


def kv_caches(folder):
    """Fill a store of KV caches on disk."""
    lm = get_lm('tiny')
    ids = lm.encode(reviews(40).text)
    store = KVCacheStore(lm, Encoded(ids), {'disk': '1GiB'})
    store.segment_bytes = 1  # a file per batch
    store.fill(batch_size=4, progress=False)
    return list(store.batch(range(len(ids))))


def finetuning(folder):
    """Fine-tune a classifier with dropout and early stopping, and predict with it."""
    config = FineTuneConfig(epochs=3, lr=1e-3, batch_size=8, patience=2)
    train, validation = reviews().iloc[:16], reviews().iloc[16:]
    options = {'n_layer': 1, 'resid_pdrop': 0.3} | QUIET
    place = folder / 'run'
    best = finetune_classifier('tiny', train, validation, place, config, **options)
    logits, _ = predict_logits(best, validation, folder / 'logits.safetensors', **QUIET)
    return logits


def pretraining(folder):
    """Train a small language model with dropout from scratch."""
    shape = {'vocab_size': 64, 'n_positions': 16, 'n_embd': 16, 'n_layer': 1}
    shape |= {'n_head': 2, 'bos_token_id': None, 'eos_token_id': 0}
    ids = np.random.default_rng(0).integers(64, size=400)
    streams = {'random': TokenStream(ids, np.arange(0, 400, 50))}
    often = {'save_every': 3, 'log_every': 2, 'save_steps': (0, 5)}
    config = PretrainingConfig(12, 4, 16, bf16=False, **often)
    model, log = train_lm(
        streams, streams, {'random': 1}, GPT2Config(**shape), config, folder, **QUIET
    )
    return dict(model.state_dict()), log.drop(columns='seconds')


def probing(folder):
    """Run cells of probing."""
    settings = {'n_folds': 3, 'n_random': 0, 'limit': 24, 'folder': folder}
    run = RunExperiments(['mini-imdb'], [0.4], ['lda'], **settings)
    ledger = run.run_all(progress=False)
    numbers = [c for c in ledger.select_dtypes('number') if 'seconds' not in c]
    ordered = ledger.sort_values(['key', 'fold']).reset_index(drop=True)
    return ordered[['key', 'status', *numbers]]


def attribution(folder):
    """Write gradient features at two checkpoints, and score targets."""
    model, tokenizer = classifier()
    settings = {'max_tokens': 16, 'batch_size': 4, 'shard_rows': 4}
    attributor = Attributor(model, tokenizer, folder=folder, **settings, **QUIET)
    state = {name: tensor / 2 for name, tensor in model.state_dict().items()}
    attributor.featurize(reviews(16)).featurize(reviews(16), state, weight=0.5)
    stores = {name: store.all() for name, store in attributor.stores().items()}
    return stores, attributor.score(reviews(20).iloc[16:])


def retraining(folder):
    """Fine-tune a classifier again on subsets."""
    model, tokenizer = classifier()
    rows = model_rows(model, tokenizer, reviews(), 16)
    config = FineTuneConfig(epochs=1, lr=1e-3, batch_size=8, dropout=False)
    masks = np.random.default_rng(0).random((4, len(rows))) < 0.5
    again = RetrainClassifier(model, rows, rows, config)
    return retrain(again, subset_runs(masks, [0]), folder, **QUIET)


def piece(number):
    """Return arrays and a table, or fail."""
    time.sleep(0.01)
    if number == 3:
        raise ValueError('three is refused')
    draws = np.random.default_rng(number).normal(size=(20, number + 1))
    return {'draws': draws, 'table': reviews(3), 'names': ('a', None, number)}


def jobs(folder):
    """Run jobs, of which one fails."""
    pieces = [Job(f'piece {n}', piece, {'number': n}) for n in range(8)]
    results = run_jobs(pieces, folder, on_error='return', **QUIET)
    return [getattr(result, 'message', result) for result in results]


WORK = [
    prompts, kv_caches, finetuning, pretraining, probing, attribution, retraining, jobs
]  # fmt: skip


# Children


@dataclasses.dataclass
class Reference:
    """What the work gives when it is left alone, and what it takes."""

    digest: str
    seconds: float
    n_operations: int
    sizes: list[int]


@dataclasses.dataclass
class Child:
    """A forked process that does some work."""

    pid: int
    pipe: int
    log: Path

    def end(self):
        """Wait for it; return what it reports, or None if it was killed."""
        with os.fdopen(self.pipe) as pipe:
            report = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return None
        if not report:
            raise AssertionError(f'a child failed:\n{self.log.read_text()[-3000:]}')
        return json.loads(report)


def watch_operations(folder, last=None):
    """Count the file operations in a folder, and die before the last one."""
    place, count = str(folder), [0]

    def watch(event, arguments):
        if event in FILE_EVENTS and str(arguments[0]).startswith(place):
            count[0] += 1
            if count[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    return count


def die_beyond(size):
    """Let the system kill this process when it makes a file larger than so many bytes.

    What fits is written before.
    """
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def start(work, folder, last=None, size=None):
    """Fork a child that does the work in a folder, perhaps until it dies."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder.parent / f'{folder.name}.log'
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return Child(pid, reader, log)
    try:
        with log.open('w') as file:
            os.dup2(file.fileno(), 2)
        os.environ['PROMPTLAB_CACHE'] = str(folder / 'cache')
        torch.set_num_threads(1)  # torch makes its threads anew, before loaders race
        count = watch_operations(folder, last)
        if size is not None:
            die_beyond(size)
        started = time.perf_counter()
        digest = content_digest(work(folder))
        report = [digest, time.perf_counter() - started, count[0]]
        os.write(writer, json.dumps(report).encode())
        os._exit(0)
    except BaseException:
        log.write_text(traceback.format_exc())
        os._exit(1)


def measure(work, folder):
    """Do the work here, so that everything is loaded, and twice in a child."""
    (folder / 'here').mkdir(parents=True)
    os.environ['PROMPTLAB_CACHE'] = str(folder / 'here' / 'cache')
    digest = content_digest(work(folder / 'here'))
    child, again = (start(work, folder / 'child').end() for _ in range(2))
    assert digest == child[0] == again[0], f'{work.__name__} differs from itself'
    sizes = [p.stat().st_size for p in (folder / 'child').rglob('*') if p.is_file()]
    return Reference(*child, [size for size in sizes if size])


def kill_once(work, folder, reference, way, rng):
    """Kill a child in the middle of its work; return whether it died."""
    if way == 'operation':
        child = start(work, folder, last=rng.randint(1, reference.n_operations))
    elif way == 'size':
        child = start(work, folder, size=rng.randrange(rng.choice(reference.sizes)))
    else:
        child = start(work, folder)
        time.sleep(rng.random() * reference.seconds)
        os.kill(child.pid, signal.SIGKILL)
    report = child.end()
    if report is not None:
        check(work, folder, report[0], reference)
    return report is None


def check(work, folder, digest, reference):
    """Complain if a result is not that of the uninterrupted work."""
    if digest != reference.digest:
        raise AssertionError(f'{work.__name__} in {folder} has another result')


def kill_and_restart(work, folder, reference, ways, rng):
    """Kill the work once or twice, do it to the end, and return how it was killed."""
    killed = []
    for _ in range(rng.choice([1, 1, 2])):
        if kill_once(work, folder, reference, ways[0], rng):
            killed.append(ways[0])
            ways.rotate()
    check(work, folder, start(work, folder).end()[0], reference)
    return killed


def side_by_side(work, folder, reference, n_children=4):
    """Let children work in one folder at the same time."""
    children = [start(work, folder) for _ in range(n_children)]
    for child in children:
        check(work, folder, child.end()[0], reference)


# All of it


def try_work(work, folder, n_kills, n_rounds, rng):
    """Kill some work so often, then do it side by side; return a row of the table."""
    started = cpu_seconds()
    reference = measure(work, folder)
    killed, ways, n_restarts = Counter(), deque(WAYS), 0
    while killed.total() < n_kills:
        place = folder / f'kill-{n_restarts}'
        killed.update(kill_and_restart(work, place, reference, ways, rng))
        shutil.rmtree(place)
        n_restarts += 1
    for number in range(n_rounds):
        side_by_side(work, folder / f'round-{number}', reference)
        shutil.rmtree(folder / f'round-{number}')
    return {
        'work': work.__name__,
        'kills': killed.total(),
        **{way: killed[way] for way in WAYS},
        'restarts': n_restarts,
        'rounds': n_rounds,
        'operations': reference.n_operations,
        'CPU seconds': round(cpu_seconds() - started, 1),
    }


def cpu_seconds():
    """Return what this process and its children have taken."""
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    usages = [resource.getrusage(kind) for kind in kinds]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def share(total, n_parts):
    """Divide a number into whole parts that differ by at most one."""
    return [total // n_parts + (i < total % n_parts) for i in range(n_parts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--kills', type=int, default=64)
    parser.add_argument('--rounds', type=int, default=20, help='of four side by side')
    parser.add_argument('--only', nargs='*', help='names of some of the work')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter('ignore')
    torch.set_num_threads(1)
    chosen = [work for work in WORK if not args.only or work.__name__ in args.only]
    counts = zip(
        chosen,
        share(args.kills, len(chosen)),
        share(args.rounds, len(chosen)),
        strict=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        for work, n_kills, n_rounds in counts:
            place = Path(folder).resolve() / work.__name__
            rng = random.Random(f'{args.seed} {work.__name__}')
            row = try_work(work, place, n_kills, n_rounds, rng)
            print(json.dumps(row), flush=True)


if __name__ == '__main__':
    main()
