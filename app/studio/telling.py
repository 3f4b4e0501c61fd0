"""What the user lets be told of the own taste: made here, from ratings that were never told and are not private.

Called by the studio when the network process asks whether there is something new; nothing leaves while the setting says
"nothing", which is the default. The messages lie in library.db; the network process signs them and puts them into the
catalogue. What they hold, and how much noise, is `models/evidence.py`'s business.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import StoreError
from app.files import write_atomically
from app.store.database import Database
from app.store.evidence import EvidenceRows, ToldRow
from app.store.feedback import Feedback
from app.store.publications import Publications
from app.studio.features import VectorSource
from app.studio.labelling import labels_from
from models.evidence import FEWEST, MOST_VOTES, Level, Message, Projection, Spent, taste_message, vote_message
from models.evidence_file import to_bytes
from models.types import ItemId

log = logging.getLogger(__name__)

DAY = 86_400
LIKED, DISLIKED = 0.7, 0.3
"""Labels between them say too little to be told."""
LEVELS = {"nothing": Level.NOTHING, "taste": Level.TASTE, "votes": Level.VOTES}
"""The values of the setting TELL."""
_SECRET = 32


@dataclass(frozen=True, slots=True)
class _Label:
    """A label that could be told: of Item `item`, whose file has `root` where it is published."""

    item: ItemId
    liked: bool
    root: bytes | None


def noise_secret(path: Path) -> bytes:
    """The secret in `path`, made where missing. Raises StoreError where what stands there is none."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = secrets.token_bytes(_SECRET)
        write_atomically(path, found)
    if len(found) != _SECRET:
        raise StoreError("The secret of the noise is damaged", "Nothing is told until you delete it.", path)
    return found


def tell(
    database: Database, vectors: VectorSource, space: str, level: Level, secret: bytes, now: float | None = None
) -> int:
    """Make new messages of what was never told, at `level`; returns how many stand now.

    `space` is the one whose vectors a taste is told in. At level NOTHING what stands is withdrawn.
    """
    rows = EvidenceRows(database)
    if level is Level.NOTHING:
        if rows.messages():
            rows.withdraw()
        return 0
    day = int((time.time() if now is None else now) // DAY)
    labels = _labels(database, time.time() if now is None else now)
    told = rows.told()
    spent = Spent({one.label: Level(one.level) for one in told}, {one.label: one.liked for one in told})
    usable = {key: label for key, label in labels.items() if level is Level.TASTE or label.root is not None}
    while len(open_ := spent.open({key: label.liked for key, label in usable.items()}, level)) >= FEWEST:
        chosen = dict(list(open_.items())[:MOST_VOTES])
        number = rows.next_number()
        message, chosen = _message(level, chosen, usable, vectors, space, secret, number, day)
        if message is None:
            break
        rows.tell(ToldRow(number, int(level), to_bytes(message)), chosen, now)
        spent = spent.spend(chosen, level)
        log.info("%d ratings are told at level %d", len(chosen), level)
    return len(rows.messages())


def _message(
    level: Level,
    chosen: Mapping[bytes, bool],
    labels: Mapping[bytes, _Label],
    vectors: VectorSource,
    space: str,
    secret: bytes,
    number: int,
    day: int,
) -> tuple[Message | None, dict[bytes, bool]]:
    """One message and the labels it really tells; None where too few are left."""
    if level is Level.VOTES:
        votes = {root: liked for key, liked in chosen.items() if (root := labels[key].root) is not None}
        if len(votes) < FEWEST:
            return None, {}
        return vote_message(votes, votes.keys(), secret=secret, seq=number, day=day), dict(chosen)
    ids, matrix = vectors.matrix(space)
    rows = {int(item): row for row, item in enumerate(ids.tolist())}
    heard = {key: liked for key, liked in chosen.items() if labels[key].item in rows}
    if len(heard) < FEWEST:
        return None, {}
    projection = Projection.drawn(space, matrix.shape[1])
    at = [rows[labels[key].item] for key in heard]
    contributions = projection.project(matrix[at], np.asarray(matrix.mean(0), np.float32))
    likes = np.fromiter(heard.values(), np.bool_, len(heard))
    return taste_message(contributions, likes, projection, secret=secret, seq=number, day=day), heard


def _labels(database: Database, now: float) -> dict[bytes, _Label]:
    """What was clearly liked or disliked and is not private, by the SHA-256 of the Item's identity."""
    private = Publications(database).private()
    merged = labels_from(Feedback(database).effective(), now)
    roots = {row.item: row.root for row in Publications(database).published()}
    identities: dict[int, bytes] = dict(database.all("SELECT id, identity FROM items"))
    found: dict[bytes, _Label] = {}
    for item, target, weight in zip(merged.items.tolist(), merged.targets, merged.weights, strict=True):
        # A habit is weaker than a word, and nobody's business.
        if weight < 1.0 or item in private or item not in identities or DISLIKED < target < LIKED:
            continue
        key = hashlib.sha256(identities[item]).digest()
        found[key] = _Label(ItemId(item), bool(target >= LIKED), roots.get(ItemId(item)))
    return found
