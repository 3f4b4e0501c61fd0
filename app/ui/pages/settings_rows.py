"""The parts that settings sections are made of: a heading, a line of words with a control at its right, a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.config import Option, Settings
from app.ui.theme import Space, TextSize, Theme

T = TypeVar("T", bool, int, float, str)

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
        down.addStretch(1)
        down.addWidget(label)
        if note:
            down.addWidget(self.note(note, row))
        down.addStretch(1)
        across.addLayout(down, 1)
        across.addWidget(control, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if not control.accessibleName():
            control.setAccessibleName(words)
        if isinstance(control, QComboBox):
            control.view().setAccessibleName(words)
        return self.add(row)

    def add_wide(self, words: str, control: QWidget, note: str = "") -> QWidget:
        """As `add_row`, the control below the words: for what needs the whole width."""
        row = QWidget(self)
        down = QVBoxLayout(row)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(2)
        label = QLabel(words, row)
        label.setBuddy(control)
        down.addWidget(label)
        if note:
            down.addWidget(self.note(note, row))
        down.addSpacing(2)
        down.addWidget(control)
        if not control.accessibleName():
            control.setAccessibleName(words)
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

    box.toggled.connect(_keep(settings, option, act))
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

    keep = _keep(settings, option, act)
    box.activated.connect(lambda index: keep(str(box.itemData(index))))
    return box


def _keep(settings: Settings, option: Option[T], act: Callable[[T], None] | None) -> Callable[[T], None]:
    """What is done with a new value: it is kept, then `act` does what has to happen beside."""

    def keep(value: T) -> None:
        settings.set(option, value)
        if act is not None:
            act(value)

    return keep


class _CalmNumber(QSpinBox):
    """Turned by the wheel only while it has the keyboard: scrolling past must not change it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _CalmDecimal(QDoubleSpinBox):
    """As `_CalmNumber`."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def number_box(
    settings: Settings,
    option: Option[int],
    words: str,
    most: int,
    *,
    unit: str = "",
    zero: str = "",
    step: int = 1,
    act: Callable[[int], None] | None = None,
) -> QSpinBox:
    """A whole number from 0 to `most`; `zero` is what 0 means in words. Kept when it is entered, not while typed."""
    box = _CalmNumber()
    box.setRange(0, most)
    box.setSingleStep(step)
    box.setGroupSeparatorShown(most > 65_535)
    _dress_number(box, words, unit, zero)
    box.setValue(settings.get(option))

    box.valueChanged.connect(_keep(settings, option, act))
    return box


def decimal_box(
    settings: Settings,
    option: Option[float],
    words: str,
    most: float,
    *,
    unit: str = "",
    zero: str = "",
    step: float = 0.5,
    act: Callable[[float], None] | None = None,
) -> QDoubleSpinBox:
    """A number with one decimal from 0 to `most`; as `number_box`."""
    box = _CalmDecimal()
    box.setRange(0, most)
    box.setDecimals(1)
    box.setSingleStep(step)
    _dress_number(box, words, unit, zero)
    box.setValue(settings.get(option))

    box.valueChanged.connect(_keep(settings, option, act))
    return box


def _dress_number(box: QSpinBox | QDoubleSpinBox, words: str, unit: str, zero: str) -> None:
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setAccessibleName(words)
    box.setMinimumWidth(150)
    # The style sheet's padding does not reach the line inside.
    box.lineEdit().setTextMargins(Space.S, 0, 0, 0)
    if unit:
        box.setSuffix(f" {unit}")
    if zero:
        box.setSpecialValueText(zero)


class TextField(QWidget):
    """A line of text for an option: kept when it is entered; what is wrong with it stands below it, and is not kept.

    `check` gives what is wrong in words, "" for nothing.
    """

    def __init__(
        self,
        settings: Settings,
        option: Option[str],
        words: str,
        *,
        hint: str = "",
        check: Callable[[str], str] | None = None,
        act: Callable[[str], None] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._option, self._check, self._act = settings, option, check, act
        self.edit = QLineEdit(settings.get(option), self)
        self.edit.setAccessibleName(words)
        self.edit.setPlaceholderText(hint)
        self.edit.setCursorPosition(0)
        self.edit.editingFinished.connect(self.keep)
        self._wrong = QLabel(self)
        self._wrong.setTextFormat(Qt.TextFormat.PlainText)
        self._wrong.setProperty("role", "danger")
        self._wrong.setWordWrap(True)
        self._wrong.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.edit)
        column.addWidget(self._wrong)
        self.setAccessibleName(words)
        self.setFocusProxy(self.edit)

    @property
    def problem(self) -> str:
        """What is wrong with what was entered; "" for nothing."""
        return "" if self._wrong.isHidden() else self._wrong.text()

    def put(self, text: str) -> None:
        """Enter a text as the user would."""
        self.edit.setText(text)
        self.keep()

    def keep(self) -> None:
        """Keep what stands there, where it can be used."""
        text = self.edit.text().strip()
        wrong = self._check(text) if self._check is not None and text else ""
        if not wrong and not self._option.accepts(text):
            wrong = self.tr("This cannot be used.")
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))
        if wrong or text == self._settings.get(self._option):
            return
        self._settings.set(self._option, text)
        if self._act is not None:
            self._act(text)
