"What the README tells people to type works as it stands."
import os, re, shlex, shutil, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / 'README.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'```(sh|python)\n(.*?)\n```', README, re.S)
ENV = {**os.environ, 'TQDM_DISABLE': '1', 'HF_HUB_OFFLINE': '1', 'MPLBACKEND': 'agg', 'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'}

@pytest.fixture(scope='module')
def clone(tmp_path_factory):
    "What a reader has after cloning, less the weights' history"
    folder = tmp_path_factory.mktemp('clone')
    for d in ('nbs', 'results'): shutil.copytree(ROOT / d, folder / d, ignore=shutil.ignore_patterns('.*'))
    for f in ('settings.ini', '_quarto.yml'): shutil.copy(ROOT / f, folder)
    return folder

def test_commands(clone):
    "Every promptlab command of the README, in its order (setting up is what the other tests do)."
    lines = [l for kind, b in BLOCKS if kind == 'sh' for l in b.splitlines() if l.startswith('promptlab ') and '&&' not in l]
    assert len(lines) >= 4
    for line in lines:
        r = subprocess.run(shlex.split(line, comments=True), cwd=clone, env=ENV, capture_output=True, text=True)
        assert r.returncode == 0, f'{line}: {r.stderr}'

def test_python(clone):
    "Every piece of Python, in its order."
    code = '\n'.join(b for kind, b in BLOCKS if kind == 'python')
    r = subprocess.run([sys.executable, '-c', code], cwd=clone, env=ENV, capture_output=True, text=True)
    assert 'PromptClassifier' in code and r.returncode == 0 and r.stdout, r.stderr
