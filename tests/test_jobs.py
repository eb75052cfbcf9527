"""Work in processes and on a Ray cluster: equal bits, dying nodes and drivers."""

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from kills import classifier, reviews
from test_rerun import check_rerun, notes  # noqa: F401

from promptlab import lm
from promptlab.experiments import RunExperiments
from promptlab.finetune import FineTuneConfig, model_rows
from promptlab.influence import Attributor
from promptlab.jobs import (
    Job,
    JobsFailed,
    ProcessExecutor,
    RayExecutor,
    SerialExecutor,
    content_digest,
    run_jobs,
)
from promptlab.kvcache import KVCacheStore
from promptlab.lm import get_lm
from promptlab.retraining import RetrainClassifier, retrain, subset_runs

ray = pytest.importorskip('ray')


def fit(data, seed):
    """Do a little linear algebra on a large shared array."""
    weights = np.random.default_rng(seed).normal(size=data.shape[1])
    return {'seed': seed, 'scores': data @ weights}


def make_jobs(n):
    data = np.random.default_rng(0).normal(size=(2000, 30))
    return [Job(f'fit {seed}', fit, {'data': data, 'seed': seed}) for seed in range(n)]


@pytest.fixture(scope='module')
def cluster():
    patch = pytest.MonkeyPatch()
    patch.setenv('PYTHONPATH', str(Path(__file__).parent))
    # On a busy machine, low priority starves and health is declared in vain.
    patch.setenv('RAY_worker_niceness', '0')
    patch.setenv('RAY_health_check_timeout_ms', '60000')
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={'num_cpus': 1, 'include_dashboard': False}
    )
    cluster.second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    ray.init(cluster.address, log_to_driver=False)  # so that its workers stay
    yield cluster
    ray.shutdown()
    cluster.shutdown()
    patch.undo()


@pytest.fixture(scope='module')
def nodes(cluster):
    return RayExecutor(cluster.address, threads=1)


def test_ray_gives_the_same_bits(nodes, tmp_path):
    jobs = make_jobs(6)
    serial = run_jobs(jobs, tmp_path / 'serial', progress=False)
    assert nodes.slots == 2
    results = run_jobs(jobs, tmp_path / 'ray', nodes, progress=False)
    assert content_digest(results) == content_digest(serial)
    assert len(nodes._shared) == 1, 'a large argument travels once'


def count_loads(number):
    """Read a text with the bundled model; return how often this worker loaded it."""
    get_lm('tiny', 'cpu').encode([f'text {number}'])
    return {'pid': os.getpid(), 'loads': lm._load_lm.cache_info().misses}


def test_a_worker_loads_a_model_once(nodes, tmp_path):
    jobs = [Job(f'read {n}', count_loads, {'number': n}) for n in range(6)]
    results = run_jobs(jobs, tmp_path, nodes, progress=False)
    assert {result['loads'] for result in results} == {1}
    assert len({result['pid'] for result in results}) < len(results)


def test_ray_fills_kv_caches_with_the_same_bits(nodes, tmp_path, monkeypatch):
    texts = [' '.join(['a', 'fine', 'film'] * n) for n in range(1, 9)]
    digests = set()
    for name, where in {'here': SerialExecutor(1), 'ray': nodes}.items():
        monkeypatch.setenv('PROMPTLAB_CACHE', str(tmp_path / name))
        tiny = get_lm('tiny', 'cpu')
        store = KVCacheStore(tiny, tiny.encode(texts), {'disk': '1GiB'})
        store.fill(2, progress=False, executor=where)
        digests.add(content_digest(list(store.batch(range(8)))))
    assert len(digests) == 1


def probing(folder, executor):
    """Probe two poolers; return a digest of the numbers that must repeat."""
    settings = {'n_folds': 3, 'limit': 30, 'folder': folder, 'executor': executor}
    run = RunExperiments('mini-imdb', [0.4, 'mean'], **settings)
    ledger = run.run_all(progress=False)
    assert set(ledger.status) == {'ok'}
    ordered = ledger.sort_values(['key', 'fold']).reset_index(drop=True)
    changing = ['seconds', 'seconds_forward', 'date', 'commit']
    return content_digest(ordered.drop(columns=changing))


def attribution(folder, executor):
    """Score texts by gradients and train on halves of them; return a digest."""
    model, tokenizer = classifier()
    settings = {'max_tokens': 16, 'batch_size': 4, 'shard_rows': 4, 'progress': False}
    attributor = Attributor(
        model, tokenizer, folder=folder, executor=executor, **settings
    )
    scores = attributor.featurize(reviews(16)).score(reviews(20).iloc[16:])
    rows = model_rows(model, tokenizer, reviews(), 16)
    masks = np.random.default_rng(0).random((4, len(rows))) < 0.5
    config = FineTuneConfig(epochs=1, lr=1e-3, batch_size=8, dropout=False)
    runs = subset_runs(masks, [0])
    again = RetrainClassifier(model, rows, rows, config)
    margins = retrain(again, runs, folder / 'again', executor, progress=False)
    return content_digest([scores, margins])


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
    """Return what these two give in one process, one piece after the other."""
    folder = tmp_path_factory.mktemp('alone')
    work = {'probing': probing, 'attribution': attribution}
    return {name: do(folder / name, SerialExecutor(1)) for name, do in work.items()}


@pytest.fixture(scope='module')
def processes():
    executor = ProcessExecutor(2, threads=1)
    yield executor
    executor.close()


@pytest.mark.parametrize('work', [probing, attribution])
def test_processes_give_the_same_bits(processes, alone, tmp_path, work):
    assert work(tmp_path, processes) == alone[work.__name__]


@pytest.mark.parametrize('work', [probing, attribution])
def test_nodes_give_the_same_bits(nodes, alone, tmp_path, work):
    assert work(tmp_path, nodes) == alone[work.__name__]


@dataclass
class FailsWithout:
    """Train, but not before a file is there."""

    file: str

    def __call__(self, subset, seed):
        if not Path(self.file).exists():
            raise MemoryError('too little')
        return np.ones(2)


def test_a_failed_retraining_is_tried_again(tmp_path):
    """Its error is kept, but does not stand in the way of the next call."""
    train, runs = FailsWithout(str(tmp_path / 'file')), subset_runs(np.eye(3) > 0, [0])
    with pytest.raises(JobsFailed, match='too little'):
        retrain(train, runs, tmp_path / 'again', progress=False)
    (tmp_path / 'file').touch()
    margins = retrain(train, runs, tmp_path / 'again', progress=False)
    np.testing.assert_array_equal(margins, np.ones((3, 2)))


def test_rerun_on_the_cluster(cluster, notes):  # noqa: F811
    """A post that fails is named, the other is saved and not run again."""
    check_rerun(notes, '--executor', 'ray', '--address', cluster.address)


class Counting(RayExecutor):
    """Write down the name of each function that is called."""

    def submit(self, ticket, function, arguments):
        with open('log.txt', 'a') as log:
            log.write(f'{function.__name__}\n')
        super().submit(ticket, function, arguments)


def test_the_driver_dies(cluster, alone, tmp_path):
    """It is started again: five pieces of features, none of them twice."""
    script = f"""
from pathlib import Path
from test_jobs import Counting, attribution

print(attribution(Path('work'), Counting({cluster.address!r}, threads=1)))
"""
    log = tmp_path / 'log.txt'
    log.touch()

    def drive():
        command = [sys.executable, '-c', script]
        return subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )

    first = drive()
    while len(log.read_text().split()) < 7:
        assert first.poll() is None
        time.sleep(0.02)
    first.kill()
    first.wait()
    assert drive().communicate()[0].strip() == alone['attribution']
    counts = Counter(log.read_text().split())
    assert counts.pop('_piece_features') == 5
    assert 4 <= counts.total() <= 4 + 2, 'two were in flight'


def test_a_node_dies(cluster, alone, tmp_path):
    """It dies with a piece on it, which another node does again."""

    class KillsANode(RayExecutor):
        """Remove the second node when the sixth outcome arrives."""

        n_outcomes = 0

        def wait(self, timeout):
            outcomes = super().wait(timeout)
            self.n_outcomes += len(outcomes)
            if self.n_outcomes >= 6 and cluster.second:
                cluster.remove_node(cluster.second)
                cluster.second = None
            return outcomes

    executor = KillsANode(cluster.address, threads=1)
    assert attribution(tmp_path, executor) == alone['attribution']
    executor.close()
    assert cluster.second is None
