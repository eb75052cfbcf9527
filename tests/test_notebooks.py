"Every notebook runs, is clean as stored, and exports what the package holds."
import json, os, re, shutil, subprocess, sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(p.relative_to(ROOT) for p in (ROOT / 'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
ENV = {**os.environ, 'PROMPTLAB_SCALE': 'mini', 'TQDM_DISABLE': '1', 'MPLBACKEND': 'agg'}
BIN = Path(sys.executable).parent

@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_runs(notebook):
    "`nbdev_test` runs it at the smallest scale; cells marked slow or cuda are skipped."
    r = subprocess.run([BIN / 'nbdev_test', '--path', notebook, '--n_workers', '0'], cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=1200)
    assert r.returncode == 0 and 'Success' in r.stdout + r.stderr, (r.stdout + r.stderr)[-4000:]

@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_stored_clean(notebook):
    "It was run before it was committed: every code cell, no traceback, no noise, no path of a machine, and it is small."
    path = ROOT / notebook; nb = json.loads(path.read_text(encoding='utf-8'))
    outputs = [o for c in nb['cells'] for o in c.get('outputs', [])]
    assert path.stat().st_size < 1.5e6
    assert outputs, 'no cell has an output'
    assert not [o for o in outputs if o['output_type'] == 'error' or o.get('name') == 'stderr']
    text = json.dumps([o.get('text', '') or {k: v for k, v in o.get('data', {}).items() if k.startswith('text/')} for o in outputs])
    assert not re.search(r'(?<![\w.])/(home|root|tmp|work|Users|var)/\w', text), 'a path of a machine'

def test_package_is_the_export(tmp_path):
    "Exporting the notebooks again gives the modules in the repository."
    skip = shutil.ignore_patterns('.*', '__pycache__', 'weights', 'corpora')
    for d in ('nbs', 'promptlab'): shutil.copytree(ROOT / d, tmp_path / d, ignore=skip)
    shutil.copy(ROOT / 'settings.ini', tmp_path); r = subprocess.run([BIN / 'nbdev_export'], cwd=tmp_path, capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    modules = {p.name for p in (ROOT / 'promptlab').glob('*.py')} | {p.name for p in (tmp_path / 'promptlab').glob('*.py')}
    for m in modules: assert (ROOT / 'promptlab' / m).read_text() == (tmp_path / 'promptlab' / m).read_text(), f'{m}: run nbdev_export'

def test_readme_is_the_home_page():
    "README.md is made from the home page."
    sys.path.insert(0, str(ROOT / 'site'))
    from readme import readme
    assert (ROOT / 'README.md').read_text(encoding='utf-8') == readme(ROOT / 'nbs/index.ipynb'), 'run: python site/readme.py'

@pytest.mark.parametrize('post', [n for n in NOTEBOOKS if n.parent.name == 'posts'], ids=str)
def test_says_how_to_rerun(post):
    "A post has one box with its own command and its own links, and fetches the project where it arrives alone."
    name = post.stem.replace('_skeleton', 'a-new-post'); cells = json.loads((ROOT / post).read_text(encoding='utf-8'))['cells']
    box, = (s for c in cells if '## Rerun this' in (s := ''.join(c['source'])) and c['cell_type'] == 'markdown')
    assert f'`promptlab rerun {name}`' in box and re.findall(r'[/F]([\w-]+)\.ipynb\)', box.split('Open it')[1]) == [name, name]
    assert any("'google.colab'" in ''.join(c['source']) for c in cells)

def test_records_name_commits_that_exist():
    git = lambda *a: subprocess.run(['git', '-C', ROOT, *a], capture_output=True, text=True)
    if git('rev-parse', '--is-shallow-repository').stdout.strip() != 'false': pytest.skip('needs the whole history')
    lost = {p.name: c for p in ROOT.glob('results/*.json') if git('merge-base', '--is-ancestor', c := json.loads(p.read_text())['commit'].rstrip('+'), 'HEAD').returncode}
    assert not lost, f'measured at commits that are not in this history: {lost}'
