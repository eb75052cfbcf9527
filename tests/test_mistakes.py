"""What promptlab says to mistakes: one sentence with what is wrong and what to do.

The tables are below. A line that is not indented is a call: a command after `$` (what
stands behind `<` is its standard input, with `;` between lines), or an expression of
Python. The indented lines below it are the sentence that answers it; `...` stands for
anything. No answer is a traceback, and no call begins its real work.
"""

import io
import json
import pkgutil
import re
import shlex
import shutil
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module

import huggingface_hub
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    CLIPConfig,
    CLIPModel,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

import promptlab
import promptlab.cli
from promptlab.data import load
from promptlab.estimator import PromptClassifier
from promptlab.lm import get_lm
from promptlab.models import find_model, load_model
from promptlab.prompt import TrainedPrompt, train

# Labels: which there are, and whose order counts

LABELS = r"""
$ train linear-head --data one_label.csv
    all training rows have the label 'pos'; training needs rows of at least two
    labels.
$ train linear-head --data unlabelled.csv
    unlabelled.csv: there is neither a column 'label' nor a 0/1 column per label;
    add one, or load the table with labelled=False.
$ train linear-head --data label_gap.csv
    label_gap.csv: line 3 has no label; label it or drop the row.
$ train linear-head --data decimals.csv
    decimals.csv: line 2 has the number 0.5 as its label, but labels are names or
    whole numbers; bin it, or name the classes with labels=[...].
$ train linear-head --data emotions.csv
    emotions.csv: line 3 has '3' in 'fear', where a label column holds 0 or 1; name
    a single label column 'label', or list the label columns in labels=[...].
$ train linear-head --data bits.csv
    bits.csv: line 3 has nothing in 'fear', where a label column holds 0 or 1; name
    a single label column 'label', or list the label columns in labels=[...].
$ train linear-head --data list.jsonl
    list.jsonl: line 1 has ['joy', 'fear'] in 'label'; give rows that can have
    several labels a 0/1 column per label.
$ attribute --model classifier --train three.csv --targets good.csv
    three.csv: line 4 has the label 'maybe', which is not one of pos, neg; correct
    it or give other labels.
$ attribute --model classifier --train good.csv --targets three.csv
    three.csv: line 4 has the label 'maybe', which is not one of pos, neg; correct
    it or give other labels.
$ attribute --model classifier --train unlabelled.csv --targets good.csv
    the training table: there is neither a column 'label' nor a 0/1 column 'pos'
    (there are 'text'); rename one.
$ attribute --model regression --train good.csv --targets good.csv
    the model has a single output, so it predicts a number and not a label; give a
    classifier of at least two labels.
$ attribute --model twins --train good.csv --targets good.csv
    id2label of the model has two labels 'pos'; give each a name of its own.
$ attribute --model prompt --train three.csv --targets good.csv
    three.csv: line 4 has the label 'maybe', which is not one of neg, pos; correct
    it or give other labels.
$ probe --data emotions.csv
    emotions: line 3 has '3' in 'fear', where a label column holds 0 or 1; name a
    single label column 'label', or list the label columns in labels=[...].
$ probe --data emotions.csv:hate
    emotions:hate: there is no column 'hate' (there are 'text', 'joy', 'fear').
$ probe --data mini-emotion
    mini-emotion has the label columns anger, anticipation, disgust, fear, joy,
    love, optimism, pessimism, sadness, surprise, trust; choose one, as in
    mini-emotion:anger.
$ probe --data one_label.csv --folds 3
    one_label: all 2 rows have the same target; there is nothing to probe for.
$ calibrate scores.csv --label name --score p
    scores.csv: line 2 has the label 'yes', which is not one of 0, 1; correct it or
    give other labels.
$ calibrate scores.csv --label name --score p --labels no
    labels is ['no']; give 2 names.
$ calibrate classes.csv --label y --score p
    classes.csv: line 3 has the label '2', which is not one of 0, 1; correct it or
    give other labels.
$ calibrate classes.csv --label other --score p
    classes.csv: there is no column 'other' (there are 'p', 'y').
load('three.csv', labels=['neg', 'pos'])
    three.csv: line 4 has the label 'maybe', which is not one of neg, pos; correct
    it or give other labels.
load('mini-imdb', labels=['bad', 'good'])
    mini-imdb: line 2 has the label 'positive', which is not one of bad, good;
    correct it or give other labels.
load('good.csv', labels=['pos', 'pos', 'neg'])
    labels names 'pos' twice; names are unique.
load('good.csv', labels='pos,neg')
    labels is 'pos,neg'; give a list of label names.
load('good.csv', labels=[])
    labels is empty; give a list of label names.
load('mini-emotion', labels=['joy', 'hate'])
    mini-emotion: there is neither a column 'label' nor a 0/1 column 'hate' (there
    are 'id', 'split', 'text', 'anger', 'anticipation', 'disgust', 'fear', 'joy',
    'love', 'optimism', 'pessimism', 'sadness', 'surprise', 'trust'); rename one.
check_table(good.assign(label=[[1]] * len(good)))
    the table: row 0 (0-based) has [1] in 'label'; give rows that can have several
    labels a 0/1 column per label.
predict_logits('classifier', 'three.csv')
    three.csv: line 4 has the label 'maybe', which is not one of pos, neg; correct
    it or give other labels.
predict_logits('regression', good)
    the model has a single output, so it predicts a number and not one of the labels
    neg, pos; give a classifier of at least two labels.
predict_logits('twins', good)
    id2label of the model has two labels 'pos'; give each a name of its own.
model_targets(classifier[0], load('three.csv'))
    the table: row 2 (0-based) has the label 'maybe', which is not one of pos, neg;
    correct it or give other labels.
finetune_classifier('good_lm', load('one_label.csv'), None, 'new')
    the training table has 1 label names, but training needs at least 2; load the
    table with promptlab.data.load.
finetune_classifier('good_lm', good, load('three.csv'), 'new')
    the validation table: row 2 (0-based) has the label 'maybe', which is not one of
    neg, pos; correct it or give other labels.
train(lm, good, validation=load('three.csv'))
    the validation table: row 2 (0-based) has the label 'maybe', which is not one of
    neg, pos; correct it or give other labels.
train(lm, good, labels=['pos'])
    labels=['pos'] selects among 0/1 columns, but .../good.csv has one label per
    row.
train(lm, load('mini-emotion', limit=9), labels=['hope'])
    there is no label 'hope'; there are anger, anticipation, disgust, fear, joy,
    love, optimism, pessimism, sadness, surprise, trust.
prompt.restrict(['hope'])
    there is no label 'hope'; there are neg, pos.
prompt.restrict([])
    labels is empty; name at least one.
prompt.replace(labels=['a', 'a'])
    the label 'a' occurs twice; make label names unique, for instance with
    prompt.replace(labels=['task: label', ...]).
prompt.replace(labels='ab')
    labels is 'ab'; give a list of label names.
composite_head([prompt, prompt])
    the label 'neg' occurs twice; make label names unique, for instance with
    prompt.replace(labels=['task: label', ...]).
PromptClassifier().fit(texts, None)
    This PromptClassifier estimator requires y to be passed, but the target y is
    None.
PromptClassifier().fit(texts, [0.5, np.nan] * 9)
    y contains NaN; label these rows or drop them.
PromptClassifier().fit(texts, np.linspace(0, 1, 18))
    Unknown label type: continuous. Maybe you are trying to fit a classifier, which
    expects discrete classes on a regression target with continuous values.
PromptClassifier().fit(texts, ['pos'] * 18)
    all training rows have the label 'pos'; training needs rows of at least two
    labels.
PromptClassifier().fit(texts, labels[:3])
    X has 18 texts and y 3 labels.
PromptClassifier().fit(texts, [[2, 0]] * 18)
    y has several columns; each must hold 0 and 1 only.
CalibratedClassifier(fitted, Platt()).fit(texts, ['pos', 'good'] * 9)
    the label 'pos' is not one of the classifier's (0, 1).
Temperature().fit(logits, labels + 1)
    the labels: row 0 (0-based) has 2; labels are 0 to 1.
Temperature().fit(logits, labels + 0.5)
    the labels: row 0 (0-based) has 1.5; labels are 0 to 1.
Temperature().fit(logits, ['neg', 'pos'] * 9)
    the labels are not numbers (row 0 has 'neg'); give 0 to 1.
Temperature().fit(logits, labels[:3])
    the labels have the shape (3,), the scores have 18 rows; give one label per row.
Platt().fit(logits, np.ones(18))
    every row has the label 1; give rows of both.
LDA().fit(features, [0.1, 0.2] * 9)
    lda learns classes, but the targets are numbers (Unknown label type:
    continuous); use another probe.
LDA().fit(features, ['pos'] * 18)
    all targets are of one class (pos); give two.
LDA().fit(features, labels[:3])
    Found input variables with inconsistent numbers of samples: [18, 3]
LDA().fit(features, [[0, 1]] * 18)
    y should be a 1d array, got an array of shape (18, 2) instead.
expected_calibration_error(proba, labels + 1)
    the labels: row 0 (0-based) has 2; labels are 0 to 1.
check_table(good.assign(label=[b'pos'] * len(good)))
    the table: row 0 (0-based) has b'pos' in 'label'; decode it to a text.
check_table(good.assign(label=[torch.tensor(1)] * len(good)))
    the table: row 0 (0-based) has tensor(1) in 'label'; give rows that can have
    several labels a 0/1 column per label.
load([{'text': 'a', 'label': 'x'}, {'text': 'b', 'label': 'y\ud83d'}])
    the table: row 1 (0-based) has half of a character in 'label' (a lone
    surrogate); correct it or drop the row.
load('good.csv', labels=['pos', None])
    one of labels is None; it must be a text or a number.
load('good.csv', labels=['pos', 'neg', ' neg'])
    labels names 'neg' twice; names are unique.
$ attribute --model classifier --train bools.csv --targets good.csv
    bools.csv: line 2 has the label 'True', which is not one of pos, neg; correct it
    or give other labels.
PromptClassifier().fit(texts, [np.nan, 'x', 'y'] * 6)
    y contains NaN; label these rows or drop them.
LDA().fit(features, [np.nan, 'x', 'y'] * 6)
    Input y contains NaN; label these rows or drop them.
LDA().fit(features, [None, 'x', 'y'] * 6)
    Input y contains NaN; label these rows or drop them.
LDA().fit(features, [object(), object()] * 9)
    lda learns classes, but the targets are objects (Unknown label type: unknown);
    give names or whole numbers.
check_classes([np.nan, 'x', 'y'])
    targets must be one class per text, a name or a whole number; got object (3,).
"""

# Tables, from files and memory

TABLES = r"""
$ data gap.csv
    gap.csv: line 3 is empty in 'text'; fill it in or drop the row.
$ data blank.csv
    blank.csv: line 3 is empty in 'text'; fill it in or drop the row.
$ data ids.csv
    ids.csv: line 4 repeats the id '7' of line 2; ids are unique.
$ data twice.csv
    twice.csv: two columns are called 'text'; rename one.
$ data header.csv
    header.csv: it has columns but no rows.
$ data empty.csv
    empty.csv: it is empty.
$ data short.csv
    short.csv: line 3 has fewer cells than the header (1, not 2); give each row all
    separators.
$ data extra.csv
    extra.csv: line 2 has more cells than the header (3, not 2); enclose a text that
    contains the separator in quotation marks.
$ data quote.csv
    quote.csv: line 3 has a quotation mark that does not close at the end of its
    cell; write it twice ("") and enclose the whole cell in marks.
$ data capital.csv
    capital.csv: there is no column 'text' (there are 'Text', 'Label'); rename one,
    or pass columns={'text': its name}.
$ data semicolons.csv
    semicolons.csv: there is no column 'text' (there are 'text;label', 'x'); rename
    one, or pass columns={'text': its name}.
$ data latin.csv
    latin.csv: line 3 is not UTF-8; convert the file, for instance with iconv -f
    cp1252 -t utf-8 if it comes from Windows.
$ data utf16.csv
    utf16.csv: line 1 holds a NUL character; if the file is UTF-16 without a mark,
    convert it, for instance with iconv -f utf-16le -t utf-8.
$ data zip.csv
    zip.csv is a zip file or an Excel workbook; save the table as csv.
$ data gzip.csv
    gzip.csv is compressed by gzip; let its name end in .gz.
$ data plain.csv.gz
    plain.csv.gz: it cannot be read as csv (...).
$ data page.csv
    page.csv is a web page; download the table itself.
$ data words.parquet
    words.parquet: it cannot be read as parquet (...).
$ data notes.docx
    notes.docx: the ending '.docx' is not known; use .csv, .tsv, .parquet, .json,
    .jsonl, perhaps compressed (.gz, .bz2, .xz).
$ data pair_gap.csv
    pair_gap.csv: line 3 is empty in 'text_pair'; fill it in or drop the row.
$ data twice.jsonl
    twice.jsonl: line 1 is not valid JSON (the name 'text' occurs twice).
$ data number.jsonl
    number.jsonl: line 2 has 7 in 'text', which is not a text; make it a string.
$ data broken.jsonl
    broken.jsonl: line 2 is not valid JSON (Expecting value).
$ data array.jsonl
    array.jsonl: line 1 is not an object, like {"text": ...}.
$ data list.json
    list.json: it must hold a list of objects, one per row, or an object of columns.
$ data broken.json
    broken.json: line 1 is not valid JSON (Expecting ',' delimiter).
$ data half.json
    half.json: row 0 (0-based) has half of a character in 'text' (a lone surrogate);
    correct it or drop the row.
$ data nothing
    nothing is a folder; name a file or a data set.
$ data ''
    the table's name is empty; name a file or a data set.
$ data nowhere.csv
    nowhere.csv: there is no such file.
$ data mini-imbd
    mini-imbd is neither a data set (imdb, emotion, duplicates, qnli, mini-imdb,
    mini-emotion, mini-duplicates, mini-qnli) nor a file with an ending; did you
    mean mini-imdb?
$ data imdb
    imdb (train) is not in the Hugging Face cache and could not be fetched (...;
    splits available locally: none); point HF_HOME at a cache that has
    stanfordnlp/imdb, go online, or use the bundled mini-imdb.
$ data good.csv --split dev
    good.csv has no rows of the split 'dev'; it has train, validation, test.
$ data splits.csv --split validation
    splits.csv has no rows of the split 'validation'; it has Train, Test.
$ data mini-imdb --split dev
    mini-imdb does not have the split 'dev'; it has train, validation, test.
$ data good.csv --columns text=review
    good.csv: there is no column 'review' (there are 'text', 'label').
$ data good.csv --columns txt=text
    columns names 'txt'; did you mean 'text'?
$ data good.csv --columns text=label,text_pair=label
    columns takes 'label' twice; name each column once.
$ data good.csv capital.csv
    describe one data set at a time, or write: data get good.csv capital.csv.
$ data get
    data get needs a data set or a file, as in: data get mini-imdb.
$ data get nowhere.csv
    nowhere.csv: there is no such file.
$ predict prompt --data gap.csv
    gap.csv: line 3 is empty in 'text'; fill it in or drop the row.
$ predict prompt --data pairs.csv
    the prompt was trained on single texts, but the data has pairs; choose other
    data or another prompt.
$ predict prompt ''
    the texts: row 0 (0-based) is empty in 'text'; fill it in or drop the row.
$ predict prompt < one;;two
    standard input: line 2 is empty in 'text'; fill it in or drop the row.
$ predict prompt <
    standard input: it has columns but no rows.
$ train linear-head --data gap.csv
    gap.csv: line 3 is empty in 'text'; fill it in or drop the row.
$ train linear-head --data splits.csv
    splits.csv has no rows of the split 'train'; it has Train, Test.
$ train linear-head --data mini-imbd
    mini-imbd is neither a data set (imdb, emotion, duplicates, qnli, mini-imdb,
    mini-emotion, mini-duplicates, mini-qnli) nor a file with an ending; did you
    mean mini-imdb?
$ attribute --model classifier --train gap.csv --targets good.csv
    gap.csv: line 3 is empty in 'text'; fill it in or drop the row.
$ attribute --model classifier --train good.csv --targets nowhere.csv
    nowhere.csv: there is no such file.
$ probe --data gap.csv
    gap: line 3 is empty in 'text'; fill it in or drop the row.
$ probe --data nowhere.csv
    nowhere.csv: there is no such file.
$ probe --data good.csv:review
    good:review: there is no column 'review' (there are 'text', 'label').
$ probe --data words.conllu:tense
    words.conllu: line 1 has 2 columns; CoNLL-U has 10, separated by tabs.
$ probe --data rootless.conllu:tense
    rootless.conllu: line 1 has the head 'x', where a word number (or 0) belongs;
    probing needs a tree for each sentence.
$ calibrate no_score.csv --label y --score p
    no_score.csv: line 3 has 'high' in 'p', where a number from 0 to 1 is needed;
    correct it or drop the row.
$ calibrate score_gap.csv --label y --score p
    score_gap.csv: line 3 has nothing in 'p', where a number from 0 to 1 is needed;
    correct it or drop the row.
$ calibrate scores.csv --label y --score z
    scores.csv: line 2 has '2.2' in 'z', where a number from 0 to 1 is needed;
    correct it or drop the row.
$ calibrate scores.csv --label y --score q
    scores.csv: there is no column 'q' (there are 'p', 'z', 'y', 'name').
$ calibrate certain.csv --label y --score p
    certain.csv: line 3 has the probability 1, whose logit is infinite; keep the
    logits, or choose eps, as eps=1e-5 for five digits.
$ calibrate nowhere.csv --label y --score p
    nowhere.csv: there is no such file.
load(None)
    NoneType is not a table; give a name, a file, a DataFrame, a datasets.Dataset,
    or a list of texts.
load(7)
    int is not a table; give a name, a file, a DataFrame, a datasets.Dataset, or a
    list of texts.
load({'text': ['a', 'b'], 'label': [1]})
    the dict is not a table (All arrays must be of the same length).
load(['fine', None])
    the table: row 1 (0-based) is empty in 'text'; fill it in or drop the row.
load(pd.DataFrame({'text': ['a', 5]}), labelled=False)
    the table: row 1 (0-based) has 5 in 'text', which is not a text; make it a
    string.
load(pd.DataFrame())
    the table: it is empty.
load(good, columns='text=review')
    columns is 'text=review'; give a dict, as {'text': 'review'}.
check_table(['fine', 'dull'])
    the table is not a DataFrame; read it with load.
check_table(good.iloc[:0])
    the table: it has columns but no rows.
numeric_column(good, 'text')
    the table: row 0 (0-based) has 'a fine film 0' in 'text', where a number is
    needed; correct it or drop the row.
numeric_column(good, 'score')
    the table: there is no column 'score' (there are 'text', 'label').
ProbeData({'text': ['a'], 'label': [0, 1]})
    data: the dict is not a table (All arrays must be of the same length); give
    columns of equal length.
read_treebank('good.csv')
    good.csv: there is no column 'sent_id'; a treebank table has sent_id, form,
    upos, feats, head, deprel.
load(pd.concat({'a': good}, axis=1))
    .../good.csv: its columns have names of several levels; give each one name.
load('https://example.com/reviews.csv')
    https://example.com/reviews.csv is a web address; download it, and name the
    file.
load({'text': 'fine', 'label': 'pos'})
    the dict has a str at 'text', not a list; give one list per column.
load({'train': good, 'test': good})
    the dict has a DataFrame at 'train', not a list; give one list per column.
load(np.array([['fine', 'pos'], ['dull', 'neg']]))
    the table: row 0 (0-based) has array(['fine', 'pos'], dtype='<U4') in 'text',
    which is not a text; make it a string.
ProbeData(pd.DataFrame({'text': ['a', 'b'], 'label': [torch.tensor(1)] * 2}))
    data: row 0 (0-based) has tensor(1) in 'label'; give rows that can have several
    labels a 0/1 column per label.
"""

# Models and tokenizers

MODELS = r"""
$ train linear-head --data good.csv --model nowhere/none
    nowhere/none is neither 'tiny', 'minilm' or 'smollm2', nor a folder, nor a hub
    model that can be had (the hub cannot be reached and the cache of HF_HOME does
    not have it).
$ train linear-head --data good.csv --model ./nowhere
    ./nowhere: there is no such folder.
$ train linear-head --data good.csv --model good.csv
    good.csv is a file; name the folder of the model.
$ train linear-head --data good.csv --model nothing
    nothing is a folder without a config.json; name a folder that save_pretrained
    wrote.
$ train linear-head --data good.csv --model ''
    the model's name is empty; give tiny, a folder or a hub id.
$ train linear-head --data good.csv --model no_tokenizer
    no_tokenizer has no tokenizer, or one without tokens; save one beside it with
    tokenizer.save_pretrained.
$ train linear-head --data good.csv --model no_weights
    no_weights holds a config but no weights (model.safetensors).
$ train linear-head --data good.csv --model no_config
    no_config is a folder without a config.json; name a folder that save_pretrained
    wrote.
$ train linear-head --data good.csv --model broken_config
    broken_config cannot be loaded (...); restore its files, or choose another
    model.
$ train linear-head --data good.csv --model unknown_type
    unknown_type cannot be loaded (...); restore its files, or choose another model.
$ train linear-head --data good.csv --model fewer_layers
    fewer_layers has weights of 2 layers, but its config says 1; its config.json is
    not that of its weights.
$ train linear-head --data good.csv --model more_layers
    more_layers lacks weights of a GPT2LMHeadModel (for instance
    transformer.h.2.attn.c_attn.bias); its files are incomplete or belong to another
    architecture.
$ train linear-head --data good.csv --model wider
    wider has weights of other sizes than its config says; pass no settings that
    contradict the file.
$ train linear-head --data good.csv --model with_code
    with_code needs Python code that comes with it, which promptlab never runs;
    choose a model whose architecture is part of transformers.
$ train linear-head --data good.csv --model pickled
    pickled has no safetensors weights, and pickles can run code when they are read;
    convert it once, where you trust it, with save_pretrained.
$ train linear-head --data good.csv --model not_finite
    not_finite has weights that are not finite (transformer.wte.weight); the file is
    damaged, or training has diverged.
$ train linear-head --data good.csv --model cut
    the weights of cut are damaged (...); restore its files.
$ train linear-head --data good.csv --model small_vocabulary
    the tokenizer of small_vocabulary has token ids up to 8191, but the model has
    only 99 embeddings; use the tokenizer that the model was trained with.
$ train linear-head --data good.csv --model adapter
    adapter holds a PEFT adapter without its model; load both with peft, and give
    dict(model=..., tokenizer=...).
$ train linear-head --data good.csv --model encoder
    encoder has no trained head for a BertLMHeadModel (cls.predictions.bias is
    missing); fine-tune it first, or choose another model.
$ train linear-head --data good.csv --model seq2seq
    seq2seq cannot be loaded as a causal language model.
$ train linear-head --data good.csv --model nowhere.gguf
    nowhere.gguf: there is no such file.
$ train linear-head --data good.csv --device tpu
    the device 'tpu' is not available; use cpu.
$ probe --data good.csv --folds 3 --model no_tokenizer
    no_tokenizer has no tokenizer, or one without tokens; save one beside it with
    tokenizer.save_pretrained.
$ probe --data good.csv --folds 3 --model not_finite
    not_finite has weights that are not finite (wte.weight); the file is damaged, or
    training has diverged.
$ probe --data good.csv --folds 3 --model with_code
    with_code needs Python code that comes with it, which promptlab never runs;
    choose a model whose architecture is part of transformers.
$ probe --data good.csv --folds 3 --model pickled
    pickled has no safetensors weights, and pickles can run code when they are read;
    convert it once, where you trust it, with save_pretrained.
$ probe --data good.csv --folds 3 --model seq2seq
    seq2seq has an encoder and a decoder; probing needs a model that is one of the
    two.
$ probe --data good.csv --folds 3 --model tiny --model tiny
    two models are called 'tiny'; give each a name of its own.
$ probe --data good.csv --folds 3 --device tpu
    the device 'tpu' is not available; use cpu.
$ attribute --model tiny --train good.csv --targets good.csv
    tiny has no trained head for a GPT2ForSequenceClassification (score.weight is
    missing); fine-tune it first, or choose another model.
$ attribute --model encoder --train good.csv --targets good.csv
    encoder has no trained head for a BertForSequenceClassification (classifier.bias
    is missing); fine-tune it first, or choose another model.
$ attribute --model no_tokenizer --train good.csv --targets good.csv
    no_tokenizer has no trained head for a GPT2ForSequenceClassification
    (score.weight is missing); fine-tune it first, or choose another model.
$ attribute --model with_code --train good.csv --targets good.csv
    with_code needs Python code that comes with it, which promptlab never runs;
    choose a model whose architecture is part of transformers.
$ attribute --model nowhere --train good.csv --targets good.csv
    nowhere is neither 'tiny', 'minilm' or 'smollm2', nor a folder, nor a hub model
    that can be had (the hub cannot be reached and the cache of HF_HOME does not
    have it).
load_model(AutoModel, None)
    NoneType is not a model with its tokenizer; give a name, a folder, or
    dict(model=..., tokenizer=...).
load_model(AutoModel, {'model': lm.model})
    GPT2LMHeadModel with NoneType is not a model with its tokenizer; give a name, a
    folder, or dict(model=..., tokenizer=...).
load_model(AutoModelForCausalLM, classifier)
    a GPT2ForSequenceClassification is not a causal language model.
load_model(AutoModelForCausalLM, 'tiny', dtype=torch.int8)
    dtype is torch.int8; give torch.float32, torch.float16 or torch.bfloat16.
load_model(AutoModelForSequenceClassification, classifier, num_labels=3)
    GPT2ForSequenceClassification is in memory, so its num_labels cannot be changed;
    change the config before the model is made.
FrozenLM('tiny', lm.tokenizer)
    str with TokenizersBackend is not a model with its tokenizer; give a name, a
    folder, or dict(model=..., tokenizer=...).
FrozenLM(lm.model, None)
    GPT2LMHeadModel with NoneType is not a model with its tokenizer; give a name, a
    folder, or dict(model=..., tokenizer=...).
get_lm(3)
    int is not a model with its tokenizer; give a name, a folder, or dict(model=...,
    tokenizer=...).
train(None, good)
    NoneType is not a model with its tokenizer; give a name, a folder, or
    dict(model=..., tokenizer=...).
predict_logits('tiny', good)
    tiny has no trained head for a GPT2ForSequenceClassification (score.weight is
    missing); fine-tune it first, or choose another model.
finetune_classifier('nowhere', good, None, 'new')
    nowhere is neither 'tiny', 'minilm' or 'smollm2', nor a folder, nor a hub model
    that can be had (the hub cannot be reached and the cache of HF_HOME does not
    have it).
finetune_classifier('with_code', good, None, 'new')
    with_code needs Python code that comes with it, which promptlab never runs;
    choose a model whose architecture is part of transformers.
load_encoder('seq2seq')
    seq2seq has an encoder and a decoder; probing needs a model that is one of the
    two.
pick_device('cuda:99')
    the device 'cuda:99' is not available; use cpu.
pick_device('')
    the device '' is not available; use cpu.
prompt.replace(lm='tiny')
    lm is 'tiny', not a FrozenLM; load it with get_lm.
TrainedPrompt.load('prompt', lm=other_lm)
    prompt was trained on tiny (fingerprint ...), this model is .../good_lm (...);
    load the model it was trained on.
PromptClassifier(model='nowhere/none').fit(texts, labels)
    nowhere/none is neither 'tiny', 'minilm' or 'smollm2', nor a folder, nor a hub
    model that can be had (the hub cannot be reached and the cache of HF_HOME does
    not have it).
attribute(None, good, good)
    NoneType is not a model with its tokenizer; give a name, a folder, or
    dict(model=..., tokenizer=...).
attribute(lm.model.transformer, good, good, lm.tokenizer)
    the margin needs logits of shape (texts, classes), at least two classes; the
    model returns a BaseModelOutputWithPastAndCrossAttentions: give a classifier, or
    say by output=... which number stands for its answer.
$ train linear-head --data good.csv --model config_list
    config_list cannot be loaded (...); restore its files, or choose another model.
$ probe --data good.csv --folds 3 --model config_list
    config_list cannot be loaded (...); restore its files, or choose another model.
$ train linear-head --data good.csv --model lacks_shard
    lacks_shard lacks some of its weights; restore the files that
    model.safetensors.index.json names.
$ train linear-head --data good.csv --model other_words
    the tokenizer of other_words knows none of the words 'The film was good.'; use
    the tokenizer that the model was trained with.
$ probe --data good.csv --folds 3 --model clip
    clip cannot give the hidden states of a text (...); use an encoder or a causal
    model.
$ attribute --model unnamed --train good.csv --targets good.csv
    the training table has 2 labels (neg, pos), but the model has 3; name them in
    its config (id2label).
get_lm((torch.nn.Linear(2, 2), lm.tokenizer))
    a Linear is not a model of transformers; give what from_pretrained returns.
load_encoder((torch.nn.DataParallel(lm.model), lm.tokenizer))
    a DataParallel is not a model of transformers; give what from_pretrained
    returns.
get_lm((randomly_initialised(lm.model).to('meta'), lm.tokenizer))
    GPT2LMHeadModel is on the meta device, without weights; load them with
    from_pretrained.
PromptClassifier(model=3).fit(texts, labels)
    int is not a model with its tokenizer; give a name, a folder, or dict(model=...,
    tokenizer=...).
"""

# Settings out of range, and options without effect

SETTINGS = r"""
$ train
    Missing argument 'task'.
$ train weather
    there is no task or head 'weather'; there are sentiment, emotion, linear-head,
    target-tokens.
$ train sentiment --words bad,good
    target-tokens needs --words, one per label, as in --words ' bad, good'; other
    tasks take none.
$ train target-tokens --data good.csv
    target-tokens needs --words, one per label, as in --words ' bad, good'; other
    tasks take none.
$ train target-tokens --data good.csv --words good
    the head gives 1 outputs for 2 labels; give one target word per label, or a
    loss.
$ train target-tokens --data good.csv --words good,good
    --words is 'good,good'; name at least one, each once, with commas between them.
$ train target-tokens --data good.csv --words bad,extraordinary
    the target word 'extraordinary' is 5 tokens for tiny, not one; choose another
    word, and mind the leading space.
$ train linear-head --data good.csv --epochs 0
    epochs is 0; it must be a whole number of at least 1.
$ train linear-head --data good.csv --epochs 1.5
    Invalid value for '--epochs': ...
$ train linear-head --data good.csv --lr 0
    lr is 0.0; it must be a finite number above 0.
$ train linear-head --data good.csv --lr nan
    lr is nan; it must be a finite number above 0.
$ train linear-head --data good.csv --batch-size 0
    batch_size is 0; it must be a whole number of at least 1.
$ train linear-head --data good.csv --tokens 0
    n_tokens is 0; it must be a whole number of at least 1.
$ train linear-head --data good.csv --tokens 600
    a prompt of 600 tokens leaves no room for a text in the 512 positions of the
    model; make it shorter.
$ train linear-head --data good.csv --init ''
    init is an empty text; use words, 'vocab' or 'normal'.
$ train linear-head --data good.csv --patience 0
    patience is 0; it must be a whole number of at least 1 or None.
$ train linear-head --data good.csv --patience 2 --validation 0
    --patience needs held-out rows; give --validation 0.1, say.
$ train linear-head --data good.csv --validation 1
    --validation is 1.0; it must be a number at least 0 and below 1.
$ train linear-head --data good.csv --validation -0.1
    --validation is -0.1; it must be a number at least 0 and below 1.
$ train linear-head --data good.csv --validation nan
    --validation is nan; it must be a number at least 0 and below 1.
$ train linear-head --data good.csv --limit 0
    limit is 0; it must be a whole number of at least 1 or None.
$ train linear-head --data good.csv --limit 1
    the table (1 rows) has too few different texts to hold out 0.1 of it; give more
    rows, or no validation.
$ train linear-head --data good.csv --max-tokens 0
    max_tokens is 0; it must be a whole number of at least 1 or None.
$ train linear-head --data good.csv --max-tokens 9999
    texts of 9999 tokens and a prompt of 5 do not fit into the 512 positions of the
    model; lower max_tokens.
$ train linear-head --data good.csv --schedule step
    schedule is 'step'; it must be 'constant', 'linear' or 'cosine'.
$ train linear-head --data good.csv --truncation-side top
    truncation_side is 'top'; it must be 'left' or 'right'.
$ train linear-head --data good.csv --cache keep
    cache is 'keep'; it must be 'auto', 'cache' or 'recompute'.
$ train linear-head --data good.csv --cache-budget much
    'much' is not a size; write it like 2000000, '500MB' or '8GiB'.
$ train linear-head --data good.csv --cache-disk -5
    '-5' is not a size; write it like 2000000, '500MB' or '8GiB'.
$ train linear-head --data good.csv --cache-precision fp64
    cache_precision is 'fp64'; it must be 'fp32', 'fp16', 'bf16', 'int8' or None.
$ train linear-head --data good.csv --seed -1
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
$ train linear-head --data good.csv --columns text
    --columns is 'text'; write it like 'text=review,label=stars'.
$ predict
    there is no prompt to predict with; name its folder, or give --tasks
    sentiment,emotion or --pretrained emotion.
$ predict prompt fine --data good.csv
    give texts or --data, not both.
$ predict prompt fine --limit 3
    --limit has no effect without --data.
$ predict prompt fine --split test
    --split has no effect without --data.
$ predict prompt fine --columns text=review
    --columns has no effect without --data.
$ predict --tasks a,a fine
    --tasks is 'a,a'; name at least one, each once, with commas between them.
$ predict --tasks '' fine
    --tasks is ''; name at least one, each once, with commas between them.
$ predict prompt --data good.csv --limit 0
    limit is 0; it must be a whole number of at least 1 or None.
$ predict prompt --data good.csv --seed -1
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
$ probe --data good.csv --folds 2
    2 folds are too few: one tests, one tunes thresholds, the others train; use at
    least 3.
$ probe --data good.csv --folds 99
    good: the class 'neg' has 9 rows, too few for 99 folds; add rows or take fewer
    folds.
$ probe --data good.csv --folds 3 --layers 9
    there is no layer 9 in a model of 4 layers; give 0 (embeddings) to 4, or -1 for
    the second to last, 3.
$ probe --data good.csv --layers top
    --layers is 'top'; use each, all, or numbers as in 0,3,4.
$ probe --data good.csv --tokens middle
    there is no pooler 'middle'; there are 'first', 'last', 'mean', 'max', 'min',
    'tokens'.
$ probe --data good.csv --tokens 1.5
    there is no pooler '1.5'; there are 'first', 'last', 'mean', 'max', 'min',
    'tokens'.
$ probe --data good.csv --tokens 0,0
    --tokens is '0,0'; name at least one, each once, with commas between them.
$ probe --data good.csv --probes svm
    there is no probe 'svm'; there are 'lda', 'ridge', 'logistic', 'knn',
    'single-layer', 'mlp', 'attention'.
$ probe --data good.csv --probes ''
    --probes is ''; name at least one, each once, with commas between them.
$ probe --data good.csv --folds 3 --probes attention
    nothing can be run for good: attention takes one vector per token, the pooler
    first gives one per text.
$ probe --data good.csv --controls -1
    n_random is -1; it must be a whole number of at least 0.
$ probe --data good.csv --seed -1
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
$ probe --data good.csv --data good.csv
    two data sets are called 'good'; give each a name of its own.
$ calibrate scores.csv --label y
    give either a column of probabilities (score) or columns of logits; they are not
    guessed from the numbers.
$ calibrate scores.csv --label y --score p --logits z
    give either a column of probabilities (score) or columns of logits; they are not
    guessed from the numbers.
$ calibrate scores.csv --label y --logits z --eps 0.1
    eps is for probabilities; logits need none.
$ calibrate scores.csv --label y --score p --eps 0
    eps is 0.0; it must be a number above 0 and below 0.5 or None.
$ calibrate scores.csv --label y --score p --eps nan
    eps is nan; it must be a number above 0 and below 0.5 or None.
$ calibrate scores.csv --label y --score y
    the column 'y' is named twice; name each once.
$ calibrate scores.csv --label y --logits z,z
    --logits is 'z,z'; name at least one, each once, with commas between them.
$ calibrate scores.csv --label y --score p --bins 0
    --bins is 0; it must be a whole number of at least 1.
$ calibrate scores.csv --label y --score p --draws -1
    --draws is -1; it must be a whole number of at least 0.
$ calibrate scores.csv --label y --score p --calibrator plat
    there is no calibrator 'plat'; there are 'temperature', 'bias_temperature',
    'vector', 'matrix', 'dirichlet', 'platt', 'beta', 'isotonic', 'histogram',
    'scaling_binning', 'venn_abers'; did you mean 'platt'?
$ attribute --model classifier --train good.csv --targets good.csv --top 0
    --top is 0; it must be a whole number of at least 1.
$ attribute --model classifier --train good.csv --targets good.csv --method influence
    there is no attribution method 'influence'; there are 'damped', 'tracin', ...
$ attribute --model classifier --train good.csv --targets good.csv --proj-dim 0
    size is 0; it must be a whole number of at least 1.
$ attribute --model classifier --train good.csv --targets good.csv --max-tokens 0
    max_tokens is 0; it must be a whole number of at least 1 or None.
$ data good.csv --limit 0
    limit is 0; it must be a whole number of at least 1 or None.
$ data --limit 3
    --limit has no effect without a data set or file.
$ data get good.csv --split test
    --split has no effect on data get.
$ trian
    No such command 'trian'. Did you mean 'train'?
$ app . --port 0
    --port is 0; it must be a whole number from 1 to 65,535.
$ app nothing --port 70000
    --port is 70000; it must be a whole number from 1 to 65,535.
$ cache --model gpt5
    there is no cached model 'gpt5'; there are none at all.
$ cache --clear --model gpt5
    there is no cached model 'gpt5'; there are none at all.
$ jobs . --clear lost
    there is no state 'lost'; there are done, failed, running, interrupted, damaged.
$ --plugin plugin.py data
    the plugin plugin.py fails: ZeroDivisionError: division by zero
$ --plugin nowhere.py data
    nowhere.py: there is no such plugin file.
load('good.csv', limit=1.5)
    limit is 1.5; it must be a whole number of at least 1 or None.
load('good.csv', limit=True)
    limit is True; it must be a whole number of at least 1 or None.
load('good.csv', seed=None)
    seed is None; it must be a whole number from 0 to 4,294,967,295.
load('good.csv', split='')
    good.csv has no rows of the split ''; it has train, validation, test.
load('good.csv', labelled='no')
    labelled is 'no'; it must be True or False or None.
split_rows(good, (0.5, 0.6))
    sizes sum to 1.1; they must sum to 1.
split_rows(good, (1.5, -0.5))
    one of sizes is 1.5; it must be a number above 0 and below 1.
TrainingConfig(epochs=True)
    epochs is True; it must be a whole number of at least 1.
TrainingConfig(patience=np.nan)
    patience is nan; it must be a whole number of at least 1 or None.
TrainingConfig(cache_budget={'tape': 1})
    there is no tier of KV caches 'tape'; there are device, disk, memory.
PromptConfig(lr='fast')
    lr is 'fast'; it must be a finite number above 0.
PromptConfig(loss='cosine')
    loss is 'cosine'; it must be a function or None.
train(lm, good, epohs=3)
    there is no setting 'epohs'; there are head, n_tokens, init, lr, schedule, seed,
    loss, labels, epochs, batch_size, clip, patience, truncation_side, max_tokens,
    data_seed, cache, cache_budget, cache_precision, chunk; did you mean 'epochs'?
train(lm, good, head='liner')
    there is no head 'liner'; there are 'linear', 'verbalizer', 'identity', 'lm';
    did you mean 'linear'?
train(lm, good, head={'kind': 'linear', 'width': 8})
    the head 'linear' cannot be made so: got an unexpected keyword argument 'width'.
train(lm, good, validation=True)
    validation is True; give a table, a share of the rows between 0 and 1, or None.
train_many(lm, good, {'seed': 1})
    variants is {'seed': 1}; give a list with one dict each.
train_many(lm, good, [{'sed': 1}])
    there is no prompt setting 'sed'; there are head, n_tokens, init, lr, schedule,
    seed, loss, labels; did you mean 'seed'?
train_many(lm, good, [])
    variants is empty; give one dict per prompt.
FineTuneConfig(epochs=0)
    epochs is 0; it must be a whole number of at least 1.
FineTuneConfig(lr=np.inf)
    lr is inf; it must be a finite number at least 0.
FineTuneConfig(dropout='no')
    dropout is 'no'; it must be True or False.
finetune_classifier('good_lm', good, None, 'new', epochs=3)
    epochs is a setting of the training; give config=FineTuneConfig(epochs=3).
finetune_classifier('good_lm', good, None, 'new', FineTuneConfig(patience=2))
    patience needs validation rows; give validation=...
predict_logits('classifier', good, batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
predict_logits('classifier', good, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
KVCacheStore(lm, lm.encode(texts), 'much')
    'much' is not a size; write it like 2000000, '500MB' or '8GiB'.
KVCacheStore(lm, lm.encode(texts), precision='fp64')
    'fp64' is not a precision; use fp32, fp16, bf16, int8.
lm.encode(texts, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
lm.encode(texts, reserve=9999)
    a prompt of 9999 tokens leaves no room for a text in the 512 positions of the
    model; make it shorter.
parse_size('5 parsecs')
    '5 parsecs' is not a size; write it like 2000000, '500MB' or '8GiB'.
RunExperiments('good.csv', n_folds=2.5)
    n_folds is 2.5; it must be a whole number of at least 1.
RunExperiments('good.csv', poolers='middle')
    there is no pooler 'middle'; there are 'first', 'last', 'mean', 'max', 'min',
    'tokens'.
RunExperiments('good.csv', batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
PoolToken(quantile=2)
    quantile is 2; give a number from 0 (first token) to 1 (last), or -1 (last).
    PoolMean, PoolMax and PoolMin take all tokens.
PoolMean(layer='top')
    layer is 'top'; give a number, a list of them, 'all' or 'each'.
PoolMean(layer_method='sum')
    layer_method is 'sum'; it must be 'mean', 'max', 'min' or 'extend'.
make_probe('svm')
    there is no probe 'svm'; there are 'lda', 'ridge', 'logistic', 'knn',
    'single-layer', 'mlp', 'attention'.
LDA(shrinkage=2).fit(features, labels)
    shrinkage is 2; it must be a number at least 0 and at most 1.
Ridge(alpha=np.nan).fit(features, labels)
    alpha is nan; it must be a finite number above 0.
SingleLayer(max_epoch=0).fit(features, labels)
    max_epoch is 0; it must be a whole number of at least 1.
SingleLayer(lr=0).fit(features, labels)
    lr is 0; it must be a finite number above 0.
Histogram(0).fit(logits, labels)
    n_bins is 0; it must be a whole number of at least 1.
Matrix(bias=np.nan).fit(np.stack([-logits, logits], 1), labels)
    bias is nan; it must be a finite number at least 0.
cross_calibrate('temperature', logits, labels, folds=1)
    folds is 1; it must be a whole number of at least 2.
cross_calibrate('plat', logits, labels)
    there is no calibrator 'plat'; there are 'temperature', 'bias_temperature',
    'vector', 'matrix', 'dirichlet', 'platt', 'beta', 'isotonic', 'histogram',
    'scaling_binning', 'venn_abers'; did you mean 'platt'?
calibrate_table('scores.csv', 'y', 'p', n_bin=3)
    there is no setting 'n_bin'; there are n_bins, draws, progress, title; did you
    mean 'n_bins'?
conformal_sets(np.stack([1 - proba, proba], 1), labels, np.eye(2), alpha=1)
    alpha is 1; it must be a number above 0 and below 1.
proba_to_logits(proba, eps=0.7)
    eps is 0.7; it must be a number above 0 and below 0.5 or None.
expected_calibration_error(proba, labels, n_bins=1.5)
    n_bins is 1.5; it must be a whole number of at least 1.
calibration_metrics(proba, labels, draws=-1)
    draws is -1; it must be a whole number of at least 0.
bootstrap(np.equal, labels, labels, draws=0)
    draws is 0; it must be a whole number of at least 1.
best_threshold(logits, labels, 'recall')
    metric is 'recall'; it must be 'f1' or 'accuracy'.
PromptClassifier(epochs=0).fit(texts, labels)
    The 'epochs' parameter of PromptClassifier must be an int in the range [1, inf).
    Got 0 instead.
PromptClassifier(validation_fraction=1.5).fit(texts, labels)
    The 'validation_fraction' parameter of PromptClassifier must be a float in the
    range [0.0, 1.0). Got 1.5 instead.
PromptClassifier(random_state='a').fit(texts, labels)
    The 'random_state' parameter of PromptClassifier must be an int in the range [0,
    4294967295], an instance of 'numpy.random.mtrand.RandomState' or None. Got 'a'
    instead.
attribute(*classifier_task, batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
attribute(*classifier_task, bach_size=8)
    there is no setting 'bach_size'; there are projection, param_filter, output,
    folder, seed, dtype, max_tokens, batch_size, shard_rows, executor, address,
    progress; did you mean 'batch_size'?
attribute(*classifier_task, 'tfidf', [(None, 1.0)])
    TfIdf() uses no checkpoints; leave them out, or use damped, tracin, cosine,
    last-layer, trak, validated.
attribute(*classifier_task, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
attribute(prompt, good, good, method='representation')
    Representation() needs a model, not a prompt; for prompts there are damped,
    tracin, ...
attribute(prompt, good, good, method='ekfac')
    EkFac(batch_size=64) needs a model, not a prompt; for prompts there are damped,
    tracin, ...
attribute_files('tiny', good, good, proj_dim=64, projection='sketch')
    proj_dim and projection are both given; give the size to the projection, as in
    Sketch(1024), and leave proj_dim out.
attribute(*classifier_task, dtype=torch.int8)
    dtype is torch.int8; it must be a floating type.
attribute(*classifier_task, param_filter='nothing')
    no parameter matches 'nothing'; there are transformer.wte.weight,
    transformer.wpe.weight, transformer.h.0.ln_1.weight, ...
attribute(*classifier_task, param_filter='[')
    param_filter is '[', which is not a regular expression (...).
Damped(np.nan)
    damping is nan; it must be a finite number above 0.
"""

# Files of ours, and places to write

FILES = r"""
$ predict nothing fine
    nothing holds no prompt.json; train it first, as in promptlab train nothing, or
    name a folder that holds one.
$ predict good.csv fine
    good.csv holds no prompt.json; train it first, as in promptlab train good.csv,
    or name a folder that holds one.
$ predict cut_manifest fine
    cut_manifest/prompt.json is not valid JSON (line 1); restore or delete it.
$ predict list_manifest fine
    list_manifest/prompt.json is not from promptlab; restore it, or delete it.
$ predict binary_manifest fine
    binary_manifest/prompt.json is not a text file; restore or delete it.
$ predict older_manifest fine
    older_manifest/prompt.json has the format 1, this version of promptlab reads
    format 2; make it again.
$ predict edited_labels fine
    edited_labels/prompt.json is not what was written to it; restore it.
$ predict edited_model fine
    edited_model/prompt.json is not what was written to it; restore it.
$ predict no_tensors fine
    no_tensors/prompt.safetensors is missing; restore it, or train again.
$ predict cut_tensors fine
    cut_tensors/prompt.safetensors is damaged or not from promptlab (...); delete it
    to start afresh.
$ predict flipped_bit fine
    flipped_bit/prompt.safetensors does not hold what was written to it; delete it
    to start afresh.
$ predict --tasks weather fine
    runs/weather holds no prompt.json; train it first, as in promptlab train
    weather, or name a folder that holds one.
$ train linear-head --data good.csv --out good.csv
    good.csv is a file, but a folder is needed; choose another place.
$ train linear-head --data good.csv --out good.csv/below
    good.csv is a file, but a folder is needed; choose another place.
$ train linear-head --data good.csv --out prompt --epochs 2
    prompt holds a run with other settings, data or model; choose another folder or
    delete it.
$ train linear-head --data good.csv --out bad_checkpoint --epochs 1 --tokens 2
    bad_checkpoint/checkpoint.safetensors does not hold what was written to it;
    delete it to start afresh.
$ predict prompt fine --out p.txt
    p.txt ends with '.txt'; name a .csv or a .jsonl file.
$ predict prompt fine --out good.csv/p.csv
    good.csv is a file, but a folder is needed; choose another place.
$ predict prompt fine --out folder.csv
    folder.csv is a folder, but a file is needed; name a file.
$ probe --data good.csv --folds 3 --out good.csv
    good.csv is a file, but a folder is needed; choose another place.
$ calibrate scores.csv --label y --score p --out good.csv
    good.csv is a file, but a folder is needed; choose another place.
$ attribute --model classifier --train good.csv --targets good.csv --out p.txt
    p.txt ends with '.txt'; name a .csv or a .jsonl file.
$ attribute --model classifier --train good.csv --targets good.csv --out good.csv/p.csv
    good.csv is a file, but a folder is needed; choose another place.
$ attribute --model classifier --train good.csv --targets good.csv \
--html good.csv/p.html
    good.csv is a file, but a folder is needed; choose another place.
$ attribute --model classifier --train good.csv --targets good.csv --folder good.csv
    good.csv is a file, but a folder is needed; choose another place.
$ attribute --model classifier --train good.csv --targets good.csv \
--folder broken_features
    broken_features/settings.json is not from promptlab; restore it, or delete it.
$ data get good.csv --out good.csv
    good.csv is a file, but a folder is needed; choose another place.
$ app nowhere
    nowhere: there is no such ledger; make one with promptlab probe.
$ app ledger.jsonl
    ledger.jsonl: there is no such ledger; make one with promptlab probe.
$ jobs nowhere
    there is no folder nowhere.
$ results --folder nowhere
    nowhere: there is no such folder; give --folder.
$ results one --folder empty_results
    there is no run 'one'; there are none at all.
$ rerun
    there is no nbs/index.ipynb here; run this in a clone of the promptlab
    repository.
$ rerun nowhere
    there is no nbs/index.ipynb here; run this in a clone of the promptlab
    repository.
$ new-post class
    there is no nbs/index.ipynb here; run this in a clone of the promptlab
    repository.
$ --plugin nothing data
    nothing: there is no such plugin file.
read_json('nowhere.json')
    nowhere.json: there is no such file.
read_json('broken.json')
    broken.json is not valid JSON (line 1); restore or delete it.
read_json('latin.csv')
    latin.csv is not a text file; restore or delete it.
load_tensors('nowhere.safetensors')
    nowhere.safetensors: there is no such file.
load_tensors('good.csv')
    good.csv is damaged or not from promptlab (...); delete it to start afresh.
load_tensors('good_lm/model.safetensors')
    good_lm/model.safetensors is damaged or not from promptlab (KeyError); delete it
    to start afresh.
save_tensors('good.csv/x', {})
    good.csv is a file, but a folder is needed; choose another place.
write_json('nothing', {})
    nothing is a folder, but a file is needed; choose another name.
read_ledger('nowhere')
    nowhere: there is no such ledger; make one with `promptlab probe`.
read_ledger('good.csv')
    good.csv: there is no such ledger; make one with `promptlab probe`.
read_results('broken_results')
    broken_results/one.json is not valid JSON (line 1); restore or delete it.
headlines('broken_headlines')
    headlines.csv, line 2: 'accuracy/prompt' of the run 'one' is not a number;
    correct the line or record the run.
prompt.save('good.csv')
    good.csv is a file, but a folder is needed; choose another place.
prompt.replace(head=lambda hidden: hidden[:, :2]).save('new')
    FunctionHead is not a registered head, so the prompt cannot be saved; set its
    `kind` and call HEADS.register(kind, FunctionHead).
TrainedPrompt.load('nowhere')
    nowhere holds no prompt.json; name a folder that TrainedPrompt.save or
    `promptlab train` wrote.
finetune_classifier('good_lm', good, None, 'good.csv')
    good.csv is a file, but a folder is needed; choose another place.
train(lm, good, folder='good.csv')
    good.csv is a file, but a folder is needed; choose another place.
export_peft(prompt, 'good.csv')
    good.csv is a file, but a folder is needed; choose another place.
import_peft('prompt', lm)
    prompt holds no adapter_config.json; name a folder that PEFT's save_pretrained
    wrote.
import_peft('adapter', lm)
    adapter holds no adapter_model.safetensors; name a folder that PEFT's
    save_pretrained wrote.
list_jobs('nowhere')
    there is no folder nowhere.
"""

# Objects in the wrong state or of the wrong shape

OBJECTS = r"""
lm.encode('one text')
    texts is one string; give a list of strings.
lm.encode(good)
    texts is a table; give its column, as in table.text.
lm.encode(None)
    texts is of the type NoneType; give a list of strings.
lm.encode(['fine', None])
    texts: row 1 (0-based) is not a string: None.
lm.encode(['fine \ud83d'])
    texts: row 0 (0-based) has half of a character (a lone surrogate); correct it or
    drop it.
lm.encode(['a', 'b'], ['c'])
    there are 1 second texts for 2 texts.
lm.encode(['a'], [None])
    pairs: row 0 (0-based) is not a string: None.
lm.features(lm.kv_cache(['a'], progress=False), torch.zeros(2, 7))
    a prompt has the shape (2, 7); it must be (tokens, 256) for this model.
lm.features(lm.kv_cache(['a'], progress=False), [])
    prompts is empty; give at least one.
lm.features(lm.kv_cache(['a'], progress=False), torch.zeros(600, lm.width))
    text 0 (0-based) of the batch has 1 tokens; with a prompt of 600 it does not fit
    into the 512 positions of tiny.
lm.hidden_states(['a'], layers=9)
    layers is 9; give a list of numbers, as in [-1].
lm.hidden_states(['a'], layers=[9], progress=False)
    a layer is 9; it must be a whole number from -5 to 4.
lm.kv_cache(['a'], batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
prompt.predict('one text')
    texts is one string; give a list of strings.
prompt.predict(good)
    texts is a table; give its column, as in table.text.
prompt.predict(['a'], batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
prompt.proba(np.zeros((2, 5)))
    logits have the shape (2, 5) and the type float64; they must be numbers of the
    shape (n_texts, 2).
prompt.decide(np.full((2, 2), np.nan))
    row 0 (0-based) has logits that are not finite.
prompt.decide([0.1, 0.2])
    logits have the shape (2,) and the type float64; they must be numbers of the
    shape (n_texts, 2).
prompt.replace(heads=None)
    there is no part 'heads'; there are lm, embeddings, head, labels, is_multilabel,
    truncation_side, max_tokens, thresholds, settings, history; did you mean 'head'?
prompt.replace(head='linear')
    'linear' is not a head; give a module or a function.
prompt.replace(head=torch.nn.Linear(7, 2))
    the head takes 7 numbers, but hidden states of tiny have 256.
prompt.replace(embeddings=torch.zeros(2, 7))
    embeddings have the shape (2, 7); they must be (tokens, 256) for tiny.
prompt.replace(embeddings=prompt.embeddings * torch.nan)
    embeddings are not finite; train again with a smaller lr.
prompt.replace(thresholds=[0.0])
    there are 1 thresholds for 2 labels.
prompt.replace(thresholds=[0.0, np.nan])
    thresholds has NaN: [0.0, nan]; give numbers.
prompt.replace(truncation_side='top')
    truncation_side is 'top'; it must be 'left' or 'right'.
prompt.replace(max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
make_head(lm, 3)
    3 is not a head; give a name, target words or a module.
make_head(lm, ' good')
    there is no head ' good'; there are 'linear', 'verbalizer', 'identity', 'lm'.
make_head(lm, [' good', 3])
    target words are [' good', 3]; give a list, as [' bad', ' good'].
composite_head([])
    there is no prompt; give at least one.
predict_many([prompt], texts)
    prompts is not a dict; give the prompts by name.
predict_many({}, texts)
    there is no prompt; give at least one.
predict_many({'a': prompt}, texts[:1], tasks=['b'])
    there is no prompt 'b'; there are a.
predict_many({'a': prompt}, texts[:1], tasks=['a', 'a'])
    there are 2 tasks for 1 texts.
PromptClassifier().predict(texts)
    This PromptClassifier instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
PromptClassifier().predict_proba(texts)
    This PromptClassifier instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
PromptClassifier().fit('one text', labels)
    X is one text; give a list of texts.
PromptClassifier().fit([['a', 'b', 'c']] * 18, labels)
    X has shape (18, 3); give texts, or rows of two.
PromptClassifier().fit(good, labels)
    X has the column 'label' beside its texts; give X[["text"]], or X[["text",
    "text_pair"]] for pairs.
PromptClassifier().fit([''] * 18, labels)
    X: row 0 (0-based) is empty in 'text'; fill it in or drop the row.
fitted.predict([['a', 'b']])
    X has 2 texts per row, but PromptClassifier is expecting 1, as in fit.
CalibratedClassifier(PromptClassifier(), Platt()).fit(texts, labels)
    This PromptClassifier instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
CalibratedClassifier(fitted, Platt()).predict(texts)
    This CalibratedClassifier instance is not fitted yet. Call 'fit' with
    appropriate arguments before using this estimator.
Temperature().predict_proba(logits)
    This Temperature instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
Temperature().fit(None, labels)
    logits have the shape () and type object; give numbers, (n_rows,) log odds or
    (n_rows, n_classes).
Temperature().fit(['a'] * 18, labels)
    logits have the shape (18,) and type <U1; give numbers, (n_rows,) log odds or
    (n_rows, n_classes).
Temperature().fit(np.where(labels == 1, np.nan, 0), labels)
    row 0 (0-based) has logits nan, not finite.
Temperature().fit(np.zeros(18), labels)
    every row has the same logits; there is nothing to scale.
Temperature().fit(2.0 * labels - 1, labels)
    the logits put the right class first in every row, so the likelihood has no
    maximum (the temperature tends to 0); use more rows, or rows the model was not
    trained on.
Temperature().fit(1 - 2.0 * labels + noise, labels)
    the right class does not lead on average, so no positive temperature helps;
    check that labels and columns of logits are in the same order.
Temperature().fit(logits, labels[:, None])
    logits have the shape (18,), labels (18, 1); several labels per row need one
    logit each.
Temperature().fit(logits, labels).predict_proba(np.zeros((2, 3)))
    the logits are of 3 classes; the calibrator was fitted to 2.
TemperatureScalingCalibrationModule(torch.nn.Identity()).fit(logits, labels[:, None])
    the labels have the shape (18, 1); one temperature is fitted to one label per
    row.
proba_to_logits([0.2, 1.0])
    row 1 (0-based) has the probability 1.0, whose logit is infinite; keep the
    logits, or choose eps, as eps=1e-5 for five digits.
proba_to_logits([0.2, 1.7])
    row 1 (0-based) has the score 1.7, which is not a probability; metrics take
    probabilities, calibrators turn logits into one.
proba_to_logits(0.5)
    scores have the shape (); give (n_rows,) for label 1, or (n_rows, n_classes).
unweight(logits, labels)
    logits have the shape (18,) and labels (18,); give both one column per label.
conformal_sets(np.stack([1 - proba, proba], 1), labels, np.full((2, 2), 3.0))
    row 0 (0-based) has the score [3. 3.], which is not a probability; metrics take
    probabilities, calibrators turn logits into one.
conformal_sets(proba, labels, proba)
    probabilities have the shapes (18,) and (18,); give (n_rows, n_classes) of the
    same classes.
expected_calibration_error(logits * 5, labels)
    row 0 (0-based) has the score ..., which is not a probability; metrics take
    probabilities, calibrators turn logits into one.
expected_calibration_error([[0.3, 0.3]], [0])
    row 0 (0-based) sums to 0.6 over the classes, not to 1.
expected_calibration_error(proba, labels[:3])
    the labels have the shape (3,), the scores have 18 rows; give one label per row.
expected_calibration_error([], [])
    there are no rows.
reliability_diagram(logits * 5, labels)
    row 0 (0-based) has the score ..., which is not a probability; metrics take
    probabilities, calibrators turn logits into one.
compute_calibration_summary({'m': pd.DataFrame({'score': proba})})
    m has no column 'label'; it has 'score'.
compute_calibration_summary(pd.DataFrame({'score': proba}))
    eval_dict is not a dict of tables by name; give one.
bootstrap(np.equal, labels, labels[:3])
    18 targets and 3 scores do not match.
seeds_interval([0.8])
    an interval over seeds needs at least two finite values, not [0.8].
seeds_interval([0.8, np.nan])
    an interval over seeds needs at least two finite values, not [0.8 nan].
wilson_interval(5, 3)
    5 of 3 is not a share; give counts from 0 to n, and n from 1.
best_threshold([np.nan, 1], [0, 1])
    row 0 (0-based) has the score NaN; drop it.
best_threshold([0.5, 1], [0, 2])
    the labels: row 1 (0-based) has 2; labels are 0 to 1.
LDA().predict(features)
    This LDA instance is not fitted yet. Call 'fit' with appropriate arguments
    before using this estimator.
LDA().fit(features, labels).predict(features[:, :1])
    X has 1 features, but LDA is expecting 4 features as input.
SingleLayer().predict_proba(features)
    This SingleLayer instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
make_probe(3)
    3 is not a probe; give a name (lda, ridge, logistic, knn, single-layer, mlp,
    attention) or an instance of Probe.
KNN(n_neighbors=0).fit(features, labels).predict(features)
    n_neighbors is 0; it must be a whole number of at least 1.
CALIBRATORS.resolve(3)
    3 is not a calibrator; give a name (temperature, bias_temperature, vector,
    matrix, dirichlet, platt, beta, isotonic, histogram, scaling_binning,
    venn_abers) or an instance of Calibrator.
make_pooler(None)
    None is not a pooler; give a name (first, last, mean, max, min, tokens) or an
    instance of Pooler.
attribute(*classifier_task[:2], good[:0], classifier[1])
    the targets: it has columns but no rows.
attribute(classifier[0], good, good)
    the training table: texts need a tokenizer; give tokenizer=..., or a dictionary
    of tensors instead of the table.
clear_jobs('.', ['lost'])
    there is no state 'lost'; there are done, failed, running, interrupted, damaged.
$ probe --data numbers.conllu:tense
    numbers.conllu: line 2 has the word number '3', where word 2 of its sentence
    belongs; number words from 1 and end sentences by an empty line.
$ probe --data no_word.conllu:tense
    no_word.conllu: line 1 has no word, where word 1 of its sentence belongs; number
    words from 1 and end sentences by an empty line.
$ probe --data latin.conllu:tense
    latin.conllu: line 1 is not UTF-8; convert the file, for instance with iconv -f
    cp1252 -t utf-8 if it comes from Windows.
$ probe --data gzip.conllu:tense
    gzip.conllu is compressed by gzip; let its name end in .gz.
$ probe --data nothing.conllu:tense
    nothing.conllu: there is no sentence in it.
$ probe --data nowhere.conllu:tense
    nowhere.conllu: there is no such file.
read_treebank('header.csv')
    header.csv: there is no column 'sent_id'; a treebank table has sent_id, form,
    upos, feats, head, deprel.
tree_task(good, 'tense')
    the treebank: there is no column 'sent_id'; a treebank table has sent_id, form,
    upos, feats, head, deprel.
LOSSES.resolve('triplet')(torch.ones(2, 2).numpy(), torch.arange(2))
    embeddings is a ndarray; give a Tensor.
LOSSES.resolve('triplet')(torch.ones(2, 2), torch.arange(3))
    a loss over pairs takes floats (rows, dimensions) and one class number per row;
    got torch.float32 (2, 2) and torch.int64 (3,). Of a table with one 0/1 column
    per label, keep the rows with exactly one label.
LOSSES.resolve('triplet')(torch.ones(0, 2), torch.arange(0))
    a loss over pairs takes floats (rows, dimensions) and one class number per row;
    got torch.float32 (0, 2) and torch.int64 (0,). Of a table with one 0/1 column
    per label, keep the rows with exactly one label.
LOSSES.resolve('cosine pairs', margin=1.5)(torch.ones(2, 2), torch.arange(2))
    margin is 1.5; it must be a number at least -1 and at most 1.
LOSSES.resolve('tripplet')
    there is no loss 'tripplet'; there are 'cosine pairs', 'distance pairs',
    'relative distance pairs', 'supervised contrastive', 'triplet', 'centroid cross
    entropy'; did you mean 'triplet'?
target_tokens(torch.ones(2, 5), torch.arange(2), [3])
    there are the target tokens [3] and classes up to 1; give each class a token of
    its own.
target_tokens(torch.ones(2, 5), torch.arange(2), [3, 5])
    a target token is 5; it must be a whole number from 0 to 4.
target_tokens(torch.ones(2, 5), torch.arange(2), [3, 3])
    there are the target tokens [3, 3] and classes up to 1; give each class a token
    of its own.
check_classes(labels + 0.5)
    targets must be one class per text, a name or a whole number; got float64 (18,).
check_classes(np.eye(18))
    targets must be one class per text, a name or a whole number; got float64 (18,
    18).
check_classes(['pos', None])
    targets must be one class per text, a name or a whole number; got object (2,).
check_classes(labels * 0)
    all 18 texts have the class 0; give texts of at least two classes.
check_embeddings(features[:9], labels)
    embeddings must be an array of numbers (n_texts, n_dims); got ndarray (9, 4) for
    18 texts.
check_embeddings(features / 0, labels)
    embeddings: row 0 (0-based) is not finite; drop it.
check_embeddings(features * 0, labels)
    the embeddings are the same for all texts.
check_embeddings(features.tolist(), labels)
    embeddings must be an array of numbers (n_texts, n_dims); got list (18, 4) for
    18 texts.
check_split(features, labels, labels > 0)
    embeddings is of the type ndarray or empty; give a dict from a name to an array
    (n_texts, n_dims).
check_split({'a': features}, labels, np.arange(18))
    is_example must say True or False of each text; got int64 (18,) for 18 texts.
check_split({'a': features}, labels, labels > 0)
    class 0 has 0 labelled examples and 9 scored texts; it needs two of each: give
    more texts or fewer classes.
separability({'a': features}, labels, labels > 0, measures='silhouette')
    measures is 'silhouette'; it must be a list, a tuple or None.
class_variance(features, labels[:9])
    embeddings must be an array of numbers (n_texts, n_dims); got ndarray (18, 4)
    for 9 texts.
few_shot_accuracy({'a': features}, labels, np.arange(18) % 4 < 2, shots=4)
    shots is 4; it must be a list or a tuple.
lm.logits(torch.ones(2, 5))
    hidden is torch.float32 (2, 5); give a Tensor of floats (..., 256).
lm.logits(np.ones((2, lm.width)))
    hidden is float64 (2, 256); give a Tensor of floats (..., 256).
lm.logits(torch.ones(2, lm.width).long())
    hidden is torch.int64 (2, 256); give a Tensor of floats (..., 256).
lm.logits(torch.ones(2, lm.width), [0, 99999])
    tokens is [0, 99999]; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), [-1])
    tokens is [-1]; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), [0.5])
    tokens is [0.5]; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), [True, False])
    tokens is [True, False]; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), 'film')
    tokens is 'film'; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), [])
    tokens is []; give whole numbers from 0 to 8191.
lm.kv_batch([[1, 2], [99999]])
    the texts have token ids from 0 to 99999; those of tiny are 0 to 8191.
lm.kv_batch([[1, -2]])
    the texts have token ids from -2 to 1; those of tiny are 0 to 8191.
lm.kv_batch([[0.5]])
    a text has the token ids [0.5]; give a list of whole numbers.
lm.kv_batch([])
    there is no text to read; give at least one.
lm.kv_batch('film')
    a text has the token ids 'f'; give a list of whole numbers.
lm.kv_cache([[1, 2]])
    texts: row 0 (0-based) is not a string: [1, 2].
lm.kv_cache(Encoded([[1, 99999]]))
    the texts have token ids from 1 to 99999; those of tiny are 0 to 8191.
lm.features(lm.kv_batch([[1, 2]]), [np.ones((2, lm.width))])
    a prompt is float64; give a Tensor of floats.
lm.features(lm.kv_batch([[1, 2]]), [torch.ones(2, lm.width)], [5])
    rows is [5]; give whole numbers from 0 to 0.
lm.features(lm.kv_batch([[1, 2]]), [torch.ones(2, lm.width)], [0, 0])
    there are 2 rows for 1 texts.
KVCacheStore(lm, ['a film'])
    ids is of the type list; give a FrozenLM, and what its method encode returns.
KVCacheStore('tiny', lm.encode(texts))
    lm is of the type str; give a FrozenLM, and what its method encode returns.
KVCacheStore(lm, lm.encode(texts), {'dsk': '1GiB'})
    'dsk' is not a tier of KV caches; there are device, disk, memory.
KVCacheStore(lm, lm.encode(texts), -5)
    -5 is not a size; write it like 2000000, '500MB' or '8GiB'.
KVCacheStore(lm, lm.encode(texts))[[0, 99]]
    positions is [0, 99]; give whole numbers from 0 to 17.
KVCacheStore(lm, lm.encode(texts))[[-1]]
    positions is [-1]; give whole numbers from 0 to 17.
KVCacheStore(lm, lm.encode(texts))[[]]
    positions is []; give whole numbers from 0 to 17.
KVCacheStore(lm, lm.encode(texts))[0]
    positions is 0; give whole numbers from 0 to 17.
KVCacheStore(lm, lm.encode(texts))[[True, False]]
    positions is [True, False]; give whole numbers from 0 to 17.
lm.collate(lm.kv_cache(['film'], progress=False), torch.zeros(9, dtype=torch.int8))
    out is torch.int8 (9,); give flat memory of torch.float32.
pack_kv(torch.ones(1, 2, 1, 3, 4), 'int4')
    'int4' is not a precision; use fp32, fp16, bf16, int8.
time_parts(lm, 0)
    length is 0; it must be a whole number from 1 to 512.
time_parts(lm, 999)
    length is 999; it must be a whole number from 1 to 512.
choose_caching(KVCacheStore(lm, lm.encode(texts)), 0)
    epochs is 0; it must be a whole number of at least 1.
clear_cache('nowhere')
    there is no cached model 'nowhere'; there are none at all.
model_card(prompt, measured=[0.8])
    measured is [0.8]; it must be a dict or None.
model_card(prompt, measured='accuracy 0.8')
    measured is 'accuracy 0.8'; it must be a dict or None.
run_jobs([Job('a', abs)], 'jobs', 'threads')
    there is no executor 'threads'; there are serial, processes, ray.
run_jobs([Job('a', abs)], 'jobs', on_error='ignore')
    on_error is 'ignore'; it must be 'raise' or 'return'.
run_jobs([Job('a', abs, {'x': object()})], 'jobs', progress=False)
    a object cannot be part of a job, since its content cannot be read; give it a
    `fingerprint` or pass what it is made of.
EXECUTORS.resolve('processes', address='nowhere')
    the executor 'processes' cannot be made so: got an unexpected keyword argument
    'address'.
list_jobs('good.csv')
    there is no folder good.csv.
Metagradient(keep=0)
    keep is 0; it must be a number above 0 and at most 1.
Metagradient(keep=float('nan'))
    keep is nan; it must be a number above 0 and at most 1.
Metagradient(draws=0)
    draws is 0; it must be a whole number of at least 1.
Metagradient(centre='mode')
    centre is 'mode'; it must be 'median' or 'mean'.
Metagradient(epsilon=0)
    epsilon is 0; it must be a finite number above 0 or None.
average_metagradients(None, None, keep=7)
    keep is 7; it must be a number above 0 and at most 1.
average_metagradients(None, None, centre='modus')
    centre is 'modus'; it must be 'median' or 'mean'.
average_metagradients(None, None, draws=0)
    draws is 0; it must be a whole number of at least 1.
metagradient(None, None, every=0)
    every is 0; it must be a whole number of at least 1 or None.
metagradient(None, None, targets_per_pass=0)
    targets_per_pass is 0; it must be a whole number of at least 1.
check_metagradient(None, None, None, sizes=[0])
    one of sizes is 0; it must be a finite number above 0.
subset_runs(np.eye(2), [1, 1])
    seeds has 1 more than once; give each seed once.
subset_runs(np.eye(2), [])
    seeds is []; give a list of at least one.
METHODS.resolve('metagradient', draw=3)
    the attribution method 'metagradient' cannot be made so: got an unexpected
    keyword argument 'draw'.
random_subsets(9, 3, 1.5, 0)
    share is 1.5; it must be a number above 0 and below 1.
find_model('cut.gguf')
    cut.gguf cannot be read as a GGUF model (...); download it again, or choose
    another one.
$ train linear-head --data good.csv --model cut.gguf
    cut.gguf cannot be read as a GGUF model (...); download it again, or choose
    another one.
PretrainingConfig(9, lr=float('nan'))
    lr is nan; it must be a finite number above 0.
PretrainingConfig(9, batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
PretrainingConfig(9, context=0)
    context is 0; it must be a whole number of at least 1.
TokenStream.encode(lm.tokenizer, 'one text')
    texts is one string; give a list of strings.
TokenStream.encode(lm.tokenizer, [])
    there is no text; give at least one.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'b': 1.0}, 2, 8, 0, 0)
    shares is {'b': 1.0}; give numbers, not all 0, for some of a.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'a': 0.0}, 2, 8, 0, 0)
    shares is {'a': 0.0}; give numbers, not all 0, for some of a.
draw_windows({'a': TokenStream(np.arange(5), np.array([0]))}, {'a': 1.0}, 2, 8, 0, 0)
    the texts have 5 tokens, fewer than a window of 9; give more text, or a shorter
    context.
bits_per_byte(lm, [], progress=False)
    there is no text; give at least one.
bits_per_byte(lm, 'one text', progress=False)
    texts is one string; give a list of strings.
bits_per_byte(lm, ['a'], progress=False)
    no text has two tokens, so nothing is scored; give others.
cut_windows(lm, ['a film'], 0)
    size is 0; it must be a whole number of at least 2.
NGram(np.arange(9), 5)
    there are 9 tokens, the largest 8; give some below the vocabulary of 5.
NGram(np.arange(9), 9, order=0)
    order is 0; it must be a whole number of at least 1.
embed_texts({}, texts)
    prompts must be a dict of at least one prompt, by name.
embed_texts({'a': prompt}, 'film')
    texts is one string; give a list of strings.
embed_texts(prompt, texts)
    prompts must be a dict of at least one prompt, by name.
ClusterClassifier(prompt).fit('film', labels[:4])
    texts is one string; give a list of strings.
distance_overlap(features, labels[:9])
    embeddings must be an array of numbers (n_texts, n_dims); got ndarray (18, 4)
    for 9 texts.
class_tokens(prompt, texts, labels[:12])
    there are 12 targets for 18 texts.
class_tokens(prompt, texts, labels + 1)
    targets must be the numbers of the 2 classes of the prompt, each at least once.
class_tokens(prompt, texts, labels, n_tokens=0)
    n_tokens is 0; it must be a whole number of at least 1.
single_label_rows(load('mini-emotion', limit=4), 'joy')
    labels is 'joy'; give a list of at least two different labels.
single_label_rows(load('mini-emotion', limit=4), ['joy', 'joy'])
    labels is ['joy', 'joy']; give a list of at least two different labels.
single_label_rows(load('mini-emotion', limit=4), ['joy', 'hate'])
    the table has no label 'hate'; it has anger, anticipation, disgust, fear, joy,
    love, optimism, pessimism, sadness, surprise, trust.
train_clusters(lm, good, losses='triplet')
    losses is 'triplet'; give a list: ['triplet'].
train_clusters(lm, good, seeds=3)
    seeds is 3; give a list: [3].
train_clusters(lm, good, losses=[])
    there is no loss or no seed to train with; give one of each.
train_clusters(lm, load('mini-emotion', limit=4))
    these losses need one label per row; make such a table with `single_label_rows`.
map_texts(features, labels, labels > 0)
    class 0 has 0 labelled examples and 9 scored texts; it needs two of each: give
    more texts or fewer classes.
Job('a', 'abs')
    function is 'abs'; it must be a function.
Job('a', abs, [1])
    arguments is [1]; it must be a dict.
run_jobs(['a'], 'jobs', progress=False)
    one of jobs is 'a'; it must be of the type Job.
run_jobs([Job('a', print)], 'good.csv', progress=False)
    good.csv is a file, but a folder is needed; choose another place.
SerialExecutor(threads=0)
    threads is 0; it must be a whole number of at least 1 or None.
ProcessExecutor(workers=0)
    workers is 0; it must be a whole number of at least 1 or None.
check_each('seeds', 3, SEED)
    seeds is 3; give a list of at least one.
check_each('seeds', 'abc', SEED)
    seeds is 'abc'; give a list of at least one.
check_each('seeds', [0, 1.5], SEED)
    one of seeds is 1.5; it must be a whole number from 0 to 4,294,967,295.
split_rows(None)
    the table is not a DataFrame; read it with load.
split_rows(good, 3)
    sizes is 3; give a list of at least one.
split_rows(good, [])
    sizes is []; give a list of at least one.
split_rows(good, ['x', 0.5])
    one of sizes is 'x'; it must be a number above 0 and below 1.
split_rows(good.iloc[:0])
    the table: it has columns but no rows.
split_rows(good[['label']])
    the table: there is no column 'text' (there are 'label').
balanced_subset(None, 3)
    the table is not a DataFrame; read it with load.
balanced_subset(good, 0)
    limit is 0; it must be a whole number of at least 1.
balanced_subset(good, 3, seed=1.5)
    seed is 1.5; it must be a whole number from 0 to 4,294,967,295.
targets(None)
    the table is not a DataFrame; read it with load.
targets(pd.DataFrame({'text': ['a']}))
    the table has no labels; load it with labelled=True.
text_groups(None)
    the table is not a DataFrame; read it with load.
text_groups(good.iloc[:0])
    the table: it has columns but no rows.
text_groups(good[['label']])
    the table: there is no column 'text' (there are 'label').
numeric_column(None, 'text')
    the table is not a DataFrame; read it with load.
label_column(None, 'label', ['a'])
    the table is not a DataFrame; read it with load.
label_column(good, 'label', None)
    labels is empty; give a list of label names.
label_column(good, 'label', 'neg')
    labels is 'neg'; give a list of label names.
ProbeData('good.csv').folds(np.nan)
    n_folds is nan; it must be a whole number of at least 1.
ProbeData('good.csv').folds(True)
    n_folds is True; it must be a whole number of at least 1.
ProbeData('good.csv').folds(3, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
fit_logistic(features, labels, features, labels, strengths=[])
    strengths is []; give a list of at least one.
fit_logistic(features, labels, features, labels, strengths=0.1)
    strengths is 0.1; give a list of at least one.
fit_logistic(features, labels, features, labels, strengths=[0, 0.1])
    one of strengths is 0; it must be a finite number above 0.
fit_logistic(features, labels, features, labels[:3])
    targets have the shape (3,) and scores (18, 2); give the same rows and labels.
check_scored(logits)
    array([ 0.62573022, -0.63210486,  1.14042265, -0.39509988, - is not a pair; give
    (logits, targets).
check_scored((logits, labels[:3]))
    the labels have the shape (3,), the scores have 18 rows; give one label per row.
check_scored((logits, labels + 1))
    the labels: row 0 (0-based) has 2; labels are 0 to 1.
check_scored((np.stack([logits, -logits], 1), labels + 1))
    the labels: row 0 (0-based) has 2; labels are 0 to 1.
check_scored((logits / 0, labels))
    row 0 (0-based) has logits inf, not finite.
as_binary((logits, ['pos'] * 18))
    the labels are not numbers (row 0 has 'pos'); give 0 to 1.
compare_calibrators((logits, labels), (logits, labels), 'temperature')
    names is 'temperature'; give a list of at least one.
compare_calibrators((logits, labels), (logits, labels), [])
    names is []; give a list of at least one.
compare_calibrators((logits, labels), (logits, labels), ['plat'])
    there is no calibrator 'plat'; there are 'temperature', 'bias_temperature',
    'vector', 'matrix', 'dirichlet', 'platt', 'beta', 'isotonic', 'histogram',
    'scaling_binning', 'venn_abers'; did you mean 'platt'?
compare_calibrators((logits, labels), (logits, labels), ['platt'], draws=-1)
    draws is -1; it must be a whole number of at least 0.
label_curve((logits, labels), (logits, labels), 9)
    sizes is 9; give a list of at least one.
label_curve((logits, labels), (logits, labels), [0])
    one of sizes is 0; it must be a whole number of at least 1.
label_curve((logits, labels), (logits, labels), [99])
    there are 18 rows to calibrate on, fewer than 99.
label_curve((logits, labels), (logits, labels), [9], repeats=0)
    repeats is 0; it must be a whole number of at least 1.
label_curve((logits, labels), (logits, labels), [9], seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
compare_shift((logits, labels), logits)
    array([ 0.62573022, -0.63210486,  1.14042265, -0.39509988, - is not a pair; give
    (logits, targets).
compare_shift((logits, labels), (logits, labels), seed=0.5)
    seed is 0.5; it must be a whole number from 0 to 4,294,967,295.
score_counts((logits, labels), width=0)
    width is 0; it must be a finite number above 0.
score_counts((logits, labels), width=np.nan)
    width is nan; it must be a finite number above 0.
check_proba(['high', 'low'], [1, 0])
    scores are not numbers: ['high', 'low'].
check_proba([None], [1])
    row 0 (0-based) has the score nan, which is not a probability; metrics take
    probabilities, calibrators turn logits into one.
best_threshold(None, labels)
    scores have the shape (); give (n_rows,).
best_threshold(['a'] * 18, labels)
    scores are not numbers: ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a',
    'a',.
best_threshold(logits[:, None], labels)
    scores have the shape (18, 1); give (n_rows,).
best_threshold(logits, labels, np.nan)
    metric is nan; it must be 'f1' or 'accuracy'.
seeds_interval(['a', 'b'])
    values are not numbers: ['a', 'b'].
seeds_interval(0.8)
    an interval over seeds needs at least two finite values, not 0.8.
wilson_interval(np.nan, 3)
    nan of 3 is not a share; give counts from 0 to n, and n from 1.
wilson_interval('three', 5)
    counts are not numbers: 'three'.
wilson_interval(0, 0)
    0 of 0 is not a share; give counts from 0 to n, and n from 1.
bootstrap(np.equal, None, labels)
    1 targets and 18 scores do not match.
bootstrap('accuracy', labels, labels)
    metric is 'accuracy'; it must be a function.
bootstrap(np.equal, labels, labels, seed=np.nan)
    seed is nan; it must be a whole number from 0 to 4,294,967,295.
check_targets(labels, 18, n_classes=0)
    n_classes is 0; it must be a whole number of at least 1.
accuracy_or_macro_f1(logits, labels[:3])
    targets have the shape (3,) and scores (18,); give the same rows and labels.
label_metrics(np.stack([proba, proba], 1), np.stack([labels, labels], 1), 'ab')
    labels is 'ab'; give a list of at least one.
label_metrics(np.stack([proba, proba], 1), np.stack([labels, labels], 1), ['a'])
    there are 1 labels for 2 columns.
expected_calibration_error(proba, labels, scheme='quantile')
    scheme is 'quantile'; it must be 'mass' or 'width'.
ece_null_level(proba, draws=0)
    draws is 0; it must be a whole number of at least 1.
bin_table(proba, labels, n_bins=0)
    n_bins is 0; it must be a whole number of at least 1.
summary_metrics(proba, labels, scheme='equal')
    scheme is 'equal'; it must be 'mass' or 'width'.
calibration_metrics(proba, labels, n_bins=np.nan)
    n_bins is nan; it must be a whole number of at least 1.
corp_diagram(proba, labels, draws=0)
    draws is 0; it must be a whole number of at least 1.
corp_diagram(proba, labels, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
score_histogram(proba, labels, n_bins=0)
    n_bins is 0; it must be a whole number of at least 1.
score_histogram(proba, labels, n_bins=1.5)
    n_bins is 1.5; it must be a whole number of at least 1.
reliability_diagram(proba, labels, scheme='equal')
    scheme is 'equal'; it must be 'mass' or 'width'.
compute_calibration_summary({'m': [0.2]})
    m is [0.2]; it must be a table (DataFrame).
calibrate_table('scores.csv', 'y', 'p', labels=3)
    labels is 3; give a list of at least one.
calibrate_table('scores.csv', 'y', 'p', labels=['no', 'no', 'yes'])
    labels is ['no', 'no', 'yes']; give 2 names.
calibration_report(proba, labels, draws=np.nan)
    draws is nan; it must be a whole number of at least 0.
cross_calibrate('temperature', logits, labels, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
Beta().fit(logits, labels + 0.5)
    the labels: row 0 (0-based) has 1.5; labels are 0 to 1.
VennAbers().interval(logits)
    This VennAbers instance is not fitted yet. Call 'fit' with appropriate arguments
    before using this estimator.
ScalingBinning(n_bins=np.nan).fit(logits, labels)
    n_bins is nan; it must be a whole number of at least 1.
load_model(AutoModel, 'tiny', dtype='int8')
    dtype is 'int8'; give torch.float32, torch.float16 or torch.bfloat16.
pick_dtype('auto', 'tpu')
    the device 'tpu' is not available; use cpu.
pick_dtype('fast')
    dtype is 'fast'; use 'auto', 'float32', 'bfloat16' or 'float16'.
pick_dtype(8)
    dtype is 8; use 'auto', 'float32', 'bfloat16' or 'float16'.
randomly_initialised(classifier[0], seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
randomly_initialised(classifier[0], seed=np.nan)
    seed is nan; it must be a whole number from 0 to 4,294,967,295.
find_model('')
    the model's name is empty; give tiny, a folder or a hub id.
load_encoder('tiny', dtype='int4')
    dtype is 'int4'; use 'auto', 'float32', 'bfloat16' or 'float16'.
load_encoder('tiny', device='tpu')
    the device 'tpu' is not available; use cpu.
LayerEncoder(*classifier, device='tpu')
    the device 'tpu' is not available; use cpu.
PoolToken(quantile=None)
    quantile is None; give a number from 0 (first token) to 1 (last), or -1 (last).
    PoolMean, PoolMax and PoolMin take all tokens.
PoolToken(quantile='first')
    quantile is 'first'; give a number from 0 (first token) to 1 (last), or -1
    (last). PoolMean, PoolMax and PoolMin take all tokens.
PoolToken(quantile=np.nan)
    quantile is nan; give a number from 0 (first token) to 1 (last), or -1 (last).
    PoolMean, PoolMax and PoolMin take all tokens.
PoolMean(layer=[])
    layer is []; give a number, a list of them, 'all' or 'each'.
PoolMean(layer=1.5)
    layer is 1.5; give a number, a list of them, 'all' or 'each'.
ConcatPooler([])
    poolers is []; give a list of at least one.
ConcatPooler('mean')
    poolers is 'mean'; give a list of at least one.
ConcatPooler([PoolMean(), 'max'])
    one of poolers is 'max'; it must be of the type Pooler.
make_pooler(1.5)
    quantile is 1.5; give a number from 0 (first token) to 1 (last), or -1 (last).
    PoolMean, PoolMax and PoolMin take all tokens.
make_pooler('mean', layers=3)
    the pooler 'mean' cannot be made so: got an unexpected keyword argument
    'layers'.
mix(None)
    tables is None; it must be a dict.
mix({'a': good}, shares=3)
    shares is 3; it must be a dict or None.
mix({'a': good}, n_rows=0)
    n_rows is 0; it must be a whole number of at least 1 or None.
mix({'a': good}, {'b': 1.0})
    the task 'a' has a table or a share, but not both; give it both.
mix({'a': good}, {'a': 0.5})
    the shares are {'a': 0.5}; they must be positive and sum to 1.
length_batches([3, 2], 0)
    batch_size is 0; it must be a whole number of at least 1.
length_batches([3, 2], 2, chunk=0)
    chunk is 0; it must be a whole number of at least 1.
truncate_ids([1, 2, 3], 0)
    max_tokens is 0; it must be a whole number of at least 1.
truncate_ids([1, 2, 3], 2, 'top')
    side is 'top'; it must be 'left' or 'right'.
truncate_ids([1, 2, 3], 2, n_special=3)
    n_special is 3; it must be a whole number from 0 to 2.
token_limit(10, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
token_limit(10, reserve=-1)
    reserve is -1; it must be a whole number of at least 0.
lm.collate([])
    there is no text to read; give at least one.
lm.features([], torch.zeros(2, lm.width))
    there is no text to read; give at least one.
lm.hidden_states(['a'], layers=[])
    layers is []; give a list of numbers, as in [-1].
lm.logits(torch.ones(2, lm.width), [None])
    tokens is [None]; give whole numbers from 0 to 8191.
lm.logits(torch.ones(2, lm.width), ['good', 0.5])
    tokens is ['good', 0.5]; give whole numbers from 0 to 8191.
lm.encode(texts, truncation_side='top')
    truncation_side is 'top'; it must be 'left' or 'right'.
lm.encode(texts, max_tokens=1.5)
    max_tokens is 1.5; it must be a whole number of at least 1 or None.
get_lm('tiny', dtype='int8')
    dtype is 'int8'; use 'auto', 'float32', 'bfloat16' or 'float16'.
get_lm('tiny', device='tpu')
    the device 'tpu' is not available; use cpu.
LinearHead(lm, 0)
    n_labels is 0; it must be a whole number of at least 1.
LinearHead(lm, 2.5)
    n_labels is 2.5; it must be a whole number of at least 1.
LinearHead(lm, 2, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
make_head(lm, 'linear', 0)
    n_labels is 0; it must be a whole number of at least 1.
make_head(lm, 'linear', 2, seed=None)
    seed is None; it must be a whole number from 0 to 4,294,967,295.
init_prompt(lm, 0)
    n_tokens is 0; it must be a whole number of at least 1.
init_prompt(lm, 2, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
init_prompt(lm, 2, 7)
    init is 7; it must be a text.
prompt.replace(embeddings=None)
    embeddings is None; give a Tensor.
prompt.replace(embeddings='vocab')
    embeddings is 'vocab'; give a Tensor.
prompt.replace(labels=None)
    labels is None; give a list of label names.
prompt.replace(labels=[1, 2])
    labels is [1, 2]; give a list of label names.
prompt.replace(is_multilabel=True).decide([[0.1, 0.2, 0.3]])
    logits have the shape (1, 3) and the type float64; they must be numbers of the
    shape (n_texts, 2).
predict_many({'a': 3}, texts)
    a prompt is 3; it must be of the type TrainedPrompt.
predict_many({'a': prompt}, None)
    texts is None; it must be a list.
composite_head([3])
    a prompt is 3; it must be of the type TrainedPrompt.
prompt.logits(None)
    texts is of the type NoneType; give a list of strings.
prompt.logits(texts, batch_size=1.5)
    batch_size is 1.5; it must be a whole number of at least 1.
embed_texts({'a': 3}, texts)
    a prompt is 3; it must be of the type TrainedPrompt.
embed_texts({'a': prompt}, texts, head='vocabulary')
    there is no head 'vocabulary'; there are 'linear', 'verbalizer', 'identity',
    'lm'.
embed_texts({'a': prompt}, None)
    texts is None; it must be a list.
single_label_rows(None, ['joy', 'fear'])
    table is None; it must be a table (DataFrame).
single_label_rows(load('mini-emotion', limit=4), 3)
    labels is 3; give a list of at least two different labels.
train_clusters(lm, None)
    NoneType is not a table; give a name, a file, a DataFrame, a datasets.Dataset,
    or a list of texts.
train_clusters(lm, good, seeds=[0.5])
    one of seeds is 0.5; it must be a whole number from 0 to 4,294,967,295.
train_clusters(lm, good, seeds=[])
    seeds is []; give a list of at least one.
train_clusters(lm, good, losses=['tripplet'])
    there is no loss 'tripplet'; there are 'cosine pairs', 'distance pairs',
    'relative distance pairs', 'supervised contrastive', 'triplet', 'centroid cross
    entropy'; did you mean 'triplet'?
train_clusters(lm, good, lr=0)
    lr is 0; it must be a finite number above 0.
train_clusters(lm, good, n_tokens=0)
    n_tokens is 0; it must be a whole number of at least 1.
train_clusters(lm, good, schedule='step')
    schedule is 'step'; it must be 'constant', 'linear' or 'cosine'.
train_clusters(lm, good, epohs=1)
    there is no setting 'epohs'; there are head, n_tokens, init, lr, schedule, seed,
    loss, labels, epochs, batch_size, clip, patience, truncation_side, max_tokens,
    data_seed, cache, cache_budget, cache_precision, chunk; did you mean 'epochs'?
map_texts(features, labels, np.arange(18) % 4 < 2, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
map_texts(features[:, :1], labels, np.arange(18) % 4 < 2)
    the embeddings have one dimension; a map needs two.
map_texts(features, labels[:9], np.arange(18) % 4 < 2)
    embeddings must be an array of numbers (n_texts, n_dims); got ndarray (18, 4)
    for 9 texts.
plot_maps({'a': features}, labels, np.arange(18) % 4 < 2, ['neg'])
    there are 1 labels for 2 classes.
plot_maps({'a': features}, labels, np.arange(18) % 4 < 2, 'np')
    labels is 'np'; give a list of at least one.
plot_maps({}, labels, np.arange(18) % 4 < 2, ['neg', 'pos'])
    embeddings is of the type dict or empty; give a dict from a name to an array
    (n_texts, n_dims).
plot_distances(features, labels)
    embeddings is array([[ 5.37360757e-01, 1.16824359e+00, -2.80444185e-03, 1....;
    it must be a dict.
distance_overlap(features, labels * 0)
    all 18 texts have the class 0; give texts of at least two classes.
class_tokens('prompt', texts, labels)
    prompt is 'prompt'; it must be of the type TrainedPrompt.
class_tokens(prompt, texts, labels, n_tokens=1.5)
    n_tokens is 1.5; it must be a whole number of at least 1.
compare_two_texts({'a': prompt}, 'a', 'b', {})
    reference has no texts of the prompt 'a'.
compare_two_texts({'a': prompt}, 'a', 'b', None)
    reference is None; it must be a dict.
ClusterClassifier('prompt').fit(texts, labels)
    a prompt is 'prompt'; it must be of the type TrainedPrompt.
ClusterClassifier(prompt).fit(texts, labels[:3])
    there are 18 texts and 3 labels.
ClusterClassifier(prompt).predict(texts)
    This ClusterClassifier instance is not fitted yet. Call 'fit' with appropriate
    arguments before using this estimator.
LabelledEmbeddings(features, labels, labels > 0, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
ClassifierAccuracy('mine', 'lda')
    make is 'lda'; it must be a function.
ClassifierAccuracy('mine', LDA, min_examples=0)
    min_examples is 0; it must be a whole number of at least 1.
ClusterAgreement('kmeans', 'ARI')
    method is 'kmeans'; it must be 'k-means' or 'Ward'.
ClusterAgreement('Ward', 'accuracy')
    statistic is 'accuracy'; it must be 'ARI', 'NMI' or 'purity'.
MEASURES.resolve('silhuette')
    there is no separability measure 'silhuette'; there are 'nearest centroid
    accuracy', '15 neighbours accuracy', 'linear probe accuracy', 'k-means ARI',
    'k-means NMI', 'k-means purity', 'Ward ARI', 'Ward NMI', 'Ward purity',
    'silhouette', 'Davies-Bouldin'; did you mean 'silhouette'?
few_shot_accuracy({'a': features}, labels, np.arange(18) % 4 < 2, shots=[0])
    shots is 0; it must be a whole number of at least 1.
few_shot_accuracy({'a': features}, labels, np.arange(18) % 4 < 2, shots=[9])
    there are 5 labelled examples of one class, fewer than the 9 asked for; ask for
    fewer.
few_shot_accuracy({'a': features}, labels, np.arange(18) % 4 < 2, draws=0)
    there are 5 labelled examples of one class, fewer than the 16 asked for; ask for
    fewer.
separability({'a': features}, labels, np.arange(18) % 4 < 2, draws=-1)
    draws is -1; it must be a whole number of at least 1.
separability({'a': features}, labels, np.arange(18) % 4 < 2, shuffles=1.5)
    shuffles is 1.5; it must be a whole number of at least 1.
measure_prompts({}, labels, labels > 0)
    embeddings is of the type dict or empty; give a dict from a name to an array
    (n_texts, n_dims).
LDA().fit(features, labels, features, ['maybe'] * 18)
    'maybe' is not one of the classes (0, 1).
LDA().fit(features, labels, features, labels[:3])
    Found input variables with inconsistent numbers of samples: [18, 3]
LDA().fit(features, labels, features)
    y should be a 1d array, got an array of shape () instead.
LDA().fit(features, labels).predict(features, metric='recall')
    metric is 'recall'; it must be 'accuracy' or 'f1'.
control_targets(labels, labels[:3])
    Found input variables with inconsistent numbers of samples: [18, 3]
control_targets(labels, labels, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
code_blocks(labels, 0)
    n_classes is 0; it must be a whole number of at least 1.
code_blocks(labels, 2, seed=np.nan)
    seed is nan; it must be a whole number from 0 to 4,294,967,295.
online_code([], labels, labels, 2, mix=0)
    mix is 0; it must be a number above 0 and below 1.
online_code([], labels, labels, 0)
    n_classes is 0; it must be a whole number of at least 1.
cut_document('a b', size=0)
    size is 0; it must be a whole number of at least 1.
cut_document('a b', shortest=-1)
    shortest is -1; it must be a whole number of at least 0.
train_tokenizer('one text')
    texts is one string; give a list of strings.
train_tokenizer(texts, vocab_size=0)
    vocab_size is 0; it must be a whole number of at least 258.
train_tokenizer(texts, vocab_size=1.5)
    vocab_size is 1.5; it must be a whole number of at least 258.
train_tokenizer(texts, context=0)
    context is 0; it must be a whole number of at least 1.
TokenStream.encode(lm.tokenizer, ['a', None])
    texts: row 1 (0-based) is not a string: None.
bits_per_byte(lm, ['a fine film', 3], progress=False)
    texts: row 1 (0-based) is not a string: 3.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'a': 1.0}, 0, 8, 0, 0)
    batch_size is 0; it must be a whole number of at least 1.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'a': 1.0}, 2, 0, 0, 0)
    context is 0; it must be a whole number of at least 1.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'a': 1.0}, 2, 8, -1, 0)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
draw_windows({'a': TokenStream(np.arange(50), np.array([0]))}, {'a': 1.0}, 2, 8, 0, -1)
    step is -1; it must be a whole number of at least 0.
PretrainingConfig(9, save_steps=3)
    save_steps is 3; it must be a list or a tuple.
PretrainingConfig(9, save_steps=[-1])
    one of save_steps is -1; it must be a whole number of at least 0.
PretrainingConfig(9, warmup=1.5)
    warmup is 1.5; it must be a number at least 0 and at most 1.
train_lm({}, {}, {}, None, None, 'new')
    config is None; it must be of the type PretrainingConfig.
train_lm({}, {}, {}, None, PretrainingConfig(9), 'new', stop=0)
    stop is 0; it must be a whole number of at least 1 or None.
train_lm({}, {}, {}, None, PretrainingConfig(9), 'new', device='tpu')
    the device 'tpu' is not available; use cpu.
NGram(['a', 'b'], 9)
    tokens are <U1 (2,); give token ids.
NGram(np.arange(9) * 0.5, 9)
    tokens are float64 (9,); give token ids.
NGram(np.arange(9), 0)
    vocabulary is 0; it must be a whole number of at least 1.
training_steps(model_rows(*classifier, good), FineTuneConfig(), [99])
    subset must hold positions from 0 to 17.
training_steps(model_rows(*classifier, good), FineTuneConfig(), ['a'])
    subset must hold positions from 0 to 17.
training_steps(model_rows(*classifier, good), FineTuneConfig(), [])
    there are no rows to train on.
model_rows(*classifier, good, max_tokens='all')
    max_tokens is 'all'; it must be a whole number of at least 1 or None.
model_rows(*classifier, good, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
tokenize_rows(classifier[1], good, labels=labels[:3])
    there are 3 labels for 18 texts.
predict_logits('classifier', good, max_tokens='all')
    max_tokens is 'all'; it must be a whole number of at least 1 or None.
finetune(classifier[0], model_rows(*classifier, good), subset=[-1])
    subset must hold positions from 0 to 17.
finetune(classifier[0], model_rows(*classifier, good), config='fast')
    config is 'fast'; it must be of the type FineTuneConfig.
finetune(classifier[0], tokenize_rows(classifier[1], good))
    the rows have no labels; give labels=... to tokenize_rows.
record(None, {}, folder='nothing')
    name is None; it must be a text.
record('mine', [0.8], folder='nothing')
    measured is [0.8]; it must be a dict.
show_number(0.5, digits=-1)
    digits is -1; it must be a whole number of at least 0.
show_number(0.5, digits=1.5)
    digits is 1.5; it must be a whole number of at least 0.
read_json('nothing')
    nothing is a folder, but a file is needed.
write_probing_sets('good.csv', 'good.csv')
    good.csv is a file, but a folder is needed; choose another place.
write_probing_sets('good.csv', 'sets', limit=0)
    limit is 0; it must be a whole number of at least 1.
frozen_features(lm, 'one text')
    texts is one string; give a list of strings.
frozen_features(lm, texts, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
PromptClassifier(dtype='int8').fit(texts, labels)
    dtype is 'int8'; use 'auto', 'float32', 'bfloat16' or 'float16'.
PromptClassifier(init='').fit(texts, labels)
    init is an empty text; use words, 'vocab' or 'normal'.
PromptClassifier(lr=np.nan).fit(texts, labels)
    The 'lr' parameter of PromptClassifier must be a float in the range (0.0, inf).
    Got nan instead.
PromptClassifier(truncation_side='top').fit(texts, labels)
    The 'truncation_side' parameter of PromptClassifier must be a str among {...}.
    Got 'top' instead.
$ predict --pretrained nothing "a text"
    there is no pretrained prompt 'nothing'; there are emotion, sentiment.
$ predict --pretrained emotion --tasks a "a text"
    --tasks has no effect with --pretrained.
$ predict --pretrained '' "a text"
    there is no pretrained prompt ''; there are emotion, sentiment.
$ jobs
    Missing argument 'folder'.
$ new-post
    Missing argument 'name'.
$ pretrained emotion
    Got unexpected extra argument(s) (emotion)
$ results nothing --folder empty_results
    there is no run 'nothing'; there are none at all.
$ results --folder good.csv
    good.csv: there is no such folder; give --folder.
$ probe --data good.csv --executor threads
    there is no executor 'threads'; there are serial, processes, ray.
$ probe --data good.csv --address auto
    --address has no effect without --executor ray.
$ attribute --model classifier --train good.csv --targets good.csv --address auto
    --address has no effect without --executor ray.
$ attribute --model classifier --train good.csv --targets good.csv --executor threads
    there is no executor 'threads'; there are serial, processes, ray.
$ rerun linear-head --columns text=review
    --columns has no effect without --data.
$ rerun linear-head --parameter ROWS
    'ROWS' is not a parameter; write it like MODEL='gpt2'.
$ rerun linear-head --model tiny --in-place
    --in-place and --slow are for posts as they are.
$ rerun linear-head --executor threads
    there is no executor 'threads'; there are serial, processes, ray.
$ rerun linear-head --address 127.0.0.1:1
    --address has no effect without --executor ray.
$ data words.conllu
    words.conllu: the ending '.conllu' is not known; use .csv, .tsv, .parquet,
    .json, .jsonl, perhaps compressed (.gz, .bz2, .xz).
$ cache --model ''
    there is no cached model ''; there are none at all.
$ predict prompt fine --dtype int8
    dtype is 'int8'; use 'auto', 'float32', 'bfloat16' or 'float16'.
$ predict prompt fine --device tpu
    the device 'tpu' is not available; use cpu.
$ train linear-head --data good.csv --dtype int8
    dtype is 'int8'; use 'auto', 'float32', 'bfloat16' or 'float16'.
$ probe --data good.csv --folds 3 --dtype int8
    dtype is 'int8'; use 'auto', 'float32', 'bfloat16' or 'float16'.
TrainedPrompt.load('prompt', lm=get_lm('tiny', dtype='bfloat16'))
    prompt was trained on tiny (fingerprint ...), this model is tiny (...); load the
    model it was trained on, with dtype='float32'.
AdamRule([])
    rates is []; give a list of at least one.
AdamRule([0.1, np.nan])
    one of rates is nan; it must be a finite number at least 0.
AdamRule([-0.1])
    one of rates is -0.1; it must be a finite number at least 0.
AdamRule([0.1], betas=(0.9, 1))
    one of betas is 1; it must be a number at least 0 and below 1.
AdamRule([0.1], betas=0.9)
    betas is 0.9; give a list of at least one.
AdamRule([0.1], epsilon=-1)
    epsilon is -1; it must be a finite number at least 0.
AdamRule([0.1], epsilon=np.nan)
    epsilon is nan; it must be a finite number at least 0.
AdamRule([0.1], weight_decay=np.inf)
    weight_decay is inf; it must be a finite number at least 0.
AdamRule([0.1], clip=0)
    clip is 0; it must be a finite number above 0 or None.
Metagradient(seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
Metagradient(seed=1.5)
    seed is 1.5; it must be a whole number from 0 to 4,294,967,295.
Metagradient(draws=1.5)
    draws is 1.5; it must be a whole number of at least 1.
remove_some(torch.ones(1, 9), 0)
    n_removals is 0; it must be a whole number of at least 1.
remove_some(torch.ones(1, 9), 2, share=0)
    share is 0; it must be a number above 0 and below 1.
remove_some(torch.ones(1, 9), 2, share=1.5)
    share is 1.5; it must be a number above 0 and below 1.
remove_some(torch.ones(1, 9), 2, share=np.nan)
    share is nan; it must be a number above 0 and below 1.
remove_some(torch.ones(1, 9), 2, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
schedule_rates('step', 0.1, 9)
    schedule is 'step'; it must be 'constant', 'linear' or 'cosine'.
schedule_rates('linear', 0, 9)
    lr is 0; it must be a finite number above 0.
schedule_rates('linear', np.nan, 9)
    lr is nan; it must be a finite number above 0.
schedule_rates('linear', 0.1, 0)
    n_steps is 0; it must be a whole number of at least 1.
random_subsets(0, 3)
    n_train is 0; it must be a whole number of at least 1.
random_subsets(9, 0)
    n_subsets is 0; it must be a whole number of at least 1.
random_subsets(9, 3, share=0)
    share is 0; it must be a number above 0 and below 1.
random_subsets(9, 3, share=np.nan)
    share is nan; it must be a number above 0 and below 1.
random_subsets(9, 3, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
random_subsets(9.5, 3)
    n_train is 9.5; it must be a whole number of at least 1.
fit_datamodel(np.ones((4, 9), bool), np.ones((3, 2)))
    there are 3 margins of 4 subsets.
fit_datamodel_with_prior(np.ones((4, 9), bool), np.ones((4, 2)), np.ones((8, 2)))
    scores have the shape (8, 2), not (9, 2).
fit_datamodel_with_prior(np.ones((4, 9), bool), np.ones((3, 2)), np.ones((9, 2)))
    there are 3 margins of 4 subsets.
fit_datamodel_with_prior(np.ones((4, 9), bool), np.ones((4, 2)), np.ones(9))
    scores have the shape (9,), not (9, 2).
lds(np.ones((9, 2)), np.ones((4, 8), bool), np.ones((4, 2)))
    scores have the shape (9, 2), not (8, 2).
lds(np.ones((9, 2)), np.ones((4, 9), bool), np.ones((4, 3)))
    scores have the shape (9, 2), not (9, 3).
lds(np.ones((9, 2)), [1, 0], np.ones((2, 2)))
    masks have the shape (2,), not (n_subsets, n_train).
lds(np.ones((9, 2)), np.ones((4, 9), bool), None)
    there are 1 margins of 4 subsets.
lds_ceiling([1, 2])
    reliability needs retrainings with at least two seeds.
RetrainPrompt('prompt', good[:3], good)
    prompt is 'prompt'; it must be of the type TrainedPrompt.
lds_interval(np.ones((9, 2)), np.ones((4, 9), bool), np.ones((4, 2)), draws=0)
    draws is 0; it must be a whole number of at least 1.
Damped(-1)
    damping is -1; it must be a finite number above 0.
Damped('much')
    damping is 'much'; it must be a finite number above 0.
LastLayer(damping=np.nan)
    damping is nan; it must be a finite number above 0.
Trak(damping=-1)
    damping is -1; it must be a finite number at least 0.
Validated(retrainings=0)
    retrainings is 0; it must be a whole number of at least 4.
Validated(keep=1.5)
    keep is 1.5; it must be a number above 0 and below 1.
Validated(seed=np.nan)
    seed is nan; it must be a whole number from 0 to 4,294,967,295.
Margin(loss_temperature=0)
    loss_temperature is 0; it must be a finite number above 0.
Margin(loss_temperature=np.nan)
    loss_temperature is nan; it must be a finite number above 0.
Sketch(size=0)
    size is 0; it must be a whole number of at least 1.
Sketch(size=1.5)
    size is 1.5; it must be a whole number of at least 1.
Sketch(seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
Rademacher(size=np.nan)
    size is nan; it must be a whole number of at least 1.
Factored(side=0)
    side is 0; it must be a whole number of at least 1.
Principal(size=0)
    size is 0; it must be a whole number of at least 1.
PerExampleGradients(classifier[0], 'nothing')
    no parameter matches 'nothing'; there are transformer.wte.weight,
    transformer.wpe.weight, transformer.h.0.ln_1.weight, ...
FeatureSettings(batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
FeatureSettings(shard_rows=1.5)
    shard_rows is 1.5; it must be a whole number of at least 1.
FeatureSettings(dtype='float32')
    dtype is 'float32'; it must be of the type dtype.
FeatureSettings(executor='threads')
    executor is 'threads'; it must be 'serial', 'processes', 'ray' or of the type
    Executor.
soft_threshold(features, 0)
    k is 0; it must be a whole number from 1 to 17.
soft_threshold(features, 99)
    k is 99; it must be a whole number from 1 to 17.
attribute(*classifier_task, method='dampd')
    there is no attribution method 'dampd'; there are 'damped', 'tracin', 'cosine',
    'last-layer', 'trak', 'tfidf', 'bm25', 'representation', 'label', 'random',
    'ekfac', 'metagradient', 'validated'; did you mean 'damped'?
attribute(*classifier_task, method=3)
    3 is not an attribution method; give a name (damped, tracin, cosine, last-layer,
    trak, tfidf, bm25, representation, label, random, ekfac, metagradient,
    validated) or an instance of AttributionMethod.
attribute(*classifier_task, validate=-1)
    validate is -1; it must be a whole number of at least 0.
attribute(*classifier_task, validate=1.5)
    validate is 1.5; it must be a whole number of at least 0.
attribute(*classifier_task, max_tokens=np.nan)
    max_tokens is nan; it must be a whole number of at least 1 or None.
attribute(*classifier_task, folder='good.csv')
    good.csv is a file, but a folder is needed; choose another place.
attribute(*classifier_task, executor='threads')
    executor is 'threads'; it must be 'serial', 'processes', 'ray' or of the type
    Executor.
attribute(prompt, good, None)
    NoneType is not a table; give a name, a file, a DataFrame, a datasets.Dataset,
    or a list of texts.
attribute(prompt, good, load('three.csv'))
    the targets: row 2 (0-based) has the label 'maybe', which is not one of neg,
    pos; correct it or give other labels.
attribute(prompt, None, good)
    NoneType is not a table; give a name, a file, a DataFrame, a datasets.Dataset,
    or a list of texts.
attribute(prompt, good[:0], good)
    the training table: it has columns but no rows.
gradient_source('tiny')
    a str is neither a PyTorch model nor a TrainedPrompt.
METHODS.resolve('dampd')
    there is no attribution method 'dampd'; there are 'damped', 'tracin', 'cosine',
    'last-layer', 'trak', 'tfidf', 'bm25', 'representation', 'label', 'random',
    'ekfac', 'metagradient', 'validated'; did you mean 'damped'?
PROJECTIONS.resolve('skech')
    there is no projection 'skech'; there are 'sketch', 'factored', 'rademacher',
    'principal', 'whole'; did you mean 'sketch'?
PROJECTIONS.resolve('sketch', size=0)
    size is 0; it must be a whole number of at least 1.
Attribution(features[:, :2], good, good[:2]).html(path='good.csv/x.html')
    good.csv is a file, but a folder is needed; choose another place.
attribute_files('classifier', 'good.csv', 'good.csv', limit=0)
    limit is 0; it must be a whole number of at least 1.
attribute_files('classifier', 'good.csv', 'good.csv', proj_dim=1.5)
    size is 1.5; it must be a whole number of at least 1.
RetrainPrompt(prompt, good[:3], good)
    the training of this prompt cannot be replayed: it was trained on 18 texts, and
    the training table has 3; give just those it was trained on, or train it with
    validation=None (--validation 0).
replay_prompt(prompt, good[:3])
    the training of this prompt cannot be replayed: it was trained on 18 texts, and
    the training table has 3; ...
TrainingRun({'a': torch.ones(1).half()}, abs, [], 3)
    a is in torch.float16, in which metagradients are noise; use float32 or float64.
$ attribute --model classifier --train good.csv --targets good.csv --validate -1
    validate is -1; it must be a whole number of at least 0.
AdamRule([0.1], betas=(0.9,))
    betas is (0.9,); give one for each moment.
TrainingRun({}, None, [], 1)
    step is None; it must be a function.
TrainingRun({}, abs, [], 0)
    n_texts is 0; it must be a whole number of at least 1.
TrainingRun({}, abs, [], 3, runs_per_pass=0)
    runs_per_pass is 0; it must be a whole number of at least 1 or None.
replay_prompt(prompt, good, epsilon=0)
    epsilon is 0; it must be a finite number above 0 or None.
clip_gradients({'a': torch.ones(1)}, 0)
    largest is 0; it must be a finite number above 0.
flip_labels(labels, 1.5)
    share is 1.5; it must be a number at least 0 and at most 1.
flip_labels(labels, np.nan)
    share is nan; it must be a number at least 0 and at most 1.
flip_labels(labels, 0.1, n_classes=1)
    n_classes is 1; it must be a whole number of at least 2.
flip_labels(labels, 0.1, seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
neighbour_disagreement(features, labels, k=0)
    k is 0; it must be a whole number from 1 to 17.
neighbour_disagreement(features, labels, k=18)
    k is 18; it must be a whole number from 1 to 17.
neighbour_disagreement(features, labels[:3])
    there are 3 labels for 18 texts.
leave_out_runs(features, [99], [0])
    one of ks is 99; it must be a whole number from 0 to 17.
leave_out_runs(features, 3, [0])
    ks is 3; give a list of at least one.
leave_out_runs(features, [3], [9])
    one of targets is 9; it must be a whole number from 0 to 3.
choose_scores({}, np.ones((4, 9), bool), np.ones((4, 2)))
    candidates is []; give a list of at least one.
datamodel_lds(np.ones((4, 9), bool), np.ones((3, 2)))
    there are 3 margins of 4 subsets.
load(pd.Series(['a', 3]))
    the table: row 1 (0-based) has 3 in 'text', which is not a text; make it a
    string.
retrain(abs, [], 'good.csv')
    good.csv is a file, but a folder is needed; choose another place.
$ data '*.csv'
    *.csv: there is no such file.
RayExecutor(address=3)
    address is 3; it must be a text or None.
run_jobs(3, 'jobs')
    jobs is 3; it must be a list.
run_jobs([], 'jobs', 'threads')
    there is no executor 'threads'; there are serial, processes, ray.
read_jobs('nowhere')
    there is no folder nowhere.
clear_jobs('.', 3)
    states is 3; give a list of at least one.
time_parts(lm, 8, n_prompts=0)
    n_prompts is 0; it must be a whole number of at least 1.
time_parts(lm, 8, n_tokens=1.5)
    n_tokens is 1.5; it must be a whole number of at least 1.
time_parts(lm, 8, batch_size=np.nan)
    batch_size is nan; it must be a whole number of at least 1.
time_parts(lm, 8, repetitions=0)
    repetitions is 0; it must be a whole number of at least 1.
choose_caching(KVCacheStore(lm, lm.encode(texts)), 2, n_prompts=0)
    n_prompts is 0; it must be a whole number of at least 1.
choose_caching(KVCacheStore(lm, lm.encode(texts)), 2, n_tokens=np.nan)
    n_tokens is nan; it must be a whole number of at least 1.
train_heads(lm, good, None, None, seeds=0)
    seeds is 0; it must be a whole number of at least 1.
train_heads(lm, good, None, None, seeds=1.5)
    seeds is 1.5; it must be a whole number of at least 1.
train_heads(lm, good, None, None, seeds=True)
    seeds is True; it must be a whole number of at least 1.
target_words(lm, 'x')
    labels is 'x'; give a list of at least one.
target_words(lm, [None])
    one of labels is None; it must be a text.
compare_methods(lm, good, good, seeds=0)
    seeds is 0; it must be a whole number of at least 1.
compare_methods(lm, good, good.assign(text_pair='x'))
    only one of the tables has a column 'text_pair'; give both one, or none.
compare_methods(lm, good, good[['text']].assign(neg=1, pos=0))
    only one of the tables has a column 'label'; give both one, or none.
compare_methods(lm, *[mix({'a': good, 'b': load('mini-emotion', limit=9)})] * 2)
    the table: row ... has no value in ..., but regressions need all labels; compare
    one task at a time.
Logistic().fit(features, labels, classes=[0, 1, 0])
    classes is [0, 1, 0]; name each class once.
probe_layers('tiny', [ProbeData('good.csv')], n_random=-1)
    n_random is -1; it must be a whole number of at least 0.
probe_layers('tiny', [ProbeData('good.csv')], step=0)
    step is 0; it must be a whole number of at least 1.
probe_layers('tiny', [ProbeData('good.csv')], control_step=0)
    control_step is 0; it must be a whole number of at least 1.
probe_layers('tiny', [ProbeData('good.csv')], positions=[])
    positions is []; give a list of at least one.
probe_layers('tiny', 3)
    datasets is 3; give a list of at least one.
measure_own('good_lm', good, -1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
EkFac(batch_size=0)
    batch_size is 0; it must be a whole number of at least 1.
RandomScores(seed=-1)
    seed is -1; it must be a whole number from 0 to 4,294,967,295.
ModelGradients(*classifier, max_tokens=0)
    max_tokens is 0; it must be a whole number of at least 1 or None.
bm25(texts, 'one text')
    targets is 'one text'; give a list of at least one.
bm25(texts, texts, k1=-1)
    k1 is -1; it must be a finite number at least 0.
bm25(texts, texts, b=np.nan)
    b is nan; it must be a number at least 0 and at most 1.
Attribution(features, good[:3], good)
    scores have the shape (18, 4); 3 training texts and 18 targets need (3, 18).
Attribution(features[:, :2], good, good[:2]).top(0)
    k is 0; it must be a whole number of at least 1.
Attribution(features[:, :2], good, good[:2]).top(1.5)
    k is 1.5; it must be a whole number of at least 1.
Attribution(features[:, :2], good, good[:2]).html(k=0)
    k is 0; it must be a whole number of at least 1.
damped_inverse(MemoryStore(torch.ones(4, 2)), torch.ones(4), -1)
    damping is -1; it must be a finite number above 0.
PerExampleGradients(classifier[0], '[')
    '[' is no regular expression: unterminated character set at position 0.
$ jobs good.csv
    there is no folder good.csv.
choose_examples(None)
    the table is not a DataFrame; read it with load.
choose_examples(good[:0])
    targets must be one class per text, a name or a whole number; got int64 (0,).
choose_examples(load('mini-emotion', limit=9))
    targets must be one class per text, a name or a whole number; got float32 (9,
    11).
judge_methods(*classifier, good, good, FineTuneConfig(), 'new', methods=[])
    methods is []; give a list of at least one.
judge_methods(*classifier, good, good, FineTuneConfig(), 'new', methods=['dampd'])
    there is no attribution method 'dampd'; there are damped, tracin, cosine,
    last-layer, trak, tfidf, bm25, representation, label, random, ekfac,
    metagradient, validated; did you mean 'damped'?
judge_methods(*classifier, good, good, None, 'new')
    config is None; it must be of the type FineTuneConfig.
judge_methods(*classifier, good, good, FineTuneConfig(), 'new', n_halves=3)
    n_again is 10; it must be a whole number from 1 to 3.
judge_methods(None, None, good, good, FineTuneConfig(), 'new')
    model is None; it must be of the type Module.
mix({})
    tables is []; give a list of at least one.
mix({'a': good, 'b': None})
    one of tables is None; it must be a table (DataFrame).
mix({'a': good, 'b': good}, {'a': np.nan, 'b': 0.5})
    one of shares is nan; it must be a finite number above 0.
mix({'a': good, 'b': good}, {})
    the task 'a' has a table or a share, but not both; give it both.
write_atomic(None, 'x')
    path is None; it must be a text or a path.
write_atomic('x', None)
    data is None; it must be a text or of the type bytes.
write_csv('x.csv', None)
    table is None; it must be a table (DataFrame).
save_tensors('x.safetensors', torch.ones(2))
    tensors is tensor([1., 1.]); it must be a dict.
read_json(None)
    path is None; it must be a text or a path.
load_tensors(3)
    path is 3; it must be a text or a path.
claim_folder(None)
    folder is None; it must be a text or a path.
claim_file(3)
    path is 3; it must be a text or a path.
cache_folder(None)
    kind is None; it must be a text.
list_jobs(None)
    folder is None; it must be a text or a path.
find_jobs(3)
    folder is 3; it must be a text or a path.
code_digest('text')
    thing is 'text'; it must be a function.
find_model(None)
    name is None; it must be a text or a path.
fingerprint(None)
    model is None; it must be of the type Module.
n_parameters(lm)
    model is FrozenLM(tiny: ...; it must be of the type Module.
context_length('tiny')
    model is 'tiny'; it must be of the type Module.
depends_on_neighbours(None, lm.tokenizer)
    model is None; it must be of the type Module.
randomly_initialised('tiny')
    model is 'tiny'; it must be of the type Module.
state_fingerprint(torch.ones(1))
    state is tensor([1.]); it must be a dict.
model_targets(None, good)
    model is None; it must be of the type Module.
model_targets(classifier[0], 'good.csv')
    table is 'good.csv'; it must be a table (DataFrame).
tokenize_rows(lm.tokenizer, None)
    table is None; it must be a table (DataFrame).
finetune(None, None)
    model is None; it must be of the type Module.
PerExampleGradients('tiny')
    model is 'tiny'; it must be of the type Module.
share_weights(None)
    model is None; it must be of the type Module.
frozen_view('tiny')
    model is 'tiny'; it must be of the type Module.
text_model(lm)
    model is FrozenLM(tiny: ...; it must be of the type Module.
position_limit(None)
    model is None; it must be of the type Module.
cosine_similarities(features)
    embeddings is array(...; it must be of the type Tensor.
squared_distances(None)
    embeddings is None; it must be of the type Tensor.
frozen_features('tiny', texts)
    lm is 'tiny'; it must be of the type FrozenLM.
frozen_features(lm, ['x', ''])
    texts: row 1 (0-based) has no token for tiny; drop it.
fine_tune_lm(lm, good, texts, texts)
    only one of table and texts has second texts; give both (text_pair and pairs) or
    none.
pad_ids(None, 0)
    ids is None; it must be a list.
file_ending(None)
    path is None; it must be a text or a path.
row_name(None, 0, 'the table')
    table is None; it must be a table (DataFrame).
read_lines('one\ntwo')
    content is 'one\ntwo'; it must be of the type bytes.
summarize_cells(None)
    ledger is None; it must be a table (DataFrame).
text_baselines('good.csv', labels)
    data is 'good.csv'; it must be of the type ProbeData.
joined_texts(texts)
    table is ['a fine film 0', ...; it must be a table (DataFrame).
tier_budgets('tiny')
    lm is 'tiny'; it must be of the type FrozenLM.
time_parts('tiny', 8)
    lm is 'tiny'; it must be of the type FrozenLM.
replay_prompt(None, good)
    prompt is None; it must be of the type TrainedPrompt.
init_prompt('tiny', 5)
    lm is 'tiny'; it must be of the type FrozenLM.
make_head(None, 'linear', 2)
    lm is None; it must be of the type FrozenLM.
read_manifest(None)
    folder is None; it must be a text or a path.
LayerEncoder('tiny', lm.tokenizer)
    model is 'tiny'; it must be of the type Module.
pool_texts('tiny', texts, ['mean'], 'features')
    encoder is 'tiny'; it must be of the type LayerEncoder.
cut_windows('tiny', texts, 8)
    lm is 'tiny'; it must be of the type FrozenLM.
best_layers(None)
    cells is None; it must be a table (DataFrame).
above_guessing([])
    cells is []; it must be a table (DataFrame).
plot_depth(None, ['tense'])
    cells is None; it must be a table (DataFrame).
recorded_cells(None)
    measured is None; it must be a dict.
"""

# Files to make mistakes with

CONTENTS = {
    'good.csv': ''.join(
        [
            'text,label\n',
            *(f'a fine film {i},pos\na dull film {i},neg\n' for i in range(9)),
        ]
    ),
    'gap.csv': 'text,label\nfine,pos\n,neg\n',
    'blank.csv': 'text,label\nfine,pos\n"  ",neg\n',
    'ids.csv': 'id,text,label\n7,fine,pos\n8,dull,neg\n7,flat,neg\n',
    'twice.csv': 'text,text,label\na,b,pos\n',
    'header.csv': 'text,label\n',
    'empty.csv': '',
    'short.csv': 'text,label\nfine,pos\ndull\n',
    'extra.csv': 'text,label\nfine, really,pos\n',
    'quote.csv': 'text,label\n"a, b",pos\n"c,neg\n',
    'capital.csv': 'Text,Label\nfine,pos\ndull,neg\n',
    'semicolons.csv': 'text;label,x\nfine;pos,1\n',
    'latin.csv': 'text,label\nfine,pos\ncaf\xe9,neg\n'.encode('cp1252'),
    'utf16.csv': 'text,label\nfine,pos\n'.encode('utf-16-le'),
    'zip.csv': b'PK\x03\x04 and more',
    'gzip.csv': b'\x1f\x8b and more',
    'plain.csv.gz': 'text,label\nfine,pos\n',
    'page.csv': '<!doctype html><title>Sign in</title>',
    'words.parquet': 'text,label\nfine,pos\n',
    'notes.docx': 'fine',
    'decimals.csv': 'text,label\nfine,0.5\ndull,1.5\n',
    'unlabelled.csv': 'text\nfine\ndull\n',
    'bools.csv': 'text,label\nfine,True\ndull,False\n',
    'label_gap.csv': 'text,label\nfine,pos\ndull,\n',
    'three.csv': 'text,label\nfine,pos\ndull,neg\nodd,maybe\n',
    'one_label.csv': 'text,label\nfine,pos\ngreat,pos\n',
    'splits.csv': 'text,label,split\nfine,pos,Train\ndull,neg,Test\n',
    'emotions.csv': 'text,joy,fear\nfine,1,0\ndull,0,3\n',
    'bits.csv': 'text,joy,fear\nfine,1,0\ndull,0,\n',
    'pairs.csv': 'text,text_pair,label\na,b,pos\nc,d,neg\n',
    'pair_gap.csv': 'text,text_pair,label\na,b,pos\nc,,neg\n',
    'list.jsonl': '{"text": "a", "label": ["joy", "fear"]}\n',
    'twice.jsonl': '{"text": "a", "text": "b", "label": "pos"}\n',
    'number.jsonl': '{"text": "a", "label": "pos"}\n{"text": 7, "label": "neg"}\n',
    'broken.jsonl': '{"text": "a", "label": "pos"}\n{"text":\n',
    'array.jsonl': '["a", "pos"]\n',
    'list.json': '[["a", "pos"]]',
    'broken.json': '{"text": ["a"',
    'half.json': '[{"text": "fine \\ud83d", "label": "pos"}]',
    'scores.csv': 'p,z,y,name\n0.9,2.2,1,yes\n0.2,-1.4,0,no\n0.6,0.4,1,yes\n',
    'no_score.csv': 'p,y\n0.9,1\nhigh,0\n',
    'score_gap.csv': 'p,y\n0.9,1\n,0\n',
    'certain.csv': 'p,y\n0.9,1\n1.0,1\n',
    'classes.csv': 'p,y\n0.9,1\n0.2,2\n',
    'words.conllu': '1\tfine\n',
    'rootless.conllu': '1\ta\ta\tDET\t_\t_\tx\tdet\t_\t_\n',
    'numbers.conllu': '1\ta\ta\tDET\t_\t_\t0\troot\t_\t_\n3\tb' + '\t_' * 8,
    'no_word.conllu': '1\t\ta\tDET\t_\t_\t0\troot\t_\t_\n',
    'latin.conllu': '# caf\xe9\n'.encode('cp1252'),
    'gzip.conllu': b'\x1f\x8b and more',
    'nothing.conllu': '# sent_id = a\n\n',
    'ledger.jsonl': '{"key": "a"}\n',
    'cut.gguf': b'GGUF and nothing more',
    'plugin.py': '1 / 0\n',
}


def write_tables(folder):
    for name, content in CONTENTS.items():
        content = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(content)


def write_models(folder):
    """Write small models, most of them with something wrong."""
    tokenizer = AutoTokenizer.from_pretrained(find_model('tiny'))
    size = dict(n_embd=16, n_layer=2, n_head=2, vocab_size=len(tokenizer))
    size |= dict(n_positions=64, bos_token_id=None, eos_token_id=0, pad_token_id=1)
    torch.manual_seed(0)
    lm = GPT2LMHeadModel(GPT2Config(**size))
    names = {0: 'pos', 1: 'neg'}
    classifier = GPT2ForSequenceClassification(GPT2Config(**size, id2label=names))
    regression = GPT2ForSequenceClassification(GPT2Config(**size, num_labels=1))
    small = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2)
    small |= dict(intermediate_size=32, vocab_size=len(tokenizer))
    twins = {0: 'pos', 1: 'pos'}
    models = {
        'good_lm': lm,
        'classifier': classifier,
        'regression': regression,
        'encoder': BertModel(BertConfig(**small)),
        'twins': BertForSequenceClassification(BertConfig(**small, id2label=twins)),
        'unnamed': BertForSequenceClassification(BertConfig(**small, num_labels=3)),
        'clip': CLIPModel(CLIPConfig(text_config=small, vision_config=small)),
        'seq2seq': T5ForConditionalGeneration(
            T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
        ),
    }
    for name, model in models.items():
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    for name, damage in DAMAGES.items():
        shutil.copytree(folder / 'good_lm', folder / name)
        damage(folder / name)
    (folder / 'adapter').mkdir()
    (folder / 'adapter/adapter_config.json').write_text('{"peft_type": "LORA"}')
    (folder / 'nothing').mkdir()


def without_tokenizer(folder):
    for file in folder.glob('tokenizer*'):
        file.unlink()


def edit_config(**changes):
    def edit(folder):
        file = folder / 'config.json'
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return edit


def edit_weights(change):
    def edit(folder):
        file = folder / 'model.safetensors'
        save_file(change(load_file(file)), file, {'format': 'pt'})

    return edit


def pickled(folder):
    weights = folder / 'model.safetensors'
    torch.save(load_file(weights), folder / 'pytorch_model.bin')
    weights.unlink()


def lacks_shard(folder):
    AutoModelForCausalLM.from_pretrained(folder).save_pretrained(
        folder, max_shard_size='100kB'
    )
    (folder / 'model.safetensors').unlink()
    next(folder.glob('model-00002*')).unlink()


def other_words(folder):
    words = WordLevel({'<unk>': 0, 'wort': 1}, unk_token='<unk>')
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(words), unk_token='<unk>'
    )
    tokenizer.save_pretrained(folder)


def with_code(folder):
    edit_config(model_type='mine', auto_map={'AutoConfig': 'mine.Mine'})(folder)
    (folder / 'mine.py').write_text('raise SystemExit("code of a model has run")')


EMBEDDING = 'transformer.wte.weight'
DAMAGES = {
    'no_tokenizer': without_tokenizer,
    'no_weights': lambda folder: (folder / 'model.safetensors').unlink(),
    'no_config': lambda folder: (folder / 'config.json').unlink(),
    'broken_config': lambda folder: (folder / 'config.json').write_text('{'),
    'unknown_type': edit_config(model_type='mine'),
    'fewer_layers': edit_config(n_layer=1),
    'more_layers': edit_config(n_layer=3),
    'wider': edit_config(n_embd=32),
    'with_code': with_code,
    'pickled': pickled,
    'config_list': lambda folder: (folder / 'config.json').write_text('[]'),
    'lacks_shard': lacks_shard,
    'other_words': other_words,
    'not_finite': edit_weights(lambda w: w | {EMBEDDING: w[EMBEDDING] * torch.nan}),
    'cut': lambda folder: (folder / 'model.safetensors').write_bytes(
        b'\x40' + b'\0' * 90
    ),
    'small_vocabulary': lambda folder: (
        edit_weights(lambda w: w | {EMBEDDING: w[EMBEDDING][:99].clone()})(folder),
        edit_config(vocab_size=99)(folder),
    ),
}


def write_prompts(folder):
    """Train a prompt, and damage copies of it."""
    train('tiny', load(folder / 'good.csv'), folder=folder / 'prompt', **QUICK)
    for name in PROMPT_DAMAGES:
        shutil.copytree(folder / 'prompt', folder / name)
        PROMPT_DAMAGES[name](folder / name)


QUICK = {'epochs': 1, 'n_tokens': 2, 'progress': False}


def manifest(**changes):
    def edit(folder):
        file = folder / 'prompt.json'
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return edit


def flip_bit(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


PROMPT_DAMAGES = {
    'cut_manifest': lambda folder: (folder / 'prompt.json').write_text('{"format": 2,'),
    'list_manifest': lambda folder: (folder / 'prompt.json').write_text('[1, 2]'),
    'binary_manifest': lambda folder: (folder / 'prompt.json').write_bytes(b'\xff\xfe'),
    'older_manifest': manifest(format=1),
    'edited_labels': manifest(labels=['neg', 'neg']),
    'edited_model': manifest(model='../elsewhere'),
    'no_tensors': lambda folder: (folder / 'prompt.safetensors').unlink(),
    'cut_tensors': lambda folder: (folder / 'prompt.safetensors').write_bytes(b'abc'),
    'flipped_bit': lambda folder: flip_bit(folder / 'prompt.safetensors'),
    'bad_checkpoint': lambda folder: flip_bit(folder / 'checkpoint.safetensors'),
}

# Answers


def write_results(folder):
    (folder / 'empty_results').mkdir()
    (folder / 'broken_results').mkdir()
    (folder / 'broken_results/one.json').write_text('{"name": ')
    (folder / 'broken_headlines').mkdir()
    run = {'name': 'one', 'measured': {'accuracy': 0.8}}
    (folder / 'broken_headlines/one.json').write_text(json.dumps(run))
    rows = 'post,metric,run,path,kind\nindex,accuracy,one,accuracy/prompt,\n'
    (folder / 'broken_headlines/headlines.csv').write_text(rows)
    (folder / 'broken_features').mkdir()
    (folder / 'broken_features/settings.json').write_text('[]')
    (folder / 'folder.csv').mkdir()


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """Return a folder of files, models and prompts, good ones and others."""
    folder = tmp_path_factory.mktemp('mistakes')
    write_tables(folder)
    write_models(folder)
    write_prompts(folder)
    write_results(folder)
    return folder


AUTO_CLASSES = [AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification]


@pytest.fixture(scope='module')
def objects(place):
    """Return what expressions may name: all of promptlab, and the objects below."""
    good = load(place / 'good.csv')
    rng = np.random.default_rng(0)
    labels, noise = good.label.to_numpy(), rng.normal(size=18)
    classifier = load_model(AutoModelForSequenceClassification, place / 'classifier')
    lm = get_lm('tiny')
    named = {
        'good': good,
        'texts': good.text.tolist(),
        'labels': labels,
        'noise': noise,
        'logits': labels - 0.5 + noise,
        'proba': 1 / (1 + np.exp(-noise)),
        'features': noise[:, None] + rng.normal(size=(18, 4)),
        'lm': lm,
        'other_lm': get_lm(place / 'good_lm'),
        'prompt': TrainedPrompt.load(place / 'prompt', lm),
        'fitted': PromptClassifier(epochs=1, n_tokens=2).fit(good.text, labels),
        'classifier': classifier,
        'classifier_task': (classifier[0], good, good[:2], classifier[1]),
    }
    modules = [module.name for module in pkgutil.iter_modules(promptlab.__path__)]
    for module in modules:
        if module[0] != '_':
            module = import_module(f'promptlab.{module}')
            named |= {name: getattr(module, name) for name in module.__all__}
    autos = {auto.__name__: auto for auto in AUTO_CLASSES}
    return {'np': np, 'pd': pd, 'torch': torch} | autos | named


class WorkBegan(Exception):
    """A mistake was noticed only after the work had begun."""


LONG_WORK = [
    'promptlab.kvcache.KVCacheStore.fill',
    'promptlab.finetune._Run.take_step',
    'promptlab.pooling.LayerEncoder.hidden_states',
    'promptlab.prompt._train_epoch',
    'promptlab.influence._example_features',
    'promptlab.reliability.cross_calibrate',
    'subprocess.run',
]


@pytest.fixture
def alone(monkeypatch, place):
    """Work in the folder, without a network, and let nothing begin that takes long."""

    def begin(*args, **kwargs):
        raise WorkBegan

    for name in LONG_WORK:
        monkeypatch.setattr(name, begin)
    monkeypatch.chdir(place)
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_CACHE', str(place / 'hub'))
    monkeypatch.setenv('PROMPTLAB_CACHE', str(place / 'cache'))


def read_block(block):
    """Return the calls of a table, each with the sentence below it."""
    calls = []
    for line in block.replace('\\\n', '').strip().splitlines():
        if not line.startswith(' '):
            calls.append((line, []))
        elif line.strip():
            calls[-1][1].append(line.strip())
    return [(call, ' '.join(sentence)) for call, sentence in calls]


class Input(io.StringIO):
    """Standard input that is not a terminal."""

    def isatty(self):
        return False


def run_command(line, monkeypatch):
    """Run a command in this process, and return its exit code and what it said."""
    line, _, given = line.partition(' <')
    monkeypatch.setattr('sys.stdin', Input(given.strip().replace(';', '\n')))
    output, said = io.StringIO(), io.StringIO()
    with (
        redirect_stdout(output),
        redirect_stderr(said),
        pytest.raises(SystemExit) as end,
    ):
        promptlab.cli.main(shlex.split(line))
    return end.value.code, said.getvalue()


def answer_to(call, objects, monkeypatch):
    """Return the sentence that answers a mistake."""
    if call.startswith('$ '):
        code, said = run_command(call[2:], monkeypatch)
        assert code == 2, said
        assert 'Traceback' not in said
        return said.strip().splitlines()[-1].removeprefix('error: ')
    with pytest.raises(KINDS) as caught:
        eval(call, objects)
    return str(caught.value)


KINDS = (ValueError, TypeError, OSError, WorkBegan)


def matches(sentence, answer):
    pattern = '.*'.join(map(re.escape, sentence.split('...')))
    return re.fullmatch(pattern, answer) is not None


MISTAKES = [
    pytest.param(*mistake, id=mistake[0])
    for block in (LABELS, TABLES, MODELS, SETTINGS, FILES, OBJECTS)
    for mistake in read_block(block)
]


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize(('call', 'sentence'), MISTAKES)
def test_mistake(call, sentence, objects, alone, monkeypatch):
    answer = answer_to(call, objects, monkeypatch)
    assert matches(sentence, answer), f'{call}\n  {answer}'


def test_there_are_many():
    assert len(MISTAKES) >= 200
    assert len({mistake.id for mistake in MISTAKES}) == len(MISTAKES)
