"""Where to count, by what torch says there is."""

from __future__ import annotations

import pytest
import torch

from models.encoders.device import best_device, processor


@pytest.mark.parametrize(
    ("can", "half"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx2": True, "avx512_bf16": False}, False),
        ({}, False),
    ],
)
def test_bfloat16_where_the_processor_has_it(can: dict[str, bool], half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can)
    found = processor()
    assert (found.name, found.half) == ("cpu", half)
    assert found.words


def test_this_machine_has_a_device() -> None:
    found = best_device()
    assert torch.zeros(1).to(found.name).device.type == found.name
    assert found == best_device()


@pytest.mark.parametrize("half", [False, True])
def test_a_graphics_processor_comes_first(half: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: half)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some Card")
    found = best_device()
    assert (found.name, found.half, found.words) == ("cuda", half, "Some Card")


def test_apples_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert best_device().name == "mps"
