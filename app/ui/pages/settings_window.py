"""Settings: how the window looks, and how things are played."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSlider, QWidget

from app.config import (
    CLOSE_TO_TRAY,
    CONTINUE_FROM_TASTE,
    LANGUAGE,
    PREAMP,
    REDUCED_MOTION,
    REPLAYGAIN,
    RESUME_VIDEOS,
    THEME,
    Settings,
)
from app.player.replaygain import GainChoice, GainMode
from app.ui.pages.settings_rows import Section, check_box, choice
from app.ui.playback import Playback
from app.ui.theme import Space, Theme


class AppearanceSection(Section):
    """Theme, language, motion, tray."""

    def __init__(self, settings: Settings, theme: Theme, translations: Path, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.set_title(self.tr("Appearance"))
        self.add_row(
            self.tr("Theme"),
            choice(
                settings,
                THEME,
                (
                    ("system", self.tr("As the desktop")),
                    ("light", self.tr("Light")),
                    ("dark", self.tr("Dark")),
                ),
                self._wear,
            ),
        )
        self.add_row(
            self.tr("Language"),
            choice(settings, LANGUAGE, (("system", self.tr("As the desktop")), *languages(translations))),
            self.tr("Takes effect when Bowerbird is started the next time."),
        )
        motion = self.tr("Reduced motion")
        self.add_row(
            motion, check_box(settings, REDUCED_MOTION, motion, self._still), self.tr("Nothing glides; things jump.")
        )
        tray = self.tr("Keep playing in the tray when the window is closed")
        self.add_row(tray, check_box(settings, CLOSE_TO_TRAY, tray), self.tr("Where the desktop has a tray."))

    def _wear(self, mode: str) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._theme.apply(app, mode)

    def _still(self, on: bool) -> None:
        self._theme.reduced_motion = on


class PlaybackSection(Section):
    """Loudness, what happens at the end of the queue, where videos go on."""

    def __init__(self, settings: Settings, playback: Playback, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._settings, self._playback = settings, playback
        self.set_title(self.tr("Playback"))
        self.add_row(
            self.tr("Even loudness (ReplayGain)"),
            choice(
                settings,
                REPLAYGAIN,
                (
                    ("off", self.tr("Off")),
                    ("track", self.tr("Every track alike")),
                    ("album", self.tr("Every album alike")),
                    ("auto", self.tr("Albums as a whole, else tracks")),
                ),
                lambda _value: self._apply_gain(),
            ),
            self.tr("Uses the loudness that the files' tags name."),
        )
        self.add_row(self.tr("Louder or softer than that"), self._preamp())
        on = self.tr("At the queue's end, go on with what you may like")
        self._continue = check_box(settings, CONTINUE_FROM_TASTE, on, self._go_on)
        self.add_row(on, self._continue, self.tr("Re-ranked after every like and skip."))
        resume = self.tr("Go on where a video or a long recording was left")
        self.add_row(resume, check_box(settings, RESUME_VIDEOS, resume))

    def refresh(self) -> None:
        """The player's menu may have changed what stands here."""
        self._continue.setChecked(self._settings.get(CONTINUE_FROM_TASTE))

    def _preamp(self) -> QWidget:
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        slider = QSlider(Qt.Orientation.Horizontal, box)
        slider.setRange(-30, 30)
        slider.setPageStep(2)
        slider.setFixedWidth(160)
        slider.setAccessibleName(self.tr("Louder or softer, in decibels"))
        slider.setValue(round(self._settings.get(PREAMP) * 2))
        shown = QLabel(box)
        shown.setFont(self._theme.font(tabular=True))
        shown.setFixedWidth(64)
        shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        def show(value: int) -> None:
            shown.setText(f"{value / 2:+.1f} dB".replace("-", "−"))

        def keep(value: int) -> None:
            show(value)
            self._settings.set(PREAMP, value / 2)
            self._apply_gain()

        show(slider.value())
        slider.valueChanged.connect(keep)
        row.addWidget(slider)
        row.addWidget(shown)
        return box

    def _apply_gain(self) -> None:
        self._playback.session.gain_choice = gain_choice(self._settings)

    def _go_on(self, on: bool) -> None:
        self._playback.session.continues = on


def gain_choice(settings: Settings) -> GainChoice:
    """What the settings say about loudness, as the play session takes it."""
    return GainChoice(GainMode(settings.get(REPLAYGAIN)), settings.get(PREAMP))


def languages(folder: Path) -> tuple[tuple[str, str], ...]:
    """(code, own name) of every language there is a translation for, English first."""
    found = [("en", "English")]
    for file in sorted(folder.glob("bowerbird_*.qm")):
        code = file.stem.removeprefix("bowerbird_")
        name = QLocale(code).nativeLanguageName()
        if code != "en" and name:
            found.append((code, name[:1].upper() + name[1:]))
    return tuple(found)
