"""Word encoders by plain arithmetic, and how a profile comes to have them: colours for pictures, pitches for sounds.

NOT learned ones: they stand where only the way of the vectors is the subject (who encodes when, what is stored, what a
kill leaves), so that no network has to be loaded. What networks make of pictures and words is tested with
`miniature.py`.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from app.encoders.catalogue import Family, slug
from app.encoders.installed import Installed, InstalledFile, Tried, Vouched, write
from app.encoders.loading import Loaded
from app.errors import ModelError
from app.paths import Profile
from models.encoders.device import processor
from models.types import F32, Clip, EncoderId, Frame, Modality

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
HEIGHTS = {"low": 4, "high": 20}
DIMENSIONS = {Modality.IMAGE: 3, Modality.AUDIO: 24}
BOTH = ("Plain Colours", Family.CLIP), ("Plain Pitches", Family.CLAP)


class PlainEncoder:
    """WordEncoder: of a picture its mean colour, of a sound its loudest octaves. `calls`: inputs of each call."""

    def __init__(self, space: str, modality: Modality) -> None:
        self.id, self.modality = EncoderId.parse(space), modality
        self.dimension = DIMENSIONS[modality]
        self.calls: list[int] = []
        self.before: Callable[[Sequence[Any]], None] = lambda inputs: None

    def encode(self, inputs: Sequence[Any]) -> F32:
        self.before(inputs)
        self.calls.append(len(inputs))
        of: Any = _colour if self.modality is Modality.IMAGE else _pitches
        return np.stack([_unit(of(one)) for one in inputs])

    def encode_words(self, texts: Sequence[str]) -> F32:
        return np.stack([_unit(self._meant(text.split())) for text in texts])

    def _meant(self, words: Sequence[str]) -> F32:
        if self.modality is Modality.IMAGE:
            return np.sum([COLOURS.get(word, (0, 0, 0)) for word in words], axis=0, dtype=np.float32)
        rows = np.eye(self.dimension, dtype=np.float32)
        return np.sum([rows[0] * 0, *(rows[HEIGHTS[word]] for word in words if word in HEIGHTS)], axis=0)


class PlainEncoders:
    """Loads them, and tries them out; remembers each that is loaded by its space."""

    def __init__(self) -> None:
        self.loaded: dict[str, PlainEncoder] = {}
        self.loads = 0
        self.trained = True
        self.error: ModelError | None = None
        self.before: Callable[[Sequence[Any]], None] = lambda inputs: None
        self._lock = threading.Lock()

    def load(self, installed: Installed) -> Loaded:
        assert installed.tried is not None
        if self.error is not None:
            raise self.error
        with self._lock:
            self.loads += 1
            encoder = PlainEncoder(installed.tried.space, _modality(installed.family))
            encoder.before = self.before
            self.loaded[installed.tried.space] = encoder
        return Loaded(installed, encoder, processor())

    def try_out(self, installed: Installed) -> tuple[Tried, Loaded | None]:
        tried = tried_of(installed, trained=self.trained)
        return tried, self.load(replace(installed, tried=tried)) if self.trained else None


def install(profile: Profile, name: str, family: Family, version: str = "") -> str:
    """Put one onto the profile's shelf, tried; its space. Another `version` has another space."""
    folder = profile.encoders / slug(name)
    folder.mkdir(parents=True, exist_ok=True)
    weights = f"{name} {version}".encode()
    (folder / "model.safetensors").write_bytes(weights)
    file = InstalledFile("model.safetensors", len(weights), hashlib.sha256(weights).hexdigest(), Vouched.OWNER)
    made = Installed(name, family, folder, "", "", "MIT", "hand", 1.0, (file,))
    tried = tried_of(made)
    write(replace(made, tried=tried))
    return tried.space


def tried_of(installed: Installed, *, trained: bool = True) -> Tried:
    """What trying one gives."""
    modality = _modality(installed.family)
    space = str(EncoderId(installed.slug, 1, installed.files[-1].sha256[:16]))
    said = "Behaves as trained." if trained else "Does not behave as trained."
    return Tried("here", False, 100.0, 1, 1.0, DIMENSIONS[modality], space, trained, said, 9, 10, 0.1, 1.0)


def give_folder(folder: Path, family: Family, marked: str = "") -> Path:
    """A folder as the hub lays it out, for such an encoder to be installed from."""
    folder.mkdir(parents=True)
    if family is Family.CLIP:
        (folder / "open_clip_config.json").write_text("{}")
        (folder / "open_clip_model.safetensors").write_bytes(f"colours {marked}".encode())
    else:
        (folder / "config.json").write_text('{"model_type": "clap"}')
        (folder / "preprocessor_config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(f"pitches {marked}".encode())
    return folder


def write_film(path: Path, colours: Sequence[str], seconds: float = 2.0, *, side: int = 64) -> Path:
    """A film without sound that shows one colour after the other, each as a lively pattern, `seconds` each."""
    rng = np.random.default_rng(3)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 2_000_000
        for colour in colours:
            light = np.array(COLOURS[colour]) * 170 + 40
            for _ in range(int(10 * seconds)):
                cells = np.kron(rng.uniform(0.7, 1.1, (8, 8, 1)), np.ones((side // 8, side // 8, 1)))
                frame = av.VideoFrame.from_ndarray(np.clip(cells * light, 0, 255).astype(np.uint8), format="rgb24")
                file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return path


def _modality(family: Family) -> Modality:
    return Modality.IMAGE if family is Family.CLIP else Modality.AUDIO


def _colour(frame: Frame) -> F32:
    mean = frame.pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64) / 255
    return np.asarray(mean - mean.min(), np.float32)


def _pitches(clip: Clip) -> F32:
    spectrum = np.abs(np.fft.rfft(clip.samples[: clip.rate]))
    edges = np.unique(np.geomspace(40, len(spectrum) - 1, DIMENSIONS[Modality.AUDIO] + 1).astype(int))
    return np.array([spectrum[low:high].sum() for low, high in itertools.pairwise(edges)], np.float32)


def _unit(vector: F32) -> F32:
    norm = float(np.linalg.norm(vector))
    return np.asarray(vector / norm, np.float32) if norm > 1e-6 else np.zeros_like(vector)
