"""Songs and films told apart without a demuxer, on sound and on broken files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.library.streams import matroska_has_video, mp4_has_video


def test_mp4(tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path]) -> None:
    assert mp4_has_video(film(tmp_path / "f.mp4"))
    assert not mp4_has_video(tone(tmp_path / "t.mp4"))
    assert not mp4_has_video(tone(tmp_path / "t.m4a"))


def test_matroska(tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path]) -> None:
    assert matroska_has_video(film(tmp_path / "f.webm"))
    assert not matroska_has_video(tone(tmp_path / "t.webm"))
    assert not matroska_has_video(tone(tmp_path / "t.mka"))


def test_a_matroska_file_without_tracks_counts_as_a_film(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"\x1a\x45\xdf\xa3\x80")
    assert matroska_has_video(tmp_path / "a.mkv")


@pytest.mark.media
def test_real_films(shared_media: Path) -> None:
    assert all(mp4_has_video(path) for path in (shared_media / "video").glob("*.mp4"))
    assert matroska_has_video(shared_media / "video" / "mdn-flower.webm")
    assert not mp4_has_video(shared_media / "formats" / "snow-drift-20s.m4a")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, 4000), at=st.integers(0, 4000), junk=st.binary(max_size=12))
def test_damage_gives_an_answer(cut: int, at: int, junk: bytes, tmp_path: Path, film: Callable[..., Path]) -> None:
    for suffix, ask in ((".mp4", mp4_has_video), (".webm", matroska_has_video)):
        whole = tmp_path / f"whole{suffix}"
        if not whole.exists():
            film(whole, 1.0)
        content = bytearray(whole.read_bytes())
        content[at : at + len(junk)] = junk
        content[at + len(junk) + cut :] = b""
        path = tmp_path / f"damaged{suffix}"
        path.write_bytes(content)
        assert ask(path) in (True, False)
