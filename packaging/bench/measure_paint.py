"""From exec to the first paint of the real window over 100,000 Items, and the memory of its process.

Offscreen; the best of three starts, as a cold disk is not what is compared. Beside it the bare toolkit: a process
that shows an empty Qt window, below which nobody gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from made_profile import made_profile, with_vectors
from table import Row
from window_run import run_window

ITEMS = 100_000
STARTS = 3
EMPTY_WINDOW = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
class Empty(QWidget):
    def paintEvent(self, event):
        QTimer.singleShot(0, app.quit)
window = Empty()
window.show()
app.exec()
"""


def empty_window() -> float:
    """Seconds from exec to the end of a process that shows an empty window."""
    begun = time.monotonic()
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", EMPTY_WINDOW], env=environ, check=True)
    return time.monotonic() - begun


def rows() -> Iterator[Row]:
    """Yield first paint, the painted list, and memory."""
    profile = with_vectors(made_profile(ITEMS))
    starts = [run_window(profile, "library", 4.0) for _ in range(STARTS)]
    bare = min(empty_window() for _ in range(STARTS))
    whose = "empty Qt window"
    yield Row("exec to first paint, 100,000 Items", "s", min(seen.first for seen in starts), bare, whose, 0.5)
    listed = [seen.listed for seen in starts if seen.listed > 0]
    if listed:
        yield Row("exec to the list painted, 100,000 Items", "s", min(listed), bare, whose)
    yield Row("window's process: memory, scrolling 100,000", "MiB", max(seen.memory for seen in starts), goal=150)
