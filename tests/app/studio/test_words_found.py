"""Searching by words: what fits, why, and in which order; with a word encoder made by hand (tests/concepts.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from app.paths import Profile
from app.search_messages import FoundBy, Hit, Search
from app.store.items import Items
from app.studio import words_found
from app.studio.words_found import found_by_words
from tests.searched import SOUND, Searched, Thing, crowd

THINGS = [
    Thing("Nocturne", "Ilse Marr", "Evenings", "Classical", sounds="rain night piano slow"),
    Thing("Piano Man Blues", "Old Joe", "Bars", "Blues", sounds="voice guitar fast"),
    Thing("Wet Street", "Novembre", "Pavements", "Ambient", sounds="rain city calm"),
    Thing("Hyperballad", "Björk", "Post", "Electronic", sounds="voice drums", year=1995),
    Thing("Jóga", "Björk", "Homogenic", "Electronic", sounds="voice loud", year=1997),
    Thing("Holiday Reel", shows="people", moments={0.0: "city", 12.5: "people dancing beach", 30.0: "night"}),
    Thing("Ridge Walk", shows="mountain snow", moments={0.0: "forest", 8.0: "mountain snow"}),
    Thing("Marathon", "The Radio Heads", "Run", "Rock", sounds="fast drums loud"),
    Thing("Etude", "Ilse Marr", "Evenings", "Classical", sounds="piano calm"),
]  # fmt: skip
Make = Callable[..., Searched]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    made = Searched(_profile(tmp_path_factory), [*THINGS, *crowd(150), *_films(40)])
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """Without any learned encoder."""
    made = Searched(_profile(tmp_path_factory), [*THINGS, *crowd(150)], learned=False)
    yield made
    made.close()


def _profile(factory: pytest.TempPathFactory) -> Profile:
    profile = Profile.at(factory.mktemp("searched"))
    profile.make()
    return profile


def _films(count: int) -> list[Thing]:
    rng = np.random.default_rng(5)
    shown = ["city", "forest", "voice", "happy", "sad"]
    return [
        Thing(f"Reel {at}", shows=str(rng.choice(shown)), moments={1.0: str(rng.choice(shown)), 9.0: "choir"})
        for at in range(count)
    ]


def hits(searched: Searched, words: str, count: int = 20, kind: str = "") -> tuple[Hit, ...]:
    return found_by_words(searched.library, Search(1, words, count, kind))


def test_a_few_letters_are_not_looked_for_by_meaning(searched: Searched) -> None:
    before = SOUND.asked
    hits(searched, "pi")
    assert SOUND.asked == before
    hits(searched, "钢琴")
    assert SOUND.asked == before + 1


# ------------------------------------------------------------------------------------------- by meaning


def test_words_find_what_sounds_like_them_though_no_tag_has_them(searched: Searched) -> None:
    found = hits(searched, "rainy night piano")
    assert searched.titles([found[0].item]) == ["Nocturne"]
    assert found[0].found_by == (FoundBy.SOUND,)
    assert found[0].at == -1.0


def test_words_find_the_moment_of_a_film(searched: Searched) -> None:
    found = hits(searched, "people dancing on a beach")
    assert searched.titles([found[0].item]) == ["Holiday Reel"]
    assert FoundBy.MOMENT in found[0].found_by
    assert found[0].at == 12.5


def test_what_fits_by_its_tags_and_its_sound_comes_first_and_says_both(searched: Searched) -> None:
    found = hits(searched, "piano")
    by_title = dict(zip(searched.titles([hit.item for hit in found]), found, strict=True))
    assert by_title["Piano Man Blues"].found_by == (FoundBy.WORDS,)
    assert by_title["Nocturne"].found_by == by_title["Etude"].found_by == (FoundBy.SOUND,)
    assert next(iter(by_title)) == "Piano Man Blues"
    assert {"Nocturne", "Etude"} == set(list(by_title)[1:3])


def test_what_nothing_fits_finds_nothing(searched: Searched) -> None:
    assert hits(searched, "zzqxv") == ()
    assert hits(searched, "choir snow beach", kind="track") == ()


def test_a_query_of_nothing_finds_nothing(searched: Searched) -> None:
    assert hits(searched, "") == hits(searched, "  ( ") == hits(searched, "piano", count=0) == ()


def test_an_encoder_that_is_not_ready_says_nothing(searched: Searched) -> None:
    held = dict(searched.encoders.held)
    searched.encoders.held.clear()
    try:
        assert [hit.found_by for hit in hits(searched, "piano")] == [(FoundBy.WORDS,)]
    finally:
        searched.encoders.held.update(held)


# --------------------------------------------------------------------------------- fields, kinds, presence


def test_fields_restrict_what_is_found_by_meaning(searched: Searched) -> None:
    assert set(searched.found('piano artist:"ilse marr"')) == {"Nocturne", "Etude"}
    assert set(searched.found("piano -genre:classical")) == {"Piano Man Blues"}
    assert searched.found("piano year:1990..1999") == []


def test_fields_alone_list_what_has_them(searched: Searched) -> None:
    assert searched.found("artist:björk year:>1996") == ["Jóga"]


def test_one_kind_alone(searched: Searched) -> None:
    for kind in ("track", "video"):
        found = hits(searched, "people dancing on a beach at night", kind=kind)
        assert found
        assert {searched.things[hit.item - 1].kind for hit in found} == {kind}
    assert searched.found("rain piano night slow", kind="track")[0] == "Nocturne"


def test_what_is_not_there_now_is_not_found(profile: Profile) -> None:
    searched = Searched(profile, [*THINGS, *crowd(40)])
    try:
        assert "Nocturne" in searched.found("rainy night piano")
        items = Items(searched.database)
        items.set_online(items.folders()[0].id, False)
        assert searched.found("rainy night piano") == searched.found("björk") == []
    finally:
        searched.close()


# ------------------------------------------------------------------------------------ without encoders


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("hyperbalad", "Hyperballad"),
        ("bjrok joga", "Jóga"),
        ("radoi heads marathon", "Marathon"),
        ("noctrune", "Nocturne"),
        ("piano man bleus", "Piano Man Blues"),
    ],
)
def test_slips_of_letters_are_forgiven(plain: Searched, words: str, first: str) -> None:
    found = hits(plain, words)
    assert plain.titles([found[0].item]) == [first]
    assert found[0].found_by == (FoundBy.NEARLY,)


def test_a_slip_in_the_beginning_of_what_most_of_a_small_library_is_called_finds_them_all(profile: Profile) -> None:
    things = [Thing(f"Song {at}", "HoliznaCC0" if at < 30 else f"Somebody {at}", genre="Lofi") for at in range(46)]
    searched = Searched(profile, things, learned=False)
    try:
        assert set(searched.found("hilizna", count=100)) == {f"Song {at}" for at in range(30)}
        assert {hit.found_by for hit in hits(searched, "hilizna")} == {(FoundBy.NEARLY,)}
    finally:
        searched.close()


def test_the_words_themselves_come_before_nearly_the_words(plain: Searched) -> None:
    assert plain.found("marr")[:2] in (["Nocturne", "Etude"], ["Etude", "Nocturne"])
    assert [hit.found_by for hit in hits(plain, "bjork")] == [(FoundBy.WORDS,)] * 2


@pytest.mark.parametrize("words", ["xyzzy plugh", "qqqq", "people dancing on a beach", "a", "%%%", "' OR 1=1 --"])
def test_nonsense_finds_nothing_without_encoders(plain: Searched, words: str) -> None:
    assert [hit for hit in hits(plain, words) if FoundBy.NEARLY in hit.found_by] == []


def test_of_many_that_are_nearly_so_the_likest_are_found_and_none_is_called_nearly_that_has_the_words(
    profile: Profile,
) -> None:
    things = [Thing(f"Velvet {at}", "Velveteen") for at in range(560)] + [Thing("Velvets of Blue")]
    searched = Searched(profile, things, learned=False)
    try:
        assert searched.found("vlevets of blue")[0] == "Velvets of Blue"
        assert {hit.found_by for hit in hits(searched, "velvet", count=100)} == {(FoundBy.WORDS,)}
        assert {hit.found_by for hit in hits(searched, "vlevet", count=100)} == {(FoundBy.NEARLY,)}
    finally:
        searched.close()


def test_a_whole_word_in_the_title_comes_before_part_of_one_in_the_album(profile: Profile) -> None:
    things = [
        Thing("Other", "X", "Raining Men"), Thing("Rainbow", "Y"), Thing("Rain", "Z"), Thing("The Rain Song", "W"),
        Thing("Sun", "Rain Parade"), Thing("Cloud", "V", genre="Rain"),
    ]  # fmt: skip
    searched = Searched(profile, things, learned=False)
    try:
        assert searched.found("rain") == ["Rain", "The Rain Song", "Sun", "Cloud", "Rainbow", "Other"]
    finally:
        searched.close()


# ------------------------------------------------------------------------------------------ judged queries

JUDGED: list[tuple[str, tuple[str, ...]]] = [
    ("piano", ("Piano Man Blues", "Nocturne", "Etude")),
    ("rainy night piano", ("Nocturne",)),
    ("rain", ("Nocturne", "Wet Street")),
    ("calm", ("Wet Street", "Etude")),
    ("björk", ("Hyperballad", "Jóga")),
    ("bjrok", ("Hyperballad", "Jóga")),
    ("ilse marr", ("Nocturne", "Etude")),
    ("noctrune", ("Nocturne",)),
    ("people dancing beach", ("Holiday Reel",)),
    ("mountain snow", ("Ridge Walk",)),
    ("marathon", ("Marathon",)),
    ("classical piano", ("Nocturne", "Etude")),
    ("wet street", ("Wet Street",)),
]


def _quality(found: Callable[[str], Sequence[str]]) -> float:
    """Mean average precision over the judged queries."""
    return float(np.mean([_average_precision(found(words), right) for words, right in JUDGED]))


def _average_precision(found: Sequence[str], right: Sequence[str]) -> float:
    at = [place for place, title in enumerate(found, 1) if title in right]
    return sum(number / place for number, place in enumerate(at, 1)) / len(right)


def test_mixed_rankings_are_better_than_each_alone(searched: Searched) -> None:
    mixed = _quality(searched.found)
    by_letters = _quality(lambda words: _only(searched, words, {FoundBy.WORDS, FoundBy.NEARLY}))
    by_sound = _quality(lambda words: _only(searched, words, {FoundBy.SOUND}))
    by_sight = _quality(lambda words: _only(searched, words, {FoundBy.PICTURE, FoundBy.MOMENT}))
    assert mixed > 0.9
    assert mixed > max(by_letters, by_sound, by_sight) + 0.2


def test_the_weight_of_exact_words_hardly_matters(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for weight in (1.0, 1.5, 3.0, 4.0):
        monkeypatch.setattr(words_found, "EXACT", weight)
        found.append(_quality(searched.found))
    assert max(found) - min(found) < 0.05


def _only(searched: Searched, words: str, reasons: set[FoundBy]) -> list[str]:
    """What these reasons alone would have found."""
    deep = found_by_words(searched.library, Search(1, words, 200))
    return searched.titles([hit.item for hit in deep if reasons & set(hit.found_by)])
