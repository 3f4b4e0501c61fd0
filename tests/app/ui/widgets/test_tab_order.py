"""Where the Tab key goes to what is built late."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.tab_order import tab_before


def test_what_is_built_late_stands_before_its_anchor(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    first, anchor, last = (QPushButton(name, window) for name in ("first", "anchor", "last"))
    QWidget(window)
    late = [QPushButton(name, window) for name in ("one", "two")]
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for _ in range(2):
        tab_before(anchor, late)
    first.setFocus()
    for expected in (*late, anchor, last, first):
        window.focusNextChild()
        assert QApplication.focusWidget() is expected


def test_nothing_else_takes_the_tab_key(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    anchor, late = QPushButton("anchor", window), QPushButton("late", window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    tab_before(anchor, [late])
    tab_before(anchor, [])
    anchor.setFocus()
    for expected in (late, anchor):
        window.focusNextChild()
        assert QApplication.focusWidget() is expected
