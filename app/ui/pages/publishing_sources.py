"""The folders and playlists that may be published: a box for each, and its licence once it is ticked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.store.item_values import Folder
from app.store.playlists import PlaylistRow
from app.store.publications import Source
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line, plain_tip

LICENCES = (
    "CC0 1.0",
    "CC BY 4.0",
    "CC BY-SA 4.0",
    "CC BY-NC 4.0",
    "CC BY-ND 4.0",
    "CC BY-NC-SA 4.0",
    "CC BY-NC-ND 4.0",
    "Public domain",
)
"""As tags name them; others can be typed."""
_BOX = 32
"""Pixels of the box beside the name."""


class SourceRow(QWidget):
    """One folder or playlist. `changed` when it is ticked or its licence is another."""

    changed = Signal()

    def __init__(self, number: int, playlist: bool, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._playlist = number, playlist
        self._name = one_line(name)
        self.box = QCheckBox(self)
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.box.setAccessibleName(self.tr("Publish {name}").format(name=self._name))
        self.box.setToolTip(plain_tip(tip))
        self.licence = QComboBox(self)
        self.licence.setEditable(True)
        self.licence.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.licence.addItem("")
        self.licence.addItems(LICENCES)
        self.licence.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.licence.setMinimumContentsLength(10)
        self.licence.setAccessibleName(self.tr("Licence of {name} where tags name none").format(name=self._name))
        self.licence.setToolTip(self.tr("The licence of items whose tags name none"))
        self.licence.view().setAccessibleName(self.licence.accessibleName())
        line = self.licence.lineEdit()
        if line is not None:
            line.setPlaceholderText(self.tr("licence: none"))
            line.setMaxLength(200)
            line.setAccessibleName(self.licence.accessibleName())
            line.editingFinished.connect(self.changed)
        self.licence.activated.connect(lambda _at: self.changed.emit())
        self.box.toggled.connect(self._toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, Space.XS)
        column.setSpacing(2)
        column.addWidget(self.box)
        under = QVBoxLayout()
        under.setContentsMargins(Space.XL, 0, 0, 0)
        under.addWidget(self.licence)
        column.addLayout(under)
        self.licence.hide()

    @property
    def source(self) -> Source:
        return Source(self._number, self._playlist, self.licence.currentText().strip())

    @property
    def ticked(self) -> bool:
        return self.box.isChecked()

    def put(self, source: Source | None) -> None:
        """Show what is chosen, without saying so; None: it is not."""
        self.blockSignals(True)
        self.box.setChecked(source is not None)
        self.licence.setCurrentText(source.licence if source is not None else "")
        self.licence.setVisible(source is not None)
        self.blockSignals(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        shown = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, self.width() - _BOX)
        # An ampersand in a name is a letter, not a key.
        self.box.setText(shown.replace("&", "&&"))

    def _toggle(self, on: bool) -> None:
        self.licence.setVisible(on)
        self.changed.emit()


class PublishingSources(QScrollArea):
    """All of them, folders first. `changed` when what is ticked is another."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: dict[tuple[int, bool], SourceRow] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(190)
        self.viewport().setAutoFillBackground(False)

    @property
    def chosen(self) -> tuple[Source, ...]:
        """What is ticked now, published or not yet."""
        return tuple(row.source for row in self._rows.values() if row.ticked)

    def row(self, number: int, playlist: bool) -> SourceRow | None:
        """The row of one folder or playlist."""
        return self._rows.get((number, playlist))

    def show_sources(
        self, folders: Sequence[Folder], playlists: Sequence[PlaylistRow], chosen: Sequence[Source]
    ) -> None:
        """Show what there is, with these ticked."""
        self._rows.clear()
        inside = QWidget()
        inside.setAutoFillBackground(False)
        column = QVBoxLayout(inside)
        column.setContentsMargins(Space.L, 0, Space.M, Space.L)
        column.setSpacing(Space.XS)
        ticked = {(source.number, source.playlist): source for source in chosen}
        self._head(column, self.tr("Folders"), inside)
        for folder in folders:
            name = Path(folder.path).name or folder.path
            self._add(column, folder.id, False, name, folder.path, ticked)
        if not folders:
            self._note(column, self.tr("No folder yet."), inside)
        self._head(column, self.tr("Playlists"), inside)
        for playlist in playlists:
            self._add(column, playlist.id, True, playlist.name, playlist.name, ticked)
        if not playlists:
            self._note(column, self.tr("No playlist yet."), inside)
        column.addStretch(1)
        self.setWidget(inside)

    def _add(
        self,
        column: QVBoxLayout,
        number: int,
        playlist: bool,
        name: str,
        tip: str,
        ticked: dict[tuple[int, bool], Source],
    ) -> None:
        row = SourceRow(number, playlist, name, tip)
        row.put(ticked.get((number, playlist)))
        row.changed.connect(self.changed)
        self._rows[number, playlist] = row
        column.addWidget(row)

    def _head(self, column: QVBoxLayout, words: str, parent: QWidget) -> None:
        label = QLabel(words, parent)
        label.setFont(self._theme.font(TextSize.BODY, bold=True))
        label.setContentsMargins(0, Space.S, 0, 0)
        column.addWidget(label)

    def _note(self, column: QVBoxLayout, words: str, parent: QWidget) -> None:
        label = QLabel(words, parent)
        label.setProperty("role", "small")
        column.addWidget(label)
