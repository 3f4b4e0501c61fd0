"""Whether the weights in a folder are the ones they are said to be, before anything reads them.

An encoder that has weights is a folder of files, each with its size and SHA-256; the digests go into the EncoderId,
so that vectors made with other weights land in another space. Only safetensors hold weights: nothing here, and nothing
that uses it, unpickles. Called by the studio process; reads the given folder, nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from safetensors import SafetensorError

from models.types import EncoderId

CHUNK = 1 << 20
FORBIDDEN = frozenset((".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5"))
"""Suffixes of weights that are programs as much as numbers, or that no loader of ours reads."""
FOREIGN = (
    OSError, ValueError, LookupError, TypeError, RuntimeError, AttributeError, StopIteration, AssertionError,
    SafetensorError,
)  # fmt: skip
"""What libraries raise over files that are not as they expect: all of it was met with damaged ones."""


class WeightsError(ValueError):
    """Weights cannot be used: missing, damaged, of another kind, or never trained."""


def digest_of(path: Path, progress: Callable[[int], None] = lambda _done: None) -> str:
    """The SHA-256 of a file, hex; `progress` gets the bytes done. Raises OSError."""
    hashed = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            hashed.update(piece)
            done += len(piece)
            progress(done)
    return hashed.hexdigest()


def verify(folder: Path, digests: Mapping[str, str]) -> None:
    """Compare every named file of a folder with its SHA-256 (hex). Raises WeightsError naming the file that differs."""
    for name, wanted in digests.items():
        path = folder / name
        try:
            found = digest_of(path)
        except OSError as error:
            raise WeightsError(f"{name} cannot be read: {error.strerror or error}") from error
        if found != wanted:
            raise WeightsError(
                f"{name} is not the file it should be: its SHA-256 is {found[:12]}..., not {wanted[:12]}..."
            )


def refuse_pickles(folder: Path) -> None:
    """Raise WeightsError where a folder holds weights in a format that can run code when loaded."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in FORBIDDEN:
            raise WeightsError(f"{path.name}: only safetensors are read; delete it or choose another folder")


def space_of(name: str, version: int, digests: Mapping[str, str], how: str) -> EncoderId:
    """The space of an encoder: our `name` and `version`, the files' digests, and `how` it prepares its input."""
    told = "\n".join([how, *(f"{file} {digests[file]}" for file in sorted(digests))])
    return EncoderId(name, version, hashlib.sha256(told.encode()).hexdigest()[:16])
