"""A layout that wraps like words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.flow import FlowLayout


class Block(QWidget):
    def __init__(self, width: int, height: int = 20) -> None:
        super().__init__()
        self._size = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self._size

    def minimumSizeHint(self) -> QSize:
        return self._size


def laid_out(qtbot: QtBot, width: int, *blocks: Block, right_to_left: bool = False) -> tuple[QWidget, FlowLayout]:
    owner = QWidget()
    qtbot.addWidget(owner)
    if right_to_left:
        owner.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    flow = FlowLayout(10, 5, owner)
    flow.setContentsMargins(0, 0, 0, 0)
    for block in blocks:
        flow.addWidget(block)
    owner.resize(width, flow.heightForWidth(width))
    owner.show()
    return owner, flow


@pytest.mark.parametrize(
    ("width", "places", "height"),
    [
        (210, [(0, 0), (110, 0)], 20),
        (209, [(0, 0), (0, 25)], 45),
        (60, [(0, 0), (0, 25)], 45),
    ],
)
def test_parts_go_on_in_the_next_line(qtbot: QtBot, width: int, places: list[tuple[int, int]], height: int) -> None:
    blocks = Block(100), Block(100)
    _owner, flow = laid_out(qtbot, width, *blocks)
    assert [(block.x(), block.y()) for block in blocks] == places
    assert flow.heightForWidth(width) == height


def test_a_line_is_as_high_as_its_highest_part(qtbot: QtBot) -> None:
    low, high = Block(50, 10), Block(50, 30)
    _owner, flow = laid_out(qtbot, 200, low, high)
    assert (low.y(), high.y(), flow.heightForWidth(200)) == (10, 0, 30)


def test_from_right_to_left(qtbot: QtBot) -> None:
    first, second = Block(50), Block(50)
    _owner, _flow = laid_out(qtbot, 200, first, second, right_to_left=True)
    assert (first.x(), second.x()) == (150, 90)


def test_what_is_hidden_takes_no_room(qtbot: QtBot) -> None:
    first, second = Block(50), Block(50)
    _owner, flow = laid_out(qtbot, 200, first, second)
    first.hide()
    flow.activate()
    assert second.x() == 0
