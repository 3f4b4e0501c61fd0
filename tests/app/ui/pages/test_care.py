"""Library care: work in progress, unreadable files with their reasons, duplicates."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableWidget, QTreeWidget
from pytestqt.qtbot import QtBot

from app.protocol import (
    Cancel,
    DuplicatePair,
    Duplicates,
    Failed,
    FindDuplicates,
    ItemsChanged,
    Job,
    JobEnded,
    Pause,
    Progress,
    Resume,
    RetryFailures,
)
from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.pages.care import CarePage
from app.ui.pages.duplicates import DuplicatesView
from app.ui.pages.problems import ProblemsView
from app.ui.pages.work import JobCard, WorkView
from tests.window import Rig


@pytest.fixture
def page(rig: Rig, items: Items, qtbot: QtBot) -> CarePage:
    studio = cast("StudioBridge", rig.studio)
    made = CarePage(
        WorkView(items, studio, rig.theme),
        ProblemsView(items, studio, rig.theme),
        DuplicatesView(rig.lists, studio, rig.actions, rig.theme),
    )
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def table(page: CarePage) -> QTableWidget:
    found = page.problems.findChild(QTableWidget)
    assert found is not None
    return found


def tree(page: CarePage) -> QTreeWidget:
    found = page.duplicates.findChild(QTreeWidget)
    assert found is not None
    return found


def words(page: CarePage) -> str:
    return "\n".join(label.text() for label in page.work.findChildren(QLabel) if label.isVisibleTo(page.work))


def press(page: CarePage, text: str) -> None:
    next(b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(page)).click()


def test_work_is_followed_paused_and_cancelled(rig: Rig, page: CarePage) -> None:
    assert "Nothing is being worked on." in words(page)
    rig.studio.progressed.emit(Progress(Job.INDEX, 412, 1300, 31.0, 1710.0, failed=3))
    assert "412 of 1,300" in words(page) or "412 of 1300" in words(page)
    assert "28 min left" in words(page)
    assert "3 unreadable" in words(page)
    press(page, "Pause")
    assert rig.studio.told[-1] == Pause(Job.INDEX)
    rig.studio.progressed.emit(Progress(Job.INDEX, 412, 1300, 31.0, 1710.0, paused=True))
    press(page, "Go on")
    assert rig.studio.told[-1] == Resume(Job.INDEX)
    press(page, "Cancel")
    assert rig.studio.told[-1] == Cancel(Job.INDEX)
    rig.studio.job_ended.emit(JobEnded(Job.INDEX, 412, 3, 60.0, cancelled=True))
    assert not any(card.isVisible() for card in page.work.findChildren(JobCard))
    assert "Listening and looking: 412 done in 1 min, 3 unreadable, cancelled" in words(page)


def test_a_lost_studio_leaves_no_work_behind(rig: Rig, page: CarePage) -> None:
    rig.studio.progressed.emit(Progress(Job.SCAN, 1, 0, 0.0, -1.0))
    rig.studio.lost.emit("it ended")
    assert "Nothing is being worked on." in words(page)


def test_every_failure_stands_with_its_reason(rig: Rig, page: CarePage, items: Items, qtbot: QtBot) -> None:
    page.open_tab("problems")
    assert not table(page).isVisible()
    items.record_failure("/music/<b>odd<br>.mp3", 10, 1, "decode", "The file ends in the middle")
    items.record_failure("/music/b.mp3", 10, 1, "tags", "Not an MP3 file")
    rig.studio.items_changed.emit(ItemsChanged(0, 0, 0))
    qtbot.waitUntil(lambda: table(page).rowCount() == 2)
    cells = {table(page).item(row, 0).text(): table(page).item(row, 1).text() for row in range(2)}
    assert cells == {"<b>odd<br>.mp3": "The file ends in the middle", "b.mp3": "Not an MP3 file"}
    press(page, "Try all again")
    assert rig.studio.told[-1] == RetryFailures()
    press(page, "Copy the list")
    assert "/music/b.mp3\ttags\tNot an MP3 file" in QApplication.clipboard().text()
    items.clear_failures()
    rig.studio.job_ended.emit(JobEnded(Job.INDEX, 0, 0, 1.0))
    qtbot.waitUntil(lambda: not table(page).isVisible())


def test_duplicates_are_looked_for_when_asked(rig: Rig, page: CarePage, items: Items, qtbot: QtBot) -> None:
    page.open_tab("duplicates")
    press(page, "Find duplicates")
    request, answer = rig.studio.asked[-1]
    assert request == FindDuplicates(1)
    answer(
        Duplicates(
            1,
            (
                DuplicatePair(1, 1, 1.0, ("/a/one.mp3", "/b/one.mp3", "/c/one.mp3")),
                DuplicatePair(2, 3, 0.991),
                DuplicatePair(900, 901, 0.99),
            ),
        )
    )
    lines = [tree(page).topLevelItem(at) for at in range(tree(page).topLevelItemCount())]
    assert [line.childCount() for line in lines if line is not None] == [3, 2]
    second = lines[1]
    assert second is not None
    assert "99.1 % alike" in second.text(0)
    tree(page).setCurrentItem(second.child(1))
    press(page, "Play")
    assert rig.playback.current_item == 3
    with qtbot.waitSignal(page.notice):
        press(page, "Keep both")
    assert tree(page).topLevelItemCount() == 1


def test_no_duplicates_and_failures_are_said(rig: Rig, page: CarePage) -> None:
    page.open_tab("duplicates")
    page.duplicates.look()
    page.duplicates.look()
    assert len(rig.studio.asked) == 1, "one question at a time"
    rig.studio.asked[-1][1](Duplicates(1, ()))
    assert page.duplicates.empty.words == "Nothing is there twice."
    page.duplicates.look()
    rig.studio.asked[-1][1](Failed(2, "The studio process ended"))
    assert page.duplicates.empty.words == "The studio process ended"
