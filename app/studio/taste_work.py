"""What the studio's other threads tell the taste thread. Light: who tells need not import what learns."""

from __future__ import annotations

from dataclasses import dataclass

from app.network_messages import EvidenceChanged
from app.protocol import Request


@dataclass(frozen=True, slots=True)
class VectorsChanged:
    """Vectors were added or removed; `final` when the indexing run is over."""

    final: bool


@dataclass(frozen=True, slots=True)
class ItemsStale:
    """Tags or presence of Items changed."""


@dataclass(frozen=True, slots=True)
class SpacesChanged:
    """Learned encoders came or went."""


TasteWork = Request | EvidenceChanged | VectorsChanged | ItemsStale
