"""Publishing: what of the library others may see and have, with a preview of exactly what leaves.

Choosing here changes nothing until the button is pressed. Reads the store, acts through `Publishing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.network_messages import NetworkProgress
from app.store.item_values import Folder
from app.store.playlists import PlaylistRow
from app.store.publications import Preview
from app.ui.item_models.preview_model import PreviewColumn, PreviewModel
from app.ui.network import NetworkBridge
from app.ui.network_words import items_words, number
from app.ui.pages.empty import EmptyState
from app.ui.pages.publishing_sources import PublishingSources
from app.ui.publishing import Publishing
from app.ui.publishing_words import exact_words, leaving_words, summary_words, warning_words
from app.ui.theme import Space, Theme
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, page_heading

SETTLE_MS = 150
_WIDTHS = {
    PreviewColumn.ARTIST: 120,
    PreviewColumn.ALBUM: 120,
    PreviewColumn.TAGS: 90,
    PreviewColumn.YEAR: 50,
    PreviewColumn.TIME: 56,
    PreviewColumn.LICENCE: 110,
    PreviewColumn.SIZE: 80,
    PreviewColumn.VECTORS: 84,
}
_ROOM = {
    PreviewColumn.TAGS: 870,
    PreviewColumn.YEAR: 780,
    PreviewColumn.ALBUM: 730,
    PreviewColumn.TIME: 610,
    PreviewColumn.VECTORS: 550,
    PreviewColumn.ARTIST: 420,
}
"""A column is left out where the preview is narrower than this; the line below names all of it in any case."""


class FolderReader(Protocol):
    """Who knows the folders of the library."""

    def folders(self) -> Sequence[Folder]: ...


class PlaylistReader(Protocol):
    """Who knows the playlists."""

    def all(self) -> Sequence[PlaylistRow]: ...


class PublishingPage(QWidget):
    """`settings_wanted` is for the window: to switch the network or publishing on."""

    notice = Signal(str)
    settings_wanted = Signal()
    back_wanted = Signal()

    def __init__(
        self,
        folders: FolderReader,
        playlists: PlaylistReader,
        publishing: Publishing,
        network: NetworkBridge,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Publishing")
        self.icon_name = "upload"
        self._folders, self._playlists = folders, playlists
        self._publishing, self._network, self._theme = publishing, network, theme
        self._preview: Preview | None = None
        self._read = ""
        """How much of what is published was read, in words, while that goes on."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._ask)
        self.sources = PublishingSources(theme, self)
        self._model = PreviewModel(self)
        self.table = QTableView(self)
        self.empty = EmptyState(theme, "upload", "", parent=self)
        self._build()
        self._connect()

    # What the window asks

    def refresh(self) -> None:
        """Show what is published now; what was ticked and not published is forgotten."""
        self.sources.show_sources(self._folders.folders(), self._playlists.all(), self._publishing.chosen())
        self._say_now()
        self._ask()

    def open_playlist(self, playlist: int) -> None:
        """Tick one playlist, so that its preview shows."""
        self._tick(playlist, True)

    def open_folder(self, folder: int) -> None:
        """Tick one folder."""
        self._tick(folder, False)

    def focus_first(self) -> bool:
        """Put the keyboard on the first folder or playlist."""
        for row in self.sources.findChildren(QWidget):
            if row.focusPolicy() & Qt.FocusPolicy.TabFocus and row.isVisibleTo(self):
                row.setFocus()
                return True
        return False

    @property
    def summary(self) -> str:
        """What would leave, in words."""
        return self._summary.text()

    @property
    def warning(self) -> str:
        """What speaks against it; "" for nothing."""
        return "" if self._warning_box.isHidden() else self._warning.text()

    @property
    def exact(self) -> str:
        """What leaves of the chosen Item, field by field."""
        return self._exact.text()

    @property
    def preview(self) -> Preview | None:
        return self._preview

    # Inside

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        self._now = QLabel(self)
        self._now.setProperty("role", "muted")
        self._now.setTextFormat(Qt.TextFormat.PlainText)
        self._now.setWordWrap(True)
        self._stop = QPushButton(self.tr("Stop publishing"), self)
        self._switch = QPushButton(self.tr("Network settings…"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.S, Space.M, Space.L, 0)
        bar.setSpacing(Space.S)
        self._back = icon_button(self._theme, "chevron-left", self.tr("Back to the peers"), self)
        bar.addWidget(self._back)
        bar.addWidget(heading)
        bar.addStretch(1)
        bar.addWidget(self._switch)
        bar.addWidget(self._stop)
        under = QHBoxLayout()
        under.setContentsMargins(Space.L, Space.XS, Space.L, Space.S)
        under.addWidget(self._now)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.sources)
        split.addWidget(self._preview_part())
        split.setStretchFactor(1, 1)
        split.setSizes([230, 600])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(under)
        column.addWidget(split, 1)

    def _preview_part(self) -> QWidget:
        part = QWidget(self)
        self._summary = QLabel(part)
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self._summary.setWordWrap(True)
        self._publish = QPushButton(part)
        self._publish.setProperty("primary", True)
        head = QHBoxLayout()
        head.setContentsMargins(Space.M, Space.S, Space.L, Space.S)
        head.setSpacing(Space.M)
        head.addWidget(self._summary, 1)
        head.addWidget(self._publish, 0, Qt.AlignmentFlag.AlignTop)
        self._dress_table()
        self._exact = QLabel(part)
        self._exact.setTextFormat(Qt.TextFormat.PlainText)
        self._exact.setProperty("role", "small")
        self._exact.setWordWrap(True)
        self._exact.setAccessibleName(self.tr("What leaves of the chosen item"))
        self._exact.setContentsMargins(Space.M, Space.S, Space.L, Space.S)
        self._exact.setMinimumHeight(64)
        self._exact.setAlignment(Qt.AlignmentFlag.AlignTop)
        shown = QWidget(part)
        inside = QVBoxLayout(shown)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addLayout(head)
        inside.addWidget(self._warning_part(shown))
        inside.addWidget(self.table, 1)
        inside.addWidget(self._exact)
        self._stack = QStackedWidget(part)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
        self._shown = shown
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._stack)
        return part

    def _warning_part(self, parent: QWidget) -> QWidget:
        self._warning_box = QWidget(parent)
        self._warning_box.setProperty("surface", "frame")
        self._warning_box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sign = QLabel(self._warning_box)
        self._draw()
        self._theme.changed.connect(self._draw)
        self._warning = QLabel(self._warning_box)
        self._warning.setTextFormat(Qt.TextFormat.PlainText)
        self._warning.setWordWrap(True)
        self._keep = QPushButton(self.tr("Keep these private"), self._warning_box)
        words = QVBoxLayout()
        words.setSpacing(Space.S)
        words.addWidget(self._warning)
        words.addWidget(self._keep, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self._warning_box)
        row.setContentsMargins(Space.M, Space.S, Space.L, Space.S)
        row.setSpacing(Space.M)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._warning_box.hide()
        return self._warning_box

    def _dress_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.setAccessibleName(self.tr("What would leave"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setStyleSheet("QTableView::item { padding: 0 6px; }")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(28)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicatorClearable(True)
        header.setMinimumSectionSize(44)
        header.setSectionResizeMode(PreviewColumn.TITLE, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            table.setColumnWidth(column, width)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def _connect(self) -> None:
        self.sources.changed.connect(self._settling.start)
        self._model.tick_wanted.connect(lambda item, leaves: self._tick_items([int(item)], leaves))
        self.table.selectionModel().currentRowChanged.connect(lambda now, _before: self._say_exact(now.row()))
        self.table.horizontalHeader().geometriesChanged.connect(self._mind_width)
        self._publish.clicked.connect(self.publish)
        self._stop.clicked.connect(self.stop)
        self._keep.clicked.connect(self.keep_unfree_private)
        self._switch.clicked.connect(self.settings_wanted)
        self._publishing.changed.connect(self._take_change)
        self._publishing.privacy_changed.connect(self._ask)
        self._back.clicked.connect(self.back_wanted)
        self._publishing.said.connect(self.notice)
        self._network.state_changed.connect(self._say_now)
        self._network.switched.connect(self._say_now)
        self._network.progressed.connect(self._take_progress)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Not when the whole window comes back: what was ticked meanwhile stays.
        if not event.spontaneous():
            self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    # The deeds

    def publish(self) -> None:
        """Publish what is ticked."""
        preview = self._preview
        if preview is not None:
            self._publishing.choose(self.sources.chosen, len(preview.items) - preview.kept_private)

    def stop(self) -> None:
        """Publish nothing any longer."""
        self._publishing.choose(())

    def keep_unfree_private(self) -> None:
        """Keep back whatever has no licence that lets it be shared."""
        if self._preview is not None:
            self._publishing.keep_private([row.item for row in self._preview.items if not row.free and not row.private])

    def _tick(self, number_of: int, playlist: bool) -> None:
        row = self.sources.row(number_of, playlist)
        if row is None:
            self.refresh()
            row = self.sources.row(number_of, playlist)
        if row is not None:
            row.box.setChecked(True)
            row.box.setFocus()
            self.sources.ensureWidgetVisible(row)

    def _tick_items(self, items: Sequence[int], leaves: bool) -> None:
        # A box that is pressed among several chosen rows acts on all of them.
        chosen = [self._model.rows[index.row()] for index in self.table.selectionModel().selectedRows()]
        wanted = [int(row.item) for row in chosen if row.private is leaves]
        if set(items) <= set(wanted):
            items = wanted
        (self._publishing.allow if leaves else self._publishing.keep_private)(items)

    def _take_change(self) -> None:
        if self.isVisible():
            self.refresh()

    # The words

    def _ask(self) -> None:
        chosen = self.sources.chosen
        if not chosen:
            self._take(Preview((), 0, 0, 0, 0, 0))
        else:
            self._publishing.preview(chosen, self._take)

    def _take(self, preview: Preview) -> None:
        self._preview = preview
        self._model.show_rows(preview.items)
        if preview.items and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._say_exact(self.table.currentIndex().row())
        self._summary.setText(summary_words(preview))
        self._warning.setText(warning_words(preview))
        self._warning_box.setVisible(bool(preview.unfree))
        chosen, before = self.sources.chosen, self._publishing.chosen()
        leaving = leaving_words(preview)
        if before:
            self._publish.setText(self.tr("Publish these: {items}").format(items=leaving))
        else:
            self._publish.setText(self.tr("Publish {items}").format(items=leaving))
        self._publish.setEnabled(bool(chosen) and chosen != before)
        self._publish.setVisible(chosen != before)
        if not chosen:
            self._say_nothing(bool(before))
        self._stack.setCurrentWidget(self._shown if chosen else self.empty)

    def _say_nothing(self, before: bool) -> None:
        if before:
            self.empty.say(self.tr("Nothing is ticked. “Stop publishing” takes back what is published now."))
            return
        self.empty.say(
            self.tr(
                "You publish nothing. Tick a folder or a playlist to see, item by item, what others would get; nothing "
                "leaves before you press “Publish”."
            )
        )

    def _say_exact(self, at: int) -> None:
        rows = self._model.rows
        self._exact.setText(exact_words(rows[at]) if 0 <= at < len(rows) else "")

    def _take_progress(self, event: NetworkProgress) -> None:
        if event.what == "hashing":
            under_way = 0 <= event.done < event.total
            words = self.tr("{done} of {total} read.").format(done=number(event.done), total=number(event.total))
            self._read = words if under_way else ""
            self._say_now()

    def _draw(self) -> None:
        self._sign.setPixmap(self._theme.pixmap("warning", 20, "danger", self.devicePixelRatioF()))

    def _say_now(self, _event: object = None) -> None:
        chosen = self._publishing.chosen()
        count = self._publishing.published()
        state = self._network.state
        if not chosen and not (count and self._publishing.leaves):
            words = self.tr("Nothing of yours is published.")
        elif not chosen:
            words = self.tr("Being taken back: {items}.").format(items=items_words(count))
        elif not self._publishing.leaves:
            words = self.tr(
                "Your choice is kept, but nothing leaves: the network, or publishing in its settings, is off."
            )
        elif self._read:
            words = self.tr("The catalogue is being made: {read}").format(read=self._read)
        elif state is not None and state.publishing:
            words = self.tr("The catalogue is being made anew; now it holds {items}.").format(items=items_words(count))
        else:
            words = self.tr("Published now: {items}.").format(items=items_words(count))
        self._now.setText(words)
        self._stop.setVisible(bool(chosen))
        self._switch.setVisible(not self._publishing.leaves)

    def _mind_width(self) -> None:
        width = self.table.viewport().width()
        for column, room in _ROOM.items():
            if self.table.isColumnHidden(column) != (width < room):
                self.table.setColumnHidden(column, width < room)
