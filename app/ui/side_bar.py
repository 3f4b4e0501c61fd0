"""The list of pages at the left: the current one in accent, a count beside those that have one to tell.

The main window fills it with the pages it was given; nothing unfinished stands here.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import RADIUS, Space, TextSize, Theme

_NAME = Qt.ItemDataRole.UserRole + 1
_ICON = Qt.ItemDataRole.UserRole + 2
_BADGE = Qt.ItemDataRole.UserRole + 3
_HEIGHT = 36
WIDTH = 184


class _PageDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        metrics = option.fontMetrics
        width = metrics.horizontalAdvance(str(index.data())) + 44 + Space.S
        badge = str(index.data(_BADGE) or "")
        return QSize(width + (metrics.horizontalAdvance(badge) + Space.L if badge else 0), _HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRect(option.rect).adjusted(Space.S, 2, -Space.S, -2)
        current = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setPen(Qt.PenStyle.NoPen)
        if current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(theme.color("selected" if current else "hover"))
            painter.drawRoundedRect(area, RADIUS, RADIUS)
        keyboard = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if option.state & keyboard == keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        tone = "accent" if current else "muted"
        ratio = painter.device().devicePixelRatioF()
        icon = QRect(area.left() + 10, area.center().y() - 9, 20, 20)
        text = QRect(icon.right() + 11, area.top(), area.right() - icon.right() - 19, area.height())
        if rtl:
            icon.moveRight(area.right() - 10)
            text.moveRight(icon.left() - 10)
        painter.drawPixmap(icon, theme.pixmap(str(index.data(_ICON)), 20, tone, ratio))
        badge = str(index.data(_BADGE) or "")
        if badge:
            painter.setFont(theme.font(TextSize.SMALL, tabular=True))
            width = painter.fontMetrics().horizontalAdvance(badge)
            place = QRect(text.left() if rtl else text.right() - width, text.top(), width, text.height())
            painter.setPen(theme.color("muted"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, badge)
            text.adjust(width + Space.S if rtl else 0, 0, 0 if rtl else -width - Space.S, 0)
        painter.setFont(theme.font(bold=current))
        painter.setPen(theme.color("accent" if current else "text"))
        words = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class SideBar(QWidget):
    """Names the pages; `chosen(name)` when the user goes to one, `entered` when the keyboard is to follow."""

    chosen = Signal(str)
    entered = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._mark = QLabel()
        name = QLabel("Bowerbird")
        name.setFont(theme.font(TextSize.TITLE, bold=True))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Pages"))
        self._list.setItemDelegate(_PageDelegate(theme, self._list))
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setStyleSheet("QListWidget { background: transparent; }")
        self._list.currentItemChanged.connect(self._on_current)
        self._list.clicked.connect(lambda _index: self.entered.emit())
        self._list.activated.connect(lambda _index: self.entered.emit())
        head = QHBoxLayout()
        head.setContentsMargins(Space.L + 2, Space.M, Space.S, Space.M)
        head.setSpacing(Space.S)
        head.addWidget(self._mark)
        head.addWidget(name, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self._list, 1)
        theme.changed.connect(self._dress)
        self._dress()

    def add_page(self, name: str, title: str, icon: str) -> None:
        """One more page at the end."""
        row = QListWidgetItem(title)
        row.setData(_NAME, name)
        row.setData(_ICON, icon)
        self._list.addItem(row)
        wanted = max(self._list.sizeHintForColumn(0), WIDTH)
        self.setFixedWidth(min(wanted, 280))

    def set_current(self, name: str) -> None:
        """Mark a page as the one that shows; says nothing itself."""
        self._list.blockSignals(True)
        row = self._row(name)
        if row is not None:
            self._list.setCurrentItem(row)
        else:
            self._list.clearSelection()
        self._list.blockSignals(False)
        self._list.viewport().update()

    def set_badge(self, name: str, text: str) -> None:
        """A count beside a page; "" for none."""
        row = self._row(name)
        if row is not None:
            row.setData(_BADGE, text)
            # A badge is part of what a screen reader says of the page.
            row.setData(Qt.ItemDataRole.AccessibleTextRole, f"{row.text()}, {text}" if text else row.text())

    def badge(self, name: str) -> str:
        """The count beside a page; "" for none."""
        row = self._row(name)
        return str(row.data(_BADGE) or "") if row is not None else ""

    @property
    def has_keys(self) -> bool:
        """Whether the keyboard is here."""
        return self._list.hasFocus()

    def focus_list(self) -> None:
        self._list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _row(self, name: str) -> QListWidgetItem | None:
        rows = (self._list.item(at) for at in range(self._list.count()))
        return next((row for row in rows if row.data(_NAME) == name), None)

    def _on_current(self, row: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if row is not None:
            self.chosen.emit(str(row.data(_NAME)))

    def _dress(self) -> None:
        self._mark.setPixmap(self._theme.pixmap("bowerbird", 24, "accent", self.devicePixelRatioF()))
        self._list.viewport().update()
