"""Digests, refused formats, and how a space gets its name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.encoders.weights import FORBIDDEN, WeightsError, digest_of, refuse_pickles, space_of, verify
from models.types import EncoderId


def test_the_digest_is_sha256(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "a").write_bytes(content)
    done: list[int] = []
    assert digest_of(tmp_path / "a", done.append) == hashlib.sha256(content).hexdigest()
    assert done[-1] == len(content)
    assert done == sorted(done)


def test_verify_names_the_file_that_differs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b")}
    verify(tmp_path, digests)
    (tmp_path / "b").write_bytes(b"B")
    with pytest.raises(WeightsError, match=r"^b is not the file it should be"):
        verify(tmp_path, digests)
    (tmp_path / "b").unlink()
    with pytest.raises(WeightsError, match=r"^b cannot be read"):
        verify(tmp_path, digests)


@pytest.mark.parametrize("suffix", sorted(FORBIDDEN))
def test_formats_that_run_code_are_refused(suffix: str, tmp_path: Path) -> None:
    refuse_pickles(tmp_path)
    below = tmp_path / "below"
    below.mkdir()
    (below / f"weights{suffix.upper()}").write_bytes(b"")
    with pytest.raises(WeightsError, match="only safetensors"):
        refuse_pickles(tmp_path)


def test_a_space_is_named_by_all_that_decides_its_vectors() -> None:
    first = space_of("clip", 1, {"a": "1", "b": "2"}, "how")
    assert first == space_of("clip", 1, {"b": "2", "a": "1"}, "how")
    assert EncoderId.parse(str(first)) == first
    others = [
        space_of("clap", 1, {"a": "1", "b": "2"}, "how"),
        space_of("clip", 2, {"a": "1", "b": "2"}, "how"),
        space_of("clip", 1, {"a": "1", "b": "3"}, "how"),
        space_of("clip", 1, {"a": "1"}, "how"),
        space_of("clip", 1, {"a": "1", "b": "2"}, "otherwise"),
    ]
    assert len({first, *others}) == 6
