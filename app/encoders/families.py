"""The families of learned encoders: how each lies in a folder, and which kind of input it takes.

One line each; whoever reads files, lists encoders or loads them asks here. The code that encodes is in
`models/encoders/`, one file a family, and `loading` knows which. Values only: no torch, no network.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.encoders.catalogue import Family, KnownEncoder
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


TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
"""What of a tokenizer's files a repository may hold; all that are there belong to the encoder."""

FAMILIES = {
    Family.CLIP: Layout(
        Modality.IMAGE, "open_clip_model.safetensors", "open_clip_pytorch_model.bin", ("open_clip_config.json",)
    ),
    Family.CLAP: Layout(
        Modality.AUDIO, "model.safetensors", "pytorch_model.bin", ("config.json", "preprocessor_config.json"), "clap"
    ),
}


def files_of(known: KnownEncoder) -> tuple[str, ...]:
    """The files without which an encoder is none, for whoever fetches them by hand; the weights last.

    Where it is not known in which form the weights are there, both are named in one.
    """
    layout = FAMILIES[known.family]
    there = [file.name for file in known.files if file.name in (layout.weights, layout.archive)]
    return (*layout.needed, *(there or [f"{layout.weights} / {layout.archive}"]))
