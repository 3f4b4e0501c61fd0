"""The account of a score."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.protocol import Explain, Explanation, Failed, Part, PartKind, Reason, ReasonKind
from app.ui.why_panel import PartBar, WhyPanel
from tests.window import Rig


@pytest.fixture
def panel(qtbot: QtBot, rig: Rig) -> WhyPanel:
    made = WhyPanel(rig.studio, rig.lists, rig.theme)
    qtbot.addWidget(made)
    return made


def words(panel: WhyPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel) if label.text()]


def amounts(panel: WhyPanel) -> list[float]:
    return [float(text.replace("−", "-")) for text in words(panel) if text[0] in "+−"]


def explanation(item: int, *parts: Part) -> Explanation:
    return Explanation(1, item, 0.8, 0.1, sum(part.amount for part in parts), parts, Reason(ReasonKind.LIKED))


def test_parts_add_up(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    request, answer = rig.studio.asked[0]
    assert request == Explain(1, rig.ids[0])
    assert "Title 1" in words(panel)
    parts = (
        Part(PartKind.ITEM, "Snow Drift", 0.5),
        Part(PartKind.ITEM, "Metal", -0.25),
        Part(PartKind.REMAINDER, "", 0.05),
    )
    answer(explanation(rig.ids[0], *parts))
    *summands, total = amounts(panel)
    assert summands == [0.5, -0.25, 0.05]
    assert total == pytest.approx(sum(summands))
    assert "not attributed to anything" in words(panel)
    assert len(panel.findChildren(PartBar)) == 3
    panel.close()


def test_many_small_parts_become_one_line_and_still_add_up(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    parts = [Part(PartKind.ITEM, f"Item {n}", 0.5 / (n + 1)) for n in range(30)]
    rig.studio.asked[0][1](explanation(rig.ids[0], *parts, Part(PartKind.REMAINDER, "", 0.01)))
    *summands, total = amounts(panel)
    assert len(summands) == 13
    assert sum(summands) == pytest.approx(total, abs=0.05)
    assert "19 smaller parts" in words(panel)
    panel.close()


def test_blocks_are_a_second_account_of_the_same_score(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    parts = (
        Part(PartKind.ITEM, "Snow Drift", 0.5),
        Part(PartKind.REMAINDER, "", 0.05),
        Part(PartKind.SPACE, "builtin-audio-v1-0123456789abcdef", 0.3),
        Part(PartKind.SPACE, "builtin-text-v1-0123456789abcdef", 0.4),
        Part(PartKind.TYPICAL, "", -0.2),
    )
    rig.studio.asked[0][1](Explanation(1, rig.ids[0], 0.8, 0.1, 0.55, parts, Reason(ReasonKind.LIKED)))
    assert amounts(panel) == pytest.approx([0.5, 0.05, 0.55, 0.4, 0.3, -0.2, 0.05, 0.55])
    assert "You like this" in words(panel)
    assert {"Sound", "Title, artist, genre", "what any item gets"} <= set(words(panel))
    panel.close()


def test_what_went_wrong_is_said(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    rig.studio.asked[0][1](Failed(1, "Nothing is scored yet", "Like a few things first."))
    assert "Nothing is scored yet\nLike a few things first." in words(panel)
    panel.close()


def test_a_late_answer_for_another_item_is_dropped(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    panel.show_for(rig.ids[1], QPoint(10, 10))
    rig.studio.asked[0][1](explanation(rig.ids[0], Part(PartKind.ITEM, "Wrong", 1.0)))
    assert "Wrong" not in words(panel)
    panel.close()


def test_what_a_learned_encoder_says_is_laid_at_its_door(rig: Rig, panel: WhyPanel) -> None:
    panel.show_for(rig.ids[0], QPoint(10, 10))
    parts = (Part(PartKind.REMAINDER, "", 0.1), Part(PartKind.SPACE, "image: Some/CLIP", 0.3))
    rig.studio.asked[0][1](explanation(rig.ids[0], *parts))
    assert "Picture, by Some/CLIP" in words(panel)
    panel.close()
