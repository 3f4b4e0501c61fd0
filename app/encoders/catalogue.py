"""Which learned encoders there are to be had: the values of resources/weights.toml.

Read by the window, the studio and the commands; it reads that one file and knows neither torch nor the network.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.paths import RESOURCES

HUB = "https://huggingface.co"


class Family(StrEnum):
    """Which library reads an encoder's files."""

    CLIP = "open_clip"
    CLAP = "clap"


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a repository as it should be: bytes (0 where unknown) and SHA-256 ("" where unknown)."""

    name: str
    size: int = 0
    sha256: str = ""
    seen: str = ""
    """Who published that digest, in words."""


@dataclass(frozen=True, slots=True)
class KnownEncoder:
    """One encoder that can be downloaded. `revision` is "" where none is pinned, `licence` where it is not known."""

    name: str
    family: Family
    repo: str
    revision: str = ""
    licence: str = ""
    adds: str = ""
    parameters: int = 0
    dimension: int = 0
    default: bool = False
    files: tuple[KnownFile, ...] = ()

    @property
    def slug(self) -> str:
        return slug(self.name)

    @property
    def size(self) -> int:
        """Bytes to download, about: of the files whose size is known, else four for each parameter."""
        return sum(file.size for file in self.files) or 4 * self.parameters

    def file(self, name: str) -> KnownFile:
        """What is known of one file: nothing but its name where it is not listed."""
        return next((file for file in self.files if file.name == name), KnownFile(name))


def slug(name: str) -> str:
    """A name as lower-case words joined by "-": a folder's name, and the first part of an EncoderId."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read_catalogue(path: Path = RESOURCES / "weights.toml") -> tuple[KnownEncoder, ...]:
    """All that is on offer, in the file's order. Raises ValueError on a file that is not right: it is ours."""
    told = tomllib.loads(path.read_text("utf-8"))
    return tuple(_read(table) for table in told["encoder"])


def find(name: str, catalogue: tuple[KnownEncoder, ...]) -> KnownEncoder | None:
    """The encoder of that name, however it is written; "open_clip" and "clap" mean the default of that family."""
    wanted = slug(name)
    for known in catalogue:
        if wanted == known.slug or (known.default and wanted == slug(known.family.value)):
            return known
    return None


def hub_address(environment: Mapping[str, str] = os.environ) -> str:
    """Where encoders come from: the model hub, or the mirror that HF_ENDPOINT names, as for every other program."""
    return (environment.get("HF_ENDPOINT", "").strip() or HUB).rstrip("/")


def _read(table: dict[str, object]) -> KnownEncoder:
    fields = {key: value for key, value in table.items() if key != "file"}
    files = table.get("file", [])
    if not isinstance(files, list):
        raise ValueError("encoder.file is a list of tables")
    fields["family"] = Family(str(fields["family"]))
    known = KnownEncoder(**fields, files=tuple(KnownFile(**file) for file in files))  # type: ignore[arg-type]
    for file in known.files:
        if file.sha256 and not (re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.seen):
            raise ValueError(f"{known.name}: {file.name} has half a digest, or nobody who saw it")
    if known.revision and not re.fullmatch(r"[0-9a-f]{40}", known.revision):
        raise ValueError(f"{known.name}: a pinned revision is a whole commit")
    return known
