"""Tags of every dialect, names of files where there are none, and reasons where nothing can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import COMM, ID3, POPM, RVA2, TALB, TCON, TDRC, TIT2, TPE1, TPE2, TPOS, TRCK, TXXX, WCOP
from mutagen.mp4 import MP4, MP4FreeForm

from app.errors import MediaError
from app.files import Kind
from app.library.tags import Tags, guess_from_path, read_tags

COMMON = Tags(
    kind=Kind.TRACK, title="Snö", artist="Ada; Bob", album="Winter", album_artist="Various", genre="Folk; Jazz",
    year=1999, track_number=3, disc_number=2, licence="CC-BY-4.0", track_gain=-7.25, track_peak=0.98,
    album_gain=-6.0, album_peak=1.0, rating=4.0,
)  # fmt: skip


FIELDS = (
    "kind", "title", "artist", "album", "album_artist", "genre", "year", "track_number", "disc_number", "licence",
    "track_gain", "track_peak", "album_gain", "album_peak", "rating",
)  # fmt: skip


def _check(tags: Tags) -> None:
    for field in FIELDS:
        assert getattr(tags, field) == getattr(COMMON, field), field


GAINS = {
    "replaygain_track_gain": "-7.25 dB",
    "REPLAYGAIN_TRACK_PEAK": "0.980000",
    "replaygain_album_gain": "-6.00 dB",
    "replaygain_album_peak": "1.0",
}


@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".aiff", ".tta"])
def test_id3(suffix: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / f"a{suffix}", 2.0)
    parsed: Any = mutagen.File(path)
    if parsed.tags is None:
        parsed.add_tags()
    for frame in (
        TIT2(encoding=3, text=["Sn\u00f6"]),
        TPE1(encoding=3, text=["Ada", "Bob"]),
        TALB(encoding=3, text=["Winter"]),
        TPE2(encoding=3, text=["Various"]),
        TCON(encoding=3, text=["(80)", "Jazz"]),
        TDRC(encoding=3, text=["1999-12-24"]),
        TRCK(encoding=3, text=["03/12"]),
        TPOS(encoding=3, text=["2/2"]),
        WCOP(url="CC-BY-4.0"),
        POPM(email="Windows Media Player 9 Series", rating=196, count=0),
        *(TXXX(encoding=3, desc=key, text=[value]) for key, value in GAINS.items()),
    ):
        parsed.tags.add(frame)
    parsed.save()
    tags = read_tags(path)
    _check(tags)
    assert tags.duration == pytest.approx(2.0, abs=0.1)
    assert tags.sample_rate == 48_000
    assert tags.channels == (2 if suffix != ".tta" else None)  # mutagen does not tell for TTA


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus"])
def test_vorbis_comments(suffix: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / f"a{suffix}", 2.0)
    parsed: Any = mutagen.File(path)
    parsed.update(
        {
            "TITLE": "Sno\u0308",
            "artist": ["Ada", "Bob", "Ada"],
            "Album": "Winter",
            "albumartist": "Various",
            "genre": ["Folk", "Jazz"],
            "date": "1999-12-24",
            "tracknumber": "3/12",
            "discnumber": "2",
            "license": "CC-BY-4.0",
            "fmps_rating": "0.8",
            "rating": "20",
            **GAINS,
        }
    )
    parsed.save()
    tags = read_tags(path)
    _check(tags)
    assert tags.codec == {".flac": "flac", ".ogg": "vorbis", ".opus": "opus"}[suffix]


def test_mp4(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.m4a", 2.0)
    parsed = MP4(path)
    parsed["\xa9nam"], parsed["\xa9ART"], parsed["\xa9alb"] = ["Sn\u00f6"], ["Ada", "Bob"], ["Winter"]
    parsed["aART"], parsed["\xa9gen"], parsed["\xa9day"] = ["Various"], ["Folk", "Jazz"], ["1999"]
    parsed["trkn"], parsed["disk"], parsed["cprt"] = [(3, 12)], [(2, 2)], ["CC-BY-4.0"]
    parsed["----:com.apple.iTunes:RATE"] = [MP4FreeForm(b"80")]
    for key, value in GAINS.items():
        parsed[f"----:com.apple.iTunes:{key}"] = [MP4FreeForm(value.encode())]
    parsed.save()
    _check(read_tags(path))


@pytest.mark.parametrize("suffix", [".wv", ".mp3"])
def test_apev2(suffix: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / f"a{suffix}", 2.0)
    if suffix == ".mp3":
        ID3(path).delete(path)
    parsed = APEv2()
    parsed.update(
        {
            "Title": "Sn\u00f6",
            "Artist": ["Ada", "Bob"],
            "Album": "Winter",
            "Album Artist": "Various",
            "Genre": ["Folk", "Jazz"],
            "Year": "1999",
            "Track": "3/12",
            "Disc": "2",
            "License": "CC-BY-4.0",
            "Rating": "80",
            **GAINS,
        }
    )
    parsed.save(path)
    tags = read_tags(path)
    if suffix == ".wv":
        _check(tags)


def test_asf(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.wma", 2.0)
    parsed: Any = mutagen.File(path)
    parsed.update(
        {
            "Title": ["Sn\u00f6"],
            "Author": ["Ada", "Bob"],
            "WM/AlbumTitle": ["Winter"],
            "WM/AlbumArtist": ["Various"],
            "WM/Genre": ["Folk", "Jazz"],
            "WM/Year": ["1999"],
            "WM/TrackNumber": ["3"],
            "WM/PartOfSet": ["2/2"],
            "Copyright": ["CC-BY-4.0"],
            "WM/SharedUserRating": [75],
            **{key: [value] for key, value in GAINS.items()},
        }
    )
    parsed.save()
    _check(read_tags(path))


def test_r128_gains_are_brought_to_the_replaygain_reference(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.opus")
    parsed: Any = mutagen.File(path)
    parsed["R128_TRACK_GAIN"], parsed["R128_ALBUM_GAIN"] = "-1280", "0"
    parsed.save()
    tags = read_tags(path)
    assert (tags.track_gain, tags.album_gain) == (0.0, 5.0)  # -5 dB against -23 LUFS is 0 dB against -18


def test_rva2_counts_where_nothing_newer_stands(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.mp3")
    parsed = ID3(path)
    parsed.add(RVA2(desc="track", channel=1, gain=-3.5, peak=0.5))
    parsed.add(RVA2(desc="album", channel=1, gain=-2.5, peak=0.75))
    parsed.save(path)
    tags = read_tags(path)
    assert (tags.track_gain, tags.album_gain) == (-3.5, -2.5)
    assert tags.track_peak == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("value", ["loud", "+999 dB", "", "NaN"])
def test_absurd_gains_are_none(value: str, tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.flac")
    parsed: Any = mutagen.File(path)
    parsed["replaygain_track_gain"] = value
    parsed["replaygain_track_peak"] = "-1"
    parsed.save()
    tags = read_tags(path)
    assert tags.track_gain is None
    assert tags.track_peak is None


def test_hostile_text_is_tamed(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "a.mp3")
    parsed = ID3(path)
    parsed.add(TIT2(encoding=3, text=["x" * 100_000]))
    parsed.add(TPE1(encoding=3, text=["evil\u202ebmp\x1b[31m\nline"]))
    parsed.add(COMM(encoding=3, lang="eng", desc="", text=["ignored"]))
    parsed.save(path)
    tags = read_tags(path)
    assert len(tags.title) == 500
    assert tags.artist == "evilbmp [31m line"


@pytest.mark.parametrize(
    ("name", "title", "artist", "album", "number"),
    [
        ("Ada/Winter/03 - Snow.mp3", "Snow", "Ada", "Winter", 3),
        ("Ada/Winter/CD2/2-03. Snow.mp3", "Snow", "Ada", "Winter", 3),
        ("Ada/Winter/03 Snow.mp3", "Snow", "Ada", "Winter", 3),
        ("Ada/Winter/99 Balloons.mp3", "99 Balloons", "Ada", "Winter", None),
        ("Ada/Winter/1999.mp3", "1999", "Ada", "Winter", None),
        ("Ada/Winter/Bob - Snow.mp3", "Snow", "Bob", "Winter", None),
        ("music/Winter/Snow_and_Ice.mp3", "Snow and Ice", "", "", None),
        ("Winter/Snow.mp3", "Snow", "", "", None),
        ("Snow.mp3", "Snow", "", "", None),
    ],
)
def test_names_stand_in_for_tags(
    name: str, title: str, artist: str, album: str, number: int | None, tmp_path: Path, tone: Callable[..., Path]
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    tone(path, 0.3)
    ID3(path).delete(path)
    tags = read_tags(path, tmp_path)
    assert (tags.title, tags.artist, tags.album, tags.track_number) == (title, artist, album, number)


def test_a_tagged_title_keeps_the_file_name_out(tmp_path: Path, tone: Callable[..., Path]) -> None:
    path = tone(tmp_path / "07 Ada - Nonsense.flac", 0.3)
    parsed: Any = mutagen.File(path)
    parsed["title"] = "Snow"
    parsed.save()
    tags = read_tags(path, tmp_path)
    assert (tags.title, tags.artist, tags.track_number) == ("Snow", "", None)


def test_films_keep_their_whole_name() -> None:
    guess = guess_from_path(Path("/m/Ada/Trip/01 - Ada - Sea.mkv"), Path("/m"), Kind.VIDEO)
    assert (guess.title, guess.artist, guess.album) == ("01 - Ada - Sea", "", "")


def test_names_that_are_not_utf8_do_no_harm() -> None:
    assert guess_from_path(Path("/m/caf\udce9.mp3"), Path("/m"), Kind.TRACK).title == "caf?"


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv", ".mov"])
def test_the_streams_tell_films_from_songs(
    suffix: str, tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path]
) -> None:
    assert read_tags(film(tmp_path / f"film{suffix}")).kind == Kind.VIDEO
    if suffix in (".mp4", ".webm"):
        assert read_tags(tone(tmp_path / f"song{suffix}")).kind == Kind.TRACK


def test_avi_is_not_taken_for_wave(tmp_path: Path, film: Callable[..., Path]) -> None:
    tags = read_tags(film(tmp_path / "a.avi"))
    assert (tags.kind, tags.title, tags.duration) == (Kind.VIDEO, "a", 0.0)


def test_reasons(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "bad.flac").write_bytes(b"fLaC" + b"\xff" * 100)
    with pytest.raises(MediaError, match="empty"):
        read_tags(tmp_path / "empty.mp3")
    with pytest.raises(MediaError, match="opened"):
        read_tags(tmp_path / "none.mp3")
    with pytest.raises(MediaError, match="tags cannot be read"):
        read_tags(tmp_path / "bad.flac")


@pytest.mark.media
def test_odd_files_raise_nothing_else(shared_odd_media: Path) -> None:
    read = 0
    reasons: list[str] = []
    for path in sorted(shared_odd_media.rglob("*")):
        if path.is_file():
            try:
                tags = read_tags(path, shared_odd_media)
                read += 1
                assert tags.title
                assert tags.rating is None or 0.5 <= tags.rating <= 5
                assert all(len(text) <= 500 for text in (tags.title, tags.artist, tags.album, tags.genre))
            except MediaError as error:
                reasons.append(error.title)
    assert all(reasons)
    assert read > 500
    assert len(reasons) > 100
