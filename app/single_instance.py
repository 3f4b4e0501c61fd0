"""One window for each profile: a second start hands its folders to the first and ends. Called by start-up only."""

from __future__ import annotations

import getpass
import hashlib
import json
import logging
import time
from pathlib import Path

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

WAIT_MS = 1_000
PATIENCE = 10.0
"""Seconds that a start waits for a window that is just closing."""
LONGEST = 64 * 1024
"""Bytes of folders' names taken from a second start."""


class SingleInstance(QObject):
    """`called` when another start asks for the window; `came(folders)` when it brings folders."""

    called = Signal()
    came = Signal(object)

    def __init__(self, profile: Path) -> None:
        super().__init__()
        digest = hashlib.sha256(str(profile.absolute()).encode()).hexdigest()[:16]
        self._name = f"bowerbird-{getpass.getuser()}-{digest}"
        self._server: QLocalServer | None = None
        self._lock = FileLock(profile / "window.lock", thread_local=False)

    def begin(self, folders: list[str], patience: float = PATIENCE) -> bool:
        """Become the one window of this profile, or give the folders to the one that is open and answer False.

        A window that is just closing no longer listens and still holds the lock: it is waited for, so that a start
        right after quitting is not lost. After `patience` seconds this start goes on all the same.
        """
        ends = time.monotonic() + patience
        while not self.hand_over(folders):
            try:
                self._lock.acquire(timeout=0.1)
            except Timeout:
                if time.monotonic() < ends:
                    continue
                log.warning("another window holds this profile and does not answer")
            except OSError as error:
                log.warning("cannot lock the profile: %s", error.strerror)
            return True
        return False

    def hand_over(self, folders: list[str]) -> bool:
        """Give the folders to a window that is already open; False where there is none."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(WAIT_MS):
            return False
        socket.write(json.dumps(folders).encode() + b"\n")
        socket.waitForBytesWritten(WAIT_MS)
        socket.disconnectFromServer()
        return True

    def listen(self) -> None:
        """Be the one that others find. What a crash left behind is removed first."""
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        if not server.listen(self._name):
            QLocalServer.removeServer(self._name)
            server.listen(self._name)
        server.newConnection.connect(self._greet)
        self._server = server

    def stop_listening(self) -> None:
        """Be found no more: what comes now is for the next one."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Let the next one begin."""
        self.stop_listening()
        self._lock.release()

    def _greet(self) -> None:
        socket = self._server.nextPendingConnection() if self._server else None
        if socket is None:
            return
        # Not a child of the server: the server may be closed while it still speaks.
        socket.setParent(self)
        socket.readyRead.connect(self._hear)
        self._read(socket)

    def _hear(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket):
            self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        line = bytes(socket.readLine(LONGEST).data())
        socket.readyRead.disconnect(self._hear)
        socket.close()
        self.called.emit()
        try:
            folders = json.loads(line)
        except ValueError:
            return
        if isinstance(folders, list) and folders and all(isinstance(folder, str) for folder in folders):
            self.came.emit(folders)
