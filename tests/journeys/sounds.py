"""Writes sounds as files, for the journeys whose tracks are made by the test."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from models.types import F32


def write_track(path: Path, samples: F32, rate: int = 44_100) -> Path:
    """A WAV file, mono, 16 bits a sample."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32_000).astype("<i2").tobytes())
    return path
