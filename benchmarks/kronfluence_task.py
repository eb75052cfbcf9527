"""How kronfluence classifies: what the benchmarks of attribution share."""

import torch
import torch.nn.functional as F
from kronfluence.task import Task

from promptlab.gradients import margin


class Classify(Task):
    """Classify by a module that gives logits of token ids, token types and a mask."""

    def compute_train_loss(self, batch, model, sample=False):
        """Return the loss, of drawn labels for the Fisher matrix."""
        logits, labels = model(*batch[:3]), batch[3]
        if sample:
            labels = torch.multinomial(logits.detach().softmax(-1), 1).flatten()
        return F.cross_entropy(logits, labels, reduction='sum')

    def compute_measurement(self, batch, model):
        """Return what is explained, negated as a loss is."""
        return -margin(model(*batch[:3]), batch[3]).sum()


class ClassifyTokens(Classify):
    """The same, where the layers work on tokens, some of which are padding."""

    def get_attention_mask(self, batch):
        """Return which tokens count."""
        return batch[2]
