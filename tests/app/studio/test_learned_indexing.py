"""Encoding with learned encoders: beside the rest and after it, in full batches, resumable; and forgetting one."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.encoder_messages import CheckEncoder, RemoveEncoder
from app.encoders.installed import Installed
from app.encoders.loading import Loaded
from app.encoders.shelf import EncoderShelf
from app.errors import ModelError
from app.paths import RESOURCES, Profile
from app.protocol import Cancel, Done, Failed, Job, JobEnded, Pause, Progress, Resume, RetryFailures, Scan
from app.store.database import Database
from app.store.items import Items
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.vectors import Vectors
from app.studio.encoders_in_use import EncodersInUse
from app.studio.learned_indexing import FULL, LearnedIndexing
from app.studio.spaces import SpacesInUse, builtin_spaces
from models.ids import ItemId
from models.types import Modality
from tests.plain_encoders import BOTH, COLOURS, PlainEncoders, install, write_film
from tests.studio_run import Run, write_sound

SEES, HEARS = BOTH


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with an album of three tracks that share a red cover, two tracks without, and two films."""
    folder = tmp_path_factory.mktemp("library")
    music = folder / "music"
    (music / "album").mkdir(parents=True)
    for number in range(3):
        write_sound(music / "album" / f"low {number}.wav", pitch=110 + number, noise=0.0, seconds=2.0)
    cells = np.kron(np.random.default_rng(1).uniform(0.6, 1.2, (8, 8, 1)), np.ones((20, 20, 1)))
    Image.fromarray((cells * (200, 40, 40)).astype(np.uint8)).save(music / "album" / "folder.png")
    for number in range(2):
        write_sound(music / f"high {number}.wav", pitch=2500 + number, noise=0.0, seconds=2.0)
    write_film(music / "red then blue.mkv", ["red", "blue"])
    write_film(music / "green.mkv", ["green"])
    made = Run(Profile.at(folder / "profile"))
    made.start()
    made.take_in(music)
    made.studio.close()
    return folder / "profile"


@pytest.fixture
def plain() -> PlainEncoders:
    return PlainEncoders()


@pytest.fixture
def ready(taken_in: Path, tmp_path: Path) -> Profile:
    """The taken-in profile with both encoders on its shelf."""
    profile = Profile.at(tmp_path / "copy")
    shutil.copytree(taken_in, profile.root)
    for name, family in BOTH:
        install(profile, name, family)
    return profile


@pytest.fixture
def run(ready: Profile, plain: PlainEncoders) -> Iterator[Run]:
    made = Run(ready, load=plain.load, try_out=plain.try_out)
    yield made
    made.studio.close()


class Library:
    """What a closed studio left behind."""

    def __init__(self, run: Run) -> None:
        self.vectors = Vectors(run.profile.vectors)
        self.moments = MomentVectors(self.vectors)
        with run.database() as database:
            self.ids = {row[0]: ItemId(row[1]) for row in database.all("SELECT title, id FROM items")}
            self.marks = set(database.all("SELECT item_id, space, silent FROM marks"))

    def vector(self, space: str, title: str) -> np.ndarray:
        found = self.vectors.vector_of(space, self.ids[title])
        assert found is not None
        return found

    def marked(self, space: str) -> dict[str, int]:
        titles = {item: title for title, item in self.ids.items()}
        return {titles[item]: silent for item, name, silent in self.marks if name == space}


def spaces(profile: Profile) -> tuple[str, str]:
    return install(profile, *SEES), install(profile, *HEARS)


def encode_all(run: Run) -> None:
    run.start()
    run.settle_learned()
    run.studio.close()


def test_sound_of_everything_and_pictures_of_films_and_covers(run: Run, plain: PlainEncoders) -> None:
    seen, heard = spaces(run.profile)
    encode_all(run)
    assert run.failures() == []
    library = Library(run)
    tracks = {"low 0", "low 1", "low 2", "high 0", "high 1"}
    assert library.marked(heard) == dict.fromkeys(tracks, 0) | {"red then blue": 1, "green": 1}, "the films are silent"
    assert library.marked(seen) == dict.fromkeys(["low 0", "low 1", "low 2", "red then blue", "green"], 0)
    low, high = library.vector(heard, "low 0"), library.vector(heard, "high 0")
    assert float(low @ library.vector(heard, "low 1")) > 0.9
    assert float(low @ high) < 0.7
    for title, colour in (("low 0", "red"), ("low 2", "red"), ("green", "green")):
        assert library.vector(seen, title) @ np.array(COLOURS[colour], np.float32) > 0.97
    both = library.vector(seen, "red then blue")
    assert both[0] > 0.5 < both[2]
    assert plain.loads == 2
    assert sum(plain.loaded[seen].calls) == 1 + sum(
        len(library.moments.of(seen, item)[0]) for item in (library.ids["red then blue"], library.ids["green"])
    ), "a cover that three tracks share is looked at once"


def test_the_moments_of_films_are_kept(run: Run) -> None:
    seen, _ = spaces(run.profile)
    encode_all(run)
    library = Library(run)
    ats, rows = library.moments.of(seen, library.ids["red then blue"])
    assert len(ats) == 2
    assert rows[0] @ np.array(COLOURS["red"], np.float32) > 0.97
    assert rows[1] @ np.array(COLOURS["blue"], np.float32) > 0.97
    items, times, _ = library.moments.search(seen, np.array(COLOURS["blue"], np.float32), 1)
    assert (items[0], times[0]) == (library.ids["red then blue"], ats[1])
    assert library.marked(mark_of(seen)) == {"red then blue": 0, "green": 0}
    assert library.moments.items(seen).tolist() == sorted((library.ids["red then blue"], library.ids["green"]))


def test_calls_are_full_and_the_last_takes_the_rest(run: Run, plain: PlainEncoders) -> None:
    _, heard = spaces(run.profile)
    encode_all(run)
    calls = plain.loaded[heard].calls
    assert calls[:-1] == [FULL[Modality.AUDIO]] * (len(calls) - 1)
    assert sum(calls) == 5, "a sound of two seconds has one window"


def test_progress_names_the_encoder_and_nothing_is_done_twice(run: Run, plain: PlainEncoders) -> None:
    run.start()
    run.settle_learned()
    told = [event for event in run.seen if isinstance(event, Progress) and event.job is Job.LEARNED]
    assert {event.note for event in told} == {SEES[0], HEARS[0]}
    assert (told[-1].done, told[-1].total) == (12, 12)
    ended = next(event for event in run.seen if isinstance(event, JobEnded) and event.job is Job.LEARNED)
    assert (ended.done, ended.failed, ended.cancelled) == (12, 0, False)
    run.studio.close()
    again = Run(run.profile, load=plain.load)
    loads = plain.loads
    again.start()
    again.settle_learned()
    again.studio.close()
    assert plain.loads == loads, "no network is loaded where nothing is to be encoded"


def test_a_cancelled_run_keeps_what_it_has_and_goes_on_later(run: Run, plain: PlainEncoders) -> None:
    _, heard = spaces(run.profile)
    stopped, go_on = threading.Event(), threading.Event()

    def hold(_inputs: Sequence[Any]) -> None:
        stopped.set()
        assert go_on.wait(20)

    plain.before = hold
    run.start()
    assert stopped.wait(20)
    run.tell(Cancel(Job.LEARNED))
    go_on.set()
    ended = run.wait(JobEnded, lambda event: event.job is Job.LEARNED)
    assert ended.cancelled
    assert ended.done < 12
    run.studio.close()
    left = Run(run.profile, load=plain.load)
    encode_all(left)
    assert len(Library(left).marked(heard)) == 7


def test_a_pause_holds_and_a_resume_goes_on(run: Run, plain: PlainEncoders) -> None:
    first = threading.Event()
    go_on = threading.Event()

    def hold(_inputs: Sequence[Any]) -> None:
        first.set()
        assert go_on.wait(20)

    plain.before = hold
    run.start()
    assert first.wait(20)
    run.tell(Pause(Job.LEARNED))
    run.wait(Progress, lambda event: event.job is Job.LEARNED and event.paused)
    go_on.set()
    run.tell(Resume(Job.LEARNED))
    run.wait(Progress, lambda event: event.job is Job.LEARNED and not event.paused)
    assert run.wait(JobEnded, lambda event: event.job is Job.LEARNED).done == 12


def test_what_one_file_does_to_an_encoder_is_noted_once(run: Run, plain: PlainEncoders) -> None:
    _, heard = spaces(run.profile)

    def refuse(inputs: Sequence[Any]) -> None:
        if any(getattr(one, "rate", 0) and _loudest(one) > 2000 for one in inputs):
            raise ValueError("too high")

    plain.before = refuse
    encode_all(run)
    with run.database() as database:
        failed = Items(database).failures()
    assert sorted((Path(one.path).stem, one.stage) for one in failed) == [("high 0", "encode"), ("high 1", "encode")]
    assert "too high" in failed[0].reason
    ended = next(event for event in run.seen if isinstance(event, JobEnded) and event.job is Job.LEARNED)
    assert (ended.done, ended.failed) == (12, 2)
    assert set(Library(run).marked(heard)) == {"low 0", "low 1", "low 2", "red then blue", "green"}
    loads = plain.loads
    again = Run(run.profile, load=plain.load)
    again.start()
    again.settle_learned()
    assert plain.loads == loads
    plain.before = lambda inputs: None
    plain.loaded.clear()
    again.tell(RetryFailures())
    again.wait(JobEnded, lambda event: event.job is Job.LEARNED)
    again.studio.close()
    assert len(Library(again).marked(heard)) == 7


def test_a_machine_that_cannot_is_told_and_the_files_are_not_blamed(run: Run, plain: PlainEncoders) -> None:
    def fail(_inputs: Sequence[Any]) -> None:
        raise RuntimeError("out of memory")

    plain.before = fail
    run.start()
    assert "memory" in run.wait(Failed).detail
    run.wait(JobEnded, lambda event: event.job is Job.LEARNED)
    with run.database() as database:
        assert Items(database).failures() == []


def test_the_studio_ends_while_an_encoder_is_being_loaded(ready: Profile, plain: PlainEncoders) -> None:
    began, go_on = threading.Event(), threading.Event()

    def load(installed: Installed) -> Loaded:
        began.set()
        assert go_on.wait(60)
        return plain.load(installed)

    run = Run(ready, load=load, try_out=plain.try_out)
    run.start()
    try:
        assert began.wait(30)
        run.studio.close()
        assert not run.studio._learned._thread.is_alive(), "it waits for nothing"
        assert run.studio.left, "the network is still being loaded"
    finally:
        go_on.set()
    while not run.events.empty():
        assert not isinstance(run.events.get(), Failed)


def test_the_studio_ends_while_a_network_counts_and_goes_on_later(ready: Profile, plain: PlainEncoders) -> None:
    _, heard = spaces(ready)
    began, go_on = threading.Event(), threading.Event()

    def hold(inputs: Sequence[Any]) -> None:
        began.set()
        assert go_on.wait(60)

    plain.before = hold
    run = Run(ready, load=plain.load, try_out=plain.try_out)
    run.start()
    try:
        assert began.wait(30)
        run.studio.close()
        assert run.studio.left, "the network is still being called"
    finally:
        go_on.set()
    run.studio._learned._thread.join(30)
    while not run.events.empty():
        assert not isinstance(run.events.get(), Failed)
    plain.before = lambda inputs: None
    again = Run(ready, load=plain.load, try_out=plain.try_out)
    again.start()
    again.settle_learned()
    again.studio.close()
    assert not again.studio.left
    assert len(Library(again).marked(heard)) == len(Library(again).ids)


def test_what_comes_back_with_a_drive_is_encoded_after_the_next_scan(run: Run, plain: PlainEncoders) -> None:
    _, heard = spaces(run.profile)
    run.start()
    run.settle_learned()
    with run.database() as database:  # as if the drive had been away when the encoder was installed
        item = database.all("SELECT id FROM items WHERE kind = 'track' LIMIT 1")[0][0]
        Items(database).unmark([(ItemId(item), heard)])
    run.tell(Scan(""))
    ended = run.wait(JobEnded, lambda event: event.job is Job.LEARNED)
    assert (ended.done, ended.failed) == (1, 0)


def test_an_encoder_that_cannot_be_loaded_is_told_once(run: Run, plain: PlainEncoders) -> None:
    plain.error = ModelError("It is damaged", "Get it again.")
    run.start()
    run.settle_learned()
    assert [one.title for one in run.failures()] == ["It is damaged", "It is damaged"], "both of them"
    run.studio._learned.wake()
    run.settle_learned()
    assert len(run.failures()) == 2
    plain.error = None
    run.ask(lambda number: CheckEncoder(number, HEARS[0]), Done)
    run.settle_learned()
    run.studio.close()
    seen, heard = spaces(run.profile)
    assert len(Library(run).marked(heard)) == 7
    assert Library(run).marked(seen) == {}


def test_an_encoder_installed_anew_replaces_its_space_when_all_is_encoded(run: Run, plain: PlainEncoders) -> None:
    seen, heard = spaces(run.profile)
    encode_all(run)
    newer = install(run.profile, *HEARS, version="2")
    assert newer != heard
    encode_all(again := Run(run.profile, load=plain.load))
    library = Library(again)
    assert set(library.vectors.spaces()) >= {seen, newer}
    assert heard not in library.vectors.spaces()
    assert library.marked(heard) == {}
    assert len(library.marked(newer)) == 7


def test_it_waits_until_others_are_done(ready: Profile, plain: PlainEncoders) -> None:
    spaces = SpacesInUse(builtin_spaces())
    encoders = EncodersInUse(EncoderShelf(ready.encoders, ()), spaces, plain.load)
    encoders.refresh()
    vectors, resting, said = Vectors(ready.vectors), threading.Event(), queue.SimpleQueue[Any]()
    resting.set()
    busy, asked = threading.Event(), threading.Semaphore(0)
    busy.set()

    def others_busy() -> bool:
        asked.release()
        return busy.is_set()

    indexing = LearnedIndexing(
        lambda: Database.open(ready.library, RESOURCES / "migrations"),
        vectors, encoders, spaces, others_busy, resting, said.put, lambda _work: None,
    )  # fmt: skip
    indexing.start()
    indexing.wake()
    for _ in range(5):
        assert asked.acquire(timeout=20)
    assert plain.loads == 0
    assert not indexing.idle
    busy.clear()
    while not isinstance(said.get(timeout=20), JobEnded):
        pass
    assert plain.loads == 2
    indexing.close()
    vectors.close()


def test_what_is_removed_while_it_is_encoded_is_not_written_again(run: Run, plain: PlainEncoders) -> None:
    _, heard = spaces(run.profile)
    first, go_on = threading.Event(), threading.Event()

    def hold(inputs: Sequence[Any]) -> None:
        if hasattr(inputs[0], "samples"):
            first.set()
            assert go_on.wait(20)

    plain.before = hold
    run.start()
    assert first.wait(20)
    run.ask(lambda number: RemoveEncoder(number, HEARS[0]), Done)
    go_on.set()
    run.settle_learned()
    assert run.failures() == []
    run.studio.close()
    library = Library(run)
    assert heard not in library.vectors.spaces()
    assert library.marked(heard) == {}


def _loudest(clip: Any) -> float:
    spectrum = np.abs(np.fft.rfft(clip.samples))
    return float(np.argmax(spectrum)) * clip.rate / len(clip.samples)
