"""A text as a QR code: the right modules, a quiet zone, black on white in both themes."""

from __future__ import annotations

import segno
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.ui.widgets.qr_picture import QUIET, QrPicture, qr_image

CARD = "bowerbird:" + "Aa9-_" * 120


def test_the_picture_holds_the_codes_modules(qtbot: QtBot) -> None:
    image = qr_image(CARD)
    matrix = segno.make(CARD, error="l", micro=False).matrix
    assert image.width() == image.height() == len(matrix) + 2 * QUIET
    black = [
        [QColor(image.pixel(x + QUIET, y + QUIET)).lightness() < 128 for x in range(len(matrix))] for y in range(9)
    ]
    assert black == [[bool(module) for module in row] for row in matrix[:9]]
    assert all(QColor(image.pixel(x, QUIET - 1)).lightness() == 255 for x in range(image.width()))


def test_it_is_painted_in_whole_pixels_black_on_white(qtbot: QtBot) -> None:
    picture = QrPicture()
    qtbot.addWidget(picture)
    picture.show_text(CARD)
    picture.resize(500, 460)
    picture.show()
    shown = picture.grab().toImage()
    modules = qr_image(CARD).width()
    step = 460 // modules
    left, top = (500 - step * modules) // 2, (460 - step * modules) // 2
    for x in range(modules):
        for y in (QUIET, modules // 2):
            wanted = QColor(qr_image(CARD).pixel(x, y)).lightness()
            for dx in (0, step - 1):
                assert QColor(shown.pixel(left + x * step + dx, top + y * step)).lightness() == wanted


def test_a_text_that_is_too_long_has_no_code(qtbot: QtBot) -> None:
    picture = QrPicture()
    qtbot.addWidget(picture)
    picture.show_text("x" * 5000)
    assert not picture.readable
    picture.show_text("")
    assert not picture.readable
    picture.show_text(CARD)
    assert picture.readable
    assert picture.image(4).width() == 4 * qr_image(CARD).width()
