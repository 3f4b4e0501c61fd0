"""What an installed encoder does on this machine: whether it behaves as trained, how quick it is, what memory it takes.

Run by the commands and the studio right after an installation and whenever asked; the result is kept with it. Loads
the encoder (and with it torch), writes nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from app.encoders.installed import Installed, Tried
from app.encoders.loading import Loaded, load
from app.errors import ModelError
from models.encoders.device import Device, best_device
from models.encoders.sanity import judge
from models.encoders.trial_inputs import SECONDS, trial_clips, trial_frames
from models.types import Modality

NOT_TRAINED = "not trained"
ROUNDS = 3


def try_out(
    installed: Installed, device: Device | None = None, clock: Callable[[], float] = time.time
) -> tuple[Tried, Loaded | None]:
    """Load, judge and time an encoder; gives what it did, and the encoder itself where it can be used.

    One that cannot be used gives its reason in words (`said`) and no encoder. Memory is what this process grew by,
    MiB, 0 where the system does not tell.
    """
    before = resident()
    wanted = device or best_device()
    try:
        loaded = load(installed, wanted)
    except ModelError as error:
        said = error.detail if NOT_TRAINED in error.detail.lower() else f"{error.title}: {error.detail}"
        return Tried(
            wanted.words, wanted.half, 0.0, torch.get_num_threads(), 0.0, 0, "", False, said, 0, 0, 1.0, clock()
        ), None
    found = judge(loaded.encoder)
    rate = speed(loaded)
    said = (
        "Behaves as trained."
        if found.sane
        else "Does not behave as trained: words do not lie near what they describe. Search by words would guess."
    )
    return Tried(
        loaded.device.words, loaded.device.half, rate, torch.get_num_threads(), max(resident() - before, 0.0),
        loaded.encoder.dimension, str(loaded.encoder.id), found.sane, said, found.hits, found.asked, found.chance,
        clock(),
    ), loaded  # fmt: skip


def speed(loaded: Loaded) -> float:
    """Pictures a second, or seconds of sound a second, decoded already: the best of a few full batches."""
    sound = loaded.encoder.modality is Modality.AUDIO
    inputs = trial_clips(48_000) if sound else trial_frames() * 2
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        loaded.encoder.encode(inputs)
        best = min(best, time.perf_counter() - begun)
    return float(np.float64(len(inputs) * (SECONDS if sound else 1.0)) / best)


def resident() -> float:
    """MiB of memory this process takes, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
