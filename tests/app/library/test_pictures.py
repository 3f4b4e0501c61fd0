"""Which picture belongs to a file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.apev2 import APEBinaryValue, APEv2
from mutagen.asf import ASFByteArrayAttribute
from mutagen.flac import Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4Cover

from app.library.pictures import FolderPictures
from app.library.tags import read_picture, read_tags


def _block(data: bytes, kind: int) -> Picture:
    block = Picture()
    block.data, block.type, block.mime = data, kind, "image/png"
    return block


def _embed(path: Path, front: bytes, other: bytes) -> None:
    parsed: Any = mutagen.File(path)
    if path.suffix == ".flac":
        for data, kind in ((other, 0), (front, 3)):
            parsed.add_picture(_block(data, kind))
    elif path.suffix in (".ogg", ".opus"):
        blocks = [_block(other, 4), _block(front, 3)]
        parsed["metadata_block_picture"] = ["!", *(base64.b64encode(block.write()).decode() for block in blocks)]
    elif path.suffix == ".m4a":
        parsed["covr"] = [MP4Cover(front), MP4Cover(other[:10])]
    elif path.suffix == ".wma":
        kinds = ((0, other), (3, front))
        parsed["WM/Picture"] = [
            ASFByteArrayAttribute(bytes([kind]) + len(data).to_bytes(4, "little") + bytes(4) + data)
            for kind, data in kinds
        ]
    elif path.suffix == ".wv":
        tags = APEv2()
        tags["Cover Art (Back)"] = APEBinaryValue(b"back.png\0" + other)
        tags["Cover Art (Front)"] = APEBinaryValue(b"front.png\0" + front)
        tags.save(path)
        return
    else:
        parsed.tags or parsed.add_tags()
        parsed.tags.add(APIC(encoding=3, mime="image/png", type=4, desc="b", data=other))
        parsed.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="f", data=front))
    parsed.save()


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".wav", ".aiff"])
def test_the_front_cover_is_taken_however_small(
    suffix: str, tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes]
) -> None:
    path = tone(tmp_path / f"a{suffix}", 0.3)
    front, other = picture((8, 8)), picture((90, 90), (1, 2, 3))
    _embed(path, front, other)
    assert read_tags(path).cover == front
    assert read_picture(path, FolderPictures()) == front


def test_without_a_front_the_largest(tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes]) -> None:
    path = tone(tmp_path / "a.mp3", 0.3)
    small, large = picture((8, 8)), picture((90, 90))
    tags = ID3(path)
    for number, data in enumerate((small, large, b"")):
        tags.add(APIC(encoding=3, mime="image/png", type=0, desc=str(number), data=data))
    tags.save(path)
    assert read_tags(path).cover == large


def test_a_picture_beside_is_found_in_any_case_and_order(tmp_path: Path) -> None:
    song = tmp_path / "a.mp3"
    pictures = FolderPictures()
    assert pictures.beside(song) is None
    for name in ("zzz.jpg", "Front.png", "FOLDER.JPG", "cover (2).jpg", "Cover.png", "cover.jpg", "cover.txt"):
        (tmp_path / name).write_bytes(name.encode())
    assert FolderPictures().beside(song) == tmp_path / "cover.jpg"
    (tmp_path / "cover.jpg").unlink()
    assert FolderPictures().read(song) == b"Cover.png"
    (tmp_path / "Cover.png").unlink()
    assert FolderPictures().beside(song) == tmp_path / "FOLDER.JPG"


def test_a_folder_is_looked_through_once_until_it_changes(tmp_path: Path) -> None:
    pictures = FolderPictures(remembered=1)
    (tmp_path / "cover.jpg").write_bytes(b"x")
    assert pictures.read(tmp_path / "a.mp3") == b"x"
    (tmp_path / "cover.jpg").unlink()
    assert pictures.read(tmp_path / "a.mp3") is None
    (tmp_path / "sub").mkdir()
    assert pictures.beside(tmp_path / "sub" / "b.mp3") is None
    assert pictures.beside(tmp_path / "gone" / "b.mp3") is None


def test_embedded_before_beside(tmp_path: Path, tone: Callable[..., Path], picture: Callable[..., bytes]) -> None:
    path = tone(tmp_path / "a.flac", 0.3)
    (tmp_path / "cover.jpg").write_bytes(b"beside")
    assert read_tags(path).cover == b"beside"
    _embed(path, picture(), picture((9, 9)))
    assert read_tags(path).cover == picture()
