"""The sdist and the wheel hold everything, and work away from the repository."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = (
    'py.typed',
    'figures/figure.css',
    'figures/figure.js',
    'corpora/mini-imdb.csv',
    'corpora/mini-treebank.conllu',
    'weights/tiny/model.safetensors',
    'weights/tiny/tokenizer.json',
    'pretrained/emotion/about.json',
    'pretrained/emotion/README.md',
    'pretrained/emotion/prompt.json',
    'pretrained/emotion/prompt.safetensors',
)
USE = """
import promptlab, torch
from promptlab import FrozenLM, load
lm = FrozenLM.from_pretrained('tiny')
caches = lm.kv_cache(load('mini-imdb').text[:2])
print(promptlab.__file__, lm.features(caches, torch.zeros(2, lm.width)).shape)
"""


def run(*arguments, **settings):
    """Run Python and return what it prints."""
    command = [sys.executable, *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, text=True, **settings)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_wheel_works_alone(tmp_path):
    run('-m', 'build', '--no-isolation', '--outdir', tmp_path, ROOT)
    wheel, sdist = next(tmp_path.glob('*.whl')), next(tmp_path.glob('*.tar.gz'))
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in PACKAGED if f'promptlab/{name}' not in names]
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert any(name.endswith('weights/tiny/model.safetensors') for name in names)
    assert not [name for name in names if '/tests/' in name], 'they cannot run alone'
    site = tmp_path / 'site'
    run('-m', 'pip', 'install', '-q', '--no-deps', '--target', site, wheel)
    quiet = {'HF_HUB_OFFLINE': '1', 'TQDM_DISABLE': '1'}
    output = run(
        '-c', USE, cwd=tmp_path, env={**os.environ, **quiet, 'PYTHONPATH': str(site)}
    )
    assert str(site) in output
    assert 'torch.Size([2, ' in output
