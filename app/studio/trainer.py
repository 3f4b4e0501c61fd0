"""Feedback to Taste to scores of all Items. Called by the studio's taste thread; one fit takes milliseconds.

What the window shows as predicted score is the discovery score on a fixed scale: the share of a normal
distribution below it, so 0.5 is the library's average and 0.84 one standard deviation above.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from app.files import write_atomically
from app.store.feedback import FeedbackRow
from app.studio.accuracy import Accuracy, held_out
from app.studio.features import ItemFeatures
from app.studio.followed import Heard, Said, Seen
from app.studio.labelling import ItemLabels, labels_from
from models.taste import Labels, Scores, Taste, TasteSettings
from models.taste_file import from_bytes, to_bytes
from models.types import F32

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """One fit: `labels` that could be used (their Items have vectors), `scores` of all `features.ids`.

    Where followed peers tell of their taste, `heard` is what they tell and `said` what it says about these Items; the
    `scores` then hold their part as well, and the network itself nothing of it.
    """

    taste: Taste
    labels: ItemLabels
    fitted_on: Labels
    features: ItemFeatures
    scores: Scores
    seconds: float
    heard: Heard | None = None
    said: Said | None = None

    def with_followed(self, heard: Heard, seen: Seen) -> Learned:
        """The same fit, with what followed peers say added to its scores."""
        said = heard.said_of(seen, len(self.labels))
        scores = replace(self.scores, discovery=said.added_to(self.scores.discovery))
        return replace(self, scores=scores, heard=heard, said=said)

    @property
    def rated(self) -> bool:
        """Whether there is anything to rank by: own labels, or what followed peers tell."""
        return len(self.labels) > 0 or self.said is not None

    @property
    def shown(self) -> F32:
        """The predicted scores on the window's 0..1 scale, float32 `(n,)`."""
        return np.asarray(ndtr(self.scores.discovery), np.float32)


class Trainer:
    """Fits on all effective feedback. New labels always count; `settings` are what the gate chose last."""

    def __init__(self, settings: TasteSettings | None = None) -> None:
        self.settings = settings or TasteSettings()

    def learn(self, features: ItemFeatures, feedback: list[FeedbackRow], now: float) -> Learned:
        """Fit on the feedback that stands at `now` (Unix seconds), and score all Items that have features."""
        began = time.perf_counter()
        merged = labels_from(feedback, now)
        at = features.positions(merged.items)
        known = np.flatnonzero(at >= 0)
        kept = merged.take(known)
        labels = Labels(at[known], kept.targets, kept.weights, kept.ages)
        taste = Taste.fit(features.rows, labels, settings=self.settings)
        scores = taste.score(features.rows)
        return Learned(taste, kept, labels, features, scores, time.perf_counter() - began)


def accuracy_of(learned: Learned) -> Accuracy:
    """How often this taste is right on the user's own labels, left out in turn."""
    return held_out(learned.features.rows, learned.fitted_on, learned.taste.settings)


def save_taste(path: Path, learned: Learned) -> None:
    """Keep the fitted network, with its basis, as safetensors; written atomically."""
    write_atomically(path, to_bytes(learned.taste, learned.features.basis))


def kept_settings(path: Path) -> TasteSettings:
    """The hyper-parameters of the network kept last; the defaults where there is none or it cannot be read."""
    try:
        taste, _ = from_bytes(path.read_bytes())
    except FileNotFoundError:
        return TasteSettings()
    except ValueError as problem:
        log.warning("the saved taste cannot be read and is learned anew: %s", problem)
        return TasteSettings()
    return taste.settings
