"""Cornac's figures: reached by our models on the real file, and the table says when they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import MediaError
from app.studio.evaluate import anchors
from app.studio.evaluate.anchors import AnchorRow
from models.baselines.factors import BiasedFactors


@pytest.mark.media
def test_biased_factors_reach_the_published_digits(shared_data: Path) -> None:
    parts = anchors.split(shared_data)
    model = BiasedFactors(parts.train, shuffle=False, seed=anchors.SEED)
    rows = anchors.completion(parts, "MF", model, (0.7430, 0.8998, 0.7445))
    assert [row.name for row in rows] == ["MF MAE", "MF RMSE", "MF AUC"]
    assert all(row.agrees for row in rows), anchors.table(rows)


def test_a_whole_run_on_a_small_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(30 * 40)[:600]
    lines = [f"{pair // 40 + 1}\t{pair % 40 + 1}\t{rng.integers(1, 6)}\t0" for pair in pairs]
    (tmp_path / "u.data").write_text("\n".join(lines) + "\n")
    heard: list[tuple[str, int, int]] = []
    rows = anchors.anchors(tmp_path, lambda *step: heard.append(step))
    assert len(rows) == 7
    assert [step[1] for step in heard] == [0, 1, 2, 3]
    # Ratings drawn by lot are not MovieLens.
    assert anchors.main(["--data", str(tmp_path)]) == 1
    assert "DISAGREES" in capsys.readouterr().out


def test_the_split_keeps_what_training_knows(tmp_path: Path) -> None:
    (tmp_path / "u.data").write_text("".join(f"{user}\t{item}\t4\t0\n" for user in range(10) for item in range(5)))
    parts = anchors.split(tmp_path)
    assert len(parts.train) == 40
    assert len(parts.users) == 10
    assert parts.train.users[0] == 0 == parts.train.items[0]


@pytest.mark.parametrize("content", [None, "no numbers at all\n"])
def test_says_what_is_missing_or_damaged(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "ml100k_u.data").write_text(content)
    with pytest.raises(MediaError):
        anchors.split(tmp_path)


def test_table_marks_a_disagreement() -> None:
    text = anchors.table([AnchorRow("MF RMSE", 0.8998, 0.8998, 1e-4), AnchorRow("PMF RMSE", 0.9138, 0.92, 1e-4)])
    assert text.splitlines()[1].split() == ["MF", "RMSE", "0.8998", "0.8998", "+0.0000"]
    assert text.splitlines()[2].endswith("+0.0062  DISAGREES")
