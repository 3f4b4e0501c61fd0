"""A network process beside a studio in this one: started, and what they have to tell each other handed on.

`headless` uses it instead of a window. The process is started again when it dies; the studio never notices.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout

from app.codec import Message
from app.errors import Locked
from app.network_messages import FOR_NETWORK, FOR_STUDIO
from app.paths import Profile
from app.processes import Child, network_command
from app.protocol import Failed

log = logging.getLogger(__name__)


@dataclass(slots=True)
class NetworkRun:
    """`tell` the network process something; what it says is in `events`."""

    child: Child
    events: queue.SimpleQueue[Message]

    def tell(self, message: Message) -> None:
        self.child.send(message)

    def from_studio(self, event: Message) -> None:
        """Hand on what the studio says, where it is meant for the network process."""
        if isinstance(event, FOR_NETWORK):
            self.child.send(event)


@contextmanager
def network_for(profile: Profile, to_studio: Callable[[Message], None]) -> Iterator[NetworkRun]:
    """A started network process, ended afterwards. Raises Locked where another one works on the profile."""
    # Asked before, so that it is said in words here and not by a child that cannot start.
    lock = FileLock(profile.root / "network.lock")
    try:
        with lock.acquire(timeout=0):
            pass
    except Timeout as error:
        raise Locked(
            "The network is already on for this library", "Close the other one first.", profile.root
        ) from error
    events: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def came(message: Message) -> None:
        if isinstance(message, FOR_STUDIO):
            to_studio(message)
        events.put(message)

    def lost(reason: str, final: bool) -> None:
        again = "it stays down" if final else "it is started again"
        events.put(Failed(0, "The network process ended", f"{reason}; {again}."))

    child = Child(network_command(profile.root), came, lost)
    child.start()
    try:
        yield NetworkRun(child, events)
    finally:
        child.close(10.0)
