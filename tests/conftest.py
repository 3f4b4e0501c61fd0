"""Fixtures for every test: the shared real media (skipped, visibly, where absent) and a profile of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.paths import Profile

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"needs {name} in a folder `shared` beside the checkout")
    return folder


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real CC-licensed music and video."""
    return _shared("media")


@pytest.fixture(scope="session")
def shared_odd_media() -> Path:
    """About a thousand malformed files."""
    return _shared("odd_media")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real ratings for measuring recommenders."""
    return _shared("data")


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty profile below the test's own folder."""
    made = Profile.at(tmp_path / "profile")
    made.make()
    return made
