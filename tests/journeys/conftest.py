"""The whole program: a real window (offscreen), a real studio process, real files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.composition import Running, compose
from app.config import Settings
from app.network_messages import NetworkState, PublicationChanged
from app.paths import Profile
from app.ui.theme import Theme
from tests.peer_run import PeerRun

PATIENCE = 90_000
ROOT = Path(__file__).resolve().parents[2]


class Evening:
    """A running Bowerbird that a test uses as somebody at the screen would."""

    def __init__(self, profile: Profile, qapp: QApplication, qtbot: QtBot) -> None:
        self.profile, self._bot = profile, qtbot
        theme = Theme()
        theme.apply(qapp, "light")
        self.running: Running = compose(profile, Settings(profile.settings), theme)
        self.window = self.running.window
        self.window.show()
        qtbot.waitExposed(self.window)
        self.running.start()

    def until(self, true: Callable[[], object], what: str = "") -> None:
        """Go on until something is true."""
        self._bot.waitUntil(lambda: bool(true()), timeout=PATIENCE)

    def end(self) -> None:
        """Close the window as its user does."""
        self.window.quit()
        self.running.close()


@pytest.fixture
def evening(profile: Profile, qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Evening]:
    """Bowerbird on an empty profile."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = Evening(profile, qapp, qtbot)
    yield made
    made.end()


@pytest.fixture(scope="session")
def annas_profile(shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile of a peer, Anna, that publishes the ten pieces of one artist; to be copied."""
    folder = (shared_media / "music" / "HoliznaCC0").resolve()
    root = tmp_path_factory.mktemp("anna") / "profile"
    with PeerRun(root, "127.1.9.1", name="Anna") as run:
        run.take_in(folder)
        run.publish(folder)
        run.tell(PublicationChanged())
        run.wait(NetworkState, lambda state: state.published == 10 and not state.publishing)
    return root
