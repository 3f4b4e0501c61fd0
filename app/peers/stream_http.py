"""A small HTTP server on this machine's loopback, from which a player plays what is still arriving.

It answers GET and HEAD for what was offered, under a random address that only the player is told, with ranges; a web
page that tries addresses is refused whatever it guesses. Owned by the network process, on its event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, unquote

from app.errors import BowerbirdError

log = logging.getLogger(__name__)

LONGEST_HEAD = 16 * 1024
IDLE = 60.0
"""Seconds a connection may be silent, or not take what it asked for."""
MOST_CONNECTIONS = 32
_LOOK = 0.5
"""Seconds between two looks whether the player is still there while bytes are awaited."""
_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_PHRASES = {
    200: "OK",
    206: "Partial Content",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    416: "Range Not Satisfiable",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}


class Readable(Protocol):
    """What can be played while it arrives: `Transfer` is one."""

    @property
    def size(self) -> int: ...

    @property
    def mime(self) -> str: ...

    async def read(self, start: int, stop: int) -> bytes:
        """At least one of the bytes from `start` to before `stop`; waits for them. BowerbirdError, TimeoutError."""


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    target: str
    http_1_0: bool
    headers: Mapping[str, str]


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, status: int) -> None:
        self.status = status


class StreamServer:
    """Serves what is offered to it on 127.0.0.1. `start` first, `close` at the end."""

    def __init__(self) -> None:
        self._offered: dict[str, Readable] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        """Open a port that the system chooses. Raises OSError."""
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End all connections and give the port back."""
        self._offered.clear()
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=5)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def offer(self, readable: Readable, name: str = "") -> str:
        """An address from which `readable` plays until `withdraw`. The name's ending helps some players."""
        token = secrets.token_urlsafe(24)
        self._offered[token] = readable
        return f"http://127.0.0.1:{self.port}/{token}/{quote(name or 'play', safe='')}"

    def withdraw(self, url: str) -> None:
        """Forget an address that `offer` gave; who is reading there is cut off at its next piece."""
        parts = url.split("/")
        if len(parts) > 3:
            self._offered.pop(parts[3], None)

    # -------------------------------------------------------------------------------- connections

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the player went away, or fell silent
        except BowerbirdError as gone:
            log.info("a stream ended early: %s", gone.title)
        except asyncio.CancelledError:
            pass  # closing; the task belongs to nobody who would want to know
        finally:
            self._open.discard(task)
            # Aborted, not closed: what was promised and cannot come must not look like the end of the file.
            writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; whether the connection stays open for another."""
        try:
            asked = await asyncio.wait_for(_request(reader), IDLE)
            if asked is None:
                return False
            token, readable = self._find(asked)
            start, stop = _range(asked, readable.size)
        except _Refused as refused:
            extra = {"Allow": "GET, HEAD"} if refused.status == 405 else {}
            _head(writer, refused.status, {"Content-Length": "0", "Connection": "close", **extra})
            await _drained(writer)
            await _goodbye(writer)
            return False
        except _Beyond as beyond:
            _head(writer, 416, {"Content-Range": f"bytes */{beyond.size}", "Content-Length": "0"})
            await _drained(writer)
            return True
        part = (start, stop) != (0, readable.size)
        headers = {
            "Content-Type": readable.mime,
            "Content-Length": str(stop - start),
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{readable.size}"
        if asked.http_1_0:
            headers["Connection"] = "close"
        _head(writer, 206 if part else 200, headers)
        await _drained(writer)
        if asked.method == "GET":
            await self._send(reader, writer, token, start, stop)
        if asked.http_1_0 or asked.headers.get("connection", "").lower() == "close":
            await _goodbye(writer)
            return False
        return True

    def _find(self, asked: _Asked) -> tuple[str, Readable]:
        """What is asked for. A browser's page cannot get this far: it names itself, or calls us by another name."""
        if asked.headers.get("host") not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            raise _Refused(403)
        if "origin" in asked.headers or asked.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise _Refused(403)
        if len(self._open) > MOST_CONNECTIONS:
            raise _Refused(503)
        token = unquote(asked.target.split("/")[1]) if asked.target.startswith("/") else ""
        found = [known for known in self._offered if hmac.compare_digest(known.encode(), token.encode())]
        if not found:
            raise _Refused(404)
        if asked.method not in ("GET", "HEAD"):
            raise _Refused(405)
        return found[0], self._offered[found[0]]

    async def _send(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        token: str,
        start: int,
        stop: int,
    ) -> None:
        while start < stop:
            readable = self._offered.get(token)
            if readable is None:
                raise ConnectionResetError
            reading = asyncio.ensure_future(readable.read(start, min(start + _CHUNK, stop)))
            try:
                # A player that went away must not keep pieces being asked for at its place.
                while not (await asyncio.wait((reading,), timeout=_LOOK))[0]:
                    if reader.at_eof() or writer.transport.is_closing() or token not in self._offered:
                        raise ConnectionResetError
            except BaseException:
                reading.cancel()
                raise
            content = reading.result()
            writer.write(content)
            await _drained(writer)
            start += len(content)


class _Beyond(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, size: int) -> None:
        self.size = size


async def _request(reader: asyncio.StreamReader) -> _Asked | None:
    """One request's head; None when the other side is done."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _Refused(431) from None
    except asyncio.IncompleteReadError as ended:
        if ended.partial.strip():
            raise _Refused(400) from None
        return None
    first, *lines = head.decode("latin-1").strip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise _Refused(400)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip() or (name == "host" and name in headers):
            raise _Refused(400)
        headers[name] = value.strip()
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise _Refused(400)  # nobody sends us anything
    return _Asked(words[0], words[1], words[2] == "HTTP/1.0", headers)


def _range(asked: _Asked, size: int) -> tuple[int, int]:
    """The bytes asked for, as start and end. One range is understood; several or a strange one mean the whole."""
    match = _RANGE.fullmatch(asked.headers.get("range", "").replace(" ", ""))
    if match is None or "if-range" in asked.headers or match.group(0) == "bytes=-":
        return 0, size
    first, last = match.groups()
    if not first:
        if int(last) == 0:
            raise _Beyond(size)
        return max(0, size - int(last)), size
    start, stop = int(first), min(int(last) + 1, size) if last else size
    if start >= size:
        raise _Beyond(size)
    return (start, stop) if start < stop else (0, size)


def _head(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {_PHRASES[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


async def _drained(writer: asyncio.StreamWriter) -> None:
    """Wait until the player took nearly all of what was written; a paused player may take its time, not for ever."""
    await asyncio.wait_for(writer.drain(), 60 * IDLE)


async def _goodbye(writer: asyncio.StreamWriter) -> None:
    """Let the last bytes out, then end in order."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 5)
