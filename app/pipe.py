"""The child's end of the pipe: requests on standard input, events on standard output, libraries' chatter elsewhere.

The studio and the network process both begin here. Standard output is kept for the protocol alone: libraries print.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from app.codec import Message, ProtocolError, decode, encode
from app.protocol import Shutdown

log = logging.getLogger(__name__)


class Speaker:
    """Writes events, whole lines, from any thread."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, event: Message) -> None:
        """Send one event; silently nothing once the other side is gone."""
        with self._lock:
            try:
                self._pipe.write(encode(event))
                self._pipe.flush()
            except OSError:
                log.debug("the window is gone")


def listen(handle: Callable[[Message], None]) -> None:
    """Hand every request to `handle` until `Shutdown`, or until the other side closes the pipe."""
    for line in sys.stdin.buffer:
        try:
            message = decode(line)
        except ProtocolError as error:
            log.warning("unreadable request: %s", error)
            continue
        if isinstance(message, Shutdown):
            return
        handle(message)


def take_over_stdout() -> BinaryIO:
    """A private duplicate of standard output; the number itself then leads to standard error."""
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "wb")
