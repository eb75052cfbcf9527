"A post begun with `promptlab new-post` passes the tests at once."
import json, os, shutil, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

def test_new_post(tmp_path):
    skip = shutil.ignore_patterns('.*', '__pycache__', 'weights')
    for d in ('nbs', 'promptlab'): shutil.copytree(ROOT / d, tmp_path / d, ignore=skip)
    for f in ('settings.ini', '_quarto.yml'): shutil.copy(ROOT / f, tmp_path)
    env = {**os.environ, 'PYTHONPATH': str(tmp_path), 'PROMPTLAB_SCALE': 'mini', 'TQDM_DISABLE': '1', 'MPLBACKEND': 'agg'}
    def run(*a): return subprocess.run(a, cwd=tmp_path, env=env, capture_output=True, text=True)
    promptlab = (sys.executable, '-c', 'from promptlab.cli import main; main()', 'new-post')
    before = {p.name: p.read_text() for p in (tmp_path / 'promptlab').glob('*.py')}
    r = run(*promptlab, 'my-question'); assert r.returncode == 0, r.stderr
    assert (tmp_path / 'promptlab/my_question.py').is_file()
    assert all((tmp_path / 'promptlab' / k).read_text() == v for k, v in before.items() if k != '_modidx.py'), 'the other modules stay'
    nb = json.loads((tmp_path / 'nbs/posts/my-question.ipynb').read_text())
    assert 'My question' in ''.join(nb['cells'][0]['source']) and any(c.get('outputs') for c in nb['cells']) and 'new_post' not in json.dumps(nb)
    r = run(BIN / 'nbdev_test', '--path', 'nbs/posts/my-question.ipynb', '--n_workers', '0'); assert r.returncode == 0 and 'Success' in r.stdout + r.stderr, r.stderr
    r = run(sys.executable, ROOT / 'site/build.py', '--out', tmp_path / 'site'); assert r.returncode == 0, r.stderr
    for taken in ('my-question', 'My Question', 'data'): assert run(*promptlab, taken).returncode == 2
