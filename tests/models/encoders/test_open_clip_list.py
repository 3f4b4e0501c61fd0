"""open_clip's own list: repositories by name, and configurations it can load again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.encoders.catalogue import Family, read_catalogue
from models.encoders.clip import ClipEncoder
from models.encoders.open_clip_list import configuration_of, repository_of
from models.encoders.weights import WeightsError
from tests.untrained import SMALLEST_CLIP, digests_of, untrained_clip


def test_our_catalogue_names_the_repositories_of_the_list() -> None:
    for known in read_catalogue():
        if known.family is Family.CLIP:
            assert repository_of(known.name) == known.repo


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-B-32/", "ViT-B-32/nonsense", "nonsense/openai", "", "/"])
def test_what_is_not_on_the_list(name: str) -> None:
    with pytest.raises(WeightsError, match="no "):
        repository_of(name)
    with pytest.raises(WeightsError, match="has no"):
        configuration_of(name)


def test_a_configuration_is_as_published() -> None:
    told = json.loads(configuration_of("ViT-B-32-256/datacomp_s34b_b86k"))
    assert told["model_cfg"]["vision_cfg"]["image_size"] == 256
    assert told["preprocess_cfg"]["interpolation"] == "bicubic"
    assert len(told["preprocess_cfg"]["mean"]) == 3


def test_a_configuration_of_the_list_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import open_clip

    published = open_clip.get_pretrained_cfg("ViT-B-32", "laion2b_s34b_b79k")
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda *_: published)
    folder = untrained_clip(tmp_path, side=0)
    (folder / "open_clip_config.json").write_bytes(configuration_of(f"{SMALLEST_CLIP}/any"))
    assert ClipEncoder(folder, digests_of(folder), "clip", accept_untrained=True).dimension == 256
