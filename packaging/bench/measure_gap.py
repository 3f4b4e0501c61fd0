"""The silence between two pieces: the whole session beside a bare QMediaPlayer that is given the next source.

From what the positions say: where the last one of the first piece puts its end, and the first one of the second
its beginning. Files of 2 s, median of several hand-overs; no sound device is needed.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

from table import Row

SECONDS = 2.0
HAND_OVERS = 9
RATE = 44100
GOAL = 0.03


def tones(folder: Path) -> list[Path]:
    """Write two files of SECONDS each."""
    made = []
    for hertz in (440, 660):
        path = folder / f"{hertz}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            waves = (int(3000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(RATE * SECONDS)))
            file.writeframes(b"".join(value.to_bytes(2, "little", signed=True) for value in waves))
        made.append(path)
    return made


class Stopwatch:
    """Turns positions, seconds, into gaps between the pieces they belong to."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._end = 0.0
        self._last = 0.0

    def tell(self, position: float) -> None:
        now = time.perf_counter()
        if position <= 0.0:
            return
        if position < self._last:
            self.gaps.append(now - position - self._end)
        self._end, self._last = now + SECONDS - position, position


def turn(done: Callable[[], bool]) -> None:
    """Let Qt work until `done`, or until it has taken far too long."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    end = time.monotonic() + 3 * SECONDS * (HAND_OVERS + 1)
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the pieces do not follow each other")
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)


def of_the_session(files: list[Path]) -> float:
    """Median gap in seconds of PlaySession with QtPlayer."""
    from app.player.playable import Playable
    from app.player.qt import QtPlayer
    from app.player.queue import Repeat
    from app.player.session import PlaySession
    from models.types import ItemId

    class Shelf:
        def resolve(self, item: ItemId) -> Playable:
            return Playable(item, files[item], SECONDS)

        def save(self, item: ItemId, seconds: float) -> None:
            """Nothing so short is resumed."""

    player, watch = QtPlayer(), Stopwatch()
    session = PlaySession(player, Shelf(), Shelf())
    player.events.position.add(watch.tell)
    session.set_repeat(Repeat.LIST)
    session.play_items([ItemId(0), ItemId(1)])
    turn(lambda: len(watch.gaps) >= HAND_OVERS)
    session.close()
    player.close()
    return statistics.median(watch.gaps)


def of_the_toolkit(files: list[Path]) -> float:
    """Median gap in seconds of a QMediaPlayer whose source is set anew at the end of the one before."""
    from PySide6.QtCore import QUrl
    from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer

    player, output, watch = QMediaPlayer(), QAudioOutput(), Stopwatch()
    player.setAudioOutput(output)
    player.positionChanged.connect(lambda position: watch.tell(position / 1000))
    turns = iter(range(1, 10 * HAND_OVERS))

    def go_on(status: QMediaPlayer.MediaStatus) -> None:
        if status == QMediaPlayer.MediaStatus.EndOfMedia:
            player.setSource(QUrl.fromLocalFile(str(files[next(turns) % 2])))
            player.play()

    player.mediaStatusChanged.connect(go_on)
    player.setSource(QUrl.fromLocalFile(str(files[0])))
    player.play()
    turn(lambda: len(watch.gaps) >= HAND_OVERS)
    player.stop()
    return statistics.median(watch.gaps)


def rows() -> Iterator[Row]:
    """Yield the gap between two pieces."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    app = QGuiApplication.instance() or QGuiApplication([])
    with tempfile.TemporaryDirectory() as folder:
        files = tones(Path(folder))
        bare = of_the_toolkit(files)
        yield Row("silence between two pieces", "s", of_the_session(files), bare, "bare QMediaPlayer", GOAL)
    del app
