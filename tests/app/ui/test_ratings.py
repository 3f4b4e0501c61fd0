"""Ratings answer at once, are saved behind, and can be undone, also after a restart."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.errors import DiskFull
from app.player.listening import Leaving, Verdict
from app.player.playable import Played
from app.player.queue import Origin
from app.protocol import FeedbackChanged
from app.store.database import Database
from app.store.feedback import Feedback
from app.ui.ratings import Rated, Ratings
from app.ui.undo import UndoList
from models.ids import ItemId
from tests.window import Rig


def saved(rig: Rig, item: int) -> Rated:
    row = rig.lists.rows([item])[0]
    return Rated(row.liked, row.stars)


def settle(qtbot: QtBot, rig: Rig) -> None:
    """Wait until everything said so far is written and acknowledged."""
    done: list[bool] = []
    rig.writes.submit(lambda _database: None, lambda _none: done.append(True))
    qtbot.waitUntil(lambda: bool(done))


def test_a_like_shows_before_it_is_saved(qtbot: QtBot, rig: Rig) -> None:
    one = rig.ids[0]
    with qtbot.waitSignal(rig.ratings.changed) as told:
        rig.ratings.like((one,), "library")
    assert told.args == [(one,)]
    assert rig.ratings.state(one) == rig.ratings.pending(one) == Rated(1, None)
    settle(qtbot, rig)
    assert rig.ratings.pending(one) is None, "once saved, the store answers"
    assert rig.ratings.state(one) == saved(rig, one) == Rated(1, None)
    assert FeedbackChanged() in rig.studio.told
    assert [(row.kind, row.context) for row in Feedback(rig.database).history()] == [("like", "library")]


def test_the_studio_hears_of_it_only_after_the_commit(qtbot: QtBot, rig: Rig) -> None:
    rig.ratings.stars((rig.ids[0],), 3.5)
    assert rig.studio.told == []
    settle(qtbot, rig)
    assert rig.studio.told == [FeedbackChanged()]


def test_several_at_once_are_one_step(qtbot: QtBot, rig: Rig) -> None:
    three = tuple(rig.ids[:3])
    rig.ratings.stars(three, 4.5)
    rig.ratings.like(three)
    settle(qtbot, rig)
    rig.ratings.undo()
    assert [rig.ratings.state(item) for item in three] == [Rated(0, 4.5)] * 3
    settle(qtbot, rig)
    assert [saved(rig, item) for item in three] == [Rated(0, 4.5)] * 3
    rig.ratings.undo()
    settle(qtbot, rig)
    assert [saved(rig, item) for item in three] == [Rated()] * 3
    rig.ratings.redo()
    rig.ratings.redo()
    settle(qtbot, rig)
    assert [saved(rig, item) for item in three] == [Rated(1, 4.5)] * 3


def test_changing_ones_mind(qtbot: QtBot, rig: Rig) -> None:
    one = rig.ids[0]
    rig.ratings.want((one,), 1)
    rig.ratings.want((one,), -1)
    assert rig.ratings.state(one).liked == -1
    rig.ratings.want((one,), 0)
    rig.ratings.stars((one,), 2)
    rig.ratings.stars((one,), 0)
    assert rig.ratings.state(one) == Rated()
    settle(qtbot, rig)
    assert saved(rig, one) == Rated()


def test_undo_goes_on_into_the_last_run(qtbot: QtBot, rig: Rig) -> None:
    one = rig.ids[0]
    rig.ratings.like((one,))
    settle(qtbot, rig)
    undo = UndoList()
    fresh = Ratings(rig.writes, rig.studio, rig.lists, undo)
    said: list[str] = []
    undo.said.connect(said.append)
    with qtbot.waitSignal(fresh.changed) as told:
        fresh.undo()
    assert told.args == [()]
    assert saved(rig, one) == Rated()
    assert said[0] == "Undone: like: Title 1"
    with qtbot.waitSignal(fresh.changed):
        fresh.redo()
    assert saved(rig, one) == Rated(1, None)


def test_nothing_left_to_undo_is_said(qtbot: QtBot, rig: Rig) -> None:
    with qtbot.waitSignal(rig.undo.said) as said:
        rig.ratings.undo()
    assert said.args == ["Nothing to undo"]


def test_a_private_session_records_nothing(qtbot: QtBot, rig: Rig) -> None:
    rig.ratings.private = True
    said: list[str] = []
    rig.ratings.said.connect(said.append)
    one = rig.ids[0]
    rig.ratings.like((one,))
    rig.ratings.stars((one,), 5)
    rig.ratings.later((one,))
    rig.ratings.heard(Played(ItemId(one), 1.0, 100, False, Verdict.PLAY, Leaving.FINISHED, Origin.CHOSEN, ""))
    settle(qtbot, rig)
    assert rig.ratings.state(one) == Rated()
    assert Feedback(rig.database).history() == []
    assert rig.studio.told == []
    assert set(said) == {"Private session: nothing is recorded"}
    rig.ratings.private = False
    rig.ratings.like((one,))
    settle(qtbot, rig)
    assert saved(rig, one).liked == 1


@pytest.mark.parametrize(("verdict", "skipped", "kind"), [(Verdict.PLAY, False, "play"), (Verdict.SKIP, True, "skip")])
def test_what_was_heard_is_recorded(qtbot: QtBot, rig: Rig, verdict: Verdict, skipped: bool, kind: str) -> None:
    one = ItemId(rig.ids[0])
    rig.ratings.heard(Played(one, 0.2, 20.0, skipped, verdict, Leaving.NEXT, Origin.CHOSEN, "radio"))
    settle(qtbot, rig)
    (row,) = Feedback(rig.database).history()
    assert (row.kind, row.value, row.seconds, row.context, row.origin) == (kind, 0.2, 20.0, "radio", "player")
    rig.ratings.forget_play((one,))
    settle(qtbot, rig)
    assert Feedback(rig.database).history() == []
    rig.ratings.undo()
    settle(qtbot, rig)
    assert len(Feedback(rig.database).history()) == 1


def test_a_write_that_fails_is_said_and_taken_back(qtbot: QtBot, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Database) -> None:
        raise DiskFull("The disk is full", "Free some space.")

    one = rig.ids[0]
    monkeypatch.setattr(Database, "transaction", full)
    with qtbot.waitSignal(rig.ratings.said) as said:
        rig.ratings.like((one,))
    assert "The disk is full" in said.args[0]
    assert rig.ratings.state(one) == Rated()
