"""Ogg headers of the codecs that are not made elsewhere in these tests, and the blanking of page numbers."""

from __future__ import annotations

import io

import pytest

from app.library.ogg import HEADER, ogg_payload_start, without_numbers


def _page(packets: list[bytes], *, first: bool = False, serial: bytes = b"abcd", position: int = 0) -> bytes:
    lacing = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    head = b"OggS\0" + bytes([2 if first else 0]) + position.to_bytes(8, "little") + serial + bytes(8)
    return head + bytes([len(lacing)]) + lacing + b"".join(packets)


SPEEX = b"Speex   " + bytes(60) + (1).to_bytes(4, "little") + bytes(8)


@pytest.mark.parametrize(
    ("announcement", "headers"),
    [
        (b"\x01vorbis", 2),
        (b"\x80theora", 2),
        (b"OpusHead", 1),
        (SPEEX, 2),
        (b"\x7fFLAC\1\0\0\3", 3),
    ],
)
def test_headers_are_counted(announcement: bytes, headers: int) -> None:
    begin = _page([announcement], first=True) + b"".join(_page([b"header" * 100]) for _ in range(headers))
    content = begin + _page([b"sound"], position=960)
    assert ogg_payload_start(io.BytesIO(content), 0, len(content)) == len(begin)


def test_unknown_streams_end_their_headers_where_time_begins() -> None:
    begin = _page([b"\x7fFLAC\1\0\0\0"], first=True) + _page([b"one"]) + _page([b"two"])
    content = begin + _page([b"sound"], position=4096)
    assert ogg_payload_start(io.BytesIO(content), 0, len(content)) == len(begin)


def test_film_and_sound_together() -> None:
    begin = _page([b"\x80theora"], first=True, serial=b"film") + _page([b"\x01vorbis"], first=True, serial=b"tone")
    begin += _page([b"a", b"b"], serial=b"film") + _page([b"a", b"b"], serial=b"tone")
    content = begin + _page([b"picture"], serial=b"film", position=1)
    assert ogg_payload_start(io.BytesIO(content), 0, len(content)) == len(begin)


def test_nonsense_is_all_payload() -> None:
    for content in (b"OggS", b"OggS" + bytes(40), _page([b"\x01vorbis"], first=True)):
        assert ogg_payload_start(io.BytesIO(content), 0, len(content)) == 0


def test_numbers_are_blanked_wherever_a_block_is_cut() -> None:
    page = bytearray(_page([bytes(range(200))]) * 3)
    renumbered = bytearray(page)
    for at in (0, len(page) // 3, 2 * len(page) // 3):
        renumbered[at + 18 : at + 26] = b"\x99" * 8
    for start in range(HEADER, len(page) - 1, 7):
        for stop in range(start + 1, len(page), 11):
            cuts = [bytes(one[start - HEADER : stop]) for one in (page, renumbered)]
            assert without_numbers(cuts[0], HEADER) == without_numbers(cuts[1], HEADER)
            assert len(without_numbers(cuts[0], HEADER)) == stop - start
