"""open_clip's own list of published models: where one is to be had, and the configuration of one.

Asked when the user names an encoder that is not in our catalogue, or gives a weights file that came alone. Imports
open_clip, nothing else; the list ships with it.
"""

from __future__ import annotations

import json
from typing import Any

from models.encoders.weights import WeightsError
from models.torchvision_import import allow_torchvision


def repository_of(name: str) -> str:
    """The hub's repository of "MODEL/TAG". Raises WeightsError where the list has none, or only a bare address."""
    _, published = _listed(name)
    repo = str(published.get("hf_hub") or "").strip("/")
    if repo.count("/") != 1:
        raise WeightsError(f"open_clip names no repository with safetensors for {name}")
    return repo


def configuration_of(name: str) -> bytes:
    """`open_clip_config.json` of "MODEL/TAG", as open_clip itself writes it. Raises WeightsError."""
    model, published = _listed(name)
    preparation = {key: published[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in published}
    told = {"model_cfg": model, "preprocess_cfg": preparation}
    return json.dumps(told, indent=1, sort_keys=True).encode()


def _listed(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    allow_torchvision()
    # Imported here: it takes seconds.
    import open_clip

    kind, _, tag = name.partition("/")
    model, published = open_clip.get_model_config(kind), open_clip.get_pretrained_cfg(kind, tag)
    if not model or not published:
        raise WeightsError(
            f"open_clip's list has no {name}; it is written MODEL/TAG, as ViT-B-16/datacomp_xl_s13b_b90k"
        )
    return model, published
