"""Where the Tab key goes to what is built late: Qt lets it come after everything else in the window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def tab_before(anchor: QWidget, stops: Sequence[QWidget]) -> None:
    """Let the Tab key go over `stops`, in this order, right before it comes to `anchor`. All take the Tab key."""
    before = anchor.previousInFocusChain()
    while before is not None and before is not anchor:
        if before.focusPolicy() & Qt.FocusPolicy.TabFocus and before not in stops:
            break
        before = before.previousInFocusChain()
    for first, second in pairwise((before or anchor, *stops)):
        QWidget.setTabOrder(first, second)
