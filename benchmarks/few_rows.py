"""How prompts and other methods learn from few rows: parts of `linear_head.py`.

A method gets a few rows of each class, drawn anew for each seed, and predicts the same
test rows. Whatever it chooses, it chooses by cross-validation of these rows, except the
learning rate of what is fine-tuned: the better of two on dev rows, from one draw.
"""

import tempfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from promptlab.baselines import fine_tune_lm
from promptlab.data import balanced_subset, check_table, targets
from promptlab.finetune import FineTuneConfig
from promptlab.models import find_model
from promptlab.prompt import train_many

SIZES = (16, 64, 256)  # rows per class
TUNED_SIZES = (16, 64)  # with 256, one fine-tuning takes ten minutes of a core
PROMPT_EPOCHS = {16: 12, 64: 6, 256: 3}
TUNED_EPOCHS = {16: 8, 64: 3}
RATES = {'LoRA': (5e-4, 2e-3), 'full fine-tuning': (5e-5, 2e-4)}
STEPS = 60  # of SetFit, with 16 pairs of texts each
LORA = {'r': 8, 'lora_alpha': 16, 'lora_dropout': 0.05, 'target_modules': 'all-linear'}
SETTINGS = {
    'epochs of prompts': PROMPT_EPOCHS,
    'epochs of fine-tuning': TUNED_EPOCHS,
    'steps of SetFit': STEPS,
    'LoRA': LORA,
}


def joy_table(table):
    """Return tweets with one label: joy, or no joy."""
    label = np.where(table['joy'] > 0, 'joy', 'no joy')
    rows = pd.DataFrame({'text': table.text, 'label': label})
    return check_table(rows.reset_index(drop=True), ['no joy', 'joy'])


def draw_rows(table, size, draw):
    """Return some rows of each class, and where they are in the table."""
    rows = balanced_subset(table.reset_index(drop=True), 2 * size, draw)
    return rows.reset_index(drop=True), rows.index.to_numpy()


def regress(features, labels, test_features):
    """Predict with a logistic regression; its penalty is cross-validated."""
    if isinstance(features[0], str):
        scaler = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    else:
        scaler = StandardScaler()
    strengths = np.logspace(-4, 3, 8)
    model = LogisticRegressionCV(
        Cs=strengths,
        l1_ratios=(0,),
        cv=4,
        scoring='accuracy',
        max_iter=1000,
        use_legacy_attributes=False,
    )
    return make_pipeline(scaler, model).fit(features, labels).predict(test_features)


def fit_setfit(texts, labels, test_texts, seed):
    """Predict with SetFit on all-MiniLM-L6-v2, at its usual settings."""
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from setfit import SetFitModel, Trainer, TrainingArguments

    body = SentenceTransformer(find_model('minilm'), device='cpu')
    model = SetFitModel(body, LogisticRegression())
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            batch_size=16,
            num_iterations=20,
            max_steps=STEPS,
            seed=seed,
            save_strategy='no',
            report_to='none',
        )
        rows = Dataset.from_dict({'text': list(texts), 'label': labels.tolist()})
        Trainer(model, args=arguments, train_dataset=rows).train()
    return np.asarray(model.predict(list(test_texts)))


def add_lora(model):
    """Freeze a model, and add trainable matrices of low rank."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, LoraConfig(**LORA))


def fine_tune(lm, table, test_texts, method, lr, epochs, seed):
    """Predict with LoRA, or with all of the model trained.

    LoRA's frozen model stays in its dtype; what is trained as a whole is float32, and
    computes in bfloat16.
    """
    lora = method == 'LoRA'
    config = FineTuneConfig(
        epochs=epochs, lr=lr, batch_size=16, seed=seed, bf16=not lora
    )
    settings = {'adapt': add_lora if lora else None, 'config': config, 'max_tokens': 64}
    found, _ = fine_tune_lm(lm, table, test_texts, progress=False, **settings)
    return found.argmax(1)


def interval(true, predicted, draws=1000):
    """Return the mean accuracy over draws, and its 95 % interval.

    A bootstrap over test rows and, at the same time, over draws of training rows.
    """
    is_right = predicted == true[:, None]
    n_rows, n_draws = is_right.shape
    rng = np.random.default_rng(0)
    means = []
    for _ in range(draws):
        columns = is_right[:, rng.integers(n_draws, size=n_draws)].mean(1)
        means.append(columns[rng.integers(n_rows, size=n_rows)].mean())
    return [float(is_right.mean()), *np.quantile(means, (0.025, 0.975)).tolist()]


@dataclass
class FewRows:
    """One task: what is trained on, what is predicted, and how often."""

    study: object  # the `Study` of linear_head.py
    train: pd.DataFrame
    test: pd.DataFrame
    n_draws: int

    def curve(self, predict, test=None, n_draws=None, sizes=SIZES):
        """Measure `predict(rows, positions, size, draw)` at each size."""
        test = self.test if test is None else test
        measured = {}
        for size in sizes:
            draws = range(n_draws or self.n_draws)
            rows = [draw_rows(self.train, size, draw) for draw in draws]
            each = [predict(*rows[draw], size, draw) for draw in draws]
            measured[str(size)] = self.score(test, np.stack(each, 1))
            print(size, measured[str(size)], flush=True)
        return measured

    def score(self, test, predicted):
        """Return the accuracy with its interval, and that of each draw."""
        true = targets(test)
        each = (predicted == true[:, None]).mean(0).round(4).tolist()
        return {'score': interval(true, predicted), 'each': each}

    def prompts(self, words, name, **settings):
        """Train both kinds of prompts on all draws, and read the test rows once."""
        heads = {'soft prompt, linear head': 'linear', 'soft prompt, words': words}
        trained = []
        for size in SIZES:
            for draw in range(self.n_draws):
                rows, _ = draw_rows(self.train, size, draw)
                variants = [{'head': head, 'seed': draw} for head in heads.values()]
                training = {'epochs': PROMPT_EPOCHS[size], 'data_seed': draw}
                trained += train_many(
                    self.study.lm,
                    rows,
                    variants,
                    folder=self.study.folder / f'few-{name}' / f'{size}-{draw}',
                    progress=False,
                    batch_size=16,
                    **training | settings,
                )
        logits = self.study.logits(trained, self.test.text)
        said = logits.argmax(2).reshape(len(self.test), len(SIZES), self.n_draws, 2)
        return {
            head: {
                str(size): self.score(self.test, said[:, j, :, i])
                for j, size in enumerate(SIZES)
            }
            for i, head in enumerate(heads)
        }

    def regression(self, features, test_features):
        """Fit regressions on features, or on texts."""

        def predict(rows, positions, size, draw):
            some = [features[i] for i in positions]
            some = some if isinstance(some[0], str) else np.stack(some)
            return regress(some, targets(rows), test_features)

        return self.curve(predict)

    def setfit(self, n_draws):
        """Train SetFit."""

        def predict(rows, positions, size, draw):
            arguments = {'texts': rows.text.tolist(), 'labels': targets(rows)}
            arguments |= {'test_texts': self.test.text.tolist(), 'seed': draw}
            return self.study.done(f'SetFit {size}', fit_setfit, **arguments)

        return self.curve(predict, n_draws=n_draws)

    def tuned(self, lm, method, dev, test, n_draws):
        """Train a copy of the model, at the rate that is better on dev rows."""

        def predict(rows, test, size, draw, lr):
            arguments = {'lm': lm, 'table': rows, 'test_texts': test.text.tolist()}
            settings = {'lr': lr, 'epochs': TUNED_EPOCHS[size], 'seed': draw}
            arguments |= {'method': method} | settings
            return self.study.done(f'{method} {size}', fine_tune, **arguments)

        rows, _ = draw_rows(self.train, SIZES[1], 0)
        scores = {
            lr: float((predict(rows, dev, SIZES[1], 0, lr) == targets(dev)).mean())
            for lr in RATES[method]
        }
        print(method, scores, flush=True)
        lr = max(scores, key=scores.get)
        found = self.curve(
            lambda rows, _, size, draw: predict(rows, test, size, draw, lr),
            test,
            n_draws,
            TUNED_SIZES,
        )
        return found | {'lr': lr, 'dev': {str(k): v for k, v in scores.items()}}
