"""Taking ratings in waves is the same as taking them one after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.baselines.waves import waves

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=60)


@given(PAIRS)
def test_no_wave_meets_a_user_or_item_twice_and_order_is_kept(pairs: list[tuple[int, int]]) -> None:
    users, items = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    found = waves(users, items)
    assert sorted(np.concatenate([*found, np.zeros(0, np.int64)]).tolist()) == list(range(len(pairs)))
    for wave in found:
        assert len(wave)
        assert len(set(users[wave])) == len(wave) == len(set(items[wave]))
    number = {int(place): turn for turn, wave in enumerate(found) for place in wave}
    for later in range(len(pairs)):
        for earlier in range(later):
            if users[earlier] == users[later] or items[earlier] == items[later]:
                assert number[earlier] < number[later]


def test_shuffled_ratings_need_few_waves() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(100 * 100)[:3_000]
    assert len(waves(pairs // 100, pairs % 100)) < 150
