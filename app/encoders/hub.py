"""The model hub: what a repository holds at one revision, and its files, fetched whole or not at all.

The only module of the learned encoders that uses the network, and only because the user asked for a download. Plain
HTTP from the standard library instead of huggingface_hub: that library compares sizes but no SHA-256, may hand a
transfer to another protocol's own threads (hf-xet) that neither resume nor stop where we say, and reads its endpoint
when it is imported. Nothing is sent but the request itself: no account, no cookie, no telemetry.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import logging
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import RawIOBase
from pathlib import Path
from typing import Any

from app.encoders.catalogue import hub_address
from app.errors import DiskFull, ModelError, Refused, Unreachable, WrongFile
from app.jobs import JobControl

log = logging.getLogger(__name__)

PIECE = 1 << 18
LONGEST_ANSWER = 8 << 20
"""Bytes of the hub's description of a repository beyond which it is not read."""
TOO_MANY = 429
BUSY = 500
_BY_HAND = "Without the internet: bring its folder on a stick and install it from there."


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file as the hub records it: `sha256` where Git LFS keeps it, else the git blob's id (SHA-1)."""

    name: str
    size: int
    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at one commit."""

    repo: str
    revision: str
    licence: str
    files: tuple[HubFile, ...]

    def file(self, name: str) -> HubFile | None:
        return next((file for file in self.files if file.name == name), None)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, never from https to anything else."""

    max_redirections = 5

    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str):  # type: ignore[no-untyped-def]
        if urllib.parse.urlsplit(newurl).scheme not in ({"https"} if req.type == "https" else {"http", "https"}):
            raise urllib.error.HTTPError(newurl, code, "redirected to an unsafe place", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Hub:
    """A model hub, or a mirror of one (`HF_ENDPOINT`, as for every other program)."""

    def __init__(
        self,
        endpoint: str = "",
        *,
        patience: float = 6.0,
        tries: int = 6,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience`: seconds without a byte until a connection counts as broken, and with them the longest until a
        cancelled download ends; `tries`: such in a row."""
        self._endpoint = endpoint.rstrip("/") or hub_address()
        self._patience, self._tries, self._rest = patience, tries, rest
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=_certificates()),
            _Redirects(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPDefaultErrorHandler(),
        ):
            self._opener.add_handler(handler)

    def snapshot(self, repo: str, revision: str = "") -> Snapshot:
        """What `repo` holds at `revision`, the newest where none is given. Raises ModelError in words."""
        place = f"{self._endpoint}/api/models/{urllib.parse.quote(repo)}/revision/{revision or 'main'}?blobs=true"
        try:
            with self._open(place, patience=3 * self._patience) as answer:
                told = json.loads(answer.read(LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            raise _refused(repo, error.code) from error
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self._endpoint, error) from error
        except ValueError as error:
            raise ModelError("The model hub's answer cannot be read", f"Is {self._endpoint} a model hub?") from error
        found = _snapshot(repo, told)
        if revision and found.revision != revision:
            raise ModelError("The model hub has another revision than the one asked for", repo)
        return found

    def download(
        self, of: Snapshot, file: HubFile, part: Path, control: JobControl, progress: Callable[[int], None]
    ) -> None:
        """Fetch a file into `part`, going on where an earlier try stopped, and check it against the hub's record.

        `progress` gets the bytes that are there. Raises Cancelled (what came stays, for the next time), DiskFull and
        ModelError: no connection (what came stays), or another file than it should be (nothing stays).
        """
        place = f"{self._endpoint}/{urllib.parse.quote(of.repo)}/resolve/{of.revision}/{urllib.parse.quote(file.name)}"
        failures = 0
        while _size(part) != file.size or not part.exists():
            control.step()
            before = _size(part)
            try:
                self._fetch(place, file, part, control, progress)
                problem: Exception = OSError("the connection ended early")
            except urllib.error.HTTPError as error:
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    part.unlink(missing_ok=True)
                elif error.code < BUSY and error.code != TOO_MANY:
                    raise _refused(of.repo, error.code) from error
                problem = error
            except (http.client.HTTPException, OSError) as error:
                if isinstance(error, _DiskError):
                    raise DiskFull("The disk is full", "Make room; the download goes on where it stopped.") from error
                problem = error
            if _size(part) == file.size:
                break
            failures = 0 if _size(part) > before else failures + 1
            if failures >= self._tries:
                raise _unreachable(self._endpoint, problem, kept=_size(part)) from problem
            log.info("a download stopped early and goes on")
            for _ in range(2**failures if failures else 0):
                control.step()
                self._rest(0.25)
        progress(file.size)
        check(part, file)

    def _fetch(
        self, place: str, file: HubFile, part: Path, control: JobControl, progress: Callable[[int], None]
    ) -> None:
        """One connection's worth: append to `part` until the file is whole or the connection ends."""
        have = _size(part)
        if have > file.size:
            part.unlink()
            have = 0
        with self._open(place, {"Range": f"bytes={have}-"} if have else {}) as answer:
            if have and not _goes_on(answer, have, file.size):
                have = 0  # it begins anew, whatever was asked for
            length = answer.headers.get("Content-Length")
            if length is not None and length.isdigit() and have + int(length) > file.size:
                part.unlink(missing_ok=True)
                raise _different(file, "it is larger than it should be")
            with part.open("r+b" if have else "wb", buffering=0) as out:
                out.seek(have)
                while piece := answer.read(PIECE):
                    have += len(piece)
                    if have > file.size:
                        out.close()
                        part.unlink()
                        raise _different(file, "it is larger than it should be")
                    _write(out, piece)
                    progress(have)
                    control.step()

    def _open(
        self, place: str, headers: dict[str, str] | None = None, patience: float = 0.0
    ) -> http.client.HTTPResponse:
        request = urllib.request.Request(  # noqa: S310 - the opener knows no scheme but http and https
            place, headers={"User-Agent": "bowerbird", "Accept-Encoding": "identity", **(headers or {})}
        )
        answer = self._opener.open(request, timeout=patience or self._patience)
        if answer is None:
            raise urllib.error.URLError("not an http address")
        assert isinstance(answer, http.client.HTTPResponse)
        return answer


class _DiskError(OSError):
    """Writing failed, not the connection."""


def check(path: Path, file: HubFile) -> None:
    """Compare a file with the hub's record of it; one that differs is deleted. Raises ModelError."""
    hashed = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as opened:
        while piece := opened.read(1 << 20):
            hashed.update(piece)
    if hashed.hexdigest() != (file.sha256 or file.blob):
        path.unlink()
        raise _different(file, "its contents are others than the hub records")


def _snapshot(repo: str, told: Any) -> Snapshot:
    """The hub's JSON as a value. Raises ModelError where it is not what a hub says."""
    try:
        revision = str(told["sha"])
        files = []
        for listed in told["siblings"]:
            stored = listed.get("lfs") or {}
            files.append(
                HubFile(
                    str(listed["rfilename"]),
                    int(listed["size"]),
                    str(stored.get("sha256", "")),
                    "" if stored else str(listed.get("blobId", "")),
                )
            )
        licence = str((told.get("cardData") or {}).get("license", ""))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError("The model hub's answer cannot be read", f"{repo}: {error!r}") from error
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ModelError("The model hub names no commit", repo)
    return Snapshot(repo, revision, licence, tuple(files))


def _goes_on(answer: http.client.HTTPResponse, have: int, size: int) -> bool:
    """Whether an answer is the rest from `have` on. Raises OSError for another piece than was asked for."""
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        return False
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != have or match[2] not in ("*", str(size)):
        raise OSError("the server sent another piece than was asked for")
    return True


def _write(out: RawIOBase, piece: bytes) -> None:
    left = memoryview(piece)
    try:
        while left:
            left = left[out.write(left) or 0 :]
    except OSError as error:
        raise _DiskError(*error.args) from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _certificates() -> ssl.SSLContext:
    """The system's own authorities: OpenSSL's default files are not there in a bundle or in some Pythons on macOS."""
    with contextlib.suppress(ImportError):
        context = import_module("truststore").SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        assert isinstance(context, ssl.SSLContext)
        return context
    return ssl.create_default_context()


def _unreachable(endpoint: str, error: Exception, kept: int = 0) -> Unreachable:
    host = urllib.parse.urlsplit(endpoint).hostname or endpoint
    reason = str(getattr(error, "reason", "") or error)
    what = f"What came so far ({kept / 1e6:.0f} MB) is kept; try again to go on. " if kept else ""
    return Unreachable(f"{host} cannot be reached", f"{what}Is this computer online? ({reason}) {_BY_HAND}")


def _refused(repo: str, code: int) -> Refused:
    if code == http.HTTPStatus.NOT_FOUND:
        return Refused("The model hub does not have this", f"{repo}, or the revision asked for, is not there.")
    if code in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return Refused("The model hub does not give this to everybody", f"{repo} asks for an account. {_BY_HAND}")
    return Refused("The model hub refuses", f"{repo}: status {code}. Try again later.")


def _different(file: HubFile, why: str) -> WrongFile:
    return WrongFile(
        f"{file.name} is not the file it should be",
        f"After the download {why}. It was deleted; nothing of it was used. Try again, or another day.",
    )
