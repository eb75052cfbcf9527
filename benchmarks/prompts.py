"""Time a training step of a soft prompt under each scheme, side by side in one run.

`python benchmarks/prompts.py [--device cuda]`; needs `benchmarks/requirements.txt`
beside the package. The models are GPT-2 small's shape with random weights, the bundled
LM, and SmolLM2 in the dtype that is fastest here; the texts are random tokens, which do
not change the arithmetic.

Repetitions are interleaved and medians reported, so that a busy machine slows all
schemes alike; a step of more than ten seconds is taken once. Peak memory is that of one
step in a process of its own, above the loaded model, for the first batch size, on one
thread; promptlab's counts the weights in oneDNN's order, once for reading and once for
gradients.
"""

import argparse
import copy
import multiprocessing
import statistics
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import psutil
import torch
import torch.nn.functional as F
from peft import PromptTuningConfig, TaskType, get_peft_model
from transformers import (
    AutoModelForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    logging,
)
from transformers.pytorch_utils import Conv1D

from promptlab.batching import length_batches, pad_ids, padding_ratio
from promptlab.kvcache import KVCacheStore
from promptlab.lm import Encoded, FrozenLM
from promptlab.report import provenance, record

MODELS = {
    'gpt2': 'GPT-2 small shape, random weights, fp32',
    'tiny': 'tiny, fp32',
    'smollm2': 'SmolLM2-135M-Instruct',
}


def load(name, device):
    """Return a model as promptlab has it."""
    if name != 'gpt2':
        dtype = 'auto' if name == 'smollm2' else 'float32'
        return FrozenLM.from_pretrained(name, device, dtype)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=0))
    tokenizer = FrozenLM.from_pretrained('tiny', 'cpu').tokenizer
    return FrozenLM(model, tokenizer, 'gpt2 shape', device)


def random_texts(lengths):
    """Return texts of random tokens."""
    rng = np.random.default_rng(0)
    return Encoded(rng.integers(2, 8000, length).tolist() for length in lengths)


# Schemes: each makes a step(ids, store, positions, targets), one training step.


def adam(*parameters):
    """Return the optimizer that all schemes use."""
    return torch.optim.Adam(parameters, 1e-3)


def random_prompt(lm, n_tokens):
    """Return a prompt to be trained."""
    values = torch.randn(n_tokens, lm.width, device=lm.device) * 0.02
    return torch.nn.Parameter(values)


def blog_step(lm, n_tokens):
    """Make the blog's loop: every step reads the text, then the prompt after it."""
    prompt = random_prompt(lm, n_tokens)
    head = torch.nn.Linear(lm.width, 2, device=lm.device)
    optimizer = adam(prompt, *head.parameters())

    def step(ids, store, positions, targets):
        optimizer.zero_grad()
        padded, _ = pad_ids([ids[i] for i in positions], 0)
        with torch.no_grad():
            cache = lm.model(input_ids=padded.to(lm.device)).past_key_values
        inputs = prompt.to(lm.dtype).expand(len(positions), -1, -1)
        output = lm.base(inputs_embeds=inputs, past_key_values=cache)
        hidden = output.last_hidden_state[:, -1].float()
        F.cross_entropy(head(hidden), targets).backward()
        optimizer.step()

    return step


def peft_step(lm, n_tokens):
    """Make PEFT's prompt tuning of a classifier: the prompt before the text."""
    config = copy.deepcopy(lm.model.config)
    config.pad_token_id, config.num_labels = 1, 2
    classifier = AutoModelForSequenceClassification.from_config(config)
    classifier = classifier.eval().to(lm.device, lm.dtype)
    tuning = PromptTuningConfig(task_type=TaskType.SEQ_CLS, num_virtual_tokens=n_tokens)
    model = get_peft_model(classifier, tuning)
    optimizer = adam(*(w for w in model.parameters() if w.requires_grad))

    def step(ids, store, positions, targets):
        parts = pad_ids([ids[i] for i in positions], 0)
        padded, mask = (part.to(lm.device) for part in parts)
        optimizer.zero_grad()
        output = model(input_ids=padded, attention_mask=mask, labels=targets)
        output.loss.backward()
        optimizer.step()

    return step


def promptlab_step(lm, n_tokens, n_prompts, use_cache):
    """Make promptlab's step: prompts in one pass, KV cached or recomputed."""
    prompts = [random_prompt(lm, n_tokens) for _ in range(n_prompts)]
    heads = [torch.nn.Linear(lm.width, 2, device=lm.device) for _ in prompts]
    weights = [weight for head in heads for weight in head.parameters()]
    optimizer = adam(*prompts, *weights)
    on_cpu = lm.device.type == 'cpu'
    memory = (
        torch.empty(0, dtype=lm.dtype) if on_cpu else None
    )  # as `store.stream` does

    def step(ids, store, positions, targets):
        if use_cache:
            batch = store.batch(positions, memory)
        else:
            batch = lm.kv_batch([ids[i] for i in positions])
        hidden = lm.features(batch, prompts)
        optimizer.zero_grad()
        losses = [
            F.cross_entropy(head(hidden[:, n]), targets) for n, head in enumerate(heads)
        ]
        sum(losses).backward()
        optimizer.step()

    return step


@dataclass
class Scheme:
    """A way to train prompts: makes a step, and says how many prompts it serves."""

    make: Callable
    n_prompts: int = 1
    use_cache: bool = False


BLOG, PEFT, CACHED = (
    "the blog's loop",
    'PEFT prompt tuning, SEQ_CLS',
    'promptlab, cached',
)
SCHEMES = {BLOG: Scheme(blog_step), PEFT: Scheme(peft_step)}
for n_prompts, title in {1: 'promptlab', 16: 'promptlab, 16 prompts'}.items():
    for way in ('recomputed', 'cached'):
        settings = {'n_prompts': n_prompts, 'use_cache': way == 'cached'}
        make = partial(promptlab_step, **settings)
        SCHEMES[f'{title}, {way}'] = Scheme(make, **settings)


# Measuring


def synchronize(device):
    """Wait for a GPU."""
    if torch.device(device).type == 'cuda':
        torch.cuda.synchronize()


def seconds(call, device):
    """Time one call."""
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start


def median_seconds(calls, repetitions, device):
    """Time calls in turns; the first time does not count unless it is long."""
    first = {name: seconds(call, device) for name, call in calls.items()}
    times = {name: [value] if value > 10 else [] for name, value in first.items()}
    for _ in range(repetitions):
        for name, call in calls.items():
            if first[name] <= 10:
                times[name].append(seconds(call, device))
    return {name: statistics.median(values) for name, values in times.items()}


def fill_store(lm, ids, precision=None, batch_size=8):
    """Return a store with all caches of some texts."""
    store = KVCacheStore(lm, ids, precision=precision)
    return store.fill(batch_size, progress=False)


def feature_error(lm, n_tokens, precision):
    """Return the relative error of features against texts run whole and alone."""
    ids = random_texts([1, 17, 60])
    prompt = torch.randn(n_tokens, lm.width, device=lm.device) * 0.02
    with torch.no_grad():
        fast = lm.features(fill_store(lm, ids, precision)[range(3)], prompt)
        slow = []
        for row in ids:
            text = lm.embed(torch.tensor(row, device=lm.device))
            whole = torch.cat([text, prompt.to(text.dtype)])
            output = lm.base(inputs_embeds=whole[None])
            slow.append(output.last_hidden_state[0, -1].float())
    slow = torch.stack(slow)
    return ((fast - slow).norm() / slow.norm()).item()


@dataclass
class Floor:
    """What a cached step cannot avoid: its arithmetic, or its bytes if slower."""

    operations: float
    bytes_moved: float
    operations_per_second: float
    bytes_per_second: float

    @property
    def seconds(self):
        arithmetic = self.operations / self.operations_per_second
        return max(arithmetic, self.bytes_moved / self.bytes_per_second)


def cached_floor(lm, batch_size, length, n_tokens, device):
    """Time a large matrix product and a copy, and count what a step needs of both."""
    square = torch.randn(2048, 2048, device=device, dtype=lm.dtype)
    source = torch.empty(2**26, device=device)
    target = torch.empty_like(source)
    product = min(seconds(lambda: square @ square, device) for _ in range(5))
    copying = min(seconds(lambda: target.copy_(source), device) for _ in range(5))
    embeddings = ('wte', 'wpe', 'embed_tokens')
    blocks = sum(
        weight.numel()
        for name, weight in lm.base.named_parameters()
        if weight.ndim > 1 and not any(part in name for part in embeddings)
    )
    token_bytes = fill_store(lm, random_texts([1])).token_bytes
    cache_bytes = token_bytes * length * batch_size
    # Forward and backward pass; weights and caches are read once in each.
    operations = 4 * blocks * batch_size * n_tokens + 2 * n_tokens * cache_bytes
    return Floor(
        operations,
        2 * lm.dtype.itemsize * blocks + 2 * cache_bytes,
        2 * 2048**3 / product,
        2 * source.nbytes / copying,
    )


def set_up(threads):
    """Make a process quiet and its runs comparable."""
    warnings.simplefilter('ignore')
    logging.set_verbosity_error()
    torch.set_num_threads(threads)
    torch.manual_seed(0)


def peak_of(call):
    """Return how much the process's memory grew during a call, watched every 2 ms."""
    process = psutil.Process()
    before = process.memory_info().rss
    peak, done = before, threading.Event()

    def watch():
        nonlocal peak
        while not done.is_set():
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    call()
    done.set()
    watcher.join()
    return peak - before


def ordered_bytes(lm):
    """Return the size of the weights in oneDNN's order that were made for reading."""
    kinds = (torch.nn.Linear, Conv1D)
    return sum(part.weight.nbytes for part in lm.base.modules() if type(part) in kinds)


def measure_peak(model, device, name, batch_size, length, n_tokens, threads, queue):
    """Put the peak memory of one step above the loaded model into a queue."""
    set_up(threads)
    lm = load(model, device)
    step = SCHEMES[name].make(lm, n_tokens)
    ids = random_texts([length] * batch_size)
    targets = torch.zeros(batch_size, dtype=torch.long, device=device)
    store = fill_store(lm, ids) if SCHEMES[name].use_cache else None
    call = partial(step, ids, store, range(batch_size), targets)
    if torch.device(device).type == 'cuda':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        queue.put(torch.cuda.max_memory_allocated() - before)
    else:
        ours = name.startswith('promptlab')
        queue.put(peak_of(call) + (ordered_bytes(lm) if ours else 0))


def peak_mib(*arguments):
    """Return what `measure_peak` finds in a process of its own, in MiB."""
    context = multiprocessing.get_context('spawn')
    queue = context.Queue()
    process = context.Process(target=measure_peak, args=(*arguments, queue))
    process.start()
    peak = queue.get(timeout=600)
    process.join()
    return peak / 2**20


# Tables


def step_rows(lm, args, model, threads, batch_size, length):
    """Measure a step of each scheme for texts of one length, one row per scheme."""
    length = min(length, lm.context - args.prompt)
    ids = random_texts([length] * batch_size)
    targets = torch.randint(0, 2, (batch_size,), device=args.device)
    store = fill_store(lm, ids)
    calls = {}
    for name, scheme in SCHEMES.items():
        step = scheme.make(lm, args.prompt)
        calls[name] = partial(step, ids, store, range(batch_size), targets)
    times = median_seconds(calls, args.reps, args.device)
    times = {name: value / SCHEMES[name].n_prompts for name, value in times.items()}
    rows = []
    for name, value in times.items():
        row = {
            'batch': batch_size,
            'tokens': length,
            'scheme': name,
            'ms a step and prompt': value * 1e3,
            'times faster than the blog': times[BLOG] / value,
            'times faster than PEFT': times[PEFT] / value,
            'tokens a second': batch_size * length / value,
            'peak MiB': None,
        }
        if (threads, batch_size) == (1, args.batch[0]):
            sizes = (batch_size, length, args.prompt, threads)
            row['peak MiB'] = peak_mib(model, args.device, name, *sizes)
        if name == CACHED:
            floor = cached_floor(lm, batch_size, length, args.prompt, args.device)
            row['floor ms'] = floor.seconds * 1e3
        rows.append(row)
    return rows


def epoch_rows(lm, args, lengths, title, batch_size=8):
    """Measure epochs of each scheme over texts of given lengths, one row per scheme."""
    rng = np.random.default_rng(1)
    ids, lengths = random_texts(lengths), np.asarray(lengths)
    targets = torch.zeros(batch_size, dtype=torch.long, device=args.device)
    store = fill_store(lm, ids, None, batch_size)
    unsorted = np.array_split(rng.permutation(len(ids)), len(ids) // batch_size)
    by_length = length_batches(lengths, batch_size, rng)
    batches = {n: unsorted if n in (BLOG, PEFT) else by_length for n in SCHEMES}

    def epoch(step, name):
        for positions in batches[name]:
            step(ids, store, positions, targets[: len(positions)])

    calls = {'filling': partial(fill_store, lm, ids, None, batch_size)}
    for name, scheme in SCHEMES.items():
        calls[name] = partial(epoch, scheme.make(lm, args.prompt), name)
    times = median_seconds(calls, args.reps, args.device)
    ten_of_blog, rows = 10 * times[BLOG], []
    for name, scheme in SCHEMES.items():
        ten = 10 * times[name] + times['filling'] * scheme.use_cache
        row = {
            'texts': title,
            'scheme': name,
            'padded / real': padding_ratio(lengths, batches[name]),
            's an epoch': times[name] / scheme.n_prompts,
            's ten epochs': ten / scheme.n_prompts,
            'ten epochs: times faster than the blog': ten_of_blog
            / (ten / scheme.n_prompts),
        }
        rows.append(row)
    return rows


def show(rows, title, digits=1):
    """Print rows as a table."""
    table = pd.DataFrame(rows).dropna(axis=1, how='all').round(digits)
    print(f'{title}\n{table.to_string(index=False)}\n', flush=True)


def measure(model, threads, args):
    """Measure and record everything about one model on some threads."""
    set_up(threads)
    lm = load(model, args.device)
    on_gpu = torch.device(args.device).type == 'cuda'
    facts = {
        'model': MODELS[model],
        'dtype': str(lm.dtype),
        'data': 'random tokens',
        'seed': 0,
        'threads': threads,
        'prompt_tokens': args.prompt,
        'reps': args.reps,
        'device': torch.cuda.get_device_name() if on_gpu else 'cpu',
    }
    device = facts['device'].split()[-1].lower()
    measured = {'steps': [], 'epochs': [], 'error': {}, 'kib_a_token': {}}
    for precision in ('fp32', 'fp16', 'int8'):
        measured['error'][precision] = feature_error(lm, args.prompt, precision)
        store = KVCacheStore(lm, random_texts([1]), precision=precision)
        measured['kib_a_token'][precision] = store.token_bytes / 1024
    print(', '.join(f'{k} {v}' for k, v in (facts | provenance()).items()))
    print('relative error and KiB per token:', measured, '\n', flush=True)

    def save():
        if args.record:
            name = f'bench-prompts-{model}-{device}-{threads}'
            record(name, measured, args.record, **facts)

    where = f'{model}, {threads} thread(s)'
    for batch_size in args.batch:
        for length in args.tokens:
            rows = step_rows(lm, args, model, threads, batch_size, length)
            show(rows, f'{where}, batches of {batch_size} texts of {length} tokens')
            measured['steps'] += rows
            save()
    for title, lengths in epoch_texts(args.epoch_texts).items():
        rows = epoch_rows(lm, args, lengths, title)
        show(rows, f'{where}, epochs over {title}', 2)
        measured['epochs'] += rows
        save()


def epoch_texts(n_texts):
    """Return the lengths of the texts of measured epochs: equal, and mixed."""
    if not n_texts:
        return {}
    mixed = np.random.default_rng(0).lognormal(np.log(110), 0.6, n_texts)
    return {
        f'{n_texts} of 128 tokens': [128] * n_texts,
        f'{n_texts} of 20 to 400 tokens': np.clip(mixed, 20, 400).astype(int).tolist(),
    }


def main():
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    threads = sorted({1, torch.get_num_threads()})
    parser.add_argument('--models', nargs='+', default=list(MODELS), choices=MODELS)
    parser.add_argument('--tokens', type=int, nargs='+', default=[32, 128, 256, 512])
    parser.add_argument('--batch', type=int, nargs='+', default=[8, 32])
    parser.add_argument('--prompt', type=int, default=5, help='prompt tokens')
    parser.add_argument('--threads', type=int, nargs='+', default=threads)
    parser.add_argument('--reps', type=int, default=3, help='repetitions')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--epoch-texts', type=int, default=64, help='0: no epochs')
    parser.add_argument('--record', help='a folder for the numbers')
    args = parser.parse_args()
    for model in args.models:
        for threads in args.threads:
            measure(model, threads, args)


if __name__ == '__main__':
    main()
