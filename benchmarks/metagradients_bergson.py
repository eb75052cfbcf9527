"""Compare metagradients with those of bergson's MAGIC, on the same training run.

    python benchmarks/metagradients_bergson.py [--results results] [--targets 4]

The run is that of `benchmarks/metagradients.py` with the bundled model: a prompt with a
linear head, 24 steps of Adam with epsilon inside the root. Bergson follows one target
back at a time; costs are given per target. Needs `benchmarks/bergson-requirements.txt`,
installed with `-c constraints.txt`.
"""

import argparse
import tempfile
import time
from importlib.metadata import version
from types import SimpleNamespace

import metagradients as ours
import torch
import torch.nn.functional as F
import torchopt
from bergson.magic.trainer import BackwardState, Trainer

from promptlab.metagradients import (
    TrainingRun,
    metagradient,
    prompt_logits,
    prompt_margins,
    train_weighted,
)
from promptlab.report import record
from promptlab.testing import relative_error


class PromptModule(torch.nn.Module):
    """A prompt with its head; called with a batch, it returns the weighted loss."""

    def __init__(self, texts, start):
        super().__init__()
        self.texts = texts
        self.embeddings = torch.nn.Parameter(start['embeddings'].clone())
        self.weight = torch.nn.Parameter(start['head.weight'].clone())
        self.bias = torch.nn.Parameter(start['head.bias'].clone())

    def state(self) -> dict[str, torch.Tensor]:
        """Return what `prompt_logits` takes: one run."""
        named = {'embeddings': self.embeddings, 'head.weight': self.weight}
        named |= {'head.bias': self.bias}
        return {name: tensor[None] for name, tensor in named.items()}

    def forward(self, input_ids, example_weight):
        """Return the loss; a row of `input_ids` holds the position of a text."""
        positions = input_ids[:, 0]
        logits = prompt_logits(self.texts, self.state(), positions.tolist())[0]
        labels = self.texts.labels[positions]
        losses = F.cross_entropy(logits, labels, reduction='none')
        return SimpleNamespace(loss=(losses * example_weight).sum() / len(positions))


class Batches:
    """The batches of a run, as bergson reads them."""

    device = torch.device('cpu')

    def __init__(self, run: TrainingRun):
        self.positions = [torch.as_tensor(batch) for _, batch in run.batches]
        self.weights = torch.nn.Parameter(torch.ones(run.n_texts))

    def __len__(self):
        return len(self.positions)

    def __getitem__(self, number):
        own = self.positions[number]
        ids = torch.stack([own, own], 1)
        return {'input_ids': ids, 'example_weight': self.weights[own]}

    def __iter__(self):
        return (self[number] for number in range(len(self)))

    @property
    def requires_grad(self):
        """Whether weights are differentiated."""
        return self.weights.requires_grad

    @requires_grad.setter
    def requires_grad(self, value):
        self.weights.requires_grad = value


def bergson_scores(task: dict, n_targets: int) -> dict:
    """Train and differentiate by bergson; return scores, margins and CPU seconds."""
    run, texts = ours.make_run(task, 0, ours.SMOOTH), ours.texts_of(task, 'train')
    measure = prompt_margins(ours.texts_of(task, 'validation'))
    n_steps = len(run.batches)
    rates = task['lr'] * (1 - torch.arange(n_steps) / n_steps)
    adam = torchopt.adam(
        lambda count: rates[int(count)],
        eps=0.0,
        eps_root=1e-2,
        moment_requires_grad=True,
    )
    module, data = PromptModule(texts, run.start), Batches(run)
    trainer, state = Trainer.initialize(module, adam)
    scores, seconds = [], {'training': 0.0, 'metagradient': []}
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        final = trainer.train(state, data, save_dir=folder)
        seconds['training'] = time.process_time() - begun
        for target in range(n_targets):
            begun = time.process_time()
            end = final.to('cpu').detach_()
            with end.activate(module) as parameters:
                values = measure(module.state())[0]
                found = torch.autograd.grad(values[target], list(parameters.values()))
            moments = end.differentiable_tensors()[len(parameters) :]
            first = BackwardState(
                dict(zip(parameters, found, strict=True)),
                [torch.zeros_like(moment) for moment in moments],
                torch.zeros(run.n_texts),
            )
            back = trainer.backward(folder, data, first, end, cleanup=False)
            scores.append(back.weight_grads.detach())
            seconds['metagradient'].append(time.process_time() - begun)
    return {'scores': torch.stack(scores, 1), 'margins': values, 'seconds': seconds}


def our_scores(task: dict, n_targets: int) -> dict:
    """The same by promptlab, all targets together."""
    run = ours.make_run(task, 0, ours.SMOOTH)
    margins = prompt_margins(ours.texts_of(task, 'validation'))

    def measure(state):
        return margins(state)[:, :n_targets]

    begun = time.process_time()
    train_weighted(run, measure)
    trained = time.process_time()
    found = metagradient(run, measure)
    seconds = {'training': trained - begun}
    seconds['metagradient'] = time.process_time() - trained
    return {'scores': found.scores[0], 'margins': found.values[0], 'seconds': seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--data', default='emotion')
    parser.add_argument('--targets', type=int, default=4)
    parser.add_argument('--results', help='folder of the ledger; by default none')
    options = parser.parse_args()
    torch.set_num_threads(1)
    task = {'model': 'tiny', 'data': options.data, 'seed': 2} | ours.TASKS['tiny']
    mine, theirs = (
        our_scores(task, options.targets),
        bergson_scores(task, options.targets),
    )
    measured = {
        'bergson': version('bergson'),
        'relative difference of scores': relative_error(
            theirs['scores'], mine['scores']
        ),
        'CPU seconds': {
            'promptlab, training run': mine['seconds']['training'],
            'promptlab, per target': mine['seconds']['metagradient'] / options.targets,
            'bergson, training run': theirs['seconds']['training'],
            'bergson, per target': sum(theirs['seconds']['metagradient'])
            / options.targets,
        },
    }
    print(measured)
    if options.results:
        command = 'python benchmarks/metagradients_bergson.py'
        facts = {'command': command, 'device': 'cpu', 'threads': 1, 'dtype': 'float32'}
        facts['n_targets'] = options.targets
        record('metagradients-bergson', measured, options.results, **(task | facts))


if __name__ == '__main__':
    main()
