"""Measure whether classifiers say probabilities, on real data.

    python benchmarks/calibration.py --part emotion --model smollm2 --prompt FOLDER ...
    python benchmarks/calibration.py --part sentiment --model smollm2 --prompt FOLDER

`emotion` and `sentiment` take trained, uncalibrated prompts, or train some; `sentiment`
also meets tweets. `encoder` fine-tunes an encoder on pairs of questions and then meets
QNLI, `sizes` cuts its layers. Logits are computed once and kept in `--folder`, so that
an interrupted run resumes.
"""

import argparse
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from promptlab.batching import length_batches
from promptlab.calibration import (
    compare_calibrators,
    compare_labels,
    compare_shift,
    label_curve,
    score_counts,
)
from promptlab.calibrators import CALIBRATORS, unweight
from promptlab.data import load, split_rows, targets
from promptlab.finetune import FineTuneConfig, finetune_classifier, predict_logits
from promptlab.jobs import Job, run_jobs
from promptlab.kvcache import KVCacheStore
from promptlab.lm import get_lm
from promptlab.models import Truncated, load_config
from promptlab.prompt import TrainedPrompt, train_many
from promptlab.report import record

POSITIVE = {'joy', 'love', 'optimism'}
NEGATIVE = {'anger', 'disgust', 'fear', 'pessimism', 'sadness'}
EMOTION_CURVE = ('temperature', 'platt', 'platt, each label', 'isotonic, each label')
CURVE = ('temperature', 'platt', 'beta', 'isotonic', 'histogram', 'venn_abers')


# Logits, computed once


@cache
def read_prompts(folders, model):
    """Load prompts that share a model."""
    lm = get_lm(model, dtype='auto')
    return {folder: TrainedPrompt.load(folder, lm) for folder in folders}


def read_texts(texts, folders, model):
    """Return the logits of each prompt for some texts; KV caches on disk are used."""
    prompts = [*read_prompts(folders, model).values()]
    lm, ids = prompts[0].lm, prompts[0].encode(texts)
    store = KVCacheStore(lm, ids, {'disk': '40GiB'}).fill(progress=False)
    embeddings = [prompt.embeddings for prompt in prompts]
    logits = np.zeros((len(prompts), len(ids), prompts[0].head.size), np.float32)
    for rows, batch in store.stream(length_batches(ids.lengths, 32)):
        with torch.no_grad():
            hidden = lm.features(batch, embeddings)
            for i, prompt in enumerate(prompts):
                logits[i, rows] = prompt.head(hidden[:, i]).float().numpy()
    return [*logits]


def prompt_logits(arguments, table, texts_per_job=500):
    """Return the logits of each prompt for a table, in resumable pieces."""
    folders = tuple(arguments.prompt)
    known = [Path(folder, 'prompt.json').read_text() for folder in folders]
    starts = range(0, len(table), texts_per_job)
    jobs = [
        Job(
            f'{table.attrs["name"]} {start}',
            read_texts,
            {
                'texts': table.text.tolist()[start : start + texts_per_job],
                'folders': folders,
                'model': arguments.model,
            },
            depends=tuple(known),
        )
        for start in starts
    ]
    pieces = run_jobs(jobs, Path(arguments.folder) / 'logits')
    return [np.concatenate(parts) for parts in zip(*pieces, strict=True)]


def scored(arguments, table):
    """Return logits and integer targets of a table, for each prompt."""
    truth = targets(table).astype(int)
    return [(logits, truth) for logits in prompt_logits(arguments, table)]


def draw(table, n_rows):
    """Return at most so many rows of a table."""
    return table if n_rows is None else table.iloc[:n_rows]


# Prompts


def train_prompts(arguments, table, variants, **settings):
    """Train prompts, unless there are some; a finished training is not repeated."""
    if arguments.prompt:
        return
    folder = Path(arguments.folder) / f'{arguments.part}-{arguments.name}'
    lm = get_lm(arguments.model, dtype='auto')
    settings |= {'lr': 0.01, 'schedule': 'linear'}
    train_many(lm, table, variants, folder=folder, **settings)
    folders = [folder] if len(variants) == 1 else sorted(folder.glob('[0-9][0-9]'))
    arguments.prompt = [str(path) for path in folders]


def settings_of(arguments):
    """Return what sets each prompt apart."""
    prompts = read_prompts(tuple(arguments.prompt), arguments.model)
    shown = ('lr', 'n_tokens', 'epochs', 'rows', 'max_tokens', 'seed', 'data')
    return [
        {name: prompt.settings.get(name) for name in shown}
        for prompt in prompts.values()
    ]


def write(arguments, name, measured, **facts):
    """Record what was measured with how it was."""
    facts = {
        'model': arguments.model,
        'device': 'cpu',
        'threads': torch.get_num_threads(),
        'intervals': '95 % bootstrap over test rows',
        'command': f'python benchmarks/calibration.py --part {arguments.part}'
        f' --model {arguments.model}',
    } | facts
    print(record(f'calibration-{name}', measured, arguments.results, **facts))


def measure_emotion(arguments):
    """Measure prompts for eleven emotions, several of one model in one pass."""
    train = load('emotion', 'train')
    held_out = draw(load('emotion', 'validation'), arguments.rows)
    test = draw(load('emotion', 'test'), arguments.rows)
    train_prompts(
        arguments,
        train.sample(min(4000, arguments.rows or 4000), random_state=0),
        [{'seed': seed} for seed in range(arguments.seeds)],
        epochs=4,
    )
    names = train.attrs['labels']
    pairs = list(zip(scored(arguments, held_out), scored(arguments, test), strict=True))
    weighted = targets(train)
    runs = [compare_labels(*pair, weighted, names) for pair in pairs]
    plain = [(unweight(logits, weighted), truth) for logits, truth in pairs[0]]
    sizes = [n for n in (20, 50, 100, 300) if n < len(held_out)] + [len(held_out)]
    measured = {
        'runs': [
            run | {'settings': settings}
            for run, settings in zip(runs, settings_of(arguments), strict=True)
        ],
        'curve': label_curve(*plain, sizes, EMOTION_CURVE).to_dict('records'),
        'counts': score_counts(plain[1]),
    }
    write(
        arguments,
        f'emotion-{arguments.name}',
        measured,
        data='emotion',
        rows=f'{len(held_out):,} to calibrate, {len(test):,} test',
        dtype=str(get_lm(arguments.model, dtype='auto').dtype),
        seed=0,
    )


def with_polarity(table):
    """Return the tweets whose emotions are all good or all bad, as `label` 1 or 0."""
    has = {
        name: table[sorted(group & set(table.attrs['labels']))].any(axis=1)
        for name, group in (('good', POSITIVE), ('bad', NEGATIVE))
    }
    one_sided = table[has['good'] != has['bad']].reset_index(drop=True)
    label = one_sided[sorted(POSITIVE)].any(axis=1).astype(int)
    polar = pd.DataFrame({'text': one_sided.text, 'label': label})
    return load(polar, labels=['0', '1'])


def measure_sentiment(arguments):
    """Measure a prompt for film reviews, on reviews and on tweets."""
    train = load('imdb', 'train', limit=min(400, arguments.rows or 400))
    variants = [{'seed': 0}]
    train_prompts(arguments, train, variants, epochs=4, max_tokens=128)
    rows = load('imdb', 'test', limit=arguments.rows or 1000)
    held_out, test = split_rows(rows, (0.4, 0.6))
    tweets = draw(with_polarity(load('emotion', 'test')), arguments.rows or 1200)
    (fit_on,), (measure,) = scored(arguments, held_out), scored(arguments, test)
    (away,) = scored(arguments, tweets)
    sizes = [n for n in (20, 50, 100, 200) if n < len(held_out)] + [len(held_out)]
    dtype = str(get_lm(arguments.model, dtype='auto').dtype)
    facts = {'dtype': dtype, 'seed': 0, 'settings': settings_of(arguments)[0]}
    measured = compare_calibrators(fit_on, measure, [*CALIBRATORS])
    measured['curve'] = label_curve(fit_on, measure, sizes, CURVE).to_dict('records')
    measured['counts'] = score_counts(measure)
    counts = f'{len(held_out):,} to calibrate, {len(test):,} test'
    name = f'sentiment-{arguments.name}'
    write(arguments, name, measured, data='imdb', rows=counts, **facts)
    shift = compare_shift(fit_on, away) | {'counts': score_counts(away)}
    counts = f'{len(held_out):,} reviews and {len(tweets) // 2:,} tweets to calibrate, '
    counts += f'{len(tweets) - len(tweets) // 2:,} tweets to measure'
    name, data = f'shift-{arguments.name}', 'imdb, then emotion as good or bad'
    write(arguments, name, shift, data=data, rows=counts, **facts)


# Encoders


def encoder_facts(arguments, split):
    """Return what the records of an encoder say."""
    counts = [f'{len(table):,}' for table in split]
    return {
        'rows': '{} train, {} to calibrate, {} test'.format(*counts),
        'seed': 0,
        'epochs': 2,
        'dtype': 'bfloat16 autocast in training, float32 after',
        'model': f'{arguments.model}, fine-tuned',
    }


def duplicate_questions(arguments):
    """Return pairs of questions in three parts that share no question."""
    tables = [load('duplicates', split) for split in ('train', 'validation')]
    pairs = pd.concat(tables).reset_index(drop=True).drop(columns='id')
    pairs.attrs['labels'] = ['different', 'duplicate']
    return split_rows(draw(pairs, arguments.rows))


def measure_encoder(arguments):
    """Fine-tune an encoder on pairs of questions; measure it there and on QNLI."""
    split = duplicate_questions(arguments)
    folder = Path(arguments.folder)
    facts = encoder_facts(arguments, split)
    epochs = []
    for n_epochs in (1, 2):
        config = FineTuneConfig(epochs=n_epochs, bf16=True)
        run = folder / f'epochs-{n_epochs}'
        best = finetune_classifier(arguments.model, split[0], None, run, config)
        held_out, test = (
            predict_logits(best, table, run / f'{name}.safetensors')
            for name, table in zip(('held-out', 'test'), split[1:], strict=True)
        )
        epochs.append(compare_calibrators(held_out, test, [*CALIBRATORS]))
    sizes = [n for n in (20, 50, 100, 300, 1000) if n < len(held_out[1])]
    curve = label_curve(held_out, test, [*sizes, len(held_out[1])], CURVE)
    measured = epochs[1] | {'first_epoch': epochs[0], 'counts': score_counts(test)}
    measured['curve'] = curve.to_dict('records')
    name = f'duplicates-{arguments.name}'
    write(arguments, name, measured, data='duplicates', **facts)
    qnli = load('qnli', 'validation', limit=arguments.rows or 2000)
    logits, labels = predict_logits(best, qnli, run / 'qnli.safetensors')
    shift = compare_shift(held_out, (logits, 1 - labels))  # label 0 is entailment
    facts['rows'] = f'{len(qnli) - len(qnli) // 2:,} test'
    name = f'shift-qnli-{arguments.name}'
    write(arguments, name, shift, data='duplicates, then qnli', **facts)


def measure_sizes(arguments):
    """Fine-tune an encoder with fewer layers on few pairs of questions."""
    split = [
        draw(table, rows)
        for table, rows in zip(
            duplicate_questions(arguments), (1500, 600, 1000), strict=True
        )
    ]
    n_layers = load_config(arguments.model).num_hidden_layers
    rows = []
    for layers in sorted({1, max(1, n_layers // 2), n_layers}):
        for seed in range(2):
            config = FineTuneConfig(epochs=2, lr=1e-4, seed=seed, bf16=True)
            best = finetune_classifier(
                arguments.model,
                split[0],
                None,
                Path(arguments.folder) / f'{layers}-{seed}',
                config,
                num_hidden_layers=layers,
            )
            held_out, test = (predict_logits(best, table) for table in split[1:])
            measured = compare_calibrators(held_out, test, ['temperature'])
            rows.append({'layers': layers, 'seed': seed} | measured)
    facts = encoder_facts(arguments, split) | {'seed': '0 1'}
    name = f'sizes-{arguments.name}'
    write(arguments, name, {'rows': rows}, data='duplicates', **facts)


PARTS = {
    'emotion': measure_emotion,
    'sentiment': measure_sentiment,
    'encoder': measure_encoder,
    'sizes': measure_sizes,
}


def main():
    """Measure one part."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--part', choices=PARTS, required=True)
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--prompt', nargs='*', default=[], help='prompt folders')
    parser.add_argument('--rows', type=int, help='at most so many; default: published')
    parser.add_argument('--seeds', type=int, default=5, help='of prompts trained here')
    parser.add_argument('--folder', default='runs/calibration')
    parser.add_argument('--results', default='results')
    arguments = parser.parse_args()
    arguments.name = Path(arguments.model).name
    warnings.simplefilter('ignore', Truncated)
    PARTS[arguments.part](arguments)


if __name__ == '__main__':
    main()
