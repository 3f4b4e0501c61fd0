"""All, music or videos: one is down, and a choice is told once."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.ui.widgets.kind_choice import KindChoice


def test_one_kind_is_chosen_and_told_once(qtbot: QtBot) -> None:
    choice = KindChoice("Show: {kind}")
    qtbot.addWidget(choice)
    told: list[str] = []
    choice.chosen.connect(told.append)
    assert [button.accessibleName() for button in choice.buttons] == ["Show: All", "Show: Music", "Show: Videos"]
    choice.buttons[2].click()
    choice.buttons[2].click()
    choice.choose("track")
    assert told == ["video", "track"]
    assert [button.isChecked() for button in choice.buttons] == [False, True, False]
