"""Discover: offers ranked and filtered, what each costs and whose it is, and every way on from an empty page."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.config import BLOCKED_WORDS
from app.errors import SettingsError
from app.network_messages import (
    CheckHealth,
    Discover,
    Download,
    DownloadChanged,
    DownloadState,
    ExplainOffer,
    HealthChanged,
    NetworkProgress,
    NetworkState,
    OfferScoresChanged,
    Reachable,
)
from app.protocol import NO_REASON, Explanation, Failed, Part, PartKind
from app.search_messages import FoundBy
from app.store.offer_rows import Dismissals
from app.store.offer_values import Health, OfferRow
from app.store.offers import Offers
from app.store.peers import Peers
from app.ui.pages.discover import DiscoverPage
from app.ui.pages.discover_filters import WordsEditor, split_words
from app.ui.pages.offer_view import WIDE
from tests.app.ui.pages.test_german import narrow
from tests.app.ui.pages.test_names import unnamed
from tests.factories import peer_key, taken_offer
from tests.offered import GOOD, answer, discover_page, download, offer, offer_these, picks_of, take_back
from tests.window import Rig


@pytest.fixture
def on(rig: Rig) -> Rig:
    rig.network.on = True
    rig.network.state = GOOD
    return rig


def shown(rig: Rig, qtbot: QtBot) -> DiscoverPage:
    page = discover_page(rig)
    qtbot.addWidget(page)
    page.resize(900, 700)
    page.show()
    return page


def press(page: DiscoverPage, at: int, key: Qt.Key) -> None:
    QTest.keyClick(page.list.views[at], key)


def titles(page: DiscoverPage) -> list[str]:
    return [view.accessibleName().split(",")[0] for view in page.list.views]


def asked(rig: Rig) -> Discover:
    question = rig.studio.asked_of_offers[-1][0]
    assert isinstance(question, Discover)
    return question


def with_picks(rig: Rig, qtbot: QtBot) -> tuple[DiscoverPage, list[OfferRow]]:
    offers = offer(rig)
    page = shown(rig, qtbot)
    answer(rig, picks_of(offers))
    return page, offers


# ------------------------------------------------------------------------------------------ what is shown


def test_offers_come_in_the_order_of_the_studio(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    assert asked(on) == Discover(1, 30)
    answer(on, picks_of(list(reversed(offers))))
    assert titles(page) == [one.title for one in reversed(offers)]
    assert page.status == "6 offers · trained on 9 ratings"
    assert page.empty.isHidden()


def test_a_row_says_what_it_is_what_it_costs_whose_it_is_and_who_has_it(on: Rig, qtbot: QtBot) -> None:
    line = taken_offer(
        1,
        kind="video",
        mime="video/webm",
        size=24_100_000,
        duration=220.0,
        width=1280,
        height=720,
        licence="http://creativecommons.org/licenses/by-sa/4.0/",
    )
    offers = offer_these(on, 1, [line])
    Peers(on.database).note_download(peer_key(1), kept=False)
    page = shown(on, qtbot)
    answer(on, picks_of(offers))
    view = page.list.views[0]
    assert view.facts == "WEBM · 1280×720 · 3:40 · 24.1 MB · CC BY-SA 4.0"
    assert view.where == "from Peer 1, a stranger (once sent something else)"
    assert view.have == "not counted yet who has it"
    assert view.button.text() == "24.1 MB"
    assert view.button.accessibleName() == "Download, 24.1 MB"
    said = view.accessibleDescription()
    assert "Predicted: 90 of 100" in said
    assert "Because you liked Rain" in said
    assert "CC BY-SA 4.0" in said


def test_before_the_first_rating_no_score_is_claimed(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    answer(on, picks_of(offers, labels=0))
    assert "Predicted" not in page.list.views[0].accessibleDescription()
    assert "rate a few things" in page.status


def test_foreign_words_are_shown_as_they_are(on: Rig, qtbot: QtBot) -> None:
    odd = "<b>bold</b> & שלום\n" + 200 * "x"
    offers = offer_these(on, 1, [taken_offer(1, title=odd, artist="<img src=x>")])
    page = shown(on, qtbot)
    answer(on, picks_of(offers))
    view = page.list.views[0]
    assert view.accessibleName().startswith("<b>bold</b> & שלום x")
    for width in (340, WIDE, 1600):
        page.resize(width, 500)
        assert not page.grab().isNull()


@pytest.mark.parametrize("width", [500, 1400])
def test_every_control_has_a_name_and_room(on: Rig, qtbot: QtBot, width: int) -> None:
    page, offers = with_picks(on, qtbot)
    download(on, offers[0])
    page.resize(width, 700)
    assert unnamed(page) == []
    assert narrow(page) == []


@pytest.mark.parametrize("width", [500, 1400])
def test_nothing_lies_over_anything_else(on: Rig, qtbot: QtBot, width: int) -> None:
    page, offers = with_picks(on, qtbot)
    download(on, offers[0])
    page.resize(width, 800)
    qtbot.waitUntil(lambda: page.list.views[0].width() > width - 60)
    view = page.list.views[0]
    places = [view.button.geometry(), view.dislike.geometry(), view.more.geometry(), view.reason_rect]
    for at, place in enumerate(places):
        assert view.rect().contains(place)
        assert not any(place.intersects(other) for other in places[at + 1 :])


def test_new_scores_are_asked_for_and_the_keyboard_stays(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    page.list.focus_row(2)
    before = len(on.studio.asked_of_offers)
    on.studio.offer_scores_changed.emit(OfferScoresChanged(6, 0.1))
    qtbot.waitUntil(lambda: len(on.studio.asked_of_offers) > before)
    answer(on, picks_of(list(reversed(offers))))
    assert [view.offer for view in page.list.views if view.hasFocus()] == [offers[2].id]
    assert titles(page)[0] == offers[-1].title


def test_more_are_shown_when_wanted(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on, 2, 20)
    page = shown(on, qtbot)
    answer(on, picks_of(offers[:30], total=40))
    assert page.list.more.isVisible()
    page.list.more.click()
    assert asked(on).count == 60
    answer(on, picks_of(offers, total=40))
    assert len(page.list.views) == 40
    assert not page.list.more.isVisible()


def test_why_not_all_are_shown_is_said(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    answer(on, picks_of(offers[:4], total=6))
    assert not page.list.more.isVisible()
    assert page.list.note.text().startswith("2 more offers are from strangers")
    page.show_publisher(peer_key(2).hex())
    qtbot.waitUntil(lambda: bool(asked(on).peer))
    answer(on, picks_of(offers[3:]))
    assert not page.list.note.isVisible()


def test_the_same_file_elsewhere_is_said(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    picks = picks_of(offers[:1])
    with_others = type(picks.picks[0])(offers[0].id, 0.9, 0.1, NO_REASON, 0, (offers[3].id, offers[4].id))
    answer(on, type(picks)(0, (with_others,), 1, 3))
    assert page.list.views[0].where == "from Peer 1, whom you follow, and 2 more"


# ---------------------------------------------------------------------------------------- filters and search


def test_why_words_found_it_stands_before_the_reason(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    page.set_search("rainy night")
    qtbot.waitUntil(lambda: len(on.studio.asked_of_offers) == 1)
    found = picks_of(offers[:2])
    first = replace(found.picks[0], found_by=(FoundBy.WORDS, FoundBy.SOUND))
    answer(on, replace(found, picks=(first, found.picks[1])))
    assert page.list.views[0].reason == "Sounds like your words · Because you liked Rain"
    assert page.list.views[0].reason in page.list.views[0].accessibleDescription()
    assert "your words" not in page.list.views[1].reason


def test_words_that_no_offer_fits_can_be_cleared(on: Rig, qtbot: QtBot) -> None:
    offer(on)
    page = shown(on, qtbot)
    page.set_search("rainy night")
    qtbot.waitUntil(lambda: len(on.studio.asked_of_offers) == 1)
    answer(on, picks_of([]))
    assert "none fits “rainy night”" in page.empty.words
    with qtbot.waitSignal(page.search_cleared):
        page.empty.button.click()
    qtbot.waitUntil(lambda: len(on.studio.asked_of_offers) == 2)
    request, _told = on.studio.asked_of_offers[-1]
    assert isinstance(request, Discover)
    assert request.search == ""


def test_every_filter_is_asked_for(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    on.settings.set(BLOCKED_WORDS, "christmas, hold music")
    bar = page.filters
    bar.choose_kind("track")
    bar.licence.setCurrentIndex(bar.licence.findData("free"))
    bar.size_choice.setCurrentIndex(1)
    bar.publisher.setCurrentIndex(bar.publisher.findData(peer_key(1).hex()))
    bar.followed.setChecked(True)
    bar.owned.setChecked(True)
    page.set_search("rain -snow")
    qtbot.waitUntil(lambda: asked(on).with_owned)
    question = asked(on)
    assert (question.kind, question.licence, question.largest) == ("track", "free", 10_000_000)
    assert (question.followed_only, question.peer, question.search) == (True, peer_key(1).hex(), "rain -snow")
    assert question.blocked_words == ("christmas", "hold music")


def test_publishers_and_licences_are_those_that_are_here(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    publishers = [page.filters.publisher.itemText(at) for at in range(page.filters.publisher.count())]
    assert publishers == ["All publishers", "Peer 1 (3)", "Peer 2 (3)"]
    licences = [page.filters.licence.itemText(at) for at in range(page.filters.licence.count())]
    assert licences == ["Any licence", "Free to share", "CC BY 4.0"]


def test_one_publisher_can_be_looked_at_alone(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    page.filters.followed.setChecked(True)
    page.show_publisher(peer_key(2).hex())
    qtbot.waitUntil(lambda: asked(on).peer == peer_key(2).hex())
    assert not asked(on).followed_only
    page.show_publisher("ab" * 32)
    assert page.filters.filters.peer == peer_key(2).hex(), "nobody of that key offers anything"


def test_what_passes_no_filter_leads_back(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    page.filters.followed.setChecked(True)
    qtbot.waitUntil(lambda: asked(on).followed_only)
    answer(on, picks_of([], total=0))
    assert page.empty.isVisible()
    assert page.empty.words == "6 offers are here, but none passes what is filtered."
    page.empty.button.click()
    qtbot.waitUntil(lambda: not asked(on).followed_only)
    answer(on, picks_of(offers))
    assert len(page.list.views) == 6


def test_words_never_shown_are_edited_and_kept(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    page.filters.edit_words()
    editor = page.filters.findChild(WordsEditor)
    assert editor is not None
    editor.write("Christmas\n  hold   music ,Christmas\n\n")
    editor.accept()
    assert on.settings.get(BLOCKED_WORDS) == "Christmas, hold music"
    qtbot.waitUntil(lambda: asked(on).blocked_words == ("Christmas", "hold music"))
    assert page.filters.words.text() == "Words never shown… (2)"


def test_words_are_split_at_commas_and_lines() -> None:
    assert split_words("a, b\nc d,, a ,") == ("a", "b", "c d")
    assert split_words("") == ()


# ------------------------------------------------------------------------------------- what is done to offers


def test_the_button_fetches_then_shows_the_way_then_plays(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    view = page.list.views[0]
    with qtbot.assertNotEmitted(page.downloads_wanted):
        view.button.click()
    assert on.network.asked[-1][0] == Download(2, offers[0].id)
    row = download(on, offers[0])
    assert view.button.text() == "Details"
    with qtbot.waitSignal(page.downloads_wanted) as told:
        view.button.click()
    assert told.args == [row.id]
    half = row.size // 2
    on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.RUNNING, half, row.size, 1e6, 70.0, 2, True))
    assert view.progress_words == "50 % · 1 min left"
    assert view.button.text() == "Play"
    view.button.click()
    assert type(on.network.asked[-1][0]).__name__ == "Stream"


def test_what_is_already_yours_is_said_and_plays(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    pick = type(picks_of(offers).picks[0])(offers[0].id, 0.9, 0.1, NO_REASON, on.ids[2])
    answer(on, type(picks_of(offers))(0, (pick,), 1, 3))
    view = page.list.views[0]
    assert view.progress_words == "You have this"
    assert view.button.text() == "Play yours"
    view.button.click()
    assert [int(row.item) for row in on.playback.queue.rows] == [on.ids[2]]


def test_a_dislike_is_for_good_and_can_be_undone(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    page.list.views[1].dislike.click()
    assert offers[1].title not in titles(page)
    qtbot.waitUntil(lambda: Dismissals(on.database).roots() == {offers[1].root})
    answer(on, picks_of(offers))
    assert offers[1].title not in titles(page), "an answer that was on its way does not bring it back"
    on.undo.undo()
    qtbot.waitUntil(lambda: offers[1].title in titles(page))
    assert Dismissals(on.database).roots() == frozenset()
    on.undo.redo()
    qtbot.waitUntil(lambda: Dismissals(on.database).roots() == {offers[1].root})
    assert offers[1].title not in titles(page)


def test_a_blocked_publisher_is_gone_at_once(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    Peers(on.database).block(peer_key(2))
    take_back(on, 2)
    on.network.offers_changed.emit()
    assert [view.where for view in page.list.views] == ["from Peer 1, whom you follow"] * 3


def test_the_menu_holds_everything(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    page.list.menu_wanted.emit(offers[0].id, QPoint(10, 10))
    menu = next(menu for menu in page.findChildren(QMenu) if menu.isVisible())
    words = [action.text() for action in menu.actions() if action.text()]
    assert words == [
        "Download, 1.0 MB",
        "Download and play while it arrives",
        "Why this score",
        "Never show this",
        "Only from Peer 1",
        "Follow Peer 1 no longer",
        "Nothing from Peer 1…",
    ]
    menu.close()


def test_keys_walk_fetch_dismiss_and_explain(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    assert page.focus_first()
    press(page, 0, Qt.Key.Key_Down)
    assert page.list.views[1].hasFocus()
    press(page, 1, Qt.Key.Key_Return)
    assert on.network.asked[-1][0] == Download(2, offers[1].id)
    press(page, 1, Qt.Key.Key_W)
    question, explain = on.studio.asked_of_offers[-1]
    assert isinstance(question, ExplainOffer)
    assert question.offer == offers[1].id
    explain(Explanation(1, offers[1].id, 0.8, 0.1, 0.8, (Part(PartKind.TYPICAL, "", 0.8),), NO_REASON))
    popup = QApplication.activePopupWidget()
    assert popup is not None
    popup.close()
    press(page, 1, Qt.Key.Key_Delete)
    assert offers[1].title not in titles(page)
    assert page.list.views[1].hasFocus(), "the next one takes its place"


def test_tab_stops_once(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    page.list.focus_row(3)
    stops = [view for view in page.list.views if view.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [page.list.views[3]]


# ---------------------------------------------------------------------------------------------- who has it


def test_who_has_it_is_counted_when_that_was_long_ago(on: Rig, qtbot: QtBot) -> None:
    page, offers = with_picks(on, qtbot)
    assert on.network.told == [CheckHealth(tuple(one.id for one in offers))]
    answer(on, picks_of(offers))
    assert len(on.network.told) == 1, "it was asked a moment ago"
    with contextlib.closing(Offers(on.folder / "offers.db")) as store:
        store.set_health([Health(offers[0].id, 3, 4, time.time() - 7200)])
    on.network.health_changed.emit(HealthChanged((offers[0].id,)))
    assert page.list.views[0].have == "3 have it, counted 2 h ago"


# ---------------------------------------------------------------------------------------------- empty states


def test_while_off_nothing_is_asked_and_it_is_explained_before_it_is_switched_on(rig: Rig, qtbot: QtBot) -> None:
    page = shown(rig, qtbot)
    assert rig.studio.asked_of_offers == []
    assert page.consent.isVisible()
    page.consent.first.button.click()
    assert (page.consent.explains, rig.network.on) == (True, False), "the first button only explains"
    page.consent.not_now.click()
    assert (page.consent.explains, rig.network.on) == (False, False)
    page.consent.first.button.click()
    page.consent.switch.click()
    assert rig.network.on
    assert page.empty.isVisible()
    assert "Nothing was found yet" in page.empty.words


def test_a_choice_that_cannot_be_kept_is_said(rig: Rig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_on: bool) -> None:
        raise SettingsError("The disk is full", "Free some space and try again.")

    page = shown(rig, qtbot)
    monkeypatch.setattr(rig.network, "set_on", full)
    with qtbot.waitSignal(page.notice) as told:
        page.consent.switch.click()
    assert told.args == ["The network could not be switched on: The disk is full: Free some space and try again."]
    assert page.consent.isVisible()


def test_offers_from_before_are_shown_while_it_is_off(rig: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(rig, qtbot)
    assert len(page.list.views) == 6
    assert rig.network.told == []
    assert "off" in page.line.words
    page.line.switch_wanted.emit()
    assert page.consent.explains
    page.consent.not_now.click()
    assert page.list.isVisible()


@pytest.mark.parametrize(
    ("nodes", "peers", "words"),
    [(0, 0, "Looking for a first contact"), (50, 0, "public directory"), (50, 3, "Other Bowerbirds are there")],
)
def test_what_is_being_done_is_said_while_nothing_was_found(
    on: Rig, qtbot: QtBot, nodes: int, peers: int, words: str
) -> None:
    page = shown(on, qtbot)
    on.network.show(NetworkState(0, nodes, peers, Reachable.UNKNOWN, 0, 0, False, 0.0, 0.0, 0))
    assert words in page.empty.words
    on.network.progressed.emit(NetworkProgress("catalogue", "ab", 500_000, 1_000_000))
    assert "500.0 kB of 1.0 MB" in page.empty.words
    with qtbot.waitSignal(page.peers_wanted):
        page.empty.button.click()


def test_the_first_offers_are_asked_for_as_they_come(on: Rig, qtbot: QtBot) -> None:
    page = shown(on, qtbot)
    assert on.studio.asked_of_offers == []
    offers = offer(on)
    on.network.offers_changed.emit()
    qtbot.waitUntil(lambda: bool(on.studio.asked_of_offers))
    answer(on, picks_of(offers))
    assert len(page.list.views) == 6


def test_a_studio_that_fails_is_said_and_asked_again(on: Rig, qtbot: QtBot) -> None:
    offers = offer(on)
    page = shown(on, qtbot)
    answer(on, Failed(1, "The studio process ended", "exit code 1"))
    assert page.empty.words == "No offers could be chosen: The studio process ended: exit code 1"
    page.empty.button.click()
    answer(on, picks_of(offers))
    assert page.list.isVisible()


def test_a_dead_network_process_is_said(on: Rig, qtbot: QtBot) -> None:
    page, _offers = with_picks(on, qtbot)
    on.network.lost.emit("signal 9")
    assert page.line.words == "The network process ended: signal 9"
    on.network.show(GOOD)
    assert "In touch" in page.line.words
