"""The messages of the map of the library. Part of `protocol.py`; the places themselves are in scores.db."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MakeMap:
    """Arrange the map as a whole, although little has changed since it was; what is there is where it begins."""


@dataclass(frozen=True, slots=True)
class MapChanged:
    """Another map stands in scores.db, with `items` Items on it."""

    items: int


MapRequest = MakeMap
MapEvent = MapChanged
