"""A real HTTP server that speaks as the model hub does, and on request serves files badly.

Everything a download can meet: truncated, interrupted, wrong, oversized and redirected files, no ranges, and a record
that changes. `requests` lists what was asked for.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = 4096
"""Bytes from which a file is kept by Git LFS here."""


@dataclass(slots=True)
class Served:
    """One file and how it is served.

    manner: "well", "truncated" (the whole length is promised, half comes, every time), "interrupted" (so only the
    first time), "wrong" (other bytes), "oversized" (more bytes, promised), "oversized-unsaid" (more bytes, no length),
    "no-ranges", "lying-range" (another piece than asked for), "redirected", "redirected-to-file", "redirected-to-ftp",
    "busy" (503 once), "stalled" (half comes, then nothing, once), "missing", "forbidden",
    "unsatisfiable" (416 to every range).
    """

    content: bytes
    manner: str = "well"
    times: int = 0
    record: str = ""


@dataclass(slots=True)
class HubServer:
    """One repository at one revision."""

    repo: str
    files: dict[str, Served]
    revision: str = REVISION
    licence: str = "mit"
    requests: list[tuple[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.requests.append((self.path, self.headers.get("Range", "")))
                owner.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be there no longer."""
        if self._server is None or self._thread is None:
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None

    def asked(self, name: str) -> list[str]:
        """The ranges with which a file was asked for."""
        return [wanted for path, wanted in self.requests if path.endswith(f"/{name}")]

    def described(self) -> bytes:
        siblings = []
        for name, file in self.files.items():
            listed: dict[str, object] = {"rfilename": name, "size": len(file.content)}
            if len(file.content) >= LARGE or file.record:
                digest = file.record or hashlib.sha256(file.content).hexdigest()
                listed |= {
                    "blobId": "1" * 40,
                    "lfs": {"sha256": digest, "size": len(file.content), "pointerSize": 134},
                }
            else:
                listed["blobId"] = hashlib.sha1(b"blob %d\0" % len(file.content) + file.content).hexdigest()
            siblings.append(listed)
        return json.dumps({
            "id": self.repo, "sha": self.revision, "siblings": siblings, "cardData": {"license": self.licence},
        }).encode()  # fmt: skip

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        path = to.path.partition("?")[0]
        if path in (f"/api/models/{self.repo}/revision/{which}" for which in ("main", self.revision)):
            _send(to, 200, self.described())
            return
        for prefix in (f"/{self.repo}/resolve/{self.revision}/", "/cdn/"):
            file = self.files.get(path.removeprefix(prefix)) if path.startswith(prefix) else None
            if file is not None:
                file.times += 1
                self._serve(to, path.removeprefix(prefix), file, redirected=prefix == "/cdn/")
                return
        _send(to, 404, b"{}")

    def _serve(self, to: BaseHTTPRequestHandler, name: str, file: Served, *, redirected: bool) -> None:
        content, headers, status = file.content, {}, 200
        wanted = to.headers.get("Range", "")
        match file.manner:
            case "redirected" if not redirected:
                _send(to, 302, b"", {"Location": f"{self.endpoint}/cdn/{name}"})
                return
            case "redirected-to-file":
                _send(to, 302, b"", {"Location": "file:///etc/hostname"})
                return
            case "redirected-to-ftp":
                _send(to, 302, b"", {"Location": "ftp://127.0.0.1/weights"})
                return
            case "busy" if file.times == 1:
                _send(to, 503, b"later")
                return
            case "missing":
                _send(to, 404, b"")
                return
            case "forbidden":
                _send(to, 403, b"")
                return
            case "unsatisfiable" if wanted:
                _send(to, 416, b"")
                return
            case "wrong":
                content = bytes(byte ^ 0x55 for byte in content)
            case "oversized" | "oversized-unsaid":
                content = content + b"x" * 1000
        if wanted and file.manner != "no-ranges":
            begin = int(wanted.removeprefix("bytes=").partition("-")[0])
            told = begin + 7 if file.manner == "lying-range" else begin
            headers["Content-Range"] = f"bytes {told}-{len(content) - 1}/{len(content)}"
            content, status = content[begin:], 206
        cut = file.manner == "truncated" or (file.manner in ("interrupted", "stalled") and file.times == 1)
        to.send_response(status)
        for key, value in headers.items():
            to.send_header(key, value)
        if file.manner != "oversized-unsaid":
            to.send_header("Content-Length", str(len(content)))
        to.send_header("Connection", "close")
        to.end_headers()
        to.wfile.write(content[: len(content) // 2] if cut else content)
        if cut and file.manner == "stalled":
            to.wfile.flush()
            self.closing.wait(30)
        to.close_connection = True


def _send(to: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
    to.send_response(status)
    for key, value in (headers or {}).items():
        to.send_header(key, value)
    to.send_header("Content-Length", str(len(content)))
    to.end_headers()
    to.wfile.write(content)
