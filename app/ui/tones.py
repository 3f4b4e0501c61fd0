"""The numbers and colours every part of the window is drawn with: spacing, text sizes, two sets of tones.

Plain values without Qt, so that tests can check contrast and delegates can read them; `theme.Theme` decides
which of the two sets holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RADIUS: Final = 6
"""Corner radius in px."""
ICON: Final = 20
"""Grid of the icon set in px."""
MOTION_MS: Final = 120
"""No animation lasts longer."""


class Space:
    """Distances in px."""

    XS: Final = 4
    S: Final = 8
    M: Final = 12
    L: Final = 16
    XL: Final = 24


class TextSize:
    """Text sizes in px."""

    SMALL: Final = 11
    BODY: Final = 13
    TITLE: Final = 16
    HEADING: Final = 22


@dataclass(frozen=True, slots=True)
class Tones:
    """One set of colours, as "#rrggbb".

    `surface` lies under pages, `frame` under bars; `selected` lies under chosen rows, `hover` under the
    pointer. `accent` marks the current thing and the primary action only.
    """

    surface: str
    frame: str
    hairline: str
    text: str
    muted: str
    faint: str
    """Disabled text and empty stars; not for reading."""
    accent: str
    on_accent: str
    selected: str
    hover: str
    danger: str


LIGHT: Final = Tones(
    surface="#fbfbfa",
    frame="#f0f0ee",
    hairline="#d9d9d6",
    text="#1f2124",
    muted="#5b5f66",
    faint="#b3b5b8",
    accent="#3b6ea8",
    on_accent="#ffffff",
    selected="#dbe5f0",
    hover="#e6e6e3",
    danger="#a83a2a",
)
DARK: Final = Tones(
    surface="#1b1d20",
    frame="#24272b",
    hairline="#363a40",
    text="#e7e8ea",
    muted="#a3a8af",
    faint="#5c6168",
    accent="#7fb0e6",
    on_accent="#10202f",
    selected="#2a3b4e",
    hover="#2e3237",
    danger="#ea9484",
)


def luminance(colour: str) -> float:
    """Relative luminance 0..1 of "#rrggbb" (WCAG 2.2, relative luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2, contrast ratio)."""
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def blend(under: str, over: str, share: float) -> str:
    """The colour between two: `share` 0..1 of `over` on `under`."""
    mixed = (round(int(under[at : at + 2], 16) * (1 - share) + int(over[at : at + 2], 16) * share) for at in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in mixed)
