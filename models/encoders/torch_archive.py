"""Reads the tensors out of a `torch.save` archive without unpickling, and writes them as safetensors.

Some published encoders exist only as `pytorch_model.bin`: a zip of raw tensors and one pickle that describes them.
Unpickling would run whatever the pickle names. Here its opcodes are only read, by a little machine that knows tuples,
dictionaries and the two descriptions of a tensor, calls nothing, and refuses everything else. Called once, when such
an encoder is installed; reads and writes the two given files.
"""

from __future__ import annotations

import json
import math
import pickletools
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.encoders.weights import WeightsError

LONGEST_PICKLE = 32 << 20
"""Bytes of the describing pickle beyond which it is not read."""
KINDS = {
    "DoubleStorage": ("F64", "<f8"),
    "FloatStorage": ("F32", "<f4"),
    "HalfStorage": ("F16", "<f2"),
    "BFloat16Storage": ("BF16", "<u2"),
    "LongStorage": ("I64", "<i8"),
    "IntStorage": ("I32", "<i4"),
    "ShortStorage": ("I16", "<i2"),
    "CharStorage": ("I8", "|i1"),
    "ByteStorage": ("U8", "|u1"),
    "BoolStorage": ("BOOL", "|u1"),
}


@dataclass(frozen=True, slots=True)
class _Name:
    """What a pickle would import: only its name."""

    of: str


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Mark:
    """Where on the stack a tuple or a run of pairs begins."""


def convert(archive: Path, target: Path, progress: Callable[[int], None] = lambda _done: None) -> None:
    """Write every tensor of `archive` to `target` as safetensors; `progress` gets the bytes written.

    The same archive gives the same bytes. Raises WeightsError on what is no such archive or describes anything but
    tensors, and OSError.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = _described_in(opened)
            root = inside.removesuffix("data.pkl")
            if opened.getinfo(inside).file_size > LONGEST_PICKLE:
                raise WeightsError("the archive describes itself at impossible length")
            little = f"{root}byteorder" not in opened.namelist() or opened.read(f"{root}byteorder") == b"little"
            if not little:
                raise WeightsError("the archive was written on a machine of another byte order")
            tensors = _tensors(opened.read(inside))
            _write(opened, root, tensors, target, progress)
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError, EOFError, NotImplementedError) as error:
        target.unlink(missing_ok=True)
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(f"not an archive of tensors: {error}") from error


def _described_in(opened: zipfile.ZipFile) -> str:
    found = [name for name in opened.namelist() if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(found) != 1:
        raise WeightsError("not an archive of tensors as torch has written them since 2020")
    return found[0]


def _write(
    opened: zipfile.ZipFile, root: str, tensors: Mapping[str, _Tensor], target: Path, progress: Callable[[int], None]
) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}  # transformers asks for it
    end = 0
    for name in sorted(tensors):
        tensor = tensors[name]
        begin, end = end, end + math.prod(tensor.shape) * np.dtype(KINDS[tensor.storage.kind][1]).itemsize
        header[name] = {"dtype": KINDS[tensor.storage.kind][0], "shape": tensor.shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with target.open("wb") as out:
        out.write(len(text).to_bytes(8, "little"))
        out.write(text)
        for name in sorted(tensors):
            out.write(_bytes_of(opened, root, tensors[name]))
            progress(out.tell())


def _bytes_of(opened: zipfile.ZipFile, root: str, tensor: _Tensor) -> bytes:
    """A tensor's elements in C order. Raises ValueError where they would lie outside their storage."""
    kind = np.dtype(KINDS[tensor.storage.kind][1])
    place = f"{root}data/{tensor.storage.key}"
    there = opened.getinfo(place)
    if there.file_size != tensor.storage.count * kind.itemsize or there.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{place} is not stored as described")
    if not math.prod(tensor.shape):
        return b""
    if math.prod(tensor.shape) > tensor.storage.count:
        raise ValueError(f"a tensor of {place} would be larger than its numbers")
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    if min((tensor.offset, *tensor.strides)) < 0 or min(tensor.shape, default=1) < 0 or last >= tensor.storage.count:
        raise ValueError(f"{place} is shorter than a tensor in it")
    whole = np.frombuffer(opened.read(place), kind)
    steps = tuple(step * kind.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(whole[tensor.offset :], tensor.shape, steps, writeable=False).tobytes()


def _tensors(described: bytes) -> dict[str, _Tensor]:
    """The tensors by name that the pickle describes. Raises WeightsError on anything else in it."""
    found = _run(described)
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]  # a checkpoint of training, its weights below this name
    if not isinstance(found, dict):
        raise WeightsError("the archive holds no weights by name")
    tensors = {str(name): value for name, value in found.items() if isinstance(value, _Tensor)}
    if not tensors:
        raise WeightsError("the archive holds no weights by name")
    return tensors


def _run(described: bytes) -> Any:
    """What the pickle describes: dictionaries, tuples, texts, numbers and `_Tensor`s. Nothing is called."""
    stack: list[Any] = []
    memo: dict[Any, Any] = {}

    def to_mark() -> list[Any]:
        at = max(index for index, value in enumerate(stack) if isinstance(value, _Mark))
        above = stack[at + 1 :]
        del stack[at:]
        return above

    for opcode, argument, _ in pickletools.genops(described):
        match opcode.name:
            case "PROTO" | "FRAME":
                pass
            case "STOP":
                return stack.pop()
            case "MARK":
                stack.append(_Mark())
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_TUPLE":
                stack.append(())
            case "EMPTY_LIST":
                stack.append([])
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(opcode.name == "NEWTRUE")
            case "BINUNICODE" | "SHORT_BINUNICODE" | "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                stack.append(argument)
            case "GLOBAL":
                stack.append(_Name(str(argument)))
            case "TUPLE":
                stack.append(tuple(to_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(opcode.name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                _dictionary(stack[-1])[key] = value
            case "SETITEMS":
                pairs = to_mark()
                _dictionary(stack[-1]).update(zip(pairs[::2], pairs[1::2], strict=True))
            case "APPEND":
                value = stack.pop()
                _list(stack[-1]).append(value)
            case "APPENDS":
                values = to_mark()
                _list(stack[-1]).extend(values)
            case "BINPERSID":
                stack.append(_storage(stack.pop()))
            case "REDUCE":
                given, name = stack.pop(), stack.pop()
                stack.append(_rebuilt(name, given))
            case "BUILD":
                stack.pop()  # attributes of an OrderedDict (`_metadata`): nothing that is read here
                _dictionary(stack[-1])
            case other:
                raise WeightsError(f"the archive describes more than tensors ({other}): it is not opened")
    raise WeightsError("the archive's description has no end")


def _dictionary(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise WeightsError("the archive describes more than tensors: it is not opened")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WeightsError("the archive describes more than tensors: it is not opened")
    return value


def _storage(told: Any) -> _Storage:
    _, kind, key, _, count = told
    name = kind.of.removeprefix("torch ") if isinstance(kind, _Name) else ""
    if name not in KINDS:
        raise WeightsError(f"the archive holds numbers of an unknown kind: {name or kind!r}")
    return _Storage(name, str(key), int(count))


def _rebuilt(name: Any, given: Any) -> Any:
    """What a call in the pickle would have given, for the three that describe tensors."""
    match name:
        case _Name("torch._utils _rebuild_tensor_v2"):
            storage, offset, shape, strides, *_ = given
            if not isinstance(storage, _Storage):
                raise WeightsError("a tensor without numbers")
            return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
        case _Name("torch._utils _rebuild_parameter"):
            return given[0]
        case _Name("collections OrderedDict") if not given:
            return {}
    raise WeightsError(f"the archive would call {getattr(name, 'of', name)!r}: it is not opened")
