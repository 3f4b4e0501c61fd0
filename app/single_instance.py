"""One window for each profile: a second start hands its folders to the first and ends. Called by start-up only."""

from __future__ import annotations

import getpass
import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

WAIT_MS = 1_000
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

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _greet(self) -> None:
        socket = self._server.nextPendingConnection() if self._server else None
        if socket is None:
            return
        socket.readyRead.connect(lambda: self._read(socket))
        socket.disconnected.connect(socket.deleteLater)
        self._read(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            return
        self.called.emit()
        try:
            folders = json.loads(bytes(socket.readLine(LONGEST).data()))
        except ValueError:
            return
        if isinstance(folders, list) and folders and all(isinstance(folder, str) for folder in folders):
            self.came.emit(folders)
