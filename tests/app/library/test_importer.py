"""From found files to items, with real children for what tags cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mutagen
import pytest
from PIL import Image

from app.files import Kind
from app.library.covers import cover_path
from app.library.decode_messages import Decoded, DecodeTask, StreamFacts
from app.library.decoder import DecodePool
from app.library.identity import identity
from app.library.importer import Importer, Refused, described, keep_picture
from app.library.scanner import Found, scan
from app.store.item_values import FoundItem


@pytest.fixture
def covers(tmp_path: Path) -> Path:
    folder = tmp_path / "covers"
    folder.mkdir()
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


def _take_in(importer: Importer, root: Path) -> dict[str, FoundItem | Refused]:
    found = [one for one in scan(root, {}) if isinstance(one, Found)]
    results: dict[str, FoundItem | Refused] = {}
    for one in importer.take_in(found, 7, root):
        path = one.found.path if isinstance(one, Refused) else Path(one.path)
        results[path.name] = one
    assert len(results) == len(found)
    return results


def _item(result: FoundItem | Refused) -> FoundItem:
    assert isinstance(result, FoundItem), result
    return result


def test_songs_and_films(
    library: Path, covers: Path, tone: Callable[..., Path], film: Callable[..., Path], pool: DecodePool
) -> None:
    (library / "Ada" / "Winter").mkdir(parents=True)
    song = tone(library / "Ada" / "Winter" / "01 - Snow.flac")
    film(library / "Sea.mkv")
    film(library / "Wave.mp4", size=(320, 240))
    results = _take_in(Importer(covers, pool), library)
    snow, sea, wave = (_item(results[name]) for name in ("01 - Snow.flac", "Sea.mkv", "Wave.mp4"))
    assert (snow.kind, snow.title, snow.artist, snow.album, snow.track_number) == ("track", "Snow", "Ada", "Winter", 1)
    assert (snow.folder_id, snow.path, snow.identity) == (7, str(song), identity(song))
    assert (snow.size, snow.mtime_ns) == (song.stat().st_size, song.stat().st_mtime_ns)
    assert (sea.kind, sea.title, sea.codec, sea.width, sea.height) == ("video", "Sea", "mpeg4", 160, 96)
    assert sea.duration == pytest.approx(3.0, abs=0.1)
    assert (wave.kind, wave.width, wave.codec) == ("video", 320, "mpeg4")
    for item in (sea, wave):
        with Image.open(cover_path(covers, item.cover)) as image:
            assert image.format == "JPEG"


def test_an_album_shares_one_cover(
    library: Path, covers: Path, tone: Callable[..., Path], picture: Callable[..., bytes], pool: DecodePool
) -> None:
    for number in range(3):
        tone(library / f"{number}.mp3", 0.3, seed=number)
    (library / "cover.png").write_bytes(picture((800, 800)))
    items = [_item(one) for one in _take_in(Importer(covers, pool), library).values()]
    assert len({item.cover for item in items}) == 1
    assert [path.name for path in covers.iterdir()] == [f"{items[0].cover}.jpg"]


def test_a_spoilt_cover_is_asked_for_once(library: Path, covers: Path, tone: Callable[..., Path]) -> None:
    for number in range(2):
        tone(library / f"{number}.mp3", 0.3, seed=number)
    (library / "cover.png").write_bytes(b"spoilt")
    asked: list[Path] = []

    class Nothing:
        def run(self, tasks: Any, cancelled: Any = None, paused: Any = None) -> Iterator[Decoded]:
            for task in tasks:
                asked.append(task.path)
                yield Decoded(task, (), StreamFacts(Kind.TRACK), None, "", 0.0, "damaged")

    importer = Importer(covers, Nothing())
    _take_in(importer, library)
    _take_in(importer, library)
    assert len(asked) == 1
    assert not list(covers.iterdir())


def test_what_nobody_understands_is_refused_with_a_reason(
    library: Path, covers: Path, film: Callable[..., Path], pool: DecodePool
) -> None:
    (library / "code.ts").write_text("export const answer = 42;\n" * 100)
    (library / "empty.mp3").touch()
    (library / "bad.flac").write_bytes(b"fLaC" + b"\xff" * 500)
    film(library / "real.ts")
    results = _take_in(Importer(covers, pool), library)
    reasons = {name: (one.stage, one.reason) for name, one in results.items() if isinstance(one, Refused)}
    assert reasons["code.ts"] == ("decode", "the file is damaged or not a media file")
    assert reasons["empty.mp3"] == ("tags", "The file is empty")
    assert reasons["bad.flac"][0] == "decode"
    assert _item(results["real.ts"]).kind == "video"


def test_what_mutagen_chokes_on_but_ffmpeg_plays_is_taken_in(
    library: Path, covers: Path, tone: Callable[..., Path], pool: DecodePool
) -> None:
    path = tone(library / "03 - Snow.flac")
    content = path.read_bytes()
    vendor = content.index(b"Lavf") - 4  # the length of the writer's name in the comment block
    path.write_bytes(content[:vendor] + b"\xff\xff\xff\x7f" + content[vendor + 4 :])
    with pytest.raises(mutagen.MutagenError):
        mutagen.File(path)
    item = _item(_take_in(Importer(covers, pool), library)[path.name])
    assert (item.title, item.track_number, item.codec) == ("Snow", 3, "flac")
    assert item.duration == pytest.approx(3.0, abs=0.1)


def test_the_same_recording_twice_has_one_identity(
    library: Path, covers: Path, tone: Callable[..., Path], pool: DecodePool
) -> None:
    path = tone(library / "a.ogg")
    (library / "b.ogg").write_bytes(path.read_bytes())
    parsed: Any = mutagen.File(library / "b.ogg")
    parsed["title"], parsed["rating"] = "Retagged", "4"
    parsed.save()
    first, second = (_item(one) for one in _take_in(Importer(covers, pool), library).values())
    assert first.identity == second.identity
    assert (second.title, second.rating) == ("Retagged", 4.0)


def test_cancelling_stops_between_chunks(library: Path, covers: Path, pool: DecodePool) -> None:
    (library / "a.mp3").write_bytes(b"x")
    found = [one for one in scan(library, {}) if isinstance(one, Found)]
    assert list(Importer(covers, pool).take_in(found, 1, library, cancelled=lambda: True)) == []


def test_streams_complete_what_tags_said() -> None:
    item = FoundItem(1, "/m/Sea.mkv", 1, 1, b"i", "video", "Sea")
    facts = StreamFacts(Kind.VIDEO, 9.0, "vp9", 1000, 48_000, 2, 640, 360, "The Sea", "Ada")
    done = described(item, facts)
    assert (done.title, done.artist, done.duration, done.codec, done.width) == ("The Sea", "Ada", 9.0, "vp9", 640)
    tagged = FoundItem(1, "/m/x.m4a", 1, 1, b"i", "track", "Snow", artist="Bob", duration=8.9, codec="alac", bitrate=5)
    done = described(tagged, StreamFacts(Kind.TRACK, 9.0, "aac", 7, 44_100, 1, title="Other", artist="Ada"))
    assert (done.title, done.artist, done.codec, done.bitrate, done.sample_rate) == ("Snow", "Bob", "alac", 5, 44_100)


def test_a_full_cache_disk_is_no_failure(tmp_path: Path) -> None:
    result = Decoded(DecodeTask(1, tmp_path, Kind.TRACK), (), StreamFacts(Kind.TRACK), b"\xff\xd8\xff", "0f" * 32, 0.0)
    keep_picture(tmp_path / "no such folder", result)
    keep_picture(tmp_path, result)
    assert cover_path(tmp_path, "0f" * 32).read_bytes() == b"\xff\xd8\xff"
