"""R's files are read as far as needed, in every compression, and hostile ones are refused without harm."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.errors import MediaError
from app.studio.evaluate import rdata

NIL = struct.pack(">i", 254)


def _int(number: int) -> bytes:
    return struct.pack(">i", number)


def _chars(text: str) -> bytes:
    return _int(0x40009) + _int(len(text.encode())) + text.encode()


def _symbol(name: str) -> bytes:
    return _int(1) + _chars(name)


def _pairs(*named: tuple[str, bytes]) -> bytes:
    return b"".join(_int(0x402) + _symbol(name) + value for name, value in named) + NIL


def _file(*named: tuple[str, bytes], version: int = 2) -> bytes:
    head = b"RDX%d\nX\n" % version + _int(version) + _int(0x40100) + _int(0x20300)
    if version == 3:
        head += _int(5) + b"UTF-8"
    return head + _pairs(*named)


NUMBERS = _int(14) + _int(3) + struct.pack(">3d", 1.5, -2.0, 0.25)
WHOLE = _int(13) + _int(2) + struct.pack(">2i", 7, -8)
TEXTS = _int(16) + _int(2) + _chars("café") + _int(0x9) + _int(-1)
LIST = _int(0x213) + _int(2) + WHOLE + TEXTS + _pairs(("names", TEXTS))
OBJECT = _int(0x219) + _pairs(
    ("x", NUMBERS), ("class", _int(0x210) + _int(1) + _chars("dgCMatrix") + _pairs(("p", NIL)))
)
RANGE = _int(238) + _pairs(("a", _symbol("compact_intseq"))) + _int(14) + _int(3) + struct.pack(">3d", 4, 2, 1) + NIL
WRAPPED = _int(238) + _pairs(("a", _symbol("wrap_real"))) + _int(2) + NUMBERS + WHOLE + NIL


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("version", [2, 3])
def test_plain_things_are_read(tmp_path: Path, squeeze: Callable[[bytes], bytes], version: int) -> None:
    path = tmp_path / "x.rda"
    path.write_bytes(squeeze(_file(("numbers", NUMBERS), ("list", LIST), ("object", OBJECT), version=version)))
    found = rdata.load(path)
    assert list(found) == ["numbers", "list", "object"]
    np.testing.assert_array_equal(found["numbers"].array(), [1.5, -2.0, 0.25])
    whole, texts = found["list"].parts()
    assert whole.array().tolist() == [7, -8]
    assert texts.texts() == ["café", ""]
    assert found["list"].slot("names").texts() == ["café", ""]
    assert found["object"].slot("class").texts() == ["dgCMatrix"]
    np.testing.assert_array_equal(found["object"].slot("x").array(), [1.5, -2.0, 0.25])


def test_compact_forms_and_references_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.rda"
    again = _int(0x402) + _int(0x1FF) + WHOLE
    path.write_bytes(_file(("range", RANGE), ("wrapped", WRAPPED))[:-4] + again + NIL)
    found = rdata.load(path)
    assert found["range"].array().tolist() == [2, 3, 4, 5] or found["range"].array().tolist() == [7, -8]
    np.testing.assert_array_equal(found["wrapped"].array(), [1.5, -2.0, 0.25])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RDX2\n",
        b"PK\x03\x04 a zip",
        b"RDA2\nA\n2\n",
        gzip.compress(_file(("x", NUMBERS)))[:40],
        _file(("x", NUMBERS))[:-20],
        _file(("x", _int(14) + _int(2_000_000_000))),
        _file(("x", _int(14) + _int(-1) + _int(1) + _int(0))),
        _file(("x", _int(14) + _int(-7))),
        _file(("code", _int(3) + NIL + NIL + NIL)),
        _file(("pointer", _int(22) + NIL + NIL)),
        _file(("deep", _int(19) + _int(1)) * 1)[:-4] + (_int(19) + _int(1)) * 5_000 + NIL,
        _file(("reference", _int(0x9FF))),
        _file(("odd", _int(238) + _pairs(("a", _symbol("mmap_real"))) + NIL + NIL)),
    ],
)
def test_what_is_no_plain_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.rda"
    path.write_bytes(content)
    with pytest.raises(MediaError):
        rdata.load(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdata, "LIMIT", 10_000)
    path = tmp_path / "x.rda"
    path.write_bytes(gzip.compress(_file(("x", NUMBERS)) + bytes(1_000_000)))
    with pytest.raises(MediaError, match="256 MiB"):
        rdata.load(path)


def test_wrong_kinds_are_said() -> None:
    nothing = rdata.RObject(None)
    for ask in (nothing.array, nothing.texts, nothing.parts):
        with pytest.raises(TypeError):
            ask()


@pytest.mark.media
def test_jester_is_read_whole(shared_data: Path) -> None:
    found = rdata.load(shared_data / "Jester5k.rda")
    assert set(found) == {"Jester5k", "JesterJokes"}
    matrix = found["Jester5k"].slot("data")
    assert matrix.slot("Dim").array().tolist() == [5000, 100]
    assert len(matrix.slot("x").array()) == 363_209
    assert np.abs(matrix.slot("x").array()).max() <= 10
    assert "doctor" in found["JesterJokes"].texts()[0]
