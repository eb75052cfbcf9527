"The sdist and the wheel hold everything, and work away from the repository."
import os, subprocess, sys, tarfile, zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

def test_wheel_works_alone(tmp_path):
    def run(*a, **kw):
        r = subprocess.run([sys.executable, *a], capture_output=True, text=True, **kw)
        assert r.returncode == 0, r.stdout + r.stderr
        return r.stdout
    run('-m', 'build', '--no-isolation', '--outdir', str(tmp_path), str(ROOT))
    sdist, wheel = next(tmp_path.glob('*.tar.gz')), next(tmp_path.glob('*.whl'))
    names = zipfile.ZipFile(wheel).namelist()
    for f in ('corpora/mini-imdb.csv', 'corpora/mini-treebank.conllu', 'weights/tiny/model.safetensors', 'weights/tiny/tokenizer.json'): assert f'promptlab/{f}' in names
    assert any(n.endswith('weights/tiny/model.safetensors') for n in tarfile.open(sdist).getnames())
    run('-m', 'pip', 'install', '-q', '--no-deps', '--target', str(tmp_path / 'site'), str(wheel))
    code = """
import promptlab, torch
from promptlab.data import load
from promptlab.lm import FrozenLM
lm = FrozenLM.from_pretrained('tiny')
print(promptlab.__file__, lm.features(lm.past(load('mini-imdb').text[:2]), torch.zeros(2, lm.width)).shape)
"""
    out = run('-c', code, cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(tmp_path / 'site'), 'HF_HUB_OFFLINE': '1', 'TQDM_DISABLE': '1'})
    assert str(tmp_path / 'site') in out and 'torch.Size([2, ' in out
