"""Where “more like this, but…” is put together: Items and words to come nearer to, and others to go away from.

The page Similar owns it. It only keeps what was chosen; the page asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.item_models.items_model import Dragged, Lists
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.flow import FlowLayout
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.tab_order import tab_before

MOST_CHIPS = 8
HIGHEST = 68
"""Pixels that chips may take; more of them are scrolled to."""
"""Of each side; the others share one chip."""
LONGEST = 28
"""Letters of a title on a chip; all of it is in its tooltip."""


@dataclass(frozen=True, slots=True)
class Direction:
    """What to come nearer to, and what to go away from."""

    items: tuple[int, ...] = ()
    words: str = ""
    less_items: tuple[int, ...] = ()
    less_words: str = ""

    @property
    def plain(self) -> bool:
        """Whether it is one Item and nothing else."""
        return len(self.items) == 1 and not (self.words or self.less_items or self.less_words)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to come nearer to."""
        return not (self.items or self.words)

    def with_items(self, items: Iterable[int], *, less: bool) -> Direction:
        """The same with these Items on one side, and no longer on the other."""
        new = tuple(dict.fromkeys(items))
        near, far = self._without(new)
        return (
            replace(self, items=near, less_items=far + new) if less else replace(self, items=near + new, less_items=far)
        )

    def without(self, items: Sequence[int]) -> Direction:
        """The same without these Items."""
        near, far = self._without(items)
        return replace(self, items=near, less_items=far)

    def _without(self, items: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        gone = set(items)
        near = tuple(item for item in self.items if item not in gone)
        return near, tuple(item for item in self.less_items if item not in gone)


class Chip(QFrame):
    """One Item (or several) that the result is to be like, or unlike: press it for the other side, or leave it out."""

    turned = Signal()
    left_out = Signal()

    def __init__(self, title: str, whole: str, theme: Theme, *, less: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("chip", True)
        self.side = QToolButton(self)
        self.side.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.side.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.dress(self.side, "remove" if less else "add")
        # An ampersand in a title is a letter, not a shortcut.
        self.side.setText(title.replace("&", "&&"))
        words = self.tr("Less like {title}; press for more") if less else self.tr("More like {title}; press for less")
        self.side.setAccessibleName(words.format(title=whole))
        self.side.setToolTip(plain_tip(self.side.accessibleName()))
        self.side.clicked.connect(self.turned)
        self.leave = icon_button(theme, "close", self.tr("Leave out {title}").format(title=whole), self)
        self.leave.setToolTip(self.tr("Leave out"))
        self.leave.clicked.connect(self.left_out)
        for button, size in ((self.side, 14), (self.leave, 12)):
            button.setIconSize(QSize(size, size))
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(0)
        row.addWidget(self.side)
        row.addWidget(self.leave)


class DirectionBar(QWidget):
    """Chips and two fields. `changed` when an Item came or went, `typed` with every letter.

    Items dropped on it are come nearer to; on the second field, gone away from.
    """

    changed = Signal()
    typed = Signal()

    def __init__(self, lists: Lists, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lists, self._theme = lists, theme
        self._direction = Direction()
        self.setAcceptDrops(True)
        self.chips: list[Chip] = []
        self.more = self._field(self.tr("more: calmer, piano"), self.tr("More of this, in words"))
        self.less = self._field(self.tr("less: drums, singing"), self.tr("Less of this, in words"))
        self._chips = QWidget()
        self._flow = FlowLayout(Space.S, Space.XS, self._chips)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._chips)
        self._chips.setAutoFillBackground(False)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        fields = QHBoxLayout()
        fields.setSpacing(Space.S)
        label = QLabel(self.tr("but"), self)
        label.setProperty("role", "muted")
        label.setBuddy(self.more)
        fields.addWidget(label)
        fields.addWidget(self.more, 3)
        fields.addWidget(self.less, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._scroll)
        column.addLayout(fields)
        self._draw()

    @property
    def direction(self) -> Direction:
        """What is chosen now."""
        return replace(self._direction, words=self.more.text().strip(), less_words=self.less.text().strip())

    def start(self, items: Sequence[int]) -> None:
        """Begin anew with these Items and no words; nothing is told."""
        self._direction = Direction(tuple(dict.fromkeys(items)))
        for field in (self.more, self.less):
            field.blockSignals(True)
            field.clear()
            field.blockSignals(False)
        self._draw()

    def add(self, items: Sequence[int], *, less: bool = False) -> None:
        """Come nearer to these Items too, or go away from them."""
        self._take(self._direction.with_items(items, less=less))

    def remove(self, items: Sequence[int]) -> None:
        """These Items count no more."""
        self._take(self._direction.without(items))

    # Inside

    def _field(self, hint: str, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setPlaceholderText(hint)
        field.setAccessibleName(name)
        field.setToolTip(name)
        field.setMaxLength(200)
        field.setClearButtonEnabled(True)
        field.textChanged.connect(lambda _text: self.typed.emit())
        return field

    def _take(self, direction: Direction) -> None:
        if direction != self._direction:
            self._direction = direction
            self._draw()
            self.changed.emit()

    def _draw(self) -> None:
        """A chip for each Item, where there is more than the one that the page's heading names."""
        had_keys = next((at for at, chip in enumerate(self.chips) if chip.isAncestorOf(self._focused())), -1)
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = []
        sides = ((self._direction.items, False), (self._direction.less_items, True))
        shown = not (len(self._direction.items) == 1 and not self._direction.less_items)
        for items, less in sides if shown else ():
            alone = items if len(items) <= MOST_CHIPS else items[: MOST_CHIPS - 1]
            titles = {int(row.id): one_line(row.title) for row in self._lists.rows(list(alone))}
            for item in alone:
                self._add_chip((item,), titles.get(item, self.tr("no longer there")), less=less)
            if rest := items[len(alone) :]:
                self._add_chip(rest, self.tr("{count} others").format(count=len(rest)), less=less)
        self._scroll.setVisible(bool(self.chips))
        tab_before(self.more, [button for chip in self.chips for button in (chip.side, chip.leave)])
        if had_keys >= 0:
            (self.chips[min(had_keys, len(self.chips) - 1)].side if self.chips else self.more).setFocus()
        self._fit()

    def _focused(self) -> QWidget:
        return QApplication.focusWidget() or self

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if Dragged.read(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        dragged = Dragged.read(event.mimeData())
        # What is still arriving has a negative number, and no vectors.
        items = [item for item in dragged.ids if item > 0] if dragged is not None else []
        if items:
            # A copy, whatever was proposed: the list it comes from keeps it.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.add(items, less=self.less.geometry().contains(event.position().toPoint()))

    def _fit(self) -> None:
        """As high as the chips need at this width."""
        self._scroll.setFixedHeight(min(max(self._flow.heightForWidth(self.width()), 1), HIGHEST))

    def _add_chip(self, items: tuple[int, ...], title: str, *, less: bool) -> None:
        short = title if len(title) <= LONGEST else title[: LONGEST - 1].rstrip() + "…"
        chip = Chip(short, title, self._theme, less=less, parent=self._chips)
        chip.turned.connect(lambda: self.add(items, less=not less))
        chip.left_out.connect(lambda: self.remove(items))
        self._flow.addWidget(chip)
        chip.show()
        self.chips.append(chip)
