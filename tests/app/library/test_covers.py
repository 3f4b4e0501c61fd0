"""Foreign pictures become small upright RGB."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.errors import MediaError
from app.library.covers import LARGEST, cover_path, jpeg, normalise, picture_key


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_ordinary_formats(kind: str, picture: Callable[..., bytes]) -> None:
    pixels = normalise(picture((1200, 400), kind=kind))
    assert pixels.shape == (200, LARGEST, 3)
    assert pixels.dtype == np.uint8
    with Image.open(io.BytesIO(jpeg(pixels))) as image:
        assert (image.format, image.size) == ("JPEG", (600, 200))


def test_small_pictures_stay_small(picture: Callable[..., bytes]) -> None:
    assert normalise(picture((64, 48))).shape == (48, 64, 3)


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(out, "PNG")
    assert (normalise(out.getvalue()) == 255).all()
    out = io.BytesIO()
    Image.new("L", (4, 4), 7).save(out, "PNG")
    assert (normalise(out.getvalue()) == 7).all()


def test_turned_pictures_are_set_upright() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20), (9, 9, 9)).save(out, "JPEG", exif=exif)
    assert normalise(out.getvalue()).shape == (40, 20, 3)


def test_a_bomb_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    with pytest.raises(MediaError, match="too large"):
        normalise(out.getvalue())


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\xff\xd8\xff\xe0broken"])
def test_damaged_pictures_say_so(content: bytes) -> None:
    with pytest.raises(MediaError, match="damaged"):
        normalise(content)


def test_pictures_are_named_by_what_they_are() -> None:
    assert picture_key(b"a") == picture_key(b"a") != picture_key(b"b")
    assert cover_path(Path("/c"), picture_key(b"a")).name == f"{picture_key(b'a')}.jpg"
