"""Measure what the post on linear heads shows: one record per part in `results/`.

`python benchmarks/linear_head.py --model smollm2 --part all` takes hours on one core;
an interrupted run resumes from `--folder`. Texts are read once, and their KV caches
stay on disk (about 32 GB for 6,000 reviews, half of it with `--cache-precision int8`).
Run `benchmarks/pretrained.py emotion` first: the first of the emotion prompts is its
prompt of five tokens.
"""

import argparse
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from few_rows import SETTINGS, SIZES, FewRows, joy_table
from pretrained import accuracy, calibrated, expected_f1_thresholds, platt
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold

from promptlab.baselines import frozen_features
from promptlab.batching import length_batches
from promptlab.data import EMOTIONS, balanced_subset, load, split_rows, targets
from promptlab.jobs import Job, run_jobs
from promptlab.kvcache import PRECISIONS, KVCacheStore, pack_kv
from promptlab.linear_head import (
    correlate_seeds,
    mean_curves,
    row_interval,
    score_decisions,
    score_difference,
    score_heads,
    score_labels,
    score_regression,
    train_heads,
)
from promptlab.lm import Encoded, FrozenLM, get_lm, kv_tensor
from promptlab.metrics import (
    best_threshold,
    best_thresholds,
    bootstrap,
    calibration_metrics,
    correlations,
)
from promptlab.mixing import mix
from promptlab.models import Truncated
from promptlab.pooling import PoolMean, load_encoder, pool_texts
from promptlab.prompt import TrainedPrompt, train_many
from promptlab.report import record

SHARED = {'lr': 0.01, 'schedule': 'linear'}
ON_TWEETS = SHARED | {'epochs': 4, 'max_tokens': 64}
MAX_TOKENS = 256  # of a review
# options that change no number
PLACES = ('folder', 'pretrained', 'results', 'cache_budget')
FOUR = ['joy', 'anger', 'sadness', 'fear']


class StatesStore(KVCacheStore):
    """A store that also notes the mean last hidden state of each text it reads.

    One pass over the texts then serves prompts and regressions.
    """

    def __init__(self, lm, ids, folder: Path, cache):
        super().__init__(lm, ids, **cache)
        self.folder, self.states = folder, {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob('*.npz'):
            with np.load(path) as file:
                self.states |= file

    def _compute(self, rows):
        ids, caches = Encoded(self.ids[i] for i in rows), {}
        passes = self.lm._read_batches(ids, len(ids), False, '', use_cache=True)
        for some, output, places in passes:
            kv = kv_tensor(output)
            for j, (i, place) in enumerate(zip(some, places, strict=True)):
                key = self.keys[rows[i]]
                caches[key] = pack_kv(kv[:, :, j, :, place], self.precision)
                mean = output.last_hidden_state[j, place].float().mean(0)
                self.states[key] = mean.numpy()
        return caches

    def _write(self, caches):
        self.save(caches)
        super()._write(caches)

    def save(self, keys):
        """Write the states of some texts."""
        path = self.folder / f'{min(keys)}.npz'
        np.savez(path, **{key: self.states[key] for key in keys})


def stack_logits(prompts, texts, cache):
    """Return logits (texts, prompts, labels); KV caches on disk are used."""
    lm, ids = prompts[0].lm, prompts[0].encode(texts)
    store = KVCacheStore(lm, ids, **cache).fill(progress=False)
    logits = np.zeros((len(ids), len(prompts), prompts[0].head.size), np.float32)
    embeddings = [prompt.embeddings for prompt in prompts]
    for rows, batch in store.stream(length_batches(ids.lengths, 32)):
        with torch.no_grad():
            hidden = lm.features(batch, embeddings)
            for i, prompt in enumerate(prompts):
                logits[rows, i] = prompt.head(hidden[:, i]).float().numpy()
    return logits


def encoder_states(model, texts, folder):
    """Return the mean states of the last layer of an encoder."""
    encoder = load_encoder(model)
    (pooler,) = PoolMean(encoder.n_layers).for_model(encoder.n_layers)
    return pool_texts(encoder, texts, [pooler], folder)[pooler.name][range(len(texts))]


def lm_states(lm, texts):
    """Return the mean last states of a language model."""
    return frozen_features(lm, texts, progress=False)['mean']


@dataclass
class Study:
    """Model, data and folders of one run of this script."""

    args: argparse.Namespace

    @cached_property
    def lm(self) -> FrozenLM:
        """The model, in the dtype that is fastest here."""
        return get_lm(self.args.model, dtype='auto')

    @property
    def seeds(self) -> str:
        """The seeds, for records."""
        return f'0 to {self.args.seeds - 1}'

    @property
    def folder(self) -> Path:
        """Where pieces of this model are kept."""
        return Path(self.args.folder) / self.args.model

    @property
    def cache(self) -> dict[str, object]:
        """Where KV caches are kept, and in which precision."""
        budget = {'disk': self.args.cache_budget}
        return {'budget': budget, 'precision': self.args.cache_precision}

    @property
    def shared(self) -> dict[str, object]:
        """The settings of every training."""
        return SHARED | {f'cache_{name}': value for name, value in self.cache.items()}

    @cached_property
    def reviews(self) -> dict[str, pd.DataFrame]:
        """Train, validation and test reviews; no text is in two of them."""
        rows = load('imdb', limit=self.args.rows)
        fit, validation = split_rows(rows, (0.9, 0.1))
        test = load('imdb', 'test', limit=self.args.test_rows)
        test = test[~test.text.isin(rows.text)]
        return {'train': fit, 'validation': validation, 'test': test}

    @cached_property
    def tweets(self) -> dict[str, pd.DataFrame]:
        """Train, dev and test tweets."""
        splits = {'train': 'train', 'validation': 'validation', 'test': 'test'}
        limits = {'train': self.args.tweets, 'validation': None, 'test': None}
        if self.args.tweets:
            limits = dict.fromkeys(limits, self.args.tweets)
        return {name: load('emotion', s, limits[name]) for name, s in splits.items()}

    def done(self, name, function, **arguments):
        """Return the result of a function, done once for the same arguments."""
        job = Job(name, function, arguments)
        settings = {'retry_failed': True, 'progress': False}
        return run_jobs([job], self.folder / 'jobs', **settings)[0]

    def logits(self, prompts, texts):
        """Return logits (texts, prompts, labels), computed once."""
        arguments = {'prompts': list(prompts), 'texts': list(texts)}
        return self.done('logits', stack_logits, cache=self.cache, **arguments)

    def record(self, part, measured, tables, **facts):
        """Write one record."""
        counted = '; '.join(
            f'{name}: ' + ', '.join(f'{len(t):,} {k}' for k, t in found.items())
            for name, found in tables.items()
        )
        names = {'reviews': 'IMDB', 'tweets': 'SemEval-2018 E-c'}
        usual = make_parser().get_default('rows')
        rows = '' if self.args.rows == usual else f'-{self.args.rows}'
        record(
            f'linear-head-{part}-{self.args.model}{rows}',
            measured,
            self.args.results,
            model=self.args.model,
            data=' and '.join(names[name] for name in tables),
            rows=counted,
            device='cpu',
            threads=torch.get_num_threads(),
            dtype=str(self.lm.dtype),
            command=command_of(self.args, part),
            **facts,
        )

    # Prompts

    def sentiment_prompts(self):
        """Train both kinds of heads on reviews, or load them."""
        args = self.args
        folder = self.folder / f'sentiment-{args.rows}-{args.epochs}-{args.seeds}'
        saved = self.saved_prompts(folder)
        if len(saved) == 2 * self.args.seeds:
            groups = saved[: self.args.seeds], saved[self.args.seeds :]
            return dict(zip(('linear head', 'target words'), groups, strict=True))
        return train_heads(
            self.lm,
            self.reviews['train'],
            self.reviews['validation'],
            [' bad', ' good'],
            self.args.seeds,
            folder,
            epochs=self.args.epochs,
            max_tokens=MAX_TOKENS,
            cache='cache',
            **self.shared,
        )

    def saved_prompts(self, folder):
        """Load the prompts in a folder and those below it."""
        paths = sorted(folder.rglob('prompt.json'))
        return [TrainedPrompt.load(path.parent, self.lm) for path in paths]

    def emotion_prompts(self, n_tokens=5):
        """Return the prompts of a length that `pretrained.py` and `seeds` trained."""
        folders = [Path(self.args.pretrained) / 'emotion/training', self.emotion_folder]
        saved = [prompt for folder in folders for prompt in self.saved_prompts(folder)]
        return [prompt for prompt in saved if len(prompt.embeddings) == n_tokens]

    @property
    def emotion_folder(self) -> Path:
        """Where prompts for emotions of further seeds are."""
        return self.folder / f'emotion-{self.args.seeds}'


def read(study):
    """Read all reviews: KV caches to disk, mean states to a file."""
    for table in study.reviews.values():
        review_states(study, table.text)


def review_states(study, texts):
    """Return the mean last states of reviews as the prompts see them."""
    ids = study.lm.encode(texts, None, MAX_TOKENS, 5)
    store = StatesStore(study.lm, ids, study.folder / 'states', study.cache)
    if set(store.keys) - set(store.states):
        store.fill(progress=False)
    missing = set(store.keys) - set(store.states)  # their KV caches were there before
    for key, row in zip(store.keys, ids, strict=True):
        if key in missing:
            (states,) = study.lm.hidden_states(Encoded([row]), [-1], progress=False)
            store.states[key] = states[0].float().mean(0).numpy()
    if missing:
        store.save(missing)
    return np.stack([store.states[key] for key in store.keys])


def sentiment(study):
    """Compare linear head and target words on reviews."""
    prompts, test = study.sentiment_prompts(), study.reviews['test']
    together = study.logits([p for group in prompts.values() for p in group], test.text)
    n_seeds = len(prompts['linear head'])
    logits = {
        name: together[:, n_seeds * i :][:, :n_seeds] for i, name in enumerate(prompts)
    }
    measured = score_heads(prompts, logits, targets(test))
    facts = {'seed': study.seeds, 'epochs': study.args.epochs, 'max_tokens': MAX_TOKENS}
    study.record('sentiment', measured, {'reviews': study.reviews}, **facts)


def epochs(study):
    """Compare both heads after 3 and 10 epochs, as the 2021 post did, on fewer rows."""
    table = balanced_subset(study.reviews['train'], study.args.epoch_rows)
    fit, held_out = split_rows(table, (0.9, 0.1))
    test = study.reviews['test']
    settings = study.shared | {'max_tokens': MAX_TOKENS, 'cache': 'cache'}
    measured, seeds = {}, range(study.args.seeds)
    for n in (3, 10):
        folder = study.folder / f'epochs-{n}-{len(table)}-{len(seeds)}'
        words = [' bad', ' good']
        prompts = train_heads(
            study.lm, fit, held_out, words, len(seeds), folder, epochs=n, **settings
        )
        both = study.logits([p for pair in prompts.values() for p in pair], test.text)
        logits = np.split(both, 2, axis=1)
        logits = dict(zip(prompts, logits, strict=True))
        measured[str(n)] = score_heads(prompts, logits, targets(test))
        used = {'reviews': {'train': fit, 'held out': held_out, 'test': test}}
        study.record('epochs', measured, used, seed=study.seeds)


def ship(study):
    """Calibrate the best linear head on validation rows, save and score it."""
    prompts = study.sentiment_prompts()['linear head']
    best = max(prompts, key=lambda prompt: prompt.history.val_score.iloc[-1])
    tables = {split: study.reviews[split] for split in ('validation', 'test')}
    raw = study.logits([best], tables['validation'].text)[:, 0]
    folder = Path(study.args.pretrained) / 'sentiment/prompt'
    calibrated(best, raw, tables['validation']).save(folder)
    final, measured = TrainedPrompt.load(folder, study.lm), {}
    for split, table in tables.items():
        true, logits = targets(table), study.logits([final], table.text)[:, 0]
        probabilities = final.proba(logits)[:, 1]
        table = calibration_metrics(probabilities, true, progress=False)
        measured[split] = {
            'accuracy': bootstrap(accuracy, true, logits),
            'calibration': table.T.to_dict('list'),
        }
    settings = {key: str(value) for key, value in best.settings.items()}
    chosen = {name: best.settings[name] for name in ('lr', 'n_tokens', 'seed')}
    record(
        'pretrained-sentiment',
        measured,
        study.args.results,
        model=study.args.model,
        data='IMDB',
        rows=best.settings['rows'],
        test_rows=len(tables['test']),
        seed=chosen['seed'],
        device='cpu',
        threads=torch.get_num_threads(),
        dtype=str(study.lm.dtype),
        settings=settings,
        chosen=chosen,
        command=command_of(study.args, 'ship'),
    )


def seeds(study):
    """Train prompts for emotions from other seeds."""
    (first, *_) = study.emotion_prompts()
    settings = {name: first.settings[name] for name in ('epochs', 'max_tokens')}
    train_many(
        study.lm,
        study.tweets['train'],
        [{'seed': seed} for seed in range(1, study.args.seeds)],
        study.tweets['validation'],
        study.emotion_folder,
        **study.shared | settings,
    )


def seeds_of(prompts):
    """Say which seeds prompts have, for records."""
    return ', '.join(str(prompt.settings['seed']) for prompt in prompts)


def emotion(study):
    """Score the emotion prompts on dev tweets; baselines has their test scores."""
    prompts, dev = study.emotion_prompts(), study.tweets['validation']
    true, logits = targets(dev).astype(int), study.logits(prompts, dev.text)
    tuned = [p.decide(logits[:, i]) for i, p in enumerate(prompts)]
    columns = [EMOTIONS.index(label) for label in FOUR]
    hard = (logits.mean(1)[:, columns] > 0).astype(float)
    correlated = correlations(hard, true[:, columns], FOUR).drop(columns='p_value')
    measured = {
        'curves': mean_curves(prompts),
        'zero': score_labels(true, (logits > 0).astype(int), EMOTIONS),
        'tuned': score_labels(true, np.stack(tuned, 1), EMOTIONS),
        'correlations': correlated.round(4).to_dict('index'),
    }
    settings = prompts[0].settings
    facts = {name: settings[name] for name in ('epochs', 'lr', 'n_tokens')}
    facts['seed'] = seeds_of(prompts)
    tables = {'tweets': {'train': study.tweets['train'], 'dev': dev}}
    study.record('emotion', measured, tables, **facts)


SETTINGS_TRIED = {
    'as published': {},
    'from words': {'init': ' Emotions of this tweet:'},
    'a third of the rate': {'lr': SHARED['lr'] / 3},
    'three times the rate': {'lr': SHARED['lr'] * 3},
    'ten tokens': {'n_tokens': 10},
}


def variants(study):
    """Compare starts, rates and lengths of emotion prompts on dev tweets."""
    table = study.tweets['train'].sample(study.args.few_tweets, random_state=0)
    dev, seeds = study.tweets['validation'], range(study.args.seeds)
    kinds = [{**kind, 'seed': i} for kind in SETTINGS_TRIED.values() for i in seeds]
    folder = study.folder / f'variants-{len(seeds)}-{len(table)}'
    settings = study.shared | ON_TWEETS
    prompts = train_many(
        study.lm, table.reset_index(drop=True), kinds, dev, folder, **settings
    )
    true, said = targets(dev).astype(int), {}
    for i, name in enumerate(SETTINGS_TRIED):
        own = prompts[len(seeds) * i :][: len(seeds)]
        logits = study.logits(own, dev.text).astype(float)
        decided = [cross_decide(BY_LABEL, logits[:, j], true) for j in seeds]
        said[name] = np.stack(decided, 1)
    usual = said['as published']
    measured = {
        name: score_labels(true, found, EMOTIONS)
        | {'difference': score_difference(true, found, usual)}
        for name, found in said.items()
    }
    used = {'tweets': {'train': table, 'dev': dev}}
    facts = {'seed': study.seeds, 'epochs': 4, 'tried': SETTINGS_TRIED}
    study.record('variants', measured, used, **facts)


def average(study):
    """Average the logits of several prompts, and decide by thresholds in three ways.

    What is best is read from cross-validated dev scores.
    """
    groups = {
        'five tokens': study.emotion_prompts(),
        'ten tokens': study.emotion_prompts(10),
    }
    tables = {split: study.tweets[split] for split in ('validation', 'test')}
    true = {split: targets(table).astype(int) for split, table in tables.items()}
    logits = {}
    for split, table in tables.items():
        found = [study.logits(group, table.text) for group in groups.values()]
        logits[split] = np.concatenate(found, 1).astype(float)
    n_prompts = logits['test'].shape[1]
    members = {f'prompt {i}': [i] for i in range(n_prompts)}
    members['mean'] = list(range(n_prompts))
    measured = {}
    for name, some in members.items():
        means = {
            split: x[:, some].mean(1, keepdims=True) for split, x in logits.items()
        }
        measured[name] = score_rules(true, means)
    facts = {'seed': seeds_of([p for group in groups.values() for p in group])}
    facts['n_tokens'] = [len(p.embeddings) for group in groups.values() for p in group]
    study.record('average', measured, {'tweets': tables}, **facts)


BY_LABEL = 'best expected F1, by label'
RULES = {
    'best F1 on dev, by label': best_thresholds,
    BY_LABEL: lambda logits, true: expected_f1_thresholds(logits),
    'best micro F1 on dev, shared': lambda logits, true: best_threshold(
        logits.ravel(), true.ravel()
    ),
}


def decide_by(rule, dev, true, logits):
    """Calibrate on dev rows, find thresholds there, and decide on other rows."""
    fits = [platt(*columns) for columns in zip(dev.T, true.T, strict=True)]
    slope, offset = ([fit[name] for fit in fits] for name in ('slope', 'offset'))
    thresholds = RULES[rule](dev * slope + offset, true)
    return (logits * slope + offset > thresholds).astype(int)


def cross_decide(rule, logits, true):
    """Decide on each fifth of the rows with what the others say."""
    said = np.zeros_like(true)
    for others, fifth in KFold(5, shuffle=True, random_state=0).split(true):
        said[fifth] = decide_by(rule, logits[others], true[others], logits[fifth])
    return said


def decide_each(rule, logits, true):
    """Decide on test rows for logits (texts, members, labels) of both splits."""
    pairs = zip(*(np.moveaxis(x, 1, 0) for x in logits.values()), strict=True)
    said = [decide_by(rule, dev, true['validation'], test) for dev, test in pairs]
    return np.stack(said, 1)


def score_rules(true, logits):
    """Score logits (texts, members, labels) of dev and test rows by each rule.

    Dev scores are cross-validated.
    """
    measured = {}
    for rule in RULES:
        each = np.moveaxis(logits['validation'], 1, 0)
        chosen = [cross_decide(rule, dev, true['validation']) for dev in each]
        said = decide_each(rule, logits, true)
        measured[rule] = {
            'dev': score_labels(true['validation'], np.stack(chosen, 1), EMOTIONS),
            'test': score_labels(true['test'], said, EMOTIONS),
        }
    return measured


def cross(study):
    """Correlate emotions with the verdict: in reviews, and in tweets."""
    test = study.reviews['test']
    prompts = [p.replace(max_tokens=MAX_TOKENS) for p in study.emotion_prompts()]
    found = study.logits(prompts, test.text)
    tweets = [study.tweets[split] for split in ('validation', 'test')]
    texts = [text for table in tweets for text in table.text]
    verdict = study.logits(study.sentiment_prompts()['linear head'], texts)
    verdict = (verdict[..., 1:] - verdict[..., :1]).repeat(len(EMOTIONS), 2)
    true = np.concatenate([targets(table) for table in tweets])
    measured = {
        'emotions of reviews': correlate_seeds(found, targets(test), EMOTIONS),
        'sentiment of tweets': correlate_seeds(verdict, true, EMOTIONS),
    }
    used = {
        'reviews': {'test': test},
        'tweets': dict(zip(('dev', 'test'), tweets, strict=True)),
    }
    seeds = f'{seeds_of(prompts)} (emotion), {study.seeds} (sentiment)'
    study.record('cross', measured, used, seed=seeds)


def baselines(study):
    """Fit regressions on words and hidden states, and compare prompts with them."""
    measured = {'differences': {}}
    used, seeds = {}, {}
    for task in study.args.tasks:
        if task == 'sentiment':
            tables, prompts = study.reviews, study.sentiment_prompts()['linear head']
            used['reviews'] = tables
        else:
            tables, prompts = study.tweets, study.emotion_prompts()
            used['tweets'] = tables
        seeds[task] = seeds_of(prompts)
        true = {split: targets(table).astype(int) for split, table in tables.items()}
        logits = study.logits(prompts, tables['test'].text)
        said = np.stack([p.decide(logits[:, i]) for i, p in enumerate(prompts)], 1)
        measured[task] = {}
        if task == 'emotion':
            found = score_labels(true['test'], said, EMOTIONS)
            measured[task]['soft prompt, five tokens'] = found
        for name, features in task_features(study, task, tables).items():
            arguments = {'features': features, 'true': true}
            predicted = study.done(name, score_regression, **arguments)[:, None]
            if task == 'emotion':
                found = score_labels(true['test'], predicted, EMOTIONS)
            else:
                interval = row_interval(score_decisions, true['test'], predicted)
                found = {'score': interval}
            measured[task][name] = found
            repeated = predicted.repeat(len(prompts), 1)
            difference = score_difference(true['test'], said, repeated)
            measured['differences'][f'{task}, {name}'] = difference
    seeds = ', '.join(f'{numbers} ({task})' for task, numbers in seeds.items())
    study.record('baselines', measured, used, seed=seeds)


def task_features(study, task, tables):
    """Return what regressions get, by method and split.

    MiniLM reads tweets only: whole reviews would take it longer than all the rest.
    """
    texts = {split: table.text.tolist() for split, table in tables.items()}
    title = {'smollm2': 'SmolLM2'}.get(study.args.model, study.args.model)
    if task == 'sentiment':
        own = {split: review_states(study, part) for split, part in texts.items()}
        return {'TF-IDF': texts, f'{title} mean state': own}
    own, encoder = {}, {}
    for split, part in texts.items():
        own[split] = study.done('states', lm_states, lm=study.lm, texts=part)
        encoder[split] = encoder_states('minilm', part, study.folder / 'minilm')
    return {
        'TF-IDF': texts,
        'MiniLM mean state': encoder,
        f'{title} mean state': own,
    }


KINDS = {
    'one prompt': {},
    'sentiment alone': {'labels': ['positive']},
    'emotion alone': {'labels': EMOTIONS},
}


def two_tasks(study):
    """Train one prompt for both tasks beside one for each, on the same batches."""
    tables = {'sentiment': study.reviews['train'], 'emotion': study.tweets['train']}
    mixed = mix(tables, n_rows=study.args.mixed_rows)
    fit, held_out = split_rows(mixed, (0.9, 0.1))
    seeds = range(study.args.seeds)
    prompts = train_many(
        study.lm,
        fit,
        [{**kind, 'seed': seed} for kind in KINDS.values() for seed in seeds],
        held_out,
        study.folder / f'two-tasks-{study.args.seeds}-{len(mixed)}',
        epochs=4,
        chunk=1,
        max_tokens=MAX_TOKENS,
        **study.shared,
    )
    starts = {kind: i * len(seeds) for i, kind in enumerate(KINDS)}
    groups = {kind: prompts[i : i + len(seeds)] for kind, i in starts.items()}
    reviews, dev = study.reviews['test'][:1000], study.tweets['validation']
    asked = {
        'accuracy': ('sentiment alone', ['positive'], reviews),
        'macro_f1': ('emotion alone', EMOTIONS, dev),
    }
    measured, differences = {kind: {} for kind in KINDS}, {}
    for metric, (alone, labels, table) in asked.items():
        true, said = targets(table).astype(int), []
        for kind in ('one prompt', alone):
            own = [prompt.restrict(labels) for prompt in groups[kind]]
            logits = study.logits(own, table.text)
            decided = np.stack([p.decide(logits[:, i]) for i, p in enumerate(own)], 1)
            said.append(decided[..., 0] if metric == 'accuracy' else decided)
            each = [score_decisions(true, said[-1][:, i]) for i in seeds]
            measured[kind][metric] = each
        differences[metric] = score_difference(true, *said)
    used = {'reviews': {'test': reviews}, 'tweets': {'dev': dev}}
    facts = {'seed': study.seeds, 'epochs': 4, 'mixed_rows': len(mixed)}
    found = {'0.5': measured, 'differences': differences}
    study.record('two-tasks', found, used, **facts)


def joy(study):
    """Train one prompt for all emotions beside one for each, on the same batches."""
    table = load('emotion', limit=study.args.few_tweets)
    fit, held_out = split_rows(table, (0.9, 0.1))
    kinds = [{}, *({'labels': [name]} for name in EMOTIONS)]
    seeds = range(study.args.seeds)
    variants = [{**kind, 'seed': seed} for seed in seeds for kind in kinds]
    settings = study.shared | ON_TWEETS
    folder = study.folder / f'joy-{study.args.seeds}-{len(table)}'
    prompts = train_many(study.lm, fit, variants, held_out, folder, **settings)
    dev = study.tweets['validation']
    true = targets(dev).astype(int)
    groups = {'one prompt': slice(0, 1), 'a prompt an emotion': slice(1, 12)}
    said = {}
    for kind, group in groups.items():
        mine = [prompts[12 * seed : 12 * seed + 12][group] for seed in seeds]
        logits = [study.logits(some, dev.text).reshape(len(dev), -1) for some in mine]
        thresholds = [np.concatenate([p.thresholds for p in some]) for some in mine]
        decided = [x > y for x, y in zip(logits, thresholds, strict=True)]
        said[kind] = {
            'threshold 0': (np.stack(logits, 1) > 0).astype(int),
            'tuned': np.stack(decided, 1).astype(int),
        }
    measured, differences = {}, {}
    for name in ('threshold 0', 'tuned'):
        measured[name] = {kind: by_label(true, said[kind][name]) for kind in groups}
        pair = [said[kind][name] for kind in groups]
        differences[name] = {
            'joy': score_difference(true, *pair, joy_f1),
            'macro_f1': score_difference(true, *pair),
        }
    measured['differences'] = differences
    used = {'tweets': {'train': fit, 'held out': held_out, 'dev': dev}}
    study.record('joy', measured, used, seed=study.seeds, epochs=4)


def joy_f1(true, said):
    """Return the F1 of joy."""
    column = EMOTIONS.index('joy')
    return f1_score(true[:, column], said[:, column], zero_division=0)


def by_label(true, said):
    """Return the F1 of each emotion, by seed."""
    scores = [
        f1_score(true, said[:, seed], average=None, zero_division=0)
        for seed in range(said.shape[1])
    ]
    return dict(zip(EMOTIONS, np.transpose(scores).tolist(), strict=True))


def few(study):
    """Learn joy from few tweets, in many ways; each is recorded as it is done."""
    args = study.args
    tables = {split: joy_table(table) for split, table in study.tweets.items()}
    task = FewRows(study, tables['train'], tables['test'], args.draws)
    dev, test = (
        tables[name].sample(min(n, len(tables[name])), random_state=0)
        for name, n in {'validation': 200, 'test': args.tuned_rows}.items()
    )
    facts = {'sizes': list(SIZES), 'draws': args.draws, 'tuned_draws': args.tuned_draws}
    facts |= {'tuned_rows': len(test), 'settings': SETTINGS}
    measured = {}

    def add(**found):
        measured.update(found)
        study.record('few', measured, {'tweets': {'test': tables['test']}}, **facts)

    for name, features in task_features(study, 'emotion', tables).items():
        add(**{name: task.regression(features['train'], features['test'])})
    settings = study.shared | {'max_tokens': 64}
    add(**task.prompts([' no', ' joy'], 'joy', **settings))
    add(SetFit=task.setfit(args.tuned_draws))
    for method, dtype in {'full fine-tuning': 'float32', 'LoRA': 'auto'}.items():
        lm = get_lm(args.model, dtype=dtype)
        add(**{method: task.tuned(lm, method, dev, test, args.tuned_draws)})


PARTS = {
    'read': read,
    'seeds': seeds,
    'emotion': emotion,
    'sentiment': sentiment,
    'epochs': epochs,
    'ship': ship,
    'variants': variants,
    'average': average,
    'cross': cross,
    'baselines': baselines,
    'two-tasks': two_tasks,
    'joy': joy,
    'few': few,
}


def make_parser():
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--part', nargs='+', default=['all'], choices=['all', *PARTS])
    parser.add_argument('--rows', type=int, default=4000, help='reviews to train on')
    parser.add_argument('--test-rows', type=int, default=2000, help='test reviews')
    parser.add_argument('--tweets', type=int, help='of each split; default: all')
    parser.add_argument(
        '--few-tweets', type=int, default=2000, help='for joy and variants'
    )
    parser.add_argument('--mixed-rows', type=int, default=2000, help='for two-tasks')
    tasks = ['sentiment', 'emotion']
    parser.add_argument(
        '--tasks', nargs='+', default=tasks, choices=tasks, help='for baselines'
    )
    parser.add_argument('--epochs', type=int, default=3, help='on reviews')
    parser.add_argument('--epoch-rows', type=int, default=1000, help='for epochs')
    parser.add_argument('--draws', type=int, default=3, help='of few rows')
    parser.add_argument('--tuned-draws', type=int, default=2, help='for fine-tuning')
    parser.add_argument('--tuned-rows', type=int, default=1000, help='tested then')
    parser.add_argument('--seeds', type=int, default=3, help='prompts of a kind')
    parser.add_argument('--cache-budget', default='40GiB', help='of KV caches on disk')
    parser.add_argument('--cache-precision', choices=PRECISIONS, help='of KV caches')
    parser.add_argument('--pretrained', default='runs/pretrained', help='see above')
    parser.add_argument('--folder', default='runs/linear-head')
    parser.add_argument('--results', default='results')
    return parser


def command_of(args, part):
    """Return the command that repeats a part, with what is not the default."""
    words = [f'python benchmarks/linear_head.py --model {args.model} --part {part}']
    defaults = vars(make_parser().parse_args([]))
    for name, default in defaults.items():
        value = getattr(args, name)
        if name not in ('model', 'part', *PLACES) and value != default:
            values = ' '.join(map(str, np.atleast_1d(value)))
            words.append(f'--{name.replace("_", "-")} {values}')
    return ' '.join(words)


def main():
    """Measure the parts that are asked for, one after the other."""
    args = make_parser().parse_args()
    warnings.simplefilter('ignore', Truncated)
    study = Study(args)
    for part in PARTS if 'all' in args.part else args.part:
        print(part, flush=True)
        PARTS[part](study)


if __name__ == '__main__':
    main()
