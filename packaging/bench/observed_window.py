"""Runs the real window in this process and watches it from outside: paints, memory, and the beat of a timer.

Started by the measurements as `python observed_window.py SECONDS ARGUMENTS...`; prints one line of JSON when the
seconds after the first paint are over. Nothing in the product knows of it: it waits in QApplication.exec.
"""

from __future__ import annotations

import json
import os
import sys
import time

import psutil

BEAT = 10
"""Milliseconds between two ticks of the timer whose gaps are measured."""
SETTLED = 2000
"""Milliseconds after the first paint at which the timer starts."""


def observe(lasting: float, arguments: list[str]) -> int:
    """Open the window with `arguments`, watch it for `lasting` seconds after its first paint, close it."""
    begun = float(os.environ["BOWERBIRD_BENCH_BEGUN"])
    from PySide6.QtCore import QEvent, QObject, Qt, QTimer
    from PySide6.QtWidgets import QAbstractItemView, QApplication

    class Watch(QObject):
        """Sees every event of the application; notes when the first pass of painting was over."""

        def __init__(self) -> None:
            super().__init__()
            self.first = self.listed = 0.0
            self.gaps: list[float] = []
            self._last = 0.0
            self._beat = QTimer(self, interval=BEAT, timerType=Qt.TimerType.PreciseTimer)
            self._beat.timeout.connect(self._tick)
            self._pending = False

        def eventFilter(self, seen: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and not self.listed:
                view = seen.parent()
                if isinstance(view, QAbstractItemView) and view.model() and view.model().rowCount():
                    self.listed = -1.0
                if not self._pending:
                    self._pending = True
                    QTimer.singleShot(0, self._painted)
            return False

        def _painted(self) -> None:
            self._pending = False
            now = time.monotonic() - begun
            if self.listed < 0:
                self.listed = now
            if not self.first:
                self.first = now
                QTimer.singleShot(SETTLED, self._start_beat)
                QTimer.singleShot(round(lasting * 1000), self._report)

        def _start_beat(self) -> None:
            self._last = time.perf_counter()
            self._beat.start()

        def _tick(self) -> None:
            now = time.perf_counter()
            self.gaps.append(now - self._last)
            self._last = now
            if len(self.gaps) % 4 == 0:
                self._scroll()

        def _scroll(self) -> None:
            shown = [w for w in QApplication.allWidgets() if isinstance(w, QAbstractItemView) and w.isVisible()]
            longest = max(shown, key=lambda view: view.verticalScrollBar().maximum(), default=None)
            if longest is not None:
                bar = longest.verticalScrollBar()
                bar.setValue((bar.value() + max(bar.pageStep() // 3, 1)) % max(bar.maximum(), 1))

        def _report(self) -> None:
            self._beat.stop()
            QApplication.instance().removeEventFilter(self)
            memory = psutil.Process().memory_info().rss / 2**20
            said = {"first": self.first, "listed": self.listed, "memory": memory, "gaps": self.gaps}
            print(json.dumps(said), flush=True)
            QApplication.closeAllWindows()
            QApplication.quit()

    run = QApplication.exec

    def watched_exec(*_: object) -> int:
        watch = Watch()
        QApplication.instance().installEventFilter(watch)
        return run()

    QApplication.exec = watched_exec  # type: ignore[assignment,method-assign]
    from app.__main__ import main

    return main(arguments)


if __name__ == "__main__":
    sys.exit(observe(float(sys.argv[1]), sys.argv[2:]))
