"""Long work that is killed anywhere, or done by four at once, ends with the same bits.

`PROMPTLAB_KILLS=500 pytest tests/test_kills.py` is the slow version.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get('PROMPTLAB_KILLS', 64))
ROUNDS = 20 if KILLS < 500 else 160
SCRIPT = Path(__file__).with_name('kills.py')
WORK = ['prompts', 'kv_caches', 'finetuning', 'pretraining']
WORK += ['probing', 'attribution', 'retraining', 'jobs']


@pytest.fixture(scope='module')
def table():
    command = [sys.executable, SCRIPT, '--kills', KILLS, '--rounds', ROUNDS]
    environment = os.environ | {'OMP_NUM_THREADS': '1'}
    run = subprocess.run(
        map(str, command), env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_all_work_was_killed_and_shared(table):
    assert [row['work'] for row in table] == WORK
    assert sum(row['kills'] for row in table) >= KILLS
    assert sum(row['rounds'] for row in table) == ROUNDS


@pytest.mark.parametrize('way', ['time', 'operation', 'size'])
def test_each_way_to_die_was_tried_on_all_work(table, way):
    assert all(row[way] >= 2 for row in table), table
