"""Measure the time and memory that rerunning each post takes.

`python benchmarks/rerun.py [--models tiny smollm2] [--posts POST ...]` writes
`results/rerun.json`, from which `promptlab rerun` says what a run will take. What was
measured before with other models or of other posts stays.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from promptlab.files import read_json
from promptlab.notebooks import find_notebooks
from promptlab.report import record


def cost(post, model):
    """Run a post; return its seconds and the memory of its largest process in GB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(sys.executable).parent / 'promptlab', 'rerun', post]
        start = time.perf_counter()
        process = subprocess.Popen([*command, '--model', model, '--out', folder])
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f'{post} fails with {model}')
    return {'seconds': time.perf_counter() - start, 'GB': usage.ru_maxrss / 1e6}


def main():
    posts = [n for n, path in find_notebooks().items() if path.parent.name == 'posts']
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--models', nargs='+', default=['tiny'])
    parser.add_argument('--posts', nargs='+', default=posts)
    parser.add_argument('--results', default='results')
    arguments = parser.parse_args()
    file = Path(arguments.results) / 'rerun.json'
    measured = read_json(file)['measured'] if file.exists() else {}
    for model in arguments.models:
        for post in arguments.posts:
            measured.setdefault(model, {})[post] = cost(post, model)
            facts = {'model': ', '.join(measured), 'data': 'bundled', 'device': 'cpu'}
            record('rerun', measured, arguments.results, seed=0, **facts)


if __name__ == '__main__':
    main()
