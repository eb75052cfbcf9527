"""Posts run on other models and data: `promptlab rerun POST --model --data --out`.

`PROMPTLAB_RERUN=all` runs every post on every model, instead of the skeleton alone.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pandas as pd
import psutil
import pytest
from demo_site import project
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from promptlab.cli import main

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
IS_ALL = os.environ.get('PROMPTLAB_RERUN') == 'all'
POSTS = sorted(path.stem for path in (ROOT / 'nbs/posts').glob('[!_]*.ipynb') if IS_ALL)
SIZES = {
    'hidden_size': 32,
    'intermediate_size': 64,
    'num_attention_heads': 4,
    'num_hidden_layers': 2,
}
MODELS = ('gpt_neox', 'qwen2', 'bert')
SPECIAL = {'pad_token': '<|endoftext|>'}
REVIEWS = [f'a {word} film' + i * ' or' for i in range(30) for word in ('dull', 'fine')]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Return a folder with three small random models and a table."""
    folder = tmp_path_factory.mktemp('own')
    tiny = ROOT / 'promptlab/weights/tiny'
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    for name in MODELS:
        sizes = SIZES | ({'num_key_value_heads': 2} if name == 'qwen2' else {})
        config = AutoConfig.for_model(name, vocab_size=len(tokenizer), **sizes)
        config.pad_token_id = config.bos_token_id = config.eos_token_id = 0
        if name == 'bert':
            from transformers import BertForSequenceClassification

            model = BertForSequenceClassification(config)
        else:
            model = AutoModelForCausalLM.from_config(config)
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    table = pd.DataFrame({'review': REVIEWS, 'stars': ['bad', 'good'] * 30})
    table.to_csv(folder / 'mine.csv', index=False)
    return folder


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """Return a project whose only post is the skeleton."""
    clone = project(tmp_path_factory.mktemp('clone'))
    skipped = shutil.ignore_patterns('.*', '__pycache__', 'weights')
    for name in ('promptlab', 'site'):
        shutil.copytree(ROOT / name, clone / name, ignore=skipped, dirs_exist_ok=True)
    shutil.copy(ROOT / 'nbs/content.lua', clone / 'nbs')
    skeleton = ROOT / 'nbs/posts/_skeleton.ipynb'
    shutil.copy(skeleton, clone / 'nbs/posts/a-new-post.ipynb')
    return clone


def command(*words):
    return [BIN / 'promptlab', 'rerun', *map(str, words)]


def rerun(clone, *words):
    return subprocess.run(command(*words), cwd=clone, capture_output=True, text=True)


def own_words(folder, model='qwen2', columns='text=review,label=stars'):
    words = ['--model', folder / model, '--data', folder / 'mine.csv']
    return [*words, '--columns', columns]


@pytest.fixture(scope='module')
def done(clone, folder):
    """Return where the skeleton has run on another model and table."""
    out = folder / 'my post'
    finished = rerun(clone, 'a-new-post', *own_words(folder), '--out', out)
    assert finished.returncode == 0, finished.stderr
    assert f'model: {folder}/qwen2, qwen2' in finished.stderr
    assert '60 rows, labels bad, good' in finished.stderr
    assert finished.stdout.strip() == str(out / 'a-new-post.html')
    return out


def test_notebook(done, folder):
    """It holds the reader's parameters and answers, and an `OUT` of its own."""
    cells = json.loads((done / 'a-new-post.ipynb').read_text())['cells']
    tags = [cell['metadata'].get('tags') for cell in cells]
    injected = ''.join(cells[tags.index(['injected-parameters'])]['source'])
    assert f'MODEL = "{folder}/qwen2"' in injected
    assert 'COLUMNS = {"text": "review", "label": "stars"}' in injected
    assert f'OUT = "{done}/results"' in injected
    outputs = [out for cell in cells for out in cell.get('outputs', [])]
    texts = [''.join(out.get('data', {}).get('text/markdown', '')) for out in outputs]
    assert any('are\ngood, of the long ones' in text for text in texts)


def test_page(done):
    """It shows figures and asks for nothing outside of itself."""
    page = (done / 'a-new-post.html').read_text()
    assert 'your run' in page
    assert 'src="data:image/png;base64,' in page
    assert '_files/' not in page
    assert '<style>' in page
    assert '<link' not in page
    assert 'get_ipython' not in page, 'hidden cells are hidden'
    assert 'compare_runs(' in page
    assert 'plt.errorbar' not in page, 'echo: false'


def test_results(done):
    """The pieces are kept, so that the same run does them once."""
    assert list((done / 'results').glob('*.safetensors'))
    assert not list((done / 'results/notebooks').glob('*.safetensors'))


@pytest.mark.parametrize(
    'words, says',
    [
        (['--parameter', 'LAYER=3'], 'LAYER is not a parameter of a-new-post; it has'),
        (['--model', './nowhere'], 'there is no such folder'),
        (['--data', 'nowhere.csv'], 'nowhere.csv'),
        (['--data', '{mine}', '--columns', 'text=body'], "'body'"),
        (['--in-place', '--model', 'tiny'], '--in-place'),
        (['--columns', 'text=review'], '--columns'),
        (['--executor', 'threads'], "executor 'threads'"),
        (['--address', 'auto'], '--address has no effect'),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else '',
)
def test_refused(clone, folder, monkeypatch, capsys, words, says):
    """Before any work, in one sentence."""
    monkeypatch.chdir(clone)
    words = [str(word).format(mine=folder / 'mine.csv') for word in words]
    with pytest.raises(SystemExit) as ended:
        main(['rerun', 'a-new-post', *words, '--out', str(folder / 'refused')])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert says in said
    assert len(said.strip().splitlines()) == 1
    assert not (folder / 'refused').exists()


def test_wrong_kind_of_model(clone, folder):
    """An encoder where a causal model is needed: one sentence that names the cell."""
    words = own_words(folder, 'bert')
    failed = rerun(clone, 'a-new-post', *words, '--out', folder / 'encoder')
    assert failed.returncode == 2
    last = failed.stderr.strip().splitlines()[-1]
    assert 'a-new-post.ipynb, cell' in last
    assert 'ModelError' in last
    assert not (folder / 'encoder/a-new-post.ipynb').exists()


def test_interrupted(clone, folder):
    """Ctrl-C ends the kernel as well, and the same command goes on."""
    out = folder / 'interrupted'
    words = ['a-new-post', *own_words(folder), '--out', out]
    source = clone / 'nbs/posts/a-new-post.ipynb'
    text = source.read_text()
    source.write_text(text.replace('set_style()', 'import time; time.sleep(60)', 1))
    process = subprocess.Popen(command(*words), cwd=clone, stderr=subprocess.PIPE)
    kernels = wait_for_kernels(process.pid)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    source.write_text(text)
    assert process.returncode == 130
    assert b'Traceback' not in said
    assert not psutil.wait_procs(kernels, timeout=120)[1]
    finished = rerun(clone, *words)
    assert finished.returncode == 0, finished.stderr


def wait_for_kernels(pid):
    for _ in range(6000):
        kernels = psutil.Process(pid).children(recursive=True)
        if any('ipykernel_launcher' in ' '.join(k.cmdline()) for k in kernels):
            time.sleep(3)  # so that it works on a cell
            return kernels
        time.sleep(0.1)
    raise AssertionError('no kernel has started')


NOTE = {
    'good': "open('log.txt', 'a').write('good ');",
    'bad': "from pathlib import Path\nassert Path('fixed').exists(), 'it is broken'",
}


@pytest.fixture
def notes(tmp_path):
    """Return a project with two small posts, one of which fails."""
    clone = project(tmp_path)
    shutil.copytree(ROOT / 'site', clone / 'site', dirs_exist_ok=True)
    shutil.copy(ROOT / 'nbs/content.lua', clone / 'nbs')
    for name, source in NOTE.items():
        cells = [new_raw_cell(f'---\ntitle: {name}\n---'), new_code_cell(source)]
        kernel = {'kernelspec': {'name': 'python3', 'display_name': 'python3'}}
        notebook = new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, clone / f'nbs/posts/{name}.ipynb')
    return clone


def check_rerun(clone, *elsewhere):
    """A post that fails is named; it alone runs again when the command is given again.

    The other's page is there already.
    """
    words = ['good', 'bad', '--out', clone / 'own', *elsewhere]
    finished = rerun(clone, *words)
    assert finished.returncode == 2
    said = finished.stderr.strip().splitlines()[-1]
    assert 'bad.ipynb, cell 2' in said and 'it is broken' in said, said
    assert (clone / 'own/good.html').exists()
    listed = [BIN / 'promptlab', 'jobs', clone / 'own']
    jobs = subprocess.run(listed, capture_output=True, text=True).stdout
    assert '1 done, 1 failed' in jobs
    (clone / 'nbs/posts/fixed').touch()
    again = rerun(clone, *words)
    assert again.returncode == 0, again.stderr
    assert (clone / 'own/bad.html').exists()
    assert (clone / 'nbs/posts/log.txt').read_text() == 'good '


def test_a_post_fails(notes):
    check_rerun(notes, '--executor', 'processes')


@pytest.mark.skipif(not IS_ALL, reason='with PROMPTLAB_RERUN=all')
@pytest.mark.parametrize('model', [*MODELS, 'tiny'])
@pytest.mark.parametrize('post', POSTS)
def test_every_post(post, model, folder):
    """Every post on every kind of model, where its question allows that kind."""
    words = own_words(folder, model)
    if model == 'tiny':
        words[1] = 'tiny'
    out = folder / f'{post}-{model}'
    finished = rerun(ROOT, post, *words, '--out', out)
    last = finished.stderr.strip().splitlines()[-1]
    if model == 'bert' and finished.returncode:
        assert 'ModelError' in last, last
        return
    assert finished.returncode == 0, last
    assert (out / f'{post}.html').stat().st_size > 10_000
