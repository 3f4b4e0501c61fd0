"""A peer on an address of this machine alone, made of the real processes; what they say is kept with its time.

The network process is always real. The studio is a real process, too, or a function stands in for what the network
process asks of it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from table import Absent

from app.codec import Message
from app.config import BOOTSTRAP, LISTEN_HOST, NETWORK, STRANGER_MIB, Settings
from app.network_messages import FOR_NETWORK, FOR_STUDIO, EvidenceWanted, NetworkReady, VectorsExported, VectorsWanted
from app.paths import Profile
from app.processes import Child, network_command, studio_command

E = TypeVar("E")
LIMIT = 240.0
MIB = 1 << 20


class LocalPeer:
    """`start` the processes, tell them things, wait for what they say."""

    def __init__(
        self,
        profile: Profile,
        host: str,
        routers: Sequence[tuple[str, int]],
        export: Callable[[VectorsWanted], VectorsExported] | None = None,
        stranger_mib: int = 0,
    ) -> None:
        """`export` stands in for the studio; without it there is a real one. `stranger_mib` 0: the setting's own."""
        self.profile = profile
        self.key = ""
        settings = Settings(profile.settings)
        settings.set(LISTEN_HOST, host)
        settings.set(BOOTSTRAP, " ".join(f"{where}:{port}" for where, port in routers))
        settings.set(NETWORK, True)
        if stranger_mib:
            settings.set(STRANGER_MIB, stranger_mib)
        self._export = export
        self._said: list[tuple[float, Message | str]] = []
        self._changed = threading.Condition()
        self._lost: Callable[[str, bool], None] = lambda reason, _final: self._keep(reason)
        self.studio = Child(studio_command(profile.root), self._from_studio, self._lost) if export is None else None
        self.network: Child | None = None

    def start_network(self) -> None:
        """Start the network process; returns when it is up."""
        since = self.mark()
        self.network = Child(network_command(self.profile.root), self._from_network, self._lost)
        self.network.start()
        self.key = self.wait(NetworkReady, since=since)[1].key

    def stop_network(self) -> None:
        """End the network process in order."""
        if self.network is not None:
            self.network.close(15.0)
            self.network = None

    def close(self) -> None:
        """End what runs."""
        self.stop_network()
        if self.studio is not None:
            self.studio.close(15.0)

    def tell(self, message: Message) -> None:
        """Tell the network process something."""
        assert self.network is not None
        self.network.send(message)

    def mark(self) -> int:
        """A point in what is said, to wait for what comes after it."""
        with self._changed:
            return len(self._said)

    def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, since: int = 0) -> tuple[float, E]:
        """The first message of a kind that fits, with its time (Unix seconds). Raises Absent when none comes."""
        deadline, at = time.monotonic() + LIMIT, since
        with self._changed:
            while True:
                while at < len(self._said):
                    when, said = self._said[at]
                    at += 1
                    if isinstance(said, str):
                        raise Absent(f"a process ended: {said}")
                    if isinstance(said, kind) and fits(said):
                        return when, said
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise Absent(f"no such {kind.__name__} in {LIMIT:.0f} s")

    def all_of(self, kind: type[E], since: int) -> list[tuple[float, E]]:
        """All messages of a kind since then, with their times."""
        with self._changed:
            return [(when, said) for when, said in self._said[since:] if isinstance(said, kind)]

    def _from_network(self, said: Message) -> None:
        self._keep(said)
        if self.studio is not None and isinstance(said, FOR_STUDIO):
            self.studio.send(said)
        elif isinstance(said, VectorsWanted) and self._export is not None:
            answer = self._export(said)
            if self.network is not None:
                self.network.send(answer)

    def _from_studio(self, said: Message) -> None:
        self._keep(said)
        if isinstance(said, FOR_NETWORK) and self.network is not None:
            self.network.send(said)

    def _keep(self, said: Message | str) -> None:
        with self._changed:
            if not isinstance(said, EvidenceWanted):
                self._said.append((time.time(), said))
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class Use:
    """What a process used over some seconds: the share of one core, MiB of memory (its part of what is shared)."""

    seconds: float
    cpu: float
    memory: float


class Watched:
    """Adds up what a process uses from now until `used`; memory is the most that was seen at ten looks a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._begun, self._busy = time.perf_counter(), self._cpu()
        self._most = self._memory()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def used(self) -> Use:
        """Stop watching."""
        self._ended.set()
        self._thread.join()
        seconds = time.perf_counter() - self._begun
        return Use(seconds, (self._cpu() - self._busy) / seconds, max(self._most, self._memory()))

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            with suppress(psutil.Error):
                self._most = max(self._most, self._memory())

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _memory(self) -> float:
        full: Any = self._process.memory_full_info()
        return float(getattr(full, "pss", full.rss)) / MIB


def most_memory(pid: int) -> float | None:
    """The most memory a process ever held, MiB, what it shares with others included; None where nobody counts that."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)


def with_path() -> None:
    """Let the processes find the code."""
    root = Path(__file__).resolve().parents[2]
    known = os.environ.get("PYTHONPATH", "")
    if str(root) not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(part for part in (str(root), known) if part)
