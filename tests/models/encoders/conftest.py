"""Folders of networks that were never trained, made once for all tests of the learned encoders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.untrained import untrained_clap, untrained_clip


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layer norms as born."""
    return untrained_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="session")
def spread_clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loads like a trained one."""
    return untrained_clip(tmp_path_factory.mktemp("spread-clip"), spread=True)


@pytest.fixture(scope="session")
def clap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layer norms as born."""
    return untrained_clap(tmp_path_factory.mktemp("clap"))


@pytest.fixture(scope="session")
def perturbed_clap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layer norms moved; everything is heard alike."""
    return untrained_clap(tmp_path_factory.mktemp("perturbed-clap"), perturbed=True)


@pytest.fixture(scope="session")
def spread_clap_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loads like a trained one."""
    return untrained_clap(tmp_path_factory.mktemp("spread-clap"), spread=True)
