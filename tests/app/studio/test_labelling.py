"""From what the user did to one label per Item."""

from __future__ import annotations

import numpy as np
import pytest

from app.store.feedback import FeedbackRow
from app.studio.labelling import DAY, IMPLICIT_LIMIT, ItemLabels, labels_from
from models.ids import ItemId

NOW = 1_000 * DAY


def row(
    item: int,
    kind: str,
    value: float | None = None,
    *,
    days_ago: float = 0,
    origin: str = "user",
    context: str = "",
) -> FeedbackRow:
    return FeedbackRow(0, ItemId(item), kind, value, origin, context, NOW - days_ago * DAY)


def only(labels: ItemLabels) -> tuple[float, float]:
    assert len(labels) == 1
    return float(labels.targets[0]), float(labels.weights[0])


def test_no_feedback_is_no_label() -> None:
    assert len(labels_from([], NOW)) == 0


@pytest.mark.parametrize(
    ("kind", "value", "target"),
    [
        ("like", None, 1.0),
        ("dislike", None, 0.0),
        ("stars", 2.5, 0.5),
        ("stars", 5.0, 1.0),
        ("stars", 0.5, 0.1),
    ],
)
def test_what_was_said_outright_counts_fully(kind: str, value: float | None, target: float) -> None:
    assert only(labels_from([row(1, kind, value)], NOW)) == (pytest.approx(target), 1.0)


def test_the_newest_word_wins() -> None:
    assert only(labels_from([row(1, "like", days_ago=2), row(1, "dislike", days_ago=1)], NOW))[0] == 0
    assert only(labels_from([row(1, "like", days_ago=2), row(1, "stars", 1.0, days_ago=1)], NOW))[0] == pytest.approx(
        0.2
    )
    assert only(labels_from([row(1, "stars", 1.0, days_ago=2), row(1, "like", days_ago=1)], NOW))[0] == 1


def test_a_word_taken_back_is_no_label_but_stars_beside_it_are() -> None:
    assert len(labels_from([row(1, "like"), row(1, "clear")], NOW)) == 0
    assert len(labels_from([row(1, "stars", 4.0), row(1, "stars", 0.0)], NOW)) == 0
    assert only(labels_from([row(1, "stars", 4.0), row(1, "like"), row(1, "clear")], NOW))[0] == pytest.approx(0.8)


def test_stars_from_tags_stand_only_where_the_user_gave_none() -> None:
    tag = row(1, "stars", 5.0, origin="tag")
    assert only(labels_from([tag], NOW))[0] == 1
    assert only(labels_from([row(1, "stars", 1.0, days_ago=3), tag], NOW))[0] == pytest.approx(0.2)
    assert only(labels_from([tag, row(1, "stars", 1.0)], NOW))[0] == pytest.approx(0.2)


def test_plays_add_up_and_stay_weaker_than_a_word() -> None:
    target, weight = only(labels_from([row(1, "play", 1.0)], NOW))
    assert (target, weight) == (0.75, 0.25)
    target, weight = only(labels_from([row(1, "play", 1.0)] * 40, NOW))
    assert (target, weight) == (0.75, pytest.approx(IMPLICIT_LIMIT))


def test_a_play_beside_a_word_changes_nothing() -> None:
    rows = [row(1, "dislike", days_ago=1), *[row(1, "play", 1.0)] * 5]
    assert only(labels_from(rows, NOW)) == (0.0, 1.0)


def test_a_skip_of_what_we_chose_says_more() -> None:
    chosen = only(labels_from([row(1, "skip", 0.1, context="radio")], NOW))
    own = only(labels_from([row(1, "skip", 0.1, context="album")], NOW))
    assert chosen[0] == own[0] < 0.5
    assert chosen[1] > own[1] > 0


def test_not_now_is_no_label() -> None:
    assert len(labels_from([row(1, "later")], NOW)) == 0


def test_labels_come_oldest_first_with_their_ages() -> None:
    labels = labels_from([row(3, "like", days_ago=1), row(2, "like", days_ago=9), row(5, "play", 1.0, days_ago=4)], NOW)
    assert labels.items.tolist() == [2, 5, 3]
    np.testing.assert_allclose(labels.ages, [9, 4, 1], rtol=1e-5)
    assert labels.explicit == 2
    assert labels.items.dtype == np.int64
    assert labels.targets.dtype == labels.weights.dtype == labels.ages.dtype == np.float32
    taken = labels.take(np.array([0, 2]))
    assert taken.items.tolist() == [2, 3]


def test_a_piece_left_halfway_without_a_skip_says_a_little() -> None:
    target, weight = only(labels_from([row(1, "play", 0.4)], NOW))
    assert target == pytest.approx(0.6)
    whole, more = only(labels_from([row(1, "play", 1.0)], NOW))
    assert whole > target
    assert more > weight
