"""By which way the library is ranked: the choice on For You, and the table on Taste that compares the ways.

All work from one's own ratings but the last, which is what followed peers tell of their taste.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.protocol import CompareRankings, Event, Failed, RankedBy, RankingAccuracy, RankingsCompared
from app.ui.bridge import StudioBridge
from app.ui.theme import Space, TextSize, Theme


def way_name(way: RankedBy) -> str:
    """The way of ranking in words."""
    translate = QCoreApplication.translate
    return {
        RankedBy.TASTE: translate("RankedBy", "my taste"),
        RankedBy.COSINE: translate("RankedBy", "likeness to my likes"),
        RankedBy.NEIGHBOURS: translate("RankedBy", "nearest rated items"),
        RankedBy.RIDGE: translate("RankedBy", "linear regression"),
        RankedBy.GAUSSIAN: translate("RankedBy", "Gaussian process"),
        RankedBy.PERCEPTRON: translate("RankedBy", "plain neural network"),
        RankedBy.FOLLOWED: translate("RankedBy", "whom I follow"),
    }[way]


class RankingChoice(QComboBox):
    """`chosen(way)` when the user picks another way of ranking."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Ranked by"))
        self.view().setAccessibleName(self.accessibleName())
        self.setToolTip(self.tr("By what these are ranked"))
        for way in RankedBy:
            self.addItem(self.tr("Ranked by {way}").format(way=way_name(way)), way)
        # As wide as the first choice, not as the longest: the page's status stands beside it. The list shows all.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(len(self.itemText(0)))
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + Space.XL)
        self.activated.connect(lambda _index: self.chosen.emit(self.way))

    @property
    def way(self) -> RankedBy:
        """The way that is chosen."""
        return RankedBy(self.currentData())

    def choose(self, way: RankedBy) -> None:
        """Choose a way, and say so where it is another."""
        if way is not self.way:
            self.setCurrentIndex(self.findData(way))
            self.chosen.emit(way)


class RankingTable(QWidget):
    """Asks on a click how well each way predicts one's own ratings, and shows the answer as bars with their range."""

    def __init__(self, studio: StudioBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._theme = studio, theme
        heading = QLabel(self.tr("Which way knows you best?"), self)
        heading.setFont(theme.font(TextSize.TITLE, bold=True))
        self._words = QLabel(
            self.tr("Every way of ranking predicts ratings of yours that it was not shown. Half right is chance."), self
        )
        self._words.setWordWrap(True)
        self._words.setProperty("role", "muted")
        self._button = QPushButton(self.tr("Compare"), self)
        self._button.clicked.connect(self.compare)
        self._rows = QWidget(self)
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.M)
        self._grid.setVerticalSpacing(Space.XS)
        self._grid.setColumnStretch(1, 1)
        self._rows.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 0, 0, 0)
        column.setSpacing(Space.S)
        for part in (heading, self._words, self._rows):
            column.addWidget(part)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def words(self) -> str:
        """What the table says above its bars."""
        return self._words.text()

    def compare(self) -> None:
        """Ask the studio; it takes some seconds."""
        self._button.setEnabled(False)
        self._words.setText(self.tr("Comparing…"))
        self._studio.ask(CompareRankings, self._take)

    def _take(self, event: Event) -> None:
        self._button.setEnabled(True)
        if isinstance(event, Failed):
            self._words.setText(f"{event.title} {event.detail}".strip())
        elif isinstance(event, RankingsCompared):
            self._show(event)

    def _show(self, compared: RankingsCompared) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if not compared.pairs:
            self._rows.hide()
            self._words.setText(self.tr("Not yet: ten likes, dislikes or stars that differ are the least."))
            return
        text = self.tr("Of %n pair(s) of your ratings, each way put so many in the right order:", "", compared.pairs)
        self._words.setText(text)
        for number, one in enumerate(compared.accuracies):
            self._add_row(number, one)
        self._rows.show()

    def _add_row(self, number: int, one: RankingAccuracy) -> None:
        name = QLabel(way_name(one.ranked_by), self._rows)
        name.setFont(self._theme.font(bold=one.ranked_by is RankedBy.TASTE))
        bar = QProgressBar(self._rows)
        bar.setRange(0, 100)
        bar.setValue(round(100 * one.share))
        bar.setTextVisible(False)
        bar.setAccessibleName(name.text())
        figures = QLabel(
            self.tr("{share} % (between {low} and {high})").format(
                share=round(100 * one.share), low=round(100 * one.low), high=round(100 * one.high)
            ),
            self._rows,
        )
        figures.setFont(self._theme.font(tabular=True))
        for column, part in enumerate((name, bar, figures)):
            self._grid.addWidget(part, number, column)
