"""What of a catalogue stays as it is: whatever happens, its limits hold and no live line is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.peers.catalogue import MAX_SHARDS, MAX_TOMBSTONES, SHARD_ITEMS
from app.peers.shard_plan import MOST_SMALL, SMALL, HeldShard, plan
from tests.factories import file_root


def held(name: int, live: int, dead: int = 0, gone: int = 0) -> HeldShard:
    """A shard with so many right, superseded and taken-back lines."""
    first = name * 10_000
    roots = [file_root(first + n) for n in range(live + gone)]
    return HeldShard(f"{name:05d}", live + dead + gone, frozenset(roots[:live]), frozenset(roots[live:]))


def test_full_shards_stay_when_a_few_lines_are_added_or_taken_back() -> None:
    shards = [held(0, SHARD_ITEMS), held(1, SHARD_ITEMS - 3, gone=3)]
    found = plan(shards, [100, 0])
    assert found.kept == ("00000", "00001")
    assert found.tombstones == tuple(sorted(shards[1].gone))


def test_a_shard_that_is_mostly_dead_is_written_anew() -> None:
    assert plan([held(0, 60, dead=40), held(1, 70, dead=30)], [40, 0]).kept == ("00001",)
    assert plan([held(0, 0, gone=5)], [1, 0]) == plan([], [1, 0])


def test_many_taken_back_lines_cost_the_shards_that_have_most_of_them() -> None:
    shards = [held(0, 4000, gone=90), held(1, 3600, gone=496), held(2, 4090, gone=6)]
    found = plan(shards, [0, 0])
    assert found.kept == ("00000", "00002")
    assert len(found.tombstones) == 96


def test_small_shards_are_merged_past_the_limit_full_ones_are_left_alone() -> None:
    small = [held(n, 5) for n in range(1, MOST_SMALL)]
    assert len(plan([held(0, SHARD_ITEMS), *small], [5, 0]).kept) == MOST_SMALL
    assert plan([held(0, SHARD_ITEMS), *small, held(99, 5)], [5, 0]).kept == ("00000",)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(0, 400)), max_size=24),
    st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_the_limits_always_hold(shards: list[tuple[int, int, int]], loose: tuple[int, int]) -> None:
    all_held = [held(name, *counts) for name, counts in enumerate(shards) if sum(counts)]
    found = plan(all_held, loose)
    kept = [shard for shard in all_held if shard.name in found.kept]
    assert list(found.kept) == sorted(found.kept)
    assert len(found.tombstones) <= MAX_TOMBSTONES
    assert set(found.tombstones) == {root for shard in kept for root in shard.gone}
    assert all(shard.live for shard in kept)
    small = sum(shard.items < SMALL for shard in kept)
    assert small <= MOST_SMALL
    assert len(kept) <= MAX_SHARDS
