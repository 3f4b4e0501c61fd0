"""A flat button that shows an icon of our set, with the name that a screen reader and the tooltip give it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui.theme import Theme


def icon_button(
    theme: Theme, icon: str, name: str, parent: QWidget | None = None, *, tone: str = "", tip: str = ""
) -> QToolButton:
    """Make a flat QToolButton; `name` is its accessible name and, unless `tip` is given, its tooltip.

    It takes focus by Tab only, so that a click leaves the keyboard where it was.
    """
    button = QToolButton(parent)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    theme.dress(button, icon, tone)
    return button
