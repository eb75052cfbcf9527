"""The probing explorer in a real browser.

Selections change the plots, nothing appears on the console, nobody else is asked for
anything, the server listens on this machine only, a missing ledger is explained.
"""

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest

from promptlab.jobs import Job, read_jobs, run_jobs

pytest.importorskip('streamlit')
PLOT = '[data-testid="stVegaLiteChart"]'
SERVE = 'import sys; from promptlab.app import launch_app; '
SERVE += 'launch_app(sys.argv[1], int(sys.argv[2]), browser=False)'


@pytest.fixture(scope='module')
def ledger(tmp_path_factory):
    """Return the folder of a small real run, with cells that failed."""
    from sklearn.linear_model import LogisticRegression

    from promptlab.experiments import RunExperiments
    from promptlab.pooling import PoolMean
    from promptlab.probes import SingleStepOpt

    folder = tmp_path_factory.mktemp('run')
    treebank = files('promptlab') / 'corpora' / 'mini-treebank.conllu'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # some combinations are left out
        run = RunExperiments(
            datasets=['mini-imdb', f'{treebank}:depth'],
            poolers=['first', 0.4, 'mean', PoolMean('all', 'extend')],
            probes=['lda', 'ridge', SingleStepOpt('broken', LogisticRegression(C=-1))],
            n_folds=3,
            limit=60,
            folder=folder,
        )
    run.run_all(progress=False)
    return folder


@dataclass
class Server:
    """A running explorer."""

    process: subprocess.Popen
    address: str

    def listening(self) -> set[str]:
        """Return the addresses on which it accepts connections."""
        parent = psutil.Process(self.process.pid)
        sockets = [
            connection
            for process in (parent, *parent.children(recursive=True))
            for connection in process.net_connections('inet')
        ]
        return {c.laddr.ip for c in sockets if c.status == psutil.CONN_LISTEN}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until_healthy(server: Server) -> None:
    for _ in range(240):
        assert server.process.poll() is None, 'the server stopped'
        try:
            urllib.request.urlopen(f'{server.address}/_stcore/health', timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError('the server did not start')


@pytest.fixture(scope='module')
def serve():
    """Return a function that starts the explorer on a ledger."""
    started = []

    def start(path):
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, '-c', SERVE, str(path), str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        server = Server(process, f'http://127.0.0.1:{port}')
        wait_until_healthy(server)
        return server

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@dataclass
class Tab:
    """A browser tab, the errors on its console, and its requests to other hosts."""

    page: Any
    errors: list = field(default_factory=list)
    foreign: list = field(default_factory=list)

    def watch(self, address):
        """Collect what should not happen while an address is shown."""
        own = (address, address.replace('http', 'ws'), 'data:', 'blob:')
        self.page.on('console', self._console)
        self.page.on('pageerror', lambda error: self.errors.append(str(error)))
        self.page.on(
            'request',
            lambda request: (
                request.url.startswith(own) or self.foreign.append(request.url)
            ),
        )

    def _console(self, message):
        if message.type == 'error':
            self.errors.append(message.text)

    def plot(self, number=0):
        """Return the picture of a plot once it no longer changes."""
        plot = self.page.locator(PLOT).nth(number)
        plot.scroll_into_view_if_needed()
        last = None
        for _ in range(120):
            self.page.wait_for_timeout(700)
            is_running = self.page.locator('[data-testid="stStatusWidget"]').count()
            picture = plot.screenshot()
            if picture == last and not is_running:
                return picture
            last = picture
        raise AssertionError('the plot does not settle')

    def choose(self, label, option):
        """Pick an entry of a select box in the side bar."""
        box = self.page.locator('[data-testid="stSelectbox"]', has_text=label)
        box.locator('input').click()
        self.page.get_by_role('option', name=option).first.click()

    def remove(self, name):
        """Take an entry out of a box of several."""
        self.page.get_by_role('button', name=f'Remove {name}').first.click()


@pytest.fixture
def open_tab(browser):
    """Return a function that opens an address, and close the tabs afterwards."""
    tabs = []

    def open_address(address):
        page = browser.new_page(viewport={'width': 1400, 'height': 1000})
        page.set_default_timeout(120_000)
        tab = Tab(page)
        tabs.append(tab)
        tab.watch(address)
        page.goto(address)
        return tab

    yield open_address
    for tab in tabs:
        tab.page.close()


def test_selections_change_the_plots(ledger, serve, open_tab):
    server = serve(ledger)
    tab = open_tab(server.address)
    tab.page.locator(PLOT).nth(4).wait_for()
    assert tab.page.locator('h1').inner_text() == 'What do hidden layers know?'
    assert 'cells failed' in tab.page.content()
    assert 'Joined layers' in tab.page.content()

    first = [tab.plot(number) for number in range(5)]
    tab.choose('Metric', 'selectivity')
    second = [tab.plot(number) for number in range(4)]
    assert all(new != old for new, old in zip(second, first, strict=False))
    tab.remove('tiny (random 0)')
    third = tab.plot()
    assert third != second[0]
    tab.choose('Data set', 'mini-treebank:depth')
    assert tab.plot() != third

    with tab.page.expect_download() as download:
        tab.page.get_by_role('button', name='Download as csv', exact=True).click()
    assert 'ridge' in Path(download.value.path()).read_text()
    assert not tab.errors and not tab.foreign
    assert server.listening() == {'127.0.0.1'}


def renamed(cell, stage):
    """Return a cell of a ledger as if of another model."""
    facts = cell['cell']
    facts = facts | {
        'model': f'{facts["model"]}, stage {stage}',
        'identity': f'{facts["identity"]} {stage}',
    }
    folds = [
        fold | {'selectivity': fold['selectivity'] + stage / 100}
        for fold in cell['folds']
    ]
    return cell | {'cell': facts, 'folds': folds}


def with_many_models(folder, target):
    """Copy a ledger thirteen times under other names."""
    cells = [cell for _, cell in read_jobs(folder) if isinstance(cell, dict)]
    jobs = [
        Job(f'stage {stage}', renamed, {'cell': cell, 'stage': stage})
        for stage in range(13)
        for cell in cells
    ]
    run_jobs(jobs, target, progress=False)


def test_many_models_do_not_crowd_out_the_plots(ledger, serve, open_tab, tmp_path):
    with_many_models(ledger, tmp_path)
    tab = open_tab(serve(tmp_path).address)
    tab.page.locator(PLOT).nth(4).wait_for()
    box = tab.page.locator('[data-testid="stMultiSelect"]', has_text='Models')
    assert box.get_by_role('button', name='Remove').count() == 8
    sidebar = tab.page.locator('[data-testid="stSidebar"]').inner_text()
    assert '8 of 26 models' in sidebar
    for number in (3, 4):
        picture = plt.imread(io.BytesIO(tab.plot(number)))[..., :3]
        is_colored = (np.ptp(picture, axis=-1) > 0.3).any(axis=1)
        assert np.ptp(np.flatnonzero(is_colored)) > 80, 'points fill some height'
    assert not tab.errors


def test_says_when_there_is_no_ledger(serve, open_tab, tmp_path):
    tab = open_tab(serve(tmp_path / 'none').address)
    alert = tab.page.locator('[data-testid="stAlert"]')
    alert.wait_for()
    assert 'There is no ledger' in alert.inner_text()
    code = tab.page.locator('[data-testid="stCode"]').inner_text()
    assert 'promptlab probe' in code
    assert not tab.errors
