"""Fixtures for every test: shared real media (skipped, visibly, where absent), a profile, a guard on the log."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.paths import Profile

# Windows are drawn into memory, as in dev.py; a display is asked for with QT_QPA_PLATFORM=xcb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# One thread each, as the studio process has (before numpy is loaded): threads that wait for each other make small
# matrices slow where something else runs beside the tests.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

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


@pytest.fixture(scope="session")
def miniature_clip() -> Path:
    """A tiny open_clip model that was really trained, as a folder of the hub."""
    from tests import miniature

    return miniature.kept(miniature.miniature_clip)


@pytest.fixture(scope="session")
def miniature_clap() -> Path:
    """A tiny CLAP model that was really trained, as a folder of the hub."""
    from tests import miniature

    return miniature.kept(miniature.miniature_clap)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """An empty profile below the test's own folder."""
    made = Profile.at(tmp_path / "profile")
    made.make()
    return made


def pytest_configure() -> None:
    """Keep a message handler of ours below pytest-qt's.

    After each test pytest-qt puts back the handler it found. Where that is none, PySide forgets its handler while a
    renderer thread of Qt's may be about to call it, and the whole run dies of it (seen once in a full run).
    """
    qInstallMessageHandler(_said_by_qt)


def pytest_unconfigure() -> None:
    """Leave Qt to itself at the end."""
    qInstallMessageHandler(None)


def _said_by_qt(_kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    """What Qt says between the tests."""
    sys.stderr.write(f"{message}\n")


class _Errors(logging.Handler):
    """Keeps what is logged at ERROR and above while a test runs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_logged_errors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test during which an error was logged, unless it is marked `allow_log_errors`."""
    handler = _Errors()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if handler.said and request.node.get_closest_marker("allow_log_errors") is None:
        pytest.fail("errors were logged:\n" + "\n".join(handler.said))


@pytest.fixture(autouse=True)
def _garbage_is_collected_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where there are windows, collect as the program does: on their thread, here after the test."""
    if "qapp" not in request.fixturenames:
        yield
        return
    gc.disable()
    yield
    gc.enable()
    gc.collect(1)
