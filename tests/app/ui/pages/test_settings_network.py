"""The network's settings: the switch and its words, what each control keeps and tells, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QCheckBox, QDoubleSpinBox, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.config import (
    BLOCKED_WORDS,
    BOOTSTRAP,
    DISCOVERABLE,
    DISK_RESERVE,
    DOWNLOADS_FOLDER,
    LAN,
    LISTEN_PORT,
    OVERLAY_PORT,
    PEER_NAME,
    PROXY,
    PUBLISH,
    SEED_DOWNLOADS,
    SEED_RATIO,
    STRANGER_MIB,
    STRANGERS,
    TELL,
    UPLOAD_LIMIT,
    Option,
)
from app.errors import SettingsError
from app.network_messages import NetworkState, Reachable
from app.ui.network import NetworkBridge
from app.ui.pages.settings_network import NetworkSection
from tests.app.ui.pages.test_names import unnamed
from tests.window import Rig


@pytest.fixture
def section(rig: Rig, qtbot: QtBot) -> NetworkSection:
    made = NetworkSection(rig.settings, cast("NetworkBridge", rig.network), rig.folder / "downloads", rig.theme)
    qtbot.addWidget(made)
    made.resize(640, 1600)
    made.show()
    return made


def named(section: NetworkSection, kind: type[QCheckBox], name: str) -> QCheckBox:
    return next(found for found in section.findChildren(kind) if found.accessibleName() == name)


def test_the_switch_switches_and_says_how_it_is(rig: Rig, section: NetworkSection) -> None:
    assert "sends nothing and fetches nothing" in section.health_words
    section.switch.setChecked(True)
    assert rig.network.on
    rig.network.show(NetworkState(0, 212, 4, Reachable.YES, 3, 0, False, 0.0, 0.0, 0))
    assert "In touch: 4 peers" in section.health_words
    rig.network.set_on(False)
    assert not section.switch.isChecked()


def test_a_switch_that_cannot_be_kept_goes_back(
    rig: Rig, section: NetworkSection, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def refuse(_on: bool) -> None:
        raise SettingsError("The disk is full")

    monkeypatch.setattr(rig.network, "set_on", refuse)
    with qtbot.waitSignal(section.notice) as told:
        section.switch.setChecked(True)
    assert "The disk is full" in told.args[0]
    assert not section.switch.isChecked()


def test_what_becomes_visible_is_said_before(section: NetworkSection) -> None:
    said = " ".join(label.text() for label in section.findChildren(QLabel))
    for words in ("Your internet address", "What you publish, and only that", "Likes, ratings, plays and skips"):
        assert words in said
    assert "What cannot go through it stays silent" in said


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("Publish what I have chosen", PUBLISH),
        ("Let strangers find this machine", DISCOVERABLE),
        ("Find others in the local network", LAN),
        ("Give what I downloaded to others too", SEED_DOWNLOADS),
    ],
)
def test_boxes_are_kept_and_told(rig: Rig, section: NetworkSection, name: str, option: Option[bool]) -> None:
    before = rig.settings.get(option)
    box = named(section, QCheckBox, name)
    assert box.isChecked() is before
    box.toggle()
    assert rig.settings.get(option) is not before
    assert rig.network.settings_read == 1


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("Fastest upload", UPLOAD_LIMIT, 200),
        ("Port for files", LISTEN_PORT, 6881),
        ("Port for meeting peers", OVERLAY_PORT, 7759),
        ("Catalogues of strangers, a day", STRANGER_MIB, 0),
        ("Catalogues of strangers that are kept", STRANGERS, 3),
    ],
)
def test_numbers_are_kept_and_told(
    rig: Rig, section: NetworkSection, name: str, option: Option[int], value: int
) -> None:
    box = next(found for found in section.findChildren(QSpinBox) if found.accessibleName() == name)
    assert box.value() == rig.settings.get(option)
    box.setValue(value)
    assert rig.settings.get(option) == value
    assert rig.network.settings_read == 1


def test_decimals_and_the_words_for_nothing(rig: Rig, section: NetworkSection) -> None:
    boxes = {box.accessibleName(): box for box in section.findChildren(QDoubleSpinBox)}
    boxes["Stop giving after"].setValue(0)
    assert boxes["Stop giving after"].text() == "never"
    assert rig.settings.get(SEED_RATIO) == 0.0
    boxes["Room that stays free on the disk"].setValue(12.5)
    assert rig.settings.get(DISK_RESERVE) == 12.5


def test_nothing_is_told_of_the_taste_unless_it_is_chosen(rig: Rig, section: NetworkSection) -> None:
    def said() -> str:
        return " ".join(label.text() for label in section.findChildren(QLabel))

    assert rig.settings.get(TELL) == "nothing"
    assert "Never: what you like" in said()
    assert "Nothing of what you like leaves this machine." in said()
    section.tell.setCurrentIndex(section.tell.findData("votes"))
    section.tell.activated.emit(section.tell.currentIndex())
    assert rig.settings.get(TELL) == "votes"
    assert rig.network.settings_read == 1
    assert "Never: what you like" not in said()
    assert "They are public and signed with your key." in said()
    assert "not back from whoever has them" in said()


def test_scrolling_past_changes_nothing(rig: Rig, section: NetworkSection) -> None:
    box = section.findChildren(QAbstractSpinBox)[0]
    before = box.text()
    section.switch.setFocus()
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(box.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, turn)
    assert box.text() == before


def test_texts_are_kept_when_they_can_be_used(rig: Rig, section: NetworkSection) -> None:
    section.name.put("  Ada ")
    assert rig.settings.get(PEER_NAME) == "Ada"
    section.name.put("x" * 41)
    assert rig.settings.get(PEER_NAME) == "Ada"
    assert section.name.problem == "At most 40 letters."
    section.name.put("")
    assert rig.settings.get(PEER_NAME) == ""
    assert section.name.problem == ""
    section.blocked.put("christmas, ad")
    assert rig.settings.get(BLOCKED_WORDS) == "christmas, ad"
    assert rig.network.settings_read == 3


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("socks5://127.0.0.1:9050", True),
        ("socks5://me:secret@proxy.example:1080", True),
        ("socks5://[::1]:9050", True),
        ("socks5://proxy.example", False),
        ("http://proxy.example:8080", False),
        ("socks5://proxy.example:99999", False),
        ("socks5://[::1:9050", False),
        ("proxy.example:1080", False),
    ],
)
def test_a_proxy_has_one_form(rig: Rig, section: NetworkSection, text: str, right: bool) -> None:
    section.proxy.put(text)
    assert (section.proxy.problem == "") is right
    assert rig.settings.get(PROXY) == (text if right else "")


def test_first_contacts_can_be_changed_emptied_and_put_back(rig: Rig, section: NetworkSection) -> None:
    section.routers.put("one.example:6881 two")
    assert section.routers.problem == "“two” is not host:port."
    assert rig.settings.get(BOOTSTRAP) == BOOTSTRAP.default
    section.routers.put("")
    assert rig.settings.get(BOOTSTRAP) == ""
    back = next(b for b in section.findChildren(QPushButton) if b.accessibleName() == "The first contacts as at first")
    back.click()
    assert rig.settings.get(BOOTSTRAP) == BOOTSTRAP.default


def test_the_downloads_folder(rig: Rig, section: NetworkSection, tmp_path: Path) -> None:
    section.use_folder(tmp_path)
    assert rig.settings.get(DOWNLOADS_FOLDER) == str(tmp_path)
    section.use_folder(rig.folder / "downloads")
    assert rig.settings.get(DOWNLOADS_FOLDER) == ""


def test_it_leads_to_card_publishing_and_peers(section: NetworkSection, qtbot: QtBot) -> None:
    for name, signal in (
        ("Show my card", section.card_wanted),
        ("Choose what is published", section.publishing_wanted),
        ("Open the list of peers", section.peers_wanted),
    ):
        with qtbot.waitSignal(signal):
            next(b for b in section.findChildren(QPushButton) if b.accessibleName() == name).click()
    assert unnamed(section) == []
