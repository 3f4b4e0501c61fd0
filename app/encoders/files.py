"""Which files make an encoder, and whether they are the ones they should be.

Called by `shelf` for what the hub lists and for what lies in a folder given by hand; reads small files there, writes
nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.encoders.catalogue import Family, KnownEncoder
from app.encoders.families import FAMILIES, TOKENIZER
from app.encoders.hub import HubFile, Snapshot
from app.encoders.installed import FILE, Installed, InstalledFile, Vouched, read
from app.errors import ModelError, NoEncoder, WrongFile
from models.encoders.weights import FORBIDDEN, digest_of

WEIGHTS = {family: layout.weights for family, layout in FAMILIES.items()}
ARCHIVES = {family: layout.archive for family, layout in FAMILIES.items()}
NEEDED = {family: layout.needed for family, layout in FAMILIES.items()}


def wanted_files(known: KnownEncoder, told: Snapshot) -> list[HubFile]:
    """What to download, the weights last. Raises ModelError where the repository lacks it or records no digest."""
    weights = told.file(WEIGHTS[known.family]) or told.file(ARCHIVES[known.family])
    needed = [told.file(name) for name in NEEDED[known.family]]
    if weights is None or None in needed:
        raise ModelError(f"{known.repo} holds no encoder", f"It has no {WEIGHTS[known.family]} and configuration.")
    words = [file for name in TOKENIZER if (file := told.file(name)) is not None]
    wanted = [*(file for file in needed if file is not None), *words, weights]
    for file in wanted:
        if not file.sha256 and not file.blob:
            raise ModelError("The model hub records no digest", f"{file.name} could not be checked.")
    return wanted


def agree(known: KnownEncoder, file: HubFile, kept: str) -> None:
    """Raise ModelError where the hub now records another file than is pinned, or than it recorded before."""
    pinned = known.file(file.name)
    if file.sha256:
        for wanted, who in ((pinned.sha256, "is pinned"), (kept, "the hub recorded at the first download")):
            if wanted and wanted != file.sha256:
                raise WrongFile(
                    "The model hub offers another file than it should",
                    f"{file.name}: SHA-256 {file.sha256[:12]}..., but {who}: {wanted[:12]}... Nothing was downloaded.",
                )
    if pinned.size and pinned.size != file.size:
        raise WrongFile(
            "The model hub offers another file than it should",
            f"{file.name} has {file.size} bytes instead of {pinned.size}. Nothing was downloaded.",
        )


def pinned(known: KnownEncoder, file: InstalledFile) -> InstalledFile:
    """The file, said to be pinned where its digest is. Raises ModelError where it is another."""
    wanted = known.file(file.name).sha256
    if wanted and wanted != file.sha256:
        raise WrongFile(f"{file.name} is not the file it should be", "Its digest is not the pinned one.")
    return replace(file, vouched=Vouched.PINNED) if wanted else file


def told_by(folder: Path) -> Installed | None:
    """What another Bowerbird wrote about this folder, None where none did."""
    return read(folder) if (folder / FILE).exists() else None


def family_of(folder: Path, weights: Path | None, config: bytes) -> Family:
    """Which library a folder is for. Raises ModelError."""
    if config:
        return Family.CLIP
    for family, layout in FAMILIES.items():
        if not layout.model_type and (folder / layout.needed[0]).exists():
            return family
    if weights is not None and weights.name not in (*WEIGHTS.values(), *ARCHIVES.values()):
        raise NoEncoder(
            "It is not known which model this file is of",
            "Say which: bowerbird encoders install FILE --as MODEL/TAG, or give its whole folder.",
            weights,
        )
    with contextlib.suppress(OSError, ValueError, AttributeError):
        told = json.loads((folder / "config.json").read_text("utf-8")).get("model_type")
        for family, layout in FAMILIES.items():
            if layout.model_type and layout.model_type == told:
                return family
    raise NoEncoder(
        "There is no encoder here",
        "A folder as on the model hub is needed: open_clip_config.json with open_clip_model.safetensors, or a CLAP "
        "model's config.json with model.safetensors and the files of its tokenizer.",
        folder,
    )


def chosen_files(family: Family, folder: Path, weights: Path | None, config: bytes) -> dict[str, Path]:
    """Which files to take under which names, the weights last. Raises ModelError."""
    needed = () if config else NEEDED[family]
    if missing := [name for name in needed if not (folder / name).is_file()]:
        raise NoEncoder(f"{missing[0]} is missing", "It belongs to the encoder.", folder)
    found = {name: folder / name for name in (*needed, *TOKENIZER) if (folder / name).is_file()}
    if weights is None:
        there = [folder / name for name in (WEIGHTS[family], ARCHIVES[family]) if (folder / name).is_file()]
        if not there:
            raise NoEncoder(f"{WEIGHTS[family]} is missing", "It holds the encoder's weights.", folder)
        weights = there[0]
    is_archive = weights.suffix.lower() in FORBIDDEN
    return found | {(ARCHIVES if is_archive else WEIGHTS)[family]: weights}


def vouch(name: str, size: int, digest: str, known: KnownEncoder | None, told: Installed | None) -> InstalledFile:
    """A file given by hand with who vouches for it. Raises ModelError where it should be another."""
    before = next((file for file in told.files if file.name == name), None) if told else None
    pinned = known.file(name).sha256 if known else ""
    for wanted in (pinned, before.sha256 if before else ""):
        if wanted and wanted != digest:
            raise WrongFile(
                f"{name} is not the file it should be",
                f"Its SHA-256 is {digest[:12]}..., not {wanted[:12]}... Nothing was installed.",
            )
    if pinned:
        return InstalledFile(name, size, digest, Vouched.PINNED)
    return before if before else InstalledFile(name, size, digest, Vouched.OWNER)


def recognised(chosen: Mapping[str, Path], catalogue: Sequence[KnownEncoder]) -> str:
    """The name of the known encoder whose pinned weights these are, "" where they are nobody's.

    So that the same weights get the same name, and thereby the same space, wherever they came from.
    """
    for name, path in chosen.items():
        candidates = [known for known in catalogue if known.file(name).sha256]
        sizes = {known.file(name).size for known in candidates}
        if candidates and (0 in sizes or path.stat().st_size in sizes):
            digest = digest_of(path)
            for known in candidates:
                if known.file(name).sha256 == digest:
                    return known.name
    return ""
