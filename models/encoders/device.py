"""Where a learned encoder counts: on a graphics processor where there is one, else here, in bfloat16 where that is
quicker.

Asks torch what there is; measures nothing, so that the same machine always chooses the same. Called before an encoder
is loaded.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

import torch

QUICK_BF16 = ("avx512_bf16", "amx_bf16")
"""Instructions of x86 processors with which torch multiplies in bfloat16 faster than in float32."""


@dataclass(frozen=True, slots=True)
class Device:
    """`name` as torch calls it, whether to count in bfloat16, and what to call it before the user."""

    name: str
    half: bool
    words: str


def best_device() -> Device:
    """CUDA, else Apple's MPS, else the processor."""
    if torch.cuda.is_available():
        return Device("cuda", torch.cuda.is_bf16_supported(), torch.cuda.get_device_name())
    if torch.backends.mps.is_available():
        return Device("mps", False, "Apple graphics (MPS)")
    return processor()


def processor() -> Device:
    """The processor, whatever else there is."""
    can = torch.cpu.get_capabilities()
    half = any(can.get(name, False) for name in QUICK_BF16)
    return Device("cpu", half, str(can.get("cpu_name") or platform.processor() or platform.machine() or "processor"))
