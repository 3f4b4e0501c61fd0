"""The commands, as a script would call them: a real profile, real files, exit codes and JSON."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.__main__ import main
from app.cli import parser
from app.codec import Message
from app.encoder_messages import EncodersChanged
from app.encoders.catalogue import Family
from app.paths import Profile
from app.search_messages import FoundBy, Hit, Hits, Meaning, Search
from app.store.offer_vectors import OfferVectors
from app.studio.service import Studio
from app.studio.spaces import builtin_spaces
from models.int8 import Int8Vectors
from tests.peers_catalogue import Offered, publish
from tests.plain_encoders import install
from tests.studio_run import write_sound

ROOT = Path(__file__).resolve().parents[2]
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `music` and a `profile` that knows it."""
    folder = tmp_path_factory.mktemp("cli")
    music = folder / "music"
    music.mkdir()
    for number in range(3):
        write_sound(music / f"calm {number}.wav", pitch=220 + 40 * number, noise=0.02, seed=number)
        write_sound(music / f"noise {number}.wav", pitch=220 + 40 * number, noise=0.9, seed=10 + number)
    (music / "broken.flac").write_bytes(b"fLaC" + bytes(50))
    assert main(["--profile", str(folder / "profile"), "scan", str(music), "--json"]) == 0
    return folder


@pytest.fixture
def call(scanned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command on a copy of the profile; gives what it printed, read as JSON where it asked for that."""
    shutil.copytree(scanned / "profile", tmp_path / "profile")

    def run(*words: str, status: int = 0) -> Any:
        capsys.readouterr()
        assert main(["--profile", str(tmp_path / "profile"), *words]) == status
        printed = capsys.readouterr()
        return json.loads(printed.out) if "--json" in words else printed.out + printed.err

    return run


def test_scan_tells_what_it_found_and_what_failed(call: Call, scanned: Path) -> None:
    told = call("scan", "--json")
    assert (told["tracks"], told["videos"], told["encoded"]) == (6, 0, 6)
    assert [Path(failure["path"]).name for failure in told["failures"]] == ["broken.flac"]
    assert "broken.flac" in call("scan")
    assert "not a folder" in call("scan", str(scanned / "nowhere"), status=1)


def test_rating_changes_what_is_recommended(call: Call, scanned: Path) -> None:
    music = scanned / "music"
    assert call("rate", str(music / "calm 0.wav"), "like", "--json")["liked"] == 1
    assert call("rate", str(music / "noise 0.wav"), "0.5", "--json")["stars"] == 0.5
    picks = call("recommend", "-n", "4", "--json")
    assert picks
    assert all(Path(pick["path"]).name.startswith("calm") for pick in picks)
    assert "calm 0" in picks[0]["reason"]
    assert "calm" in call("recommend", "-n", "1")
    assert call("rate", str(music / "calm 0.wav"), "clear", "--json")["liked"] == 0


def test_search_finds_words_and_nearly_the_words_and_says_why(call: Call) -> None:
    found = call("search", "noise", "1", "--json")
    assert [(one["title"], one["found_by"], one["at"]) for one in found] == [("noise 1", ["words"], None)]
    assert [one["found_by"] for one in call("search", "nosie", "-n", "2", "--json")] == [["nearly"]] * 2
    assert call("search", "noise", "--kind", "video", "--json") == []
    said = call("search", "calm")
    assert "calm 0" in said
    assert "by its tags" in said
    assert "bowerbird encoders list" in said
    assert "Nothing was found." in call("search", "zzqxv")


def test_beside_an_open_window_the_tags_are_searched(call: Call, tmp_path: Path) -> None:
    studio = Studio(Profile.at(tmp_path / "profile"), lambda event: None, watch=False)
    studio.start()
    try:
        assert {one["title"] for one in call("search", "calm", "--json")} == {"calm 0", "calm 1", "calm 2"}
    finally:
        studio.close()


def test_search_waits_for_encoders_that_are_being_loaded(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The studio says first that it is loading, then what the encoders found: told here in its place."""
    told = [Meaning.LOADING, Meaning.LOADING, Meaning.READY]

    def take(studio: Studio, message: Message) -> None:
        if isinstance(message, Search):
            meaning = told.pop(0)
            hits = (Hit(1, 0.5, (FoundBy.SOUND, FoundBy.MOMENT), 3725.0),) if meaning is Meaning.READY else ()
            if meaning is Meaning.LOADING:
                studio._say(EncodersChanged(0, (), ""))
            studio._say(Hits(message.request, hits, meaning))

    monkeypatch.setattr(Studio, "handle", take)
    said = call("search", "rain")
    assert told == []
    assert "by its sound, by a moment at 1:02:05" in said


@pytest.mark.parametrize("rating", ["6", "1.3", "love", "-1"])
def test_a_rating_that_is_none_is_refused(call: Call, scanned: Path, rating: str) -> None:
    assert "no rating" in call("rate", str(scanned / "music" / "calm 0.wav"), "--", rating, status=1)


def test_similar_compares_by_sound(call: Call, scanned: Path) -> None:
    found = call("similar", str(scanned / "music" / "noise 1.wav"), "-n", "2", "--json")
    assert [Path(pick["path"]).name for pick in found] == ["noise 0.wav", "noise 2.wav"] or [
        Path(pick["path"]).name for pick in found
    ] == ["noise 2.wav", "noise 0.wav"]
    told = call("similar", str(scanned / "music" / "unknown.wav"), "--json", status=1)
    assert "not in the library" in told["error"]


def test_exported_feedback_comes_back(call: Call, scanned: Path, tmp_path: Path) -> None:
    call("rate", str(scanned / "music" / "calm 1.wav"), "4.5")
    call("rate", str(scanned / "music" / "noise 1.wav"), "dislike")
    target = tmp_path / "feedback.jsonl"
    call("export", str(target))
    assert call("import", str(target), "--json") == {"added": 0, "known": 2, "unmatched": 0, "damaged": 0}
    assert len(call("export").splitlines()) == 3
    shutil.rmtree(tmp_path / "profile")
    shutil.copytree(scanned / "profile", tmp_path / "profile")
    assert call("import", str(target), "--json")["added"] == 2
    assert "cannot be read" in call("import", str(tmp_path / "none.jsonl"), status=1)


def test_doctor_finds_and_mends(call: Call, tmp_path: Path) -> None:
    sound = call("doctor", "--json")
    assert sound["problems"] == []
    assert sound["library"]["tracks"] == 6
    assert sound["codecs"]["flac"]
    assert "missing" not in sound["versions"].values()
    library = tmp_path / "profile" / "library.db"
    content = bytearray(library.read_bytes())
    content[4096:12288] = os.urandom(8192)
    library.write_bytes(bytes(content))
    assert call("doctor", "--json", status=1)["problems"]


def test_doctor_throws_damaged_vectors_of_offers_away(call: Call, tmp_path: Path) -> None:
    profile = Profile.at(tmp_path / "profile")
    publish(profile, "ann", [Offered("One")])
    vectors, space = OfferVectors(profile.vectors), builtin_spaces().text
    vectors.add(space, np.array([1]), ["aa" * 32], Int8Vectors(np.ones((1, 512), np.int8), np.ones(1, np.float16)))
    vectors.close()
    assert call("doctor", "--json")["problems"] == []
    for file in (profile.vectors / f"offers.{space}.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    assert "offers" in call("doctor", "--json", status=1)["problems"][0]
    assert "made anew" in call("doctor", "--repair", "--json")["mended"][0]
    assert call("doctor", "--json")["problems"] == []


def test_doctor_looks_at_the_encoders(call: Call, tmp_path: Path) -> None:
    profile = Profile.at(tmp_path / "profile")
    assert call("doctor", "--json")["encoders"] == {}
    install(profile, "Plain Pitches", Family.CLAP)
    found = call("doctor", "--json")
    assert found["encoders"] == {"Plain Pitches": "Behaves as trained. Nothing encoded yet"}
    assert found["problems"] == []
    (profile.encoders / "plain-pitches" / "model.safetensors").write_bytes(b"other")
    assert "not the file it should be" in call("doctor", "--json", status=1)["problems"][0]
    (profile.encoders / "plain-pitches" / "installation.json").write_bytes(b"other")
    found = call("doctor", "--json", status=1)
    assert found["encoders"] == {"plain-pitches": "cannot be used"}
    assert "not wholly installed" in found["problems"][0]


def test_commands_beside_an_open_window(call: Call, scanned: Path, tmp_path: Path) -> None:
    call("rate", str(scanned / "music" / "calm 0.wav"), "like")
    call("recommend", "-n", "2")
    studio = Studio(Profile.at(tmp_path / "profile"), lambda event: None, watch=False)
    studio.start()
    try:
        assert "like" in call("rate", str(scanned / "music" / "calm 1.wav"), "like")
        assert Path(call("recommend", "-n", "2", "--json")[0]["path"]).name.startswith("calm")
        assert "already at work" in call("scan", status=1)
        assert "at work" in call("doctor", status=1)
    finally:
        studio.close()


def test_wrong_arguments_end_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["recommend", "-n", "0"], ["rate"], ["similar"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
    assert "headless" in parser().format_help()


@pytest.mark.journey
def test_headless_indexes_until_it_is_told_to_stop(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    write_sound(music / "one.wav", pitch=300, noise=0.1)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--profile", str(tmp_path / "profile"), "headless", str(music)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("index: 1 done"):
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    assert lines[0].startswith("ready")
