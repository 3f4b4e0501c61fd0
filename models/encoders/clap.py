"""CLAP: sound and words in one space, from weights in a folder, through transformers.

The folder is laid out as on the model hub (`config.json`, `model.safetensors`, `preprocessor_config.json`, the files of
the tokenizer). Used by the studio process; reads the given folder, nothing else. Windows are fed whole: the library's
own preparation takes a random ten seconds out of anything longer, so exactly ten seconds at 48 kHz go in, shorter sound
repeated as the model's training did. Wu et al. 2023, "Large-scale Contrastive Language-Audio Pretraining with Feature
Fusion and Keyword-to-Caption Augmentation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.signal import resample_poly

from models.encoders.batches import in_full_batches
from models.encoders.spec import unit_rows
from models.encoders.trained import refuse_collapsed, refuse_untrained
from models.encoders.trial_inputs import trial_clips
from models.encoders.weights import FOREIGN, WeightsError, refuse_pickles, space_of
from models.torchvision_import import allow_torchvision
from models.types import F32, Clip, EncoderId, Modality

CONFIG, WEIGHTS = "config.json", "model.safetensors"
VERSION = 1
RATE = 48_000
WINDOW = 10 * RATE
BATCH = 4
SILENT = 1e-4
"""A window whose largest sample is below this says nothing."""
SHORTEST = 0.1
"""Seconds below which a piece of sound says nothing."""


class ClapEncoder:
    """Encoder[Clip] that also places words in its space (`encode_words`). A Clip beyond ten seconds is cut there."""

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
        """Load what `verify` has let pass. `half` hears and reads in bfloat16, for processors that count faster in it.
        `digests`: of the files the vectors depend on, which name the space. `accept_untrained` lets tests run the
        arithmetic of networks they made themselves; nothing else sets it.

        Raises WeightsError where the folder does not hold a trained CLAP model.
        """
        refuse_pickles(folder)
        network, self._prepare, self._tokenizer = _load(folder)
        if not accept_untrained:
            refuse_untrained(network)
        self._device = torch.device(device)
        self._kind = torch.bfloat16 if half else torch.float32
        self._network = network.to(self._device, self._kind).eval()
        self._hearing = self._network.audio_model
        self._last = self._network.audio_projection
        self._id = space_of(name, VERSION, digests, f"windows {WINDOW} at {RATE}")
        self._dimension = int(network.config.projection_dim)
        if not accept_untrained:
            refuse_collapsed(self.encode(trial_clips(RATE)))

    @property
    def id(self) -> EncoderId:
        return self._id

    @property
    def modality(self) -> Modality:
        return Modality.AUDIO

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, inputs: Sequence[Clip]) -> F32:
        """Encode `n` windows: float32 `(n, dimension)`, rows of unit length, or zero for silence."""
        windows = {at: found for at, clip in enumerate(inputs) if (found := window(clip)) is not None}
        return in_full_batches(len(inputs), self._dimension, list(windows), BATCH, windows.__getitem__, self._hear)

    def encode_words(self, texts: Sequence[str]) -> F32:
        """Place `n` texts in the space of the sounds: float32 `(n, dimension)`; zero for a text without a word."""
        out = np.zeros((len(texts), self._dimension), np.float32)
        for at, text in enumerate(texts):
            if text.strip():
                with torch.inference_mode():
                    tokens = self._tokenizer([text], return_tensors="pt", truncation=True, max_length=512)
                    found = self._network.get_text_features(
                        tokens["input_ids"].to(self._device), tokens["attention_mask"].to(self._device)
                    )
                    out[at] = unit_rows(_plain(found).float().cpu().numpy())[0]
        return out

    def _hear(self, windows: F32) -> F32:
        with torch.inference_mode():
            prepared = self._prepare(
                list(windows), sampling_rate=RATE, return_tensors="pt", truncation="rand_trunc", padding="repeatpad"
            )
            features = prepared["input_features"].to(self._device, self._kind)
            found = self._hearing(input_features=features, is_longer=prepared["is_longer"].to(self._device))
            return np.asarray(self._last(found.pooler_output).float().cpu().numpy(), np.float32)


def window(clip: Clip) -> F32 | None:
    """Ten seconds at 48 kHz, float32 `(480000,)`, cut or repeated to that length; None for what says nothing."""
    if clip.samples.ndim != 1 or clip.rate < 1:
        raise ValueError("a Clip is a vector of samples at a rate of at least 1 Hz")
    samples = np.asarray(clip.samples[: int(WINDOW / RATE * clip.rate) + clip.rate], np.float32)
    samples = np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0)
    if len(samples) < SHORTEST * clip.rate or not len(samples):
        return None
    if np.abs(samples - samples.mean(dtype=np.float64)).max() < SILENT:
        return None  # asked before resampling, whose edges would make something of a steady offset
    if clip.rate != RATE:
        shared = int(np.gcd(clip.rate, RATE))
        samples = resample_poly(samples, RATE // shared, clip.rate // shared).astype(np.float32)
    samples = samples[:WINDOW]
    if len(samples) < WINDOW:
        repeated = np.tile(samples, WINDOW // len(samples))
        samples = np.pad(repeated, (0, WINDOW - len(repeated)))
    return np.ascontiguousarray(np.clip(samples, -1.0, 1.0))


def _plain(found: Any) -> torch.Tensor:
    """The features themselves: transformers 5 wraps them in an object, earlier versions did not."""
    features = found if isinstance(found, torch.Tensor) else found.pooler_output
    assert isinstance(features, torch.Tensor)
    return features


def _load(folder: Path) -> tuple[Any, Any, Any]:
    """The network, its preparation and its tokenizer. Raises WeightsError."""
    allow_torchvision()
    # Imported here: it takes seconds, and whoever has no such encoder need not wait for it.
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel
    from transformers.utils import logging as said

    chatter: Any = said
    chatter.disable_progress_bar()
    if not (folder / WEIGHTS).is_file():
        raise WeightsError(f"{WEIGHTS} is missing")
    try:
        # With `output_loading_info` it gives two things, which its types do not know.
        load: Any = ClapModel.from_pretrained
        network, problems = load(folder, local_files_only=True, use_safetensors=True, output_loading_info=True)
        prepare = ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except FOREIGN as error:
        # Foreign files: what transformers makes of them can fail in any of these.
        raise WeightsError(f"transformers cannot read it: {error}") from error
    if missing := [key for key in problems["missing_keys"] if "position_ids" not in key]:
        raise WeightsError(f"{len(missing)} tensors are missing from {WEIGHTS}, the first is {missing[0]}")
    if prepare.sampling_rate != RATE or prepare.nb_max_samples != WINDOW:
        raise WeightsError(
            f"it hears {prepare.nb_max_samples} samples at {prepare.sampling_rate} Hz; 480000 at 48000 are known"
        )
    return network, prepare, tokenizer
