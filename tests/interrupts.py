"""Interrupt commands in the middle, and give them again: the results must be the same.

    python tests/interrupts.py [--only NAME ...]

Each command is run to its end once. Then it is started in another folder, gets a signal
at a certain write of a file, and is given again there. A line of JSON per command says
how it ended, what it said, which processes it left, and whether the results are equal.

Commands run in children that are forked from this process, which has loaded everything.
"""

import argparse
import json
import os
import re
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {'CUDA_VISIBLE_DEVICES': '', 'TOKENIZERS_PARALLELISM': 'false'}

import psutil
import torch

from promptlab.cli import main as run_command
from promptlab.files import load_tensors
from promptlab.jobs import content_digest

PROBE = 'probe --limit 40 --folds 3 --layers 1 --tokens 0,0.4 --controls 0 --out run'
TRAIN = 'train linear-head --limit 24 --max-tokens 16 --batch-size 8 --epochs 4'
ATTRIBUTE = (
    'attribute --model ../../prompt --train mini-imdb --targets mini-imdb --limit 24 '
    '--validate 4 --folder run --top 1'
)
ELSEWHERE = ' --executor processes'
# Name: the command, how many files it writes before the signal, the signal, its result.
WORK = {
    'train': (f'{TRAIN} --out run', 2, 'SIGINT', 'run/prompt.safetensors'),
    'probe': (PROBE, 4, 'SIGTERM', 'stdout'),
    'probe, processes': (PROBE + ELSEWHERE, 4, 'SIGINT', 'stdout'),
    'attribute': (ATTRIBUTE, 3, 'SIGTERM', 'stdout'),
    'attribute, processes': (ATTRIBUTE + ELSEWHERE, 3, 'SIGTERM', 'stdout'),
    'calibrate': (
        'calibrate ../../scores.csv --score score --draws 50 --out run',
        1,
        'SIGINT',
        'stdout',
    ),
}


def signal_at(folder, n_writes, number):
    """Send a signal to this process's group when so many files have been written."""
    place, count = str(folder), [0]
    send = os.killpg if number == signal.SIGINT else os.kill  # a terminal asks all

    def watch(event, arguments):
        if event == 'os.rename' and os.path.abspath(arguments[1]).startswith(place):
            count[0] += 1
            if count[0] == n_writes:
                send(os.getpid(), number)

    sys.addaudithook(watch)


def start(command, folder, n_writes=0, number=None):
    """Fork a child that runs a command in a folder; return its number."""
    folder.mkdir(exist_ok=True)
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    os.chdir(folder)
    os.cpu_count = lambda: 2
    for name, descriptor in (('stdout', 1), ('stderr', 2)):
        os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), descriptor)
    if number:
        signal_at(folder, n_writes, number)
    code = 1
    try:
        run_command(shlex.split(command))
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        os._exit(code)


def finish(pid):
    """Wait for a child; return its exit code, and what it has left running."""
    _, status = os.waitpid(pid, 0)
    for _ in range(100):
        left = [process for process in psutil.process_iter() if is_left(process, pid)]
        if not left:
            break
        time.sleep(0.1)
    return os.waitstatus_to_exitcode(status), [process.name() for process in left]


def is_left(process, session):
    """Say whether a process belongs to a session, and is not only waited for."""
    try:
        is_dead = process.status() == psutil.STATUS_ZOMBIE
        return not is_dead and os.getsid(process.pid) == session
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False


def read(file):
    """Return what must be the same in two runs: tensors, or a text."""
    if file.suffix == '.safetensors':
        return content_digest(load_tensors(file))
    return file.read_text()


def interrupt(name, folder):
    """Run, interrupt and repeat a command; return what came of it."""
    command, n_writes, signal_name, result = WORK[name]
    folder.mkdir()
    number = signal.Signals[signal_name]
    codes = [finish(start(command, folder / 'alone'))[0]]
    code, left = finish(start(command, folder / 'run', n_writes, number))
    lines = re.split(r'[\r\n]+', (folder / 'run/stderr').read_text())
    said = [line for line in lines if 'interrupted' in line]
    codes += [code, finish(start(command, folder / 'run'))[0]]
    first, second = (read(folder / place / result) for place in ('alone', 'run'))
    return {
        'work': name,
        'signal': signal_name,
        'codes': codes,
        'said': said,
        'left': left,
        'equal': first == second,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--only', nargs='*', default=WORK, choices=WORK)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        labels = [(n % 10 // 5 + (n % 7 == 0)) % 2 for n in range(60)]
        rows = [f'{n % 10 / 10 + 0.03},{label}' for n, label in enumerate(labels)]
        (folder / 'scores.csv').write_text('\n'.join(['score,label', *rows]))
        os.chdir(folder)
        try:
            run_command(shlex.split(f'{TRAIN} --validation 0 --out prompt'))
        except SystemExit as ended:
            assert not ended.code
        for name in args.only:
            place = folder / name.replace(', ', '-')
            print(json.dumps(interrupt(name, place)), flush=True)


if __name__ == '__main__':
    main()
