"""JSON with one form for each value: what peers write is read back only if we would have written the same bytes. Pure.

Keys in a fixed order, no blanks, UTF-8 unescaped, whole numbers only. So a key that stands twice, NaN, 1e999 and
escaped half characters are refused without a rule for each.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no whole number")


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


def dumps(value: object) -> bytes:
    """The one form of `value`: dicts in their order, lists, texts, whole numbers, true, false and null."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def loads(content: bytes) -> Any:
    """Read one value. Raises ValueError on anything that `dumps` would not have written, however deeply nested."""
    try:
        text = content.decode("utf-8")
        value = _DECODER.decode(text)
        same = _ENCODER.encode(value) == text
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not same:
        raise ValueError("it is not written in the one agreed form")
    return value


def fields(value: object, names: tuple[str, ...], needed: int, what: str) -> dict[str, Any]:
    """`value` as a dict whose keys are some of `names`, in their order, the first `needed` of them always there.

    Raises ValueError on anything else; `what` names it.
    """
    if type(value) is not dict:
        raise ValueError(f"{what} is no object")
    found = list(value)
    if found != [name for name in names if name in value]:
        raise ValueError(f"{what} has unknown or disordered fields")
    if found[:needed] != list(names[:needed]):
        raise ValueError(f"{what} lacks one of {', '.join(names[:needed])}")
    return value


def whole(value: object, least: int, most: int, what: str) -> int:
    """`value` as a whole number within bounds. Raises ValueError on anything else, true and false among them."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} is no number from {least} to {most}")
    return value


def text(value: object, most: int, what: str) -> str:
    """`value` as a text of 1 to `most` characters. Raises ValueError on anything else."""
    if type(value) is not str or not 0 < len(value) <= most:
        raise ValueError(f"{what} is no text of 1 to {most} characters")
    return value


def items(value: object, most: int, what: str) -> list[Any]:
    """`value` as a list of 1 to `most` values. Raises ValueError on anything else."""
    if type(value) is not list or not 0 < len(value) <= most:
        raise ValueError(f"{what} is no list of 1 to {most}")
    return value
