"""Garbage is collected on the window's thread, and on no other.

Python collects wherever it happens to be, also on a thread that writes or reads in the background. What it finds there
may be a part of a window: its end takes a lock of Qt's and then waits for the interpreter, which the window's thread
may hold while it waits for that very lock, and the program stands still for ever (seen in a full run of the tests).
Called by start-up; the tests do the same.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


def collect_here(parent: QObject) -> QTimer:
    """From now on collect by a timer of this thread. What start-up made stays, and is not looked through again."""
    gc.disable()
    gc.freeze()
    timer = QTimer(parent)
    timer.setInterval(EVERY_MS)
    timer.timeout.connect(collect_due)
    timer.start()
    return timer


def collect_due() -> int:
    """Collect as far as Python would have by now; return the oldest generation collected, -1 for none."""
    due = [count > most > 0 for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
    oldest = -1
    while oldest < 2 and due[oldest + 1]:
        oldest += 1
    if oldest >= 0:
        gc.collect(oldest)
    return oldest
