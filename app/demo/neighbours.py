"""What the demo's two other peers own: invented albums in styles of their own, so that there is something to discover.

A programme is words and numbers drawn from a seed, the same every time; sound, covers and tags come from the same
places as the demo library's. Called by the demo swarm and by tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.demo.programme import FORMATS, Album, Piece
from app.demo.styles import Style

_GENRES = {
    Style.STRINGS: "Folk",
    Style.CHIPTUNE: "Chiptune",
    Style.DRONE: "Drone",
    Style.DRUMS: "Breakbeat",
    Style.BELLS: "Gamelan",
    Style.PADS: "Ambient",
    Style.BASS: "Jazz",
    Style.NOISE: "Soundscape",
}
_FIRST = (
    "Alder",
    "Brigid",
    "Casimir",
    "Dagny",
    "Edda",
    "Fintan",
    "Greta",
    "Henrik",
    "Isolde",
    "Jonas",
    "Kaisa",
    "Lorcan",
)
_LAST = ("Ashdown", "Birch", "Corvin", "Delacroix", "Esk", "Fenwick", "Grae", "Holm", "Ivarsen", "Jasper", "Kestrel")
_WHICH = ("Amber", "Broken", "Distant", "Early", "Folded", "Hollow", "Idle", "Kindled", "Leaning", "Northern", "Open")
_WHAT = (
    "Atlas",
    "Bridge",
    "Cinder",
    "Delta",
    "Ember",
    "Fathom",
    "Grove",
    "Harvest",
    "Island",
    "Juniper",
    "Kite",
    "Mile",
)
_WHERE = ("at Dusk", "by the Weir", "in Winter", "of Salt", "on the Hill", "over Fields", "under Glass", "without Name")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A peer of the demo swarm: its name, and the pieces it publishes."""

    name: str
    pieces: tuple[Piece, ...]


def neighbours() -> tuple[Neighbour, ...]:
    """The two peers: one loves bells, pads and drones, the other chiptune, drums, bass and strings."""
    return (
        _neighbour("Lyrebird", 41, (Style.BELLS, Style.PADS, Style.DRONE, Style.STRINGS)),
        _neighbour("Honeyguide", 42, (Style.CHIPTUNE, Style.DRUMS, Style.BASS, Style.STRINGS, Style.NOISE)),
    )


def _neighbour(name: str, seed: int, styles: tuple[Style, ...]) -> Neighbour:
    rng = np.random.default_rng(seed)
    titles = [f"{which} {what} {where}" for which in _WHICH for what in _WHAT for where in _WHERE]
    order = iter(rng.permutation(len(titles)).tolist())
    pieces: list[Piece] = []
    for number in range(8):
        style = styles[number % len(styles)]
        artist = f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"
        album = Album(
            title=" ".join(titles[next(order)].split()[:2]),
            artist=artist,
            style=style,
            genre=_GENRES[style],
            year=int(rng.integers(1995, 2025)),
            titles=tuple(titles[next(order)] for _ in range(3)),
        )
        for track, title in enumerate(album.titles, start=1):
            seconds = round(float(rng.uniform(20.5, 32)), 1)
            suffix = FORMATS[len(pieces) % len(FORMATS)]
            pieces.append(Piece(album, track, title, suffix, seconds, 1_000 * seed + len(pieces)))
    return Neighbour(name, tuple(pieces))
