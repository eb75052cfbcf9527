"""Measure training data attribution side by side with other libraries.

    python benchmarks/attribution.py speed|memory|fidelity|base
    python benchmarks/attribution.py truth|lds|leave|wrong|keep --task synthetic

`speed`: a training step, promptlab's features, traker, dattri and kronfluence on the
same BERT shape in the same run, repetitions interleaved, medians.
`memory`: the most memory that features take, beside a training step, each in a process
of its own. `fidelity`: whether sketches keep the gradients' inner products, on every
family. `base`: the time of a BERT-base shape.
`truth`, `lds`, `leave`, `wrong`, `keep`: retrainings on random halves of a task's texts
(kept in `results/`), the linear datamodeling score and cost of every method, top texts
left out, wrong labels, and what to keep. `choose`: how many retrainings it takes to
choose a method nearly as good as the best. Retrainings that are interrupted resume, and
several processes may share them.

Needs `benchmarks/attribution-requirements.txt`, installed with
`-c benchmarks/attribution-constraints.txt`.
"""

import argparse
import copy
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
import transformers
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForSequenceClassification

from promptlab.data import balanced_subset, check_table, load
from promptlab.files import load_tensors, save_tensors
from promptlab.finetune import Checkpoint, FineTuneConfig, finetune
from promptlab.gradients import (
    Factored,
    PerExampleGradients,
    Principal,
    Projection,
    Rademacher,
    Sketch,
    TensorRows,
    Whole,
    check_gradients,
    default_output,
)
from promptlab.influence import (
    METHODS,
    AttributionTask,
    Attributor,
    Damped,
    FeatureSettings,
    candidate_methods,
    candidate_scores,
    representations,
)
from promptlab.jobs import Job, run_jobs
from promptlab.models import load_model
from promptlab.report import provenance, record
from promptlab.retraining import (
    RetrainClassifier,
    Retraining,
    classifier_margins,
    datamodel_lds,
    flip_labels,
    lds,
    lds_ceiling,
    lds_interval,
    leave_out_runs,
    margin_falls,
    neighbour_disagreement,
    random_subsets,
    retrain,
    subset_runs,
)

RESULTS = Path(__file__).resolve().parent.parent / 'results'
RUNS = Path('runs/attribution')
Tensors = dict[str, torch.Tensor]

# Tasks with a known truth: margins after training on many random halves

N_WORDS, N_TOKENS, N_TOPICS = 1000, 24, 30
FIRST_SEED = 1000  # of retrainings: the runs that are attributed have others
PLAIN = {  # of every run: no dropout, so that it is fixed by its data and order
    'warmup': 10,
    'clip': None,
    'dropout': False,
    'length_batches': False,
    'schedule': 'linear_from_start',
}


@dataclass
class Task:
    """A classifier before training, texts, and how it is trained.

    `asked` and `table` are the texts of `targets` and `train` as tables; `topics` and
    `wrong` are known of synthetic texts only.
    """

    name: str
    model: str
    data: str
    base: torch.nn.Module
    train: Tensors
    targets: Tensors
    held: Tensors
    table: pd.DataFrame
    asked: pd.DataFrame
    masks: np.ndarray
    n_seeds: int
    config: FineTuneConfig
    save_epochs: Sequence[int]
    wrong: np.ndarray | None = None
    topics: tuple[np.ndarray, np.ndarray] | None = None
    results: Path = RESULTS

    @property
    def positives(self) -> np.ndarray:
        """Texts of class 1 in each half."""
        return self.masks @ self.table['label'].to_numpy()

    @property
    def agreement(self) -> np.ndarray:
        """1 where a training text has the target's label, else -1."""
        train, asked = self.table['label'].to_numpy(), self.asked['label'].to_numpy()
        return np.where(train[:, None] == asked, 1.0, -1.0)


@dataclass
class World:
    """What is common to all synthetic texts: topics with their words and labels."""

    labels: np.ndarray
    words: np.ndarray
    negations: np.ndarray


def make_world(seed: int = 4321) -> World:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, N_TOPICS)
    words = rng.integers(100, N_WORDS, (N_TOPICS, 6))
    return World(labels, words, rng.integers(5, 100, 6))


def add_topic_words(ids, topic, length, world, rng) -> None:
    """Put three to five words of its topic into a text."""
    order = 1 + rng.permutation(length - 1)
    places = order[: rng.integers(3, 6)]
    ids[places] = world.words[topic, rng.integers(0, 6, len(places))]


def synthetic_texts(n: int, seed: int, noise: float, negated: float = 0.1):
    """Draw texts of topic words, with one label per topic that a negation flips.

    Returns token ids with mask and labels, the topics, and which labels are wrong.
    """
    world, rng = make_world(), np.random.default_rng(seed)
    word_weights = 1 / np.arange(1, N_WORDS - 4)
    word_weights /= word_weights.sum()
    ids = rng.choice(np.arange(5, N_WORDS), (n, N_TOKENS), p=word_weights)
    topic_weights = np.arange(1, N_TOPICS + 1) ** -0.6
    topics = rng.choice(N_TOPICS, n, p=topic_weights / topic_weights.sum())
    lengths = rng.integers(10, N_TOKENS + 1, n)
    labels = world.labels[topics]
    for row in range(n):
        add_topic_words(ids[row], topics[row], lengths[row], world, rng)
        if rng.random() < negated:
            negation = world.negations[rng.integers(6)]
            ids[row, rng.integers(1, lengths[row])] = negation
            labels[row] = 1 - labels[row]
    mask = (np.arange(N_TOKENS) < lengths[:, None]).astype(int)
    ids = ids * mask
    ids[:, 0] = 2
    wrong = rng.random(n) < noise
    arrays = {
        'input_ids': ids,
        'attention_mask': mask,
        'labels': np.where(wrong, 1 - labels, labels),
    }
    return {k: torch.tensor(v) for k, v in arrays.items()}, topics, wrong


def small_bert(n_labels: int, seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=N_WORDS,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=N_TOKENS,
        num_labels=n_labels,
    )
    return transformers.BertForSequenceClassification(config)


def learn_topics() -> dict[str, torch.Tensor]:
    """Return the weights of a small model that has learnt the topics, but its head."""
    texts, topics, _ = synthetic_texts(12000, 1777, 0, negated=0)
    teacher = small_bert(N_TOPICS, 7)
    rows = TensorRows({**texts, 'labels': torch.tensor(topics)})
    config = FineTuneConfig(epochs=6, lr=1e-3, batch_size=64, seed=7, **PLAIN)
    finetune(teacher, rows, config)
    return {k: v for k, v in teacher.state_dict().items() if 'classifier' not in k}


def pretrained_bert() -> torch.nn.Module:
    """Return a model that has learnt the topics, with a new head for two classes."""
    model = small_bert(2, 0)
    (body,) = run_jobs([Job('topics', learn_topics)], RUNS / 'before', progress=False)
    model.load_state_dict(body, strict=False)
    return model


def as_table(tensors: Tensors) -> pd.DataFrame:
    """Write token ids as words, for methods that read texts."""
    pairs = zip(tensors['input_ids'], tensors['attention_mask'], strict=True)
    texts = [' '.join(f'w{word}' for word in ids[mask > 0][1:]) for ids, mask in pairs]
    return pd.DataFrame({'text': texts, 'label': tensors['labels'].numpy()})


def synthetic(draw: int = 0) -> Task:
    """Make the synthetic task; draw 1 has other texts and other, fewer halves."""
    train, topics, wrong = synthetic_texts(2000, 11 + 100 * draw, 0.05)
    targets, asked_topics, _ = synthetic_texts(200, 12 + 100 * draw, 0)
    held, _, _ = synthetic_texts(1000, 13 + 100 * draw, 0)
    return Task(
        name='synthetic-again' if draw else 'synthetic',
        model='BERT shape, 0.17M parameters',
        data='2,000 synthetic texts, 5 % wrong labels',
        base=pretrained_bert(),
        train=train,
        targets=targets,
        held=held,
        table=as_table(train),
        asked=as_table(targets),
        masks=random_subsets(2000, 24 if draw else 100, seed=draw),
        n_seeds=2 if draw else 3,
        config=FineTuneConfig(epochs=10, lr=3e-4, batch_size=64, **PLAIN),
        save_epochs=(0, 2, 4, 7, 9),
        wrong=wrong,
        topics=(topics, asked_topics),
    )


def drop_unused_words(model: torch.nn.Module, parts: Sequence[Tensors]) -> None:
    """Cut the embedding table down to the words of a task.

    Words that occur nowhere have no gradient, and are most of the model.
    """
    used = torch.cat([part['input_ids'].flatten() for part in parts]).unique()
    weights = model.get_input_embeddings().weight.data[used]
    table = torch.nn.Embedding.from_pretrained(weights, freeze=False, padding_idx=0)
    model.set_input_embeddings(table)
    model.config.vocab_size = len(used)
    for part in parts:
        part['input_ids'] = torch.searchsorted(used, part['input_ids'])


def learn_before(
    model: torch.nn.Module, texts: Tensors, config: FineTuneConfig
) -> dict[str, torch.Tensor]:
    """Train a copy of a model on other texts; return its weights."""
    model = copy.deepcopy(model)
    finetune(model, TensorRows(texts), config, progress=False)
    return model.state_dict()


def encoder_task(
    name: str,
    data: str,
    tables: Sequence[pd.DataFrame],
    n_halves: int,
    n_layers: int,
    config: FineTuneConfig,
    max_tokens: int = 32,
) -> Task:
    """Make a task of real texts for the lowest layers of MiniLM.

    `tables` are those for training, as targets, held out, and, if there is a fourth,
    what is learnt before the task begins.
    """
    torch.manual_seed(0)
    base, tokenizer = load_model(
        AutoModelForSequenceClassification,
        'minilm',
        new_head=True,
        num_labels=2,
        num_hidden_layers=n_layers,
    )
    # the encoder was trained without its pooler
    torch.nn.init.eye_(base.bert.pooler.dense.weight)
    tokenizer.truncation_side = 'left' if 'text_pair' not in tables[0] else 'right'
    options = {'truncation': True, 'max_length': max_tokens, 'padding': 'max_length'}
    parts = []
    for table in tables:
        texts = [table[c].tolist() for c in ('text', 'text_pair') if c in table]
        encoded = tokenizer(*texts, return_tensors='pt', **options)
        parts.append(dict(encoded, labels=torch.tensor(table['label'].values)))
    drop_unused_words(base, parts)
    if len(parts) == 4:
        before = replace(config, epochs=2, seed=FIRST_SEED - 1)
        settings = {'model': base, 'texts': parts[3], 'config': before}
        job = Job('before', learn_before, settings)
        (weights,) = run_jobs([job], RUNS / 'before', progress=False)
        base.load_state_dict(weights)
    layers = 'lowest layer' if n_layers == 1 else 'all six layers'
    return Task(
        name,
        f'all-MiniLM-L6-v2, {layers}',
        data,
        base.eval(),
        *parts[:3],
        *tables[:2],
        masks=random_subsets(len(tables[0]), n_halves),
        n_seeds=2,
        config=config,
        save_epochs=(0, 1, 2, 3),
    )


def tweets_of(split: str, n: int) -> pd.DataFrame:
    """Load tweets that carry joy or anger, but not both."""
    table = load('emotion', split)
    table = table[table['joy'] != table['anger']]
    table = pd.DataFrame({'text': table['text'], 'label': table['anger']})
    return balanced_subset(check_table(table, ['joy', 'anger']), n).reset_index(
        drop=True
    )


def tweets(name: str = 'tweets', n_layers: int = 1, lr: float = 1e-3) -> Task:
    parts = {'train': 800, 'validation': 100, 'test': 400}
    tables = [tweets_of(split, n) for split, n in parts.items()]
    data = 'SemEval-2018 E-c tweets with joy or anger, 800 for training, last 32 tokens'
    config = FineTuneConfig(epochs=4, lr=lr, batch_size=32, **PLAIN)
    return encoder_task(name, data, tables, 40, n_layers, config)


def tuned_tweets() -> Task:
    """Fine-tune the whole encoder, by the recipe of Devlin et al. (2019)."""
    return tweets('tuned-tweets', n_layers=6, lr=5e-5)


def imdb() -> Task:
    test = load('imdb', 'test', 500)
    tables = [load('imdb', 'train', 600), test[:100], test[100:]]
    tables = [table.reset_index(drop=True) for table in tables]
    config = FineTuneConfig(epochs=4, lr=1e-3, batch_size=32, **PLAIN)
    data = 'IMDB, 600 training reviews, last 32 tokens'
    return encoder_task('imdb', data, tables, 24, 1, config)


def qnli() -> Task:
    """Fine-tune the whole encoder on pairs: the task of TRAK's tutorial, smaller.

    From 300 pairs alone MiniLM learns hardly anything, so it has seen others before.
    All pairs are of the validation split, and no question is in two parts.
    """
    pairs = load('qnli', 'validation')
    questions = pairs['text'].unique()
    order = np.random.default_rng(0).permutation(len(questions))
    rank = pairs['text'].map(dict(zip(questions, order, strict=True)))
    pairs = pairs.assign(rank=rank).sort_values('rank', kind='stable')
    tables, first = [], 0
    for n_rows in (300, 80, 400, 3600):
        own = pairs.iloc[first : first + n_rows]
        tables.append(own[own['rank'] < own['rank'].max()].drop(columns='rank'))
        first += n_rows
    tables = [table.reset_index(drop=True) for table in tables]
    config = FineTuneConfig(epochs=4, lr=1e-4, batch_size=32, **PLAIN)
    data = (
        f'QNLI validation pairs, first 48 tokens: {len(tables[3])} learnt before, '
        f'{len(tables[0])} for training'
    )
    return encoder_task('qnli', data, tables, 20, 6, config, 48)


TASKS = {
    'synthetic': synthetic,
    'synthetic-again': partial(synthetic, 1),
    'tweets': tweets,
    'tuned-tweets': tuned_tweets,
    'imdb': imdb,
    'qnli': qnli,
}


def train_once(
    task: Task, seed: int, train: Tensors | None = None
) -> tuple[torch.nn.Module, list[Checkpoint]]:
    """Train on all texts; return the model and its checkpoints."""
    model = copy.deepcopy(task.base)
    rows = TensorRows(train or task.train)
    config = replace(task.config, seed=seed)
    run = finetune(model, rows, config, save_epochs=task.save_epochs, progress=False)
    return model, run.checkpoints


def margins_after(task: Task, runs, kind: str, targets: Tensors) -> np.ndarray:
    """Train again for each run, and return the margins of targets."""
    rows = TensorRows(task.train), TensorRows(targets)
    train = RetrainClassifier(task.base, *rows, task.config)
    runs = [replace(run, seed=FIRST_SEED + run.seed) for run in runs]
    return retrain(train, runs, RUNS / task.name / kind)


def truth(task: Task) -> np.ndarray:
    """Return margins (seeds, halves, targets) after training on random halves.

    They are read from `results/`, or made.
    """
    file = task.results / f'attribution-truth-{task.name}.safetensors'
    if not file.exists():
        runs = subset_runs(task.masks, range(task.n_seeds))
        margins = torch.tensor(margins_after(task, runs, 'halves', task.targets))
        margins = margins.half().view(task.n_seeds, len(task.masks), -1)
        facts = {'model': task.model, 'data': task.data, 'share': 0.5}
        save_tensors(file, {'margins': margins}, facts | provenance())
    return load_tensors(file)[0]['margins'].float().numpy()


# Speed: one BERT shape of 1.4M parameters


def speed_bert(attention: str = 'sdpa') -> torch.nn.Module:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=8000,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=512,
        max_position_embeddings=64,
        num_labels=2,
        attn_implementation=attention,
    )
    return transformers.BertForSequenceClassification(config).eval()


def base_bert() -> torch.nn.Module:
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=28996)
    return transformers.BertForSequenceClassification(config).eval()


def random_batch(
    n: int, vocabulary: int = 8000, longest: int = 64, full: bool = False, seed: int = 0
) -> Tensors:
    """Draw texts of Zipf-distributed words, of random lengths unless they are full."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, vocabulary + 1)
    lengths = np.full(n, longest)
    if not full:
        lengths = rng.integers(longest // 4, longest + 1, n)
    mask = (np.arange(longest) < lengths[:, None]).astype(int)
    ids = rng.choice(vocabulary, (n, longest), p=weights / weights.sum()) * mask
    labels = rng.integers(0, 2, n)
    arrays = {'input_ids': ids, 'attention_mask': mask, 'labels': labels}
    return {name: torch.tensor(array) for name, array in arrays.items()}


def training_step(model: torch.nn.Module, batch: Tensors) -> None:
    model.zero_grad()
    inputs = {k: v for k, v in batch.items() if k != 'labels'}
    F.cross_entropy(model(**inputs).logits, batch['labels']).backward()


class Features:
    """A batch's projected gradients, as a step that can be timed."""

    def __init__(self, model, batch: Tensors, projection: Projection):
        self.gradients = PerExampleGradients(model)
        self.output = default_output(model)
        self.batch, self.projection = batch, projection
        projection.prepare(self.gradients.sizes)

    def __call__(self, batch: Tensors | None = None):
        return self.gradients(batch or self.batch, self.output, self.projection)


class Masked(torch.nn.Module):
    """A BERT that is handed an additive mask.

    The `vmap` of other libraries fails on the mask check of transformers' BERT.
    """

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, token_type_ids, attention_mask):
        mask = (1.0 - attention_mask[:, None, None, :].float()) * -1e9
        mask = mask.expand(-1, 1, input_ids.shape[1], -1)
        names = {'token_type_ids': token_type_ids, 'attention_mask': mask}
        return self.model(input_ids=input_ids, **names).logits


def columns(batch: Tensors) -> list[torch.Tensor]:
    """Return what `Masked` takes, and the labels."""
    zeros = torch.zeros_like(batch['input_ids'])
    return [batch['input_ids'], zeros, batch['attention_mask'], batch['labels']]


def make_traker(model: Masked, n_train: int, size: int):
    """Return traker's TRAKer in fp32: its half precision is slower on a CPU."""
    from trak import TRAKer

    return TRAKer(
        model=model,
        task='text_classification',
        train_set_size=n_train,
        save_dir=tempfile.mkdtemp(),
        device='cpu',
        proj_dim=size,
        use_half_precision=False,
        logging_level=50,
    )


def traker_step(size: int, batch: Tensors, n_batches: int) -> Callable:
    model, n = Masked(speed_bert('eager')), len(batch['labels'])
    traker = make_traker(model, n * n_batches, size)
    traker.load_checkpoint(model.state_dict(), model_id=0)
    return lambda: traker.featurize(batch=columns(batch), num_samples=n)


def dattri_step(size: int, batch: Tensors) -> Callable:
    from dattri.algorithm.trak import TRAKAttributor
    from dattri.task import AttributionTask as DattriTask

    model = Masked(speed_bert('eager'))

    def output(params, data):
        inputs = tuple(part[None] for part in data[:3])
        logits = torch.func.functional_call(model, params, inputs)[0]
        is_own = torch.arange(2) == data[3]
        return (
            torch.where(is_own, logits, 0).sum() - torch.where(is_own, 0, logits).sum()
        )

    def probability(params, data):
        n_dims = (2, 2, 2, 1)
        parts = [
            part if part.ndim == n else part[None]
            for part, n in zip(data, n_dims, strict=True)
        ]
        logits = torch.func.functional_call(model, params, tuple(parts[:3]))
        return torch.exp(-F.cross_entropy(logits, parts[3], reduction='none'))

    settings = {'proj_max_batch_size': 32, 'proj_seed': 0, 'device': 'cpu'}
    attributor = TRAKAttributor(
        DattriTask(output, model, model.state_dict()),
        probability,
        projector_kwargs={'proj_dim': size, **settings},
        regularization=1.0,
    )
    dataset = torch.utils.data.TensorDataset(*columns(batch))
    loader = torch.utils.data.DataLoader(dataset, batch_size=len(batch['labels']))
    return lambda: attributor.cache(loader)


def kronfluence_step(batch: Tensors) -> Callable:
    """Fit the factors of EK-FAC on the batch.

    That is what must be done for each training text before anything can be scored.
    """
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments
    from kronfluence_task import ClassifyTokens

    task = ClassifyTokens()
    model = prepare_model(Masked(speed_bert('eager')), task)
    options = {'output_dir': tempfile.mkdtemp(), 'cpu': True, 'disable_tqdm': True}
    analyzer = Analyzer('bench', model, task, **options)
    return partial(
        analyzer.fit_all_factors,
        'factors',
        torch.utils.data.TensorDataset(*columns(batch)),
        per_device_batch_size=len(batch['labels']),
        factor_args=FactorArguments(strategy='ekfac'),
        overwrite_output_dir=True,
    )


@dataclass
class Scheme:
    """Something that is timed: a step, how often per round, and texts per step."""

    step: Callable
    repetitions: int
    n_texts: int


def interleaved(schemes: dict[str, Scheme], n_rounds: int) -> dict[str, float]:
    """Return the median seconds per text of each scheme."""
    for scheme in schemes.values():
        scheme.step()
    times: dict[str, list[float]] = {name: [] for name in schemes}
    for _ in range(n_rounds):
        for name, scheme in schemes.items():
            for _ in range(scheme.repetitions):
                start = time.perf_counter()
                scheme.step()
                times[name].append((time.perf_counter() - start) / scheme.n_texts)
    return {name: statistics.median(values) for name, values in times.items()}


def speed_schemes(size: int, n: int, n_rounds: int) -> dict[str, Scheme]:
    """Return what is timed with `size` numbers and batches of n texts."""
    batch, many = random_batch(n), random_batch(1024)
    short = random_batch(n, longest=16)
    model, trained = speed_bert(), speed_bert()
    adam = torch.optim.AdamW(trained.parameters(), lr=1e-5, fused=True)

    def step_with_adam():
        training_step(trained, batch)
        adam.step()

    def featurize():
        settings = {'batch_size': n, 'progress': False, 'projection': Sketch(size)}
        Attributor(model, **settings).featurize(many)

    sketch, factored = (Features(model, batch, p(size)) for p in (Sketch, Factored))
    n_batches = n_rounds + 1
    schemes = {
        'training step': Scheme(partial(training_step, trained, batch), 4, n),
        'training step with AdamW': Scheme(step_with_adam, 4, n),
        'promptlab, sketch': Scheme(sketch, 4, n),
        'promptlab, factored': Scheme(factored, 4, n),
        'promptlab, featurize 1,024 texts': Scheme(featurize, 2, 1024),
        'traker fp32': Scheme(traker_step(size, batch, n_batches), 1, n),
        'traker fp32, at most 16 tokens': Scheme(
            traker_step(size, short, n_batches), 1, n
        ),
        'kronfluence ekfac, fit': Scheme(kronfluence_step(batch), 1, n),
    }
    if n == 16:  # it takes minutes with more
        schemes['dattri'] = Scheme(dattri_step(size, batch), 1, n)
    return schemes


def speed(n_rounds: int) -> list[dict]:
    """Time promptlab, traker, dattri and kronfluence."""
    units = {
        'training steps': 'training step',
        "of promptlab's batch": 'promptlab, sketch',
        "of promptlab's 1,024 texts": 'promptlab, featurize 1,024 texts',
    }
    rows = []
    for size, n in ((1024, 64), (4096, 16)):
        times = interleaved(speed_schemes(size, n, n_rounds), n_rounds)
        found = [
            {'k': size, 'batch': n, 'scheme': name}
            | {'s per 1,000 texts': round(1000 * value, 2)}
            | {unit: round(value / times[other], 1) for unit, other in units.items()}
            for name, value in times.items()
        ]
        print(pd.DataFrame(found).to_string(index=False), flush=True)
        rows += found
    return rows


# Memory


def megabytes(key: str) -> float:
    """Read a line of the kernel's own account of this process (Linux)."""
    status = Path('/proc/self/status').read_text()
    return int(re.search(rf'{key}:\s+(\d+)', status)[1]) / 1024


def most_memory(kind: str, make_model, make_batch, size: int, threads: int):
    """Return MB in use with the model loaded, and the most in use in three batches."""
    torch.set_num_threads(threads)
    model, batch = make_model(), make_batch()
    step = Features(model, batch, Sketch(size))
    if kind == 'training step':
        step = partial(training_step, model, batch)
    Path('/proc/self/clear_refs').write_text('5')  # forget the high-water mark
    start = megabytes('VmRSS')
    for _ in range(3):
        step()
    return start, megabytes('VmHWM')


def memory(threads: int) -> list[dict]:
    """Measure each case in a process of its own, so that nothing is left over."""
    cases = [
        ('1.4M parameters', speed_bert, 1024, 64, partial(random_batch, 64)),
        ('1.4M parameters', speed_bert, 4096, 16, partial(random_batch, 16)),
        (
            'BERT-base, 128 tokens',
            base_bert,
            4096,
            8,
            partial(random_batch, 8, 28996, 128, True),
        ),
    ]
    rows = []
    for name, make_model, size, n, make_batch in cases:
        found = {}
        for kind in ('training step', 'features'):
            arguments = (kind, make_model, make_batch, size, threads)
            with multiprocessing.get_context('spawn').Pool(1) as pool:
                found[kind] = pool.apply(most_memory, arguments)
        step, own = found['training step'], found['features']
        row = {'model': name, 'k': size, 'batch': n, 'loaded MB': round(own[0])}
        row['training step MB'] = round(step[1] - step[0])
        row['features MB'] = round(own[1] - own[0])
        row['extra MB'] = round(own[1] - own[0] - step[1] + step[0])
        row['peak MB'] = round(own[1])
        rows.append(row)
    print(pd.DataFrame(rows).to_string(index=False))
    return rows


def base(n: int = 8, longest: int = 128) -> dict:
    """Time a BERT-base shape."""
    model = base_bert()
    batch = random_batch(n, 28996, longest, full=True)
    features = Features(model, batch, Sketch(4096))
    schemes = {
        'features': Scheme(features, 1, n),
        'step': Scheme(partial(training_step, model, batch), 1, n),
    }
    times = interleaved(schemes, 1)
    found = {
        'parameters': sum(features.gradients.sizes.values()),
        'batch': n,
        'tokens': longest,
        's per 1,000 texts': round(1000 * times['features'], 1),
        'training steps': round(times['features'] / times['step'], 2),
    }
    print(found)
    return found


# Fidelity: sketches against whole gradients, on every family


def families() -> dict[str, torch.nn.Module]:
    """Make small models of every family, with random weights."""
    small = {
        'vocab_size': N_WORDS,
        'hidden_size': 64,
        'num_hidden_layers': 2,
        'num_attention_heads': 2,
        'intermediate_size': 128,
        'max_position_embeddings': 64,
        'pad_token_id': 0,
    }
    narrow = {'embedding_size': 32}
    bottleneck = narrow | {'intra_bottleneck_size': 32, 'true_hidden_size': 32}
    tokens = {'bos_token_id': 1, 'eos_token_id': 2}
    # display name: (class, changes)
    settings = {
        'BERT': ('Bert', {}),
        'RoBERTa': ('Roberta', {'max_position_embeddings': 66}),
        'DistilBERT': (
            'DistilBert',
            {'hidden_dim': 128, 'max_position_embeddings': 512},
        ),
        'MobileBERT': ('MobileBert', bottleneck),
        'ELECTRA': ('Electra', narrow),
        'ALBERT': ('Albert', narrow),
        'ModernBERT': ('ModernBert', tokens | {'cls_token_id': 1, 'sep_token_id': 2}),
        'GPT-2': ('GPT2', {'bos_token_id': None, 'eos_token_id': None}),
        'Llama': ('Llama', tokens),
    }
    torch.manual_seed(0)
    models = {}
    for name, (kind, changes) in settings.items():
        config = getattr(transformers, f'{kind}Config')(**small | changes)
        models[name] = getattr(transformers, f'{kind}ForSequenceClassification')(config)
        if name == 'GPT-2':
            models['GPT-2, LM loss'] = transformers.GPT2LMHeadModel(config)
    return models


def off_diagonal(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.eye(len(matrix), dtype=bool)]


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def kernel_of(features: torch.Tensor) -> np.ndarray:
    return (features @ features.T).double().numpy()


def held_back_scores(features: torch.Tensor, curvature: torch.Tensor) -> np.ndarray:
    """Score the first quarter of the texts by the others, with the default damping."""
    n_targets = len(features) // 4
    targets, train = features[:n_targets].double(), features[n_targets:].double()
    root = curvature[n_targets:].double().sqrt()
    kernel = train @ train.T
    lam = 0.02 * (kernel.diagonal() * root**2).sum()
    products = targets @ train.T
    damped = kernel * root * root[:, None] + lam * torch.eye(len(kernel))
    solved = torch.linalg.solve(damped, root[:, None] * kernel)
    return (products - (products * root) @ solved).numpy()


def expected_fidelity(kernel: np.ndarray) -> dict[str, float]:
    """Return what any random projection can give, by the variance of its products."""
    squares = np.outer(np.diag(kernel), np.diag(kernel)) + kernel**2
    noise = off_diagonal(squares).mean()  # of k random numbers: noise / k
    variance = off_diagonal(kernel).var()
    return {
        'off diagonal, expected at 512': (1 + noise / 512 / variance) ** -0.5,
        'places for .99': noise / variance / (0.99**-2 - 1),
    }


def fit_principal(model: torch.nn.Module, seen: Tensors, n: int) -> Principal:
    """Fit 512 principal directions on other texts."""
    principal = Principal(512)
    features = Features(model, seen, principal)
    batches = [{k: v[i : i + n] for k, v in seen.items()} for i in range(0, 1024, n)]
    found = torch.cat([features(batch).features for batch in batches])
    principal.load(principal.fit(found))
    return principal


def family_fidelity(model: torch.nn.Module, seen: Tensors, batch: Tensors) -> dict:
    """Compare kernels and scores of sketches with those of whole gradients."""
    model.eval()
    output, gradients = default_output(model), PerExampleGradients(model)
    few = {name: tensor[:4] for name, tensor in batch.items()}
    error = check_gradients(gradients, few, output)
    whole, values, weight = Features(model, batch, Whole())()
    curvature, kernel = output.curvature(weight), kernel_of(whole)
    row = {
        'parameters': sum(gradients.sizes.values()),
        'error of gradients': f'{error:.0e}',
        'correct': float((values > 0).float().mean()) if 'labels' in batch else None,
    }
    projections = {
        'sketch 512': Sketch(512),
        'dense 512': Rademacher(512),
        'principal 512': fit_principal(model, seen, len(batch['input_ids'])),
        'sketch 4096': Sketch(4096),
        'factored 4096': Factored(4096),
    }
    true_scores = held_back_scores(whole, curvature)
    for name, projection in projections.items():
        features = Features(model, batch, projection)().features
        own, scores = kernel_of(features), held_back_scores(features, curvature)
        row[f'kernel, {name}'] = correlation(own, kernel)
        true = off_diagonal(kernel)
        row[f'off diagonal, {name}'] = correlation(off_diagonal(own), true)
        row[f'scores, {name}'] = correlation(scores, true_scores)
    return row | expected_fidelity(kernel)


def fidelity(n: int = 64) -> list[dict]:
    """Compare on random weights and texts, and on fine-tuned models.

    The fine-tuned ones are asked about texts of their task that they have not seen.
    """
    texts, _, _ = synthetic_texts(2000 + n, 5, 0)
    rows = []
    for name, model in families().items():
        seen = random_batch(1024, N_WORDS, 48, seed=1)
        batch = random_batch(n, N_WORDS, 48)
        if name.endswith('LM loss'):
            del seen['labels'], batch['labels']
        found = family_fidelity(model, seen, batch)
        rows.append({'family': name, 'weights': 'random'} | found)
        if 'labels' in batch:
            config = FineTuneConfig(epochs=6, lr=1e-3, batch_size=32, **PLAIN)
            subset = np.arange(2000)
            finetune(model, TensorRows(texts), config, subset=subset, progress=False)
            seen = {k: v[:1024] for k, v in texts.items()}
            batch = {k: v[-n:] for k, v in texts.items()}
            found = family_fidelity(model, seen, batch)
            rows.append({'family': name, 'weights': 'fine-tuned'} | found)
        print(name, flush=True)
    print(pd.DataFrame(rows).round(4).to_string(index=False))
    return rows


# The linear datamodeling score


class LdsTable:
    """Scores of many methods, each with its LDS and cost."""

    def __init__(self, task: Task):
        self.task = task
        self.margins = truth(task)
        self.mean = self.margins.mean(0)
        self.methods: dict[str, list] = {}
        self.settings: dict[str, list] = {}
        self.seconds: dict[str, float] = {}
        self.topics: dict[str, list] = {}

    def judge(self, scores: np.ndarray) -> dict[str, list[float]]:
        """Return the LDS, and what is left of it controlling for class balance."""
        task = self.task
        both = {
            'LDS': lds_interval(scores, task.masks, self.mean),
            'beyond balance': lds_interval(
                scores, task.masks, self.mean, task.positives
            ),
        }
        return {
            name: [round(float(v), 3) for v in value] for name, value in both.items()
        }

    def add(self, name: str, make: Callable[[], np.ndarray]) -> None:
        """Judge a method; its first run is timed."""
        start = time.process_time()
        scores = make()
        self.seconds.setdefault(name, round(time.process_time() - start, 1))
        self.methods.setdefault(name, []).append(self.judge(scores))
        if self.task.topics:
            self.topics.setdefault(name, []).append(found_topics(self.task, scores))
        print(name, self.methods[name][-1], flush=True)

    def add_setting(self, name: str, scores: np.ndarray) -> None:
        """Judge another setting of the default method."""
        self.settings.setdefault(name, []).append(self.judge(scores))
        print(name, self.settings[name][-1], flush=True)

    def measured(self) -> dict[str, Any]:
        """Return what is recorded."""
        task, n_seeds = self.task, len(self.margins)
        balanced = datamodel_lds(task.masks, self.mean, task.positives)
        return {
            'lds': self.methods,
            'settings': self.settings,
            'seconds': self.seconds,
            'topics': self.topics,
            'datamodel': {
                'LDS': round(datamodel_lds(task.masks, self.mean), 3),
                'beyond balance': round(balanced, 3),
            },
            'ceiling': lds_ceiling(self.margins, n_seeds),
            'retrainings': n_seeds * len(task.masks),
            'correct': float((self.mean > 0).mean()),
        }


def found_topics(task: Task, scores: np.ndarray, k: int = 20) -> float:
    """Return the share of each target's top k texts that have its topic."""
    own, asked = task.topics
    top = np.argsort(-scores, axis=0, kind='stable')[:k]
    return round(float((own[top] == asked).mean()), 3)


def gradient_scores(task: Task, model, checkpoints, **settings) -> np.ndarray:
    """Score by a gradient method."""
    attributor = Attributor(model, progress=False, batch_size=64, **settings)
    for state, weight in checkpoints:
        attributor.featurize(task.train, state, weight)
    return attributor.score(task.targets)


def text_scores(task: Task, method: str) -> np.ndarray:
    """Score by a method that reads texts."""
    return METHODS.resolve(method).attribute(
        AttributionTask(None, task.table, task.asked)
    )


def representation_scores(task: Task, model) -> np.ndarray:
    """Score by cosines of representations, signed by label agreement."""
    train, targets = (
        representations(model, TensorRows(part), progress=False)
        for part in (task.train, task.targets)
    )
    return train @ targets.T * task.agreement


def ekfac_scores(task: Task, model) -> np.ndarray:
    settings = FeatureSettings(progress=False)
    question = AttributionTask(model, task.train, task.targets, settings=settings)
    return METHODS.resolve('ekfac').attribute(question)


def in_batches(tensors: Tensors, size: int = 64):
    parts = columns(tensors)
    for start in range(0, len(parts[0]), size):
        yield [part[start : start + size] for part in parts]


def traker_scores(
    task: Task, state: Tensors, size: int, lambdas: Sequence[float]
) -> dict[float, np.ndarray]:
    """Follow traker's tutorial, in fp32, for several of its lambdas."""
    model = copy.deepcopy(task.base)
    model.set_attn_implementation('eager')
    model = Masked(model)
    state = {f'model.{name}': tensor for name, tensor in state.items()}
    traker = make_traker(model, len(task.table), size)
    traker.projector.free_memory = lambda: None  # it may be called once only
    traker.load_checkpoint(state, model_id=0)
    for batch in in_batches(task.train):
        traker.featurize(batch=batch, num_samples=len(batch[0]))
    traker.finalize_features()
    traker.start_scoring_checkpoint(
        exp_name='bench', checkpoint=state, model_id=0, num_targets=len(task.asked)
    )
    for batch in in_batches(task.targets):
        traker.score(batch=batch, num_samples=len(batch[0]))
    scores = {}
    for lam in lambdas:
        traker.score_computer.lambda_reg = lam
        traker.saver.model_ids[0]['is_finalized'] = 0
        traker.finalize_features()
        scores[lam] = np.array(traker.finalize_scores(exp_name='bench')).astype(float)
    return scores


def judge_run(
    table: LdsTable, seed: int, is_first: bool, extent: str
) -> list[Checkpoint]:
    """Judge all methods that depend on a training run, and return its checkpoints.

    The first run is timed, each method with features of its own; later ones share
    them, and quick ones.
    """
    task = table.task
    start = time.process_time()
    model, kept = train_once(task, seed)
    table.seconds.setdefault('one training run', round(time.process_time() - start, 1))
    four, last, is_quick = kept[:4], kept[-1:], extent == 'quick'
    score = partial(gradient_scores, task, model)
    with tempfile.TemporaryDirectory() as folder:
        shared = {'folder': folder}
        own = {} if is_first and not is_quick else shared
        table.add('damped, four checkpoints (default)', lambda: score(four, **own))
        table.add('damped, last checkpoint', lambda: score(last, **own))
        for name in ('tracin', 'cosine'):
            options = {'method': name, **own}
            table.add(f'{name}, four checkpoints', partial(score, four, **options))
        head = partial(score, four, method='last-layer')
        table.add('last layer, four checkpoints', head)
        table.add('representation', partial(representation_scores, task, model))
        if extent == 'full' or (is_first and not is_quick):
            ekfac = partial(ekfac_scores, task, model)
            table.add('ekfac by kronfluence, last checkpoint', ekfac)
        judge_settings(table, kept, partial(score, **shared), extent != 'full')
    if is_quick:
        return kept
    small = {'projection': Sketch(1024)}
    if extent == 'full':
        for size in (64, 256, 1024):
            scores = score(last, projection=Sketch(size))
            table.add_setting(f'size {size}', scores)
    table.add_setting('four checkpoints of 1024', score(four, **small))
    each = [score(last, projection=Sketch(1024, number)) for number in range(4)]
    table.add_setting('four projections of 1024', sum(each))
    return kept


def judge_settings(table: LdsTable, kept, score: Callable, short: bool) -> None:
    """Judge other checkpoints and dampings, from features that are there."""
    chosen = {'first': 1, 'first two': 2, 'first three': 3, 'all': len(kept)}
    for name, n in chosen.items():
        table.add_setting(f'checkpoints {name}', score(kept[:n]))
    for damping in (0.0002, 0.002, 0.2, 2.0):
        scores = score(kept[:4], method=Damped(damping))
        table.add_setting(f'damping {damping:g}', scores)
    if not short:
        table.add_setting('size 4096', score(kept[-1:]))


def measure_lds(task: Task, seeds: Sequence[int], extent: str) -> dict[str, Any]:
    """Return LDS and cost (seconds of CPU; none if quick) of each method."""
    table = LdsTable(task)
    for seed in seeds:
        kept = judge_run(table, seed, seed == seeds[0], extent)
    if extent == 'full':
        start = time.process_time()
        lambdas = (0.0, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
        by_lambda = traker_scores(task, kept[-1].state, 1024, lambdas)
        seconds = round(time.process_time() - start, 1)
        for lam, scores in by_lambda.items():
            name = f'traker 0.3.2, last checkpoint, lambda {lam:g}'
            table.add(name, partial(np.asarray, scores))
            table.seconds[name] = seconds
    for name in ('tfidf', 'bm25', 'label', 'random'):
        table.add(name, partial(text_scores, task, name))
    if extent == 'quick':
        table.seconds.clear()
    return table.measured()


# How many retrainings choose as well as all of them

N_RETRAININGS = (2, 4, 6, 10, 14, 20)


def all_candidates(task: Task, seed: int) -> dict[str, np.ndarray]:
    """Return the scores of everything that `validate=` chooses from, for one run."""
    model, kept = train_once(task, seed)
    settings = FeatureSettings(batch_size=64, progress=False)
    states = [(checkpoint.state, checkpoint.weight) for checkpoint in kept]
    question = AttributionTask(
        model, task.train, task.targets, checkpoints=states, settings=settings
    )
    scores = candidate_scores(question, candidate_methods(question))
    texts = {name: text_scores(task, name) for name in ('tfidf', 'label')}
    return scores | texts


def choose_some(
    predicted: dict, margins: np.ndarray, best: str, n: int, n_draws: int
) -> dict:
    """Choose by n single retrainings; judge by the mean margins of other halves.

    What is lost is the distance from the candidate that is best on all halves.
    """
    n_seeds, n_halves = margins.shape[:2]
    names, found, lost = list(predicted), [], []
    for draw in range(n_draws):
        rng = np.random.default_rng([n, draw])
        order = rng.permutation(n_halves)
        seen, unseen = order[:n], order[n:]
        known = margins[rng.integers(n_seeds, size=n), seen]
        by_few = [lds(predicted[k][seen], np.eye(n), known).mean() for k in names]
        itself, mean = np.eye(len(unseen)), margins.mean(0)[unseen]
        by_rest = [lds(predicted[k][unseen], itself, mean).mean() for k in names]
        found.append(by_rest[int(np.argmax(by_few))])
        lost.append(by_rest[names.index(best)] - found[-1])
    return {
        'retrainings': n,
        'LDS': [float(np.mean(found)), *map(float, np.quantile(found, (0.05, 0.95)))],
        'lost': float(np.mean(lost)),
        'within .03': float(np.mean(np.array(lost) < 0.03)),
    }


def choose(task: Task, seed: int, n_draws: int = 50) -> dict[str, Any]:
    """Return what few retrainings choose, beside the best and the default."""
    scores, margins = all_candidates(task, seed), truth(task)
    predicted = {name: task.masks @ own for name, own in scores.items()}
    itself = np.eye(len(task.masks))
    judged = {
        k: float(lds(v, itself, margins.mean(0)).mean()) for k, v in predicted.items()
    }
    sizes = [n for n in N_RETRAININGS if n <= len(task.masks) // 2]
    best = max(judged, key=judged.get)
    return {
        'candidates': dict(sorted(judged.items(), key=lambda item: -item[1])),
        'default': judged['Damped(damping=0.02) at all checkpoints'],
        'by retrainings': [
            choose_some(predicted, margins, best, n, n_draws) for n in sizes
        ],
        'ceiling': lds_ceiling(margins, len(margins)),
    }


# Uses: leave texts out, find wrong labels, choose what to keep


def leave_out(task: Task, seed: int) -> dict[str, Any]:
    """Measure margins after a target's top texts are left out, by several methods."""
    model, kept = train_once(task, seed)
    margins = classifier_margins(model, TensorRows(task.targets))
    n_train = len(task.table)
    right = np.random.default_rng(0).permutation(np.flatnonzero(margins > 0))
    targets, ks = right[:8].tolist(), [n_train // 100, n_train // 20]
    chance = np.random.default_rng(1).random(task.agreement.shape)
    scores = {
        'damped': gradient_scores(task, model, kept[:4]),
        'representation': representation_scores(task, model),
        'random, same label': chance + task.agreement,
    }
    runs = [Retraining(f'all-{s}', np.arange(n_train), s) for s in range(3)]
    for name, values in scores.items():
        plain = name.replace(', ', '-').replace(' ', '-')
        runs += leave_out_runs(values, ks, targets, name=plain)
    measured = margins_after(task, runs, 'leave', task.targets)
    before = measured[:3][:, targets]
    after = measured[3:].reshape(len(scores), len(targets), len(ks), -1)
    rows = []
    for name, by_target in zip(scores, after, strict=True):
        own = np.stack([by_target[i, :, target] for i, target in enumerate(targets)])
        for i, k in enumerate(ks):
            found = margin_falls(before.mean(0), own[:, i], k)
            rows.append({'method': name} | found)
    return {
        'rows': rows,
        'targets': len(targets),
        'margin': float(before.mean()),
        'between_seeds': float(before.std(0, ddof=1).mean()),
    }


def wrong_label_finders(model, kept, train: Tensors) -> dict[str, np.ndarray]:
    """Return scores that should be large for texts with a wrong label."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, states in (('last checkpoint', kept[-1:]), ('all checkpoints', kept)):
            settings = {'folder': folder, 'progress': False, 'batch_size': 64}
            attributor = Attributor(model, **settings)
            for state, weight in states:
                attributor.featurize(train, state, weight)
            for method in ('damped', 'tracin'):
                values = attributor.self_influence(method)
                found[f'self-influence, {method}, {name}'] = values
            losses = [
                np.logaddexp(0, -store.output.numpy())
                for store in attributor.stores().values()
            ]
            found[f'loss, {name}'] = sum(losses)
    vectors = representations(model, TensorRows(train), progress=False)
    labels = train['labels'].numpy()
    found['neighbours with another label'] = neighbour_disagreement(vectors, labels)
    return found


def find_wrong_labels(task: Task, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Return the AUC of finding wrong labels: the task's own, or a flipped tenth."""
    aucs: dict[str, list[float]] = {}
    for seed in seeds:
        wrong, train = task.wrong, task.train
        if wrong is None:
            labels = task.train['labels'].numpy()
            noisy, wrong = flip_labels(labels, 0.1, seed=seed)
            train = {**task.train, 'labels': torch.tensor(noisy)}
        model, kept = train_once(task, seed, train)
        for name, values in wrong_label_finders(model, kept, train).items():
            aucs.setdefault(name, []).append(float(roc_auc_score(wrong, values)))
        print(seed, {k: round(v[-1], 3) for k, v in aucs.items()}, flush=True)
    return aucs


def keeping_rules(task: Task, seed: int) -> dict[str, np.ndarray]:
    """Return scores of training texts, the highest of which are kept."""
    model, kept = train_once(task, seed)
    attributor = Attributor(model, progress=False, batch_size=64)
    for state, weight in kept[:4]:
        attributor.featurize(task.train, state, weight)
    return {
        'highest summed damped score': attributor.score(task.targets).sum(1),
        'lowest self-influence': -attributor.self_influence(),
        'lowest loss': classifier_margins(model, TensorRows(task.train)),
    }


def keep_some(task: Task, seed: int) -> dict[str, Any]:
    """Train on a chosen part of the texts, and test on others.

    These took no part in the choice.
    """
    shares, seeds, n_train = (0.1, 0.25, 0.5), range(3), len(task.table)
    rules = keeping_rules(task, seed)
    runs, names = [], [*rules, 'random']
    for share in shares:
        n_kept = round(share * n_train)
        for s in seeds:
            orders = [np.argsort(-values, kind='stable') for values in rules.values()]
            orders.append(np.random.default_rng([5, s]).permutation(n_train))
            for name, order in zip(names, orders, strict=True):
                plain = f'{name.replace(" ", "-")}-{share:g}-{s}'
                runs.append(Retraining(plain, np.sort(order[:n_kept]), s))
    runs += [Retraining(f'all-{s}', np.arange(n_train), s) for s in seeds]
    measured = margins_after(task, runs, 'keep', task.held)
    chosen = measured[:-3].reshape(len(shares), len(seeds), len(names), -1)

    def summary(margins):
        loss = np.logaddexp(0, -margins).mean(-1)
        return {'accuracy': (margins > 0).mean(-1).tolist(), 'loss': loss.tolist()}

    found = {
        name: {f'{share:g}': summary(chosen[i, :, j]) for i, share in enumerate(shares)}
        for j, name in enumerate(names)
    }
    return found | {'all texts': {'1': summary(measured[-3:])}}


# Command line

MODEL_PARTS = ('speed', 'memory', 'fidelity', 'base')
TASK_PARTS = ('truth', 'lds', 'choose', 'leave', 'wrong', 'keep')


def measure_task(arguments: argparse.Namespace, task: Task) -> dict[str, Any]:
    """Run one of the parts that need a task."""
    seeds = arguments.seeds
    if arguments.part == 'lds':
        return measure_lds(task, seeds, arguments.extent)
    if arguments.part == 'choose':
        return choose(task, seeds[0])
    if arguments.part == 'leave':
        return leave_out(task, seeds[0])
    if arguments.part == 'wrong':
        return find_wrong_labels(task, seeds)
    return keep_some(task, seeds[0])


def measure_part(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one of the parts that need no task."""
    if arguments.part == 'base':
        return base()
    measures = {
        'speed': partial(speed, arguments.rounds),
        'memory': partial(memory, arguments.threads),
        'fidelity': fidelity,
    }
    return {'table': measures[arguments.part]()}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('part', choices=[*MODEL_PARTS, *TASK_PARTS])
    parser.add_argument('--task', choices=list(TASKS), default='synthetic')
    parser.add_argument('--rounds', type=int, default=2)
    parser.add_argument('--results', type=Path, default=RESULTS)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument(
        '--seeds',
        type=int,
        nargs='+',
        default=[900, 901, 902],
        help='of the runs that are attributed',
    )
    parser.add_argument(
        '--extent',
        choices=('full', 'short', 'quick'),
        default='full',
        help='short: no traker, no other sizes, EK-FAC for the first run only; quick: '
        'no EK-FAC, no times',
    )
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    warnings.simplefilter('ignore')
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(arguments.threads)
    command = f'python benchmarks/attribution.py {" ".join(sys.argv[1:])}'
    facts = {'device': 'cpu', 'threads': arguments.threads, 'command': command}
    if arguments.part in TASK_PARTS:
        task = TASKS[arguments.task]()
        task.results = arguments.results
        facts |= {'model': task.model, 'data': task.data, 'seed': arguments.seeds}
        if arguments.part == 'truth':
            print(f'ceiling {lds_ceiling(truth(task), task.n_seeds):.3f}')
            return
        name = f'attribution-{arguments.part}-{arguments.task}'
        measured = measure_task(arguments, task)
    else:
        facts |= {'model': 'see the rows', 'data': 'synthetic tokens', 'seed': 0}
        name = f'attribution-{arguments.part}'
        measured = measure_part(arguments)
    record(name, measured, arguments.results, **facts)
    print(', '.join(f'{key} {value}' for key, value in provenance().items()))


if __name__ == '__main__':
    main()
