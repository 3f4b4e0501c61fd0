"""Getting, taking and removing encoders: whole or not at all, and never another file than the one it should be."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file

from app.encoders.catalogue import Family, KnownEncoder, KnownFile
from app.encoders.hub import Hub
from app.encoders.installed import FILE, Tried, Vouched, read
from app.encoders.shelf import RESERVE, EncoderShelf, Step
from app.errors import DiskFull, Locked, ModelError, NoEncoder, WrongFile
from app.jobs import Cancelled, JobControl
from tests.hub_server import REVISION, HubServer, Served

REPO = "somebody/some-encoder"
WEIGHTS = random.Random(6).randbytes(2_000_000)
CONFIG = b'{"model_cfg": {}, "preprocess_cfg": {}}'
KNOWN = KnownEncoder("Some-Encoder/tag", Family.CLIP, REPO, licence="MIT")


def repository(manner: str = "well") -> HubServer:
    return HubServer(
        REPO,
        {
            "README.md": Served(b"# read me"),
            "open_clip_config.json": Served(CONFIG),
            "tokenizer.json": Served(b"{}"),
            "open_clip_model.safetensors": Served(WEIGHTS, manner),
            "open_clip_pytorch_model.bin": Served(b"\x80" * 5000),
        },
    )


def shelf(folder: Path, known: KnownEncoder = KNOWN, free: int = 1 << 40) -> EncoderShelf:
    return EncoderShelf(folder, (known,), free=lambda _: free, clock=lambda: 1000.0)


def hub(server: HubServer) -> Hub:
    return Hub(server.endpoint, patience=5.0, tries=2, rest=lambda _: None)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_gets_what_is_needed_and_says_who_vouches(tmp_path: Path) -> None:
    steps: list[Step] = []
    with repository() as server:
        made = shelf(tmp_path).get(KNOWN, hub(server), progress=steps.append)
        assert not server.asked("README.md")
        assert not server.asked("open_clip_pytorch_model.bin")
    assert made.folder == tmp_path / "some-encoder-tag"
    assert (made.folder / "open_clip_model.safetensors").read_bytes() == WEIGHTS
    assert made.digests == {
        "open_clip_config.json": sha(CONFIG), "tokenizer.json": sha(b"{}"), "open_clip_model.safetensors": sha(WEIGHTS),
    }  # fmt: skip
    assert [file.vouched for file in made.files] == [Vouched.HUB_GIT, Vouched.HUB_GIT, Vouched.HUB]
    assert made.vouched is Vouched.HUB
    assert (made.repo, made.revision, made.licence, made.origin, made.at) == (REPO, REVISION, "MIT", "hub", 1000.0)
    assert steps[-1].done == steps[-1].total == len(CONFIG) + 2 + len(WEIGHTS)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert sorted(path.name for path in made.folder.iterdir()) == sorted([*made.digests, FILE])
    assert shelf(tmp_path).installed() == [made]


def test_an_installed_one_asks_nobody(tmp_path: Path) -> None:
    with repository() as server:
        made = shelf(tmp_path).get(KNOWN, hub(server))
        server.requests.clear()
        assert shelf(tmp_path).get(KNOWN, hub(server)) == made
        assert not server.requests


@pytest.mark.parametrize("manner", ["interrupted", "redirected", "no-ranges", "busy"])
def test_gets_it_all_the_same(manner: str, tmp_path: Path) -> None:
    with repository(manner) as server:
        shelf(tmp_path).get(KNOWN, hub(server))
    assert (tmp_path / "some-encoder-tag" / "open_clip_model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("manner", ["wrong", "oversized", "oversized-unsaid", "missing", "redirected-to-file"])
def test_a_bad_file_leaves_nothing_installed(manner: str, tmp_path: Path) -> None:
    with repository(manner) as server, pytest.raises(ModelError):
        shelf(tmp_path).get(KNOWN, hub(server))
    assert not shelf(tmp_path).installed()
    assert not list(tmp_path.rglob("open_clip_model.safetensors*"))


def test_cancelled_and_gone_on_with(tmp_path: Path) -> None:
    control = JobControl()

    def stop(step: Step) -> None:
        if step.done > 1_000_000:
            control.cancel()

    with repository() as server:
        with pytest.raises(Cancelled):
            shelf(tmp_path).get(KNOWN, hub(server), control, stop)
        (place,) = shelf(tmp_path).places()
        assert place.installed is None
        assert 1_000_000 < place.arrived < 2_000_000
        shelf(tmp_path).get(KNOWN, hub(server))
        assert len(server.asked("open_clip_config.json")) == 1
        assert server.asked("open_clip_model.safetensors")[-1].startswith("bytes=1")
    assert shelf(tmp_path).installed()


def test_a_pinned_digest_is_believed_more_than_the_hub(tmp_path: Path) -> None:
    """A hub that offers another file than is pinned is refused before anything is downloaded."""
    pinned = replace(KNOWN, files=(KnownFile("open_clip_model.safetensors", len(WEIGHTS), sha(b"another"), "us"),))
    with repository() as server:
        with pytest.raises(WrongFile, match="another file"):
            shelf(tmp_path, pinned).get(pinned, hub(server))
        assert not server.asked("open_clip_model.safetensors")


def test_a_pinned_digest_that_is_right(tmp_path: Path) -> None:
    pinned = replace(KNOWN, files=(KnownFile("open_clip_model.safetensors", len(WEIGHTS), sha(WEIGHTS), "us"),))
    with repository() as server:
        assert shelf(tmp_path, pinned).get(pinned, hub(server)).vouched is Vouched.PINNED


def test_a_pinned_size_is_kept_to(tmp_path: Path) -> None:
    pinned = replace(KNOWN, files=(KnownFile("open_clip_model.safetensors", 17),))
    with repository() as server, pytest.raises(WrongFile, match="another file"):
        shelf(tmp_path, pinned).get(pinned, hub(server))


@pytest.mark.parametrize("name", ["open_clip_model.safetensors", "open_clip_config.json"])
def test_what_the_hub_said_first_is_kept_also_after_removal(name: str, tmp_path: Path) -> None:
    with repository() as server:
        shelf(tmp_path).get(KNOWN, hub(server))
        shelf(tmp_path).remove(KNOWN.name)
        assert not shelf(tmp_path).installed()
        server.files[name].content = server.files[name].content[::-1]
        with pytest.raises(WrongFile, match=r"another file|not the file it was"):
            shelf(tmp_path).get(KNOWN, hub(server))
    assert not shelf(tmp_path).installed()


def test_the_revision_first_taken_is_asked_for_again(tmp_path: Path) -> None:
    with repository() as server:
        shelf(tmp_path).get(KNOWN, hub(server))
        shelf(tmp_path).remove(KNOWN.name)
        server.requests.clear()
        shelf(tmp_path).get(KNOWN, hub(server))
        assert f"/revision/{REVISION}?" in server.requests[0][0]


def test_what_came_of_another_revision_is_thrown_away(tmp_path: Path) -> None:
    old = tmp_path / ".incoming" / KNOWN.slug
    old.mkdir(parents=True)
    (old / ".revision").write_text("9" * 40)
    (old / "open_clip_model.safetensors").write_bytes(b"old")
    with repository() as server:
        shelf(tmp_path).get(KNOWN, hub(server))
    assert (tmp_path / KNOWN.slug / "open_clip_model.safetensors").read_bytes() == WEIGHTS


def test_no_room_is_seen_before_anything_is_fetched(tmp_path: Path) -> None:
    with repository() as server:
        with pytest.raises(DiskFull, match="room"):
            shelf(tmp_path, free=RESERVE + 1000).get(KNOWN, hub(server))
        assert len(server.requests) == 1


def test_one_at_a_time(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".lock"), repository() as server, pytest.raises(Locked):
        shelf(tmp_path).get(KNOWN, hub(server))


def test_a_repository_without_an_encoder(tmp_path: Path) -> None:
    with repository() as server:
        del server.files["open_clip_model.safetensors"], server.files["open_clip_pytorch_model.bin"]
        with pytest.raises(ModelError, match="holds no encoder"):
            shelf(tmp_path).get(KNOWN, hub(server))


CLAP = KnownEncoder("some/clap", Family.CLAP, REPO)


def archive(path: Path) -> dict[str, torch.Tensor]:
    tensors = {"a.weight": torch.arange(5000.0).reshape(50, 100).T, "a.count": torch.tensor([3, 4])}
    torch.save(tensors, path)
    return tensors


def test_a_torch_archive_becomes_safetensors(tmp_path: Path) -> None:
    tensors = archive(tmp_path / "weights.bin")
    content = (tmp_path / "weights.bin").read_bytes()
    files = {
        "config.json": Served(b'{"model_type": "clap"}'),
        "preprocessor_config.json": Served(b"{}"),
        "pytorch_model.bin": Served(content),
    }
    with HubServer(REPO, files) as server:
        made = shelf(tmp_path / "shelf", CLAP).get(CLAP, hub(server))
    found = load_file(made.folder / "model.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
    weights = made.files[-1]
    assert (weights.name, weights.source, weights.vouched) == ("model.safetensors", sha(content), Vouched.HUB)
    assert weights.sha256 == sha((made.folder / "model.safetensors").read_bytes())
    assert not (made.folder / "pytorch_model.bin").exists()


def test_an_archive_that_would_run_something_is_refused(tmp_path: Path) -> None:
    files = {
        "config.json": Served(b'{"model_type": "clap"}'),
        "preprocessor_config.json": Served(b"{}"),
        "pytorch_model.bin": Served(b"\x80\x02cos\nsystem\n" + b" " * 5000),
    }
    with HubServer(REPO, files) as server, pytest.raises(ModelError, match="cannot be used"):
        shelf(tmp_path, CLAP).get(CLAP, hub(server))
    assert not shelf(tmp_path, CLAP).installed()


def given(folder: Path) -> Path:
    folder.mkdir()
    (folder / "open_clip_config.json").write_bytes(CONFIG)
    (folder / "open_clip_model.safetensors").write_bytes(WEIGHTS)
    (folder / "notes.txt").write_bytes(b"mine")
    return folder


def test_takes_a_folder(tmp_path: Path) -> None:
    steps: list[Step] = []
    made = shelf(tmp_path / "shelf").take(given(tmp_path / "My Model"), progress=steps.append)
    assert (made.name, made.origin, made.vouched) == ("My Model", "hand", Vouched.OWNER)
    assert made.folder.name == "my-model"
    assert not (made.folder / "notes.txt").exists()
    assert steps[-1].done == steps[-1].total
    assert [place.name for place in shelf(tmp_path / "shelf").places()] == [KNOWN.name, "My Model"]


def test_takes_the_folder_of_another_profile_and_believes_its_digests(tmp_path: Path) -> None:
    with repository() as server:
        there = shelf(tmp_path / "one").get(KNOWN, hub(server)).folder
    made = shelf(tmp_path / "two").take(there)
    assert (made.name, made.revision, made.vouched) == (KNOWN.name, REVISION, Vouched.HUB)
    (there / "open_clip_model.safetensors").write_bytes(WEIGHTS[::-1])
    with pytest.raises(WrongFile, match="not the file it should be"):
        shelf(tmp_path / "three").take(there)
    assert not shelf(tmp_path / "three").installed()


def test_a_file_with_a_known_name_must_be_the_known_file(tmp_path: Path) -> None:
    pinned = replace(KNOWN, files=(KnownFile("open_clip_model.safetensors", 0, sha(b"another"), "us"),))
    with pytest.raises(WrongFile, match="not the file it should be"):
        shelf(tmp_path / "shelf", pinned).take(given(tmp_path / "given"), name=pinned.name)


def test_takes_a_weights_file_that_came_alone(tmp_path: Path) -> None:
    alone = tmp_path / "vit.safetensors"
    alone.write_bytes(WEIGHTS)
    with pytest.raises(NoEncoder, match="not known which model"):
        shelf(tmp_path / "shelf").take(alone)
    made = shelf(tmp_path / "shelf").take(alone, name="ViT/tag", config=CONFIG)
    assert (made.folder / "open_clip_config.json").read_bytes() == CONFIG
    assert made.name == "ViT/tag"


@pytest.mark.parametrize("missing", ["open_clip_config.json", "open_clip_model.safetensors"])
def test_a_folder_that_is_not_whole(missing: str, tmp_path: Path) -> None:
    folder = given(tmp_path / "given")
    (folder / missing).unlink()
    with pytest.raises(ModelError):
        shelf(tmp_path / "shelf").take(folder)
    with pytest.raises(NoEncoder, match="nothing"):
        shelf(tmp_path / "shelf").take(tmp_path / "nowhere")


def test_what_is_installed_is_not_replaced_by_hand(tmp_path: Path) -> None:
    shelf(tmp_path / "shelf").take(given(tmp_path / "given"))
    with pytest.raises(ModelError, match="already"):
        shelf(tmp_path / "shelf").take(tmp_path / "given")


def test_removes_also_what_has_half_arrived(tmp_path: Path) -> None:
    with repository("missing") as server, pytest.raises(ModelError):
        shelf(tmp_path).get(KNOWN, hub(server))
    assert shelf(tmp_path).places()[0].arrived
    shelf(tmp_path).remove("some-encoder/TAG")
    assert not shelf(tmp_path).places()[0].arrived
    with pytest.raises(ModelError, match="No encoder"):
        shelf(tmp_path).remove(KNOWN.name)
    with pytest.raises(ModelError, match="No encoder"):
        shelf(tmp_path).remove("..")


def test_keeps_what_was_measured(tmp_path: Path) -> None:
    made = shelf(tmp_path / "shelf").take(given(tmp_path / "given"))
    tried = Tried("cpu", True, 61.5, 1, 700.0, 512, "some-v1-00112233", True, "as trained", 11, 12, 0.0001, 5.0)
    shelf(tmp_path / "shelf").note(made, tried)
    assert read(made.folder).tried == tried


def test_ruins_are_shown_not_hidden(tmp_path: Path) -> None:
    made = shelf(tmp_path / "shelf").take(given(tmp_path / "given"))
    for text in ("{", "[]", "{}", json.dumps({"format": 99})):
        (made.folder / FILE).write_text(text)
        place = shelf(tmp_path / "shelf").places()[-1]
        assert place.installed is None
        assert place.problem
    shelf(tmp_path / "shelf").remove("given")
    assert len(shelf(tmp_path / "shelf").places()) == 1


def test_finds_by_name(tmp_path: Path) -> None:
    made = shelf(tmp_path / "shelf").take(given(tmp_path / "My Model"))
    assert shelf(tmp_path / "shelf").find("my model") == made
    with pytest.raises(ModelError, match="Installed: My Model"):
        shelf(tmp_path / "shelf").find("other")


def test_known_weights_get_their_known_name_by_hand_too(tmp_path: Path) -> None:
    known = replace(KNOWN, files=(KnownFile("open_clip_model.safetensors", len(WEIGHTS), sha(WEIGHTS), "us"),))
    made = shelf(tmp_path / "shelf", known).take(given(tmp_path / "DataComp.XL-something"))
    assert (made.name, made.licence, made.vouched) == (KNOWN.name, "MIT", Vouched.PINNED)


def test_a_folder_keeps_its_dots(tmp_path: Path) -> None:
    assert shelf(tmp_path / "shelf").take(given(tmp_path / "DataComp.XL-s13B")).name == "DataComp.XL-s13B"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / ".incoming").write_bytes(b"a file where a folder should be")
    with pytest.raises(ModelError, match="cannot be read or written"):
        shelf(tmp_path / "shelf").take(given(tmp_path / "given"))


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from app.encoders import shelf as room

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(room, "_copy", full)
    with pytest.raises(DiskFull):
        shelf(tmp_path / "shelf").take(given(tmp_path / "given"))


def test_converting_can_be_cancelled_and_done_later(tmp_path: Path) -> None:
    archive(tmp_path / "weights.bin")
    files = {
        "config.json": Served(b'{"model_type": "clap"}'),
        "preprocessor_config.json": Served(b"{}"),
        "pytorch_model.bin": Served((tmp_path / "weights.bin").read_bytes()),
    }
    control = JobControl()
    with HubServer(REPO, files) as server:
        with pytest.raises(Cancelled):
            shelf(tmp_path / "shelf", CLAP).get(
                CLAP, hub(server), control, lambda step: control.cancel() if step.doing == "convert" else None
            )
        made = shelf(tmp_path / "shelf", CLAP).get(CLAP, hub(server))
        assert len(server.asked("pytorch_model.bin")) == 1
    assert made.files[-1].name == "model.safetensors"


def test_the_product_never_accepts_what_was_never_trained() -> None:
    root = Path(__file__).resolve().parents[3]
    for path in (root / "app").rglob("*.py"):
        assert "accept_untrained" not in path.read_text(encoding="utf-8"), path


def test_a_file_without_a_record_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.dumps({
        "sha": REVISION,
        "siblings": [
            {"rfilename": "open_clip_config.json", "size": 2}, {"rfilename": "open_clip_model.safetensors", "size": 2},
        ],
    }).encode()  # fmt: skip
    monkeypatch.setattr(HubServer, "described", lambda _: told)
    with repository() as server, pytest.raises(ModelError, match="records no digest"):
        shelf(tmp_path).get(KNOWN, hub(server))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_kept_digests_that_cannot_be_read_are_not_forgotten(text: str, tmp_path: Path) -> None:
    (tmp_path / "digests.json").write_text(text)
    with repository() as server, pytest.raises(ModelError, match="kept digests"):
        shelf(tmp_path).get(KNOWN, hub(server))


def test_no_room_for_what_is_given(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="room"):
        shelf(tmp_path / "shelf", free=RESERVE).take(given(tmp_path / "given"))


@pytest.mark.parametrize("name", ["", "///", "日本"])
def test_an_encoder_needs_a_name(name: str, tmp_path: Path) -> None:
    folder = given(tmp_path / "日本")
    with pytest.raises(ModelError, match="needs a name"):
        shelf(tmp_path / "shelf").take(folder, name)


def test_takes_a_torch_archive_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "some-clap"
    folder.mkdir()
    (folder / "config.json").write_bytes(b'{"model_type": "clap"}')
    (folder / "preprocessor_config.json").write_bytes(b"{}")
    archive(folder / "pytorch_model.bin")
    made = shelf(tmp_path / "shelf").take(folder)
    assert [file.name for file in made.files] == ["config.json", "preprocessor_config.json", "model.safetensors"]
    assert made.files[-1].source == sha((folder / "pytorch_model.bin").read_bytes())


def test_what_an_earlier_try_left_is_checked_again(tmp_path: Path) -> None:
    with repository("missing") as server:
        with pytest.raises(ModelError, match="does not have"):
            shelf(tmp_path).get(KNOWN, hub(server))
        left = tmp_path / ".incoming" / KNOWN.slug / "tokenizer.json"
        left.write_bytes(b"[]")
        with pytest.raises(ModelError, match=r"tokenizer.json is not the file it should be"):
            shelf(tmp_path).get(KNOWN, hub(server))
    assert not left.exists()
