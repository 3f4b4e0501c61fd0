"""From a server to an encoder that encodes, and every way in which it is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.encoders import loading
from app.encoders.catalogue import Family, KnownEncoder
from app.encoders.hub import Hub
from app.encoders.installed import Installed, Vouched
from app.encoders.loading import configuration, listed, load, space_digests
from app.encoders.shelf import EncoderShelf
from app.encoders.trial import try_out
from app.errors import ModelError
from models.encoders.device import Device
from models.encoders.trial_inputs import trial_clips, trial_frames
from models.types import Modality
from tests.hub_server import HubServer, Served
from tests.untrained import untrained_clap, untrained_clip

CPU = Device("cpu", False, "this processor")


@pytest.fixture(scope="module")
def spread_clip(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Loads like a trained one, taken from a folder."""
    root = tmp_path_factory.mktemp("clip")
    return EncoderShelf(root / "shelf", ()).take(untrained_clip(root / "given", spread=True), "Spread CLIP")


@pytest.fixture(scope="module")
def spread_clap(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Loads like a trained one; published as the real default is, as a torch archive, and downloaded."""
    root = tmp_path_factory.mktemp("clap")
    made = untrained_clap(root / "made", spread=True)
    torch.save(load_file(made / "model.safetensors"), made / "pytorch_model.bin")
    (made / "model.safetensors").unlink()
    files = {path.name: Served(path.read_bytes(), "interrupted") for path in made.iterdir()}
    known = KnownEncoder("Spread CLAP", Family.CLAP, "some/clap")
    with HubServer("some/clap", files) as server:
        return EncoderShelf(root / "shelf", (known,)).get(known, Hub(server.endpoint, patience=5.0))


def test_a_folder_becomes_an_encoder(spread_clip: Installed) -> None:
    loaded = load(spread_clip, CPU)
    assert loaded.device == CPU
    assert loaded.encoder.modality is Modality.IMAGE
    assert loaded.encoder.id.name == "spread-clip"
    assert loaded.encoder.encode(trial_frames()).shape == (8, 256)
    assert loaded.encoder.encode_words(["a dog"]).shape == (1, 256)


def test_an_archive_from_the_hub_becomes_an_encoder(spread_clap: Installed) -> None:
    loaded = load(spread_clap)
    assert loaded.encoder.modality is Modality.AUDIO
    assert loaded.encoder.encode(trial_clips(48_000)).shape == (8, 512)
    weights = spread_clap.files[-1]
    assert weights.vouched is Vouched.HUB
    assert space_digests(spread_clap)["model.safetensors"] == weights.source != weights.sha256


def test_the_space_is_that_of_the_published_files(spread_clap: Installed) -> None:
    """Where it was installed and by whom does not matter, nor does the tokenizer."""
    space = load(spread_clap, CPU).encoder.id
    by_hand = replace(spread_clap, origin="hand", revision="", repo="")
    assert load(by_hand, CPU).encoder.id == space
    assert set(space_digests(spread_clap)) == {"config.json", "preprocessor_config.json", "model.safetensors"}


@pytest.mark.parametrize("name", ["open_clip_model.safetensors", "open_clip_config.json"])
def test_a_changed_file_is_seen_before_it_is_read(name: str, spread_clip: Installed, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(spread_clip.folder, tmp_path / "changed"))
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelError, match="cannot be used") as raised:
        load(replace(spread_clip, folder=folder), CPU)
    assert "SHA-256" in raised.value.detail
    (folder / name).unlink()
    with pytest.raises(ModelError, match="cannot be used"):
        load(replace(spread_clip, folder=folder), CPU)


def test_what_was_never_trained_is_said_so(tmp_path: Path) -> None:
    installed = EncoderShelf(tmp_path / "shelf", ()).take(untrained_clap(tmp_path / "made"))
    with pytest.raises(ModelError, match="cannot be used") as raised:
        load(installed)
    assert raised.value.detail.startswith("Not trained:")
    tried, loaded = try_out(installed, CPU, clock=lambda: 7.0)
    assert loaded is None
    assert not tried.trained
    assert tried.said.startswith("Not trained:")
    assert (tried.rate, tried.at) == (0.0, 7.0)


def test_one_that_knows_nothing_does_not_behave_as_trained(spread_clip: Installed) -> None:
    tried, loaded = try_out(spread_clip, CPU)
    assert loaded is not None
    assert not tried.trained
    assert "does not behave as trained" in tried.said.lower()
    assert tried.asked == 12
    assert tried.rate > 0
    assert tried.dimension == 256
    assert tried.space == str(loaded.encoder.id)


def test_one_that_knows_behaves_as_trained(spread_clip: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Knowledge is put in by hand: each text gets the place of the picture it describes."""
    from models.encoders import sanity
    from models.encoders.clip import ClipEncoder

    def know(encoder: ClipEncoder, texts: list[str]) -> np.ndarray:
        pictures = sanity.frames()
        return encoder.encode([pictures[text.removeprefix("a picture of ")] for text in texts])

    monkeypatch.setattr(ClipEncoder, "encode_words", know)
    tried, _ = try_out(spread_clip, CPU)
    assert tried.trained
    assert tried.said == "Behaves as trained."
    assert tried.hits > 6
    assert tried.chance < 0.001


def test_a_device_without_room_gives_way(spread_clip: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    real = loading.ENCODERS[Family.CLIP]

    def full(*given: object, device: str = "cpu", half: bool = False) -> object:
        if device != "cpu":
            raise RuntimeError("CUDA out of memory")
        return real(*given, half=half)

    monkeypatch.setitem(loading.ENCODERS, Family.CLIP, full)
    assert load(spread_clip, Device("cuda", True, "Small Card")).device.name == "cpu"


@pytest.mark.parametrize("error", [RuntimeError("something else"), MemoryError()])
def test_other_failures_are_said(error: Exception, spread_clip: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setitem(loading.ENCODERS, Family.CLIP, fail)
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(spread_clip, CPU)


def test_any_model_of_open_clips_list_can_be_named() -> None:
    known = listed("ViT-B-16/datacomp_xl_s13b_b90k")
    assert known.repo == "laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K"
    assert known.licence == ""
    assert json.loads(configuration("ViT-B-16/datacomp_xl_s13b_b90k"))["model_cfg"]["embed_dim"] == 512
    for ask in (listed, configuration):
        with pytest.raises(ModelError, match="There is no encoder nonsense"):
            ask("nonsense")
