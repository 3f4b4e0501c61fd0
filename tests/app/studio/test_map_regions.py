"""What the map's regions are called."""

from __future__ import annotations

import numpy as np

from app.studio.map_regions import regions
from models.types import F32


def around(*middles: tuple[float, float], each: int = 30) -> F32:
    random = np.random.default_rng(0)
    return np.concatenate([random.normal(middle, 0.015, (each, 2)) for middle in middles]).astype(np.float32)


def test_a_region_is_called_by_what_most_of_it_share() -> None:
    places = around((0.1, 0.1), (0.9, 0.9))
    found = regions(places, ["Jazz; Cool"] * 25 + ["Pop"] * 5 + ["Folk"] * 30, ["A"] * 60)
    largest = [region for region in found if region.level == 0]
    assert [(region.name, region.items) for region in largest] == [("Folk", 30), ("Jazz", 25)]
    assert abs(largest[1].x - 0.1) < 0.02
    assert abs(largest[1].y - 0.1) < 0.02


def test_artists_name_the_small_regions() -> None:
    places = around((0.1, 0.1), (0.9, 0.9))
    found = regions(places, ["Jazz"] * 30 + ["Folk"] * 30, ["Ada"] * 30 + ["Bo"] * 30)
    assert {region.name for region in found if region.level == 2} == {"Ada", "Bo"}


def test_what_all_share_names_nothing() -> None:
    places = around((0.1, 0.1), (0.9, 0.9))
    assert regions(places, ["Jazz"] * 60, [""] * 60) == []


def test_neighbouring_cells_of_one_name_are_one_region() -> None:
    along = np.stack([np.linspace(0.02, 0.98, 100), np.full(100, 0.5)], axis=1).astype(np.float32)
    far = around((0.5, 0.05), each=80)
    found = regions(np.concatenate([along, far]), ["Blues"] * 100 + ["Rock"] * 80, [""] * 180)
    assert [(region.name, region.items) for region in found if region.level == 0] == [("Blues", 100), ("Rock", 80)]


def test_of_a_small_library_small_groups_have_names() -> None:
    places = around((0.1, 0.1), (0.5, 0.9), (0.9, 0.1), each=4)
    found = regions(places, ["Jazz"] * 4 + ["Folk"] * 4 + ["Pop"] * 4, [""] * 12)
    assert {region.name for region in found if region.level == 0} == {"Jazz", "Folk", "Pop"}


def test_few_and_none_have_no_regions() -> None:
    assert regions(np.zeros((0, 2), np.float32), [], []) == []
    assert regions(around((0.5, 0.5), each=3), ["a", "b", "c"], ["", "", ""]) == []
