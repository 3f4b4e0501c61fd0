"""What the parts of the map are called: by the genre or the artist that most of a part's Items share.

Pure: places and tags in, regions out. The map is cut into cells, coarse ones and fine ones; neighbouring cells of one
name are one region.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from app.store.map_layout import Region
from models.types import F32

GRIDS = (5, 10, 20)
"""Cells along a side, by level."""
FEWEST = (12, 8, 6)
"""Items of one name below which a cell says nothing, by level; in small libraries, a fortieth of all."""
_LEAST = 3
SHARE = 0.4
"""Of a cell's Items that have to share a name."""
COMMON = 0.6
"""A name that more than this share of all Items has tells nothing."""
LONGEST = 60


def regions(places: F32, genres: Sequence[str], artists: Sequence[str]) -> list[Region]:
    """The regions of a map, `(n, 2)`, whose Items have these tags ("" for none); genres on top, artists further in."""
    firsts = [genre.split(";")[0].strip()[:LONGEST] for genre in genres]
    whose = [artist.strip()[:LONGEST] for artist in artists]
    vague = _too_common(firsts) | _too_common(whose) | {""}
    found: list[Region] = []
    for level, grid in enumerate(GRIDS):
        order = (firsts, whose) if level < 2 else (whose, firsts)
        fewest = min(FEWEST[level], max(len(places) // 40, _LEAST))
        named = _named_cells(places, order, vague, grid, fewest)
        found += _joined(named, level)
    return found


def _too_common(names: Sequence[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > COMMON * len(names)}


_Cell = tuple[str, int, float, float]
"""A name, how many Items have it, and their middle."""


def _named_cells(
    places: F32, kinds: Sequence[Sequence[str]], vague: set[str], grid: int, fewest: int
) -> dict[tuple[int, int], _Cell]:
    columns, rows = np.minimum((places * grid).astype(np.int64), grid - 1).T if len(places) else (np.zeros(0),) * 2
    members: dict[tuple[int, int], list[int]] = {}
    for number, cell in enumerate(zip(columns.tolist(), rows.tolist(), strict=True)):
        members.setdefault(cell, []).append(number)
    named: dict[tuple[int, int], _Cell] = {}
    for cell, inside in members.items():
        for names in kinds:
            # The counts first, then the name: equals are decided the same way every time.
            counts = Counter(names[number] for number in inside)
            name, count = min(counts.items(), key=lambda pair: (-pair[1], pair[0]))
            if count >= max(fewest, SHARE * len(inside)) and name not in vague:
                own = [number for number in inside if names[number] == name]
                x, y = places[own].mean(axis=0).tolist()
                named[cell] = (name, count, x, y)
                break
    return named


def _joined(named: dict[tuple[int, int], _Cell], level: int) -> list[Region]:
    """Neighbouring cells of one name become one region, the largest first."""
    found, seen = [], set[tuple[int, int]]()
    for cell in sorted(named):
        if cell in seen:
            continue
        name, waiting, part = named[cell][0], [cell], list[_Cell]()
        seen.add(cell)
        while waiting:
            column, row = waiting.pop()
            part.append(named[column, row])
            for near in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
                if near in named and near not in seen and named[near][0] == name:
                    seen.add(near)
                    waiting.append(near)
        items = sum(one[1] for one in part)
        x = sum(count * middle for _, count, middle, _ in part) / items
        y = sum(count * middle for _, count, _, middle in part) / items
        found.append(Region(level, x, y, name, items))
    return sorted(found, key=lambda region: (-region.items, region.name, region.x))
