"""What is said of encoders covers what there is to say it of."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from app.encoders.catalogue import read_catalogue
from app.encoders.installed import Vouched
from app.encoders.shelf import RESERVE
from app.protocol import Failed, Trouble
from app.ui.encoder_words import ADDS, ROOM_BESIDE, failure_words, vouched_words


def test_whatever_the_catalogue_says_of_an_encoder_can_be_translated() -> None:
    assert [known.adds for known in read_catalogue()] == list(ADDS)


def test_everybody_who_may_vouch_is_named() -> None:
    said = {vouched_words(who.value) for who in Vouched}
    assert len(said) == len(Vouched)
    assert vouched_words("") not in said


def test_the_room_that_is_asked_for_is_what_the_shelf_keeps() -> None:
    assert ROOM_BESIDE == RESERVE


def test_each_trouble_has_words_of_its_own(qapp: QApplication) -> None:
    # What the user ended is nobody's failure.
    troubles = [trouble for trouble in Trouble if trouble is not Trouble.CANCELLED]
    said = {failure_words(Failed(0, "Title", "Detail", "", trouble)) for trouble in troubles}
    assert len(said) == len(troubles)
