"""Ctrl-C and SIGTERM end a command with a sentence; given again, it goes on.

What must hold afterwards is the same as without: the result, bit for bit.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('interrupts.py')
WORK = ['train', 'probe', 'probe, processes']
WORK += ['attribute', 'attribute, processes', 'calibrate']


@pytest.fixture(scope='module')
def rows():
    environment = os.environ | {'OMP_NUM_THREADS': '1'}
    command = [sys.executable, SCRIPT]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    rows = [json.loads(line) for line in run.stdout.splitlines() if line[0] == '{']
    return {row['work']: row for row in rows}


@pytest.mark.parametrize('work', WORK)
def test_interrupted_and_given_again(rows, work):
    row = rows[work]
    code = 130 if row['signal'] == 'SIGINT' else 143
    assert row['codes'] == [0, code, 0]
    (said,) = row['said']
    assert said.startswith('interrupted')
    assert 'the same command' in said
    assert row['left'] == []
    assert row['equal']
