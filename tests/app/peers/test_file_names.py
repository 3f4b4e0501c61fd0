"""Names and sizes of a catalogue's files, before they are fetched and against the manifest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.catalogue import MAX_CATALOGUE, Manifest, ShardRef, SpaceRef
from app.peers.file_names import check_files, check_names, items_name, vectors_name, vectors_size

AUDIO = SpaceRef("a-v1-00000000", 860)
IMAGE = SpaceRef("b-v1-00000000", 1543)
MANIFEST = Manifest(
    bytes(32), 1, spaces=(AUDIO, IMAGE), shards=(ShardRef("00000", 4096, (AUDIO.name,)), ShardRef("00007", 3))
)
FILES = (
    ("manifest.json", 300),
    ("items.00000.jsonl.z", 250_000),
    ("items.00007.jsonl.z", 200),
    ("vectors.a-v1-00000000.00000.i8", 4096 * 862),
)


def test_a_catalogues_files_pass() -> None:
    check_names(FILES)
    check_files(MANIFEST, FILES)
    check_files(MANIFEST, FILES[::-1])
    assert FILES[3] == (vectors_name(AUDIO.name, "00000"), vectors_size(MANIFEST.shards[0], AUDIO))
    assert FILES[2][0] == items_name("00007")


def test_the_largest_allowed_total_is_the_callers() -> None:
    total = sum(size for _, size in FILES)
    check_names(FILES, total)
    with pytest.raises(PeerError, match="are allowed"):
        check_names(FILES, total - 1)
    large = [(f"vectors.a-v1-00000000.{number:05d}.i8", 4096 * 4098) for number in range(272)]
    with pytest.raises(PeerError, match=str(MAX_CATALOGUE)):
        check_names([FILES[0], *((items_name(f"{number:05d}"), 1) for number in range(272)), *large])


@given(
    st.lists(st.tuples(st.text(max_size=40) | st.sampled_from([name for name, _ in FILES]), st.integers()), max_size=9)
)
def test_any_list_passes_or_is_refused(files: list[tuple[str, int]]) -> None:
    try:
        check_names(files)
    except PeerError:
        pass
    else:
        assert "manifest.json" in dict(files)
    with pytest.raises(PeerError):
        check_files(MANIFEST, files)
