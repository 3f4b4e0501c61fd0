"""The one quiet line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui import notices
from app.ui.notices import Notice
from app.ui.theme import Theme


@pytest.fixture
def room(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


@pytest.fixture
def notice(room: QWidget, theme: Theme) -> Notice:
    return Notice(theme, room)


def test_it_goes_by_itself(qtbot: QtBot, notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "SHOWN_MS", 20)
    notice.say("done")
    assert notice.text == "done"
    qtbot.waitUntil(lambda: notice.text == "")


def test_trouble_stays(notice: Notice) -> None:
    notice.say("something before")
    assert notice.goes_by_itself
    notice.say("broken", trouble=True)
    assert not notice.goes_by_itself
    assert notice.text == "broken"


def test_the_new_one_takes_the_place_of_the_old(notice: Notice) -> None:
    done: list[str] = []
    notice.say("first", "Undo", lambda: done.append("first"))
    notice.say("second")
    notice.act()
    assert done == []


def test_its_action_is_done_once(notice: Notice) -> None:
    done: list[bool] = []
    notice.say("gone", "Undo", lambda: done.append(True))
    notice.act()
    assert done == [True]
    assert notice.text == ""


def test_words_from_outside_are_plain_and_fit(room: QWidget, notice: Notice) -> None:
    notice.say("<b>bold</b>\nline " + "word " * 300)
    shown = next(label for label in notice.findChildren(QLabel) if label.text())
    assert shown.textFormat() == Qt.TextFormat.PlainText
    assert shown.text().startswith("<b>bold</b> line")
    assert room.rect().contains(notice.geometry())
    room.resize(300, 200)
    assert notice.width() <= 300
