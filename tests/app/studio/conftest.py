"""A real studio on a profile of its own, and twelve small sounds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.paths import Profile
from tests.studio_run import Run, write_sound


def write_sounds(folder: Path) -> Path:
    """Six calm chords and six noises."""
    folder.mkdir()
    for number in range(6):
        write_sound(folder / f"calm {number}.wav", pitch=220 + 30 * number, noise=0.02, seed=number)
        write_sound(folder / f"noise {number}.wav", pitch=220 + 30 * number, noise=0.9, seed=100 + number)
    return folder


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Twelve files of the test's own."""
    return write_sounds(tmp_path / "music")


@pytest.fixture
def run(profile: Profile) -> Iterator[Run]:
    """A started studio."""
    made = Run(profile)
    made.start()
    yield made
    made.studio.close()


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile whose twelve sounds are scanned and encoded: copied, not used, by the tests."""
    folder = tmp_path_factory.mktemp("indexed")
    made = Run(Profile.at(folder / "profile"))
    made.start()
    made.take_in(write_sounds(folder / "music"))
    made.studio.close()
    return folder / "profile"


@pytest.fixture
def ready(indexed: Path, tmp_path: Path) -> Iterator[Run]:
    """A started studio with the twelve sounds already encoded. The files are shared: only read them."""
    shutil.copytree(indexed, tmp_path / "copy")
    made = Run(Profile.at(tmp_path / "copy"))
    made.start()
    yield made
    made.studio.close()
