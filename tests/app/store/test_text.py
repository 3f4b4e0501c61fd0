"""Folding, cleaning and path bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.store.text import clean, fold, stored_path


def test_folding_takes_case_diacritics_and_spaces_away() -> None:
    assert fold("  Björk  GUÐMUNDSDÓTTIR ") == "bjork gudmundsdottir"
    assert fold("ﬁancée") == "fiancee"
    assert fold("Straße") == fold("STRASSE") == "strasse"
    assert fold("Łódź") == "lodz"
    assert fold("ÇİĞDEM") == "cigdem"


def test_signs_of_other_scripts_stay() -> None:
    assert fold("初音ミク") == "初音ミク"
    assert fold("Кино") == "кино"


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters()))
def test_cleaned_text_can_be_stored(text: str) -> None:
    assert "\0" not in clean(text + "\0\udcff")
    clean(text + "\0\udcff").encode()


def test_a_path_keeps_its_bytes() -> None:
    assert stored_path("/m/\udcff\udcfe.mp3") == b"/m/\xff\xfe.mp3"
