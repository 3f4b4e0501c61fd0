"""open_clip: pictures and words in one space, from weights in a folder.

The folder is laid out as on the model hub (`open_clip_config.json`, `open_clip_model.safetensors`, and a tokenizer
where the model does not use open_clip's own); `local-dir:` reads it without network. Used by the studio process; reads
the given folder, nothing else. Pictures are prepared here with Pillow exactly as open_clip's own transform does, but
without a tensor for each step, and go through the network in fixed batches: what a picture's vector is does not depend
on its company. Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from models.encoders.batches import in_full_batches
from models.encoders.spec import unit_rows
from models.encoders.trained import refuse_collapsed, refuse_untrained
from models.encoders.trial_inputs import trial_frames
from models.encoders.weights import FOREIGN, WeightsError, refuse_pickles, space_of
from models.encoders.word_tower import WordTower
from models.torchvision_import import allow_torchvision
from models.types import F32, U8, EncoderId, Frame, Modality

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
VERSION = 1
BATCH = 16
SMALLEST = 1
"""Pixels of the shorter side below which there is nothing to see."""
LONGEST = 8
"""How many times longer than wide a picture may be; of a longer one the middle is looked at."""
FLAT_LEVELS = 2
"""A picture whose channels all span fewer levels is one flat colour: it says nothing."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a picture becomes the network's input: squared to `side` pixels, then normalised by channel."""

    side: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    mode: str
    resampling: Image.Resampling

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Preparation:
        """From open_clip's `preprocess_cfg`. Raises WeightsError on what is not known here."""
        size = found.get("size", 224)
        side = int(size if isinstance(size, int) else size[0])
        mode, resampling = str(found.get("resize_mode", "shortest")), str(found.get("interpolation", "bicubic"))
        if mode not in ("shortest", "squash") or resampling not in ("bicubic", "bilinear"):
            raise WeightsError(f"pictures would have to be prepared in an unknown way: {mode}, {resampling}")
        how = Image.Resampling.BICUBIC if resampling == "bicubic" else Image.Resampling.BILINEAR
        red, green, blue = (float(value) for value in found["mean"])
        spread = [float(value) for value in found["std"]]
        return cls(side, (red, green, blue), (spread[0], spread[1], spread[2]), mode, how)

    def apply(self, frame: Frame) -> F32:
        """One picture as float32 `(3, side, side)`."""
        picture = _middle(Image.fromarray(frame.pixels))
        width, height = picture.size
        side = self.side
        if self.mode == "squash":
            size = side, side
        else:  # as torchvision: the shorter side is met exactly, the longer one rounded down
            size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
        picture = picture.resize(size, self.resampling)
        left, top = round((size[0] - side) / 2.0), round((size[1] - side) / 2.0)
        pixels = np.asarray(picture.crop((left, top, left + side, top + side)), np.float32) / np.float32(255)
        normal = (pixels - np.array(self.mean, np.float32)) / np.array(self.deviation, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1))


class ClipEncoder:
    """Encoder[Frame] that also places words in its space (`encode_words`)."""

    def __init__(
        self,
        folder: Path,
        digests: Mapping[str, str],
        name: str,
        *,
        device: str = "cpu",
        half: bool = False,
        accept_untrained: bool = False,
    ) -> None:
        """Load what `verify` has let pass. `half` sees and reads in bfloat16, for processors that count faster in it.
        `digests`: of the files the vectors depend on, which name the space. `accept_untrained` lets tests run the
        arithmetic of networks they made themselves; nothing else sets it.

        Raises WeightsError where the folder does not hold a trained model of open_clip's.
        """
        refuse_pickles(folder)
        network, tokenizer, self._preparation = _load(folder)
        if not accept_untrained:
            refuse_untrained(network)
        self._device = torch.device(device)
        self._kind = torch.bfloat16 if half else torch.float32
        network = network.to(self._device, self._kind).eval()
        self._words, self._tokenizer = WordTower(network), tokenizer
        self._sight = network.visual
        self._id = space_of(name, VERSION, digests, repr(self._preparation))
        side = self._preparation.side
        self._dimension = int(self._see(np.zeros((1, 3, side, side), np.float32)).shape[1])
        if not accept_untrained:
            refuse_collapsed(self.encode(trial_frames()))

    @property
    def id(self) -> EncoderId:
        return self._id

    @property
    def modality(self) -> Modality:
        return Modality.IMAGE

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, inputs: Sequence[Frame]) -> F32:
        """Encode `n` pictures: float32 `(n, dimension)`, rows of unit length, or zero for a picture of nothing."""
        seen = [at for at, frame in enumerate(inputs) if not _says_nothing(frame)]
        return in_full_batches(
            len(inputs), self._dimension, seen, BATCH, lambda at: self._preparation.apply(inputs[at]), self._see
        )

    def encode_words(self, texts: Sequence[str]) -> F32:
        """Place `n` texts in the space of the pictures: float32 `(n, dimension)`; zero for a text without a word."""
        out = np.zeros((len(texts), self._dimension), np.float32)
        for at, text in enumerate(texts):
            if text.strip():
                with torch.inference_mode():
                    tokens = self._tokenizer([text]).to(self._device)
                    out[at] = unit_rows(self._words.read(tokens).float().cpu().numpy())[0]
        return out

    def _see(self, batch: F32) -> F32:
        with torch.inference_mode():
            found = self._sight(torch.from_numpy(batch).to(self._device, self._kind))
            return np.asarray(found.float().cpu().numpy(), np.float32)


def _middle(picture: Image.Image) -> Image.Image:
    """A strip's middle: resized whole, one of 1 x 4000 pixels would take gigabytes, for the same square in the end."""
    width, height = picture.size
    across, down = min(width, LONGEST * height), min(height, LONGEST * width)
    if (across, down) == (width, height):
        return picture
    left, top = (width - across) // 2, (height - down) // 2
    return picture.crop((left, top, left + across, top + down))


def _says_nothing(frame: Frame) -> bool:
    pixels = frame.pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError("a Frame is uint8 pixels of shape (height, width, 3)")
    if min(pixels.shape[:2]) < SMALLEST:
        return True
    # Nearly every picture shows in a few of its pixels that it is not flat: all are only asked where those do not.
    return _flat(pixels[::16, ::16]) and _flat(pixels)


def _flat(pixels: U8) -> bool:
    rows = pixels.reshape(-1, 3)
    return bool((rows.max(axis=0).astype(int) - rows.min(axis=0) < FLAT_LEVELS).all())


def _load(folder: Path) -> tuple[Any, Any, Preparation]:
    """The network, its tokenizer and how it wants its pictures. Raises WeightsError."""
    allow_torchvision()
    # Imported here: it takes seconds, and whoever has no such encoder need not wait for it.
    import open_clip

    try:
        told = json.loads((folder / CONFIG).read_text("utf-8"))
        preparation = Preparation.of(told["preprocess_cfg"] | {"size": _side(told["model_cfg"])})
        if not (folder / WEIGHTS).is_file():
            raise WeightsError(f"{WEIGHTS} is missing")
        network = open_clip.create_model(f"local-dir:{folder}", precision="fp32")
        tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    except WeightsError:
        raise
    except FOREIGN as error:
        # Foreign files: what open_clip makes of them can fail in any of these.
        raise WeightsError(f"open_clip cannot read it: {error}") from error
    return network, tokenizer, preparation


def _side(model: Mapping[str, Any]) -> int:
    size = model["vision_cfg"].get("image_size", 224)
    return int(size if isinstance(size, int) else size[0])
