"""ReplayGain arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.replaygain import GainChoice, GainMode, GainNote, Loudness, choose, factor

TAGGED = Loudness(track_gain=-8.0, track_peak=0.9, album_gain=-6.0, album_peak=1.0)


@pytest.mark.parametrize(
    ("mode", "in_album", "db"),
    [
        (GainMode.OFF, True, 0.0),
        (GainMode.TRACK, True, -8.0),
        (GainMode.ALBUM, False, -6.0),
        (GainMode.AUTO, True, -6.0),
        (GainMode.AUTO, False, -8.0),
    ],
)
def test_the_mode_says_which_gain_counts(mode: GainMode, in_album: bool, db: float) -> None:
    gain = choose(TAGGED, GainChoice(mode=mode), in_album=in_album)
    assert gain.db == pytest.approx(db)
    assert gain.factor == pytest.approx(10 ** (db / 20))
    assert gain.notes == ((GainNote.OFF,) if mode == GainMode.OFF else ())


def test_missing_tags_fall_back() -> None:
    other = choose(Loudness(album_gain=-5.0), GainChoice(mode=GainMode.TRACK))
    assert (other.db, other.notes) == (-5.0, (GainNote.OTHER_TAG,))
    none = choose(Loudness(), GainChoice(fallback_db=-6.5, preamp_db=3.0))
    assert (none.db, none.notes) == (-6.5, (GainNote.UNTAGGED,))


def test_the_peak_keeps_from_clipping() -> None:
    loud = Loudness(track_gain=2.0, track_peak=1.25)
    guarded = choose(loud, GainChoice(mode=GainMode.TRACK), ceiling_db=None)
    assert guarded.factor * 1.25 == pytest.approx(1.0)
    assert guarded.notes == (GainNote.PEAK,)
    free = choose(loud, GainChoice(mode=GainMode.TRACK, prevent_clipping=False), ceiling_db=None)
    assert (free.db, free.notes) == (2.0, ())


def test_a_volume_control_cannot_raise_and_says_so() -> None:
    quiet = choose(Loudness(track_gain=4.0, track_peak=0.1), GainChoice(mode=GainMode.TRACK, preamp_db=2.0))
    assert (quiet.db, quiet.factor, quiet.notes) == (0.0, 1.0, (GainNote.CEILING,))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e9, -61.0])
def test_absurd_gains_count_as_missing(bad: float) -> None:
    assert choose(Loudness(track_gain=bad), GainChoice()).notes == (GainNote.UNTAGGED,)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 0.0, -1.0, 1e9])
def test_absurd_peaks_count_as_missing(bad: float) -> None:
    loudness = Loudness(track_gain=-3.0, track_peak=bad)
    assert choose(loudness, GainChoice(mode=GainMode.TRACK)).db == -3.0


numbers = st.none() | st.floats()


@given(numbers, numbers, numbers, numbers, st.sampled_from(list(GainMode)), st.floats(-15, 15), st.booleans())
def test_whatever_the_tags_say_the_gain_is_sound(
    a: float | None, b: float | None, c: float | None, d: float | None, mode: GainMode, preamp: float, album: bool
) -> None:
    gain = choose(Loudness(a, b, c, d), GainChoice(mode=mode, preamp_db=preamp), in_album=album)
    assert -76 <= gain.db <= 0
    assert gain.factor == pytest.approx(factor(gain.db))
    assert 0 < gain.factor <= 1
