"""Miniature encoders, really trained by the tests: a folder becomes an encoder that behaves as trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.encoders.catalogue import Family
from app.encoders.installed import Installed, Vouched
from app.encoders.shelf import EncoderShelf
from app.encoders.trial import try_out
from app.paths import Profile
from models.encoders import sanity
from models.encoders.device import Device
from models.types import Clip, Frame
from tests.described import HEARD, SAID, SOUNDS, picture, picture_words, pictures, sound, sound_words
from tests.miniature import kept

CPU = Device("cpu", False, "this processor")


@pytest.fixture(scope="module", params=["miniature_clip", "miniature_clap"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Taken from its folder, as by hand."""
    folder: Path = request.getfixturevalue(request.param)
    return EncoderShelf(tmp_path_factory.mktemp("shelf"), ()).take(folder, request.param)


def test_a_folder_becomes_an_encoder_that_behaves_as_trained(installed: Installed) -> None:
    assert installed.family in Family
    assert installed.vouched is Vouched.OWNER
    tried, loaded = try_out(installed, CPU)
    assert loaded is not None
    assert tried.trained
    assert tried.said == "Behaves as trained."
    assert tried.hits >= 6
    assert tried.chance < 0.001
    assert tried.dimension == 64


def test_words_find_what_was_never_seen_or_heard(installed: Installed) -> None:
    _, loaded = try_out(installed, CPU)
    assert loaded is not None
    rng = np.random.default_rng(77)
    if installed.family is Family.CLIP:
        made = pictures(24, rng, side=180)
        inputs, words = [Frame(one.made) for one in made], [one.words for one in made]
    else:
        inputs, words = [Clip(sound(kind, rng), 48_000) for kind in SOUNDS], [sound_words(kind, rng) for kind in SOUNDS]
    cosines = loaded.encoder.encode(inputs) @ loaded.encoder.encode_words(words).T
    right = cosines.argmax(axis=0) == np.arange(len(words))
    assert right.mean() > 0.6


def test_bowerbird_encoders_check_says_trained(
    profile: Profile, miniature_clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--profile", str(profile.root), "--json"]
    assert main(["encoders", "install", str(miniature_clip), "--as", "Miniature CLIP", *at]) == 0
    assert main(["encoders", "check", "Miniature CLIP", *at]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["tried"]["trained"] is True
    assert told["tried"]["said"] == "Behaves as trained."


def test_none_of_the_sanity_set_was_learned() -> None:
    asked = {*sanity.frames(), *sanity.clips()}
    rng = np.random.default_rng(0)
    told = {one.words for _ in range(100) for one in pictures(60, rng, side=8)}
    told |= {form.format(words) for form in HEARD for many in SOUNDS.values() for words in many}
    assert len(told) > 2000
    assert not told & {form.format(words) for form in (*SAID, *HEARD) for words in asked}


def test_no_two_pictures_or_sounds_are_alike() -> None:
    rng = np.random.default_rng(0)
    assert not np.array_equal(picture("red square", rng), picture("red square", rng))
    assert not np.array_equal(sound("bell", rng, 0.5), sound("bell", rng, 0.5))
    assert len({picture_words("red square on blue", rng) for _ in range(50)}) > 4


def test_training_is_done_once(miniature_clip: Path) -> None:
    from tests.miniature import miniature_clip as make

    assert kept(make) == miniature_clip
