"""For You: what is asked, what the shelves show, and that nothing flickers when the ranking changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.config import ADVENTURE
from app.protocol import (
    Failed,
    ItemsChanged,
    Pick,
    PickedShelf,
    Picks,
    Ready,
    Reason,
    ReasonKind,
    Recommend,
    ScoresChanged,
    Shelf,
)
from app.ui.bridge import StudioBridge
from app.ui.pages.card import Card
from app.ui.pages.for_you import ForYouPage
from tests.window import Rig


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> ForYouPage:
    studio = cast("StudioBridge", rig.studio)
    made = ForYouPage(studio, rig.lists, rig.actions, rig.settings, rig.covers, rig.theme)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def pick(item: int, score: float = 0.8) -> Pick:
    return Pick(item, score, 0.1, Reason(ReasonKind.BECAUSE, (f"Song {item}",)))


def answer(rig: Rig, love: Sequence[int] = (), labels: int = 9, **others: Sequence[int]) -> None:
    """Answer the newest question."""
    request, tell = rig.studio.asked[-1]
    assert isinstance(request, Recommend)
    shelves = [PickedShelf(Shelf.LOVE, tuple(pick(item) for item in love))]
    for name, ids in others.items():
        shelves.append(PickedShelf(Shelf(name), tuple(pick(item) for item in ids), 1 if name == "more" else 0))
    tell(Picks(request.request, tuple(shelves), labels))


def shelf_ids(page: ForYouPage, shelf: Shelf) -> list[int]:
    return page.shelf(shelf).ids


def test_it_asks_when_it_is_first_shown(rig: Rig, page: ForYouPage) -> None:
    request, _ = rig.studio.asked[-1]
    assert isinstance(request, Recommend)
    assert request.shelves == (Shelf.LOVE, Shelf.DIFFERENT, Shelf.FORGOTTEN, Shelf.MORE)
    assert (request.kind, request.adventure) == ("", 0.5)


def test_shelves_show_their_picks_in_order_and_empty_ones_are_hidden(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5, 3, 8), forgotten=(2,))
    assert shelf_ids(page, Shelf.LOVE) == [5, 3, 8]
    assert shelf_ids(page, Shelf.FORGOTTEN) == [2]
    assert not page.shelf(Shelf.DIFFERENT).isVisible()
    assert page.status == "trained on 9 ratings"
    first = page.shelf(Shelf.LOVE).cards[0]
    assert first.accessibleName() == "Title 5, Artist 5"
    assert "Because you liked Song 5" in first.accessibleDescription()


def test_before_the_first_rating_it_says_how_to_begin(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (1, 2, 3), labels=0)
    assert page.shelf(Shelf.LOVE).title == "Rate a few of these"
    assert "start with the first one" in page.intro
    assert "Predicted" not in page.shelf(Shelf.LOVE).cards[0].accessibleDescription()
    page.refresh()
    answer(rig, (1, 2, 3), labels=2)
    assert page.shelf(Shelf.LOVE).title == "You will love"
    assert "A few more" in page.intro
    page.refresh()
    answer(rig, (1, 2, 3), labels=30)
    assert page.intro == ""


def test_more_like_names_what_it_is_like(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5,), more=(6, 7))
    assert page.shelf(Shelf.MORE).title == "More like Title 1"


def test_a_new_ranking_is_asked_for_and_said(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5, 3))
    asked = len(rig.studio.asked)
    rig.studio.scores_changed.emit(ScoresChanged(10, 0.2))
    assert len(rig.studio.asked) == asked + 1
    answer(rig, (3, 4), labels=10)
    assert shelf_ids(page, Shelf.LOVE) == [3, 4]
    assert page.status == "trained on 10 ratings · re-ranked"


def test_questions_do_not_pile_up(rig: Rig, page: ForYouPage) -> None:
    for number in range(5):
        rig.studio.scores_changed.emit(ScoresChanged(number, 0.2))
    assert len(rig.studio.asked) == 1, "the first is not answered yet"
    answer(rig, (1,))
    assert len(rig.studio.asked) == 2, "one question for all that came meanwhile"


def test_cards_are_used_again_and_the_focus_follows_the_item(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (5, 3, 8))
    cards = page.shelf(Shelf.LOVE).cards
    cards[2].setFocus()
    qtbot.waitUntil(cards[2].hasFocus)
    page.refresh()
    answer(rig, (8, 5, 3))
    assert page.shelf(Shelf.LOVE).cards == cards, "the same widgets"
    assert cards[0].hasFocus()
    assert cards[0].item == 8


def test_arrow_keys_go_from_card_to_card_and_shelf_to_shelf(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (1, 2, 3), forgotten=(4, 5, 6))
    love, forgotten = page.shelf(Shelf.LOVE).cards, page.shelf(Shelf.FORGOTTEN).cards
    love[0].setFocus()
    qtbot.keyClick(love[0], Qt.Key.Key_Right)
    assert love[1].hasFocus()
    qtbot.keyClick(love[1], Qt.Key.Key_Down)
    assert forgotten[1].hasFocus()
    qtbot.keyClick(forgotten[1], Qt.Key.Key_Left)
    qtbot.keyClick(forgotten[0], Qt.Key.Key_Up)
    assert love[0].hasFocus()
    qtbot.keyClick(love[0], Qt.Key.Key_Up)
    assert love[0].hasFocus(), "there is nothing above"
    policies = [card.focusPolicy() for card in love]
    assert policies.count(Qt.FocusPolicy.StrongFocus) == 1, "Tab stops once per shelf"


def test_a_card_can_be_played_and_rated_by_keys(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (5, 3, 8))
    card = page.shelf(Shelf.LOVE).cards[1]
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert [int(row.item) for row in rig.playback.queue.rows] == [5, 3, 8]
    assert rig.playback.current_item == 3
    assert rig.playback.queue.rows[0].context == "for-you"
    qtbot.keyClick(card, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(card, Qt.Key.Key_5)
    assert (rig.ratings.state(3).liked, rig.ratings.state(3).stars) == (1, 5.0)


def test_hovered_buttons_act(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (5, 3, 8))
    card = page.shelf(Shelf.LOVE).cards[0]
    card.setFocus()
    qtbot.waitUntil(lambda: len(card.buttons) == 4)
    names = [button.accessibleName() for button in card.buttons]
    assert names == ["Play", "Like", "Dislike", "Not now"]
    card.buttons[2].click()
    assert rig.ratings.state(5).liked == -1
    card.buttons[2].click()
    assert rig.ratings.state(5).liked == 0
    card.buttons[1].click()
    assert rig.ratings.state(5).liked == 1


def test_the_reason_opens_the_account(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (5, 3, 8))
    card = page.shelf(Shelf.LOVE).cards[1]
    with qtbot.waitSignal(rig.actions.explain) as told:
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.reason_rect.center())
    assert told.args[0] == 3


def test_whole_shelves_play_and_queue(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5, 3, 8), forgotten=(1,))
    page.shelf(Shelf.LOVE).play_button.click()
    page.shelf(Shelf.FORGOTTEN).queue_button.click()
    assert [int(row.item) for row in rig.playback.queue.rows] == [5, 3, 8, 1]


def test_the_kind_is_asked_for(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5,))
    page.choose_kind("video")
    request, _ = rig.studio.asked[-1]
    assert isinstance(request, Recommend)
    assert request.kind == "video"
    answer(rig, ())
    assert "listening" in page.empty.words, "there is a video, only nothing is known of it yet"


def test_adventure_is_kept_and_asked_for_once_it_rests(rig: Rig, page: ForYouPage, qtbot: QtBot) -> None:
    answer(rig, (5,), different=(6,))
    asked = len(rig.studio.asked)
    for value in (60, 70, 80):
        page.adventure.setValue(value)
    assert len(rig.studio.asked) == asked
    qtbot.waitUntil(lambda: len(rig.studio.asked) == asked + 1)
    request, _ = rig.studio.asked[-1]
    assert isinstance(request, Recommend)
    assert request.adventure == 0.8
    assert rig.settings.get(ADVENTURE) == 0.8


def test_a_failure_keeps_the_shelves_or_says_what_happened(rig: Rig, page: ForYouPage) -> None:
    _, tell = rig.studio.asked[-1]
    tell(Failed(1, "The studio process ended"))
    assert "The studio process ended" in page.empty.words
    page.empty.button.click()
    answer(rig, (5,))
    assert not page.empty.isVisible()
    page.refresh()
    _, tell = rig.studio.asked[-1]
    tell(Failed(2, "The studio process ended"))
    assert shelf_ids(page, Shelf.LOVE) == [5]


def test_a_restarted_studio_is_asked_again(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5,))
    asked = len(rig.studio.asked)
    rig.studio.ready.emit(Ready("1", 2, 0, ()))
    assert len(rig.studio.asked) == asked + 1


def test_new_items_matter_only_while_there_is_nothing(rig: Rig, page: ForYouPage) -> None:
    answer(rig, ())
    asked = len(rig.studio.asked)
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    assert len(rig.studio.asked) == asked + 1
    answer(rig, (5,))
    rig.studio.items_changed.emit(ItemsChanged(1, 0, 0))
    assert len(rig.studio.asked) == asked + 1


def test_a_hidden_page_asks_when_it_is_shown(rig: Rig, page: ForYouPage) -> None:
    answer(rig, (5,))
    page.hide()
    asked = len(rig.studio.asked)
    rig.studio.scores_changed.emit(ScoresChanged(3, 0.2))
    assert len(rig.studio.asked) == asked
    page.show()
    assert len(rig.studio.asked) == asked + 1


def test_the_card_under_the_pointer_keeps_its_place(
    rig: Rig, page: ForYouPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(rig, (5, 3, 8))
    cards = page.shelf(Shelf.LOVE).cards
    # Where the pointer is cannot be told to the offscreen platform.
    hovered = cards[1]
    monkeypatch.setattr(Card, "hovered", property(lambda card: card is hovered))
    page.refresh()
    answer(rig, (8, 9, 5))
    assert shelf_ids(page, Shelf.LOVE) == [8, 3, 9, 5]
    monkeypatch.undo()
    hovered.left.emit()
    assert shelf_ids(page, Shelf.LOVE) == [8, 9, 5]
