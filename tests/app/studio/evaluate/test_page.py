"""The page is whole: well-formed, needs nothing from elsewhere, escapes names, and says when it is not sound."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from app.studio.evaluate.evaluation import Asked, Protocol, evaluate
from app.studio.evaluate.page import page
from app.studio.evaluate.plots import Curve, Difference, curves, differences
from app.studio.evaluate.report import Report
from models.metrics import Interval
from tests.audiences import made_up

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    audience = made_up(users=8, crowd=10)
    names = ("cosine", "ridge", "popularity")
    folder = tmp_path_factory.mktemp("rows")
    return [
        evaluate(audience, Asked(protocol, names, (5, 20)), folder=folder)
        for protocol in (Protocol.FEW_SHOT, Protocol.RADIO)
    ]


def test_the_page_is_well_formed_and_needs_nothing_else(reports: list[Report]) -> None:
    made = page(reports)
    root = ElementTree.fromstring(made.removeprefix("<!DOCTYPE html>\n"))
    drawn = list(root.iter(f"{SVG}svg"))
    assert len(drawn) >= 8
    for plot in drawn:
        assert plot.find(f"{SVG}title") is not None
        assert plot.get("aria-label")
        for shape in plot.iter():
            for name in ("x", "y", "x1", "y1", "cx", "cy"):
                value = shape.get(name)
                assert value is None or np.isfinite(float(value))
    assert "prefers-color-scheme:dark" in made
    outside = set(re.findall(r"(?:https?:)?//[^\"' )]+", made))
    assert outside == {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", made)


def test_every_method_is_drawn_and_tabled(reports: list[Report]) -> None:
    made = page(reports[:1])
    for name in ("cosine", "ridge", "popularity", "taste", "random"):
        assert f">{name}</text>" in made
        assert f"<td>{name}</td>" in made
    assert "Sound:" in made
    assert "NDCG@10" in made


def test_names_from_outside_are_escaped(reports: list[Report]) -> None:
    evil = '<script>alert("x")</script> & co'
    made = page([replace(reports[0], dataset=evil, notes=(evil,), gates=(evil,), unit=evil)])
    assert "<script" not in made
    ElementTree.fromstring(made.removeprefix("<!DOCTYPE html>\n"))


def test_a_report_that_is_not_sound_says_so_loudly(reports: list[Report]) -> None:
    made = page([replace(reports[0], gates=("random at n = 5: AUC 0.9, expected 0.5",))])
    assert "This report is not sound." in made
    assert "AUC 0.9" in made
    assert "Sound:" not in made


def test_names_at_the_ends_of_lines_do_not_overlap() -> None:
    lines = [Curve(f"method {number}", "rival", [0.5, 0.5 + number * 1e-4]) for number in range(14)]
    drawn = ElementTree.fromstring(curves("many", "labels", (5, 10), [*lines, Curve("none", "rival", [np.nan] * 2)]))
    places = sorted(
        float(text.get("y", "nan")) for text in drawn.iter(f"{SVG}text") if text.get("class") == "name rival"
    )
    assert len(places) == 14
    assert min(np.diff(places)) >= 14.9
    assert places[-1] < float(drawn.get("viewBox", "").split()[3])


def test_differences_tell_ahead_from_behind_and_open() -> None:
    rows = [
        Difference("a", "rival", Interval(0.1, 0.05, 0.15)),
        Difference("b", "crowd", Interval(-0.1, -0.15, -0.05)),
        Difference("c", "rival", Interval(0.0, -0.02, 0.02)),
    ]
    drawn = ElementTree.fromstring(differences("gaps", rows))
    assert [group.get("class") for group in drawn.iter(f"{SVG}g")] == ["ahead", "behind", "open"]
    assert any(line.get("class") == "zero" for line in drawn.iter(f"{SVG}line"))
