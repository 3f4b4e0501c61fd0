"""Signs that a network was never trained, or that its weights do not belong to it: such an encoder is refused.

An untrained network maps everything to nearly one direction (any two inputs have a cosine of about .95), and its layer
norms all still have the weight 1. At least one published model behaves like that; a search by it returns noise that
looks like an answer. Called when learned encoders are loaded; arrays and modules in, nothing out.
"""

from __future__ import annotations

import numpy as np
import torch

from models.encoders.weights import WeightsError
from models.evaluation.retrieval import mean_cosine
from models.types import F32

MOST_ALIKE = 0.8
"""Mean cosine between inputs that nobody would call alike, above which an encoder is taken for collapsed."""


def refuse_untrained(network: torch.nn.Module) -> None:
    """Raise WeightsError where every layer norm still has the weight it was born with."""
    norms = [part for part in network.modules() if isinstance(part, torch.nn.LayerNorm) and part.weight is not None]
    if norms and all(bool((part.weight == 1).all()) for part in norms):
        raise WeightsError("not trained: all layer norms still have the weight 1")


def refuse_collapsed(vectors: F32) -> None:
    """Raise WeightsError where the vectors `(n, d)` of inputs that differ all point the same way."""
    alike = mean_cosine(vectors)
    if not np.isfinite(vectors).all() or alike > MOST_ALIKE:
        raise WeightsError(f"not trained: inputs that differ get nearly the same vector (mean cosine {alike:.2f})")
