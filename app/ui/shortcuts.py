"""The overview of all keys, opened with F1: every command with the keys that hold now, and a way to change them.

Not modal: it may stay open beside the window. Changes go to `Commands.rebind`, which keeps them.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.commands import Commands
from app.ui.theme import Space, Theme

_NAME = Qt.ItemDataRole.UserRole + 1


class ShortcutsDialog(QDialog):
    """Lists commands by menu; a double click or Return takes a new key for one."""

    def __init__(self, commands: Commands, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(620, 640)
        self._filter = QLineEdit()
        self._filter.setPlaceholderText(self.tr("Search commands and keys"))
        self._filter.setAccessibleName(self._filter.placeholderText())
        self._filter.setClearButtonEnabled(True)
        self._filter.addAction(theme.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._filter.textChanged.connect(self._narrow)
        self._tree = QTreeWidget()
        self._tree.setAccessibleName(self.windowTitle())
        self._tree.setColumnCount(2)
        self._tree.setHeaderLabels([self.tr("Command"), self.tr("Keys")])
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(Space.M)
        self._tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.itemActivated.connect(lambda row, _column: self._edit(row))
        self._keys = QKeySequenceEdit()
        self._keys.setMaximumSequenceLength(1)
        self._keys.setAccessibleName(self.tr("New keys"))
        self._keys.editingFinished.connect(lambda: self.take_keys(self._keys.keySequence().toString()))
        self._hint = QLabel()
        self._hint.setProperty("role", "muted")
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setWordWrap(True)
        self._none = QPushButton(self.tr("No key"))
        self._none.clicked.connect(lambda: self._rebind(()))
        self._reset = QPushButton(self.tr("As at first"))
        self._reset.clicked.connect(self._set_back)
        foot = QHBoxLayout()
        foot.addWidget(self._hint, 1)
        for part in (self._keys, self._none, self._reset):
            foot.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        box.setSpacing(Space.S)
        box.addWidget(self._filter)
        box.addWidget(self._tree, 1)
        box.addWidget(self._lists_note())
        box.addLayout(foot)
        self._tree.currentItemChanged.connect(lambda _now, _before: self._mind())
        commands.rebound.connect(lambda _name: self._fill())
        self._fill()

    def filter(self, text: str) -> None:
        """Show only commands whose name or keys hold these words."""
        self._filter.setText(text)

    def take_keys(self, keys: str) -> None:
        """Give the chosen command these keys."""
        if keys and self._chosen():
            self._rebind((keys,))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Return in a dialog presses its default button; here it must reach the list.
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _lists_note(self) -> QLabel:
        note = QLabel(
            self.tr(
                "In lists: Return plays, Q queues, 0 to 5 rate, Ctrl+L likes, Ctrl+D dislikes, N not now, "
                "S more like this, W why, Alt+Up and Alt+Down move in the queue, Delete removes."
            )
        )
        note.setWordWrap(True)
        note.setProperty("role", "muted")
        return note

    def _fill(self) -> None:
        chosen = self._chosen()
        self._groups.clear()
        self._tree.clear()
        for group, commands in self._commands.groups():
            head = QTreeWidgetItem([group, ""])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            self._tree.addTopLevelItem(head)
            rows: list[QTreeWidgetItem] = []
            self._groups.append((head, rows))
            for command in commands:
                row = QTreeWidgetItem([self._commands.text(command.name), self._shown(command.name)])
                row.setData(0, _NAME, command.name)
                head.addChild(row)
                rows.append(row)
                if command.name == chosen:
                    self._tree.setCurrentItem(row)
            head.setExpanded(True)
        self._narrow(self._filter.text())
        self._mind()

    def _shown(self, name: str) -> str:
        """The keys of a command, those of the media keyboard as one word."""
        keys = self._commands.keys(name)
        native = QKeySequence.SequenceFormat.NativeText
        shown = [QKeySequence(key).toString(native) for key in keys if not is_media_key(key)]
        if len(shown) < len(keys):
            shown.append(self.tr("media key"))
        return ", ".join(shown)

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().split()
        for head, rows in self._groups:
            for row in rows:
                words = f"{row.text(0)} {row.text(1)}".casefold()
                row.setHidden(not all(word in words for word in wanted))
            head.setHidden(all(row.isHidden() for row in rows))

    def _chosen(self) -> str:
        row = self._tree.currentItem()
        return str(row.data(0, _NAME) or "") if row is not None else ""

    def _mind(self) -> None:
        name = self._chosen()
        for part in (self._keys, self._none, self._reset):
            part.setEnabled(bool(name))
        self._keys.clear()
        self._hint.setText(
            self.tr("New keys for “{command}”:").format(command=self._commands.text(name))
            if name
            else self.tr("Choose a command to change its keys.")
        )

    def _edit(self, row: QTreeWidgetItem) -> None:
        if row.data(0, _NAME):
            self._tree.setCurrentItem(row)
            self._keys.setFocus()

    def _rebind(self, keys: tuple[str, ...]) -> None:
        name = self._chosen()
        if not name:
            return
        # Media keys that the command has besides stay.
        kept = tuple(key for key in self._commands.keys(name) if is_media_key(key))
        loser = self._commands.holder(keys[0]) if keys else ""
        self._commands.rebind(name, (*keys, *(key for key in kept if key not in keys)))
        if loser and loser != name:
            self._hint.setText(
                self.tr("“{command}” has no such key any more.").format(command=self._commands.text(loser))
            )

    def _set_back(self) -> None:
        if name := self._chosen():
            self._commands.reset(name)


def is_media_key(key: str) -> bool:
    """Whether a key is one of those that keyboards have for players."""
    return "Media" in key or "Volume" in key
