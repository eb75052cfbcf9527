"""Measure how long reading a large table takes, and how much memory.

    python benchmarks/reading.py [--rows 1000000] [--record results]

A csv file of short rows (an id, a text of a few words, a label) is read and checked by
`promptlab.data.load` in a process of its own, and by `pandas.read_csv` for comparison,
which guesses types and checks nothing. Memory is the peak of the process while it
reads, less what it holds after its imports.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from promptlab.report import provenance, record

WORDS = ['a', 'film', 'that', 'is', 'warm', 'dull', 'long', 'but', 'never', 'quite']
READERS = {
    'promptlab.data.load': 'from promptlab.data import load as read',
    'pandas.read_csv': 'from pandas import read_csv as read',
}
CHILD = """
import json, sys, threading, time
import psutil
{importing}

def held():
    return psutil.Process().memory_info().rss

def watch():
    while watching:
        samples.append(held())
        time.sleep(0.002)

samples, watching = [held()], True
watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
started, cpu = time.perf_counter(), time.process_time()
table = read(sys.argv[1])
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
watching = False
peak = max(samples) - samples[0]
print(json.dumps(dict(rows=len(table), seconds=seconds, cpu_seconds=cpu, bytes=peak)))
"""


def write_rows(path, n_rows, seed=0):
    """Write a csv file of short rows."""
    rng = random.Random(seed)
    with path.open('w', encoding='utf-8') as file:
        file.write('id,text,label\n')
        for number in range(n_rows):
            text = ' '.join(rng.choices(WORDS, k=rng.randint(3, 12)))
            file.write(f'{number},{text} {number},{rng.choice(["neg", "pos"])}\n')


def read_in_child(path, importing):
    """Read a file in a process of its own, and return what that took."""
    code = CHILD.format(importing=importing)
    environment = os.environ | {'OMP_NUM_THREADS': '1', 'HF_HUB_OFFLINE': '1'}
    command = [sys.executable, '-c', code, str(path)]
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(finished.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--rows', type=int, default=1_000_000)
    parser.add_argument('--repetitions', type=int, default=3, help='the best counts')
    parser.add_argument('--record', help='folder of a ledger to write the table to')
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'rows.csv'
        write_rows(path, args.rows)
        size = path.stat().st_size
        for name, importing in READERS.items():
            runs = [read_in_child(path, importing) for _ in range(args.repetitions)]
            best = min(runs, key=lambda run: run['seconds'])
            times_file = best.pop('bytes') / size
            rows.append({'reader': name, **best, 'memory over file': times_file})
    table = pd.DataFrame(rows)
    print(f'{args.rows:,} rows, {size / 1e6:,.1f} MB\n{table.to_string(index=False)}')
    facts = ', '.join(f'{name} {value}' for name, value in provenance().items())
    print(f'one thread, best of {args.repetitions}; {facts}')
    if args.record:
        about = {'rows': args.rows, 'bytes': size, 'seed': 0, 'device': 'cpu, 1 thread'}
        command = 'python benchmarks/reading.py'
        measured = {'readers': rows}
        record('reading-bench', measured, args.record, command=command, **about)


if __name__ == '__main__':
    main()
