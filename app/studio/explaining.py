"""An explanation of the taste network as the window's Explanation: parts named by the Items they come from.

Pure; shared by the recommender (own Items) and Discover (offers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.protocol import NO_REASON, Explanation, Part, PartKind, Reason
from app.store.facts import ItemFacts
from app.studio.labelling import ItemLabels
from app.studio.spaces import Spaces
from models import taste_explain
from models.features import Basis

SHOWN_PARTS = 12


def explanation_of(
    found: taste_explain.Explanation,
    labels: ItemLabels,
    facts: Mapping[int, ItemFacts],
    basis: Basis | None,
    *,
    request: int,
    item: int,
    score: float,
    deviation: float,
    reason: Reason = NO_REASON,
    peers: Sequence[Part] = (),
) -> Explanation:
    """What `found` says of `item`; the largest parts one by one, the rest in one sum. `facts` of the labelled Items.

    `peers` are what followed peers add to it.
    """
    parts = [
        Part(PartKind.ITEM, _title(facts, int(labels.items[part.label])), part.amount, int(labels.items[part.label]))
        for part in found.parts[:SHOWN_PARTS]
    ]
    if more := found.parts[SHOWN_PARTS:]:
        parts.append(Part(PartKind.MORE, "", sum(part.amount for part in more), count=len(more)))
    parts += peers
    parts.append(Part(PartKind.REMAINDER, "", found.remainder))
    if basis is not None and found.spaces:
        parts += [Part(PartKind.SPACE, basis.spaces[part.space].space, part.amount) for part in found.spaces]
        parts.append(Part(PartKind.TYPICAL, "", found.typical))
    total = found.total + sum(part.amount for part in peers)
    return Explanation(request, item, score, deviation, total, tuple(parts), reason)


def with_encoders(explanation: Explanation, spaces: Spaces) -> Explanation:
    """The same, learned spaces called "audio: ENCODER" or "image: ENCODER": nobody knows them by their digests."""
    called = {one.name: f"{one.modality.value}: {one.encoder}" for one in spaces.learned}
    parts = [
        replace(part, label=called[part.label]) if part.kind is PartKind.SPACE and part.label in called else part
        for part in explanation.parts
    ]
    return replace(explanation, parts=tuple(parts))


def _title(facts: Mapping[int, ItemFacts], item: int) -> str:
    """The Item's title, "" when it is not here now."""
    fact = facts.get(item)
    return fact.title if fact else ""
