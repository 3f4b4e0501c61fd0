"""The command as a whole: a small run, its JSON and its page, and what it says where a set is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from app.studio.evaluate import vectors_lab
from app.studio.evaluate.vectors import page, tables
from app.studio.evaluate.vectors.clusters import flat, look, silhouette
from app.studio.evaluate.vectors.findings import Report
from app.studio.evaluate.vectors.sets import synthetic
from app.studio.evaluate.vectors.trials import EXACT, LANCE_RQ, Exact, Kind

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    asked = vectors_lab.Asked(
        "synthetic",
        tmp_path_factory.mktemp("scratch"),
        size=400,
        queries=20,
        kinds=(EXACT, LANCE_RQ, Kind("absent", Exact, "a_package_that_nobody_has")),
    )
    (found,) = vectors_lab.run(asked, lambda _: None)
    return found


def test_all_experiments_are_there(report: Report) -> None:
    assert [outcome.name for outcome in report.outcomes] == ["numpy exact", "Lance IVF_RQ", "absent"]
    assert [grown.name for grown in report.insertions] == ["Lance IVF_RQ", "absent"]
    assert [row.metric for row in report.metrics] == ["cosine", "dot", "l2"]
    assert report.clusters[0].dots
    assert report.setting.rows + 20 <= 400 - 2


def test_text_names_what_was_skipped(report: Report) -> None:
    text = tables.as_text(report)
    assert "absent" in text
    assert "skipped: not installed" in text
    assert "retrained" in text


def test_json_can_be_read_back(report: Report) -> None:
    read = json.loads(tables.as_json(replace(report, seconds=float("nan"))))
    assert read["outcomes"][0]["recall"] == 1.0
    assert read["seconds"] is None
    assert read["setting"]["k"] == 10


def test_page_is_whole_and_needs_nothing_else(report: Report) -> None:
    dots = tuple(replace(dot, title='<script>alert("x")</script> \x00 & more') for dot in report.clusters[0].dots)
    hostile = replace(report, clusters=(replace(report.clusters[0], dots=dots, space="<b>"),))
    text = page.page(hostile)
    root = ElementTree.fromstring(text.partition("\n")[2])  # it is XML too: every element is closed
    assert root.tag == "html"
    assert "<script" not in text
    assert "src=" not in text
    assert "href=" not in text
    circles = [element for element in root.iter() if element.tag.endswith("circle")]
    assert len(circles) >= len(dots)
    assert all(0 <= float(circle.attrib["cx"]) <= 1000 for circle in circles)


def test_clear_clusters_are_found() -> None:
    corners = np.repeat(np.eye(4, 16, dtype=np.float32), 30, axis=0)
    chosen = synthetic(120, dimension=16, clusters=4)
    labels = np.repeat(["a", "b", "c", "d"], 30)
    noise = np.random.default_rng(0).standard_normal(corners.shape).astype(np.float32) * np.float32(0.05)
    found = look(replace(chosen, vectors=corners + noise, labels=labels), count=4, drawn=40)
    assert found.purity == found.rand == 1.0
    assert found.base == 0.25
    assert found.silhouette > 0.7
    assert sorted(found.sizes) == [30, 30, 30, 30]
    assert np.isnan(silhouette(corners, np.zeros(120, np.int64), 0))


def test_a_few_rows_are_drawn_too() -> None:
    rows, places, method = flat(np.eye(3, dtype=np.float32), 100, 0)
    assert method == "PCA"
    assert len(rows) == 3
    assert places.min() == 0.0
    assert places.max() == 1.0


def test_a_missing_set_is_said(tmp_path: Path) -> None:
    # In a process of its own: the command lowers its priority for good.
    command = [sys.executable, "-m", "app.studio.evaluate.vectors_lab", "--data", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "This set is not here" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("wrong", [["--set", "profile"], ["--set", "nonsense"], ["--set", "real", "x"]])
def test_wrong_arguments_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        vectors_lab.main(wrong)
    assert caught.value.code == 2
