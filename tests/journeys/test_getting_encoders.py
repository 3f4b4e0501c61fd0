"""Getting a learned encoder in the settings, with the real studio and a model hub of the test's own.

The weights are of the right kind, and were never trained: they come, are checked, tried, and not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox

from app.encoders.catalogue import find, read_catalogue
from app.encoders.hub import PIECE
from app.ui.pages.encoder_card import EncoderCard
from app.ui.pages.settings import SettingsPage
from app.ui.widgets.elided_label import ElidedLabel
from tests.hub_server import HubServer, Served
from tests.journeys.conftest import Evening
from tests.untrained import untrained_clip

pytestmark = pytest.mark.journey

WEIGHTS = "open_clip_model.safetensors"
SMALL, DEFAULT = "PE-Core-S-16-384/meta", "ViT-B-32-256/datacomp_s34b_b86k"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """The small encoder's repository at its pinned revision, and no other; half of the weights come at first."""
    known = find(SMALL, read_catalogue())
    assert known is not None
    folder = untrained_clip(tmp_path / "untrained")
    files = {path.name: Served(path.read_bytes()) for path in folder.iterdir()}
    files[WEIGHTS].manner = "stalled"
    with HubServer(known.repo, files, known.revision) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server


def said(card: EncoderCard) -> str:
    return " ".join(card.words)


def test_what_comes_is_tried_and_what_goes_wrong_is_said(hub: HubServer, evening: Evening) -> None:
    page = evening.window.show_page("settings")
    assert isinstance(page, SettingsPage)
    page.open_encoders()
    section = page.encoders
    evening.until(lambda: DEFAULT in section.names, "the studio told which there are")
    card, other = section.card(SMALL), section.card(DEFAULT)
    assert card is not None
    assert other is not None

    card.get_wanted.emit()
    half = len(hub.files[WEIGHTS].content) // 2 // PIECE * PIECE  # it is written by the piece
    parts = evening.profile.encoders / ".incoming"
    evening.until(lambda: any(part.stat().st_size == half for part in parts.rglob(f"{WEIGHTS}.part")), "half came")
    assert any(" of " in sentence and sentence.endswith(" MB") for sentence in card.words)
    assert "Setting up an encoder" in " ".join(label.text() for label in evening.window.findChildren(ElidedLabel))
    card.stop_wanted.emit()
    evening.until(lambda: "have arrived; “Go on” fetches the rest." in said(card), "it was stopped")

    card.get_wanted.emit()
    evening.until(lambda: card.state is not None and card.state.installed, "it came")
    evening.until(lambda: "Not trained" in said(card), "it was tried")
    assert "Installed, but not used." in said(card)
    assert hub.asked(WEIGHTS) == ["", f"bytes={half}-"]

    card.remove_wanted.emit()
    box = section.findChild(QMessageBox)
    assert box is not None
    next(button for button in box.buttons() if button.text() == "Remove").click()
    evening.until(lambda: card.state is not None and not card.state.installed, "it went")
    assert not list(evening.profile.encoders.glob("[!.]*/"))

    other.get_wanted.emit()
    evening.until(lambda: "does not give it" in said(other), "the hub has no such repository")

    hub.close()
    other.get_wanted.emit()
    evening.until(lambda: "is this computer online?" in said(other), "nobody is there")
