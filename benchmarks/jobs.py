"""Measure what working through a list of jobs costs, and how it scales.

    python benchmarks/jobs.py [--record results] [--parts overhead speed-up ...]
        [--executors serial processes ray]

- overhead: time per piece beyond the piece itself, for pieces that do next to nothing
- speed-up: two processes, and two workers of Ray, over one, for pieces of a second
- ray: seconds until a cluster on this machine has returned its first result
- memory: of a worker, empty and with the bundled model
- nodes: pieces on two nodes of one CPU, the second of which is killed in the middle

The record says how busy the machine was besides: `load` is the load average before the
start. Needs `pip install ray`.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import torch
from threadpoolctl import threadpool_limits

from promptlab.files import read_json
from promptlab.jobs import Job, ProcessExecutor, RayExecutor, SerialExecutor, run_jobs
from promptlab.lm import get_lm
from promptlab.report import record

# The pieces


def little(number):
    """Do next to nothing."""
    return {'number': number}


def second(number, n_loops):
    """Multiply small matrices for about a second, in one thread."""
    matrix = np.random.default_rng(number).normal(size=(64, 64)) / 8
    product = matrix
    for _ in range(n_loops):
        product = np.tanh(product @ matrix)
    return product


def memory(number, model=None):
    """Return the bytes that this process alone holds, perhaps with a model."""
    if model:
        get_lm(model)
    time.sleep(0.5)  # so that each worker gets one
    return {'pid': os.getpid(), 'bytes': psutil.Process().memory_full_info().uss}


def waiting(number, seconds):
    """Wait, and say when and where."""
    import ray

    started = time.time()
    time.sleep(seconds)
    node = ray.get_runtime_context().get_node_id()
    return {'started': started, 'ended': time.time(), 'node': node}


def work(function, settings, executor):
    """Run a job for each dict of settings in a new folder; return seconds, results."""
    jobs = [Job(str(number), function, own) for number, own in enumerate(settings)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        results = run_jobs(jobs, folder, executor, progress=False)
        return time.perf_counter() - started, results


def numbered(n_jobs, **settings):
    return [{'number': number} | settings for number in range(n_jobs)]


# The parts


def measure_overhead(executors, n_jobs=50):
    """Return milliseconds per piece, the best of many lists, workers being warm."""
    milliseconds = {}
    for name, executor in executors.items():
        work(little, numbered(4), executor)
        seconds = [work(little, numbered(n_jobs), executor)[0] for _ in range(15)]
        milliseconds[name] = 1000 * min(seconds) / n_jobs
    return milliseconds


def measure_speed_up(executors, n_jobs=8):
    """Return the seconds of each executor, and how much faster than serial it is."""
    started = time.perf_counter()
    second(0, 2000)
    n_loops = int(2000 / (time.perf_counter() - started))
    seconds = {}
    for name, executor in executors.items():
        work(second, numbered(2, n_loops=1), executor)
        settings = numbered(n_jobs, n_loops=n_loops)
        seconds[name] = min(work(second, settings, executor)[0] for _ in range(2))
    factors = {name: seconds['serial'] / value for name, value in seconds.items()}
    piece = seconds['serial'] / n_jobs
    return {'seconds per piece': piece, 'seconds': seconds, 'speed-up': factors}


def measure_memory(executors):
    """Return MiB per worker, before and after it has loaded the bundled model."""
    found = {}
    for name in executors.keys() - {'serial'}:
        for state, model in (('empty', None), ('with the bundled model', 'tiny')):
            _, results = work(memory, numbered(4, model=model), executors[name])
            sizes = [result['bytes'] / 2**20 for result in results]
            found[f'{name}, {state}'] = float(np.median(sizes))
    return found


def measure_ray_start():
    """Return seconds until Ray runs, and until it has returned a first result."""
    started = time.perf_counter()
    executor = RayExecutor(threads=1)
    running = time.perf_counter() - started
    work(little, numbered(1), executor)
    first = time.perf_counter() - started
    executor.close()
    return {'running': running, 'first result': first}


class KillsANode(RayExecutor):
    """Kill the second node of a cluster of two after some outcomes."""

    def __init__(self, cluster, after):
        super().__init__(cluster.address, threads=1)
        self.cluster, self.left, self.killed = cluster, after, None

    def wait(self, timeout):
        outcomes = super().wait(timeout)
        self.left -= len(outcomes)
        if self.left <= 0 and self.killed is None:
            time.sleep(0.3)  # in the middle of a piece
            self.killed = time.time()
            self.cluster.remove_node(self.cluster.list_all_nodes()[1])
        return outcomes


def measure_nodes(n_jobs=16):
    """Return when each piece began and ended on two nodes, of which one is killed."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 1})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    seconds = np.random.default_rng(0).lognormal(0, 0.5, n_jobs).round(3).tolist()
    settings = [{'number': i, 'seconds': s} for i, s in enumerate(seconds)]
    executor = KillsANode(cluster, after=5)
    work(waiting, numbered(4, seconds=0.5), RayExecutor(cluster.address, threads=1))
    began = time.time()
    makespan, results = work(waiting, settings, executor)
    executor.close()
    cluster.shutdown()
    nodes = list(dict.fromkeys(result['node'] for result in results))
    pieces = [
        {
            'started': result['started'] - began,
            'ended': result['ended'] - began,
            'node': nodes.index(result['node']),
        }
        for result in results
    ]
    killed = executor.killed - began
    return {
        'seconds': seconds,
        'pieces': pieces,
        'killed at': killed,
        'makespan': makespan,
    }


PARTS = ('overhead', 'speed-up', 'memory', 'ray', 'nodes')


MAKE = {
    'serial': SerialExecutor,
    'processes': lambda: ProcessExecutor(2, threads=1),
    'ray': lambda: RayExecutor(threads=1),
}


def measure(parts, names):
    """Return what the parts find."""
    measured = {}
    if {'overhead', 'speed-up', 'memory'} & set(parts):
        executors = {name: MAKE[name]() for name in names}
        if 'overhead' in parts:
            measured['milliseconds per piece'] = measure_overhead(executors)
        if 'speed-up' in parts:
            measured['speed-up of two'] = measure_speed_up(executors)
        if 'memory' in parts:
            measured['MiB per worker'] = measure_memory(executors)
        for executor in executors.values():
            executor.close()
    if 'ray' in parts:
        measured['seconds to start ray'] = measure_ray_start()
    if 'nodes' in parts:
        measured['two nodes'] = measure_nodes()
    return measured


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--record', help='folder of a ledger to write to')
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=PARTS)
    parser.add_argument('--executors', nargs='+', choices=MAKE, default=MAKE)
    args = parser.parse_args()
    load = os.getloadavg()[0]
    torch.set_num_threads(1)
    threadpool_limits(1)
    measured = measure(args.parts, args.executors)
    for name, found in measured.items():
        print(name, found, flush=True)
    if args.record:
        file = Path(args.record) / 'jobs-bench.json'
        if file.exists():  # parts that are left out stay
            before = read_json(file)['measured']
            overhead = 'milliseconds per piece'
            if overhead in measured and overhead in before:
                measured[overhead] = before[overhead] | measured[overhead]
            measured = before | measured
        facts = {'device': f'cpu, {os.cpu_count()} cores', 'threads': 1, 'load': load}
        record('jobs-bench', measured, args.record, seed=0, **facts)


if __name__ == '__main__':
    main()
