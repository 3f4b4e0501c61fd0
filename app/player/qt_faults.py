"""Ways around faults of Qt 6.11 and PySide that `qt.QtPlayer` met; each says what was seen without it."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtMultimedia import QMediaPlayer

LAST_PLACE = 0.02
"""Seconds before the end: from the very end of a .wav Qt neither plays nor says that it has ended."""


def settle(emitter: QObject) -> None:
    """Let the binding find out, on this thread, that `emitter` overrides no `disconnectNotify`.

    Qt's renderer threads disconnect from such objects while holding a lock of Qt's; the first time, PySide looks
    for an override in Python and waits for the interpreter, which may be in `play()` waiting for that very lock:
    the program stands still for ever (seen within a hundred players). The answer is kept, so ask for it early.
    """
    listener = QObject()
    emitter.objectNameChanged.connect(listener.objectNameChanged)
    shiboken6.delete(listener)


def switch_track(engine: QMediaPlayer, switch: Callable[[], None]) -> None:
    """Switch sound or subtitle tracks; a paused engine is stopped for it and put back where it was.

    Switched while paused, Qt tells the end of the piece 0.4 s after playing on (seen with every file tried). The
    signals of stopping and pausing come on the way.
    """
    if engine.playbackState() != QMediaPlayer.PlaybackState.PausedState:
        switch()
        return
    place = engine.position()
    engine.stop()
    switch()
    engine.pause()
    engine.setPosition(place)
