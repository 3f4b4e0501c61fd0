"""Every family is known wherever one has to be."""

from __future__ import annotations

import pytest

from app.encoders.catalogue import Family
from app.encoders.families import FAMILIES
from app.encoders.loading import ENCODERS
from models.encoders.weights import FORBIDDEN
from models.types import Modality


@pytest.mark.parametrize("family", Family)
def test_a_family_has_files_and_code(family: Family) -> None:
    layout = FAMILIES[family]
    assert layout.weights.endswith(".safetensors")
    assert not layout.archive or layout.archive[layout.archive.rindex(".") :] in FORBIDDEN
    assert layout.needed
    assert layout.modality in (Modality.AUDIO, Modality.IMAGE)
    assert callable(ENCODERS[family])


def test_no_two_families_are_told_by_the_same() -> None:
    told = [layout.model_type or layout.needed[0] for layout in FAMILIES.values()]
    assert len(set(told)) == len(told)
