"""What the README tells people to type works as it stands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    """Return what a reader has after cloning, less the weights' history."""
    folder = tmp_path_factory.mktemp('clone')
    for name in ('nbs', 'results'):
        ignored = shutil.ignore_patterns('.*')
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ('settings.ini', '_quarto.yml'):
        shutil.copy(ROOT / name, folder)
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
