"""What the demo library holds: sixty-four pieces and six films, with invented artists, albums and years.

Called by the writer and the tests. A piece is written down here in full but for its sound, which follows from
its style and its seed. Some artists appear in two styles, as artists do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from app.demo.styles import Style, compose
from models.types import F32

LICENCE = "CC0-1.0"
"""The demo's sounds are made by the program itself: anybody may do anything with them."""
FORMATS = ("flac", "mp3", "ogg", "opus")
"""File types of the pieces, dealt out in turn: suffix and container in one word."""


@dataclass(frozen=True, slots=True)
class Album:
    """Two, three or four pieces of one artist in one style, with a cover of its own."""

    title: str
    artist: str
    style: Style
    genre: str
    year: int
    titles: tuple[str, ...]


ALBUMS = (
    Album(
        "Hedgerow Hours",
        "Mirela Koss",
        Style.STRINGS,
        "Folk",
        2016,
        ("Copper Rain", "The Orchard Gate", "Slow Ferry"),
    ),
    Album(
        "Six Strings, One Window",
        "Tomas Arden",
        Style.STRINGS,
        "Folk",
        2019,
        ("Windowsill", "Letters from Lund", "Low Lamp"),
    ),
    Album("Hazel", "Wren Hollis", Style.STRINGS, "Acoustic", 2022, ("Hazel", "Barefoot in March")),
    Album(
        "Cartridge Summer",
        "Pixel Orchard",
        Style.CHIPTUNE,
        "Chiptune",
        2013,
        ("Jump the Moat", "Coin Garden", "Boss of the Attic"),
    ),
    Album(
        "Save Point",
        "Nine Lives Left",
        Style.CHIPTUNE,
        "Chiptune",
        2018,
        ("Save Point", "Lava Stage", "Two-Button Waltz"),
    ),
    Album("Handheld", "Pixel Orchard", Style.CHIPTUNE, "Chiptune", 2021, ("Last Continue", "Credits Roll")),
    Album("Below the Ice", "Halden Drift", Style.DRONE, "Drone", 2011, ("Below the Ice", "Long Wave", "Keel")),
    Album(
        "Organ Weather",
        "Saint Anselm's Engine",
        Style.DRONE,
        "Drone",
        2015,
        ("Organ Weather", "The Tide Clock", "Vesper Hum"),
    ),
    Album("Basalt", "Okto Lindqvist", Style.DRONE, "Drone", 2020, ("Basalt", "A Field of Pylons")),
    Album(
        "Kit Studies",
        "Rufus Tan",
        Style.DRUMS,
        "Breakbeat",
        2014,
        ("Dry Room", "Left Foot Lead", "Rim and Bone"),
    ),
    Album(
        "Loops for Stairwells",
        "Nine Lives Left",
        Style.DRUMS,
        "Breakbeat",
        2017,
        ("Stairwell", "Ghost Notes", "Seven Floors Up"),
    ),
    Album("Brushed Steel", "Rufus Tan", Style.DRUMS, "Breakbeat", 2023, ("Brushed Steel", "Paper Snare")),
    Album(
        "Bronze Gardens",
        "Sekar Laut",
        Style.BELLS,
        "Gamelan",
        2009,
        ("Bronze Garden", "Rice Moon", "Seven Gates"),
    ),
    Album(
        "Carillon for No One",
        "Mirela Koss",
        Style.BELLS,
        "Minimal",
        2018,
        ("Carillon for No One", "Snow on Brass", "Quarter Past"),
    ),
    Album("Temple Steps", "Sekar Laut", Style.BELLS, "Gamelan", 2016, ("Temple Steps", "Lantern Row")),
    Album(
        "Soft Machines Asleep",
        "Ilse Varga",
        Style.PADS,
        "Ambient",
        2012,
        ("Glass Harbour", "Blue Hour, Twice", "Sleepwalk Line"),
    ),
    Album(
        "Aurora Maps",
        "Okto Lindqvist",
        Style.PADS,
        "Ambient",
        2017,
        ("Aurora Map", "Polar Day", "North of Names"),
    ),
    Album("Weightless Rooms", "Ilse Varga", Style.PADS, "Ambient", 2021, ("Weightless Room", "Slow Satellites")),
    Album(
        "Blue Basement",
        "Otis Marlow Trio",
        Style.BASS,
        "Jazz",
        1999,
        ("Blue Basement", "Walking Home Late", "The Rent Is Due"),
    ),
    Album(
        "Four to the Floorboards",
        "Delphine Roux",
        Style.BASS,
        "Jazz",
        2008,
        ("Floorboards", "Rue des Lilas", "Cab Fare"),
    ),
    Album("Corner Table", "Otis Marlow Trio", Style.BASS, "Jazz", 2004, ("Corner Table", "One More for Sal")),
    Album(
        "Weather Diaries",
        "Halden Drift",
        Style.NOISE,
        "Soundscape",
        2014,
        ("Gale Warning", "Shingle Beach", "Rain on Tin"),
    ),
    Album(
        "Static Flora",
        "Unit Ferns",
        Style.NOISE,
        "Soundscape",
        2019,
        ("Static Flora", "Between Stations", "Dust Choir"),
    ),
    Album(
        "Surf and Solder",
        "Unit Ferns",
        Style.NOISE,
        "Soundscape",
        2022,
        ("Surf and Solder", "Night Substation"),
    ),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of music: everything its file says about it, and what its sound is made from."""

    album: Album
    track: int
    title: str
    suffix: str
    seconds: float
    seed: int

    @property
    def path(self) -> PurePosixPath:
        """Place below the demo folder."""
        return PurePosixPath(self.album.artist, self.album.title, f"{self.track:02d} {self.title}.{self.suffix}")

    def sound(self) -> F32:
        """Compose the piece: stereo float32 (n, 2) at 44.1 kHz."""
        return compose(self.album.style, np.random.default_rng(self.seed), self.seconds)


def pieces() -> list[Piece]:
    """Return the whole programme in order: the same every time."""
    listed: list[Piece] = []
    for album in ALBUMS:
        for track, title in enumerate(album.titles, start=1):
            seed = 7_100 + len(listed)
            seconds = round(float(np.random.default_rng(seed).uniform(20.5, 32)), 1)
            suffix = FORMATS[len(listed) % len(FORMATS)]
            listed.append(Piece(album, track, title, suffix, seconds, seed))
    return listed
