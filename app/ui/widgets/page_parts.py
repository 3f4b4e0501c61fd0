"""What pages begin with: the page's surface, its heading, the line that says how things stand."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.widgets.elided_label import ElidedLabel


def as_page(widget: QWidget) -> None:
    """Let a widget have the surface of a page."""
    widget.setProperty("surface", "page")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def page_heading(words: str, parent: QWidget) -> QLabel:
    """A page's heading."""
    label = QLabel(words, parent)
    label.setProperty("role", "heading")
    return label


def status_line(parent: QWidget) -> ElidedLabel:
    """The line, empty at first, that says how things stand on a page."""
    label = ElidedLabel("", parent)
    label.setProperty("role", "muted")
    return label
