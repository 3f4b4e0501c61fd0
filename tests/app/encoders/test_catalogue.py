"""What is offered: whole commits, free licences, and digests only with who saw them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.encoders.catalogue import HUB, Family, KnownFile, find, hub_address, read_catalogue, slug
from models.types import EncoderId


def test_ours_is_right() -> None:
    catalogue = read_catalogue()
    assert [known.name for known in catalogue if known.default] == [
        "ViT-B-32-256/datacomp_s34b_b86k", "laion/larger_clap_music_and_speech",
    ]  # fmt: skip
    assert len({known.slug for known in catalogue}) == len(catalogue)
    for known in catalogue:
        assert known.licence in ("MIT", "Apache-2.0")
        assert re.fullmatch("[0-9a-f]{40}", known.revision)
        assert known.adds.endswith(".")
        assert known.size > 100_000_000
        assert known.dimension == 512
        for file in known.files:
            assert not file.sha256 or file.seen


def test_a_slug_can_name_a_space() -> None:
    for known in read_catalogue():
        made = EncoderId(known.slug, 1, "0" * 16)
        assert EncoderId.parse(str(made)) == made
    assert slug("  Größe/x__y ") == "gr-e-x-y"
    assert slug("../..") == ""


def test_names_are_found_however_written() -> None:
    catalogue = read_catalogue()
    first, second = catalogue[0], catalogue[1]
    for name in ("ViT-B-32-256/datacomp_s34b_b86k", "vit-b-32-256-datacomp-s34b-b86k", "open_clip", "OPEN-CLIP"):
        assert find(name, catalogue) is first
    assert find("clap", catalogue) is second
    assert find("", catalogue) is None
    assert find("ViT-B-32", catalogue) is None


def test_the_hub_or_a_mirror_of_it() -> None:
    assert hub_address({}) == hub_address({"HF_ENDPOINT": " "}) == HUB
    assert hub_address({"HF_ENDPOINT": "http://127.0.0.1:8000/"}) == "http://127.0.0.1:8000"


def test_a_file_nothing_is_known_of() -> None:
    known = read_catalogue()[0]
    assert known.file("other") == KnownFile("other")
    assert known.file("open_clip_model.safetensors").size == 605_189_364


WHOLE = """
[[encoder]]
name = "a/b"
family = "clap"
repo = "a/b"
"""


def written(folder: Path, text: str) -> Path:
    (folder / "weights.toml").write_text(WHOLE + text)
    return folder / "weights.toml"


def test_a_short_line_is_enough(tmp_path: Path) -> None:
    (known,) = read_catalogue(written(tmp_path, "parameters = 10"))
    assert (known.family, known.revision, known.files, known.size) == (Family.CLAP, "", (), 40)


@pytest.mark.parametrize(
    "text",
    [
        'revision = "main"',
        'file = "one"',
        '[[encoder.file]]\nname = "w"\nsha256 = "abc"\nseen = "us"',
        f'[[encoder.file]]\nname = "w"\nsha256 = "{"0" * 64}"',
    ],
)
def test_half_a_pin_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"commit|digest|list"):
        read_catalogue(written(tmp_path, text))
