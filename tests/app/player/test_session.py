"""The session over the null player: whatever way a piece is left is told, and play goes on as promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.errors import BowerbirdError, MediaError, PlayerError
from app.player.base import PlayerState, Source, name_of
from app.player.listening import Leaving, Verdict
from app.player.null import NullPlayer, Piece
from app.player.playable import Playable, Played, QueueChange
from app.player.queue import Origin, Repeat
from app.player.radio import AutoPick
from app.player.replaygain import GainChoice, GainMode, Loudness
from app.player.session import MOST_FAILURES, PlaySession
from models.ids import ItemId

LENGTH = 100.0


def ids(*numbers: int) -> list[ItemId]:
    return [ItemId(number) for number in numbers]


class Shelf:
    """Sources in memory: item n is the file n.mp3 by artist n."""

    def __init__(self) -> None:
        self.known: dict[ItemId, Playable] = {}
        self.gone: set[int] = set()

    def resolve(self, item: ItemId) -> Playable:
        if item in self.gone:
            raise MediaError("This file is not there", path=Path(f"{item}.mp3"))
        return self.known.setdefault(
            item, Playable(item, Path(f"{item}.mp3"), LENGTH, f"title {item}", f"artist {item}", "album")
        )

    def set(self, item: int, **changes: object) -> None:
        self.known[ItemId(item)] = replace(self.resolve(ItemId(item)), **changes)  # type: ignore[arg-type]


class Places:
    def __init__(self) -> None:
        self.saved: list[tuple[int, float]] = []

    def save(self, item: ItemId, seconds: float) -> None:
        self.saved.append((item, seconds))


class Feed:
    """A Continuation that answers when told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[ItemId, ...]] = []
        self.answers: list[Callable[[Sequence[AutoPick]], None]] = []

    def request(self, recent: tuple[ItemId, ...], count: int, deliver: Callable[[Sequence[AutoPick]], None]) -> None:
        self.asked.append(recent)
        self.answers.append(deliver)

    def answer(self, *items: int, which: int = -1) -> None:
        self.answers[which]([AutoPick(ItemId(item), f"like {item}") for item in items])


@dataclass
class Stage:
    player: NullPlayer
    session: PlaySession
    shelf: Shelf
    places: Places
    feed: Feed
    broken: set[str]
    played: list[Played] = field(default_factory=list)
    trouble: list[BowerbirdError] = field(default_factory=list)
    changes: list[QueueChange] = field(default_factory=list)

    @property
    def now(self) -> int | None:
        row = self.session.queue.playing
        return None if row is None else row.item

    @property
    def items(self) -> list[int]:
        return [row.item for row in self.session.queue.rows]


def make(feed: bool = False, gain: GainChoice | None = None) -> Stage:
    broken: set[str] = set()
    shelf, places, asked = Shelf(), Places(), Feed()

    def measure(source: Source) -> Piece:
        if name_of(source) in broken:
            return Piece(error=PlayerError("Cannot be played", path=Path(str(source))))
        return Piece(duration=LENGTH)

    player = NullPlayer(measure)
    session = PlaySession(player, shelf, places, asked if feed else None, gain)
    stage = Stage(player, session, shelf, places, asked, broken)
    session.events.played.add(stage.played.append)
    session.events.trouble.add(stage.trouble.append)
    session.events.changed.add(stage.changes.append)
    return stage


@pytest.fixture
def stage() -> Stage:
    return make()


@pytest.fixture
def radio() -> Stage:
    return make(feed=True)


def test_a_piece_heard_to_its_end_is_a_play_and_the_next_follows(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2), context="album")
    stage.player.advance(LENGTH + 10)
    assert stage.now == 2
    assert stage.player.position == pytest.approx(10)
    (played,) = stage.played
    assert (played.item, played.leaving, played.verdict) == (1, Leaving.FINISHED, Verdict.PLAY)
    assert played.fraction == pytest.approx(1.0)
    assert (played.skipped, played.context, played.origin) == (False, "album", Origin.CHOSEN)


def test_the_next_piece_is_prepared_and_taken_over_without_a_new_load(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(LENGTH - 6)
    assert stage.player.prepared is None
    stage.player.advance(2)
    assert stage.player.prepared == Path("2.mp3")
    told: list[int] = []
    stage.session.events.current.add(lambda playable: told.append(playable.item if playable else 0))
    stage.player.advance(5)
    assert told == [2]
    assert stage.player.source == Path("2.mp3")


def test_the_queue_may_change_after_the_next_piece_was_prepared(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(LENGTH - 2)
    stage.session.play_next(ids(3))
    assert stage.player.prepared == Path("3.mp3")
    stage.session.remove([row.key for row in stage.session.queue.upcoming])
    assert stage.player.prepared is None
    stage.player.advance(5)
    assert stage.player.state == PlayerState.STOPPED
    assert stage.now == 1


@pytest.mark.parametrize(
    ("heard", "skipped", "verdict"),
    [
        (0.5, False, Verdict.PARTIAL),
        (10, True, Verdict.SKIP),
        (40, False, Verdict.PARTIAL),
        (99, False, Verdict.PLAY),
    ],
)
def test_next_means_what_was_heard(stage: Stage, heard: float, skipped: bool, verdict: Verdict) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(heard)
    stage.session.next()
    (played,) = stage.played
    assert (played.skipped, played.verdict, played.leaving) == (skipped, verdict, Leaving.NEXT)
    assert played.seconds == pytest.approx(heard)
    assert stage.now == 2
    assert stage.session.player.state == PlayerState.LOADING


def test_replacing_stopping_and_quitting_tell_the_fraction_but_are_no_skip(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(20)
    stage.session.play_items(ids(3, 4))
    stage.player.advance(20)
    stage.session.stop()
    stage.session.play()
    stage.player.advance(20)
    stage.session.close()
    assert [(p.item, p.leaving, p.skipped) for p in stage.played] == [
        (1, Leaving.REPLACED, False),
        (3, Leaving.STOPPED, False),
        (3, Leaving.QUIT, False),
    ]
    assert all(p.fraction == pytest.approx(0.2) for p in stage.played)


def test_seeking_is_not_hearing(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(10)
    for _ in range(5):
        stage.session.seek(0.0)
        stage.player.advance(10)
    stage.session.seek(95.0)
    stage.player.advance(6)
    (played,) = stage.played
    assert played.seconds == pytest.approx(65)
    assert played.fraction == pytest.approx(0.15)
    assert played.verdict == Verdict.PARTIAL


def test_previous_restarts_and_then_goes_back(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3))
    stage.player.advance(1)
    stage.session.next()
    stage.player.advance(10)
    stage.session.previous()
    assert (stage.now, stage.player.position) == (2, 0.0)
    stage.session.previous()
    assert stage.now == 1
    stage.player.advance(1)
    assert stage.player.state == PlayerState.PLAYING


def test_stop_after_this_waits_at_the_next(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    row = stage.session.queue.playing
    assert row is not None
    stage.session.stop_after(row.key)
    stage.player.advance(LENGTH + 5)
    stage.player.advance()
    assert (stage.now, stage.player.state) == (2, PlayerState.PAUSED)
    assert stage.session.queue.stop_after is None
    stage.session.play()
    stage.player.advance(3)
    assert stage.player.position == pytest.approx(3)


def test_repeating_one_track_goes_on_by_itself_but_next_leaves_it(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.session.set_repeat(Repeat.TRACK)
    stage.player.advance(LENGTH * 2 + 10)
    assert (stage.now, len(stage.played)) == (1, 2)
    stage.session.next()
    assert stage.now == 2


def test_the_album_repeats(stage: Stage) -> None:
    stage.shelf.set(3, album="other")
    stage.session.play_items(ids(1, 2, 3), start=1)
    stage.session.set_repeat(Repeat.ALBUM)
    stage.player.advance(LENGTH + 1)
    assert stage.now == 1


def test_removing_the_playing_row_plays_the_next_and_undo_brings_it_back(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3))
    stage.player.advance(20)
    row = stage.session.queue.playing
    assert row is not None
    stage.session.remove([row.key])
    stage.player.advance(1)
    assert (stage.now, stage.player.state) == (2, PlayerState.PLAYING)
    change = stage.changes[-1]
    stage.session.put_back(change.before, change.position)
    assert (stage.items, stage.now) == ([1, 2, 3], 2)
    assert stage.player.position == pytest.approx(1)
    stage.session.put_back(change.after)
    assert stage.items == [2, 3]


def test_undoing_a_replaced_queue_goes_on_where_it_was(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3))
    stage.player.advance(20)
    stage.session.play_items(ids(7))
    stage.player.advance(1)
    change = stage.changes[-1]
    stage.session.put_back(change.before, change.position)
    stage.player.advance(1)
    assert (stage.items, stage.now) == ([1, 2, 3], 1)
    assert stage.player.position == pytest.approx(21)


def test_clearing_keeps_what_plays(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3), start=1)
    stage.session.clear()
    assert (stage.items, stage.now) == ([2], 2)
    assert stage.player.state == PlayerState.LOADING


def test_a_broken_piece_is_reported_and_passed_over(stage: Stage) -> None:
    stage.broken.add("1.mp3")
    stage.shelf.gone.add(2)
    stage.session.play_items(ids(1, 2, 3))
    stage.player.advance(5)
    stage.player.advance(5)
    assert stage.now == 3
    assert [type(error) for error in stage.trouble] == [PlayerError, MediaError]
    assert stage.played == []


@pytest.mark.parametrize("repeat", list(Repeat))
@pytest.mark.parametrize("count", [1, 3, 40])
def test_when_everything_fails_it_stops(stage: Stage, repeat: Repeat, count: int) -> None:
    stage.shelf.gone.update(range(0, count, 2))
    stage.broken.update(f"{n}.mp3" for n in range(count))
    stage.session.set_repeat(repeat)
    stage.session.play_items(ids(*range(count)))
    for _ in range(3 * MOST_FAILURES):
        stage.player.advance(1)
    assert stage.player.state in (PlayerState.STOPPED, PlayerState.FAILED)
    assert len(stage.trouble) <= MOST_FAILURES + 1
    if count > 1:
        assert "stopped" in stage.trouble[-1].title


def test_a_long_piece_is_resumed_and_its_place_saved(stage: Stage) -> None:
    stage.shelf.set(1, is_video=True, resume=40.0)
    stage.session.play_items(ids(1, 2))
    stage.player.advance(12)
    assert stage.player.position == pytest.approx(52)
    assert [seconds for _, seconds in stage.places.saved] == pytest.approx([45, 50], abs=0.3)
    stage.session.next()
    assert stage.places.saved[-1] == (1, pytest.approx(52))
    assert not stage.played[0].skipped
    stage.session.previous()
    stage.player.advance(LENGTH)
    assert stage.places.saved[-1] == (1, 0.0)
    assert stage.played[-1].verdict == Verdict.PLAY


def test_a_short_piece_is_not_resumed(stage: Stage) -> None:
    stage.shelf.set(1, resume=40.0)
    stage.session.play_items(ids(1))
    stage.player.advance(5)
    assert stage.player.position == pytest.approx(5)


def test_playing_from_a_moment_counts_only_what_is_heard(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3))
    stage.player.advance(5)
    stage.session.play_from(ItemId(2), 60.0, context="moments")
    stage.player.advance(10)
    assert (stage.items, stage.now, stage.player.state) == ([2], 2, PlayerState.PLAYING)
    assert stage.player.position == pytest.approx(70)
    stage.session.stop()
    last = stage.played[-1]
    assert (last.item, last.context, last.seconds) == (2, "moments", pytest.approx(10))
    assert last.fraction == pytest.approx(0.1)
    stage.session.put_back(stage.changes[-1].before, stage.changes[-1].position)
    assert (stage.items, stage.now) == ([1, 2, 3], 1)


def test_a_moment_comes_before_the_place_where_a_film_was_left(stage: Stage) -> None:
    stage.shelf.set(1, is_video=True, resume=40.0)
    stage.session.play_from(ItemId(1), 20.0)
    stage.player.advance(1)
    assert stage.player.position == pytest.approx(21)
    stage.session.play_from(ItemId(1), 0.0)
    stage.player.advance(1)
    assert stage.player.position == pytest.approx(1)


def test_a_moment_of_what_plays_is_gone_to_within_the_queue(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3), start=1)
    stage.player.advance(5)
    stage.session.pause()
    stage.session.play_from(ItemId(2), 50.0)
    stage.player.advance(5)
    assert (stage.items, stage.now) == ([1, 2, 3], 2)
    assert stage.player.position == pytest.approx(55)
    stage.session.stop()
    assert stage.played[-1].seconds == pytest.approx(10)
    stage.session.play_from(ItemId(2), 30.0)
    stage.player.advance(5)
    assert (stage.items, stage.player.position) == ([1, 2, 3], pytest.approx(35))


def test_a_moment_of_what_is_not_there_is_told(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2))
    stage.player.advance(5)
    stage.shelf.gone.add(3)
    stage.session.play_from(ItemId(3), 50.0)
    assert len(stage.trouble) == 1
    assert stage.player.state == PlayerState.STOPPED


def test_memory_takes_the_queue_up_again_paused(stage: Stage) -> None:
    stage.session.play_items(ids(1, 2, 3), start=1)
    stage.player.advance(30)
    memory = stage.session.memory()
    later = make()
    later.session.restore(memory)
    later.player.advance(1)
    assert (later.items, later.now, later.player.state) == ([1, 2, 3], 2, PlayerState.PAUSED)
    assert later.player.position == pytest.approx(30)
    later.session.play()
    later.player.advance(1)
    assert later.player.position == pytest.approx(31)


def test_gain_goes_to_the_player(stage: Stage) -> None:
    staged = make(gain=GainChoice(mode=GainMode.TRACK))
    staged.shelf.set(1, loudness=Loudness(track_gain=-7.0))
    staged.session.play_items(ids(1))
    assert staged.player.gain_db == pytest.approx(-7.0)
    staged.session.gain_choice = GainChoice(mode=GainMode.OFF)
    assert staged.player.gain_db == 0.0


def test_at_the_end_play_goes_on_when_picks_arrive(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    assert radio.feed.asked == [(1,)]
    radio.player.advance(LENGTH + 1)
    assert radio.player.state == PlayerState.STOPPED
    radio.feed.answer(5, 6)
    radio.player.advance(2)
    assert (radio.now, radio.player.state) == (5, PlayerState.PLAYING)
    row = radio.session.queue.playing
    assert row is not None
    assert (row.origin, row.reason, row.context) == (Origin.AUTOMATIC, "like 5", "radio")


def test_picks_that_come_early_are_played_on_without_a_gap(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.feed.answer(5, 6)
    radio.player.advance(LENGTH + 1)
    assert radio.now == 5


def test_play_next_works_within_the_radio(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.feed.answer(5, 6)
    radio.session.play_next(ids(9))
    radio.session.append(ids(8))
    assert radio.items == [1, 9, 8, 5, 6]


def test_a_skip_or_like_asks_anew_and_replaces_what_waits(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.feed.answer(5, 6, 7, 8)
    asked = len(radio.feed.asked)
    radio.session.taste_changed()
    assert len(radio.feed.asked) == asked + 1
    radio.feed.answer(50, 60, 70, 80)
    assert radio.items == [1, 50, 60, 70, 80]
    radio.player.advance(10)
    radio.session.next()
    assert len(radio.feed.asked) > asked + 1
    radio.feed.answer(61, 71)
    assert radio.items == [1, 50, 61, 71]
    assert radio.now == 50


def test_late_answers_are_dropped(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.session.play_items(ids(2))
    radio.feed.answer(5, which=0)
    assert radio.items == [2]


def test_artists_keep_their_distance(radio: Stage) -> None:
    for item in (1, 5, 6):
        radio.shelf.set(item, artist="same")
    radio.session.play_items(ids(1))
    radio.feed.answer(5, 10, 11, 12, 13, 6, 1)
    assert radio.items == [1, 10, 11, 12, 13, 6]


def test_music_of_one_artist_only_goes_on_too(radio: Stage) -> None:
    for item in range(1, 8):
        radio.shelf.set(item, artist="same")
    radio.session.play_items(ids(1))
    radio.feed.answer(1, 2, 3)
    assert radio.items == [1, 2]


def test_without_going_on_nothing_is_asked(radio: Stage) -> None:
    radio.session.continues = False
    radio.session.play_items(ids(1))
    radio.player.advance(LENGTH + 1)
    assert radio.feed.asked == []
    assert radio.player.state == PlayerState.STOPPED


def test_switching_off_takes_waiting_picks_away(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.feed.answer(5, 6)
    radio.session.continues = False
    assert radio.items == [1]


def test_a_small_library_is_not_asked_for_ever(radio: Stage) -> None:
    radio.session.play_items(ids(1))
    radio.feed.answer(2)
    radio.session.append(ids(3))
    assert len(radio.feed.asked) == 1
