"""Settings, Encoders: what each button asks the studio for, and what stands there while it works and when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QLocale, QPoint
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QMessageBox, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.encoder_messages import (
    CheckEncoder,
    EncodersChanged,
    EncoderState,
    GetEncoder,
    InstallEncoder,
    ListEncoders,
    RemoveEncoder,
)
from app.protocol import Cancel, Done, Failed, Job, JobEnded, Progress, Ready, Request, Trouble
from app.ui.bridge import StudioBridge
from app.ui.pages.encoder_card import EncoderCard
from app.ui.pages.settings_encoders import EncodersSection
from tests.window import ListeningStudio, Rig

EYES = EncoderState(
    "ViT-B-32-256/datacomp_s34b_b86k", hears=False, adds="", licence="MIT", repo="laion/eyes", revision="4" * 40,
    size=605_189_364, default=True, installed=False,
)  # fmt: skip
EARS = replace(
    EYES, name="laion/larger_clap_music_and_speech", hears=True, licence="Apache-2.0", repo="laion/ears",
    size=776_444_665,
)  # fmt: skip
MORE = replace(EYES, name="PE-Core-S-16-384/meta", default=False, repo="timm/eyes", revision="", size=348_000_000)
HERE = replace(
    EARS, installed=True, used=True, on_disk=777_000_000, vouched="pinned", rate=24.1, device="A processor",
    memory_mib=1400.0, hits=30, asked=32, space="ears-1-0123456789abcdef", encoded=412, wanted=1300,
    said="Behaves as trained.",
)  # fmt: skip


@pytest.fixture
def british() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def section(rig: Rig, british: None, qtbot: QtBot) -> EncodersSection:
    made = EncodersSection(cast("StudioBridge", rig.studio), rig.theme)
    qtbot.addWidget(made)
    made.resize(600, 900)
    made.show()
    told(rig, EYES, EARS, MORE)
    return made


def told(rig: Rig, *states: EncoderState, words_ready: tuple[str, ...] = ()) -> None:
    rig.studio.encoders_changed.emit(EncodersChanged(0, states, "A processor", words_ready))


def card(section: EncodersSection, state: EncoderState) -> EncoderCard:
    found = section.card(state.name)
    assert found is not None
    return found


def buttons(card: EncoderCard) -> list[str]:
    return [button.text() for button in card.findChildren(QPushButton) if not button.isHidden()]


def press(card: EncoderCard, words: str) -> None:
    next(one for one in card.findChildren(QPushButton) if one.text() == words and not one.isHidden()).click()


def asked(studio: ListeningStudio) -> list[Request]:
    """What was asked beside which encoders there are."""
    return [request for request, _ in studio.asked if not isinstance(request, ListEncoders)]


def answer(studio: ListeningStudio, failed: Failed | None = None) -> None:
    request, answer = next(pair for pair in reversed(studio.asked) if not isinstance(pair[0], ListEncoders))
    answer(failed or Done(request.request))  # type: ignore[union-attr]


def test_asks_when_it_is_shown_and_shows_the_answer(rig: Rig, qtbot: QtBot) -> None:
    section = EncodersSection(cast("StudioBridge", rig.studio), rig.theme)
    qtbot.addWidget(section)
    assert rig.studio.asked == []
    section.show()
    request, answer = rig.studio.asked[-1]
    assert request == ListEncoders(1)
    assert not section.names
    answer(EncodersChanged(1, (EYES, EARS), "A processor"))
    assert section.names == (EYES.name, EARS.name)
    assert any("A processor" in label.text() for label in section.findChildren(QLabel))
    rig.studio.ready.emit(Ready("1", 1, 0, ("builtin-audio-v1-0123456789abcdef",)))
    assert rig.studio.asked[-1][0] == ListEncoders(2)
    assert section.exact("audio") == "builtin-audio-v1-0123456789abcdef"


def test_a_studio_that_is_gone_is_said(rig: Rig, qtbot: QtBot) -> None:
    section = EncodersSection(cast("StudioBridge", rig.studio), rig.theme)
    qtbot.addWidget(section)
    section.show()
    rig.studio.asked[-1][1](Failed(1, "The studio process ended", "signal 9"))
    assert any(label.text() == "The studio process ended: signal 9" for label in section.findChildren(QLabel))


def test_each_says_what_it_weighs_and_may_be_used_for(section: EncodersSection) -> None:
    assert "605.2 MB to download · licence MIT · for covers and films" in card(section, EYES).words
    assert buttons(card(section, EYES)) == ["Get", "Install from", "Details"]
    press(card(section, EYES), "Details")
    details = card(section, EYES).words[-1]
    assert f"https://huggingface.co/laion/eyes/tree/{'4' * 40}" in details
    assert "open_clip_config.json, open_clip_model.safetensors" in details
    press(card(section, EARS), "Details")
    assert "config.json, preprocessor_config.json, pytorch_model.bin" in card(section, EARS).words[-1]
    press(card(section, EARS), "Fewer details")
    assert "preprocessor_config.json" not in card(section, EARS).words[-1]
    press(card(section, MORE), "Details")
    assert "open_clip_model.safetensors / open_clip_pytorch_model.bin" in card(section, MORE).words[-1]
    assert "digest" not in card(section, MORE).words[-1]


def test_one_in_use_says_how_it_fares(rig: Rig, section: EncodersSection) -> None:
    told(rig, EYES, HERE, words_ready=(HERE.name,))
    words = card(section, HERE).words
    assert "777.0 MB on the disk · licence Apache-2.0 · for music, sounds and films' sound tracks" in words
    assert (
        "Measured here: hears 24 times as fast as it plays · on A processor · 1.5 GB of memory while it works" in words
    )
    assert (
        "In use. It behaves as trained (it put 30 of 32 sounds to their own words). Has heard 412 of "
        "your library's 1,300; goes on in the background. Search by words is ready."
    ) in words
    assert buttons(card(section, HERE)) == ["Check again", "Remove…", "Details"]
    press(card(section, HERE), "Details")
    assert "Who vouches for its files: this program" in card(section, HERE).words[-1]


def test_getting_shows_bytes_and_can_be_stopped(rig: Rig, section: EncodersSection) -> None:
    press(card(section, EYES), "Get")
    assert asked(rig.studio) == [GetEncoder(2, EYES.name)]
    assert "Asking for it…" in card(section, EYES).words
    assert buttons(card(section, EYES)) == ["Stop", "Details"]
    rig.studio.progressed.emit(Progress(Job.INDEX, 3, 9, 0.0, -1.0))
    rig.studio.progressed.emit(Progress(Job.ENCODER, 212_000_000, 605_189_364, 246e6, 97.0, note=EYES.name))
    assert "212.0 MB of 605.2 MB · 4.1 MB/s · 2 min left" in card(section, EYES).words
    bar = card(section, EYES).findChild(QProgressBar)
    assert bar is not None
    assert bar.value() / bar.maximum() == pytest.approx(0.35, abs=0.01)
    press(card(section, EYES), "Stop")
    assert rig.studio.told == [Cancel(Job.ENCODER)]
    rig.studio.job_ended.emit(JobEnded(Job.ENCODER, 212_000_000, 0, 1.0, cancelled=True))
    answer(rig.studio, Failed(2, "Cancelled", trouble=Trouble.CANCELLED))
    told(rig, replace(EYES, arrived=212_000_000), EARS)
    words = card(section, EYES).words
    assert "212.0 MB of 605.2 MB have arrived; “Go on” fetches the rest." in words
    assert not any("Cancelled" in sentence for sentence in words)
    assert buttons(card(section, EYES)) == ["Go on", "Install from", "Discard", "Details"]
    press(card(section, EYES), "Discard")
    assert asked(rig.studio)[-1] == RemoveEncoder(3, EYES.name)


def test_while_it_is_tried_there_is_nothing_to_count(rig: Rig, section: EncodersSection) -> None:
    press(card(section, EYES), "Get")
    rig.studio.progressed.emit(Progress(Job.ENCODER, 0, 0, 0.0, -1.0, note=EYES.name))
    assert "Being checked and tried…" in card(section, EYES).words
    assert buttons(card(section, EYES)) == ["Details"]
    told(rig, replace(HERE, name=EYES.name), EARS)
    rig.studio.job_ended.emit(JobEnded(Job.ENCODER, 605, 0, 1.0))
    answer(rig.studio)
    assert buttons(card(section, EYES)) == ["Check again", "Remove…", "Details"]
    press(card(section, EYES), "Check again")
    assert asked(rig.studio)[-1] == CheckEncoder(3, EYES.name)


def test_the_keyboard_goes_from_one_to_the_next_as_they_stand(rig: Rig, section: EncodersSection, qtbot: QtBot) -> None:
    by_hand = replace(HERE, name="My encoder", default=False)
    told(rig, EYES, EARS, MORE, by_hand)
    section.activateWindow()
    qtbot.waitUntil(section.isActiveWindow)
    card(section, by_hand).buttons[2].setFocus()
    visited = []
    for _ in range(11):
        focused = QApplication.focusWidget()
        assert isinstance(focused, QPushButton)
        visited.append(focused.accessibleName())
        section.focusNextChild()
    assert visited == [
        *(f"{words}: My encoder" for words in ("Check again", "Remove…", "Details")),
        *(f"{words}: {EYES.name}" for words in ("Get", "Install from", "Details")),
        *(f"{words}: {EARS.name}" for words in ("Get", "Install from", "Details")),
        *(f"{words}: {MORE.name}" for words in ("Get", "Install from")),
    ]


def test_the_keyboard_comes_from_the_sections_to_the_encoders(rig: Rig, section: EncodersSection, qtbot: QtBot) -> None:
    names = QPushButton("Sections", section)
    hand = next(button for button in section.findChildren(QPushButton) if button.text() == "Install from a folder…")
    QWidget.setTabOrder(names, hand)
    told(rig, EYES)
    told(rig, EYES, EARS)
    section.activateWindow()
    qtbot.waitUntil(section.isActiveWindow)
    names.setFocus()
    visited = []
    for _ in range(7):
        section.focusNextChild()
        visited.append(QApplication.focusWidget())
    assert visited == [
        *card(section, EYES).stops[:2],
        card(section, EYES).stops[5],
        *card(section, EARS).stops[:2],
        card(section, EARS).stops[5],
        hand,
    ]


def test_the_keyboard_stays_with_what_can_be_pressed(rig: Rig, section: EncodersSection, qtbot: QtBot) -> None:
    told(rig, EYES)
    section.activateWindow()
    qtbot.waitUntil(section.isActiveWindow)
    get = next(button for button in card(section, EYES).buttons if button.text() == "Get")
    get.setFocus()
    press(card(section, EYES), "Get")
    focused = QApplication.focusWidget()
    assert isinstance(focused, QPushButton)
    assert focused.text() == "Stop"
    answer(rig.studio, Failed(1, "", trouble=Trouble.OFFLINE))
    assert get.hasFocus()


def test_the_keyboard_goes_on_when_what_had_it_is_removed(rig: Rig, section: EncodersSection, qtbot: QtBot) -> None:
    told(rig, HERE, EYES)
    section.activateWindow()
    qtbot.waitUntil(section.isActiveWindow)
    next(button for button in card(section, HERE).buttons if button.text() == "Remove…").setFocus()
    told(rig, EYES)
    focused = QApplication.focusWidget()
    assert isinstance(focused, QPushButton)
    assert focused in card(section, EYES).buttons


def test_a_page_made_late_knows_what_is_built_in(rig: Rig, qtbot: QtBot) -> None:
    rig.studio.spaces = ("builtin-image-v1-0123456789abcdef",)
    section = EncodersSection(cast("StudioBridge", rig.studio), rig.theme)
    qtbot.addWidget(section)
    assert section.exact("image") == "builtin-image-v1-0123456789abcdef"


def test_a_second_one_waits_its_turn(rig: Rig, section: EncodersSection) -> None:
    section.get(EYES.name)
    section.get(EARS.name)
    section.get(EARS.name)
    assert asked(rig.studio) == [GetEncoder(2, EYES.name), GetEncoder(3, EARS.name)]
    assert "Waits until the other one is done." in card(section, EARS).words
    assert buttons(card(section, EARS)) == ["Details"]
    rig.studio.asked[1][1](Done(2))
    assert "Asking for it…" in card(section, EARS).words


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (
            Trouble.OFFLINE,
            "is this computer online? What has arrived is kept. Without the internet, bring it as a folder",
        ),
        (Trouble.REFUSED, "does not give it"),
        (Trouble.WRONG_FILE, "nothing of it was used"),
        (Trouble.DISK_FULL, "about 873.6 MB must be free"),
        (Trouble.BUSY, "Another encoder is just being installed"),
        (Trouble.OTHER, "Something odd: do this"),
    ],
)
def test_what_went_wrong_is_said_with_its_remedy(
    trouble: Trouble, says: str, rig: Rig, section: EncodersSection
) -> None:
    section.get(EYES.name)
    answer(rig.studio, Failed(2, "Something odd", "do this", "", trouble))
    words = " ".join(card(section, EYES).words)
    assert says in words
    assert buttons(card(section, EYES)) == ["Get", "Install from", "Details"]
    primary = [one.text() for one in card(section, EYES).findChildren(QPushButton) if one.property("primary")]
    assert primary == (["Install from"] if trouble is Trouble.OFFLINE else ["Get"])
    section.get(EYES.name)
    assert says not in " ".join(card(section, EYES).words)


def test_install_from_a_folder(rig: Rig, section: EncodersSection, tmp_path: Path) -> None:
    section.install(tmp_path)
    assert asked(rig.studio) == [InstallEncoder(2, str(tmp_path), "")]
    assert section.said == "Reading the files…"
    rig.studio.progressed.emit(Progress(Job.ENCODER, 1_000_000, 2_000_000, 0.0, -1.0, note="stick"))
    assert section.said == "stick · 1.0 MB of 2.0 MB"
    rig.studio.progressed.emit(Progress(Job.ENCODER, 0, 0, 0.0, -1.0, note="My encoder"))
    assert section.said == "My encoder is being checked and tried…"
    answer(rig.studio, Failed(2, "open_clip_config.json is missing", "", "", Trouble.NO_ENCODER))
    assert section.said.startswith("This is not an encoder, or not all of one.")
    assert section.said.endswith("(open_clip_config.json is missing)")
    section.install(tmp_path)
    rig.studio.asked[-1][1](Failed(3, "Cancelled", trouble=Trouble.CANCELLED))
    assert section.said == ""
    section.install(tmp_path)
    rig.studio.asked[-1][1](Done(4))
    assert section.said == "It is installed, and stands above."
    section.install(tmp_path, EARS.name)
    assert asked(rig.studio)[-1] == InstallEncoder(5, str(tmp_path), EARS.name)
    assert section.said == ""
    rig.studio.progressed.emit(Progress(Job.ENCODER, 1_000_000, 2_000_000, 0.0, -1.0, note=EARS.name))
    assert "1.0 MB of 2.0 MB" in card(section, EARS).words
    menu = card(section, EYES).findChild(QMenu)
    assert menu is not None
    assert [action.text() for action in menu.actions()] == ["A folder…", "A file of weights…"]


def test_one_that_is_not_trained_is_not_used_and_says_so(rig: Rig, section: EncodersSection) -> None:
    bad = replace(HERE, used=False, hits=2, said="Does not behave as trained")
    told(rig, EYES, bad)
    words = " ".join(card(section, bad).words)
    assert "Installed, but not used." in words
    assert "does not behave as trained: 2 of 32 were put to their own words" in words
    told(rig, EYES, replace(bad, asked=0, hits=0, said="Never trained: all are as they began."))
    assert "Never trained: all are as they began." in card(section, bad).words
    told(rig, EYES, replace(bad, asked=0, hits=0, said=""))
    assert "It was not tried yet. “Check” tries it." in card(section, bad).words
    told(rig, EYES, replace(EARS, problem="This encoder is not wholly installed"))
    assert "Remove it, then get it again." in " ".join(card(section, bad).words)
    assert buttons(card(section, bad)) == ["Remove…", "Details"]


def test_removing_says_what_is_lost_and_asks_first(rig: Rig, section: EncodersSection) -> None:
    told(rig, EYES, HERE)
    press(card(section, HERE), "Remove…")
    box = section.findChild(QMessageBox)
    assert box is not None
    assert box.text() == "Remove laion/larger_clap_music_and_speech?"
    assert box.informativeText() == (
        "777.0 MB on the disk is freed. What it has encoded is deleted too (412). Search by words "
        "then no longer knows what something sounds like. Your library, your ratings and what is built in stay as they "
        "are."
    )
    assert asked(rig.studio) == []
    assert [button.text() for button in box.buttons() if button is box.defaultButton()] == ["Cancel"]
    next(button for button in box.buttons() if button.text() == "Remove").click()
    assert asked(rig.studio) == [RemoveEncoder(2, HERE.name)]
    assert "Being removed…" in card(section, HERE).words
    assert "Stop" not in buttons(card(section, HERE))
    told(rig, EYES)
    assert section.names == (EYES.name,)
    answer(rig.studio)


def test_foreign_names_are_shown_as_they_are(rig: Rig, section: EncodersSection) -> None:
    odd = replace(HERE, name="<b>bold</b>", licence="<img src=x>", adds="", device="&lt;")
    told(rig, odd)
    assert "<b>bold</b>" in card(section, odd).words
    assert "Installed by hand: for sound and words." in card(section, odd).words


def test_what_is_installed_stands_first(rig: Rig, section: EncodersSection) -> None:
    by_hand = replace(HERE, name="My encoder", default=False)
    told(rig, EYES, EARS, MORE, by_hand)
    QApplication.processEvents()  # the layout moves the cards
    cards = [card(section, state) for state in (by_hand, EYES, EARS, MORE)]
    heights = [one.mapTo(section, QPoint(0, 0)).y() for one in cards]
    assert heights == sorted(heights)
    assert len(set(heights)) == len(heights)


def test_asks_again_how_much_is_encoded_when_that_ends(rig: Rig, section: EncodersSection) -> None:
    count = len(rig.studio.asked)
    rig.studio.progressed.emit(Progress(Job.LEARNED, 1, 9, 0.0, -1.0, note=HERE.name))
    assert len(rig.studio.asked) == count
    rig.studio.job_ended.emit(JobEnded(Job.LEARNED, 9, 0, 1.0))
    assert [type(request) for request, _ in rig.studio.asked[count:]] == [ListEncoders]
