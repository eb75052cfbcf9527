"""Try every encoder and classifier family of transformers, with small random models.

    python benchmarks/families.py [--families bert fnet ...] [--record results]

Of each family a model of two layers is made. Texts of several lengths are read by
probing's encoder, by a fine-tuned classifier and for gradients per example, in the
batches that promptlab cuts, and compared with the same texts one at a time.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
import torch
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES,
)

from promptlab.data import check_table
from promptlab.finetune import model_rows, row_logits
from promptlab.gradients import NotCovered, gradient_source
from promptlab.lm import get_lm
from promptlab.models import load_model, quiet_transformers
from promptlab.pooling import LayerEncoder
from promptlab.report import record
from promptlab.testing import relative_error, shrink_config

ENCODERS = {*MODEL_FOR_MASKED_LM_MAPPING_NAMES, *MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES}
CLASSIFIERS = set(MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES)
LENGTHS = (1, 40, 7, 25, 3, 40)
TOLERANCE = 1e-4  # of float32, relative to the largest number
MIXED, EQUAL = 'exact in mixed batches', 'exact in batches of equal length'


def small_model(auto_class, family):
    """Return a random model whose attention is not uniform."""
    torch.manual_seed(0)
    config = shrink_config(AutoConfig.for_model(family))
    config.num_labels = 2
    model = auto_class.from_config(config)
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.15)
    return model.eval()


def judged(way, found, alone):
    """Return an outcome, and the largest relative error."""
    error = max(relative_error(*pair) for pair in zip(found, alone, strict=True))
    return (way if error < TOLERANCE else 'wrong'), error


def try_encoder(model, tokenizer, family):
    """Compare the last hidden states of texts."""
    encoder = LayerEncoder(model, tokenizer, family)
    rng = np.random.default_rng(1)
    ids = [rng.integers(2, 500, length).tolist() for length in LENGTHS]
    found = [None] * len(ids)
    for positions in encoder.batches(LENGTHS, 4):
        hidden, _ = encoder.hidden_states([ids[i] for i in positions])
        for i, states in zip(positions, hidden[-1], strict=True):
            found[i] = states[: LENGTHS[i]]
    alone = [encoder.hidden_states([row])[0][-1][0] for row in ids]
    return judged(EQUAL if encoder.equal_lengths else MIXED, found, alone)


def example_texts():
    """Return texts of several lengths with labels."""
    words = ['film', 'good', 'bad', 'was', 'dull']
    texts = [' '.join([word] * n) for word, n in zip(words, REPEATS, strict=True)]
    return check_table(
        pd.DataFrame({'text': texts, 'label': ['a', 'b', 'a', 'b', 'a']})
    )


REPEATS = (1, 30, 6, 18, 3)


def try_classifier(model, tokenizer, family):
    """Compare the logits of texts; batches always have texts of one length."""
    rows = model_rows(model, tokenizer, example_texts())
    alone = [
        row_logits(model, model_rows(model, tokenizer, example_texts()[i : i + 1]))
        for i in range(len(rows))
    ]
    return judged(EQUAL, row_logits(model, rows, 4)[:, None], alone)


def try_gradients(model, tokenizer, family):
    """Compare gradients per example with those of a text alone, and with autograd."""
    source = gradient_source(model, tokenizer)
    rows = source.rows(example_texts())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        source.check(rows)
    found = [None] * len(rows)
    for positions in source.batches(rows.lengths, 4):
        features = source(rows.batch(positions)).features
        for i, row in zip(positions, features, strict=True):
            found[i] = row.numpy()
    alone = [source(rows.batch([i])).features[0].numpy() for i in range(len(rows))]
    way, error = judged(EQUAL if source.equal_lengths else MIXED, found, alone)
    is_partial = any(issubclass(w.category, NotCovered) for w in caught)
    return way + ('; some parameters left out' if is_partial else ''), error


USES = {
    'encoder': (AutoModel, try_encoder, ENCODERS | CLASSIFIERS),
    'classifier': (AutoModelForSequenceClassification, try_classifier, CLASSIFIERS),
    'gradients': (AutoModelForSequenceClassification, try_gradients, CLASSIFIERS),
}


def outcome(use, family, tokenizer):
    """Return what becomes of a family, and the error."""
    auto_class, attempt, _ = USES[use]
    try:
        model = small_model(auto_class, family)
        if not model.config.is_encoder_decoder:
            model(input_ids=torch.arange(5, 17)[None])
    except Exception:  # the small sizes do not fit
        return 'not tried: no small model was made', None
    try:
        model, own = load_model(auto_class, {'model': model, 'tokenizer': tokenizer})
        return attempt(model, own, family)
    except Exception as error:
        reason = ' '.join(str(error).split()).replace(f'{family} ', 'it ')
        kind = 'refused' if isinstance(error, ValueError) else type(error).__name__
        return f'{kind}: {reason.split("; ")[0].removesuffix(".")}', None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--families', nargs='*', help='by default all')
    parser.add_argument('--record', metavar='FOLDER', help='write families.json there')
    arguments = parser.parse_args()
    tokenizer = get_lm('tiny').tokenizer
    measured = {}
    for use, (_, _, families) in USES.items():
        measured[use] = {}
        for family in sorted(arguments.families or families):
            with quiet_transformers(), warnings.catch_warnings():
                warnings.simplefilter('ignore')
                found, error = outcome(use, family, tokenizer)
            measured[use][family] = {'outcome': found, 'error': error}
            print(use, family, found, error, sep='\t', flush=True)
    if arguments.record:
        facts = {'model': 'small random models', 'device': 'cpu, 1 thread', 'seed': 0}
        command = 'python benchmarks/families.py'
        record('families', measured, arguments.record, command=command, **facts)


if __name__ == '__main__':
    main()
