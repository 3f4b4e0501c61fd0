"""The loopback server a player reads from, against a source that gives bytes when the test says so."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from app.errors import PeerError
from app.peers.stream_http import StreamServer
from tests.swarms import noise, run, until

T = TypeVar("T")
CONTENT = noise(1_000_000)


class Arriving:
    """A Readable of which the first `here` bytes can be read."""

    mime = "audio/mpeg"

    def __init__(self, here: int = len(CONTENT), content: bytes = CONTENT) -> None:
        self._content = content
        self.here = here
        self.size = len(content)
        self.asked: list[int] = []
        self.waiting = 0
        self.problem: Exception | None = None
        self._more = asyncio.Event()

    def arrive(self, here: int) -> None:
        self.here = here
        self._more.set()
        self._more = asyncio.Event()

    async def read(self, start: int, stop: int) -> bytes:
        self.asked.append(start)
        self.waiting += 1
        try:
            while start >= self.here:
                if self.problem is not None:
                    raise self.problem
                await self._more.wait()
        finally:
            self.waiting -= 1
        return self._content[start : min(stop, self.here, start + 70_000)]


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[StreamServer]:
    made = StreamServer()
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def ask(
    url: str, method: str = "GET", headers: dict[str, str] | None = None, target: str = ""
) -> tuple[int, dict[str, str], bytes]:
    """One request by an HTTP client that is not ours, in a thread."""

    def talk() -> tuple[int, dict[str, str], bytes]:
        host, _, path = url.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(host, timeout=10)
        try:
            connection.request(method, target or "/" + path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    return await asyncio.to_thread(talk)


def serving(test: Callable[[StreamServer, Arriving, str], T]) -> None:
    """Run an async test with a server that offers a whole file."""

    async def work() -> None:
        async with server() as made:
            source = Arriving()
            await test(made, source, made.offer(source, "a song.mp3"))  # type: ignore[misc]

    run(work())


def test_the_whole_file() -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        status, headers, body = await ask(url)
        assert (status, body) == (200, CONTENT)
        assert headers["content-type"] == "audio/mpeg"
        assert headers["accept-ranges"] == "bytes"
        assert int(headers["content-length"]) == len(CONTENT)
        assert "access-control-allow-origin" not in headers

    serving(test)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 1_000_000),
        ("bytes=500000-500099", 500_000, 500_100),
        ("bytes=999999-", 999_999, 1_000_000),
        ("bytes=100-99999999", 100, 1_000_000),
        ("bytes=-100", 999_900, 1_000_000),
        ("bytes=-99999999", 0, 1_000_000),
    ],
)
def test_a_range(asked: str, start: int, stop: int) -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        status, headers, body = await ask(url, headers={"Range": asked})
        assert body == CONTENT[start:stop]
        whole = (start, stop) == (0, len(CONTENT))
        assert status == (200 if whole else 206)
        if not whole:
            assert headers["content-range"] == f"bytes {start}-{stop - 1}/1000000"

    serving(test)


@pytest.mark.parametrize("asked", ["bytes=1000000-", "bytes=2000000-3000000", "bytes=-0"])
def test_a_range_beyond_the_end(asked: str) -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        status, headers, body = await ask(url, headers={"Range": asked})
        assert (status, headers["content-range"], body) == (416, "bytes */1000000", b"")

    serving(test)


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,5-9", "items=0-5", "bytes=a-b", "bytes=-", "bytes=--5"])
def test_a_strange_range_means_the_whole(asked: str) -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        status, _, body = await ask(url, headers={"Range": asked})
        assert (status, body) == (200, CONTENT)

    serving(test)


def test_head_tells_the_size_and_reads_nothing() -> None:
    async def test(_server: StreamServer, source: Arriving, url: str) -> None:
        status, headers, body = await ask(url, "HEAD")
        assert (status, headers["content-length"], body) == (200, "1000000", b"")
        assert source.asked == []

    serving(test)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT"])
def test_other_methods_are_refused(method: str) -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        status, headers, _ = await ask(url, method)
        assert (status, headers["allow"]) == (405, "GET, HEAD")

    serving(test)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_is_refused_even_with_the_right_address(headers: dict[str, str]) -> None:
    async def test(_server: StreamServer, source: Arriving, url: str) -> None:
        status, _, body = await ask(url, headers=headers)
        assert (status, body) == (403, b"")
        assert source.asked == []

    serving(test)


@pytest.mark.parametrize("target", ["/", "//", "/x/y", "*", "/../../etc/passwd", "/%00"])
def test_a_guessed_address_is_not_found(target: str) -> None:
    async def test(_server: StreamServer, source: Arriving, url: str) -> None:
        status, _, _ = await ask(url, target=target)
        assert status == 404
        assert source.asked == []

    serving(test)


def test_addresses_are_random_and_can_be_withdrawn() -> None:
    async def test(made: StreamServer, source: Arriving, url: str) -> None:
        other = made.offer(source)
        assert other.split("/")[3] != url.split("/")[3]
        assert len(url.split("/")[3]) >= 32
        made.withdraw(url)
        assert (await ask(url))[0] == 404
        assert (await ask(other))[0] == 200

    serving(test)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", 431),
        (b"\xff\xfe\x00\r\n\r\n", 400),
        (b"GET /half", 400),
    ],
)
def test_nonsense_is_answered_and_hung_up_on(sent: bytes, status: int) -> None:
    async def test(made: StreamServer, _source: Arriving, _url: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        writer.write(sent)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        writer.close()
        await writer.wait_closed()

    serving(test)


def test_one_connection_serves_several_requests() -> None:
    async def test(_server: StreamServer, _source: Arriving, url: str) -> None:
        def talk() -> list[bytes]:
            host, _, path = url.removeprefix("http://").partition("/")
            connection = http.client.HTTPConnection(host, timeout=10)
            got = []
            for start in (0, 500_000, 2_000_000, 10):
                connection.request("GET", "/" + path, headers={"Range": f"bytes={start}-{start + 9}"})
                got.append(connection.getresponse().read())
            connection.close()
            return got

        assert await asyncio.to_thread(talk) == [CONTENT[:10], CONTENT[500_000:500_010], b"", CONTENT[10:20]]

    serving(test)


def test_bytes_are_sent_as_they_arrive() -> None:
    async def work() -> None:
        async with server() as made:
            source = Arriving(here=100_000)
            asked = asyncio.ensure_future(ask(made.offer(source)))
            await until(lambda: bool(source.waiting), "a read that waits")
            assert not asked.done()
            source.arrive(600_000)
            await until(lambda: source.asked[-1] == 600_000, "the next read")
            source.arrive(len(CONTENT))
            assert (await asked)[2] == CONTENT

    run(work())


def test_a_player_that_leaves_ends_the_reading() -> None:
    async def work() -> None:
        async with server() as made:
            source = Arriving(here=0)
            url = made.offer(source)
            _, writer = await asyncio.open_connection("127.0.0.1", made.port)
            writer.write(f"GET /{url.split('/', 3)[3]} HTTP/1.1\r\nHost: 127.0.0.1:{made.port}\r\n\r\n".encode())
            await until(lambda: source.waiting == 1, "the read")
            writer.close()
            await writer.wait_closed()
            await until(lambda: source.waiting == 0, "the read's end")

    run(work())


@pytest.mark.parametrize("problem", [PeerError("The download was cancelled"), TimeoutError("nothing came")])
def test_a_download_that_ends_early_does_not_look_whole(problem: Exception) -> None:
    async def work() -> None:
        async with server() as made:
            source = Arriving(here=100_000)
            asked = asyncio.ensure_future(ask(made.offer(source)))
            await until(lambda: bool(source.waiting), "a read that waits")
            source.problem = problem
            source.arrive(100_000)
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                await asked

    run(work())


def test_withdrawing_ends_a_reader_and_closing_ends_all() -> None:
    async def work() -> None:
        async with server() as made:
            sources = [Arriving(here=0), Arriving(here=0)]
            urls = [made.offer(source) for source in sources]
            asked = [asyncio.ensure_future(ask(url)) for url in urls]
            await until(lambda: all(source.waiting for source in sources), "both reads")
            made.withdraw(urls[0])
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                await asked[0]
            assert sources[1].waiting == 1
            await made.close()
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                await asked[1]
            assert [source.waiting for source in sources] == [0, 0]

    run(work())
