"""Fetching from a real server: whole or not at all, whatever it does."""

from __future__ import annotations

import hashlib
import random
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

import pytest

from app.encoders.hub import Hub, HubFile, Snapshot, _certificates, _Redirects
from app.errors import DiskFull, ModelError, Refused, Unreachable, WrongFile
from app.jobs import Cancelled, JobControl
from tests.hub_server import REVISION, HubServer, Served

REPO = "somebody/some-encoder"
CONTENT = random.Random(5).randbytes(3_000_000)
NAME = "model.safetensors"


def hub(server: HubServer, tries: int = 3) -> Hub:
    return Hub(server.endpoint, patience=5.0, tries=tries, rest=lambda _: None)


def fetch(
    server: HubServer, part: Path, control: JobControl | None = None, progress: Callable[[int], None] | None = None
) -> None:
    told = hub(server).snapshot(REPO)
    file = told.file(NAME)
    assert file is not None
    hub(server).download(told, file, part, control or JobControl(), progress or (lambda _: None))


def served(manner: str, content: bytes = CONTENT) -> HubServer:
    return HubServer(REPO, {NAME: Served(content, manner)})


def test_says_what_a_repository_holds() -> None:
    with HubServer(REPO, {NAME: Served(CONTENT), "config.json": Served(b"{}")}) as server:
        told = hub(server).snapshot(REPO)
    assert told == Snapshot(
        REPO, REVISION, "mit",
        (
            HubFile(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest()),
            HubFile("config.json", 2, blob=hashlib.sha1(b"blob 2\0{}").hexdigest()),
        ),
    )  # fmt: skip


def test_another_revision_than_asked_for_is_refused() -> None:
    with HubServer(REPO, {}) as server:
        assert hub(server).snapshot(REPO, REVISION).revision == REVISION
        with pytest.raises(Refused, match="does not have this"):
            hub(server).snapshot(REPO, "f" * 40)


@pytest.mark.parametrize("told", [b"", b"[]", b"{", b'{"sha": "main", "siblings": []}', b'{"sha": 1}'])
def test_an_answer_that_is_none(told: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HubServer, "described", lambda _: told)
    with HubServer(REPO, {}) as server, pytest.raises(ModelError):
        hub(server).snapshot(REPO)


@pytest.mark.parametrize(
    "manner", ["well", "interrupted", "no-ranges", "redirected", "busy", "unsatisfiable", "lying-range"]
)
def test_arrives_whole(manner: str, tmp_path: Path) -> None:
    seen: list[int] = []
    with served(manner) as server:
        fetch(server, tmp_path / "part", progress=seen.append)
    assert (tmp_path / "part").read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)
    assert len(seen) > 5


@pytest.mark.parametrize("manner", ["well", "no-ranges", "unsatisfiable", "redirected"])
def test_goes_on_where_it_stopped(manner: str, tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(CONTENT[:1_000_000])
    with served(manner) as server:
        fetch(server, part)
        assert server.asked(NAME)[0] == "bytes=1000000-"
    assert part.read_bytes() == CONTENT


def test_an_interrupted_file_goes_on_by_itself(tmp_path: Path) -> None:
    with served("interrupted") as server:
        fetch(server, tmp_path / "part")
        assert server.asked(NAME) == ["", f"bytes={len(CONTENT) // 2}-"]


def test_a_connection_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    with served("stalled") as server:
        told = hub(server).snapshot(REPO)
        quick = Hub(server.endpoint, patience=0.3, tries=3, rest=lambda _: None)
        quick.download(told, told.files[0], tmp_path / "part", JobControl(), lambda _: None)
        assert server.asked(NAME)[1].startswith("bytes=")
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_cancelling_while_waiting_for_another_try(tmp_path: Path) -> None:
    control = JobControl()
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        control.cancel()

    with served("missing") as server:
        told = hub(server).snapshot(REPO)
        endpoint = server.endpoint
    with pytest.raises(Cancelled):
        Hub(endpoint, patience=1.0, rest=rest).download(told, told.files[0], tmp_path / "p", control, lambda _: None)
    assert len(rests) == 1


def test_what_is_there_whole_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(CONTENT)
    with served("well") as server:
        fetch(server, tmp_path / "part")
        assert server.asked(NAME) == []


def test_an_always_truncated_file_ends_with_what_came(tmp_path: Path) -> None:
    """Each try brings half of the rest; at last nothing more comes, and what came is kept."""
    with served("truncated", CONTENT[:8192]) as server, pytest.raises(Unreachable, match="cannot be reached") as raised:
        fetch(server, tmp_path / "part")
    assert "is kept" in raised.value.detail
    assert CONTENT.startswith((tmp_path / "part").read_bytes())


@pytest.mark.parametrize("manner", ["wrong", "oversized", "oversized-unsaid"])
def test_another_file_is_refused_and_nothing_stays(manner: str, tmp_path: Path) -> None:
    with served(manner) as server, pytest.raises(WrongFile, match="not the file it should be"):
        fetch(server, tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_a_small_file_is_checked_against_its_blob(tmp_path: Path) -> None:
    with served("wrong", b"{}") as server, pytest.raises(WrongFile, match="not the file it should be"):
        fetch(server, tmp_path / "part")


def test_a_part_with_other_bytes_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"\0" * 1_000_000)
    with served("well") as server, pytest.raises(WrongFile, match="not the file it should be"):
        fetch(server, tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_a_part_that_is_too_long_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"\0" * (len(CONTENT) + 1))
    with served("well") as server:
        fetch(server, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.parametrize(("manner", "says"), [("missing", "does not have"), ("forbidden", "everybody")])
def test_a_refusal_says_so(manner: str, says: str, tmp_path: Path) -> None:
    with served(manner) as server, pytest.raises(ModelError, match=says):
        fetch(server, tmp_path / "part")


@pytest.mark.parametrize("manner", ["redirected-to-file", "redirected-to-ftp"])
def test_a_redirect_leads_nowhere_but_to_http(manner: str, tmp_path: Path) -> None:
    with served(manner) as server, pytest.raises(ModelError):
        fetch(server, tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_cancelling_keeps_what_came(tmp_path: Path) -> None:
    control = JobControl()
    with served("well") as server:
        with pytest.raises(Cancelled):
            fetch(server, tmp_path / "part", control, lambda _: control.cancel())
        kept = (tmp_path / "part").read_bytes()
        assert 0 < len(kept) < len(CONTENT)
        assert CONTENT.startswith(kept)
        fetch(server, tmp_path / "part")
        assert server.asked(NAME)[-1] == f"bytes={len(kept)}-"
    assert (tmp_path / "part").read_bytes() == CONTENT


def test_offline_is_said_in_words() -> None:
    with HubServer(REPO, {}) as server:
        endpoint = server.endpoint
    with pytest.raises(ModelError) as raised:
        Hub(endpoint, patience=2.0).snapshot(REPO)
    assert raised.value.title == "127.0.0.1 cannot be reached"
    assert "online" in raised.value.detail
    assert "install it from there" in raised.value.detail


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1", "file:///etc"])
def test_only_http_is_spoken(endpoint: str) -> None:
    with pytest.raises(ModelError):
        Hub(endpoint, patience=1.0).snapshot(REPO)


def test_the_environment_names_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(REPO, {NAME: Served(CONTENT)}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint + "/")
        assert Hub(patience=2.0).snapshot(REPO).revision == REVISION


def test_a_full_disk_is_no_lost_connection() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with served("well") as server, pytest.raises(DiskFull):
        fetch(server, full)


def test_a_safe_connection_never_becomes_an_unsafe_one() -> None:
    asked = urllib.request.Request("https://hub.example/file")
    with pytest.raises(urllib.error.HTTPError, match="unsafe"):
        _Redirects().redirect_request(asked, None, 302, "Found", Message(), "http://hub.example/file")
    followed = _Redirects().redirect_request(asked, None, 302, "Found", Message(), "https://cdn.example/file")
    assert followed is not None
    assert followed.full_url == "https://cdn.example/file"


def test_certificates_are_asked_for() -> None:
    context = _certificates()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
