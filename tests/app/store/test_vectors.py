"""The vector store on a real LanceDB: adding, searching, deleting, damage and healing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import Corrupt, ModelError
from app.store import vectors as vectors_module
from app.store.vectors import Vectors
from models.types import F32, I64, ItemId

SPACE = "image-v1-0123456789abcdef"
OTHER = "text-v1-0123456789abcdef"
WIDTH = 11  # no multiple of 8: padding is part of every test
_ROOT = Path(__file__).resolve().parents[3]


def _unit(count: int, seed: int = 0, width: int = WIDTH) -> F32:
    made = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def _ids(start: int, stop: int) -> I64:
    return np.arange(start, stop, dtype=np.int64)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    opened = Vectors(tmp_path / "vectors")
    yield opened
    opened.close()


def test_what_went_in_comes_out(vectors: Vectors) -> None:
    made = _unit(30)
    order = np.random.default_rng(1).permutation(30)
    assert vectors.add(SPACE, _ids(1, 31)[order], made[order]).all()
    ids, matrix = vectors.matrix(SPACE)
    assert ids.tolist() == list(range(1, 31))
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, made.astype(np.float16).astype(np.float32))
    assert vectors.spaces() == [SPACE]
    assert vectors.count(SPACE) == 30


def test_an_unknown_space_is_empty(vectors: Vectors) -> None:
    assert vectors.ids(SPACE).tolist() == []
    assert vectors.matrix(SPACE)[1].shape == (0, 0)
    assert vectors.search(SPACE, _unit(1)[0], 3)[0].tolist() == []
    vectors.delete(SPACE, _ids(1, 3))
    vectors.drop(SPACE)
    vectors.optimize()


def test_adding_again_replaces(vectors: Vectors) -> None:
    vectors.add(SPACE, _ids(1, 11), _unit(10))
    newer = _unit(10, seed=1)
    vectors.add(SPACE, _ids(6, 16), newer)
    twice = np.array([15, 15])
    vectors.add(SPACE, twice, np.stack([_unit(1, 2)[0], newer[0]]))
    ids, matrix = vectors.matrix(SPACE)
    assert ids.tolist() == list(range(1, 16))
    np.testing.assert_array_equal(matrix[5:14], newer[:9].astype(np.float16))
    np.testing.assert_array_equal(matrix[14], newer[0].astype(np.float16))


def test_zeros_are_never_stored_and_take_an_older_vector_away(vectors: Vectors) -> None:
    made = _unit(4)
    made[2] = 0
    made[3] = 1e-9  # nothing is left of it in half precision
    assert vectors.add(SPACE, _ids(1, 5), made).tolist() == [True, True, False, False]
    assert vectors.ids(SPACE).tolist() == [1, 2]
    assert vectors.add(SPACE, _ids(1, 2), np.zeros((1, WIDTH), np.float32)).tolist() == [False]
    assert vectors.ids(SPACE).tolist() == [2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
def test_no_numbers_are_refused_whole(vectors: Vectors, bad: float) -> None:
    made = _unit(3)
    made[1, 4] = bad
    with pytest.raises(ModelError):
        vectors.add(SPACE, _ids(1, 4), made)
    assert vectors.ids(SPACE).tolist() == []


def test_a_space_has_one_length(vectors: Vectors) -> None:
    vectors.add(SPACE, _ids(1, 3), _unit(2))
    with pytest.raises(ModelError, match="wrong length"):
        vectors.add(SPACE, _ids(3, 5), _unit(2, width=WIDTH + 1))  # the same once padded
    with pytest.raises(ModelError, match="wrong length"):
        vectors.search(SPACE, _unit(1, width=8)[0], 1)
    with pytest.raises(ModelError):
        vectors.add(SPACE, _ids(1, 3), _unit(3))
    with pytest.raises(ModelError, match="name of a space"):
        vectors.add("../up", _ids(1, 2), _unit(1))


def _nearest(made: F32, query: F32, k: int) -> list[int]:
    return np.argsort(-(made.astype(np.float16).astype(np.float32) @ query))[:k].tolist()


@pytest.mark.parametrize("resident", [0, 10**9])  # in half and in single precision
def test_search_is_exact_below_the_index(vectors: Vectors, monkeypatch: pytest.MonkeyPatch, resident: int) -> None:
    monkeypatch.setattr(vectors_module, "RESIDENT_BYTES", resident)
    made = _unit(500)
    vectors.add(SPACE, _ids(0, 500), made)
    for query in _unit(5, seed=9):
        ids, likeness = vectors.search(SPACE, query * 7, 10)
        assert ids.tolist() == _nearest(made, query, 10)
        np.testing.assert_allclose(likeness, (made @ query)[ids], atol=2e-3)
    ids, likeness = vectors.search(SPACE, made[3], 1)
    assert ids.tolist() == [3]
    assert 0.999 < likeness[0] <= 1
    assert len(vectors.search(SPACE, made[3], 1000)[0]) == 500
    assert vectors.search(SPACE, np.zeros(WIDTH, np.float32), 3)[0].tolist() == []
    with pytest.raises(ModelError):
        vectors.search(SPACE, np.full(WIDTH, np.nan, np.float32), 3)
    vectors.delete(SPACE, _ids(3, 4))
    assert 3 not in vectors.search(SPACE, made[3], 500)[0]


def test_the_spaces_searched_lately_stay_in_memory_while_they_fit(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, third = f"{SPACE}-other", f"{SPACE}-third"
    made = _unit(50)
    for space in (SPACE, other, third):
        vectors.add(space, _ids(0, 50), made)
    read: list[str] = []
    whole = vectors._read

    def reading(space: str) -> Any:
        read.append(space)
        return whole(space)

    monkeypatch.setattr(vectors, "_read", reading)
    monkeypatch.setattr(vectors_module, "RESIDENT_BYTES", 2 * made.nbytes)
    for space in (SPACE, other, SPACE, other):
        assert vectors.search(space, made[3], 1)[0].tolist() == [3]
    assert read == [SPACE, other]
    vectors.search(third, made[3], 1)
    vectors.search(other, made[3], 1)
    assert read == [SPACE, other, third], "what was not searched for longest made room"
    vectors.delete(other, _ids(3, 4))
    assert vectors.search(other, made[3], 1)[0].tolist() != [3]
    assert vectors.search(third, made[3], 1)[0].tolist() == [3]
    assert read == [SPACE, other, third, other]


def test_search_through_the_index_finds_nearly_the_same(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_module, "INDEX_FROM", 2000)
    # Like music: sixty kinds, each with its variety. (Without any structure one-bit codes find fewer.)
    made = np.repeat(_unit(60, seed=4, width=64), 50, axis=0) + 0.5 * _unit(3000, width=64)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    vectors.add(SPACE, _ids(0, 3000), made)
    vectors.optimize()
    hits = 0
    for query in made[:3000:150] + 0.05 * _unit(20, seed=3, width=64):
        query = query / np.linalg.norm(query)  # noqa: PLW2901
        ids, likeness = vectors.search(SPACE, query, 10)
        hits += len(set(ids.tolist()) & set(_nearest(made, query, 10)))
        np.testing.assert_allclose(likeness, (made @ query)[ids], atol=5e-3)
    assert hits >= 190
    vectors.add(SPACE, _ids(3000, 3001), _unit(1, seed=77, width=64))
    assert vectors.search(SPACE, _unit(1, seed=77, width=64)[0], 1)[0].tolist() == [3000]


def test_deleted_vectors_leave_the_disk(vectors: Vectors, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    made = rng.standard_normal((400, 64)).astype(np.float32)
    vectors.add(SPACE, _ids(0, 400), made)
    secret = made[7].astype(np.float16).tobytes()[:32]

    def on_disk() -> bool:
        return any(secret in file.read_bytes() for file in (tmp_path / "vectors").rglob("*") if file.is_file())

    assert on_disk()
    vectors.delete(SPACE, _ids(7, 8))
    vectors.optimize(rewrite=True)
    assert not on_disk()
    assert vectors.count(SPACE) == 399
    vectors.delete(SPACE, _ids(100, 200))
    before = sum(file.stat().st_size for file in (tmp_path / "vectors").rglob("*") if file.is_file())
    vectors.optimize()
    after = sum(file.stat().st_size for file in (tmp_path / "vectors").rglob("*") if file.is_file())
    assert after < before * 0.9
    assert vectors.matrix(SPACE)[0].tolist() == [*range(7), *range(8, 100), *range(200, 400)]


def test_healing_compares_with_the_marks(vectors: Vectors) -> None:
    vectors.add(SPACE, _ids(1, 11), _unit(10))
    healed = vectors.heal({SPACE: set(range(3, 13)), OTHER: {5}})
    assert healed.missing_vectors == ((ItemId(11), SPACE), (ItemId(12), SPACE), (ItemId(5), OTHER))
    assert healed.orphan_vectors == ((ItemId(1), SPACE), (ItemId(2), SPACE))
    assert (healed.count, healed.set_aside) == (5, ())
    assert vectors.ids(SPACE).tolist() == list(range(3, 11))
    assert vectors.heal({SPACE: set(range(3, 11))}).count == 0


def test_one_vector_can_be_asked_for(vectors: Vectors) -> None:
    made = _unit(3)
    vectors.add(SPACE, _ids(5, 8), made)
    found = vectors.vector_of(SPACE, ItemId(6))
    assert found is not None
    np.testing.assert_array_equal(found, made[1].astype(np.float16))
    assert vectors.vector_of(SPACE, ItemId(1)) is None
    assert vectors.vector_of(SPACE, ItemId(99)) is None
    assert vectors.vector_of(OTHER, ItemId(6)) is None


def test_a_space_emptied_is_still_a_space(vectors: Vectors) -> None:
    vectors.add(SPACE, _ids(1, 4), _unit(3))
    vectors.delete(SPACE, _ids(1, 4))
    vectors.optimize()
    assert vectors.matrix(SPACE)[1].shape[0] == 0
    assert vectors.search(SPACE, _unit(1)[0], 3)[0].tolist() == []
    vectors.add(SPACE, _ids(1, 3), _unit(2))
    assert vectors.count(SPACE) == 2


def test_spaces_are_apart(vectors: Vectors) -> None:
    vectors.add(SPACE, _ids(1, 3), _unit(2))
    vectors.add(OTHER, _ids(1, 4), _unit(3, width=8))
    vectors.drop(SPACE)
    assert (vectors.spaces(), vectors.count(SPACE), vectors.count(OTHER)) == ([OTHER], 0, 3)
    vectors.add(SPACE, _ids(1, 2), _unit(1, width=5))
    assert vectors.matrix(SPACE)[1].shape == (1, 5)


def _filled(folder: Path) -> Path:
    """A table in three versions, 10 vectors each; returns its newest manifest."""
    vectors = Vectors(folder)
    for start in (0, 10, 20):
        vectors.add(SPACE, _ids(start, start + 10), _unit(10, seed=start))
    vectors.close()
    return min((folder / f"{SPACE}.lance" / "_versions").glob("*.manifest"))  # newest first: names count down


@pytest.mark.parametrize("damage", ["empty", "zeros", "cut"])
def test_a_damaged_newest_manifest_is_set_aside(tmp_path: Path, damage: str) -> None:
    manifest = _filled(tmp_path)
    size = manifest.stat().st_size
    manifest.write_bytes({"empty": b"", "zeros": b"\0" * size, "cut": manifest.read_bytes()[: size // 2]}[damage])
    vectors = Vectors(tmp_path)
    assert vectors.check() != []
    healed = vectors.heal({SPACE: set(range(30))})
    assert vectors.ids(SPACE).tolist() == list(range(20))
    assert healed.missing_vectors == tuple((ItemId(item), SPACE) for item in range(20, 30))
    assert len(healed.set_aside) == 1
    vectors.add(SPACE, _ids(20, 30), _unit(10))
    assert vectors.count(SPACE) == 30
    assert vectors.check() == []
    vectors.close()


def test_a_table_without_any_sound_manifest_is_made_anew(tmp_path: Path) -> None:
    _filled(tmp_path)
    for manifest in (tmp_path / f"{SPACE}.lance" / "_versions").glob("*.manifest"):
        manifest.write_bytes(b"")
    vectors = Vectors(tmp_path)
    healed = vectors.heal({SPACE: set(range(30))})
    assert len(healed.missing_vectors) == 30
    vectors.add(SPACE, _ids(0, 30), _unit(30))
    assert vectors.count(SPACE) == 30
    vectors.close()


def test_damaged_rows_are_found_and_made_anew(tmp_path: Path) -> None:
    _filled(tmp_path)
    for file in (tmp_path / f"{SPACE}.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    vectors = Vectors(tmp_path)
    with pytest.raises(Corrupt):
        vectors.matrix(SPACE)
    assert len(vectors.check()) == 1
    assert vectors.repair() == [SPACE]
    assert len(vectors.heal({SPACE: set(range(30))}).missing_vectors) == 30
    assert vectors.check() == []
    vectors.close()


_ADD = """
import sys
from pathlib import Path
from typing import Any
import numpy as np
from app.store.vectors import Vectors
vectors = Vectors(Path(sys.argv[1]))
for start in range(0, 100000, 50):
    made = np.random.default_rng(start).standard_normal((50, 860)).astype("f4")
    vectors.add("audio-v1-00000000", np.arange(start, start + 50), made)
    print(start + 50, flush=True)
"""


def test_kill_nine_loses_no_acknowledged_vector(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _ADD, str(tmp_path)],
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(12)][-1]
    child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    child.communicate(timeout=30)
    vectors = Vectors(tmp_path)
    space = "audio-v1-00000000"
    assert set(range(acknowledged)) <= set(vectors.ids(space).tolist())
    assert vectors.check() == []
    healed = vectors.heal({space: set(range(acknowledged))})
    assert healed.missing_vectors == ()
    assert vectors.count(space) == acknowledged
    vectors.close()


def test_making_the_store_is_what_imports_lancedb() -> None:
    code = (
        "import sys, app.store.vectors, app.store.items, app.store.scores\n"
        "assert not {'lancedb', 'pyarrow', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=_ROOT, check=True, timeout=60)
