"""The map of a library: arranging it, reading it, and how many pictures a second it has while it is moved.

The arranging is that of 10,000 Items, in the studio; the rest of 100,000, on a page of 1,150 by 900 px, offscreen.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import numpy as np
from made_profile import made_profile
from table import Row, seconds

from app.paths import RESOURCES
from app.store.database import Database
from app.store.items import Items
from app.store.map_layout import LaidOut, MapLayout, MapReading
from models.map_layout import lay_out
from models.types import F32

ARRANGED = 10_000
ITEMS = 100_000
WIDTH = 96
FRAMES = 40


def grouped(count: int) -> F32:
    """Features `(count, WIDTH)` of forty groups."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((40, WIDTH)).astype(np.float32)
    noise = 0.6 * random.standard_normal((count, WIDTH)).astype(np.float32)
    return np.asarray(centres[random.integers(0, 40, count)] + noise, np.float32)


def rows() -> Iterator[Row]:
    """Yield the seconds of arranging, the milliseconds of reading, and the frames a second."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import trustworthiness

    features = grouped(ARRANGED)
    laid = np.zeros((0, 2), np.float32)

    def arrange() -> None:
        nonlocal laid
        laid = lay_out(features)

    yield Row("arrange a map of 10,000", "s", seconds(arrange, repeat=1), goal=30)
    some = np.random.default_rng(1).choice(ARRANGED, 2_000, replace=False)
    ours = trustworthiness(features[some], laid[some], n_neighbors=10)
    plain = trustworthiness(features[some], PCA(2).fit_transform(features)[some], n_neighbors=10)
    yield Row("neighbours kept (trustworthiness)", "0..1", ours, plain, "two principal axes", small=False)

    profile = made_profile(ITEMS)
    with Database.open(profile.library, RESOURCES / "migrations", scores=profile.scores) as database:
        ids = np.array(Items(database).present_ids(), np.int64)
        places = np.clip(np.random.default_rng(0).normal(0.5, 0.18, (len(ids), 2)), 0, 1).astype(np.float32)
        with contextlib.closing(MapLayout(profile.scores)) as layout:
            layout.write(LaidOut(ids, places, ("made",), len(ids)))
        reading = MapReading(database)
        yield Row("read a map of 100,000", "ms", seconds(reading.dots) * 1000)
        yield from moved(reading)


def moved(reading: MapReading) -> Iterator[Row]:
    """Yield frames a second while the map is dragged and while it comes nearer, each frame painted."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.ui.map_canvas import MapCanvas
    from app.ui.map_raster import View
    from app.ui.theme import Theme

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme = Theme()
    theme.apply(application, "light")
    canvas = MapCanvas(theme)
    canvas.resize(1_150, 900)
    canvas.show_dots(reading.dots(), reading.regions())
    canvas.grab()

    def drag() -> None:
        for frame in range(FRAMES):
            canvas.look(View(0.5 + 0.004 * frame, 0.5, canvas.view.scale))
            canvas.grab()

    def approach() -> None:
        canvas.show_all()
        for _ in range(FRAMES):
            canvas.zoom(1.06)
            canvas.grab()

    for name, move in (("drag a map of 100,000", drag), ("come nearer to a map of 100,000", approach)):
        canvas.show_all()
        yield Row(name, "frames/s", FRAMES / seconds(move), goal=30, small=False)
    canvas.deleteLater()
