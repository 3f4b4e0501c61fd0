"""Downloads compared with what their publisher promised: real files, a real decode child."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.files import Kind
from app.library.decoder import Decoded, DecodePool, DecodeTask
from app.network_messages import Arrived, Judged
from app.store.offer_vectors import OfferVectors
from app.studio.judging import judge
from app.studio.spaces import builtin_dimensions, builtin_spaces
from models.int8 import Int8Vectors
from models.types import F32
from tests.studio_run import write_sound

SPACES = builtin_spaces()
DIMENSIONS = builtin_dimensions()


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    made = DecodePool(children=1)
    yield made
    made.close()


@pytest.fixture
def promised(tmp_path: Path) -> Iterator[OfferVectors]:
    made = OfferVectors(tmp_path / "vectors")
    yield made
    made.close()


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "arrived.wav"
    write_sound(path, pitch=300, noise=0.1)
    return path


def _vector(pool: DecodePool, path: Path) -> F32:
    found = next(pool.run([DecodeTask(0, path, Kind.TRACK)]))
    assert isinstance(found, Decoded)
    return next(part.vector for part in found.vectors if str(part.space) == SPACES.audio)


def _judge(path: Path, pool: DecodePool, promised: OfferVectors, offer: int = 5) -> Judged:
    found = judge(Arrived(3, str(path), offer), pool, promised, SPACES)
    assert found is not None
    assert found.download == 3
    return found


def _promise(promised: OfferVectors, space: str, vector: F32) -> None:
    promised.add(space, np.array([5]), ["aa" * 32], Int8Vectors.of(vector[None, :]))


def test_a_kept_promise(sound: Path, pool: DecodePool, promised: OfferVectors) -> None:
    _promise(promised, SPACES.audio, _vector(pool, sound))
    found = _judge(sound, pool, promised)
    assert (found.playable, found.kind) == (True, "track")
    assert found.likeness > 0.99


def test_another_sound_than_was_promised(sound: Path, pool: DecodePool, promised: OfferVectors, tmp_path: Path) -> None:
    other = tmp_path / "other.wav"
    write_sound(other, pitch=900, noise=1.0, seed=4)
    _promise(promised, SPACES.audio, _vector(pool, other))
    found = _judge(sound, pool, promised)
    assert found.playable
    assert -1 < found.likeness < 0.9


def test_pictures_that_were_promised_and_are_not_there(sound: Path, pool: DecodePool, promised: OfferVectors) -> None:
    _promise(promised, SPACES.audio, _vector(pool, sound))
    _promise(promised, SPACES.image, np.ones(DIMENSIONS[SPACES.image], np.float32))
    assert _judge(sound, pool, promised).likeness == 0.0


def test_where_nothing_was_promised_nothing_is_compared(sound: Path, pool: DecodePool, promised: OfferVectors) -> None:
    _promise(promised, SPACES.audio, np.zeros(DIMENSIONS[SPACES.audio], np.float32))
    _promise(promised, SPACES.text, np.ones(DIMENSIONS[SPACES.text], np.float32))
    assert _judge(sound, pool, promised).likeness == -1.0
    assert _judge(sound, pool, promised, offer=0).likeness == -1.0


def test_the_streams_tell_the_kind_not_the_name(
    pool: DecodePool, promised: OfferVectors, tmp_path: Path, shared_media: Path
) -> None:
    film = next(path for path in sorted(shared_media.rglob("*")) if path.suffix in (".webm", ".mp4", ".ogv"))
    renamed = tmp_path / "a song.mp3"
    shutil.copy(film, renamed)
    assert _judge(renamed, pool, promised).kind == "video"


@pytest.mark.parametrize("content", [b"", b"MZ" + b"\0" * 5000, b"ID3\x04\0\0\0\0\0\0" + b"not a song " * 50])
def test_what_cannot_be_played_is_said(
    pool: DecodePool, promised: OfferVectors, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "arrived.mp3"
    path.write_bytes(content)
    found = _judge(path, pool, promised)
    assert not found.playable
    assert found.reason
    assert not _judge(tmp_path / "gone.mp3", pool, promised).playable


def test_a_judgement_can_be_cancelled(sound: Path, pool: DecodePool, promised: OfferVectors) -> None:
    assert judge(Arrived(3, str(sound), 0), pool, promised, SPACES, lambda: True) is None
