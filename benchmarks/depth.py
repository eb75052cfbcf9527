"""Train prompts for emotions on the first layers of a language model.

    python benchmarks/pretrained.py emotion --epochs 8 --max-tokens 64 \\
        --folder runs/pretrained-8-epochs
    python benchmarks/depth.py [--results results]

The layers above are taken away, the final norm stays. As in the post on linear heads,
prompts of five tokens with a linear head learn from all tweets; two seeds for each
depth. Then prompts of these depths and those of the whole model, from the first
command, are averaged: which ones is chosen on dev tweets. An interrupted run resumes
from `--folder`.
"""

import argparse
import copy
import warnings
from pathlib import Path

import numpy as np
import torch
from linear_head import (
    BY_LABEL,
    ON_TWEETS,
    cross_decide,
    decide_each,
    score_rules,
    stack_logits,
)

from promptlab.data import load, targets
from promptlab.jobs import Job, run_jobs
from promptlab.linear_head import score_decisions, score_difference
from promptlab.lm import FrozenLM, get_lm
from promptlab.models import Truncated
from promptlab.prompt import TrainedPrompt, train_many
from promptlab.report import record

MODEL, DEPTHS, SEEDS = 'smollm2', (20, 10), (0, 1)
SPLITS = ('train', 'validation', 'test')
CACHE = {'budget': {'disk': '40GiB'}, 'precision': None}


def first_layers(lm, n_layers):
    """Return a model of the first layers, which shares the weights of the whole one."""
    model, base = copy.copy(lm.model), copy.copy(lm.model.model)
    for module in (model, base):
        module._modules = dict(module._modules)
    base.layers = base.layers[:n_layers]
    base.config = model.config = copy.deepcopy(model.config)
    model.config.num_hidden_layers = n_layers
    model.model = base
    return FrozenLM(model, lm.tokenizer, f'{lm.name}, {n_layers} layers')


def depth_logits(lm, tables, folder):
    """Train a prompt per seed; return their logits for dev and test tweets."""
    prompts = train_many(
        lm,
        tables['train'],
        [{'seed': seed} for seed in SEEDS],
        tables['validation'],
        folder,
        cache_budget=CACHE['budget'],
        **ON_TWEETS,
    )
    return split_logits(prompts, tables)


def split_logits(prompts, tables):
    """Return the logits of prompts for dev and test tweets."""
    return {
        split: stack_logits(prompts, tables[split].text, CACHE).astype(float)
        for split in SPLITS[1:]
    }


def choose_members(true, dev):
    """Return the members whose mean logits are best on dev tweets, one added at a time.

    Ensemble selection: R. Caruana et al., "Ensemble selection from libraries of
    models", ICML 2004; here without repetitions.
    """
    chosen, best = [], -np.inf
    while len(chosen) < dev.shape[1]:
        found = {}
        for member in set(range(dev.shape[1])) - set(chosen):
            mean = dev[:, [*chosen, member]].mean(1)
            found[member] = score_decisions(true, cross_decide(BY_LABEL, mean, true))
        member = max(found, key=found.get)
        if found[member] <= best:
            break
        chosen, best = [*chosen, member], found[member]
    return chosen


def average(true, by_group):
    """Average the members that dev tweets choose; compare them with the best one."""
    together = {
        split: np.concatenate([logits[split] for logits in by_group.values()], 1)
        for split in SPLITS[1:]
    }
    names = [
        f'{name}, prompt {i}'
        for name, logits in by_group.items()
        for i in range(logits['test'].shape[1])
    ]
    chosen = choose_members(true['validation'], together['validation'])
    mean = {split: x[:, chosen].mean(1, keepdims=True) for split, x in together.items()}
    first = {split: logits[:, chosen[:1]] for split, logits in together.items()}
    said = [decide_each(BY_LABEL, logits, true) for logits in (mean, first)]
    return {
        'chosen': [names[i] for i in chosen],
        'mean of the chosen': score_rules(true, mean),
        'best alone': score_rules(true, first),
        'ahead of the best alone': score_difference(true['test'], *said),
    }


def main():
    """Train and score one depth after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--pretrained', default='runs/pretrained-8-epochs')
    parser.add_argument('--folder', default='runs/depth')
    parser.add_argument('--results', default='results')
    args = parser.parse_args()
    warnings.simplefilter('ignore', Truncated)
    lm, folder = get_lm(MODEL, dtype='auto'), Path(args.folder)
    saved = sorted((Path(args.pretrained) / 'emotion/training').rglob('prompt.json'))
    whole = [TrainedPrompt.load(path.parent, lm) for path in saved]
    if not whole:
        parser.error(f'{args.pretrained} has no prompts; run pretrained.py first.')
    tables = {split: load('emotion', split) for split in SPLITS}
    true = {split: targets(table).astype(int) for split, table in tables.items()}
    groups = {}

    def compute(name, function, **arguments):
        job = Job(name, function, arguments | {'tables': tables})
        (groups[name],) = run_jobs([job], folder / 'jobs', progress=False)

    for n_layers in DEPTHS:
        own = {'lm': first_layers(lm, n_layers), 'folder': folder / str(n_layers)}
        compute(f'{n_layers} layers', depth_logits, **own)
    measured = {name: score_rules(true, logits) for name, logits in groups.items()}
    compute('all layers', split_logits, prompts=whole)
    measured |= average(true, groups)
    record(
        f'linear-head-depth-{MODEL}',
        measured,
        args.results,
        model=MODEL,
        data='SemEval-2018 E-c',
        rows=', '.join(f'{len(tables[split]):,} {split}' for split in SPLITS),
        seed=', '.join(map(str, SEEDS)),
        **{name: ON_TWEETS[name] for name in ('epochs', 'lr', 'max_tokens')},
        n_tokens=5,
        whole=[
            {name: prompt.settings[name] for name in ('n_tokens', 'epochs', 'seed')}
            for prompt in whole
        ],
        device='cpu',
        threads=torch.get_num_threads(),
        dtype=str(lm.dtype),
        command='python benchmarks/depth.py',
    )


if __name__ == '__main__':
    main()
