"""The messages about learned encoders: which there are, getting, trying and removing them. Part of `protocol.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListEncoders:
    """Ask for the learned encoders: what is on offer, and what is installed. Answered by EncodersChanged."""

    request: int


@dataclass(frozen=True, slots=True)
class GetEncoder:
    """Download an encoder (or go on with it), try it, and use it. `Cancel(Job.ENCODER)` keeps what has come."""

    request: int
    name: str


@dataclass(frozen=True, slots=True)
class InstallEncoder:
    """Take an encoder from a file or folder of the user's, try it, and use it. `name`: what to call it, "" to see."""

    request: int
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckEncoder:
    """Try an installed encoder again: does it behave as trained, and how fast is it?"""

    request: int
    name: str


@dataclass(frozen=True, slots=True)
class RemoveEncoder:
    """Delete an encoder, and all that it has encoded."""

    request: int
    name: str


@dataclass(frozen=True, slots=True)
class EncoderState:
    """One learned encoder as the user is to see it. Sizes in bytes; numbers that are not known are 0, words "".

    `hears`: it encodes sound, else pictures. `installed`: its files are here; `used`: it behaves as trained, and
    encodes the library. `encoded` of `wanted` Items have been. `rate`: pictures a second, or seconds of sound a
    second, measured on `device`. `vouched` is a value of `app.encoders.installed.Vouched`; `problem` says why what is
    there cannot be used.
    """

    name: str
    hears: bool
    adds: str
    licence: str
    repo: str
    revision: str
    size: int
    default: bool
    installed: bool
    on_disk: int = 0
    arrived: int = 0
    vouched: str = ""
    used: bool = False
    said: str = ""
    problem: str = ""
    rate: float = 0.0
    device: str = ""
    half: bool = False
    memory_mib: float = 0.0
    hits: int = 0
    asked: int = 0
    space: str = ""
    encoded: int = 0
    wanted: int = 0


@dataclass(frozen=True, slots=True)
class EncodersChanged:
    """All learned encoders, installed or not: the answer to ListEncoders, or (request 0) since something changed.

    `device` is where they compute, in words. `words_ready`: those whose words can be searched with at once.
    """

    request: int
    encoders: tuple[EncoderState, ...]
    device: str
    words_ready: tuple[str, ...] = ()


EncoderRequest = ListEncoders | GetEncoder | InstallEncoder | CheckEncoder | RemoveEncoder
