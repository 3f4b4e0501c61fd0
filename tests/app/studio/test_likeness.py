"""More like this, but ...; and moments that look alike: in a small library, with encoders made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from app.paths import Profile
from app.search_messages import FindMoments, FoundBy, Moments, MoreLike
from app.studio.likeness import like_these, moments_like
from tests.concepts import sight_of
from tests.searched import Searched, Thing, crowd

THINGS = [
    Thing("Calm Piano", sounds="piano calm"),
    Thing("Night Piano", sounds="piano night"),
    Thing("Rainy Piano", sounds="piano rain"),
    Thing("Piano With Choir", sounds="piano choir"),
    Thing("Choir", sounds="choir calm"),
    Thing("Loud Guitar", sounds="guitar loud"),
    Thing("Beach", sounds="drums", shows="beach people", moments={0.0: "beach people", 20.0: "beach", 40.0: "city"}),
    Thing("Dancing", sounds="drums fast", shows="beach dancing", moments={1.0: "dancing", 5.0: "beach people"}),
    Thing("Peaks", shows="mountain snow", moments={3.0: "mountain snow", 6.0: "forest"}),
    Thing("More Peaks", shows="mountain city", moments={4.0: "mountain snow", 90.0: "city", 91.0: "city night"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    profile = Profile.at(tmp_path_factory.mktemp("like"))
    profile.make()
    reels = [Thing(f"Reel {at}", shows="happy", moments={0.5: "happy", 7.0: "sad"}) for at in range(30)]
    made = Searched(profile, [*THINGS, *crowd(120), *reels])
    yield made
    made.close()


def moments(searched: Searched, title: str, at: float, count: int = 24) -> list[tuple[str, float]]:
    found = moments_like(searched.library, FindMoments(5, searched.item(title), at, count))
    assert isinstance(found, Moments)
    assert found.request == 5
    return [(searched.titles([one.item])[0], one.at) for one in found.moments]


def test_more_like_one_is_what_has_its_part_and_not_itself(searched: Searched) -> None:
    found = searched.like("Calm Piano")
    assert set(found[:4]) == {"Night Piano", "Rainy Piano", "Piano With Choir", "Choir"}
    assert "Calm Piano" not in found


def test_less_of_an_item_or_of_words_takes_what_has_it_down(searched: Searched) -> None:
    for turned in ({"less": ("Choir",)}, {"less_words": "choir"}):
        found = searched.like("Calm Piano", count=60, **turned)  # type: ignore[arg-type]
        assert set(found[:2]) == {"Night Piano", "Rainy Piano"}
        assert not {"Piano With Choir", "Choir"} & set(found[:2])


def test_words_turn_what_is_found(searched: Searched) -> None:
    assert set(searched.like("Calm Piano", words="choir")[:2]) == {"Piano With Choir", "Choir"}
    assert searched.like("Calm Piano", words="rain")[0] == "Rainy Piano"


def test_words_alone_are_enough(searched: Searched) -> None:
    assert searched.like(words="piano at night")[0] == "Night Piano"


def test_nothing_to_come_nearer_to_gives_nothing(searched: Searched) -> None:
    assert searched.like(less_words="choir") == searched.like() == searched.like("Choir", count=0) == []


def test_films_are_compared_by_what_they_show_and_tracks_by_their_sound(searched: Searched) -> None:
    asked = MoreLike(1, (searched.item("Peaks"),), count=3)
    found = like_these(searched.library, asked)
    assert searched.titles([found[0].item]) == ["More Peaks"]
    assert found[0].found_by == (FoundBy.PICTURE,)
    track = like_these(searched.library, MoreLike(1, (searched.item("Loud Guitar"),), count=3))
    assert {hit.found_by for hit in track} == {(FoundBy.SOUND,)}


def test_one_kind_alone(searched: Searched) -> None:
    found = searched.like("Beach", kind="video", count=5)
    assert found[0] == "Dancing"
    assert {searched.things[searched.item(title) - 1].kind for title in found} == {"video"}


def test_without_learned_encoders_the_built_in_space_is_used(searched: Searched) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(8, 860)).astype(np.float32)
    rows[1] = rows[0] + 0.3 * rows[1]
    searched.vectors.add(searched.spaces.audio, np.arange(1, 9), rows)
    spaces = searched.spaces
    searched.spaces = replace(spaces, learned=())
    try:
        assert searched.like("Calm Piano", words="choir")[0] == "Night Piano"
        assert searched.like("Piano With Choir", less=("Choir",))
        assert searched.like(words="choir") == []
        # No vector of its sound: what is called alike.
        found = like_these(searched.library, MoreLike(1, (searched.item("Reel 3"),), count=3))
        assert {hit.found_by for hit in found} == {(FoundBy.NEARLY,)}
        assert all(title.startswith("Reel") for title in searched.titles([hit.item for hit in found]))
    finally:
        searched.spaces = spaces
        searched.vectors.drop(spaces.audio)


def test_moments_of_other_films_are_found_with_their_times(searched: Searched) -> None:
    found = moments(searched, "Peaks", 2.0)
    assert found[0] == ("More Peaks", 4.0)
    assert ("Peaks", 3.0) not in found
    assert ("Peaks", 6.0) in moments(searched, "Peaks", 2.0, count=100)


def test_the_moment_nearest_to_the_time_is_meant(searched: Searched) -> None:
    assert ("Beach", 20.0) not in moments(searched, "Beach", 12.0)
    assert ("Beach", 0.0) in moments(searched, "Beach", 12.0)
    assert {title for title, _ in moments(searched, "Beach", 39.0, count=2)} == {"More Peaks"}


def test_one_film_does_not_fill_the_page(profile: Profile) -> None:
    things = [
        Thing("Long", shows="snow", moments={float(at): "snow" for at in range(30)}),
        *[Thing(f"Short {at}", shows="snow", moments={1.0: "snow happy sad"}) for at in range(10)],
    ]
    searched = Searched(profile, things)
    try:
        found = moments(searched, "Long", 0.0, count=12)
        assert len(found) == 12
        assert sum(title == "Long" for title, _ in found) == 4
        # Where the others have no more, the film itself fills the rest.
        assert len(moments(searched, "Long", 0.0, count=24)) == 24
    finally:
        searched.close()


def test_the_built_in_moments_are_compared_until_the_learned_are_complete(profile: Profile) -> None:
    films = [Thing(f"Film {at}", shows="snow") for at in range(10)]
    searched = Searched(profile, films)
    plain, learned = searched.spaces.image, searched.spaces.learned[1].name
    try:
        assert moments_like(searched.library, FindMoments(1, 1, 0.0)) is None
        for item in range(1, 11):
            searched.moments.add(plain, item, np.array([2.0]), sight_of("snow" if item < 4 else "city", item)[None])  # type: ignore[arg-type]
        assert {at for _, at in moments(searched, "Film 0", 0.0)} == {2.0}
        for item in range(1, 10):
            assert {at for _, at in moments(searched, "Film 0", 0.0)} == {2.0}
            searched.add_moments(learned, item, {8.0: "snow"})
        assert {at for _, at in moments(searched, "Film 0", 0.0)} == {8.0}
        searched.crowds.let_go()
        assert {at for _, at in moments(searched, "Film 0", 0.0)} == {8.0}
        assert list(searched.crowds._held) == [(learned, True)], "the wide ones are not read to be counted"
    finally:
        searched.close()
