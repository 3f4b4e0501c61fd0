"""The tones, the style sheet, the icons."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.paths import RESOURCES
from app.ui.icons import IconSet
from app.ui.theme import Theme
from app.ui.tones import DARK, LIGHT, Tones, blend, contrast


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(tones: Tones) -> None:
    for ground in (tones.surface, tones.frame, tones.hover, tones.selected):
        for ink in (tones.text, tones.muted):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
    for ground in (tones.surface, tones.frame):
        assert contrast(tones.accent, ground) >= 4.5
        assert contrast(tones.danger, ground) >= 4.5
    assert contrast(tones.on_accent, tones.accent) >= 4.5


def test_the_accent_is_the_bowerbirds_blue() -> None:
    assert (LIGHT.accent, DARK.accent) == ("#3b6ea8", "#7fb0e6")


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert blend("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_style_sheet_has_no_token_left(qapp: QApplication, tones: Tones) -> None:
    sheet = Theme().style_sheet(tones)
    assert not re.search(r"@\w", sheet)
    for picture in re.findall(r'url\("([^"]+)"\)', sheet):
        assert (RESOURCES / "styles" / picture.rsplit("/", 1)[-1]).is_file()


def test_icons_are_drawn_on_one_grid_in_one_stroke() -> None:
    icons = sorted((RESOURCES / "icons").glob("*.svg"))
    assert len(icons) > 60
    for path in icons:
        text = path.read_text()
        assert 'viewBox="0 0 20 20"' in text, path.name
        assert 'stroke-width="1.5"' in text, path.name
        assert "currentColor" in text, path.name
        assert not re.search(r'"#[0-9a-f]{3,6}"', text), path.name


def test_switching_while_it_runs(qtbot: QtBot, qapp: QApplication) -> None:
    theme = Theme()
    theme.apply(qapp, "light")
    button = QToolButton()
    qtbot.addWidget(button)
    theme.dress(button, "play")
    before = button.icon().pixmap(20).toImage()
    with qtbot.waitSignal(theme.changed):
        theme.apply(qapp, "dark")
    assert theme.dark
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.frame
    assert DARK.accent in qapp.styleSheet()
    assert button.icon().pixmap(20).toImage() != before
    theme.apply(qapp, "light")
    assert button.icon().pixmap(20).toImage() == before


def test_an_unknown_icon_is_a_mistake_that_shows(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        Theme().icon("no-such-icon")


def test_an_icon_is_sharp_at_scale_two(qapp: QApplication) -> None:
    icon = IconSet(RESOURCES / "icons", LIGHT, (1.0, 2.0)).icon("heart")
    assert icon.pixmap(QSize(20, 20), 2.0).width() == 40
    assert icon.pixmap(QSize(20, 20), 1.0).width() == 20


def test_checked_and_disabled_icons_differ(qapp: QApplication) -> None:
    icon = IconSet(RESOURCES / "icons", LIGHT).icon("heart")
    size, mode, state = QSize(20, 20), QIcon.Mode, QIcon.State
    looks = [
        icon.pixmap(size, mode.Normal, state.Off).toImage(),
        icon.pixmap(size, mode.Normal, state.On).toImage(),
        icon.pixmap(size, mode.Disabled, state.Off).toImage(),
    ]
    assert looks[0] != looks[1] != looks[2] != looks[0]
    assert icon.pixmap(size, mode.Disabled, state.On).toImage() == looks[2]


def test_the_desktops_wish_for_less_motion(qapp: QApplication) -> None:
    theme = Theme()
    assert 0 < theme.motion_ms <= 150
    theme.reduced_motion = True
    assert theme.motion_ms == 0
