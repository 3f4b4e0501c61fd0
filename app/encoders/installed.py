"""An encoder that lies in the profile, and what is written about it beside its files.

`installation.json` says where each file came from, its SHA-256 and who vouches for it, and what was measured on this
machine. Read by everybody who lists encoders, written by `shelf`; knows neither torch nor the network.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.encoders.catalogue import Family, slug
from app.errors import ModelError
from app.files import write_atomically

FILE = "installation.json"
FORMAT = 1


class Vouched(StrEnum):
    """Who says that a file's digest is right."""

    PINNED = "pinned"
    """It stands in resources/weights.toml."""
    HUB = "hub"
    """The hub's own record (Git LFS, SHA-256) at the first download, kept since."""
    HUB_GIT = "hub-git"
    """The hub's git record (SHA-1 of the blob) at the first download; the SHA-256 was computed then."""
    OWNER = "owner"
    """Nobody but whoever gave the file: computed when it was installed by hand."""


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file: bytes, SHA-256, and who vouches. `source` is the SHA-256 of the archive it was read from, or ""."""

    name: str
    size: int
    sha256: str
    vouched: Vouched
    source: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What an encoder did on this machine: `rate` is pictures a second, or seconds of sound a second."""

    device: str
    half: bool
    rate: float
    threads: int
    memory_mib: float
    dimension: int
    space: str
    trained: bool
    said: str
    hits: int
    asked: int
    chance: float
    at: float


@dataclass(frozen=True, slots=True)
class Installed:
    """An encoder in the profile; `origin` is "hub" or "hand"."""

    name: str
    family: Family
    folder: Path
    repo: str
    revision: str
    licence: str
    origin: str
    at: float
    files: tuple[InstalledFile, ...]
    tried: Tried | None = None

    @property
    def slug(self) -> str:
        return slug(self.name)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 by file, as the files lie there now."""
        return {file.name: file.sha256 for file in self.files}

    @property
    def vouched(self) -> Vouched:
        """Who vouches for the weights, the largest file."""
        return max(self.files, key=lambda file: file.size).vouched


def read(folder: Path) -> Installed:
    """What lies in `folder`. Raises ModelError where nothing readable is written about it."""
    try:
        told = json.loads((folder / FILE).read_text("utf-8"))
        if told.pop("format") != FORMAT:
            raise ModelError("This encoder was installed by another version", "Remove it and get it again.", folder)
        told["family"] = Family(told["family"])
        told["files"] = tuple(InstalledFile(**(file | {"vouched": Vouched(file["vouched"])})) for file in told["files"])
        told["tried"] = Tried(**told["tried"]) if told["tried"] else None
        found = Installed(folder=folder, **told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("This encoder is not wholly installed", "Remove it and get it again.", folder) from error
    if not found.files:
        raise ModelError("This encoder has no files", "Remove it and get it again.", folder)
    return found


def write(installed: Installed, folder: Path | None = None) -> None:
    """Write what `read` reads, into its folder or another. Raises OSError."""
    told: dict[str, Any] = {
        field.name: getattr(installed, field.name) for field in fields(installed) if field.name != "folder"
    }
    told |= {
        "format": FORMAT,
        "files": [asdict(file) for file in installed.files],
        "tried": asdict(installed.tried) if installed.tried else None,
    }
    write_atomically((folder or installed.folder) / FILE, json.dumps(told, indent=1).encode())
