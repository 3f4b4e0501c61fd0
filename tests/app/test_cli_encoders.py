"""`bowerbird encoders` in its own process, with a real server for a hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.encoders.catalogue import read_catalogue
from tests.hub_server import HubServer, Served
from tests.untrained import untrained_clip

ROOT = Path(__file__).resolve().parents[2]


def bowerbird(profile: Path, *words: str, endpoint: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "--profile", str(profile), "encoders", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"HF_ENDPOINT": endpoint, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_clip(tmp_path_factory.mktemp("given") / "Some Model")


def test_lists_what_is_offered(tmp_path: Path) -> None:
    done = bowerbird(tmp_path)
    assert done.returncode == 0
    for known in read_catalogue():
        assert f"{known.name}" in done.stdout
        assert known.licence in done.stdout
    told = json.loads(bowerbird(tmp_path, "list", "--json").stdout)
    assert [line["name"] for line in told] == [known.name for known in read_catalogue()]
    assert not any(line["installed"] for line in told)


def test_offline_is_said_in_words(tmp_path: Path) -> None:
    done = bowerbird(tmp_path, "get", "open_clip")
    assert done.returncode == 1
    assert "127.0.0.1 cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(bowerbird(tmp_path, "get", "clap", "--json").stdout)["error"] == "127.0.0.1 cannot be reached"


def test_another_file_than_pinned_is_refused(tmp_path: Path) -> None:
    known = read_catalogue()[0]
    files = {"open_clip_config.json": Served(b"{}"), "open_clip_model.safetensors": Served(b"x" * 5000)}
    with HubServer(known.repo, files, revision=known.revision) as server:
        done = bowerbird(tmp_path, "get", known.name, endpoint=server.endpoint)
        assert not server.asked("open_clip_model.safetensors")
    assert done.returncode == 1
    assert "another file than it should" in done.stderr


def test_installs_checks_and_removes(given: Path, tmp_path: Path) -> None:
    """What was never trained can be installed, and is said to be just that."""
    done = bowerbird(tmp_path, "install", str(given))
    assert done.returncode == 1
    assert "Some Model: Not trained: all layer norms still have the weight 1." in done.stdout
    assert "MB  open_clip_model.safetensors" in done.stderr
    (line,) = [line for line in json.loads(bowerbird(tmp_path, "list", "--json").stdout) if line["installed"]]
    assert line["name"] == "Some Model"
    assert line["tried"]["trained"] is False
    shown = bowerbird(tmp_path).stdout
    assert "nobody but whoever gave the file" in shown
    again = bowerbird(tmp_path, "check", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["tried"]["said"].startswith("Not trained")
    assert bowerbird(tmp_path, "remove", "some model").returncode == 0
    assert bowerbird(tmp_path, "check").returncode == 1


def test_a_weights_file_alone_needs_a_name(given: Path, tmp_path: Path) -> None:
    alone = tmp_path / "vit.safetensors"
    alone.hardlink_to(given / "open_clip_model.safetensors")
    done = bowerbird(tmp_path / "profile", "install", str(alone))
    assert done.returncode == 1
    assert "--as MODEL/TAG" in done.stderr
    named = bowerbird(tmp_path / "profile", "install", str(alone), "--as", "ViT-B-16/openai")
    assert "ViT-B-16/openai: " in named.stdout
    assert "open_clip cannot read it" in named.stdout
    known = bowerbird(tmp_path / "profile", "install", str(alone), "--as", "open_clip")
    assert "not the file it should be" in known.stderr


@pytest.mark.parametrize("words", [("get",), ("remove",), ("install",), ("remove", "nothing"), ("check", "nothing")])
def test_what_cannot_be_done_is_said(words: tuple[str, ...], tmp_path: Path) -> None:
    done = bowerbird(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.startswith("bowerbird: ")
