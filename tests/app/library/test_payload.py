"""Where the payload lies, container by container."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from app.library.payload import Payload, Span, ebml_head, find_payload


def _of(content: bytes) -> Payload:
    return find_payload(io.BytesIO(content), len(content))


def test_mp4_payload_is_every_mdat() -> None:
    first = (16).to_bytes(4, "big") + b"mdat" + b"12345678"
    wide = (1).to_bytes(4, "big") + b"mdat" + (20).to_bytes(8, "big") + b"abcd"
    last = (0).to_bytes(4, "big") + b"mdat" + b"to the end"
    head = (8).to_bytes(4, "big") + b"ftyp"
    assert _of(head + first + wide + last).spans == (Span(16, 24), Span(40, 44), Span(52, 62))


def test_wave_payload_is_the_data_chunk_even_unfinished() -> None:
    start = b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcd"
    assert _of(start + b"data\3\0\0\0xyz\0LIST\2\0\0\0hi").spans == (Span(32, 35),)
    assert _of(start + b"data\xff\xff\xff\xffxyz").spans == (Span(32, 35),)


def test_aiff_and_flac() -> None:
    assert _of(b"FORM\0\0\0\0AIFFCOMM\0\0\0\2xxSSND\0\0\0\4abcd").spans == (Span(30, 34),)
    assert _of(b"fLaC\0\0\0\2ab\x84\0\0\1c\xff\xf8frames").spans == (Span(15, 23),)


def test_a_file_of_tags_alone_is_all_payload() -> None:
    content = b"ID3\4\0\0\0\0\0\x0a" + bytes(10)
    assert _of(content).spans == (Span(0, len(content)),)


def test_no_span_leaves_the_file() -> None:
    spans = _of(b"RIFF\xff\xff\xff\x7fAVI LIST\xff\xff\xff\x7fmovi12").spans
    assert spans == (Span(20, 26),)


def test_ebml_heads() -> None:
    assert ebml_head(b"\x1f\x43\xb6\x75\x81") == (0x1F43B675, 1, 5)
    assert ebml_head(b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff") == (0x1F43B675, None, 12)
    assert ebml_head(b"\xec\xff") == (0xEC, None, 2)
    for nonsense in (b"", b"\x00", b"\x01\x81", b"\xec", b"\xec\x00", b"\xec\x40"):
        assert ebml_head(nonsense) == (0, 0, 0)


def test_ogg_starts_after_its_headers(tmp_path: Path, tone: Callable[..., Path]) -> None:
    for suffix in (".ogg", ".opus"):
        path = tone(tmp_path / f"a{suffix}")
        content = path.read_bytes()
        payload = _of(content)
        assert payload.paged
        (span,) = payload.spans
        assert content[span.start : span.start + 4] == b"OggS"
        assert content[span.start + 5] & 2 == 0
        assert 0 < span.start < span.stop == len(content)
