"""Somebody installs learned encoders from folders, finds films and tracks by words, opens one at its moment, and
removes the encoders again. These are the miniatures, really trained; window, studio, decoding and playing are real.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton

from app.composition import open_library
from app.encoder_messages import EncoderState
from app.protocol import Event
from app.search_messages import FoundBy, Hit, Hits, Search
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from app.store.moment_vectors import mark_of
from app.store.vectors import Vectors
from app.studio.spaces import builtin_spaces
from app.ui.pages.found import FoundPage
from app.ui.pages.library import LibraryPage
from app.ui.pages.moments import MomentsPage
from app.ui.pages.settings import SettingsPage
from app.ui.pages.similar import SimilarPage
from models.ids import ItemId
from tests.described import SOUNDS, picture, sound
from tests.film_files import write_scenes
from tests.journeys.conftest import Evening
from tests.journeys.sounds import write_track

pytestmark = pytest.mark.journey

SCENE = 4.0
FILMS = {
    "evening": ("red square", "stars", "fade of blue"),
    "games": ("orange rings", "black and red chessboard", "blue circle"),
    "holiday": ("purple triangle", "landscape", "fade of red"),
    "flags": ("rainbow", "blue and yellow stripes", "white cross on red"),
    "signal": ("static", "green square on black", "yellow circle on black"),
}
"""Films by title: what each of their scenes shows."""
SEEING, HEARING = "miniature_clip", "miniature_clap"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five films of three scenes and two tracks of each kind of sound, none of them called by what it shows or is."""
    made = tmp_path_factory.mktemp("media")
    rng = np.random.default_rng(5)
    for title, scenes in FILMS.items():
        write_scenes(made / f"{title}.mp4", [(SCENE, picture(kind, rng, 192)) for kind in scenes], gop=5)
    for number, kind in enumerate((*SOUNDS, *SOUNDS)):
        write_track(made / f"track {number:02}.wav", sound(kind, rng, 12.0, 44_100))
    return made


class Home:
    """What the user of these journeys does and sees."""

    def __init__(self, evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
        self.evening, self._patch = evening, monkeypatch

    def take_in(self, folder: Path) -> None:
        """Drop the folder onto the window; wait for its vectors of the built-in encoders."""
        self.evening.window.folders_dropped.emit([str(folder)])
        count = len(list(folder.iterdir()))
        spaces = builtin_spaces()
        self.evening.until(lambda: len(self.marked(spaces.text)) == count, "the library")
        self.evening.until(lambda: len(self.marked(spaces.audio)) >= 2 * len(SOUNDS), "the sounds")
        self.evening.until(lambda: len(self.marked(mark_of(spaces.image))) == len(FILMS), "the moments")

    def marked(self, space: str) -> set[ItemId]:
        with open_library(self.evening.profile, scores=True) as database:
            return set(Items(database).marked(space))

    def spaces(self) -> set[str]:
        """All spaces that anything is marked with."""
        with open_library(self.evening.profile, scores=True) as database:
            return set(Items(database).spaces())

    def item(self, title: str) -> int:
        with open_library(self.evening.profile, scores=True) as database:
            found = ItemLists(database)
            rows = found.rows([ItemId(one) for one in found.ids(ListQuery())])
        return next(int(row.id) for row in rows if row.title == title)

    def title(self, item: int) -> str:
        with open_library(self.evening.profile, scores=True) as database:
            return ItemLists(database).rows([ItemId(item)])[0].title

    def scored(self) -> bool:
        """Whether everything has its place in the ranking."""
        with open_library(self.evening.profile, scores=True) as database:
            found = ItemLists(database)
            rows = found.rows([ItemId(one) for one in found.ids(ListQuery())])
        return all(row.score is not None for row in rows)

    def settings(self) -> SettingsPage:
        page = self.evening.window.show_page("settings")
        assert isinstance(page, SettingsPage)
        page.open_encoders()
        return page

    def state(self, name: str) -> EncoderState | None:
        """What the settings say of an encoder."""
        card = self.settings().encoders.card(name)
        return card.state if card is not None else None

    def install(self, folder: Path, name: str) -> EncoderState:
        """Install from a folder with the button in the settings; wait until it has encoded everything it can."""
        section = self.settings().encoders
        self._patch.setattr(QFileDialog, "getExistingDirectory", lambda *_given: str(folder))
        press(section, "Install from a folder…")
        self.evening.until(lambda: (state := self.state(name)) and state.used, f"{name} in use")

        def done() -> EncoderState | None:
            state = self.state(name)
            return state if state and state.used and 0 < state.wanted == state.encoded else None

        self.evening.until(done, f"{name} to encode everything")
        state = done()
        assert state is not None
        return state

    def remove(self, name: str) -> None:
        """Remove an encoder with its button, and say yes."""
        section = self.settings().encoders
        card = section.card(name)
        assert card is not None
        press(card, "Remove…")
        boxes = section.findChildren(QMessageBox)
        assert len(boxes) == 1
        press(boxes[0], "Remove")
        self.evening.until(lambda: section.card(name) is None, f"{name} to be gone")

    @property
    def found(self) -> FoundPage:
        page = self.evening.window.pages.page("found")
        assert isinstance(page, FoundPage)
        return page

    def first(self, words: str) -> Hit:
        """Type into the search field of the library, press Return, and give what stands first."""
        window = self.evening.window
        assert isinstance(window.show_page("library"), LibraryPage)
        field = window.pages.field
        field.clear()
        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert window.pages.current == "found"
        page = self.found
        self.evening.until(lambda: page.list.ids and words in page.status, f"something for {words}")
        hit = page.list.items_model.hit_of(page.list.ids[0])
        assert hit is not None
        return hit

    def asked(self, words: str, kind: str = "") -> Hits:
        """Ask the studio for what fits words, as the pages do."""
        answers: list[Event] = []
        self.evening.running.studio.ask(lambda number: Search(number, words, 50, kind), answers.append)
        self.evening.until(lambda: answers, "an answer")
        (found,) = answers
        assert isinstance(found, Hits), found
        return found


def press(parent: object, words: str) -> None:
    buttons = parent.findChildren(QPushButton)  # type: ignore[attr-defined]
    next(one for one in buttons if one.text().replace("&", "") == words and not one.isHidden()).click()


@pytest.fixture
def home(evening: Evening, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(evening, monkeypatch)
    made.take_in(folder)
    return made


def test_from_a_folder_of_weights_to_a_film_at_its_moment(home: Home, miniature_clip: Path, tmp_path: Path) -> None:
    evening = home.evening
    before = home.spaces()
    assert home.asked("a starry sky").meaning == "none"
    evening.running.ratings.like([home.item("evening"), home.item("track 08")], "library")
    evening.until(home.scored, "the first ranking")

    state = home.install(named(tmp_path, miniature_clip, SEEING), SEEING)
    assert state.said == "Behaves as trained."
    assert not state.hears
    assert state.wanted == len(FILMS)
    assert home.scored()

    # Each scene is found first by words that none of the files holds, at its place in its film.
    for words, title, scene in (
        ("a photo of stars at night", "evening", 1),
        ("one blue circle", "games", 2),
        ("the sun over a green field", "holiday", 1),
        ("all colours of the rainbow", "flags", 0),
        ("a yellow circle on black", "signal", 2),
    ):
        hit = home.first(words)
        assert home.title(hit.item) == title, words
        assert FoundBy.MOMENT in hit.found_by
        assert hit.at == pytest.approx(scene * SCENE, abs=1.0), words

    # While one types in the library, a line says that there is more, and leads to it.
    library = evening.window.show_page("library")
    assert isinstance(library, LibraryPage)
    evening.window.pages.field.clear()
    QTest.keyClicks(evening.window.pages.field, "a starry sky")
    evening.until(lambda: library.meaning.more, "the line")
    assert "found by meaning" in library.meaning.words
    library.meaning.button.click()
    assert evening.window.pages.current == "found"

    # Return on the first line opens it at that moment.
    assert home.title(home.first("a photo of stars at night").item) == "evening"
    home.found.list.play_from(0)
    playback = evening.running.playback
    evening.until(lambda: playback.current_item == home.item("evening") and playback.playing, "the film to play")
    evening.until(lambda: playback.position >= SCENE - 1.0, "the moment")
    assert playback.position < 2 * SCENE

    # What looks like another moment, from the stage.
    evening.window.moments_wanted.emit(home.item("flags"), 2 * SCENE)
    moments = evening.window.pages.page("moments")
    assert isinstance(moments, MomentsPage)
    evening.until(lambda: moments.model.rowCount() > 0, "moments")
    one = moments.model.at(0)
    assert one is not None
    assert (one.hit.item, round(one.hit.at / SCENE)) != (home.item("flags"), 2)
    playback.stop()

    # Removed, everything is as it was.
    home.remove(SEEING)
    evening.until(lambda: not any("miniature" in space for space in home.spaces()), "the marks to be gone")
    assert home.spaces() == before
    assert home.scored()
    evening.until(lambda: home.asked("a starry sky").meaning == "none", "the words to mean nothing")
    assert not home.asked("a starry sky").hits
    assert not list(evening.profile.encoders.glob("miniature*"))
    with contextlib.closing(Vectors(evening.profile.vectors)) as vectors:
        assert set(vectors.spaces()) == {*builtin_spaces().all}


def test_sounds_by_words_and_the_studio_that_dies(home: Home, miniature_clap: Path, tmp_path: Path) -> None:
    evening = home.evening
    home.settings().encoders.install(named(tmp_path, miniature_clap, HEARING))
    evening.until(lambda: (state := home.state(HEARING)) and state.used, "the encoder in use")
    first = evening.running.studio.pid
    os.kill(first, signal.SIGKILL)
    evening.until(lambda: evening.running.studio.pid not in (0, first), "a new studio")
    evening.until(
        lambda: (state := home.state(HEARING)) and 0 < state.wanted == state.encoded, "the rest, after a new start"
    )
    kinds = list(SOUNDS)
    evening.until(lambda: home.asked("a church bell").meaning == "ready", "the words")
    right = 0
    for words, kind in (
        ("a church bell ringing", "bell"),
        ("falling rain", "rain"),
        ("a siren", "siren"),
        ("a beat on drums", "drums"),
        ("the ticking of a clock", "clock"),
        ("birds chirping", "bird"),
    ):
        hit = home.first(words)
        assert FoundBy.SOUND in hit.found_by
        right += kinds[int(home.title(hit.item).split()[1]) % len(kinds)] == kind
    assert right >= 5

    # "More like this, but ...": of one sound, with some of another.
    similar = evening.window.show_page("similar")
    assert isinstance(similar, SimilarPage)
    similar.open_directed((home.item(f"track {kinds.index('siren'):02}"),))
    QTest.keyClicks(similar.direction.more, "a church bell")

    def likest() -> list[str]:
        return [kinds[int(home.title(item).split()[1]) % len(kinds)] for item in similar.found.ids[:5]]

    evening.until(lambda: "bell" in likest(), "bells among the likest")


def named(folder: Path, source: Path, name: str) -> Path:
    """A copy under a name, as on a stick: that is what an encoder is called which is installed without another."""
    return Path(shutil.copytree(source, folder / name))
