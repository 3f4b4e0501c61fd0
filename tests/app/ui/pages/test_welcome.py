"""The welcome page: a folder, a drop, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.protocol import Done, Failed, MakeDemo
from app.ui.bridge import StudioBridge
from app.ui.pages.welcome import DropPlace, WelcomePage
from tests.window import Rig


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> WelcomePage:
    made = WelcomePage(cast("StudioBridge", rig.studio), rig.theme)
    qtbot.addWidget(made)
    made.show()
    return made


def button(page: WelcomePage, words: str) -> QPushButton:
    return next(found for found in page.findChildren(QPushButton) if found.text() == words)


def test_a_folder_is_asked_for(page: WelcomePage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.add_folder_wanted):
        button(page, "Choose a folder…").click()


def test_dropped_folders_are_handed_on(page: WelcomePage, tmp_path: Path, qtbot: QtBot) -> None:
    place = page.findChild(DropPlace)
    assert place is not None
    carried = QMimeData()
    carried.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/a.mp3")])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, carried, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(page.folders_dropped) as told:
        place.dropEvent(event)
    assert told.args == [[str(tmp_path)]]


def test_the_demo_is_made_once_at_a_time(rig: Rig, page: WelcomePage, qtbot: QtBot) -> None:
    demo = button(page, "Try the demo")
    with qtbot.waitSignal(page.demo_started):
        demo.click()
    assert rig.studio.asked[-1][0] == MakeDemo(1)
    assert not demo.isEnabled()
    rig.studio.asked[-1][1](Done(1))
    assert demo.isEnabled()
    demo.click()
    with qtbot.waitSignal(page.notice) as told:
        rig.studio.asked[-1][1](Failed(2, "The disk is full"))
    assert told.args == ["The disk is full"]


def test_it_names_the_encoders_that_can_be_added(page: WelcomePage) -> None:
    words = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "OpenCLIP ViT-B-32-256" in words
    assert "CLAP" in words
