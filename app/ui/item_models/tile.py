"""What one place of a cover grid shows: the value that models give and the tile delegate draws."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

TILE = Qt.ItemDataRole.UserRole + 10
"""The role that answers with a `Tile`."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A cover (hash, "" none), what its generated one is made from, and two lines of text."""

    cover: str
    seed: str
    title: str
    below: str
    badge: str = ""
    """A short text on the picture's corner: the length of a video."""
    current: bool = False
    film: int = 0
    """The film whose moments the picture shows while the pointer moves over it; 0 for what is none."""
