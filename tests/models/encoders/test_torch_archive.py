"""Reading torch archives without unpickling: exact for tensors, and nothing but a refusal for anything else."""

from __future__ import annotations

import collections
import os
import pickle  # only to write what a stranger might send; nothing here is ever unpickled
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file

from models.encoders.torch_archive import convert
from models.encoders.weights import WeightsError

KINDS = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8]


def check(tensors: dict[str, torch.Tensor], folder: Path) -> None:
    convert(folder / "a.bin", folder / "a.safetensors")
    found = load_file(folder / "a.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name


def test_every_kind_of_number(tmp_path: Path) -> None:
    tensors = {str(kind): torch.arange(24).reshape(2, 3, 4).to(kind) for kind in KINDS}
    tensors |= {"bool": torch.tensor([True, False]), "u8": torch.tensor([1, 255], dtype=torch.uint8)}
    torch.save(tensors, tmp_path / "a.bin")
    check(tensors, tmp_path)


def test_views_scalars_and_nothing(tmp_path: Path) -> None:
    whole = torch.arange(100.0).reshape(10, 10)
    tensors = {
        "whole": whole, "turned": whole.T, "part": whole[2:5, 1:7:2], "scalar": torch.tensor(3.5),
        "none": torch.zeros(0, 4), "last": whole.flatten()[99:],
    }  # fmt: skip
    torch.save(tensors, tmp_path / "a.bin")
    check(tensors, tmp_path)


def test_a_network_as_transformers_saves_it(tmp_path: Path) -> None:
    """An OrderedDict with attributes of its own, parameters and a long list of names."""
    network = torch.nn.Sequential(*(torch.nn.Linear(3, 3) for _ in range(400)))
    torch.save(network.state_dict(), tmp_path / "a.bin")
    check(dict(network.state_dict()), tmp_path)
    parameters = dict(network.named_parameters())
    torch.save(parameters, tmp_path / "a.bin")
    check({name: part.data for name, part in parameters.items()}, tmp_path)


def test_a_checkpoint_of_training(tmp_path: Path) -> None:
    tensors = {"a": torch.ones(3)}
    torch.save({"epoch": 4, "name": "x", "rate": 0.5, "done": True, "none": None, "list": [1, 2, [3]],
                "state_dict": collections.OrderedDict(tensors)}, tmp_path / "a.bin")  # fmt: skip
    check(tensors, tmp_path)


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path) -> None:
    torch.save({"b": torch.ones(3), "a": torch.zeros(2)}, tmp_path / "a.bin")
    done: list[int] = []
    convert(tmp_path / "a.bin", tmp_path / "1", done.append)
    convert(tmp_path / "a.bin", tmp_path / "2")
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert done[-1] == (tmp_path / "1").stat().st_size
    with safe_open(tmp_path / "1", "pt") as opened:
        assert opened.metadata() == {"format": "pt"}


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.mark),)


def pack(path: Path, described: bytes, storages: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("archive/data.pkl", described)
        for key, content in (storages or {}).items():
            out.writestr(f"archive/data/{key}", content)
    return path


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_is_ever_run(protocol: int, tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    path = pack(tmp_path / "a.bin", pickle.dumps({"weight": Evil(mark)}, protocol=protocol))
    with pytest.raises(WeightsError):
        convert(path, tmp_path / "out")
    assert not mark.exists()
    assert not (tmp_path / "out").exists()


def described(offset: int, shape: tuple[int, ...], strides: tuple[int, ...], count: int = 4) -> bytes:
    """A pickle as torch writes it, of one tensor, with any numbers in it."""

    def text(value: str) -> bytes:
        return b"X" + len(value).to_bytes(4, "little") + value.encode()

    def number(value: int) -> bytes:
        return b"J" + value.to_bytes(4, "little", signed=True)

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(count) + b"tQ"
    tensor = storage + number(offset) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)R"
    return b"\x80\x02}" + text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + tensor + b"tRs."


def test_a_description_made_by_hand_is_read(tmp_path: Path) -> None:
    """So that the refusals below are of what is wrong in them, not of their making."""
    numbers = np.array([1, 2, 3, 4], "<f4")
    convert(pack(tmp_path / "a.bin", described(1, (3,), (1,)), {"0": numbers.tobytes()}), tmp_path / "out")
    assert load_file(tmp_path / "out")["w"].tolist() == [2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("offset", "shape", "strides", "count"),
    [
        (0, (5,), (1,), 4),
        (2, (3,), (1,), 4),
        (-1, (2,), (1,), 4),
        (3, (2,), (-1,), 4),
        (0, (-2,), (1,), 4),
        (0, (1 << 30,), (0,), 4),
        (0, (1000, 1000), (0, 0), 4),
        (0, (2, 2), (1,), 4),
        (0, (4,), (1,), 1 << 30),
        (0, (-1, -4), (1, 1), 4),
    ],
)
def test_a_tensor_outside_its_numbers(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...], count: int, tmp_path: Path
) -> None:
    path = pack(tmp_path / "a.bin", described(offset, shape, strides, count), {"0": b"\0" * 16})
    with pytest.raises(WeightsError):
        convert(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps([1, 2], protocol=2),
        pickle.dumps({"a": 1}, protocol=2),
        pickle.dumps(None, protocol=2),
        b"",
        b"\x80\x02",
        b"\x80\x02t.",
        b"\x80\x02h\x05.",
        b"\x80\x02}q\x00.",
        b"\x80\x02K\x01K\x02s.",
        b"\x80\x02K\x01K\x02a.",
        b"\x80\x02ctorch\nX\nK\x01Q.",
    ],
)
def test_a_description_of_something_else(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        convert(pack(tmp_path / "a.bin", content), tmp_path / "out")


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x80\x02cos\nsystem\n")
    with pytest.raises(WeightsError, match="not an archive"):
        convert(tmp_path / "a.bin", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "b.bin", "w") as out:
        out.writestr("else", b"")
    with pytest.raises(WeightsError, match="not an archive"):
        convert(tmp_path / "b.bin", tmp_path / "out")


def test_numbers_are_never_unpacked(tmp_path: Path) -> None:
    """Torch stores them as they are; compressed ones could grow without end."""
    with zipfile.ZipFile(tmp_path / "a.bin", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("archive/data.pkl", described(0, (4,), (1,)))
        out.writestr("archive/data/0", b"\0" * 16)
    with pytest.raises(WeightsError, match="not stored"):
        convert(tmp_path / "a.bin", tmp_path / "out")


def test_another_byte_order(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.bin", described(0, (4,), (1,)), {"0": b"\0" * 16})
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("archive/byteorder", b"big")
    with pytest.raises(WeightsError, match="byte order"):
        convert(path, tmp_path / "out")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_give_a_refusal(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.raises(WeightsError):
        convert(pack(Path(folder) / "a.bin", b"\x80\x02" + content), Path(folder) / "out")
