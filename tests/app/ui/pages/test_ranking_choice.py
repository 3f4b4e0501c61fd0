"""Choosing another way to rank, and seeing which way knows one best."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.protocol import CompareRankings, Failed, RankedBy, RankingAccuracy, RankingsCompared
from app.ui.pages.ranking_choice import RankingChoice, RankingTable, way_name
from app.ui.theme import Theme
from tests.window import ListeningStudio


def test_every_way_can_be_chosen_and_my_taste_comes_first(qtbot: QtBot) -> None:
    choice = RankingChoice()
    qtbot.addWidget(choice)
    assert choice.way is RankedBy.TASTE
    assert choice.count() == len(RankedBy)
    told: list[RankedBy] = []
    choice.chosen.connect(told.append)
    for way in reversed(RankedBy):
        choice.choose(way)
        assert choice.way is way
        assert way_name(way) in choice.currentText()
    choice.choose(RankedBy.TASTE)
    assert told == list(reversed(RankedBy))


def test_the_table_asks_and_shows_the_answer(qtbot: QtBot, theme: Theme) -> None:
    studio = ListeningStudio()
    table = RankingTable(studio, theme)  # type: ignore[arg-type]  # the bridge's shape
    qtbot.addWidget(table)
    table.show()

    def compare(*accuracies: RankingAccuracy, pairs: int) -> None:
        table.compare()
        asked, answer = studio.asked[-1]
        assert isinstance(asked, CompareRankings)
        answer(RankingsCompared(asked.request, accuracies, pairs))

    compare(RankingAccuracy(RankedBy.TASTE, 0.8, 0.7, 0.9), RankingAccuracy(RankedBy.RIDGE, 0.5, 0.4, 0.6), pairs=25)
    assert "25" in table.words
    shown = " ".join(label.text() for label in table.findChildren(QLabel))
    assert way_name(RankedBy.RIDGE) in shown
    assert "80 % (between 70 and 90)" in shown
    compare(RankingAccuracy(RankedBy.TASTE, -1.0, -1.0, -1.0), pairs=0)
    assert "Not yet" in table.words
    table.compare()
    _, answer = studio.asked[-1]
    answer(Failed(1, "The studio process ended"))
    assert "ended" in table.words
