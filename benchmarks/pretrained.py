"""Train the prompts that the package ships, and measure them.

Each is a soft prompt with a linear head on SmolLM2-135M-Instruct, trained on a public
data set. The length of the prompt is chosen on validation rows; the test rows are read
once, at the end. `--ship` copies what was trained and measured into the package, with a
model card.
"""

import argparse
import copy
import json
import warnings
from pathlib import Path

import numpy as np
import torch

from promptlab.calibrators import DegenerateFit, Platt, Temperature
from promptlab.data import load, split_rows, targets
from promptlab.lm import get_lm
from promptlab.metrics import (
    bootstrap,
    calibration_metrics,
    label_summary,
)
from promptlab.models import Truncated
from promptlab.prompt import TrainedPrompt, train_many
from promptlab.report import read_results, record, show_interval
from promptlab.sharing import model_card

VARIANTS = [{'n_tokens': 5}, {'n_tokens': 10}]
EPOCHS = 4  # of the prompts that are shipped
TRAINING = {
    'lr': 0.01,
    'schedule': 'linear',
    'cache_budget': {'disk': '40GiB'},
}


def emotion_tables():
    """Return train, validation and test tweets."""
    return [load('emotion', split) for split in ('train', 'validation', 'test')]


def sentiment_tables(n_train, n_test):
    """Return train, validation and test reviews."""
    rows = load('imdb', 'train', limit=n_train)
    train, validation = split_rows(rows, (0.9, 0.1))
    return train, validation, load('imdb', 'test', limit=n_test)


def calibrated(prompt, logits, rows):
    """Return the prompt with calibration folded into its linear head.

    Platt scaling of a label's log odds and the temperature of several classes are both
    linear in the logits, so the head can take them over.
    """
    head = copy.deepcopy(prompt.head)
    if not prompt.is_multilabel:
        temperature = Temperature().fit(logits, targets(rows)).fitted_parameters()
        scale = torch.full((len(prompt.labels),), 1 / temperature['temperature'])
        offset = torch.zeros(len(prompt.labels))
    else:
        columns = zip(logits.T, targets(rows).T, strict=True)
        fits = [platt(log_odds, y) for log_odds, y in columns]
        scale = torch.tensor([fit['slope'] for fit in fits])
        offset = torch.tensor([fit['offset'] for fit in fits])
    with torch.no_grad():
        head.weight *= scale[:, None].to(head.weight)
        head.bias.copy_(head.bias * scale.to(head.bias) + offset.to(head.bias))
    changed = prompt.replace(head=head)
    if changed.is_multilabel:
        new_logits = logits * scale.numpy() + offset.numpy()
        changed = changed.replace(thresholds=expected_f1_thresholds(new_logits))
    return changed


def expected_f1_thresholds(logits):
    """Return a threshold per label: where the expected F1 of calibrated scores is best.

    The best threshold of a probability is half of the best F1 (Lipton, Elkan,
    Naryanaswamy, 2014, https://arxiv.org/abs/1402.1892). It depends on all rows through
    their probabilities, and so varies less than the best threshold of a few positives.
    """
    proba = -np.sort(-1 / (1 + np.exp(-np.asarray(logits, float))), axis=0)
    counts = np.arange(1, len(proba) + 1)[:, None]
    f1 = 2 * proba.cumsum(0) / (counts + proba.sum(0))
    half = f1.max(0) / 2
    return np.log(half / (1 - half))


def accuracy(y, logits):
    """Return the share of rows whose largest logit is that of their label."""
    return float((logits.argmax(1) == y).mean())


def platt(log_odds, y):
    """Return slope and offset of one label; a label too rare to fit stays as it is."""
    try:
        return Platt().fit(log_odds, y.astype(int)).fitted_parameters()
    except DegenerateFit:
        return {'slope': 1.0, 'offset': 0.0}


def score_rows(prompt, rows):
    """Return the main metrics of a prompt, with intervals over rows."""
    logits = prompt.logits(rows.text, progress=False)
    y = targets(rows)
    if not prompt.is_multilabel:
        scores = {'accuracy': bootstrap(accuracy, y, logits)}
        probabilities = prompt.proba(logits)[:, 1]
        calibration = calibration_metrics(probabilities, y, progress=False)
        return scores | {'calibration': calibration.T.to_dict('list')}
    at_zero = (logits > 0).astype(int)
    tuned = prompt.decide(logits)
    measured = {}
    for name, decisions in {
        'threshold 0.5': at_zero,
        'tuned thresholds': tuned,
    }.items():
        measured[name] = {
            metric: bootstrap(
                lambda t, d, m=metric: label_summary(t, d)[m], y, decisions, 200
            )
            for metric in ('micro_f1', 'macro_f1', 'jaccard')
        }
    return measured


PACKAGE = Path(__file__).resolve().parent.parent / 'promptlab/pretrained'
ABOUT = {
    'emotion': {
        'task': 'eleven emotions, any number per text, learned from English tweets',
        'data': 'SemEval-2018 Task 1, E-c: S. Mohammad, F. Bravo-Marquez, M. Salameh, '
        'S. Kiritchenko. https://doi.org/10.18653/v1/S18-1001',
        'licence': 'the tweets were published for non-commercial research; use this '
        'prompt for that, too, and cite the paper',
    },
    'sentiment': {
        'task': 'negative or positive, learned from English film reviews',
        'data': 'Large Movie Review Dataset: A. Maas, R. Daly, P. Pham, D. Huang, '
        'A. Ng, C. Potts, 2011. https://aclanthology.org/P11-1015',
        'licence': 'the reviews were published for research; use this prompt for that, '
        'too, and cite the paper',
    },
}
CARD = """
Ready to use: `promptlab predict --pretrained {name} "a text"`, or
`promptlab.sharing.load_pretrained('{name}')`. Probabilities are calibrated on
validation rows.

## Data and licence

- data: {data}
- licence: {licence}
"""


def plain(interval):
    """Return a score with its interval as text with ordinary spaces."""
    return show_interval(interval, 3).replace('\xa0', ' ')


def shown_scores(run):
    """Return the main scores on test rows, as text."""
    scores = run.measured['test']
    if 'accuracy' in scores:
        return {'accuracy': plain(scores['accuracy'])}
    scores = scores['tuned thresholds']
    names = {'micro F1': 'micro_f1', 'macro F1': 'macro_f1', 'Jaccard': 'jaccard'}
    return {shown: plain(scores[name]) for shown, name in names.items()}


def ship(task, folder, results):
    """Copy a prompt into the package, with its scores and a model card."""
    run = read_results(results).set_index('name').loc[f'pretrained-{task}']
    prompt = TrainedPrompt.load(folder / 'prompt')
    prompt.save(PACKAGE / task)
    scores = shown_scores(run)
    tested = f'{run.test_rows:,.0f} test rows'
    card = model_card(prompt, {f'{name} on {tested}': scores[name] for name in scores})
    about = ABOUT[task]
    (PACKAGE / task / 'README.md').write_text(card + CARD.format(name=task, **about))
    text = ', '.join(f'{name} {score}' for name, score in scores.items())
    about = {**about, 'test': f'{text} on {tested}'}
    (PACKAGE / task / 'about.json').write_text(json.dumps(about, indent=1) + '\n')


def measure(arguments, prompt, variant, validation, test, folder):
    """Calibrate the chosen prompt, save it, and record how it does on test rows."""
    final = calibrated(
        prompt, prompt.logits(validation.text, progress=False), validation
    )
    final.save(folder / 'prompt')
    final = TrainedPrompt.load(folder / 'prompt', prompt.lm)
    measured = {
        name: score_rows(final, rows)
        for name, rows in {'validation': validation, 'test': test}.items()
    }
    settings = {key: str(value) for key, value in prompt.settings.items()}
    suffix = '' if arguments.epochs == EPOCHS else f'-{arguments.epochs}-epochs'
    record(
        f'pretrained-{arguments.task}{suffix}',
        measured,
        arguments.results,
        model=arguments.model,
        data='SemEval-2018 E-c' if arguments.task == 'emotion' else 'IMDB',
        rows=prompt.settings['rows'],
        test_rows=len(test),
        seed=0,
        device='cpu',
        threads=arguments.threads,
        dtype=str(prompt.lm.dtype),
        settings=settings,
        chosen=variant,
        command=f'python benchmarks/pretrained.py {arguments.task}'
        f' --epochs {arguments.epochs} --max-tokens {arguments.max_tokens}',
    )
    print(measured['test'])


def main():
    """Train one prompt and record its measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('task', choices=['emotion', 'sentiment'])
    parser.add_argument('--model', default='smollm2')
    parser.add_argument('--epochs', type=int, default=EPOCHS)
    parser.add_argument('--max-tokens', type=int)
    parser.add_argument('--rows', type=int, default=4000, help='reviews to train on')
    parser.add_argument('--test-rows', type=int, default=2000)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--folder', default='runs/pretrained')
    parser.add_argument('--results', default='results')
    parser.add_argument('--ship', action='store_true', help='copy into the package')
    arguments = parser.parse_args()
    folder = Path(arguments.folder) / arguments.task
    if arguments.ship:
        ship(arguments.task, folder, arguments.results)
        return
    torch.set_num_threads(arguments.threads)
    warnings.simplefilter('ignore', Truncated)

    lm = get_lm(arguments.model, dtype='auto')
    tables = (
        emotion_tables()
        if arguments.task == 'emotion'
        else sentiment_tables(arguments.rows, arguments.test_rows)
    )
    train, validation, test = tables
    prompts = train_many(
        lm,
        train,
        VARIANTS,
        validation=validation,
        folder=folder / 'training',
        epochs=arguments.epochs,
        max_tokens=arguments.max_tokens,
        **TRAINING,
    )
    scores = [p.history.val_score.iloc[-1] for p in prompts]
    best = int(np.argmax(scores))
    print('validation scores', scores)
    measure(arguments, prompts[best], VARIANTS[best], validation, test, folder)


if __name__ == '__main__':
    main()
