"""Fixtures for the window's parts: a theme that is applied, and a whole rig on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.theme import Theme
from tests.window import Rig


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    made = Theme()
    made.apply(qapp, "light")
    return made


@pytest.fixture
def rig(theme: Theme, tmp_path: Path, qapp: QApplication) -> Iterator[Rig]:
    made = Rig.make(tmp_path / "rig", theme)
    yield made
    made.close()
    qapp.processEvents()
