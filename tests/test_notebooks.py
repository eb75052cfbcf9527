"""Every notebook runs, is clean as stored, and exports what the package holds."""

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from demo_site import project
from execnb.nbio import nb2str, read_nb
from nbdev.clean import clean_nb
from nbdev.config import get_config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(
    path.relative_to(ROOT)
    for path in (ROOT / 'nbs').rglob('*.ipynb')
    if '.ipynb_checkpoints' not in path.parts
)
POSTS = [notebook for notebook in NOTEBOOKS if notebook.parent.name == 'posts']
BIN = Path(sys.executable).parent
MAX_BYTES = 1.5e6
# A page takes at most a minute on a quiet core; a slow or a busy machine takes longer.
TIMEOUT = 1200
# What nearly every page imports: every page starts from a process that has read it.
PRELOADED = [
    'matplotlib.pyplot',
    'nbdev.test',
    'pandas',
    'scipy.stats',
    'sklearn.linear_model',
    'torch',
    'transformers.models.gpt2.modeling_gpt2',
]


def run_page(notebook, log):
    """Run a notebook as `nbdev_test` does; exit 1 on failure."""
    from nbdev.test import test_nb

    with open(log, 'w') as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ |= {
        'PROMPTLAB_SCALE': 'mini',
        'TQDM_DISABLE': '1',
        'MPLBACKEND': 'agg',
    }
    flags = get_config(path=ROOT).tst_flags.split()
    succeeded, _ = test_nb(ROOT / notebook, skip_flags=flags, basepath=ROOT)
    sys.exit(not succeeded)


@pytest.fixture(scope='session')
def pages():
    """Return a way to start processes that have imported what pages import."""
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(PRELOADED)
    return context


@pytest.mark.parametrize('notebook', POSTS + NOTEBOOKS[: -len(POSTS)], ids=str)
def test_runs(notebook, pages, tmp_path):
    """It runs from top to bottom; cells marked slow or cuda are skipped."""
    log = tmp_path / 'log'
    process = pages.Process(target=run_page, args=(notebook, log))
    process.start()
    process.join(TIMEOUT)
    took_too_long = process.is_alive()
    process.kill()
    assert not took_too_long, f'{notebook} runs for more than {TIMEOUT} s'
    assert process.exitcode == 0, log.read_text()[-6000:]


@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_stored_clean(notebook):
    """It was run before it was committed: no traceback, no noise, no path, small."""
    path = ROOT / notebook
    cells = read_nb(path).cells
    outputs = [output for cell in cells for output in cell.get('outputs', [])]
    assert path.stat().st_size < MAX_BYTES
    assert outputs, 'no cell has an output'
    noise = [
        o for o in outputs if o.output_type == 'error' or o.get('name') == 'stderr'
    ]
    assert not noise
    shown = json.dumps([_shown_text(output) for output in outputs])
    assert not re.search(r'(?<![\w.])/(home|root|tmp|work|Users|var)/\w', shown)


def _shown_text(output):
    """Return the parts of an output that are text."""
    data = output.get('data', {})
    return [output.get('text', ''), {k: v for k, v in data.items() if k[:5] == 'text/'}]


@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=str)
def test_nbdev_clean_changes_nothing(notebook):
    path = ROOT / notebook
    cleaned = read_nb(path)
    kept = get_config(path=ROOT).allowed_cell_metadata_keys.split()
    clean_nb(cleaned, allowed_cell_metadata_keys=kept)
    assert nb2str(cleaned) == path.read_text(encoding='utf-8'), 'run nbdev_clean'


@pytest.fixture(scope='session')
def copy(tmp_path_factory):
    """Return a copy of the project on which nbdev's commands can be tried."""
    folder = tmp_path_factory.mktemp('copy')
    skipped = shutil.ignore_patterns('.*', '__pycache__', 'weights', 'corpora')
    for name in ('nbs', 'promptlab'):
        shutil.copytree(ROOT / name, folder / name, ignore=skipped, symlinks=True)
    for name in ('settings.ini', 'README.md', 'CONTRIBUTING.md', '_quarto.yml'):
        shutil.copy(ROOT / name, folder)
    return folder


def contents(folder):
    """Return the files of a folder but those that git ignores."""
    ignored = {'_proc', '_docs', '__pycache__', 'nbdev.yml', 'sidebar.yml'}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file() and not ignored & {*path.relative_to(folder).parts}
    }


@pytest.mark.parametrize('command', ['nbdev_export', 'prepare'])
def test_package_is_the_export(copy, command):
    """Neither exporting nor `nbdev_prepare`, less its tests, changes a file."""
    before = contents(copy)
    code = (
        'import nbdev.test; nbdev.test.nbdev_test.__wrapped__ = lambda: None; '
        'from nbdev.quarto import nbdev_export, prepare; '
        f'{command}.__wrapped__()'
    )
    run = subprocess.run(
        [sys.executable, '-c', code], cwd=copy, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    after = contents(copy)
    changed = [name for name in after if after[name] != before.get(name)]
    assert not changed, f'{changed}: run {command}'


# Fails where its input is missing, as Quarto does, and else writes another README.
QUARTO = (
    '#!/bin/sh\n[ -f "$2" ] || exit 1\nmkdir -p _docs\necho other > _docs/README.md\n'
)


@pytest.mark.parametrize('command', ['nbdev_readme', 'nbdev_prepare'])
def test_nbdev_leaves_the_readme(tmp_path, command):
    quarto = tmp_path / 'bin/quarto'
    quarto.parent.mkdir()
    quarto.write_text(QUARTO)
    quarto.chmod(0o755)
    readme = Path(shutil.copy(ROOT / 'README.md', project(tmp_path)))
    path = f'{quarto.parent}{os.pathsep}{os.environ["PATH"]}'
    subprocess.run([BIN / command], cwd=tmp_path, env={**os.environ, 'PATH': path})
    assert readme.read_text() == (ROOT / 'README.md').read_text()


def test_readme_is_the_home_page():
    """README.md is made from the home page."""
    sys.path.insert(0, str(ROOT / 'site'))
    from readme import readme

    made = readme(ROOT / 'nbs/index.ipynb')
    stored = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert stored == made, 'run: python site/readme.py'


@pytest.mark.parametrize('notebook', POSTS, ids=str)
def test_says_how_to_rerun(notebook):
    """A post has a box with its command and links, and fetches the project in Colab."""
    name = notebook.stem.replace('_skeleton', 'a-new-post')
    cells = read_nb(ROOT / notebook).cells
    texts = [cell.source for cell in cells if cell.cell_type == 'markdown']
    (box,) = (text for text in texts if '## Rerun this' in text)
    assert f'`promptlab rerun {name}' in box
    links = re.findall(r'[/F]([\w-]+)\.ipynb\)', box.split('Open it')[1])
    assert links == [name, name]
    assert any("'google.colab'" in cell.source for cell in cells)


def test_records_name_commits_that_exist():
    def git(*arguments):
        return subprocess.run(['git', '-C', ROOT, *arguments], capture_output=True)

    if git('rev-parse', '--is-shallow-repository').stdout.strip() != b'false':
        pytest.skip('needs the whole history')
    records = {path.name: path.read_text() for path in ROOT.glob('results/*.json')}
    commits = {
        name: json.loads(text)['commit'].rstrip('+') for name, text in records.items()
    }
    lost = {
        name: commit
        for name, commit in commits.items()
        if git('merge-base', '--is-ancestor', commit, 'HEAD').returncode
    }
    assert not lost, f'measured at commits that are not in this history: {lost}'
