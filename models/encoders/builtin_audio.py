"""The built-in audio encoder: "sounds similar" from signal processing alone, without weights or network.

Used by the decode children (which import this with NumPy and SciPy only), the studio process and the
benchmarks. Reads its shipped constants once, when built. The layout of a vector, 860 float32 numbers from one
STFT of 2048/512 at 22,050 Hz mono, peak-normalised:

| from | size | block | what | source |
|---|---|---|---|---|
| 0 | 60 | mfcc | 20 MFCC: mean, deviation, mean absolute change | Logan 2000 |
| 60 | 230 | gaussian | MFCC mean and log-Euclidean covariance | Mandel & Ellis 2005; Arsigny et al. 2007 |
| 290 | 73 | chroma | key-invariant harmony | Fujishima 1999; Bertin-Mahieux & Ellis 2012 |
| 363 | 48 | shape | twelve spectral descriptors, four statistics | Peeters 2004 |
| 411 | 28 | contrast | contrast and valley in seven octaves | Jiang et al. 2002 |
| 439 | 70 | tempogram | autocorrelation and spectrum of onsets | Grosche, Mueller & Kurth 2010 |
| 509 | 96 | modulation | swing of 12 bands at 8 speeds | Pampalk et al. 2002; McKinney & Breebaart 2003 |
| 605 | 50 | spectral-pattern | levels each band reaches | Seyerlehner et al. 2010 |
| 655 | 50 | delta-pattern | strength of onsets per band | Seyerlehner et al. 2010 |
| 705 | 50 | variance-pattern | variety of onsets per band | Seyerlehner et al. 2011 |
| 755 | 50 | fluctuation-pattern | rhythm per band | Pampalk et al. 2002; Seyerlehner et al. 2010 |
| 805 | 55 | correlation-pattern | bands that move together | Seyerlehner et al. 2010 |

Each block is z-scored with frozen constants, divided by the square root of its size, and the whole has unit
length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.encoders import audio_harmony, audio_patterns, audio_rhythm, audio_timbre, sound
from models.encoders.spec import Block, Constants, Spec, standardise
from models.types import F32, Clip, EncoderId, Modality

_BLOCKS = (
    (Block("mfcc", 60), audio_timbre.mfcc_statistics),
    (Block("gaussian", 230), audio_timbre.gaussian),
    (Block("chroma", 73), audio_harmony.key_invariant_chroma),
    (Block("shape", 48), audio_timbre.spectral_shape),
    (Block("contrast", 28), audio_timbre.spectral_contrast),
    (Block("tempogram", 70), audio_rhythm.tempogram),
    (Block("modulation", 96), audio_rhythm.band_modulation),
    (Block("spectral-pattern", 50), audio_patterns.spectral_pattern),
    (Block("delta-pattern", 50), audio_patterns.delta_spectral_pattern),
    (Block("variance-pattern", 50), audio_patterns.variance_delta_spectral_pattern),
    (Block("fluctuation-pattern", 50), audio_patterns.fluctuation_pattern),
    (Block("correlation-pattern", 55), audio_patterns.correlation_pattern),
)

SPEC = Spec(
    name="builtin-audio",
    version=1,
    parameters={
        "rate": sound.RATE,
        "window": sound.WINDOW,
        "hop": sound.HOP,
        "mels": sound.MELS,
        "lowest_hz": sound.LOWEST_HZ,
        "highest_hz": sound.HIGHEST_HZ,
        "floor": sound.FLOOR,
        "shortest_seconds": sound.SHORTEST_SECONDS,
        "longest_seconds": sound.LONGEST_SECONDS,
    },
    blocks=tuple(block for block, _ in _BLOCKS),
)


def raw_features(clip: Clip) -> F32:
    """The 860 numbers before standardising, float32 `(860,)`; all NaN for silence."""
    heard = sound.listen(clip)
    if heard is None:
        return np.full(SPEC.dimension, np.nan, np.float32)
    return np.concatenate([compute(heard) for _, compute in _BLOCKS])


class BuiltinAudioEncoder:
    """Encoder[Clip] of 860 dimensions; see the module for what they are.

    A Clip may have any rate (22,050 Hz is not resampled) and length; silence gives the zero vector.
    """

    def __init__(self, constants: Constants | None = None) -> None:
        """Use `constants`, or the shipped ones. Raises ValueError where they have another dimension."""
        self._constants = constants if constants is not None else Constants.shipped(SPEC)
        if len(self._constants.mean) != SPEC.dimension:
            raise ValueError("constants of another encoder")
        self._id = SPEC.id(self._constants.bytes())

    @property
    def id(self) -> EncoderId:
        return self._id

    @property
    def modality(self) -> Modality:
        return Modality.AUDIO

    @property
    def dimension(self) -> int:
        return SPEC.dimension

    def encode(self, inputs: Sequence[Clip]) -> F32:
        """Encode `n` clips: float32 `(n, 860)`, rows of unit length, or zero for silence."""
        if not inputs:
            return np.zeros((0, self.dimension), np.float32)
        return standardise(np.stack([raw_features(clip) for clip in inputs]), SPEC, self._constants)
