"""The taste page: what was learned, in words and examples."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.protocol import ScoresChanged
from app.store.feedback import Feedback
from app.store.scores import Fitting, Scores
from app.ui.bridge import StudioBridge
from app.ui.pages.settings_taste import RecommendationsSection
from app.ui.pages.taste import TastePage
from tests.window import Rig


@pytest.fixture
def page(rig: Rig, qtbot: QtBot) -> TastePage:
    studio = cast("StudioBridge", rig.studio)
    feedback = RecommendationsSection(rig.writes, studio, rig.ratings, rig.undo, rig.theme)
    made = TastePage(rig.lists, studio, feedback, rig.actions, rig.covers, rig.theme)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def rank(folder: Path, count: int) -> None:
    ids = np.arange(1, count + 1, dtype=np.int64)
    score = np.linspace(0.9, 0.1, count, dtype=np.float32)
    scores = Scores(folder / "scores.db")
    scores.write(ids, score, np.full(count, 0.1, np.float32), Fitting(5, 1.0, 0.7, 0.6, 0.8))
    scores.close()


def test_before_anything_was_learned_it_says_so(page: TastePage) -> None:
    assert page.words.startswith("Nothing is learned yet")
    assert not any(shelf.isVisible() for shelf in page.shelves)


def test_likes_and_dislikes_are_the_examples(rig: Rig, page: TastePage, qtbot: QtBot) -> None:
    feedback = Feedback(rig.database)
    for item in (2, 4):
        feedback.like(item)  # type: ignore[arg-type]
    feedback.dislike(6)  # type: ignore[arg-type]
    rank(rig.folder, 13)
    rig.studio.scores_changed.emit(ScoresChanged(5, 0.1, 0.7, 0.6, 0.8))
    assert "about 7 in the right order" in page.words
    liked, disliked, least = page.shelves
    assert liked.ids == [2, 4]
    assert disliked.ids == [6]
    assert least.ids[:3] == [13, 12, 11]
    assert not {2, 4, 6} & set(least.ids)
