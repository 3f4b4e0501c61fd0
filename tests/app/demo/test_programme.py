"""The demo's programme and sounds: enough of everything, no two alike, the same every time, and in tune."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from app.demo import voices
from app.demo.covers import cover
from app.demo.films import films
from app.demo.loudness import loudness
from app.demo.programme import ALBUMS, pieces
from app.demo.score import RATE, Key, Stage, hertz, wander
from app.demo.styles import Style, compose


def test_every_style_has_eight_pieces_or_more() -> None:
    counted = Counter(piece.album.style for piece in pieces())
    assert set(counted) == set(Style)
    assert min(counted.values()) >= 8
    assert len(pieces()) >= 64
    assert len(films()) == 6


def test_pieces_are_of_the_promised_length_and_named_apart() -> None:
    assert all(20 <= piece.seconds <= 40 for piece in pieces())
    assert len({piece.path for piece in pieces()}) == len(pieces())
    assert len({piece.title for piece in pieces()}) == len(pieces())
    assert len({piece.seed for piece in pieces()}) == len(pieces())


def test_styles_have_several_artists_and_some_artists_two_styles() -> None:
    artists, styles = defaultdict(set), defaultdict(set)
    for album in ALBUMS:
        artists[album.style].add(album.artist)
        styles[album.artist].add(album.style)
    assert all(len(names) >= 2 for names in artists.values())
    assert sum(len(played) == 2 for played in styles.values()) >= 3


def test_every_style_is_dealt_all_formats() -> None:
    dealt = defaultdict(set)
    for piece in pieces():
        dealt[piece.album.style].add(piece.suffix)
    assert all(suffixes == {"flac", "mp3", "ogg", "opus"} for suffixes in dealt.values())


@pytest.mark.parametrize("style", list(Style))
def test_style_sounds_the_same_for_a_seed_and_else_for_another(style: Style) -> None:
    first, again, other = (compose(style, np.random.default_rng(seed), 6.0) for seed in (3, 3, 4))
    assert first.shape == (6 * RATE, 2)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0.3 < np.abs(first).max() < 1.0
    assert np.abs(first[0]).max() < 0.01  # begins and ends without a click
    assert np.abs(first[-1]).max() < 0.01


@pytest.mark.parametrize("note", [33, 45, 57, 69, 81, 88])
def test_plucked_string_is_in_tune(note: int) -> None:
    sound = voices.pluck(np.random.default_rng(1), hertz(note), 2.0, 0.6)
    heard = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20))
    pitches = np.fft.rfftfreq(1 << 20, 1 / RATE)
    near = (pitches > hertz(note - 0.9)) & (pitches < hertz(note + 0.9))
    found = pitches[near][heard[near].argmax()]
    assert abs(1200 * np.log2(found / hertz(note))) < 6  # cents


def test_key_runs_on_over_the_octaves() -> None:
    key = Key(60, (0, 2, 4, 5, 7, 9, 11))
    assert [key.note(degree) for degree in (-7, -1, 0, 2, 7, 9)] == [48, 59, 60, 64, 72, 76]
    assert key.hertz(5) == pytest.approx(440)


def test_melody_stays_in_its_range() -> None:
    melody = wander(np.random.default_rng(5), 500, 2, 9, 4)
    assert len(melody) == 500
    assert min(melody) >= 2
    assert max(melody) <= 9


def test_stage_leaves_out_what_lies_outside() -> None:
    stage = Stage(1.0)
    stage.play(np.ones(RATE, np.float32), -0.5, pan=-1)
    stage.play(np.ones(RATE, np.float32), 0.75, pan=1)
    assert stage.sound[: RATE // 2, 0] == pytest.approx(1)
    assert stage.sound[RATE // 2 :, 0] == pytest.approx(0)
    assert stage.sound[: RATE * 3 // 4, 1] == pytest.approx(0, abs=1e-6)
    assert stage.sound[RATE * 3 // 4 :, 1] == pytest.approx(1)


def test_loudness_of_a_known_tone() -> None:
    # BS.1770: a 997 Hz sine at full scale on one channel reads -3.01 LUFS.
    tone = np.zeros((10 * RATE, 2), np.float32)
    tone[:, 0] = voices.sine(997.0, voices.clock(10.0))
    assert loudness(tone) == pytest.approx(-3.01, abs=0.1)
    assert loudness(np.zeros((RATE, 2), np.float32)) == -70.0


def test_covers_differ_and_do_not_change() -> None:
    drawn = [cover(album) for album in ALBUMS]
    assert len(set(drawn)) == len(ALBUMS)
    assert cover(ALBUMS[3]) == drawn[3]
    assert all(picture[:2] == b"\xff\xd8" for picture in drawn)


@pytest.mark.parametrize("film", films(), ids=lambda film: film.title)
def test_film_moves(film) -> None:  # type: ignore[no-untyped-def]
    frames = film.frames()
    first = next(frames)
    later = [next(frames) for _ in range(12)][-1]
    assert first.shape == (270, 480, 3)
    assert first.dtype == np.uint8
    assert np.abs(first.astype(int) - later).mean() > 0.5
