"""The one list of what can be undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.undo import LIMIT, UndoList


class Log:
    """Feedback of earlier runs: two steps."""

    def __init__(self) -> None:
        self.standing = ["rate: Two", "like: One"]
        self.undone: list[str] = []

    def undo_earlier(self, done: Callable[[str | None], None]) -> None:
        if self.standing:
            self.undone.append(self.standing.pop(0))
            done(self.undone[-1])
        else:
            done(None)

    def redo_earlier(self, done: Callable[[str | None], None]) -> None:
        if self.undone:
            self.standing.insert(0, self.undone.pop())
            done(self.standing[0])
        else:
            done(None)


@pytest.fixture
def undo(qapp: QApplication) -> UndoList:
    return UndoList()


def test_pushing_does_not_do_it_again(undo: UndoList) -> None:
    done: list[str] = []
    undo.push("a", lambda: done.append("-a"), lambda: done.append("+a"))
    assert done == []
    undo.undo()
    undo.redo()
    undo.undo()
    assert done == ["-a", "+a", "-a"]


def test_the_newest_step_comes_first_and_is_named(undo: UndoList) -> None:
    done: list[str] = []
    said: list[str] = []
    undo.said.connect(said.append)
    for name in "abc":
        undo.push(name, lambda name=name: done.append(name), lambda: None)
    assert undo.undo_text == "c"
    undo.undo()
    undo.undo()
    assert done == ["c", "b"]
    assert (undo.undo_text, undo.redo_text) == ("a", "b")
    assert said == ["Undone: c", "Undone: b"]


def test_something_new_ends_redo(undo: UndoList) -> None:
    done: list[str] = []
    undo.push("a", lambda: None, lambda: done.append("a"))
    undo.undo()
    undo.push("b", lambda: None, lambda: done.append("b"))
    undo.redo()
    assert done == []


def test_then_the_log_of_earlier_runs(undo: UndoList) -> None:
    log, said = Log(), list[str]()
    undo.set_earlier(log)
    undo.said.connect(said.append)
    undo.push("now", lambda: None, lambda: None)
    for _ in range(4):
        undo.undo()
    assert said == ["Undone: now", "Undone: rate: Two", "Undone: like: One", "Nothing to undo"]
    undo.redo()
    assert said[-1] == "Done again: now", "what is newest on the list is done again first"
    undo.redo()
    assert log.undone == ["rate: Two"]


def test_redo_of_earlier_runs_ends_with_something_new(undo: UndoList) -> None:
    log = Log()
    undo.set_earlier(log)
    undo.undo()
    undo.push("new", lambda: None, lambda: None)
    undo.redo()
    assert log.undone == ["rate: Two"]


def test_the_list_has_an_end(undo: UndoList) -> None:
    done: list[int] = []
    for number in range(LIMIT + 10):
        undo.push(str(number), lambda number=number: done.append(number), lambda: None)
    for _ in range(LIMIT + 10):
        undo.undo()
    assert done == list(range(LIMIT + 9, 9, -1))
