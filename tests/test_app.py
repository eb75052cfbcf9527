"The probing explorer in a real browser: selections change the plots, nothing is said on the console, a missing ledger is explained."
import io, json, shutil, socket, subprocess, sys, time, urllib.request
from importlib.resources import files
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

pytest.importorskip('streamlit')
CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
PLOT = '[data-testid="stVegaLiteChart"]'

@pytest.fixture(scope='module')
def ledger(tmp_path_factory):
    "A small real run, and one cell that fails"
    from sklearn.linear_model import LogisticRegression
    from promptlab.probing import LDA, PoolToken, Ridge, RunExperiments, SingleStepOpt
    folder = tmp_path_factory.mktemp('run')
    RunExperiments(3, ['mini-imdb', str(files('promptlab') / 'corpora' / 'mini-treebank.conllu') + ':depth'], [PoolToken('each', q) for q in (0., .4, 'mean')],
                   [LDA(.1), Ridge(100.), SingleStepOpt('broken', LogisticRegression(C=-1))], limit=60, logs_folder=folder).run_all(progress=False)
    return folder

@pytest.fixture(scope='module')
def serve():
    "A function that starts the explorer on a ledger and returns its address"
    started = []
    def start(path):
        with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
        started.append(subprocess.Popen([sys.executable, '-c', f'from promptlab.app import launch; launch({str(path)!r}, {port}, False)'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))
        for _ in range(240):
            assert started[-1].poll() is None, 'the server stopped'
            try: urllib.request.urlopen(f'http://127.0.0.1:{port}/_stcore/health', timeout=2); return f'http://127.0.0.1:{port}'
            except OSError: time.sleep(.5)
        raise AssertionError('the server did not start')
    yield start
    import os, signal
    for p in started: os.killpg(p.pid, signal.SIGTERM); p.wait(30)

@pytest.fixture(scope='module')
def browser():
    if not CHROMIUM: pytest.skip('no Chromium here')
    from playwright.sync_api import sync_playwright
    with sync_playwright() as p: b = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS); yield b; b.close()

def open_tab(browser, address):
    "A tab, what its console said in anger, and what it asked of other hosts"
    tab, said, asked = browser.new_page(viewport=dict(width=1400, height=1000)), [], []
    tab.set_default_timeout(120_000)
    tab.on('console', lambda m: said.append(m.text) if m.type == 'error' else None); tab.on('pageerror', lambda e: said.append(str(e)))
    tab.on('request', lambda r: asked.append(r.url) if not r.url.startswith((address, 'data:', 'blob:', address.replace('http', 'ws'))) else None)
    tab.goto(address); return tab, said, asked

def settled(tab, plot=0):
    "The picture of a plot once it no longer changes"
    tab.locator(PLOT).nth(plot).scroll_into_view_if_needed(); old = None
    for _ in range(120):
        tab.wait_for_timeout(700); running = tab.locator('[data-testid="stStatusWidget"]').count(); new = tab.locator(PLOT).nth(plot).screenshot()
        if new == old and not running: return new
        old = new
    raise AssertionError('the plot does not settle')

def choose(tab, label, option):
    "Pick an entry of a select box in the side bar"
    tab.locator('[data-testid="stSelectbox"]', has_text=label).locator('input').click(); tab.get_by_role('option', name=option).first.click()

def test_selections_change_the_plots(ledger, serve, browser, tmp_path):
    tab, said, asked = open_tab(browser, serve(ledger)); tab.locator(PLOT).nth(3).wait_for()
    assert tab.locator('h1').inner_text() == 'What do hidden layers know?' and 'cells failed' in tab.content()
    first = [settled(tab, i) for i in range(4)]; picture = tmp_path / 'explorer.png'; tab.screenshot(path=picture); assert picture.stat().st_size > 20_000
    choose(tab, 'Metric', 'selectivity'); assert all(settled(tab, i) != first[i] for i in (0, 1, 2)); second = settled(tab, 0)
    tab.get_by_role('button', name='Remove tiny (random 0)').first.click(); assert settled(tab, 0) != second; third = settled(tab, 0)
    choose(tab, 'Data set', 'mini-treebank:depth'); assert settled(tab, 0) != third
    with tab.expect_download() as d: tab.get_by_role('button', name='Download as csv', exact=True).click()
    assert 'ridge' in Path(d.value.path()).read_text() and not said and not asked, (said, asked)
    tab.close()

def test_many_models_do_not_crowd_out_the_plots(ledger, serve, browser, tmp_path):
    lines = [json.loads(l) for l in (ledger / 'ledger.jsonl').read_text().splitlines()]
    (tmp_path / 'ledger.jsonl').write_text(''.join(json.dumps(l | dict(key=f'{i} {l["key"]}', model=f'{l["model"]}, stage {i}', selectivity=l.get('selectivity', 0) + i / 100)) + '\n' for i in range(13) for l in lines))
    tab, said, _ = open_tab(browser, serve(tmp_path)); tab.locator(PLOT).nth(3).wait_for(); box = tab.locator('[data-testid="stMultiSelect"]', has_text='Models')
    assert box.get_by_role('button', name='Remove').count() == 8 and '8 of 26 models' in tab.locator('[data-testid="stSidebar"]').inner_text()
    for plot in (2, 3):
        picture = plt.imread(io.BytesIO(settled(tab, plot)))[..., :3]; rows = np.flatnonzero((np.ptp(picture, -1) > .3).any(1)); assert np.ptp(rows) > 80, 'the points fill a plot of some height'
    assert not said, said
    tab.close()

def test_says_when_there_is_no_ledger(serve, browser, tmp_path):
    tab, said, _ = open_tab(browser, serve(tmp_path / 'none')); tab.locator('[data-testid="stAlert"]').wait_for()
    assert 'There is no ledger' in tab.locator('[data-testid="stAlert"]').inner_text() and 'promptlab probe' in tab.locator('[data-testid="stCode"]').inner_text() and not said, said
    tab.close()
