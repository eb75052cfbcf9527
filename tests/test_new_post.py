"""A post begun with `promptlab new-post` passes the tests at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from demo_site import project

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NEW_POST = [BIN / 'promptlab', 'new-post']


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """Return the project with no page but the home page and the skeleton."""
    folder = project(tmp_path_factory.mktemp('clone'))
    skipped = shutil.ignore_patterns('.*', '__pycache__')
    package = folder / 'promptlab'
    shutil.copytree(ROOT / 'promptlab', package, ignore=skipped, dirs_exist_ok=True)
    for name in ('pyproject.toml', 'nbs/posts/_skeleton.ipynb'):
        shutil.copy(ROOT / name, folder / name)
    return folder


def run(clone, *command):
    environment = {
        **os.environ,
        'PYTHONPATH': str(clone),
        'TQDM_DISABLE': '1',
        'MPLBACKEND': 'agg',
    }
    return subprocess.run(
        command, cwd=clone, env=environment, capture_output=True, text=True
    )


def modules(clone):
    """Return the modules but nbdev's index of names."""
    files = (clone / 'promptlab').glob('*.py')
    return {file.name: file.read_text() for file in files if file.name != '_modidx.py'}


def test_new_post(clone):
    before = modules(clone)
    made = run(clone, *NEW_POST, 'my-question')
    assert made.returncode == 0, made.stderr
    after = modules(clone)
    assert after.pop('my_question.py')
    assert after == before, 'the other modules stay'
    text = (clone / 'nbs/posts/my-question.ipynb').read_text()
    cells = json.loads(text)['cells']
    assert 'My question' in ''.join(cells[0]['source'])
    assert any(cell.get('outputs') for cell in cells)
    assert 'new_post' not in text


@pytest.mark.parametrize(
    'command',
    [
        ['nbdev_test', '--path', 'nbs/posts/my-question.ipynb', '--n_workers', '0'],
        ['ruff', 'check', 'nbs/posts/my-question.ipynb', 'promptlab/my_question.py'],
        ['ruff', 'format', '--check', 'nbs/posts/my-question.ipynb'],
        ['python', ROOT / 'site/build.py', '--out', 'site'],
    ],
    ids=['test', 'lint', 'format', 'site'],
)
def test_new_post_passes(clone, command):
    if not (clone / 'nbs/posts/my-question.ipynb').exists():
        pytest.skip('it was not made')
    finished = run(clone, BIN / command[0], *command[1:])
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize('name', ['my-question', 'My Question', 'data'])
def test_taken_names(clone, name):
    if not (clone / 'nbs/posts/my-question.ipynb').exists():
        pytest.skip('it was not made')
    assert run(clone, *NEW_POST, name).returncode == 2
