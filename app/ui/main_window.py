"""The window: pages in the middle, what plays at the right, the player at the foot, the commands that join them.

The composition gives it everything ready made; pages are built when they are first shown. What only others can
do (folders, playlists) leaves as signals.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QPoint, QStandardPaths, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.config import GEOMETRY, LAST_PAGE, SPLITTER, Settings
from app.errors import BowerbirdError
from app.player.playable import Playable
from app.protocol import Failed, RetryFailures, Scan
from app.ui.about import AboutDialog
from app.ui.bridge import StudioBridge
from app.ui.commands import Commands
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.film_tiles import FilmTiles
from app.ui.item_models.items_model import Lists
from app.ui.item_models.queue_model import QueueModel
from app.ui.menus import Menus
from app.ui.now_playing import NowPlaying
from app.ui.page_stack import Finder, PageStack, Place
from app.ui.play_commands import PlayCommands
from app.ui.playback import Playback
from app.ui.player_bar import PlayerBar
from app.ui.progress_strip import ProgressStrip
from app.ui.queue_view import QueueView
from app.ui.ratings import Ratings
from app.ui.shortcuts import ShortcutsDialog
from app.ui.side_bar import SideBar
from app.ui.theme import Theme
from app.ui.undo import UndoList
from app.ui.video_stage import LargeVideo
from app.ui.video_view import VideoFeed
from app.ui.why_panel import WhyPanel

_PANEL = 296
_LEAST_PANEL = 248
_ROOM_FOR_BOTH = 920
"""A narrower window has no room for the side bar, a page and the panel."""
_ONTO_PAGE = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Home)


class MainWindow(QMainWindow):
    """Everything that is seen.

    Signals ask for what the window cannot do itself: `folders_dropped(paths)` (dropped, or chosen in the dialog),
    `new_playlist_wanted`, `save_queue_wanted`, `import_playlist_wanted`, `duplicates_wanted`, `work_wanted` (the
    page of details of long work), `moments_wanted(item, seconds)` (those that look like a film's moment),
    `quit_wanted`, and `closing`, after which nothing may be asked of it.
    """

    folders_dropped = Signal(object)
    new_playlist_wanted = Signal()
    save_queue_wanted = Signal()
    import_playlist_wanted = Signal()
    duplicates_wanted = Signal()
    work_wanted = Signal()
    moments_wanted = Signal(int, float)
    searched = Signal(str)
    page_shown = Signal(str)
    closing = Signal()

    def __init__(
        self,
        *,
        places: Sequence[Place],
        playback: Playback,
        ratings: Ratings,
        undo: UndoList,
        actions: ItemActions,
        lists: Lists,
        covers: Covers,
        tiles: FilmTiles,
        studio: StudioBridge,
        feed: VideoFeed,
        theme: Theme,
        settings: Settings,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Bowerbird")
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.setUnifiedTitleAndToolBarOnMac(True)
        self._playback, self._ratings, self._undo = playback, ratings, undo
        self._studio, self._theme, self._settings, self._lists = studio, theme, settings, lists
        self._covers = covers
        self._dialogs: dict[str, QDialog] = {}
        self._why: WhyPanel | None = None
        self._stays = False
        self._narrow, self._folded = False, False
        """Whether the window is too narrow for the panel, and whether the panel is hidden for that."""
        self._panel_width = _PANEL
        """How wide the panel is where it has room, in px."""
        shown = [place for place in places if not place.hidden]
        pages = [(place.name, place.title, place.icon_name) for place in shown]
        self.commands = Commands(settings, theme, self, pages)
        self.strip = ProgressStrip(studio, theme)
        self.pages = PageStack(places, self.strip, theme)
        self.side_bar = SideBar(theme)
        self.player_bar = PlayerBar(playback, ratings, self.commands, tiles, theme)
        self.queue_model = QueueModel(playback, lists, self)
        queue = QueueView(self.queue_model, playback, actions, theme, self.commands.action("clear-queue"))
        self.now_playing = NowPlaying(playback, ratings, lists, covers, studio, feed, queue, theme)
        self._centre = QStackedWidget()
        self.video = LargeVideo(self._centre, feed, playback, self.commands, tiles, theme, self)
        self.video.similar_wanted.connect(self.moments_wanted)
        self.video.only_video.connect(self._show_only_video)
        self.video.changed.connect(self._on_video_moved)
        for place in shown:
            self.side_bar.add_page(place.name, place.title, place.icon_name)
        self._menus = Menus(
            self.menuBar(),
            self.commands,
            playback,
            ratings,
            theme,
            settings,
            pages,
            self.show_page,
        )
        self._lay_out()
        self._connect(actions)
        self._play_commands = PlayCommands(self.commands, playback, ratings, undo, settings, self)
        self._play_commands.said.connect(self._tell_undoable)
        self._connect_commands()
        self._restore(shown)

    # What others ask

    def show_page(self, name: str) -> QWidget:
        """Bring a page up and leave a large video; returns the page. The keyboard goes there too, unless it is
        walking through the side bar."""
        self.video.leave()
        page = self.pages.show_page(name)
        if not self.side_bar.has_keys:
            self.pages.focus_page()
        return page

    def notify(
        self, text: str, action: str = "", act: Callable[[], None] | None = None, *, trouble: bool = False
    ) -> None:
        """Say something in one quiet line; `act` is offered as `action`."""
        self.pages.notice.say(text, action, act, trouble=trouble)

    def notify_error(self, error: BowerbirdError | Failed) -> None:
        """Say what went wrong, with which file, and what to do."""
        path = Path(error.path).name if error.path else ""
        parts = (path, error.title, error.detail)
        self.notify(": ".join(part for part in parts if part), trouble=True)

    def explain(self, item: int, at: QPoint) -> None:
        """Open the account of an Item's score."""
        if self._why is None:
            self._why = WhyPanel(self._studio, self._lists, self._theme, self)
        self._why.show_for(item, at)

    def set_badge(self, page: str, text: str) -> None:
        """A count beside a page's name; "" for none."""
        self.side_bar.set_badge(page, text)

    def jump_to_playing(self) -> None:
        """Show what plays: in the queue, and on the page where that can find it."""
        self.now_playing.queue.list.show_current()
        item = self._playback.current_item
        page = self.pages.page(self.pages.current)
        if item and isinstance(page, Finder):
            page.show_item(item)

    def add_folder(self) -> None:
        """Let the user choose a folder."""
        music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Add a folder to the library"), music)
        if chosen:
            self.folders_dropped.emit([chosen])

    def refresh(self) -> None:
        """Items or scores changed: what the window itself shows of them is read anew."""
        self.queue_model.refresh()
        self.now_playing.refresh()

    def stay_when_closed(self, stays: bool) -> None:
        """Closing only hides the window, because something else (the tray) brings it back."""
        self._stays = stays

    def quit(self) -> None:
        """Close for good."""
        self._stays = False
        self.close()

    # Layout

    def _lay_out(self) -> None:
        self._centre.addWidget(self.pages)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._centre)
        self._splitter.addWidget(self.now_playing)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.splitterMoved.connect(lambda _at, _handle: self._note_panel_width())
        self.now_playing.setMinimumWidth(_LEAST_PANEL)
        self._splitter.setSizes([1100 - _PANEL, _PANEL])
        self._lines = (_line(), _line())
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.side_bar)
        self._lines[0].setFixedWidth(1)
        across.addWidget(self._lines[0])
        across.addWidget(self._splitter, 1)
        self._lines[1].setFixedHeight(1)
        whole = QWidget()
        down = QVBoxLayout(whole)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addLayout(across, 1)
        down.addWidget(self._lines[1])
        down.addWidget(self.player_bar)
        self.setCentralWidget(whole)

    def _connect(self, actions: ItemActions) -> None:
        playback, studio = self._playback, self._studio
        self.side_bar.chosen.connect(self.show_page)
        self.side_bar.entered.connect(self.pages.focus_page)
        self.pages.shown.connect(self._on_page)
        self.pages.built.connect(self._on_built)
        self.pages.searched.connect(self.searched)
        self.strip.details_wanted.connect(self.work_wanted)
        self.player_bar.title_clicked.connect(self.jump_to_playing)
        self.now_playing.explain_wanted.connect(self.explain)
        self.now_playing.large_video_wanted.connect(lambda: self.video.show("large"))
        self.now_playing.full_screen_wanted.connect(lambda: self.video.show("full"))
        self.now_playing.cover_clicked.connect(self.jump_to_playing)
        actions.notice.connect(self._tell_undoable)
        actions.explain.connect(self.explain)
        self._ratings.said.connect(self.notify)
        self._undo.said.connect(self.notify)
        playback.failed.connect(self.notify_error)
        playback.current_changed.connect(self._on_current)
        self._theme.changed.connect(lambda: self._covers.set_dark(self._theme.dark))
        self._covers.set_dark(self._theme.dark)
        studio.progressed.connect(self.strip.show_progress)
        studio.job_ended.connect(self.strip.end)
        studio.failed.connect(self.notify_error)
        studio.lost.connect(self.strip.studio_lost)
        studio.ready.connect(lambda _ready: self.strip.studio_ready())

    def _connect_commands(self) -> None:
        on = self.commands.on
        on("add-folder", self.add_folder)
        on("quit", self.quit)
        on("new-playlist", self.new_playlist_wanted.emit)
        on("save-queue", self.save_queue_wanted.emit)
        on("import-playlist", self.import_playlist_wanted.emit)
        on("jump", self.jump_to_playing)
        on("search", self._focus_search)
        on("side-bar", lambda: self.side_bar.setVisible(self.side_bar.isHidden())).setChecked(True)
        on("panel", lambda: self._show_panel(self.now_playing.isHidden())).setChecked(True)
        on("large-video", lambda: self.video.show("panel" if self.video.large else "large"))
        on("video-full-screen", self.video.toggle_full)
        on("full-screen", self._toggle_full_screen)
        on("rescan", lambda: self._studio.tell(Scan()))
        on("retry", lambda: self._studio.tell(RetryFailures()))
        on("duplicates", self.duplicates_wanted.emit)
        on("work", self.work_wanted.emit)
        on("settings", lambda: self.show_page("settings")).setEnabled(self.pages.has("settings"))
        on("shortcuts", lambda: self._open("shortcuts", lambda: ShortcutsDialog(self.commands, self._theme, self)))
        on("about", lambda: self._open("about", lambda: AboutDialog(self._theme, self)))

    def _restore(self, shown: Sequence[Place]) -> None:
        self.resize(1180, 760)
        self.restoreGeometry(_bytes(self._settings.get(GEOMETRY)))
        self._splitter.restoreState(_bytes(self._settings.get(SPLITTER)))
        last = self._settings.get(LAST_PAGE)
        names = [place.name for place in shown]
        if names:
            # No list has the keys yet: they mean what plays until an arrow leads onto the page.
            self.pages.show_page(last if last in names else names[0]).setFocus()
        self._on_current(self._playback.current)

    # Commands

    def _tell_undoable(self, text: str) -> None:
        """Say what was done; where it was the newest step, offer the way back."""
        if self._undo.undo_text:
            self.notify(text, self.tr("Undo"), self._undo.undo)
        else:
            self.notify(text)

    def _focus_search(self) -> None:
        self.video.leave()
        self.pages.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.pages.field.selectAll()

    def _open(self, name: str, make: Callable[[], QDialog]) -> None:
        dialog = self._dialogs.get(name)
        if dialog is None:
            dialog = self._dialogs[name] = make()
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    # Pages

    def _on_page(self, name: str) -> None:
        self.side_bar.set_current(name)
        self.page_shown.emit(name)

    def _on_built(self, _name: str, page: QWidget) -> None:
        """Pages ask the window for things by signals that all of them name alike."""
        for signal, act in (
            ("notice", self.notify),
            ("search_cleared", self.pages.clear_search),
            ("add_folder_wanted", self.add_folder),
        ):
            told = getattr(page, signal, None)
            if told is not None:
                told.connect(act)

    # What plays

    def _on_current(self, playable: Playable | None) -> None:
        self.setWindowTitle(_title(playable))
        self._unfold_for_film()

    def _on_video_moved(self, large: bool) -> None:
        self.now_playing.set_shown_large(large)
        self._unfold_for_film()
        if not large and self.isVisible():
            self.pages.focus_page()

    def _show_only_video(self, only: bool) -> None:
        """On the full screen everything but the picture is hidden; then what the user had there comes back."""
        for side, command in ((self.side_bar, "side-bar"), (self.now_playing, "panel")):
            side.setVisible(not only and self.commands.action(command).isChecked())
        for part in (self.menuBar(), self.player_bar, *self._lines):
            part.setVisible(not only)
        if only != self.isFullScreen():
            self._set_full_screen(only)

    def _show_panel(self, shown: bool, *, folded: bool = False) -> None:
        """Show or hide the panel; `folded` when only the lack of room hides it."""
        self._folded = folded
        self.commands.action("panel").setChecked(shown)
        had_keys = self.now_playing.isAncestorOf(QApplication.focusWidget() or self)
        self.now_playing.setVisible(shown and not self.player_bar.isHidden())
        if had_keys and not shown:
            self.pages.focus_page()

    def _note_panel_width(self) -> None:
        if self.now_playing.isVisible():
            self._panel_width = self.now_playing.width()

    def _film_in_panel(self) -> bool:
        current = self._playback.current
        return current is not None and current.is_video and not self.video.large

    def _unfold_for_film(self) -> None:
        if self._folded and self._film_in_panel():
            self._show_panel(True)

    def _toggle_full_screen(self) -> None:
        if self.video.large:
            self.video.toggle_full()
        else:
            self._set_full_screen(not self.isFullScreen())

    def _set_full_screen(self, full: bool) -> None:
        self.commands.action("full-screen").setChecked(full)
        state, bit = self.windowState(), Qt.WindowState.WindowFullScreen
        self.setWindowState(state | bit if full else state & ~bit)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the page gets the room of the panel, unless a film is seen there."""
        super().resizeEvent(event)
        narrow = self.width() < _ROOM_FOR_BOTH
        if narrow == self._narrow:
            if not narrow:
                self._note_panel_width()
            return
        self._narrow = narrow
        if not narrow and self._folded:
            self._show_panel(True)
            self._splitter.setSizes([self._splitter.width() - self._panel_width, self._panel_width])
        elif narrow and not self.now_playing.isHidden() and not self._film_in_panel():
            self._show_panel(False, folded=True)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # Space presses the button that has the focus; everywhere else it is play and pause.
            focus = QApplication.focusWidget()
            if event.key() == Qt.Key.Key_Space and isinstance(focus, (QAbstractButton, QComboBox)):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = self.pages.page(self.pages.current)
        if event.key() in _ONTO_PAGE and not event.modifiers() and page.hasFocus():
            self.pages.focus_page()
        elif event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.video.large:
            self.video.step_back()
        elif self.isFullScreen():
            self._set_full_screen(False)
        elif self.pages.notice.isVisible():
            self.pages.notice.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.folders_dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.video.leave()
        if self._stays:
            event.ignore()
            self.hide()
            return
        self._settings.set(GEOMETRY, _text(self.saveGeometry()))
        self._settings.set(SPLITTER, _text(self._splitter.saveState()))
        self._settings.set(LAST_PAGE, self.pages.current)
        for dialog in self._dialogs.values():
            dialog.close()
        self.closing.emit()
        event.accept()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    return line


def _title(playable: Playable | None) -> str:
    if playable is None:
        return "Bowerbird"
    words = f"{playable.title} – {playable.artist}" if playable.artist else playable.title
    return f"{' '.join(words.split())[:200]} – Bowerbird"


def _text(state: QByteArray) -> str:
    return base64.b64encode(state.data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
