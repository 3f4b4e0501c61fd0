"""The window in German: its words come, and no button is too narrow for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app.paths import RESOURCES
from app.protocol import NO_REASON, Pick, PickedShelf, Picks, Reason, ReasonKind, Shelf
from app.store.feedback import Feedback
from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.languages import install_language
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.reasons import reason_words
from app.wording import SENTENCES
from tests.app.ui.pages.test_names import MAKERS
from tests.window import Rig

FOLDER = RESOURCES / "translations"


@pytest.fixture
def german(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    kept = install_language(qapp, "de", FOLDER)
    yield
    for translator in kept:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


def narrow(page: QWidget) -> list[str]:
    """The buttons and choices that show less than their words."""
    return [
        f"{type(widget).__name__}: {widget.width()} of {widget.sizeHint().width()}"
        for widget in page.findChildren(QWidget)
        if isinstance(widget, QAbstractButton | QComboBox)
        and (widget.text() if isinstance(widget, QAbstractButton) else widget.currentText())
        and widget.isVisible()
        and widget.width() < widget.minimumSizeHint().width()
    ]


@pytest.mark.usefixtures("german")
def test_reasons_are_said_in_german() -> None:
    assert reason_words(Reason(ReasonKind.NEAR, ("Rain", "Fog"))) == "Nah an Rain und Fog"
    for kind in ReasonKind:
        if kind is not ReasonKind.NONE:
            assert reason_words(Reason(kind, ("Rain",), days=3)) != SENTENCES[kind].format(names="Rain", days=3)
    assert reason_words(NO_REASON) == ""


def test_english_has_a_singular(qapp: QApplication) -> None:
    kept = install_language(qapp, "en", FOLDER)
    try:
        assert qapp.translate("WhyPanel", "%n smaller parts", "", 1) == "1 smaller part"
        assert qapp.translate("WhyPanel", "%n smaller parts", "", 2) == "2 smaller parts"
    finally:
        for translator in kept:
            qapp.removeTranslator(translator)
        QLocale.setDefault(QLocale.system())


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("name", MAKERS)
def test_every_page_has_room_for_german(name: str, rig: Rig, items: Items, edits: PlaylistEdits, qtbot: QtBot) -> None:
    Feedback(rig.database).like(3)  # type: ignore[arg-type]
    page = MAKERS[name](rig, cast("StudioBridge", rig.studio), items, edits)
    qtbot.addWidget(page)
    page.resize(652, 520)
    page.show()
    for request, answer in rig.studio.asked:
        picks = (Pick(1, 0.5, 0.1), Pick(2, 0.4, 0.1))
        answer(Picks(request.request, (PickedShelf(Shelf.LOVE, picks),), 9))  # type: ignore[union-attr]
    assert narrow(page) == []


@pytest.mark.usefixtures("german")
def test_the_window_speaks_german(rig: Rig) -> None:
    window = rig.window()
    window.show()
    assert next(action.text() for action in window.menuBar().actions()) == "Musik"
    assert window.commands.text("quit") == "Beenden"
    assert narrow(window) == []
