"""Like buttons, sliders, labels, score bar and times."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel, one_line, plain_tip
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.like_buttons import LikeButtons
from app.ui.widgets.score_bar import ScoreBar
from app.ui.widgets.sliders import ClickSlider, SeekRow
from app.ui.widgets.times import about, clock


def test_like_buttons_ask_and_show_only_what_they_are_told(qtbot: QtBot, theme: Theme) -> None:
    likes = LikeButtons(theme)
    qtbot.addWidget(likes)
    heart, thumb = likes.buttons()
    asked: list[int] = []
    likes.wanted.connect(asked.append)
    heart.click()
    assert (asked, likes.liked, heart.isChecked()) == ([1], 0, False)
    likes.set_liked(1)
    assert heart.isChecked()
    heart.click()
    thumb.click()
    assert asked == [1, 0, -1]
    assert heart.accessibleName() == "Like"
    assert thumb.accessibleName() == "Dislike"


def test_icon_buttons_have_a_name_and_leave_the_focus_where_it_is(qtbot: QtBot, theme: Theme) -> None:
    button: QToolButton = icon_button(theme, "close", "Close")
    qtbot.addWidget(button)
    assert button.accessibleName() == "Close"
    assert button.toolTip() == "Close"
    assert not button.focusPolicy() & Qt.FocusPolicy.ClickFocus
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_slider_goes_where_it_is_clicked(qtbot: QtBot, theme: Theme) -> None:
    slider = ClickSlider("Volume")
    qtbot.addWidget(slider)
    slider.setRange(0, 100)
    slider.resize(212, 20)
    slider.show()
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(106, 10))
    assert slider.value() == pytest.approx(50, abs=2)
    slider.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert slider.value() > 90


def test_seeking_is_asked_when_the_slider_is_let_go(qtbot: QtBot, theme: Theme) -> None:
    row = SeekRow(theme)
    qtbot.addWidget(row)
    row.resize(400, 30)
    row.show()
    row.set_duration(200)
    asked: list[float] = []
    row.seek_wanted.connect(asked.append)
    middle = QPoint(row.slider.width() // 2, row.slider.height() // 2)
    qtbot.mousePress(row.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert asked == []
    row.set_position(3)
    assert row.slider.value() == pytest.approx(100_000, rel=0.05), "a held slider does not follow the music"
    qtbot.mouseRelease(row.slider, Qt.MouseButton.LeftButton, pos=middle)
    assert asked == [pytest.approx(100, rel=0.05)]


def test_seeking_by_keys(qtbot: QtBot, theme: Theme) -> None:
    row = SeekRow(theme)
    qtbot.addWidget(row)
    row.set_duration(200)
    row.set_position(50)
    with qtbot.waitSignal(row.seek_wanted) as asked:
        qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    assert asked.args == [55.0]
    assert row.slider.accessibleDescription() == "0:55"


def test_a_piece_of_unknown_length_cannot_be_sought(qtbot: QtBot, theme: Theme) -> None:
    row = SeekRow(theme)
    qtbot.addWidget(row)
    row.set_duration(0)
    assert not row.slider.isEnabled()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3600, "1:00:00"), (36_061, "10:01:01"), (-3, "0:00")],
)
def test_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words


def test_clock_of_what_is_no_number() -> None:
    assert clock(float("nan")) == clock(float("inf")) == "0:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (1680, "28 min"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (80_000, "22 h"),
        (500_000, "6 days"),
    ],
)
def test_about(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_long_and_foreign_titles(qtbot: QtBot, theme: Theme) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.setText("<b>bold</b>\nnext line " + "x" * 200)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert "\n" not in label.text()
    assert label.is_elided()
    assert "&lt;b&gt;" in label.toolTip()
    assert label.minimumSizeHint().width() < 60
    label.setText("short")
    assert label.toolTip() == ""


def test_an_elided_label_gets_its_tip_when_the_room_shrinks(qtbot: QtBot, theme: Theme) -> None:
    label = ElidedLabel("Winter Sun over the harbour")
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show()
    assert label.toolTip() == ""
    label.resize(40, 20)
    qtbot.waitUntil(lambda: label.toolTip() != "")


def test_one_line_and_plain_tip() -> None:
    assert one_line(" a\r\n\tb\u2028c\x00 ") == "a b c"
    assert plain_tip("") == ""
    assert plain_tip("<i>&") == "<p>&lt;i&gt;&amp;</p>"


def test_score_bar_says_the_number(qtbot: QtBot, theme: Theme) -> None:
    bar = ScoreBar(theme)
    qtbot.addWidget(bar)
    bar.set_score(0.784, 0.061)
    assert "78 of 100" in bar.toolTip()
    assert "6" in bar.accessibleDescription()
    bar.set_score(None)
    assert bar.toolTip() == "Not scored yet"


def test_a_higher_score_is_a_longer_bar(qtbot: QtBot, theme: Theme) -> None:
    bar = ScoreBar(theme)
    qtbot.addWidget(bar)
    bar.resize(100, 10)
    darkness = []
    for score in (0.1, 0.5, 0.9):
        bar.set_score(score, 0.02)
        image = bar.grab().toImage()
        darkness.append(-sum(image.pixelColor(x, 5).lightness() for x in range(image.width())))
    assert darkness == sorted(set(darkness))
