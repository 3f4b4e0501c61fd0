"""The demo as a newcomer meets it: a library of its own, and five likes of one style that visibly lift that style."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.paths import Profile
from app.protocol import Done, FeedbackChanged, Job, JobEnded, MakeDemo, Picks, Recommend, Shelf
from app.store.facts import Facts, ItemFacts
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from models.ids import ItemId
from tests.studio_run import Run

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with the whole demo library, scanned and encoded."""
    root = tmp_path_factory.mktemp("demo") / "profile"
    run = Run(Profile.at(root))
    run.start()
    run.patience = 300.0
    run.ask(MakeDemo, Done)
    assert run.wait(JobEnded, lambda event: event.job is Job.DEMO).failed == 0
    run.settle()
    assert run.failures() == []
    run.studio.close()
    return root


def test_the_demo_then_five_likes(demo: Path) -> None:
    run = Run(Profile.at(demo))
    run.start()
    with run.database() as database:
        counts = Items(database).counts()
        assert counts.tracks >= 60
        assert counts.videos >= 6
        assert counts.encoded == counts.tracks + counts.videos
        assert counts.failures == 0
        facts = Facts(database).present()
    styles = Counter(fact.genre for fact in facts if fact.kind == "track")
    style = styles.most_common(1)[0][0]
    mine = [fact for fact in facts if fact.genre == style]
    with run.database() as database:
        for fact in mine[:5]:
            Feedback(database).like(ItemId(fact.id))
    run.tell(FeedbackChanged())
    picks = run.ask(lambda number: Recommend(number, (Shelf.LOVE,), 10), Picks)
    run.studio.close()
    assert styles[style] == 8
    # Three of that style are left: all of them are among the first ten (the artists' spacing puts others between).
    assert {fact.id for fact in mine[5:]} <= {pick.item for pick in picks.shelves[0].picks}
    assert chance_of_order(run, mine[5:], [fact for fact in facts if fact.genre != style]) > 0.9


def chance_of_order(run: Run, better: list[ItemFacts], worse: list[ItemFacts]) -> float:
    """How often one of `better` is scored above one of `worse`."""
    with run.database() as database:
        lists = ItemLists(database)
        rows = lists.rows([ItemId(one) for one in lists.ids(ListQuery())])
    scores = {int(row.id): row.score for row in rows}
    high = np.array([scores[fact.id] for fact in better])
    low = np.array([scores[fact.id] for fact in worse])
    return float((high[:, None] > low[None, :]).mean())
