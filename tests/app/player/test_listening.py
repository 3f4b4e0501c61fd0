"""Seconds really heard, and what leaving a piece says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.player.listening import Leaving, Listening, Verdict


def heard(listening: Listening, start: float, end: float, step: float = 0.5) -> Listening:
    """Jump to `start` and hear up to `end`."""
    listening.jump(start)
    position = start
    while position < end:
        position = min(position + step, end)
        listening.hear(position)
    return listening


@pytest.mark.parametrize(
    ("duration", "until", "leaving", "verdict"),
    [
        (200.0, 198.0, Leaving.NEXT, Verdict.PLAY),
        (200.0, 180.0, Leaving.NEXT, Verdict.PLAY),
        (200.0, 179.0, Leaving.NEXT, Verdict.PARTIAL),
        (20.0, 15.5, Leaving.NEXT, Verdict.PLAY),
        (6.0, 2.0, Leaving.NEXT, Verdict.SKIP),
        (200.0, 29.5, Leaving.NEXT, Verdict.SKIP),
        (200.0, 30.0, Leaving.NEXT, Verdict.PARTIAL),
        (200.0, 0.9, Leaving.NEXT, Verdict.PARTIAL),
        (40.0, 25.0, Leaving.NEXT, Verdict.PARTIAL),
        (200.0, 10.0, Leaving.PREVIOUS, Verdict.PARTIAL),
        (200.0, 10.0, Leaving.REPLACED, Verdict.PARTIAL),
        (200.0, 10.0, Leaving.STOPPED, Verdict.PARTIAL),
        (200.0, 10.0, Leaving.QUIT, Verdict.PARTIAL),
        (200.0, 10.0, Leaving.FAILED, Verdict.PARTIAL),
        (200.0, 190.0, Leaving.QUIT, Verdict.PLAY),
    ],
)
def test_thresholds(duration: float, until: float, leaving: Leaving, verdict: Verdict) -> None:
    assert heard(Listening(duration), 0.0, until).judge(leaving).verdict == verdict


def test_repeats_count_as_time_but_not_as_more_of_the_piece() -> None:
    listening = Listening(100.0)
    for _ in range(20):
        heard(listening, 10.0, 20.0)
    judged = listening.judge(Leaving.NEXT)
    assert judged.seconds == pytest.approx(200.0)
    assert judged.fraction == pytest.approx(0.1)
    assert judged.verdict == Verdict.PARTIAL


def test_jumping_to_the_end_is_no_play() -> None:
    listening = heard(Listening(100.0), 0.0, 5.0)
    listening.hear(97.0)
    heard(listening, 97.0, 100.0)
    assert listening.fraction == pytest.approx(0.08)


def test_pieces_heard_in_any_order_add_up() -> None:
    listening = Listening(100.0)
    for start in (80.0, 40.0, 0.0, 60.0, 20.0):
        heard(listening, start, start + 20.0)
    assert listening.fraction == pytest.approx(1.0)
    assert listening.judge(Leaving.NEXT).verdict == Verdict.PLAY


def test_what_was_heard_before_resuming_counts_for_the_fraction() -> None:
    listening = heard(Listening(1000.0, start=600.0), 600.0, 990.0)
    judged = listening.judge(Leaving.NEXT)
    assert judged.fraction == pytest.approx(0.99)
    assert judged.seconds == pytest.approx(390.0)
    assert judged.verdict == Verdict.PLAY


def test_the_end_counts_what_no_position_told() -> None:
    listening = heard(Listening(10.0), 0.0, 9.6)
    listening.end()
    assert listening.fraction == pytest.approx(1.0)


def test_an_unknown_length_is_never_a_play() -> None:
    judged = heard(Listening(0.0), 0.0, 100.0).judge(Leaving.NEXT)
    assert (judged.fraction, judged.seconds, judged.verdict) == (0.0, pytest.approx(100.0), Verdict.PARTIAL)


@given(
    st.lists(st.tuples(st.booleans(), st.floats(0, 120, allow_nan=False)), max_size=60),
    st.floats(0, 120, allow_nan=False),
)
def test_the_fraction_is_the_part_of_the_piece_covered(steps: list[tuple[bool, float]], start: float) -> None:
    listening = Listening(120.0, start)
    covered = [False] * 1200
    last = start
    for cell in range(int(start * 10)):
        covered[cell] = True
    seconds = 0.0
    for jumps, position in steps:
        if jumps:
            listening.jump(position)
        else:
            listening.hear(position)
            if 0 < position - last <= 2.0:
                seconds += position - last
                for cell in range(int(last * 10), min(int(position * 10) + 1, 1200)):
                    covered[cell] = True
        last = position
    assert listening.seconds == pytest.approx(seconds)
    # The cells of a tenth of a second overstate each span by at most two of them.
    assert 0 <= listening.fraction <= 1
    assert listening.fraction == pytest.approx(sum(covered) / 1200, abs=(2 * len(steps) + 2) / 1200)
