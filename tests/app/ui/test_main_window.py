"""The window as a whole: pages, search, keys, focus, names, video, dropping, closing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.config import GEOMETRY, LAST_PAGE, SPLITTER, THEME, Settings
from app.errors import MediaError
from app.player.queue import Repeat
from app.protocol import Explain, Explanation, Failed, Part, PartKind, Reason, ReasonKind, RetryFailures, Scan
from app.ui.main_window import MainWindow
from app.ui.page_stack import Place
from tests.window import PlainPage, Rig, plain_places

NO = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot: QtBot, rig: Rig) -> MainWindow:
    made = rig.window()
    made.resize(1100, 700)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO) -> None:
    """A key as the desktop sends it: shortcuts first, then whoever has the focus."""
    QTest.keyClick(window.windowHandle(), key, modifiers)


# Pages and search


def test_pages_are_built_when_they_are_first_shown(qtbot: QtBot, rig: Rig) -> None:
    made: list[str] = []

    def place(name: str) -> Place:
        def make() -> QWidget:
            made.append(name)
            return QWidget()

        return Place(name, name, "music", make)

    window = rig.window([place("a"), place("b"), place("c")])
    assert made == ["a"]
    window.show_page("b")
    window.show_page("a")
    window.show_page("b")
    assert made == ["a", "b"]
    assert window.pages.current == "b"


def test_the_last_page_comes_back(rig: Rig) -> None:
    rig.settings.set(LAST_PAGE, "library")
    assert rig.window().pages.current == "library"
    rig.settings.set(LAST_PAGE, "gone since")
    assert rig.window().pages.current == "for-you"


def test_hidden_pages_have_no_line(rig: Rig) -> None:
    window = rig.window([*plain_places(), Place("similar", "Similar", "similar", QWidget, hidden=True)])
    assert "Similar" not in [action.text() for action in window.findChildren(type(window.commands.action("quit")))]
    assert window.show_page("similar") is window.pages.page("similar")


def test_search_reaches_the_page_a_moment_later(qtbot: QtBot, window: MainWindow) -> None:
    page = window.show_page("library")
    assert isinstance(page, PlainPage)
    press(window, Qt.Key.Key_F, CTRL)
    assert window.pages.field.hasFocus()
    with qtbot.waitSignal(window.searched) as told:
        for key in (Qt.Key.Key_B, Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_H):
            press(window, key)
    assert told.args == ["bach"]
    assert page.words == ["bach"], "one search, not four"
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.words == ["bach", ""])


def test_each_page_keeps_its_words(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("library")
    with qtbot.waitSignal(window.searched):
        QTest.keyClicks(window.pages.field, "bach")
    window.show_page("settings")
    assert window.pages.field.text() == ""
    window.show_page("library")
    assert window.pages.field.text() == "bach"
    window.pages.clear_search()
    assert window.pages.field.text() == ""


def test_on_a_page_without_search_the_words_go_to_the_library(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("settings")
    with qtbot.waitSignal(window.searched):
        QTest.keyClicks(window.pages.field, "x")
    page = window.pages.page("library")
    assert isinstance(page, PlainPage)
    assert window.pages.current == "library"
    assert page.words == ["x"]
    assert window.pages.field.text() == "x"


def test_pages_have_keys_and_badges(window: MainWindow) -> None:
    press(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.pages.current == "library"
    window.set_badge("library", "1,300")
    window.set_badge("no such page", "1")


# Keys


def test_space_plays_and_pauses(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items(rig.ids[:3])
    rig.player.advance(1)
    press(window, Qt.Key.Key_Space)
    assert not rig.playback.playing
    press(window, Qt.Key.Key_Space)
    assert rig.playback.playing


def test_text_fields_keep_space_and_arrows(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items(rig.ids[:3], 1)
    rig.player.advance(20)
    field = window.pages.field
    field.setFocus()
    for key, modifiers in (
        (Qt.Key.Key_A, NO),
        (Qt.Key.Key_Space, NO),
        (Qt.Key.Key_F, NO),
        (Qt.Key.Key_Left, SHIFT),
        (Qt.Key.Key_Left, CTRL),
        (Qt.Key.Key_Z, CTRL),
    ):
        press(window, key, modifiers)
    assert rig.playback.playing
    assert rig.playback.current_item == rig.ids[1]
    assert rig.playback.position == 20.0
    field.setText("")
    for key in (Qt.Key.Key_A, Qt.Key.Key_Space, Qt.Key.Key_V):
        press(window, key)
    assert field.text() == "a v"


def test_space_on_a_focused_button_presses_it(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items(rig.ids[:3])
    rig.player.advance(1)
    shuffle = window.player_bar.findChild(QToolButton, "player-bar-shuffle")
    assert shuffle is not None
    shuffle.setFocus(Qt.FocusReason.TabFocusReason)
    press(window, Qt.Key.Key_Space)
    assert rig.playback.shuffled
    assert rig.playback.playing


def test_keys_of_the_player(rig: Rig, window: MainWindow) -> None:
    playback = rig.playback
    playback.play_items(rig.ids[:3])
    rig.player.advance(20)
    press(window, Qt.Key.Key_Right, SHIFT)
    assert playback.position == 25.0
    press(window, Qt.Key.Key_Left, SHIFT)
    assert playback.position == 20.0
    press(window, Qt.Key.Key_Right, CTRL)
    assert playback.current_item == rig.ids[1]
    press(window, Qt.Key.Key_L, CTRL)
    assert rig.ratings.state(rig.ids[1]).liked == 1
    press(window, Qt.Key.Key_L, CTRL)
    assert rig.ratings.state(rig.ids[1]).liked == 0
    press(window, Qt.Key.Key_M, CTRL)
    assert rig.player.muted
    press(window, Qt.Key.Key_MediaNext)
    assert playback.current_item == rig.ids[2]
    press(window, Qt.Key.Key_R, CTRL)
    assert playback.queue.repeat == Repeat.LIST
    press(window, Qt.Key.Key_Z, CTRL)
    assert rig.ratings.state(rig.ids[1]).liked == 1, "the newest step, taking the like back, is undone"
    press(window, Qt.Key.Key_Z, CTRL | SHIFT)
    assert rig.ratings.state(rig.ids[1]).liked == 0


def test_jump_to_what_plays(rig: Rig, window: MainWindow) -> None:
    page = window.show_page("library")
    assert isinstance(page, PlainPage)
    rig.playback.play_items(rig.ids[:3], 2)
    press(window, Qt.Key.Key_J, CTRL)
    assert page.shown == [rig.ids[2]]


def test_tools_tell_the_studio(rig: Rig, window: MainWindow) -> None:
    press(window, Qt.Key.Key_F5)
    window.commands.action("retry").trigger()
    assert rig.studio.told == [Scan(), RetryFailures()]


@pytest.mark.parametrize(
    ("command", "signal"),
    [
        ("new-playlist", "new_playlist_wanted"),
        ("save-queue", "save_queue_wanted"),
        ("import-playlist", "import_playlist_wanted"),
        ("duplicates", "duplicates_wanted"),
        ("work", "work_wanted"),
    ],
)
def test_what_the_window_leaves_to_others(qtbot: QtBot, window: MainWindow, command: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(window, signal)):
        window.commands.action(command).trigger()


# What is shown


def test_every_part_that_takes_the_focus_has_a_name(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items([rig.ids[12], *rig.ids[:3]])
    rig.player.advance(1)
    window.commands.action("shortcuts").trigger()
    window.commands.action("about").trigger()
    window.explain(rig.ids[0], QPoint(10, 10))
    window.video.show("large")
    window.notify("text", "Undo", lambda: None)
    unnamed = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(widget.parentWidget(), QComboBox)
        and widget.objectName() not in ("qt_spinbox_lineedit", "qt_keysequenceedit_lineedit")
        and not widget.accessibleName()
        and not (isinstance(widget, QPushButton) and widget.text())
        and not (isinstance(widget, QToolButton) and widget.defaultAction() and widget.defaultAction().text())
    ]
    assert unnamed == []


def test_titles_from_outside_are_plain_and_shortened(rig: Rig, window: MainWindow, tmp_path: Path) -> None:
    nasty = "<img src=x><b>bold</b> & " + "very long " * 30
    rig.database.execute("UPDATE items SET title = ?, artist = ? WHERE id = ?", (nasty, nasty, rig.ids[0]))
    width = window.width()
    rig.playback.play_items(rig.ids[:2])
    QApplication.processEvents()
    assert window.width() == width
    assert window.minimumSizeHint().width() <= 1100
    assert nasty[:100] in window.windowTitle()
    assert len(window.windowTitle()) < 230
    tips = [part.toolTip() for part in window.findChildren(QWidget) if "very long" in part.toolTip()]
    assert tips
    assert all("<b>" not in tip for tip in tips)


def test_the_window_fits_a_small_screen(window: MainWindow) -> None:
    assert window.minimumSizeHint().width() <= 1000
    assert window.minimumSizeHint().height() <= 560


def test_the_theme_changes_while_it_runs(rig: Rig, window: MainWindow) -> None:
    before = window.grab().toImage().pixelColor(400, 300).lightness()
    rig.settings.set(THEME, "dark")
    rig.theme.wear("dark")
    QApplication.processEvents()
    dark = window.grab().toImage().pixelColor(400, 300).lightness()
    rig.theme.wear("light")
    QApplication.processEvents()
    assert dark < 60 < 200 < before
    assert window.grab().toImage().pixelColor(400, 300).lightness() == before


def test_a_private_session_is_seen(rig: Rig, window: MainWindow) -> None:
    marks = [
        button
        for button in window.player_bar.findChildren(QToolButton)
        if button.defaultAction() is window.commands.action("private")
    ]
    assert [mark.isVisible() for mark in marks] == [False]
    press(window, Qt.Key.Key_P, CTRL | SHIFT)
    assert rig.ratings.private
    assert marks[0].isVisible()
    assert marks[0].text() == "Private session"
    marks[0].click()
    assert not rig.ratings.private
    assert not marks[0].isVisible()


def test_errors_name_the_file_and_stay(rig: Rig, window: MainWindow) -> None:
    window.notify_error(MediaError("This cannot be decoded", "Convert it.", Path("/music/a/holiday.webm")))
    assert window.pages.notice.text == "holiday.webm: This cannot be decoded: Convert it."
    rig.studio.failed.emit(Failed(0, "A folder cannot be read", "Check its rights.", "/music/x"))
    assert window.pages.notice.text == "x: A folder cannot be read: Check its rights."
    press(window, Qt.Key.Key_Escape)
    assert window.pages.notice.text == ""


def test_the_studio_is_lost_and_comes_back(rig: Rig, window: MainWindow) -> None:
    rig.studio.lost.emit("signal 9")
    assert window.strip.isVisible()
    rig.studio.ready.emit(None)
    assert not window.strip.isVisible()


def test_why_the_whole_account(qtbot: QtBot, rig: Rig, window: MainWindow) -> None:
    window.explain(rig.ids[0], QPoint(50, 50))
    request, answer = rig.studio.asked[-1]
    assert request == Explain(1, rig.ids[0])
    parts = (Part(PartKind.ITEM, "Snow Drift", 0.5, rig.ids[1]), Part(PartKind.REMAINDER, "", 0.1))
    answer(Explanation(1, rig.ids[0], 0.8, 0.1, 0.6, parts, Reason(ReasonKind.BECAUSE, ("Snow Drift",))))
    assert rig.studio.asked[1:] == []


# Video


def test_video_goes_large_and_back(qtbot: QtBot, rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items(rig.ids[:1])
    press(window, Qt.Key.Key_F)
    assert window.video.where == "panel", "there is no video to enlarge"
    rig.playback.play_items([rig.ids[12], rig.ids[0]])
    rig.player.advance(1)
    press(window, Qt.Key.Key_V)
    assert window.video.where == "large"
    assert window.side_bar.isVisible()
    press(window, Qt.Key.Key_F)
    assert window.video.where == "full"
    assert window.isFullScreen()
    assert not window.side_bar.isVisible()
    assert not window.player_bar.isVisible()
    press(window, Qt.Key.Key_Space)
    assert not rig.playback.playing, "keys work while everything else is hidden"
    press(window, Qt.Key.Key_Escape)
    assert (window.video.where, window.isFullScreen()) == ("large", False)
    assert window.side_bar.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert window.video.where == "panel"
    assert not window.pages.field.hasFocus(), "the next Space must not end up in the search field"
    window.video.show("full")
    rig.playback.next()
    rig.player.advance(1)
    assert (window.video.where, window.isFullScreen()) == ("panel", False), "music needs no stage"


def test_hidden_bars_stay_hidden_after_full_screen(rig: Rig, window: MainWindow) -> None:
    window.commands.action("side-bar").trigger()
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(1)
    window.video.show("full")
    window.video.leave()
    assert not window.side_bar.isVisible()
    assert window.now_playing.isVisible()


def test_choosing_sound_and_subtitles(rig: Rig, window: MainWindow) -> None:
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(1)
    view = next(action.menu() for action in window.menuBar().actions() if action.text() == "View")
    view.aboutToShow.emit()
    menus = {action.text(): action.menu() for action in view.actions() if action.menu() is not None}
    sound = menus["Sound track"].actions()
    assert [action.text() for action in sound] == ["Original · en", "de"]
    sound[1].trigger()
    assert rig.player.audio_track == 1
    shown = menus["Subtitles"].actions()
    assert [action.text() for action in shown] == ["No subtitles", "de"]
    shown[1].trigger()
    assert rig.player.subtitle == 0
    view.aboutToShow.emit()
    menus["Subtitles"].actions()[0].trigger()
    assert rig.player.subtitle is None


def test_the_tab_key_goes_from_the_search_onto_the_page_and_back(rig: Rig, qtbot: QtBot) -> None:
    class Two(QWidget):
        def __init__(self) -> None:
            super().__init__()
            box = QVBoxLayout(self)
            for name in ("one", "two"):
                box.addWidget(QPushButton(name))

    window = rig.window([Place("for-you", "For You", "for-you", Two), Place("library", "Library", "library", Two)])
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for name in ("for-you", "library", "for-you"):
        page = window.show_page(name)
        buttons = page.findChildren(QPushButton)
        window.pages.field.setFocus()
        for button in buttons:
            press(window, Qt.Key.Key_Tab)
            assert button.hasFocus()
        for _ in buttons:
            press(window, Qt.Key.Key_Backtab, SHIFT)
        assert window.pages.field.hasFocus()


# Coming and going


def test_dropping_folders(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    carried = QMimeData()
    carried.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.mp3")])
    event = QDropEvent(QPointF(10, 10), Qt.DropAction.CopyAction, carried, Qt.MouseButton.LeftButton, NO)
    with qtbot.waitSignal(window.folders_dropped) as told:
        window.dropEvent(event)
    assert told.args == [[str(tmp_path)]]


def test_where_everything_stood_is_kept(rig: Rig, window: MainWindow) -> None:
    window.resize(790, 610)
    window.show_page("library")
    window.quit()
    kept = Settings(rig.folder / "settings.toml")
    assert kept.get(LAST_PAGE) == "library"
    assert kept.get(GEOMETRY)
    assert kept.get(SPLITTER)
    again = rig.window()
    assert again.size() == window.size()


def test_a_narrow_window_gives_the_panels_room_to_the_page(qtbot: QtBot, window: MainWindow) -> None:
    panel, action = window.now_playing, window.commands.action("panel")
    width = panel.width()
    panel.queue.list.setFocus()
    window.resize(760, 600)
    qtbot.waitUntil(panel.isHidden)
    assert not action.isChecked()
    assert window.pages.isAncestorOf(QApplication.focusWidget() or window)
    window.resize(1100, 700)
    qtbot.waitUntil(panel.isVisible)
    assert action.isChecked()
    assert panel.width() == width


def test_a_panel_wanted_in_a_narrow_window_stays(qtbot: QtBot, window: MainWindow) -> None:
    panel, action = window.now_playing, window.commands.action("panel")
    window.resize(760, 600)
    qtbot.waitUntil(panel.isHidden)
    action.trigger()
    assert panel.isVisible()
    window.resize(740, 600)
    assert panel.isVisible()
    action.trigger()
    window.resize(1100, 700)
    assert panel.isHidden()


def test_a_film_is_seen_in_a_narrow_window(qtbot: QtBot, rig: Rig, window: MainWindow) -> None:
    panel = window.now_playing
    window.resize(760, 600)
    qtbot.waitUntil(panel.isHidden)
    rig.playback.play_items([rig.ids[12]])
    qtbot.waitUntil(panel.isVisible)
    window.resize(1100, 700)
    window.resize(760, 600)
    assert panel.isVisible()


@pytest.mark.parametrize("damaged", ["no base64!", "AAAA", ""])
def test_damaged_geometry_is_no_trouble(rig: Rig, damaged: str) -> None:
    rig.settings.set(GEOMETRY, damaged)
    rig.settings.set(SPLITTER, damaged)
    assert rig.window().width() >= 720


def test_closing_may_only_hide(qtbot: QtBot, window: MainWindow) -> None:
    window.stay_when_closed(True)
    window.close()
    assert window.isHidden()
    window.show()
    with qtbot.waitSignal(window.closing):
        window.commands.action("quit").trigger()


def test_the_window_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, app.ui.main_window, app.ui.play_memory, app.ui.tray;"
        "print([m for m in ('torch','lancedb','sklearn','transformers','scipy','av') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "[]"


def test_focus_goes_round_by_tab_and_is_seen(rig: Rig) -> None:
    def page() -> QWidget:
        made = QWidget()
        box = QVBoxLayout(made)
        box.addWidget(QLineEdit())
        return made

    window = rig.window([Place("a", "A", "music", page)])
    window.show()
    window.activateWindow()
    rig.playback.play_items(rig.ids[:3])
    rig.player.advance(1)
    seen = set()
    for _ in range(40):
        press(window, Qt.Key.Key_Tab)
        seen.add(type(QApplication.focusWidget()).__name__)
    assert {"SearchField", "SeekSlider", "ClickSlider", "QToolButton", "QListWidget"} <= seen
    button = window.player_bar.findChildren(QAbstractButton)[0]
    plain = button.grab().toImage()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert button.grab().toImage() != plain
