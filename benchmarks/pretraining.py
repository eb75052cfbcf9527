"""Train the bundled language model: the whole recipe.

    python benchmarks/pretraining.py --novels BOOKS --wiki WIKITEXT [--out runs/tiny-lm]

BOOKS is a table of public-domain books (columns collection, doc, text), WIKITEXT one of
WikiText-2 (split, text); reviews, posts and questions come from the hub's data sets. An
interrupted run resumes. With --stop, runs from several seeds end early and keep what
the post on probing looks at; else the model is measured and recorded.
"""

import argparse
from pathlib import Path

import pandas as pd
import torch
from transformers import GPT2Config

from promptlab.lm import FrozenLM
from promptlab.pretraining import (
    BUNDLED,
    PretrainingConfig,
    TokenStream,
    bundled_texts,
    file_texts,
    hub_texts,
    train_lm,
    train_tokenizer,
)
from promptlab.report import record
from promptlab.tiny_lm import compare_bits_per_byte

SHARES = {
    'reviews': 0.55,
    'novels': 0.18,
    'wiki': 0.12,
    'posts': 0.05,
    'questions': 0.1,
}
# Texts of each kind that the vocabulary is made from; of the others all.
VOCABULARY = {'reviews': 25_000, 'novels': 6_000, 'wiki': 6_000}
EARLY_STEPS = (0, 8, 32, 128, 256)
ARCHITECTURE = GPT2Config(
    vocab_size=8192,
    n_positions=512,
    n_embd=256,
    n_layer=4,
    n_head=4,
    resid_pdrop=0.0,
    embd_pdrop=0.0,
    attn_pdrop=0.0,
    bos_token_id=None,
    eos_token_id=0,
    pad_token_id=1,
)


def read_texts(novels, wiki):
    """Return texts by kind: those to train on, and those that are held out."""
    books = pd.read_parquet(novels).sort_values(['collection', 'doc'])
    at_lines = {'separator': '\n', 'size': 0, 'shortest': 101}
    parts = [
        hub_texts(),
        file_texts('novels', books),
        file_texts('wiki', wiki, **at_lines),
    ]
    texts = pd.concat(parts)
    by_split = dict(list(texts.groupby('split')))
    return [
        dict(list(by_split[split].groupby('kind').text))
        for split in ('train', 'heldout')
    ]


def make_tokenizer(read):
    """Train the vocabulary on a sample of each kind."""
    sampled = [
        texts.sample(min(len(texts), VOCABULARY.get(kind, len(texts))), random_state=0)
        for kind, texts in read.items()
    ]
    return train_tokenizer(pd.concat(sampled))


def measure(folder, streams, read, held, log, results):
    """Compare the trained model with n-grams, and record it."""
    trained = FrozenLM.from_pretrained(folder / 'model')
    validation, test = bundled_texts('validation'), bundled_texts('test')
    unseen = {name: pd.concat([validation[name], test[name]]) for name in BUNDLED}
    compared, sizes = compare_bits_per_byte(trained, read, held | unseen)
    weights = folder / 'model' / 'model.safetensors'
    record(
        'tiny-lm',
        {'bits_per_byte': compared},
        results,
        model='tiny',
        data='held-out text of each kind, and the bundled corpora',
        held_out_kB=sizes,
        seed=0,
        device='cpu',
        dtype='float16 weights, computed in float32',
        parameters=trained.n_parameters,
        layers=ARCHITECTURE.n_layer,
        width=ARCHITECTURE.n_embd,
        steps=int(log.step.iloc[-1]),
        tokens_seen=int(log.tokens.iloc[-1]),
        training_tokens={kind: len(stream.ids) for kind, stream in streams.items()},
        seconds=round(log.seconds.iloc[-1]),
        weights_MB=round(weights.stat().st_size / 1e6, 1),
    )


def main():
    """Train, save and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--novels', required=True)
    parser.add_argument('--wiki', required=True)
    parser.add_argument('--steps', type=int, default=4000)
    parser.add_argument('--stop', type=int, help='end after this many steps')
    parser.add_argument('--seeds', type=int, default=1)
    parser.add_argument('--out', default='runs/tiny-lm')
    parser.add_argument('--results', default='results')
    arguments = parser.parse_args()
    read, held = read_texts(arguments.novels, arguments.wiki)
    tokenizer = make_tokenizer(read)
    streams = {
        kind: TokenStream.encode(tokenizer, texts) for kind, texts in read.items()
    }
    heldout = {
        kind: TokenStream.encode(tokenizer, texts) for kind, texts in held.items()
    }
    recipe = {
        'train': streams,
        'heldout': heldout,
        'shares': SHARES,
        'architecture': ARCHITECTURE,
        'device': 'cuda' if torch.cuda.is_available() else 'cpu',
    }
    folder = Path(arguments.out)
    for seed in range(arguments.seeds):
        save_steps = EARLY_STEPS if arguments.stop else ()
        config = PretrainingConfig(
            steps=arguments.steps, warmup=0.024, seed=seed, save_steps=save_steps
        )
        own = folder / f'seed-{seed}' if arguments.stop else folder
        model, log = train_lm(**recipe, config=config, folder=own, stop=arguments.stop)
    if arguments.stop is None:
        model.half().save_pretrained(folder / 'model')
        tokenizer.save_pretrained(folder / 'model')
        log.to_csv(folder / 'log.csv', index=False)
        measure(folder, streams, read, held, log, arguments.results)


if __name__ == '__main__':
    main()
