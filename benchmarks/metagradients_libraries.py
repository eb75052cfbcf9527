"""Score the texts of a prompt by traker, dattri and kronfluence.

    python benchmarks/metagradients.py --libraries

calls `library_scores`. The libraries are given a module whose parameters are the prompt
and its head. Kronfluence takes linear layers only, so of a prompt it sees the head.
Needs `benchmarks/attribution-requirements.txt`, installed with
`-c benchmarks/attribution-constraints.txt`.
"""

import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import torch
import torch.nn.functional as F
from dattri.algorithm.trak import TRAKAttributor
from dattri.task import AttributionTask
from kronfluence.analyzer import Analyzer, prepare_model
from kronfluence.arguments import FactorArguments, ScoreArguments
from kronfluence_task import Classify
from trak import TRAKer

from promptlab.lm import text_model
from promptlab.metagradients import PromptTexts, prompt_logits
from promptlab.testing import relative_error


def half(rows: list[torch.Tensor]) -> int:
    """Return the size of projections: TRAK's kernel needs more texts than numbers."""
    return len(rows[0]) // 2


class PromptModule(torch.nn.Module):
    """A prompt with its head after texts, as a module that gives logits.

    The language model is no part of it: its weights stay, and no library sees them.
    """

    def __init__(self, lm, embeddings: torch.Tensor, head: torch.nn.Linear):
        super().__init__()
        self.embeddings = torch.nn.Parameter(embeddings.clone())
        self.head = head
        lm.model.config._attn_implementation = 'eager'
        self._frozen = [lm.embed, text_model(lm.model)]

    def forward(self, input_ids, token_type_ids, attention_mask):
        """Return logits of left-padded texts."""
        embed, base = self._frozen
        prompt = self.embeddings.expand(len(input_ids), -1, -1)
        inputs = torch.cat([embed(input_ids), prompt], 1)
        is_text = F.pad(attention_mask, (0, prompt.shape[1]), value=1)
        n_tokens = is_text.shape[1]
        may_see = torch.ones(n_tokens, n_tokens).tril() * is_text[:, None, None]
        hidden = base(
            inputs_embeds=inputs,
            attention_mask=(1 - may_see) * -1e9,
            position_ids=(is_text.cumsum(1) - 1).clamp(min=0),
            use_cache=False,
        ).last_hidden_state
        return self.head(hidden[:, -1])


def left_padded(ids: list[list[int]], labels) -> list[torch.Tensor]:
    """Return ids, token types, mask and labels of texts."""
    longest = max(map(len, ids))
    padded, mask = torch.zeros(2, len(ids), longest, dtype=torch.long)
    for number, row in enumerate(ids):
        padded[number, longest - len(row) :] = torch.tensor(row)
        mask[number, longest - len(row) :] = 1
    return [padded, torch.zeros_like(padded), mask, torch.tensor(np.array(labels))]


def make_module(texts: PromptTexts, final: dict, rows: list) -> PromptModule:
    """Return a trained prompt as a module, checked on its training texts."""
    head = torch.nn.Linear(*reversed(final['head.weight'][0].shape))
    head.weight.data, head.bias.data = final['head.weight'][0], final['head.bias'][0]
    module = PromptModule(texts.lm, final['embeddings'][0], head)
    with torch.no_grad():
        error = relative_error(module(*rows[:3]), prompt_logits(texts, final)[0])
    if error > 1e-3:
        raise ValueError(f'the module differs by {error:.0e} from the prompt.')
    return module


# The libraries


def batches(rows: list[torch.Tensor], size: int = 20):
    """Divide rows into batches."""
    return zip(*(part.split(size) for part in rows), strict=True)


def traker_scores(module, train, targets) -> np.ndarray:
    """Score as in traker's tutorial, in float32."""
    with tempfile.TemporaryDirectory() as folder:
        traker = TRAKer(
            model=module,
            task='text_classification',
            train_set_size=len(train[0]),
            save_dir=folder,
            device='cpu',
            proj_dim=half(train),
            use_half_precision=False,
            logging_level=50,
        )
        traker.projector.free_memory = lambda: None  # it may be called once only
        state = module.state_dict()
        traker.load_checkpoint(state, model_id=0)
        for batch in batches(train):
            traker.featurize(batch=batch, num_samples=len(batch[0]))
        traker.finalize_features()
        traker.start_scoring_checkpoint(
            exp_name='prompt', checkpoint=state, model_id=0, num_targets=len(targets[0])
        )
        for batch in batches(targets):
            traker.score(batch=batch, num_samples=len(batch[0]))
        return np.array(traker.finalize_scores(exp_name='prompt')).astype(float)


def dattri_scores(module, train, targets) -> np.ndarray:
    """Score by dattri's TRAK."""

    def logits_of(parameters, data):
        parts = [part if part.ndim == 2 else part[None] for part in data[:3]]
        return torch.func.functional_call(module, parameters, tuple(parts))

    def output(parameters, data):
        return margin_of(logits_of(parameters, data), data[3].reshape(-1)).sum()

    def probability(parameters, data):
        losses = F.cross_entropy(
            logits_of(parameters, data), data[3].reshape(-1), reduction='none'
        )
        return torch.exp(-losses)

    attributor = TRAKAttributor(
        AttributionTask(output, module, module.state_dict()),
        probability,
        projector_kwargs={
            'proj_dim': half(train),
            'proj_max_batch_size': 32,
            'proj_seed': 0,
            'device': 'cpu',
        },
        regularization=1.0,
    )
    own, asked = (
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*rows), 20)
        for rows in (train, targets)
    )
    attributor.cache(own)
    return attributor.attribute(asked).numpy().astype(float)


def margin_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the margin of two classes, by operations that `vmap` knows."""
    is_own = torch.arange(2) == labels[:, None]
    own, other = (torch.where(mask, logits, 0).sum(1) for mask in (is_own, ~is_own))
    return own - other


def kronfluence_scores(module, train, targets) -> np.ndarray:
    """Score by EK-FAC; of a prompt it sees the head alone."""
    task = Classify()
    own, asked = (torch.utils.data.TensorDataset(*rows) for rows in (train, targets))
    module.embeddings.requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder:
        analyzer = Analyzer(
            'prompt',
            prepare_model(module, task),
            task,
            output_dir=folder,
            cpu=True,
            disable_tqdm=True,
        )
        analyzer.fit_all_factors(
            'factors',
            own,
            per_device_batch_size=20,
            factor_args=FactorArguments(strategy='ekfac'),
        )
        analyzer.compute_pairwise_scores(
            'scores',
            'factors',
            asked,
            own,
            per_device_query_batch_size=20,
            per_device_train_batch_size=20,
            score_args=ScoreArguments(),
        )
        found = analyzer.load_pairwise_scores('scores')['all_modules']
    return found.T.numpy().astype(float)


LIBRARIES: dict[str, Callable] = {
    'traker': traker_scores,
    'dattri': dattri_scores,
    'kronfluence': kronfluence_scores,
}


def library_scores(texts: PromptTexts, final: dict, train, targets) -> dict:
    """Score by every library.

    Parameters
    ----------
    texts : PromptTexts
        Training texts.
    final : dict of str to Tensor
        The trained prompt and its head, as a run of `prompt_run` ends.
    train, targets : pair
        Token ids and labels of texts.

    Returns
    -------
    dict
        `scores` and CPU `seconds`, each by library.
    """
    rows = left_padded(*train), left_padded(*targets)
    scores, seconds = {}, {}
    for name, score in LIBRARIES.items():
        module = make_module(texts, final, rows[0])
        begun = time.process_time()
        title = f'{name} {version(name)}'
        scores[title] = score(module, *rows)
        seconds[title] = time.process_time() - begun
    return {'scores': scores, 'seconds': seconds}
