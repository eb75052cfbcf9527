"""Probing on other processes and on a Ray cluster: equal bits to one process."""

import pandas as pd
import pytest
from test_jobs import cluster  # noqa: F401

from promptlab.experiments import RunExperiments
from promptlab.jobs import ProcessExecutor, RayExecutor, SerialExecutor


def numbers(folder, executor):
    """Run a small experiment, and return the numbers that must repeat."""
    run = RunExperiments(
        'mini-imdb',
        [0.4, 'mean'],
        n_folds=3,
        limit=40,
        folder=folder,
        executor=executor,
    )
    ledger = run.run_all(progress=False)
    assert set(ledger.status) == {'ok'}
    ordered = ledger.sort_values(['key', 'fold']).reset_index(drop=True)
    ordered = ordered.drop(columns=['seconds', 'seconds_forward'])
    return ordered.drop(columns=['date', 'commit'])


@pytest.fixture(scope='module')
def serial(tmp_path_factory):
    return numbers(tmp_path_factory.mktemp('serial'), SerialExecutor(threads=1))


def test_processes_give_the_same_bits(serial, tmp_path):
    executor = ProcessExecutor(workers=2, threads=1)
    pd.testing.assert_frame_equal(numbers(tmp_path, executor), serial, check_exact=True)
    executor.close()


def test_ray_gives_the_same_bits(cluster, serial, tmp_path):  # noqa: F811
    executor = RayExecutor(cluster.address, threads=1)
    pd.testing.assert_frame_equal(numbers(tmp_path, executor), serial, check_exact=True)
    executor.close()
