"""From an installed encoder to one that encodes: every file's SHA-256 compared, a device chosen, the network loaded.

Used by the studio and the commands; imports torch, so the window's process never imports it. Reads the encoder's
folder; the libraries are told to stay off the network.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

from app.encoders.catalogue import Family, KnownEncoder
from app.encoders.files import NEEDED, WEIGHTS
from app.encoders.installed import Installed
from app.errors import ModelError
from models.encoders.base import WordEncoder
from models.encoders.clap import ClapEncoder
from models.encoders.clip import ClipEncoder
from models.encoders.device import Device, best_device, processor
from models.encoders.open_clip_list import configuration_of, repository_of
from models.encoders.weights import WeightsError, verify

log = logging.getLogger(__name__)

ENCODERS: dict[Family, Any] = {Family.CLIP: ClipEncoder, Family.CLAP: ClapEncoder}
"""What encodes: made from (folder, digests, name, *, device, half), raising WeightsError for what it cannot load."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An encoder that is ready, and where it counts."""

    installed: Installed
    encoder: WordEncoder[Any]
    device: Device


def load(installed: Installed, device: Device | None = None) -> Loaded:
    """Check and load an encoder, on the best device unless one is given.

    A device without room gives way to the processor. Raises ModelError: missing, damaged, of another kind, or never
    trained.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    wanted = device or best_device()
    kind = ENCODERS[installed.family]
    try:
        verify(installed.folder, installed.digests)
        try:
            encoder = kind(
                installed.folder, space_digests(installed), installed.slug, device=wanted.name, half=wanted.half
            )
        except RuntimeError as error:
            if wanted.name == "cpu" or "memory" not in str(error).lower():
                raise
            log.warning("the graphics processor has no room for an encoder; the processor is used")
            wanted = processor()
            encoder = kind(installed.folder, space_digests(installed), installed.slug, half=wanted.half)
    except WeightsError as error:
        raise ModelError(f"{installed.name} cannot be used", _sentence(error), installed.folder) from error
    except (RuntimeError, MemoryError) as error:
        raise ModelError(f"{installed.name} cannot be loaded", str(error) or "no memory", installed.folder) from error
    return Loaded(installed, encoder, wanted)


def space_digests(installed: Installed) -> dict[str, str]:
    """The digests that name the space: of the weights as they were published, and of the configuration.

    The tokenizer's are left out: they change what words mean, not where pictures and sounds lie.
    """
    matter = (WEIGHTS[installed.family], *NEEDED[installed.family])
    return {file.name: file.source or file.sha256 for file in installed.files if file.name in matter}


def listed(name: str) -> KnownEncoder:
    """An encoder of open_clip's own list, "MODEL/TAG". Raises ModelError where the list does not have it."""
    try:
        repo = repository_of(name)
    except WeightsError as error:
        raise ModelError(f"There is no encoder {name}", _sentence(error)) from error
    return KnownEncoder(name, Family.CLIP, repo, adds="From open_clip's list; look at its licence before using it.")


def configuration(name: str) -> bytes:
    """The configuration file of a model of open_clip's list. Raises ModelError."""
    try:
        return configuration_of(name)
    except WeightsError as error:
        raise ModelError(f"There is no encoder {name}", _sentence(error)) from error


def _sentence(error: Exception) -> str:
    text = str(error)
    named = "_" in text.partition(" ")[0]  # a library's name keeps its letters
    return f"{text if named else text[:1].upper() + text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
