"""Our own card, and following somebody by card, key, address or a card's file."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.network_messages import AskCard, CardText, Follow
from app.protocol import Done, Failed
from app.ui.network import NetworkBridge
from app.ui.pages.card_window import CardWindow
from app.ui.pages.follow_window import FollowWindow, Given, what_is_given
from tests.app.ui.pages.test_names import unnamed
from tests.window import Rig

CARD = "bowerbird:" + "Aa9-_" * 100
KEY = "0123456789ABCDEF" * 4


def network(rig: Rig) -> NetworkBridge:
    return cast("NetworkBridge", rig.network)


def button(window: QWidget, words: str) -> QPushButton:
    return next(found for found in window.findChildren(QPushButton) if found.text() == words)


@pytest.fixture
def card(rig: Rig, qtbot: QtBot) -> CardWindow:
    rig.network.on = True
    rig.network.key = "ab" * 32
    window = CardWindow(network(rig), rig.theme)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def follow(rig: Rig, qtbot: QtBot) -> FollowWindow:
    rig.network.on = True
    window = FollowWindow(network(rig), rig.theme)
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_card_leaves_as_text_file_and_picture(rig: Rig, card: CardWindow, tmp_path: Path) -> None:
    request, answer = rig.network.asked[-1]
    assert isinstance(request, AskCard)
    assert card.text == ""
    answer(CardText(request.request, CARD))
    assert card.problem == ""
    card.copy()
    assert QApplication.clipboard().text() == CARD
    card.save_as(tmp_path / "me.bowerbird")
    assert (tmp_path / "me.bowerbird").read_text() == CARD + "\n"
    assert card.findChild(QPlainTextEdit).toPlainText() == CARD  # type: ignore[union-attr]
    assert unnamed(card) == []


def test_without_the_network_the_card_says_why(rig: Rig, qtbot: QtBot) -> None:
    window = CardWindow(network(rig), rig.theme)
    qtbot.addWidget(window)
    assert "network is off" in window.problem
    assert rig.network.asked == []
    rig.network.set_on(True)
    request, answer = rig.network.asked[-1]
    answer(Failed(request.request, "No key", "The file identity cannot be read."))  # type: ignore[union-attr]
    assert window.problem == "No key: The file identity cannot be read."


def test_a_card_that_cannot_be_saved_says_so(rig: Rig, card: CardWindow, tmp_path: Path) -> None:
    rig.network.asked[-1][1](CardText(1, CARD))
    card.save_as(tmp_path / "nowhere" / "me.bowerbird")
    assert any("could not be saved" in label.text() for label in card.findChildren(type(card._said)))


@pytest.mark.parametrize(
    ("text", "given", "sent"),
    [
        ("", Given.NOTHING, ""),
        (f"  {CARD[:60]}\n> {CARD[60:]}".replace("> ", ""), Given.CARD, CARD),
        (KEY, Given.KEY, KEY.lower()),
        (" ".join(KEY[at : at + 8] for at in range(0, 64, 8)), Given.KEY, KEY.lower()),
        ("peer.example:7000", Given.ADDRESS, "peer.example:7000"),
        ("[2001:db8::1]:7000", Given.ADDRESS, "[2001:db8::1]:7000"),
        ("127.1.9.1:7000", Given.ADDRESS, "127.1.9.1:7000"),
        ("peer.example", Given.UNKNOWN, ""),
        ("peer.example:0", Given.UNKNOWN, ""),
        ("peer.example:70000", Given.UNKNOWN, ""),
        ("a b:7000", Given.UNKNOWN, ""),
        (KEY[:-1], Given.UNKNOWN, ""),
        ("bowerbird:short", Given.UNKNOWN, ""),
        ("https://example.org/card", Given.UNKNOWN, ""),
    ],
)
def test_what_is_given_is_seen_by_its_form(text: str, given: Given, sent: str) -> None:
    assert what_is_given(text) == (given, sent)


def test_following_asks_and_closes(rig: Rig, follow: FollowWindow, qtbot: QtBot) -> None:
    follow.give(f"{CARD[:70]}\n{CARD[70:]}\n")
    assert follow.said == "This is a card."
    button(follow, "Follow").click()
    request, answer = rig.network.asked[-1]
    assert request == Follow(1, CARD)
    assert not button(follow, "Follow").isEnabled()
    with qtbot.waitSignal(follow.followed) as told:
        answer(Done(1))
    assert told.args == [CARD]
    assert not follow.isVisible()


def test_what_the_network_process_refuses_stands_in_the_window(rig: Rig, follow: FollowWindow) -> None:
    follow.give("peer.example:7000")
    assert "an address" in follow.said
    follow.follow()
    rig.network.asked[-1][1](Failed(1, "Nobody answers there", "Check the port"))
    assert follow.said == "Nobody answers there. Check the port."
    assert follow.isVisible()
    assert button(follow, "Follow").isEnabled()


def test_a_card_comes_from_a_file(follow: FollowWindow, tmp_path: Path) -> None:
    path = tmp_path / "friend.bowerbird"
    path.write_text(CARD + "\n")
    follow.open_file(path)
    assert follow.said == "This is a card."
    path.write_text("hello")
    follow.open_file(path)
    assert follow.said == "friend.bowerbird is not a card."
    path.write_bytes(b"\xff\xfe\x00" * 100)
    follow.open_file(path)
    assert follow.said == "friend.bowerbird is not a card."
    path.write_bytes(b"bowerbird:" + b"A" * 100_000)
    follow.open_file(path)
    assert follow.said == "friend.bowerbird is not a card."
    follow.open_file(tmp_path / "gone")
    assert follow.said.startswith("gone cannot be read")


def test_nonsense_cannot_be_followed(rig: Rig, follow: FollowWindow) -> None:
    follow.give("hello")
    assert follow.said.startswith("This is neither")
    assert not button(follow, "Follow").isEnabled()
    follow.follow()
    assert rig.network.asked == []
    assert unnamed(follow) == []
