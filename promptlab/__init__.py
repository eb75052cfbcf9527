"""Small, measured interventions on frozen language models.

The names that are used most can be imported from here: `from promptlab import load, train`.
Each is looked up in its module when it is first asked for (PEP 562), so that `import
promptlab` itself takes 3 ms and loads neither torch nor transformers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .calibrators import CalibratedClassifier as CalibratedClassifier
    from .calibrators import Temperature as Temperature
    from .data import load as load
    from .estimator import PromptClassifier as PromptClassifier
    from .experiments import RunExperiments as RunExperiments
    from .influence import attribute as attribute
    from .lm import FrozenLM as FrozenLM
    from .losses import separability as separability
    from .metrics import bootstrap as bootstrap
    from .metrics import calibration_metrics as calibration_metrics
    from .prompt import TrainedPrompt as TrainedPrompt
    from .prompt import train as train
    from .prompt import train_many as train_many

_MODULES = {
    'CalibratedClassifier': 'calibrators',
    'FrozenLM': 'lm',
    'PromptClassifier': 'estimator',
    'RunExperiments': 'experiments',
    'Temperature': 'calibrators',
    'TrainedPrompt': 'prompt',
    'attribute': 'influence',
    'bootstrap': 'metrics',
    'calibration_metrics': 'metrics',
    'load': 'data',
    'separability': 'losses',
    'train': 'prompt',
    'train_many': 'prompt',
}


def __getattr__(name: str) -> Any:
    """Import a name of the list above when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'.{_MODULES[name]}', __name__), name)


def __dir__() -> list[str]:
    """List these names beside the modules that have been imported."""
    return sorted({*globals(), *_MODULES})
