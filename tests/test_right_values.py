"""Right values for inputs that were once read, mapped or counted wrongly in silence."""

import errno
import gzip
import json
import shutil
import time
from enum import Enum
from pathlib import Path

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModel

from promptlab import (
    app,
    calibrators,
    cli,
    data,
    files,
    finetune,
    jobs,
    metrics,
    reliability,
    settings,
    sharing,
)
from promptlab.data import load
from promptlab.estimator import PromptClassifier
from promptlab.lm import get_lm
from promptlab.models import find_model, load_config, load_model
from promptlab.prompt import TrainedPrompt, train

ROWS = [('good film', 'ham'), ('bad film', 'spam'), ('fine', 'ham'), ('poor', 'spam')]


def write(folder, name, content, encoding='utf-8'):
    """Write `content` to `folder`/`name`; return its path."""
    path = folder / name
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode(encoding)
    )
    return path


def named(table):
    """Return the name of each row's label."""
    names = table.attrs['labels']
    return [names[label] for label in table['label']]


def pairs(table):
    """Return (text, name of the label) of each row of `table`."""
    return list(zip(table['text'], named(table), strict=True))


@pytest.fixture
def table_text():
    """Return the four rows as csv."""
    return 'text,label\n' + ''.join(f'{text},{label}\n' for text, label in ROWS)


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16'])
def test_byte_order_marks(tmp_path, table_text, encoding):
    """A mark at the beginning of a file is no part of its first name."""
    table = load(write(tmp_path, 'a.csv', table_text, encoding))
    assert pairs(table) == ROWS


@pytest.mark.parametrize('name', ['a.CSV.GZ', 'a.csv.gz'])
def test_compressed(tmp_path, table_text, name):
    """Endings are known in upper case."""
    table = load(write(tmp_path, name, gzip.compress(table_text.encode())))
    assert pairs(table) == ROWS


def test_stray_quotes(tmp_path):
    """Two stray quotes of a tsv swallow no lines."""
    lines = [f'{i}" long\t{"ab"[i % 2]}' for i in range(12)]
    lines[3], lines[7] = '"begins\ta', 'ends"\tb'
    table = load(write(tmp_path, 'a.tsv', '\n'.join(['text\tlabel', *lines])))
    assert len(table) == 12
    assert named(table) == [line.split('\t')[1] for line in lines]
    assert table['text'].iloc[0] == '0" long'


@pytest.mark.parametrize('word', ['None', 'NA', 'null', 'nan', 'N/A', 'NULL'])
def test_words_for_nothing(tmp_path, word):
    """Words that pandas takes for missing are texts and labels."""
    content = f'text,label\n{word},a\nb,{word}\n'
    assert pairs(load(write(tmp_path, 'a.csv', content))) == [(word, 'a'), ('b', word)]


@pytest.mark.parametrize('number', ['9007199254740993', '007', '1e5', '1.0'])
def test_numbers_as_texts(tmp_path, number):
    """Ids and numbers stay as they are written, also beside an empty cell."""
    content = f'text,label,id\na,x,{number}\nb,y,\n'
    assert load(write(tmp_path, 'a.csv', content))['id'].iloc[0] == number


def test_numeric_texts_of_json(tmp_path):
    """Strings of JSON remain strings."""
    lines = [json.dumps({'text': text, 'label': 'a'}) for text in ('007', '1.50')]
    table = load(write(tmp_path, 'a.jsonl', '\n'.join(lines)))
    assert list(table['text']) == ['007', '1.50']


@pytest.mark.parametrize('names', [('True', 'False'), ('TRUE', 'FALSE'), ('1', '5')])
def test_names_of_labels(tmp_path, names):
    """Booleans and numbers keep the names that the file gives them."""
    content = f'text,label\na,{names[0]}\nb,{names[1]}\n'
    table = load(write(tmp_path, 'a.csv', content))
    assert named(table) == list(names)


class Sentiment(str, Enum):
    GOOD = 'good'
    BAD = 'bad'


LABELS = {
    'spaces': ([' good', 'bad', 'good ', 'bad'], ['bad', 'good']),
    'accents': (['caf\xe9', 'tea', 'cafe\u0301', 'tea'], ['caf\xe9', 'tea']),
    'enumerations': ([Sentiment.GOOD, Sentiment.BAD] * 2, ['bad', 'good']),
    'unused categories': (pd.Categorical(list('baba'), list('zba')), ['a', 'b']),
    'ordered categories': (
        pd.Categorical(['low', 'high'] * 2, ['low', 'mid', 'high'], ordered=True),
        ['low', 'high'],
    ),
}


@pytest.mark.parametrize('kind', LABELS)
def test_names_of_values(kind):
    """Values that are the same name are one class; ordered ones keep their order."""
    labels, expected = LABELS[kind]
    table = load(pd.DataFrame({'text': list('abcd'), 'label': labels}))
    assert table.attrs['labels'] == expected
    assert table.label.iloc[0] == table.label.iloc[2] != table.label.iloc[1]


def test_names_of_an_enumeration():
    """scikit-learn's way of reading labels would cut these names."""
    labels = metrics.as_labels([Sentiment.GOOD, Sentiment.BAD])
    assert labels.tolist() == ['good', 'bad']


def test_names_in_parquet(tmp_path):
    """The label names that `datasets` writes into a parquet file are read."""
    label = datasets.ClassLabel(names=['spam', 'ham'])
    features = datasets.Features({'text': datasets.Value('string'), 'label': label})
    rows = {'text': ['a', 'b'], 'label': [1, 0]}
    path = tmp_path / 'a.parquet'
    datasets.Dataset.from_dict(rows, features).to_parquet(path)
    table = load(path)
    assert table.attrs['labels'] == ['spam', 'ham']
    assert named(table) == ['ham', 'spam']


def test_comparisons_are_positions():
    """Booleans of a comparison are the first and second of given names."""
    frame = pd.DataFrame({'text': ['a', 'b'], 'label': np.array([4, 1]) > 2})
    assert named(load(frame, labels=['poor', 'good'])) == ['good', 'poor']


def test_stars(tmp_path):
    """Stars from 1 to 5 are five classes, not six."""
    content = 'text,label\n' + ''.join(f't{i},{i}\n' for i in range(1, 6))
    table = load(write(tmp_path, 'a.csv', content))
    assert table.attrs['labels'] == ['1', '2', '3', '4', '5']


def test_existing_text_column(tmp_path):
    """A chosen column wins over another one called text."""
    content = 'text,review,label\nid1,good,a\nid2,bad,b\n'
    table = load(write(tmp_path, 'a.csv', content), columns={'text': 'review'})
    assert list(table['text']) == ['good', 'bad']


def test_columns_select_labels():
    """A selection of columns does not keep the names of another label."""
    table = pd.DataFrame({'text': ['a', 'b', 'c'], 'joy': ['no', 'yes', 'no']})
    table.attrs['labels'] = [f'emotion{i}' for i in range(11)]
    chosen = load(table[['text', 'joy']], columns={'label': 'joy'})
    assert chosen.attrs['labels'] == ['no', 'yes']
    assert named(chosen) == ['no', 'yes', 'no']


def test_missing_labels(tmp_path):
    """A table that lacks some labels can be read for prediction."""
    path = write(tmp_path, 'a.csv', 'text,label\na,x\nb,\nc,y\n')
    assert list(load(path, labelled=False)['text']) == ['a', 'b', 'c']


def test_separators_of_unicode():
    """Only line ends divide standard input; U+2028 is part of a text."""
    texts = ['one\u2028two', 'three\x0bfour', 'five\x85six']
    table = data.read_lines('\n'.join([*texts, '']).encode())
    assert list(table['text']) == texts


@pytest.fixture(scope='module')
def ham(tmp_path_factory):
    """Return a classifier's folder whose labels are not in alphabetical order."""
    folder = tmp_path_factory.mktemp('ham')
    config = finetune.FineTuneConfig(epochs=12, lr=3e-3, batch_size=4, seed=1)
    torch.manual_seed(0)
    return finetune.finetune_classifier(
        'tiny',
        load(pd.DataFrame(ROWS * 4, columns=['text', 'label']), labels=['spam', 'ham']),
        None,
        folder / 'model',
        config,
    )


@pytest.mark.parametrize('order', [1, -1])
def test_order_of_labels(ham, order):
    """Predictions and targets are in the model's own order of labels."""
    frame = pd.DataFrame(ROWS[::order], columns=['text', 'label'])
    logits, targets = finetune.predict_logits(ham, frame)
    config = json.loads((ham / 'config.json').read_text())
    names = [config['id2label'][str(i)] for i in range(2)]
    assert [names[i] for i in targets] == list(frame['label'])
    assert np.mean(np.argmax(logits, 1) == np.asarray(targets)) == 1


@pytest.mark.parametrize('seed', [np.int64(3), np.int32(3), 3])
def test_seeds_of_numpy(seed):
    """Integers of numpy are integers."""
    settings.check_setting('seed', seed, settings.SEED)
    assert finetune.FineTuneConfig(seed=seed) == finetune.FineTuneConfig(seed=3)


def test_bootstrap_by_position():
    """An interval does not depend on the index of a series."""
    right = pd.Series(np.arange(20) % 3 == 0)
    shuffled = right.set_axis(np.random.default_rng(0).permutation(20))
    scores = np.random.default_rng(1).random(20)

    def measure(targets, values):
        return float(np.mean(targets * values))

    first, second = (
        metrics.bootstrap(measure, targets, scores, draws=50)
        for targets in (right, shuffled)
    )
    assert first == second


def test_safe_spreadsheets(tmp_path):
    """Formulas are texts in a safe csv, and unchanged in a plain one."""
    frame = pd.DataFrame({'text': ['=1+1', '@a', 'plain']})
    safe = files.csv_text(frame, safe=True)
    assert "'=1+1" in safe and "'@a" in safe and "'plain" not in safe
    assert "'=1+1" not in files.csv_text(frame)


def test_flipped_bit(tmp_path):
    """One flipped bit of kept tensors is an error, not another score."""
    path = tmp_path / 'a.safetensors'
    files.save_tensors(path, {'x': torch.arange(64.0)})
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(Exception, match='a.safetensors'):
        files.load_tensors(path)


def test_table_of_lists():
    """Lists, frames of one column and columns give the same texts."""
    column = pa.chunked_array([['a'], ['b']])
    for source in (pd.DataFrame({'text': ['a', 'b']}), ['a', 'b'], column):
        assert list(load(source, labelled=False)['text']) == ['a', 'b']


@pytest.fixture(scope='module')
def prompt():
    """Return a tiny prompt of two classes, in an order of its own."""
    table = load(
        pd.DataFrame(ROWS * 2, columns=['text', 'label']), labels=['spam', 'ham']
    )
    return train('tiny', table, progress=False, epochs=1, n_tokens=2)


def test_prompt_order(prompt, tmp_path):
    """A saved prompt keeps its order of labels."""
    folder = tmp_path / 'prompt'
    prompt.save(folder)
    assert list(TrainedPrompt.load(folder).labels) == ['spam', 'ham']


def command(capsys, *words):
    """Run a command, and return its exit code and what it wrote."""
    with pytest.raises(SystemExit) as end:
        cli.main([*map(str, words)])
    return end.value.code, *capsys.readouterr()


def predict(capsys, *words):
    """Run `promptlab predict`."""
    return command(capsys, 'predict', *words)


def test_labels_of_the_prompt(prompt, tmp_path, capsys):
    """A table is scored by the columns that have the names of a prompt's labels."""
    several = prompt.replace(is_multilabel=True)
    several.save(tmp_path / 'prompt')
    table = write(tmp_path, 'a.csv', 'text,ham,spam\ngood,1,0\nbad,0,1\n')
    assert 'on 2 rows' in predict(capsys, tmp_path / 'prompt', '--data', table)[2]


def test_unmatched_label_has_a_line(prompt, tmp_path, capsys):
    """What keeps a file from being scored is said with the line of the file."""
    prompt.save(tmp_path / 'prompt')
    table = write(tmp_path, 'a.csv', 'text,label\ngood,Ham\n')
    said = predict(capsys, tmp_path / 'prompt', '--data', table)[2]
    assert "line 2 has the label 'Ham'" in said


def test_predictions_outlive_a_full_disk(prompt, tmp_path, capsys, monkeypatch):
    """Predictions that cannot be written are printed."""

    def full(path, text):
        raise files.WriteError(f'{path} cannot be written')

    prompt.save(tmp_path / 'prompt')
    monkeypatch.setattr(cli, 'write_atomic', full)
    out = tmp_path / 'p.csv'
    code, written, said = predict(capsys, tmp_path / 'prompt', 'a', '--out', out)
    assert code == 2
    assert written.startswith('text,prediction,p_spam,p_ham')
    assert 'cannot be written' in said


def test_calibration_outlives_a_full_disk(tmp_path, capsys, monkeypatch):
    """Metrics whose report cannot be written are printed."""

    def full(path, text):
        raise files.WriteError(f'{path} cannot be written')

    table = write(tmp_path, 'a.csv', 'p,y\n' + '0.9,1\n0.2,0\n0.7,0\n0.4,1\n' * 9)
    monkeypatch.setattr(reliability, 'write_atomic', full)
    words = ['calibrate', table, '--score', 'p', '--label', 'y', '--draws', 0]
    code, written, said = command(capsys, *words, '--out', tmp_path / 'out')
    assert code == 2
    assert 'ece_mass' in written and '"temperature":' in written
    assert 'cannot be written' in said


def test_jobs_of_a_read_only_folder(tmp_path, monkeypatch):
    """A lock that cannot be tried is not held."""

    def refuse(lock, **settings):
        raise OSError(errno.EROFS, 'Read-only file system')

    (tmp_path / f'{"a" * 32}.lock').touch()
    monkeypatch.setattr(jobs.FileLock, 'acquire', refuse)
    assert list(jobs.list_jobs(tmp_path).state) == ['interrupted']


LOADERS = {
    'model': lambda: load_model(AutoModel, 'nobody/nothing'),
    'config': lambda: load_config('nobody/nothing'),
    'gguf': lambda: find_model('nobody/nothing:file.gguf'),
    'data set': lambda: load('imdb'),
}


@pytest.mark.parametrize('loader', LOADERS)
def test_no_network_is_noticed_at_once(loader, tmp_path, monkeypatch):
    """A hub that does not answer is not asked again and again."""
    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', False)
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(tmp_path))
    monkeypatch.setattr(constants, 'ENDPOINT', 'http://127.0.0.1:9')
    waits = []
    monkeypatch.setattr(time, 'sleep', waits.append)
    with pytest.raises(FileNotFoundError):
        LOADERS[loader]()
    assert not waits
    assert not constants.HF_HUB_OFFLINE


def test_a_model_of_any_kind():
    """Wherever a model is asked for, what `get_lm` takes is one."""
    texts, labels = zip(*ROWS, strict=True)
    settings = {'epochs': 1, 'n_tokens': 2, 'validation_fraction': 0.0}
    folder, lm = find_model('tiny'), get_lm('tiny')
    models = [folder, Path(folder), {'model': lm.model, 'tokenizer': lm.tokenizer}]
    proba = [
        PromptClassifier(model, **settings).fit(texts, labels).predict_proba(texts)
        for model in models
    ]
    np.testing.assert_array_equal(proba[0], proba[1])
    np.testing.assert_array_equal(proba[0], proba[2])


def test_room_on_the_right_disk(tmp_path, monkeypatch):
    """Of a full disk the room is said that its own folder has."""
    asked = []

    def room(place):
        asked.append(place)
        return shutil._ntuple_diskusage(9, 7, 2)

    monkeypatch.setattr(files.shutil, 'disk_usage', room)
    said = 'it needs 1.5 kB, and 2 B are free'
    writing = files.write_errors(tmp_path, 1500, is_folder=True)
    with pytest.raises(files.WriteError, match=said), writing:
        raise OSError(errno.ENOSPC, 'No space left on device')
    assert asked == [tmp_path]


def test_unweight_counts_known_labels():
    """Rows whose label is not known do not count in the weights of a loss."""
    known = np.array([[1.0], [0.0], [0.0]])
    partly = np.vstack([known, [[np.nan]]])
    logits = np.ones((2, 1))
    expected = calibrators.unweight(logits, known)
    np.testing.assert_array_equal(calibrators.unweight(logits, partly), expected)


def test_split_lacks_class(tmp_path):
    """A class that only another split has is a class of the saved prompt."""
    frame = pd.DataFrame(ROWS * 2, columns=['text', 'label'])
    table = load(frame, labels=['ham', 'rare', 'spam'])
    trained = train('tiny', table, progress=False, epochs=1, n_tokens=2)
    trained.save(tmp_path / 'p')
    again = TrainedPrompt.load(tmp_path / 'p')
    assert list(again.labels) == ['ham', 'rare', 'spam']
    assert np.shape(again.logits(['a']))[-1] == 3


def test_card_on_one_line(prompt):
    """A line break or a bar in a name does not break the card's table."""
    named_badly = prompt.replace(labels=['a\nb', 'c|d'])
    card = sharing.model_card(named_badly)
    assert 'a\nb' not in card


def test_own_machine_only():
    """The explorer listens on this machine only."""
    assert any('127.0.0.1' in flag for flag in app._server_flags(8501))


def test_file_modes(tmp_path):
    """Files have the modes that the umask gives any file."""
    plain = tmp_path / 'plain'
    plain.write_text('')
    ours = files.save_tensors(tmp_path / 'ours.safetensors', {'x': torch.ones(1)})
    assert ours.stat().st_mode == plain.stat().st_mode
