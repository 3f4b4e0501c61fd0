"""Everything known about one item, in a small window of its own that may stay open. Reads the store only."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.store.item_values import ItemRow
from app.ui.covers import Covers
from app.ui.item_models import columns
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line

COVER = 120
WIDTH = 460


class PropertiesWindow(QDialog):
    """One item's facts; texts can be selected and copied."""

    def __init__(self, row: ItemRow, covers: Covers, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Properties"))
        self.setMinimumWidth(WIDTH)
        picture = QLabel(self)
        picture.setPixmap(covers.pixmap(row.cover, f"{row.title}\n{row.artist}", COVER, self.devicePixelRatioF()))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        title = _text(row.title)
        title.setFont(theme.font(TextSize.TITLE, bold=True))
        form = QFormLayout()
        form.setHorizontalSpacing(Space.L)
        form.setVerticalSpacing(Space.XS)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        for name, value in self._facts(row):
            if value:
                label = QLabel(name, self)
                label.setProperty("role", "muted")
                form.addRow(label, _text(value))
        close = QPushButton(self.tr("Close"), self)
        close.clicked.connect(self.close)
        words = QVBoxLayout()
        words.setSpacing(Space.M)
        words.addWidget(title)
        words.addLayout(form)
        words.addStretch(1)
        words.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        across = QHBoxLayout(self)
        across.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        across.setSpacing(Space.XL)
        across.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(words, 1)

    def _facts(self, row: ItemRow) -> list[tuple[str, str]]:
        number = QLocale().toString
        disc = self.tr("disc {disc}, ").format(disc=row.disc_number) if row.disc_number else ""
        track = f"{disc}{row.track_number}" if row.track_number else ""
        picture = f"{row.width} × {row.height}" if row.width and row.height else ""
        sound = [row.codec]
        if row.bitrate:
            sound.append(self.tr("{rate} kbit/s").format(rate=number(round(row.bitrate / 1000))))
        if row.sample_rate:
            sound.append(self.tr("{rate} kHz").format(rate=f"{row.sample_rate / 1000:g}"))
        if row.channels:
            sound.append({1: self.tr("mono"), 2: self.tr("stereo")}.get(row.channels, f"{row.channels}"))
        opinion = {1: self.tr("liked"), -1: self.tr("disliked"), 0: ""}[row.liked]
        stars = self.tr("{stars} of 5 stars").format(stars=f"{row.stars:g}") if row.stars else ""
        predicted = ""
        if row.score is not None:
            predicted = self.tr("{score} of 100, give or take {deviation}").format(
                score=round(row.score * 100), deviation=max(round((row.deviation or 0) * 100), 1)
            )
        heard = self.tr("{plays} played, {skips} skipped").format(
            plays=number(row.play_count), skips=number(row.skip_count)
        )
        last = columns.day(row.last_played)
        return [
            (self.tr("Artist"), row.artist),
            (self.tr("Album"), row.album),
            (self.tr("Album artist"), row.album_artist if row.album_artist != row.artist else ""),
            (self.tr("Track"), track),
            (self.tr("Genre"), row.genre),
            (self.tr("Year"), str(row.year or "")),
            (self.tr("Length"), columns.duration(row.duration)),
            (self.tr("Format"), ", ".join(part for part in sound if part)),
            (self.tr("Picture"), picture),
            (self.tr("Your rating"), ", ".join(part for part in (opinion, stars) if part)),
            (self.tr("Predicted"), predicted),
            (self.tr("Heard"), f"{heard}, {last}" if last else heard),
            (self.tr("Added"), columns.day(row.added_at)),
            (self.tr("File"), row.path if row.present else self.tr("{path} (not connected)").format(path=row.path)),
        ]


def _text(value: str) -> QLabel:
    label = QLabel(one_line(value))
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
