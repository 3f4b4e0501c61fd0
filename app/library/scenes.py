"""From the pictures looked at of a film to its scenes: which are alike, and where to look next. Arrays only.

Called by `film_frames.py` in the decode child. Two pictures are held against each other coarsely: where their colours
are (8 x 8 places) and which there are at all (the sorted values of 32 x 32 points, whose mean distance is the earth
mover's). A camera that pans changes the first and hardly the second, a cut changes both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from models.types import F32, U8, Frame

MOST = 32
"""Scenes of one film, at most; also the pictures looked at, at most."""
ALIKE = 16.0
"""Pictures less different than this (levels of 256) show the same scene; after a cut it is 40 and more."""
EXPOSURE = 20.0
"""Levels by which one of two pictures may be brighter all over without being another: clouds, an adjusting camera."""
DULL = 3.0
"""A scene less lively than this (a fade, a blank) is left out where there are others."""
DRIFT = 1.5
"""How many times ALIKE a scene's pictures may come to differ from its first one, little by little."""
BRIEF = 0.6
"""Seconds: what is on for less is a transition, and left out where there is more; several in a row are one scene in
which much moves."""
CLOSEST = 1.0
"""Seconds: no closer to each other is looked."""

_POINTS, _PLACES = 32, 8


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How a picture looks, coarsely: float32 `layout` (8, 8, 3) and `colours` (1024, 3), sorted; levels of 256."""

    layout: F32
    colours: F32


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Pictures in a row that look alike: seen first `at` seconds (tenths), its liveliest picture (shown at that time),
    and the share of the film it stands for; those of all scenes sum to 1."""

    at: float
    frame: Frame
    weight: float


def look(pixels: U8) -> Look:
    """The coarse look of RGB pixels."""
    small = Image.fromarray(pixels).resize((_POINTS, _POINTS), Image.Resampling.BOX, reducing_gap=2.0)
    points = np.asarray(small, np.float32)
    size = _POINTS // _PLACES
    layout: F32 = points.reshape(_PLACES, size, _PLACES, size, 3).mean(axis=(1, 3))
    return Look(layout, np.sort(points.reshape(-1, 3), axis=0))


def difference(one: Look, other: Look) -> float:
    """How different two pictures look: 0 for the same, 235 for white and black."""
    brighter = np.clip(one.layout.mean() - other.layout.mean(), -EXPOSURE, EXPOSURE)
    places = np.abs(one.layout - other.layout - brighter).mean()
    colours = np.abs(one.colours - other.colours - brighter).mean()
    return float(places + colours) / 2


def where_to_look(looks: Mapping[float, Look], spent: set[float]) -> float | None:
    """The time between two neighbours that differ most (and are far apart) at which another look is worth most.

    `spent`: times of pictures after which there is nothing new up to the next one. None where all is known.
    """
    times = sorted(looks)
    best, where = 0.0, None
    for early, late in pairwise(times):
        apart = late - early
        differ = difference(looks[early], looks[late])
        if early not in spent and apart >= 2 * CLOSEST and differ > ALIKE and differ * apart > best:
            best, where = differ * apart, (early + late) / 2
    return where


def scenes(found: Mapping[float, Frame], total: float, looks: Mapping[float, Look] | None = None) -> list[Scene]:
    """The scenes of a film of `total` seconds (0: unknown) from the pictures found at some times, in order."""
    known = looks or {}
    times = sorted(found)[:MOST]
    seen = {at: known.get(at) or look(found[at].pixels) for at in times}
    runs: list[list[float]] = []
    for at in times:
        if runs and _goes_on(runs[-1], at, seen):
            runs[-1].append(at)
        else:
            runs.append([at])
    shares = _shares(times, total)
    lively = {at: liveliness(found[at].pixels) for at in times}
    runs = _those(runs, lambda run: max(lively[at] for at in run) >= DULL)
    runs = _those(_joined(runs, shares), lambda run: sum(shares[at] for at in run) >= BRIEF)
    made: list[Scene] = []
    for run in runs:
        best = max(run, key=lambda at: (lively[at], -at))
        at = math.ceil(run[0] * 10 - 1e-6) / 10  # not before the scene begins
        if not made or at > made[-1].at:
            made.append(Scene(at, Frame(found[best].pixels, at), sum(shares[one] for one in run)))
    whole = sum(scene.weight for scene in made)
    return [Scene(scene.at, scene.frame, scene.weight / whole) for scene in made]


def liveliness(pixels: U8) -> float:
    """How much there is to see: rich in contrast and colour, neither black nor white."""
    small: F32 = pixels[::4, ::4].astype(np.float32)
    light = small.mean(axis=2)
    colour = (small.max(axis=2) - small.min(axis=2)).mean()
    exposed = 1.0 - abs(float(light.mean()) - 118.0) / 137.0
    return float(light.std() + 0.5 * colour) * max(exposed, 0.02)


def _those(runs: list[list[float]], worth: Callable[[list[float]], bool]) -> list[list[float]]:
    """The runs worth having; all of them where none is."""
    return [run for run in runs if worth(run)] or runs


def _joined(runs: list[list[float]], shares: Mapping[float, float]) -> list[list[float]]:
    """The same with each row of brief runs made one."""
    made: list[list[float]] = []
    moving = False
    for run in runs:
        brief = sum(shares[at] for at in run) < BRIEF
        if brief and moving:
            made[-1] = made[-1] + run
        else:
            made.append(run)
        moving = brief
    return made


def _goes_on(run: list[float], at: float, seen: Mapping[float, Look]) -> bool:
    return difference(seen[run[-1]], seen[at]) <= ALIKE and difference(seen[run[0]], seen[at]) <= DRIFT * ALIKE


def _shares(times: list[float], total: float) -> dict[float, float]:
    """The seconds that each picture stands for: up to halfway to its neighbours."""
    end = max(total, times[-1] + 0.1) if times else 0.0
    borders = [0.0, *((early + late) / 2 for early, late in pairwise(times)), end]
    return {at: max(borders[place + 1] - borders[place], 1e-3) for place, at in enumerate(times)}
