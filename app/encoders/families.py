"""The families of learned encoders: how each lies in a folder, and which kind of input it takes.

One line each; whoever reads files, lists encoders or loads them asks here. The code that encodes is in
`models/encoders/`, one file a family, and `loading` knows which. Values only: no torch, no network.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.encoders.catalogue import Family
from models.types import Modality


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a family, named as on the model hub.

    `archive` is what torch pickled, which is read as numbers and kept as `weights`. `needed` are the files without
    which it cannot be loaded. `model_type` is what its config.json calls itself, "" where the first needed file is
    found nowhere else.
    """

    modality: Modality
    weights: str
    archive: str
    needed: tuple[str, ...]
    model_type: str = ""


FAMILIES = {
    Family.CLIP: Layout(
        Modality.IMAGE, "open_clip_model.safetensors", "open_clip_pytorch_model.bin", ("open_clip_config.json",)
    ),
    Family.CLAP: Layout(
        Modality.AUDIO, "model.safetensors", "pytorch_model.bin", ("config.json", "preprocessor_config.json"), "clap"
    ),
}
