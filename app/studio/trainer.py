"""Feedback to Taste to scores of all Items. Called by the studio's taste thread; one fit takes milliseconds.

What the window shows as predicted score is the discovery score on a fixed scale: the share of a normal
distribution below it, so 0.5 is the library's average and 0.84 one standard deviation above.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.special import ndtr

from app.files import write_atomically
from app.store.feedback import FeedbackRow
from app.studio.accuracy import UNKNOWN, Accuracy, held_out
from app.studio.features import ItemFeatures
from app.studio.labelling import ItemLabels, labels_from
from models.taste import Labels, Scores, Taste, TasteSettings
from models.taste_file import to_bytes
from models.types import F32


class SettingsChoice(Protocol):
    """Which hyper-parameters to fit with: `models.gate.Gate` in the product."""

    def settings(self, features: F32, labels: Labels) -> TasteSettings:
        """The settings for this fit; remembers what it learned about candidates."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """One fit: `labels` that could be used (their Items have vectors), `scores` of all `features.ids`."""

    taste: Taste
    labels: ItemLabels
    features: ItemFeatures
    scores: Scores
    accuracy: Accuracy
    seconds: float

    @property
    def shown(self) -> F32:
        """The predicted scores on the window's 0..1 scale, float32 `(n,)`."""
        return np.asarray(ndtr(self.scores.discovery), np.float32)


class Trainer:
    """Fits on all effective feedback. New labels always count; `choice` only decides hyper-parameters."""

    def __init__(self, choice: SettingsChoice) -> None:
        self._choice = choice

    def learn(self, features: ItemFeatures, feedback: list[FeedbackRow], now: float) -> Learned:
        """Fit on the feedback that stands at `now` (Unix seconds), and score all Items that have features."""
        began = time.perf_counter()
        merged = labels_from(feedback, now)
        at = features.positions(merged.items)
        known = np.flatnonzero(at >= 0)
        kept = merged.take(known)
        labels = Labels(at[known], kept.targets, kept.weights, kept.ages)
        settings = self._choice.settings(features.rows, labels)
        taste = Taste.fit(features.rows, labels, settings=settings)
        accuracy = held_out(features.rows, labels, settings) if len(labels) else UNKNOWN
        scores = taste.score(features.rows)
        return Learned(taste, kept, features, scores, accuracy, time.perf_counter() - began)


def save_taste(path: Path, learned: Learned) -> None:
    """Keep the fitted network, with its basis, as safetensors; written atomically."""
    write_atomically(path, to_bytes(learned.taste, learned.features.basis))
