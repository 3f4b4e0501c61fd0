"""What happens when something of ours breaks in the window: it is logged with its trace, and told, never hidden."""

from __future__ import annotations

import logging
import sys
import threading
import types

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from app.errors import BowerbirdError
from app.ui.main_window import MainWindow

log = logging.getLogger(__name__)


class _Relay(QObject):
    raised = Signal(object)


def report_bugs(window: MainWindow) -> None:
    """From now on, an exception that nobody caught is logged and shown in the window's line of notices."""
    relay = _Relay(window)

    def show(error: BaseException) -> None:
        if isinstance(error, BowerbirdError):
            window.notify_error(error)
            return
        text = QCoreApplication.translate(
            "BugReport", "Something went wrong inside Bowerbird ({name}). It is written down in the log."
        )
        window.notify(text.format(name=type(error).__name__), trouble=True)

    relay.raised.connect(show, Qt.ConnectionType.QueuedConnection)

    def take(kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.error("an exception that nobody caught", exc_info=(kind, error, trace))
        relay.raised.emit(error)

    def take_from_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            take(found.exc_type, found.exc_value, found.exc_traceback)

    sys.excepthook = take
    threading.excepthook = take_from_thread
