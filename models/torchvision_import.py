"""Makes torchvision importable beside a CPU build of torch, for the libraries that import it without need.

Called before transformers or open_clip are imported. PyPI's wheel of torchvision fails there, because its compiled
operators need CUDA's libraries: two of their schemas are all its import asks for. No operator is replaced, so whoever
really calls one still gets torchvision's own error.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def allow_torchvision() -> torch.library.Library | None:
    """Define the two schemas where torchvision's operators cannot be loaded; None where nothing had to be done.

    What is returned must be kept, or the schemas go with it: the cache does.
    """
    found = find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    try:
        for library in Path(found.origin).parent.glob("_C*"):
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
            return None
    except OSError:
        pass  # made for CUDA: the schemas stand in
    made = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        made.define(schema)  # type: ignore[no-untyped-call]
    return made
