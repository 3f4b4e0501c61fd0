"""The queue as a value: order, shuffling, repeating, going back, undo, and what is kept between two runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.queue import Origin, Queue, Repeat
from models.ids import ItemId


def ids(*numbers: int) -> list[ItemId]:
    return [ItemId(number) for number in numbers]


def items(queue: Queue) -> list[int]:
    return [row.item for row in queue.rows]


def playing(queue: Queue) -> int | None:
    return None if queue.playing is None else queue.playing.item


@pytest.fixture
def queue() -> Queue:
    return Queue().playing_these(ids(1, 2, 3, 4, 5), start=1, context="album")


def test_what_is_chosen_goes_before_what_comes_by_itself(queue: Queue) -> None:
    radio = queue.with_picks([(ItemId(8), "like 1"), (ItemId(9), "")])
    grown = radio.append(ids(6)).play_next(ids(20, 21)).play_next(ids(22))
    assert items(grown) == [1, 2, 22, 20, 21, 3, 4, 5, 6, 8, 9]
    assert playing(grown) == 2
    assert [row.origin for row in grown.rows[-3:]] == [Origin.CHOSEN, Origin.AUTOMATIC, Origin.AUTOMATIC]
    assert grown.rows[2].origin == Origin.NEXT
    assert grown.rows[-2].reason == "like 1"


def test_new_picks_replace_those_that_wait_but_not_what_was_played(queue: Queue) -> None:
    radio = queue.at(4).with_picks([(ItemId(8), ""), (ItemId(9), "")]).at(5)
    assert items(radio.with_picks([(ItemId(7), "")])) == [1, 2, 3, 4, 5, 8, 7]


def test_a_pick_moved_by_hand_is_a_choice(queue: Queue) -> None:
    radio = queue.with_picks([(ItemId(8), ""), (ItemId(9), "")])
    moved = radio.move([radio.rows[-1].key], 2)
    assert items(moved.with_picks([])) == [1, 2, 9, 3, 4, 5]


def test_removing_moves_on_and_forgets_the_stop(queue: Queue) -> None:
    key = queue.rows[1].key
    assert playing(queue.stopping_after(key).remove([key])) == 3
    assert queue.stopping_after(key).remove([key]).stop_after is None
    assert playing(queue.remove([queue.rows[0].key])) == 2
    assert queue.remove([row.key for row in queue.rows[1:]]).current is None


def test_what_is_to_come() -> None:
    queue = Queue().append(ids(1, 2, 3))
    assert [row.item for row in queue.upcoming] == [1, 2, 3]
    assert [row.item for row in queue.at(1).upcoming] == [3]


def test_clearing_keeps_what_plays(queue: Queue) -> None:
    assert items(queue.clear()) == [2]
    assert queue.clear(keep_playing=False).rows == ()


def test_moving_keeps_the_order_of_what_moves(queue: Queue) -> None:
    moved = queue.move([queue.rows[4].key, queue.rows[0].key], 3)
    assert items(moved) == [2, 3, 1, 5, 4]
    assert playing(moved) == 2
    assert items(queue.move([queue.rows[1].key], 5)) == [1, 3, 4, 5, 2]


def test_following_at_the_end(queue: Queue) -> None:
    last = queue.at(4)
    assert last.following(by_itself=True) is None
    assert last.with_repeat(Repeat.LIST).following(by_itself=True) == 0
    assert last.with_repeat(Repeat.TRACK).following(by_itself=True) == 4
    assert last.with_repeat(Repeat.TRACK).following(by_itself=False) == 0
    assert Queue().following(by_itself=True) is None
    assert Queue().append(ids(1)).following(by_itself=False) == 0


def test_an_album_repeats_within_its_run(queue: Queue) -> None:
    albums = {1: "b", 2: "a", 3: "a", 4: "b", 5: ""}
    album_of = lambda item: albums[item]  # noqa: E731
    album = queue.at(2).with_repeat(Repeat.ALBUM)
    assert album.following(by_itself=True, album_of=album_of) == 1
    assert album.following(by_itself=False, album_of=album_of) == 3
    assert album.at(1).following(by_itself=True, album_of=album_of) == 2
    assert album.at(0).following(by_itself=True, album_of=album_of) == 0
    assert album.at(4).following(by_itself=True, album_of=album_of) == 0


def test_previous_follows_what_was_really_played(queue: Queue) -> None:
    wandered = queue.at(4).at(0)
    assert playing(wandered.back()) == 5
    assert playing(wandered.back().back()) == 2
    assert playing(wandered.back().back().back()) == 1
    gone = wandered.remove([wandered.rows[4].key])
    assert playing(gone.back()) == 2
    first = Queue().append(ids(1, 2)).at(0)
    assert first.preceding() is None
    assert first.back() is first
    assert first.with_repeat(Repeat.LIST).preceding() == 1


def test_shuffling_plays_on_and_can_be_taken_back(queue: Queue) -> None:
    long = queue.append(ids(*range(6, 40))).play_next(ids(90)).with_picks([(ItemId(99), "")])
    mixed = long.shuffle(7)
    assert (items(mixed)[:2], items(mixed)[-1]) == ([2, 90], 99)
    assert sorted(items(mixed)) == sorted(items(long))
    assert items(mixed) != items(long)
    assert mixed == long.shuffle(7)
    assert mixed.shuffled
    back = mixed.unshuffle()
    assert items(back) == items(long)
    assert (playing(back), back.shuffled) == (2, False)


def test_what_comes_while_shuffled_has_a_place_when_unshuffled(queue: Queue) -> None:
    mixed = queue.shuffle(3).append(ids(6)).play_next(ids(7))
    mixed = mixed.remove([next(row.key for row in mixed.rows if row.item == 4)])
    assert items(mixed.unshuffle()) == [1, 2, 7, 3, 5, 6]
    again = mixed.shuffle(4)
    assert items(again.unshuffle()) == [1, 2, 7, 3, 5, 6]


def test_undo_gives_rows_back_without_touching_what_plays(queue: Queue) -> None:
    later = queue.at(3).with_repeat(Repeat.LIST)
    cleared = later.clear()
    back = cleared.with_rows_of(queue)
    assert (items(back), playing(back), back.repeat) == ([1, 2, 3, 4, 5], 4, Repeat.LIST)
    grown = back.append(ids(6))
    assert len({row.key for row in grown.rows}) == 6
    other = queue.playing_these(ids(50))
    assert playing(other.with_rows_of(queue)) == 2


def test_only_rows_that_are_there_can_be_current(queue: Queue) -> None:
    with pytest.raises(IndexError):
        queue.at(5)
    assert queue.stopping_after(999).stop_after is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["append", "next", "insert", "remove", "move", "shuffle", "unshuffle", "at", "back", "picks"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=25,
)


def after(steps: list[tuple[str, int, int]]) -> Queue:
    queue = Queue()
    for step, a, b in steps:
        size = len(queue.rows)
        key = queue.rows[a % size].key if size else -1
        match step:
            case "append":
                queue = queue.append(ids(a, b))
            case "next":
                queue = queue.play_next(ids(a))
            case "insert":
                queue = queue.insert(b % (size + 1), ids(a))
            case "remove":
                queue = queue.remove([key])
            case "move":
                queue = queue.move([key], b % (size + 1))
            case "shuffle":
                queue = queue.shuffle(a)
            case "unshuffle":
                queue = queue.unshuffle()
            case "at":
                queue = queue.at(a % size if size else None)
            case "back":
                queue = queue.back()
            case "picks":
                queue = queue.with_picks([(ItemId(a), "why"), (ItemId(b), "")])
    return queue


@given(STEPS)
def test_whatever_is_done_it_holds_together(steps: list[tuple[str, int, int]]) -> None:
    queue = after(steps)
    keys = [row.key for row in queue.rows]
    assert len(set(keys)) == len(keys)
    assert queue.current is None or 0 <= queue.current < len(keys)
    assert not queue.natural or sorted(queue.natural) == sorted(keys)
    assert all(key < queue.next_key for key in keys)


@given(STEPS, st.sampled_from(list(Repeat)))
def test_what_is_kept_is_read_back(steps: list[tuple[str, int, int]], repeat: Repeat) -> None:
    queue = after(steps).with_repeat(repeat)
    if queue.rows:
        queue = queue.stopping_after(queue.rows[-1].key)
    plain = queue.to_plain()
    back = Queue.from_plain(plain)
    assert back.to_plain() == plain
    assert [(row.item, row.origin, row.reason) for row in back.rows] == [
        (row.item, row.origin, row.reason) for row in queue.rows
    ]
    assert items(back.unshuffle()) == items(queue.unshuffle())


@given(STEPS, STEPS)
def test_undo_restores_any_former_rows(before: list[tuple[str, int, int]], steps: list[tuple[str, int, int]]) -> None:
    old = after(before)
    new = old.append(ids(1)).shuffle(len(steps)).clear()
    assert new.with_rows_of(old).rows == old.rows


@pytest.mark.parametrize(
    "plain",
    [
        (((1, "chosen", "", ""),), 3, (), "off", None),
        (((1, "chosen", "", ""),), 0, (0, 0), "off", None),
        (((1, "stolen", "", ""),), 0, (), "off", None),
        (((1, "chosen", "", ""),), 0, (), "ever", None),
        (((1, "chosen", "", ""),), 0, (), "off", 7),
    ],
)
def test_what_does_not_hold_together_is_refused(plain: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Queue.from_plain(plain)  # type: ignore[arg-type]
