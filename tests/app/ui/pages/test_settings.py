"""Settings: what each control keeps and does; feedback as a file; starting over and back."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from app.config import CONTINUE_FROM_TASTE, PREAMP, REPLAYGAIN, THEME
from app.paths import RESOURCES
from app.player.replaygain import GainMode
from app.protocol import AddFolder, FeedbackChanged, Ready, RemoveFolder, Scan, ScoresChanged
from app.store.feedback import Feedback
from app.store.items import Items
from app.ui.bridge import StudioBridge
from app.ui.network import NetworkBridge
from app.ui.pages.settings import SettingsPage
from app.ui.pages.settings_encoders import EncodersSection
from app.ui.pages.settings_folders import FoldersSection
from app.ui.pages.settings_network import NetworkSection
from app.ui.pages.settings_taste import RecommendationsSection, learned_words
from app.ui.pages.settings_window import AppearanceSection, PlaybackSection, languages
from app.ui.pages.start_over import StartOver
from tests.window import Rig


def studio(rig: Rig) -> StudioBridge:
    return cast("StudioBridge", rig.studio)


@pytest.fixture
def page(rig: Rig, items: Items, qtbot: QtBot) -> SettingsPage:
    made = SettingsPage(
        FoldersSection(items, studio(rig), rig.undo, rig.settings, rig.theme),
        AppearanceSection(rig.settings, rig.theme, RESOURCES / "translations"),
        PlaybackSection(rig.settings, rig.playback, rig.theme),
        RecommendationsSection(rig.writes, studio(rig), rig.ratings, rig.undo, rig.theme),
        EncodersSection(studio(rig), rig.theme),
        NetworkSection(rig.settings, cast("NetworkBridge", rig.network), rig.folder / "downloads", rig.theme),
        rig.theme,
    )
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def combo(page: SettingsPage, name: str) -> QComboBox:
    return next(box for box in page.findChildren(QComboBox) if box.accessibleName() == name)


def choose(box: QComboBox, value: str) -> None:
    at = box.findData(value)
    box.setCurrentIndex(at)
    box.activated.emit(at)


def button(page: SettingsPage, words: str) -> QPushButton:
    return next(found for found in page.findChildren(QPushButton) if words in (found.text(), found.accessibleName()))


def test_the_theme_changes_at_once(rig: Rig, page: SettingsPage, qapp: QApplication) -> None:
    choose(combo(page, "Theme"), "dark")
    assert rig.settings.get(THEME) == "dark"
    assert rig.theme.dark
    choose(combo(page, "Theme"), "light")
    assert not rig.theme.dark


def test_loudness_reaches_the_session(rig: Rig, page: SettingsPage) -> None:
    choose(combo(page, "Even loudness (ReplayGain)"), "album")
    slider = next(s for s in page.findChildren(QSlider) if "decibels" in s.accessibleName())
    slider.setValue(-7)
    assert rig.settings.get(REPLAYGAIN) == "album"
    assert rig.settings.get(PREAMP) == -3.5
    assert rig.playback.session.gain_choice.mode is GainMode.ALBUM
    assert rig.playback.session.gain_choice.preamp_db == -3.5


def test_going_on_from_taste_is_the_sessions(rig: Rig, page: SettingsPage) -> None:
    box = next(b for b in page.findChildren(QCheckBox) if b.accessibleName().startswith("At the queue's end"))
    box.setChecked(False)
    assert rig.settings.get(CONTINUE_FROM_TASTE) is False
    assert rig.playback.session.continues is False


def test_folders_are_listed_removed_and_taken_back(rig: Rig, page: SettingsPage, items: Items, qtbot: QtBot) -> None:
    folder = items.folders()[0]
    section = page.findChild(FoldersSection)
    assert section is not None
    with qtbot.waitSignal(page.notice) as told:
        section.remove(folder)
    assert "ratings are kept" in told.args[0]
    assert rig.studio.asked[-1][0] == RemoveFolder(1, folder.path)
    rig.undo.undo()
    assert rig.studio.asked[-1][0] == AddFolder(2, folder.path)
    with qtbot.waitSignal(page.add_folder_wanted):
        button(page, "Add a folder…").click()
    button(page, "Look for changes now").click()
    assert rig.studio.told[-1] == Scan()


def test_the_care_page_the_keys_and_about_are_asked_for(page: SettingsPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.care_wanted) as told:
        button(page, "Open: Duplicates").click()
    assert told.args == ["duplicates"]
    with qtbot.waitSignal(page.shortcuts_wanted):
        button(page, "Show and change the keyboard shortcuts").click()
    with qtbot.waitSignal(page.about_wanted):
        button(page, "More about Bowerbird").click()


def test_feedback_leaves_and_comes_back_as_a_file(rig: Rig, page: SettingsPage, tmp_path: Path, qtbot: QtBot) -> None:
    section = page.findChild(RecommendationsSection)
    assert section is not None
    feedback = Feedback(rig.database)
    feedback.like(1)  # type: ignore[arg-type]
    feedback.stars(2, 4.0)  # type: ignore[arg-type]
    with qtbot.waitSignal(page.notice) as told:
        section.export_to(tmp_path / "mine.jsonl")
    assert told.args[0].startswith("2 lines are written")
    with qtbot.waitSignal(page.notice) as told:
        section.import_from(tmp_path / "mine.jsonl")
    assert told.args[0] == "Taken in: 0, already known: 2"
    with qtbot.waitSignal(page.notice) as told:
        section.import_from(tmp_path / "nothing.jsonl")
    assert "cannot be read" in told.args[0]
    (tmp_path / "other.jsonl").write_text("hello\n")
    with qtbot.waitSignal(page.notice) as told:
        section.import_from(tmp_path / "other.jsonl")
    assert "not a feedback file" in told.args[0]


def test_a_private_session_is_shown_wherever_it_was_begun(rig: Rig, page: SettingsPage) -> None:
    box = next(b for b in page.findChildren(QCheckBox) if b.accessibleName() == "Private session")
    rig.ratings.private = True
    assert box.isChecked()
    box.setChecked(False)
    assert not rig.ratings.private


def test_what_was_learned_is_said_in_words(rig: Rig, page: SettingsPage, qapp: QApplication) -> None:
    rig.studio.scores_changed.emit(ScoresChanged(7, 0.1))
    assert any(label.text() == learned_words(7) for label in page.findChildren(QLabel))
    assert learned_words(0).startswith("Nothing is learned yet")
    assert learned_words(7) == "Learned from 7 rated or played items."
    words = learned_words(70, 0.72, 0.61, 0.804)
    assert "about 7 in the right order (between 6.1 and 8.0)" in words


def test_encoders_in_use_are_named_exactly(rig: Rig, page: SettingsPage) -> None:
    rig.studio.ready.emit(Ready("1", 1, 0, ("builtin-audio-v1-0123456789abcdef",)))
    section = page.findChild(EncodersSection)
    assert section is not None
    assert section.exact("audio") == "builtin-audio-v1-0123456789abcdef"
    assert section.exact("image") == ""


def test_languages_are_the_translations_there_are(tmp_path: Path) -> None:
    (tmp_path / "bowerbird_de.qm").touch()
    (tmp_path / "bowerbird_xx.qm").touch()
    assert languages(tmp_path) == (("en", "English"), ("de", "Deutsch"))


def test_starting_over_forgets_everything_and_undo_brings_it_back(rig: Rig, qtbot: QtBot) -> None:
    feedback = Feedback(rig.database)
    feedback.like(1)  # type: ignore[arg-type]
    feedback.dislike(2)  # type: ignore[arg-type]
    feedback.stars(1, 4.5)  # type: ignore[arg-type]
    feedback.played(3, 1.0, 100.0)  # type: ignore[arg-type]
    feedback.played(3, 0.95, 95.0)  # type: ignore[arg-type]
    feedback.skipped(4, 0.1, 10.0)  # type: ignore[arg-type]

    def state() -> list[tuple[int, float | None, int, int]]:
        return [(row.liked, row.stars, row.play_count, row.skip_count) for row in rig.lists.rows([1, 2, 3, 4])]

    before = state()
    start_over = StartOver(rig.writes, studio(rig), rig.undo)
    with qtbot.waitSignal(start_over.done):
        start_over.begin()
    assert state() == [(0, None, 0, 0)] * 4
    assert rig.studio.told[-1] == FeedbackChanged()
    with qtbot.waitSignal(start_over.done):
        rig.undo.undo()
    assert state() == before
    with qtbot.waitSignal(start_over.done):
        rig.undo.redo()
    assert state() == [(0, None, 0, 0)] * 4


def test_starting_over_with_nothing_says_so(rig: Rig, qtbot: QtBot) -> None:
    start_over = StartOver(rig.writes, studio(rig), rig.undo)
    with qtbot.waitSignal(start_over.said) as told:
        start_over.begin()
    assert told.args == ["There is nothing to forget"]
