"""The parts that settings sections are made of: a heading, a line of words with a control at its right, a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.config import Option, Settings
from app.ui.theme import Space, TextSize, Theme

WIDEST = 760
"""Sections grow no wider than reads well."""


class Section(QWidget):
    """One section of the settings: rows under each other. Subclasses name themselves by `set_title`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(Space.L, Space.S, Space.XL, Space.XL)
        self._column.setSpacing(Space.M)
        self._head = self._headline("", TextSize.TITLE)
        self._column.addWidget(self._head)
        self._column.addStretch(1)
        self.setMaximumWidth(WIDEST)

    def set_title(self, title: str) -> None:
        """What the section is called."""
        self.title = title
        self._head.setText(title)

    def add(self, widget: QWidget, *, stretch: int = 0) -> QWidget:
        """Put a widget below the others."""
        self._column.insertWidget(self._column.count() - 1, widget, stretch)
        return widget

    def add_row(self, words: str, control: QWidget, note: str = "") -> QWidget:
        """A line: what it is about at the left, with a note below, the control at the right."""
        row = QWidget(self)
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(Space.L)
        down = QVBoxLayout()
        down.setSpacing(2)
        label = QLabel(words, row)
        label.setWordWrap(True)
        label.setBuddy(control)
        down.addWidget(label)
        if note:
            down.addWidget(self.note(note, row))
        across.addLayout(down, 1)
        across.addWidget(control, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if not control.accessibleName():
            control.setAccessibleName(words)
        if isinstance(control, QComboBox):
            control.view().setAccessibleName(words)
        return self.add(row)

    def add_note(self, words: str) -> QLabel:
        """A quiet paragraph."""
        label = self.note(words, self)
        self.add(label)
        return label

    def add_heading(self, words: str) -> None:
        """A smaller heading within the section."""
        self.add(self._headline(words, TextSize.BODY))

    def add_line(self) -> None:
        """A hairline."""
        line = QFrame(self)
        line.setProperty("line", True)
        line.setFixedHeight(1)
        self.add(line)

    def note(self, words: str, parent: QWidget) -> QLabel:
        label = QLabel(words, parent)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("role", "small")
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        return label

    def _headline(self, words: str, size: int) -> QLabel:
        label = QLabel(words, self)
        label.setFont(self._theme.font(size, bold=True))
        return label


def check_box(
    settings: Settings, option: Option[bool], words: str, act: Callable[[bool], None] | None = None
) -> QCheckBox:
    """A box for a yes-or-no option; `act` does what has to happen beside keeping it."""
    box = QCheckBox()
    box.setAccessibleName(words)
    box.setChecked(settings.get(option))

    def toggled(on: bool) -> None:
        settings.set(option, on)
        if act is not None:
            act(on)

    box.toggled.connect(toggled)
    return box


def choice(
    settings: Settings,
    option: Option[str],
    values: Sequence[tuple[str, str]],
    act: Callable[[str], None] | None = None,
) -> QComboBox:
    """A list of (value, words) for an option with few values."""
    box = QComboBox()
    for value, words in values:
        box.addItem(words, value)
    box.setCurrentIndex(max(box.findData(settings.get(option)), 0))
    box.setMinimumWidth(150)

    def chosen(index: int) -> None:
        value = str(box.itemData(index))
        settings.set(option, value)
        if act is not None:
            act(value)

    box.activated.connect(chosen)
    return box
