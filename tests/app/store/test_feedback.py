"""The log of what the user did: what it derives, undo and redo against a simple model, and its file."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.errors import StoreError
from app.store.database import Database
from app.store.feedback import Feedback, Reversed, StepKind
from app.store.item_values import ItemRow
from app.store.items import Items
from models.ids import ItemId
from tests.factories import found_item, open_database

ONE, TWO, THREE = ItemId(1), ItemId(2), ItemId(3)


def _row(database: Database, item: ItemId) -> ItemRow:
    found = Items(database).item(item)
    assert found is not None
    return found


@pytest.fixture
def feedback(database: Database, items: Items) -> Feedback:
    return Feedback(database)


def test_the_last_word_counts(database: Database, feedback: Feedback) -> None:
    feedback.like(ONE)
    assert _row(database, ONE).liked == 1
    feedback.dislike(ONE)
    assert _row(database, ONE).liked == -1
    feedback.clear(ONE)
    assert _row(database, ONE).liked == 0
    feedback.stars(ONE, 3.5)
    feedback.stars(ONE, 4)
    assert _row(database, ONE).stars == 4
    feedback.stars(ONE, 0)
    assert _row(database, ONE).stars is None


@pytest.mark.parametrize("stars", [-0.5, 5.5, 3.3, float("nan")])
def test_stars_come_in_halves(feedback: Feedback, stars: float) -> None:
    with pytest.raises(ValueError, match="halves"):
        feedback.stars(ONE, stars)


def test_a_play_counts_from_nine_tenths_on(database: Database, feedback: Feedback) -> None:
    feedback.played(ONE, 0.89, 89)
    assert (_row(database, ONE).play_count, _row(database, ONE).last_played is None) == (0, False)
    feedback.played(ONE, 1.02, 100)
    feedback.skipped(ONE, 0.1, 10, "radio")
    row = _row(database, ONE)
    assert (row.play_count, row.skip_count) == (1, 1)
    heard = feedback.history(1)[0]
    assert (heard.kind, heard.value, heard.seconds, heard.origin, heard.context) == ("skip", 0.1, 10, "player", "radio")


def test_a_clock_set_back_does_not_make_the_new_word_old(database: Database, items: Items) -> None:
    times = iter([1000.0, 500.0])
    feedback = Feedback(database, clock=lambda: next(times))
    feedback.like(ONE)
    feedback.dislike(ONE)
    assert _row(database, ONE).liked == -1


def test_undo_tells_what_it_undid_and_outlives_a_restart(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        items = Items(database)
        items.save_found([found_item(0, items.add_folder("/music").id)])
        feedback = Feedback(database)
        feedback.like(ONE)
        feedback.stars(ONE, 2)
        assert feedback.undo() == Reversed(StepKind.STARS, "Title 0")
    with open_database(tmp_path) as database:
        feedback = Feedback(database)
        assert feedback.redo() == Reversed(StepKind.STARS, "Title 0")
        assert feedback.undo() == Reversed(StepKind.STARS, "Title 0")
        assert feedback.undo() == Reversed(StepKind.LIKE, "Title 0")
        assert feedback.undo() is None
        assert (_row(database, ONE).liked, _row(database, ONE).stars) == (0, None)
        assert feedback.effective() == []


def test_plays_are_not_undone_by_the_key_but_from_the_menu(database: Database, feedback: Feedback) -> None:
    feedback.played(ONE, 1, 100)
    assert feedback.undo() is None
    assert feedback.undo_play(ONE)
    assert _row(database, ONE).play_count == 0
    assert feedback.undo_play(ONE) is None
    assert feedback.undo() == Reversed(StepKind.FORGET_PLAY, "Title 0")
    assert _row(database, ONE).play_count == 1
    assert feedback.redo() == Reversed(StepKind.FORGET_PLAY, "Title 0")
    assert (_row(database, ONE).play_count, feedback.effective()) == (0, [])


def test_a_private_session_leaves_no_trace(database: Database, items: Items) -> None:
    Feedback(database).like(TWO)
    private = Feedback(database, recording=False)
    assert private.like(ONE) == private.stars(ONE, 5) == private.played(ONE, 1, 1) == private.later(ONE) == 0
    assert private.undo() is private.redo() is private.undo_play(ONE) is None
    assert _row(database, ONE).liked == 0
    assert database.one("SELECT count(*) FROM feedback") == (1,)


def test_a_tags_rating_is_taken_once_and_never_over_the_users(database: Database, feedback: Feedback) -> None:
    assert feedback.import_tag_rating(ONE, 4)
    assert not feedback.import_tag_rating(ONE, 4)
    assert _row(database, ONE).stars == 4
    assert feedback.undo() is None
    feedback.stars(ONE, 1)
    assert feedback.import_tag_rating(ONE, 5)
    assert _row(database, ONE).stars == 1
    feedback.undo()
    assert _row(database, ONE).stars == 5
    assert not feedback.import_tag_rating(ONE, None)
    assert _row(database, ONE).stars == 5


def test_the_log_can_only_grow(database: Database, feedback: Feedback) -> None:
    feedback.like(ONE)
    for statement in ("UPDATE feedback SET kind = 'dislike'", "DELETE FROM feedback"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(statement)


def test_effective_since_gives_only_what_is_new(feedback: Feedback) -> None:
    feedback.like(ONE)
    last = feedback.last_id()
    feedback.later(TWO)
    assert [(row.item_id, row.kind) for row in feedback.effective(last)] == [(TWO, "later")]
    assert [row.kind for row in feedback.history(item=ONE)] == ["like"]


class UndoMachine(RuleBasedStateMachine):
    """The log against a list of actions with a pointer, as an editor has it."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self._folder = tempfile.TemporaryDirectory()
        self.database = open_database(Path(self._folder.name))
        # What is proved here is the log's meaning; waiting for the disk each time would only make it slow.
        self.database.execute("PRAGMA synchronous = OFF")
        items = Items(self.database)
        items.save_found([found_item(number, items.add_folder("/music").id) for number in range(2)])
        self.feedback = Feedback(self.database)
        self.done: list[tuple[int, str, float]] = []
        self.undone: list[tuple[int, str, float]] = []

    @rule(item=st.sampled_from([1, 2]), what=st.sampled_from(["like", "dislike", "clear"]))
    def say(self, item: int, what: str) -> None:
        getattr(self.feedback, what)(ItemId(item))
        self.done.append((item, what, 0))
        self.undone.clear()

    @rule(item=st.sampled_from([1, 2]), halves=st.integers(0, 10))
    def rate(self, item: int, halves: int) -> None:
        self.feedback.stars(ItemId(item), halves / 2)
        self.done.append((item, "stars", halves / 2))
        self.undone.clear()

    @rule(item=st.sampled_from([1, 2]))
    def play(self, item: int) -> None:
        # Not a step of the user's: neither undone, nor the end of what can be redone.
        self.feedback.played(ItemId(item), 0.5, 10)

    @rule()
    def undo(self) -> None:
        assert (self.feedback.undo() is not None) == bool(self.done)
        if self.done:
            self.undone.append(self.done.pop())

    @rule()
    def redo(self) -> None:
        assert (self.feedback.redo() is not None) == bool(self.undone)
        if self.undone:
            self.done.append(self.undone.pop())

    @precondition(lambda self: self.done)
    @rule()
    def restart(self) -> None:
        self.database.close()
        self.database = open_database(Path(self._folder.name))
        self.database.execute("PRAGMA synchronous = OFF")
        self.feedback = Feedback(self.database)

    @invariant()
    def columns_follow_what_stands(self) -> None:
        for item in (1, 2):
            liked, stars = 0, None
            for who, what, value in self.done:
                if who == item and what == "stars":
                    stars = value or None
                elif who == item:
                    liked = {"like": 1, "dislike": -1, "clear": 0}[what]
            row = _row(self.database, ItemId(item))
            assert (row.liked, row.stars) == (liked, stars)

    @invariant()
    def the_log_tells_the_same(self) -> None:
        told = [(row.item_id, row.kind, row.value or 0) for row in self.feedback.effective() if row.kind != "play"]
        assert told == self.done

    def teardown(self) -> None:
        self.database.close()
        self._folder.cleanup()


UndoMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestUndoMachine = UndoMachine.TestCase


# --------------------------------------------------------------------------------------------- its file


def test_a_file_brings_everything_to_another_library(tmp_path: Path, database: Database, feedback: Feedback) -> None:
    feedback.like(ONE)
    feedback.stars(TWO, 4.5)
    feedback.played(THREE, 0.95, 200, "radio")
    feedback.dislike(THREE)
    feedback.undo()
    lines = list(feedback.export())
    assert json.loads(lines[0]) == {"bowerbird": "feedback", "version": 1}
    assert len(lines) == 4

    (tmp_path / "other").mkdir()
    with open_database(tmp_path / "other") as other:
        items = Items(other)
        # The same recordings under other ids and names.
        items.save_found([found_item(number, items.add_folder("/music").id, title="x") for number in (5, 2, 1, 0)])
        taken = Feedback(other)
        counts = taken.import_(lines)
        assert (counts.added, counts.known, counts.unmatched, counts.damaged) == (3, 0, 0, 0)
        again = taken.import_(lines)
        assert (again.added, again.known) == (0, 3)
        rows = {row.item_id: row for row in taken.effective()}
        assert (rows[ItemId(2)].kind, rows[ItemId(2)].value, rows[ItemId(2)].context) == ("play", 0.95, "radio")
        assert _row(other, ItemId(4)).liked == 1
        assert _row(other, ItemId(3)).stars == 4.5
        assert taken.undo() is None


def test_importing_ones_own_file_changes_nothing(feedback: Feedback) -> None:
    feedback.like(ONE)
    feedback.played(ONE, 1, 10)
    counts = feedback.import_(list(feedback.export()))
    assert (counts.added, counts.known) == (0, 2)


def test_lines_without_a_known_identity_are_matched_by_words(database: Database, feedback: Feedback) -> None:
    line = {"title": "TITLE 3", "artist": "artist 3", "duration": 103.4, "kind": "like", "value": None, "at": 1.0}
    unknown = {**line, "title": "Nobody knows"}
    header = '{"bowerbird": "feedback", "version": 1}'
    counts = feedback.import_([header, json.dumps(line), json.dumps(unknown)])
    assert (counts.added, counts.unmatched) == (1, 1)
    assert _row(database, ItemId(4)).liked == 1


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        "[" * 100_000,
        '{"kind": "explode", "at": 1, "title": "Title 1"}',
        '{"kind": "like", "at": NaN, "title": "Title 1"}',
        '{"kind": "like", "at": 1e999, "title": "Title 1"}',
        '{"kind": "stars", "value": 77, "at": 1, "title": "Title 1"}',
        '{"kind": "stars", "value": null, "at": 1, "title": "Title 1"}',
        '{"kind": "like", "value": true, "at": 1}',
        '{"kind": "like", "at": 1, "identity": "xyz"}',
        '{"kind": "undo", "at": 1}',
        '{"kind": "like", "at": {}}',
        '{"kind": "like", "at": 1, "title": 7}',
    ],
)
def test_damaged_lines_are_counted_and_left_out(feedback: Feedback, line: str) -> None:
    counts = feedback.import_(['{"bowerbird": "feedback", "version": 1}', line])
    assert (counts.added, counts.damaged) == (0, 1)


@pytest.mark.parametrize("first", ["", "nonsense", "{}", '{"bowerbird": "feedback", "version": 2}'])
def test_other_files_are_refused(feedback: Feedback, first: str) -> None:
    with pytest.raises(StoreError):
        feedback.import_([first])
