"""Which hyper-parameters fit this user best: judged prequentially, on labels not yet seen.

New labels always count, whatever the gate says; it only chooses among a few settings of the taste network.
Called by the studio process from time to time. Stateless: the verdict follows from the labels alone, so an
undone label leaves no trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.metrics import auc
from models.taste import Labels, Mix, Taste, TasteSettings, fade
from models.types import F32

FROM_LABELS = 50
"""With fewer labels the defaults stay: a choice would be noise."""
MARGIN = 0.02
"""By how much a candidate's score must beat the settings in use (AUC, or nats of log-loss: the sum of
both).
"""
ROUNDS = 5
JUDGED_ON = 400
"""Newest labels that are predicted in turn; older ones only train."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The settings to use from now on, and each candidate's prequential `log_loss` and `area` (AUC)."""

    settings: TasteSettings
    changed: bool
    log_loss: tuple[float, ...]
    area: tuple[float, ...]


def candidates(base: TasteSettings) -> tuple[TasteSettings, ...]:
    """The settings that are tried; `base`, in use now, comes first.

    Faster or no fading, more of the regression (many labels, both kinds), more of the likes alone, sharper
    bumps (several narrow interests).
    """
    ours = base.mix
    return (
        base,
        replace(base, half_life=base.half_life / 4),
        replace(base, half_life=base.half_life * 8),
        replace(base, mix=Mix(ours.likes / 2, ours.ramp / 2, ours.regression)),
        replace(base, mix=Mix(2 * ours.likes, ours.ramp, ours.regression / 4)),
        replace(base, sharpness=2 * base.sharpness, linear=base.linear / 2),
    )


def due(labels: int, last: int) -> bool:
    """Whether to judge again with `labels` labels after having judged with `last`: a fifth more, from 50
    on.
    """
    return labels >= FROM_LABELS and labels >= 1.2 * last


def judge(
    features: F32,
    labels: Labels,
    current: TasteSettings,
    tried: Sequence[TasteSettings] | None = None,
    *,
    seed: int = 0,
) -> Verdict:
    """Predict the newer labels from the older ones under every candidate, oldest first, in five rounds.

    A candidate replaces `current` only when log-loss and AUC together win by 0.02; on a tie the earlier one
    wins. `tried` defaults to `candidates(current)` and must start with `current`. Cost: about five fits per
    candidate. Deterministic under `seed`.
    """
    chosen = tuple(tried) if tried is not None else candidates(current)
    if not chosen or chosen[0] != current:
        raise ValueError("gate: the settings in use must come first")
    order = np.lexsort((labels.rows, -labels.ages))
    liked = labels.targets[order] >= current.liked_from
    start = max(len(order) // 2, len(order) - JUDGED_ON)
    kinds = liked[start:]
    if len(order) < FROM_LABELS or kinds.all() or not kinds.any():
        return Verdict(current, False, (), ())
    bounds = np.linspace(start, len(order), ROUNDS + 1).astype(np.int64)
    # What was said lately tells more about which settings suit from now on.
    recent = fade(labels.take(order[start:]), current.half_life)
    losses, areas = [], []
    for settings in chosen:
        chance, ranking = [], []
        for begin, end in pairwise(bounds):
            known, asked = order[:begin], order[begin:end]
            past = labels.take(known)
            shifted = Labels(past.rows, past.targets, past.weights, past.ages - labels.ages[asked].max())
            scores = Taste.fit(features, shifted, settings=settings, seed=seed).score(features[labels.rows[asked]])
            chance.append(scores.like)
            ranking.append(scores.discovery)
        likely = np.clip(np.concatenate(chance).astype(np.float64), 1e-3, 1 - 1e-3)
        loss = -np.where(kinds, np.log(likely), np.log(1 - likely))
        losses.append(float(np.average(loss, weights=np.maximum(recent, 1e-6))))
        areas.append(auc(np.concatenate(ranking), kinds))
    worth = np.array(areas) - np.array(losses)
    best = int(worth.argmax())
    changed = bool(best and worth[best] > worth[0] + MARGIN)
    return Verdict(chosen[best] if changed else current, changed, tuple(losses), tuple(areas))
