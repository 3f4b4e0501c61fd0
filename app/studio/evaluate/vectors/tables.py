"""The findings as text for a terminal, and as JSON.

Called by `vectors_lab.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from app.studio.evaluate.vectors.findings import Clusters, Insertion, MetricRow, Outcome, Report, Setting, SongViews


def as_text(report: Report) -> str:
    """Every part that was measured, as tables."""
    parts = [heading(report.setting)]
    if report.outcomes:
        parts.append(outcomes(report.outcomes, report.setting.k))
    if report.insertions:
        parts.append(insertions(report.insertions, report.setting.k))
    if report.metrics:
        parts.append(metrics(report.metrics, report.setting.k))
    if report.clusters:
        parts.append(clusters(report.clusters))
    if report.songs:
        parts.append(views(report.songs))
    parts += [f"note: {note}" for note in report.notes]
    return "\n\n".join([*parts, f"{report.seconds:.0f} s"])


def as_json(report: Report) -> str:
    """The whole report, with null where there is no number."""
    return json.dumps(_plain(asdict(report)), indent=1, ensure_ascii=False)


def heading(setting: Setting) -> str:
    """What was measured on what."""
    with_ = ", ".join(f"{name} {version}" for name, version in setting.versions)
    asked = f"{setting.queries} queries that are not among them, one at a time, " if setting.queries else ""
    return (
        f"{setting.name}: {setting.rows:,} vectors of {setting.dimension} numbers ({setting.sort})\n"
        f"{asked}k = {setting.k}; seed {setting.seed}; "
        f"{setting.cores} cores, OMP_NUM_THREADS {setting.threads}\n{with_}"
    )


def outcomes(rows: Sequence[Outcome], k: int) -> str:
    """Index by index; what was skipped says why."""
    heads = (f"R@{k}", "p50 ms", "p95 ms", "/ exact", "build s", "CPU s", "B/vector", "parts", "imbalance")
    lines = [f"{'index':<24}" + "".join(f"{head:>10}" for head in heads)]
    for row in rows:
        if row.skipped:
            lines.append(f"{row.name:<24}  skipped: {row.skipped}")
            continue
        cells = (
            f"{row.recall:.3f}",
            f"{row.p50:.2f}",
            f"{row.p95:.2f}",
            f"{row.ratio:.1f}x",
            f"{row.build:.1f}",
            f"{row.build_cpu:.1f}",
            f"{row.bytes_per_vector:.0f}",
            _count(row.partitions),
            _number(row.imbalance),
        )
        lines.append(f"{row.name:<24}" + "".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def insertions(rows: Sequence[Insertion], k: int) -> str:
    """Stage by stage: recall for queries of the old and of the new domain."""
    heads = (f"old R@{k}", f"new R@{k}", "p50 ms", "p95 ms", "seconds", "parts", "imbalance")
    lines = [
        "built on the old domain, the rest inserted",
        f"{'index':<24}{'stage':<11}" + "".join(f"{head:>10}" for head in heads),
    ]
    for row in rows:
        if row.skipped:
            lines.append(f"{row.name:<24}skipped: {row.skipped}")
        for stage in row.stages:
            cells = (
                f"{stage.old_recall:.3f}",
                f"{stage.new_recall:.3f}",
                f"{stage.p50:.2f}",
                f"{stage.p95:.2f}",
                f"{stage.seconds:.1f}",
                _count(stage.partitions),
                _number(stage.imbalance),
            )
            name = row.name if stage is row.stages[0] else ""
            lines.append(f"{name:<24}{stage.name:<11}" + "".join(f"{cell:>10}" for cell in cells))
    return "\n".join(lines)


def metrics(rows: Sequence[MetricRow], k: int) -> str:
    """Metric by metric: agreement with cosine, then each index on vectors with lengths of their own."""
    names = [outcome.name for outcome in rows[0].outcomes]
    heads = "".join(f"{name:>24}" for name in names)
    lines = [
        f"R@{k} of the exact neighbours by cosine; then R@{k} and p50 ms of indexes at own lengths",
        f"{'metric':<8}{'at unit length':>16}{'at own lengths':>16}{heads}",
    ]
    for row in rows:
        cells = "".join(
            f"{'skipped' if got.skipped else f'{got.recall:.3f}, {got.p50:.2f}':>24}" for got in row.outcomes
        )
        lines.append(f"{row.metric:<8}{row.agrees_unit:>16.3f}{row.agrees_raw:>16.3f}{cells}")
    return "\n".join(lines)


def clusters(rows: Sequence[Clusters]) -> str:
    """How compact and pure the clusters of each space are, with a few titles of each."""
    heads = ("clusters", "silhouette", "purity", "one cluster", "adj. Rand")
    lines = [f"{'space':<24}" + "".join(f"{head:>13}" for head in heads) + "  label"]
    for row in rows:
        cells = (
            str(row.count),
            _number(row.silhouette),
            _number(row.purity),
            _number(row.base),
            _number(row.rand),
        )
        lines.append(f"{row.space:<24}" + "".join(f"{cell:>13}" for cell in cells) + f"  {row.label}")
    return "\n".join(lines)


def views(found: SongViews) -> str:
    """Sentences against features."""
    k = found.k
    lines = [
        f"{found.songs:,} songs of {found.artists:,} artists, {found.clusters} clusters; sentences by {found.encoder}",
        f"{'view':<24}{f'same artist@{k}':>16}{'silhouette':>12}  what it sees",
        *(
            f"{view.name:<24}{view.same_artist:>16.3f}{_number(view.silhouette):>12}  {view.sort}"
            for view in found.views
        ),
        f"{'chance':<24}{found.chance_artist:>16.4f}",
        "",
        f"{'pair':<46}{'adj. Rand':>10}{f'overlap@{k}':>12}",
        *(f"{f'{pair.first} / {pair.second}':<46}{pair.rand:>10.3f}{pair.overlap:>12.3f}" for pair in found.agreements),
        f"{'chance':<46}{0:>10.3f}{found.chance_overlap:>12.4f}",
    ]
    for near in found.near[:2]:
        lines += ["", f"near to: {near.song}"]
        lines += [f"  {view}: {title}" for view, titles in near.by_view for title in titles]
    return "\n".join(lines)


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.2f}"


def _plain(value: object) -> object:
    """The same without NaN, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value
