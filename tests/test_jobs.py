"""Jobs on a Ray cluster: equal bits, a node that dies, a driver that dies."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from promptlab import lm
from promptlab.jobs import (
    Job,
    RayExecutor,
    SerialExecutor,
    content_digest,
    list_jobs,
    run_jobs,
)
from promptlab.kvcache import KVCacheStore
from promptlab.lm import get_lm

ray = pytest.importorskip('ray')


def fit(data, seed, log=None, seconds=0.0):
    """Do a little linear algebra on a large shared array."""
    if log:
        with open(log, 'a') as file:
            file.write(f'{seed} ')
    time.sleep(seconds)
    weights = np.random.default_rng(seed).normal(size=data.shape[1])
    return {'seed': seed, 'scores': data @ weights}


def make_jobs(n, **arguments):
    data = np.random.default_rng(0).normal(size=(2000, 30))
    return [
        Job(f'fit {seed}', fit, {'data': data, 'seed': seed, **arguments})
        for seed in range(n)
    ]


@pytest.fixture(scope='module')
def cluster():
    patch = pytest.MonkeyPatch()
    patch.setenv('PYTHONPATH', str(Path(__file__).parent))
    patch.setenv('RAY_worker_niceness', '0')  # 15 starves on a busy machine
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={'num_cpus': 1, 'include_dashboard': False}
    )
    cluster.second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster
    ray.shutdown()
    cluster.shutdown()
    patch.undo()


def test_ray_gives_the_same_bits(cluster, tmp_path):
    jobs = make_jobs(6)
    serial = run_jobs(jobs, tmp_path / 'serial', progress=False)
    executor = RayExecutor(cluster.address, threads=1)
    assert executor.slots == 2
    results = run_jobs(jobs, tmp_path / 'ray', executor, progress=False)
    executor.close()
    assert content_digest(results) == content_digest(serial)


def count_loads(number):
    """Read a text with the bundled model; return how often this worker loaded it."""
    get_lm('tiny', 'cpu').encode([f'text {number}'])
    return {'pid': os.getpid(), 'loads': lm._load_lm.cache_info().misses}


def test_a_worker_loads_a_model_once_and_a_large_argument_travels_once(
    cluster, tmp_path
):
    executor = RayExecutor(cluster.address, threads=1)
    jobs = [Job(f'read {n}', count_loads, {'number': n}) for n in range(6)]
    results = run_jobs(jobs, tmp_path / 'loads', executor, progress=False)
    assert {result['loads'] for result in results} == {1}
    assert len({result['pid'] for result in results}) < len(results)
    run_jobs(make_jobs(6), tmp_path / 'fits', executor, progress=False)
    assert len(executor._shared) == 1
    executor.close()


def test_ray_fills_kv_caches_with_the_same_bits(cluster, tmp_path, monkeypatch):
    executor = RayExecutor(cluster.address, threads=1)
    texts = [' '.join(['a', 'fine', 'film'] * n) for n in range(1, 9)]
    digests = set()
    for name, where in {'here': SerialExecutor(1), 'ray': executor}.items():
        monkeypatch.setenv('PROMPTLAB_CACHE', str(tmp_path / name))
        tiny = get_lm('tiny', 'cpu')
        store = KVCacheStore(tiny, tiny.encode(texts), {'disk': '1GiB'})
        store.fill(2, progress=False, executor=where)
        digests.add(content_digest(list(store.batch(range(8)))))
    executor.close()
    assert len(digests) == 1


def test_the_driver_dies(cluster, tmp_path):
    script = f"""
from test_jobs import make_jobs
from promptlab.jobs import RayExecutor, content_digest, run_jobs

jobs = make_jobs(6, log={str(tmp_path / 'log.txt')!r}, seconds=0.5)
executor = RayExecutor({cluster.address!r}, threads=1)
print(content_digest(run_jobs(jobs, 'results', executor, progress=False)))
"""

    def drive():
        command = [sys.executable, '-c', script]
        return subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )

    first = drive()
    while len(list((tmp_path / 'results').glob('*.safetensors'))) < 2:
        assert first.poll() is None
        time.sleep(0.05)
    first.kill()
    first.wait()
    done = list_jobs(tmp_path / 'results').query('state == "done"')
    times_done = {key: file_time(tmp_path, key) for key in done.key}
    assert len(drive().communicate()[0].strip()) == 32
    table = list_jobs(tmp_path / 'results')
    assert set(table.state) == {'done'} and len(table) == 6
    for key, time_done in times_done.items():
        assert file_time(tmp_path, key) == time_done, 'a finished job was done again'


def file_time(folder, key):
    return (folder / 'results' / f'{key}.safetensors').stat().st_mtime_ns


def test_a_node_dies(cluster, tmp_path):
    jobs = make_jobs(8, seconds=0.5)
    executor = RayExecutor(cluster.address, threads=1)

    class KillsANode(RayExecutor):
        """Remove the second node when the third outcome arrives."""

        n_outcomes = 0

        def __init__(self):
            vars(self).update(vars(executor))

        def wait(self, timeout):
            outcomes = super().wait(timeout)
            self.n_outcomes += len(outcomes)
            if self.n_outcomes >= 3 and cluster.second:
                cluster.remove_node(cluster.second)
                cluster.second = None
            return outcomes

    results = run_jobs(jobs, tmp_path / 'ray', KillsANode(), progress=False)
    executor.close()
    assert cluster.second is None
    serial = run_jobs(jobs, tmp_path / 'serial', progress=False)
    assert content_digest(results) == content_digest(serial)
