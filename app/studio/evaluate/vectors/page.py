"""The findings as one HTML page that needs nothing else: tables, a plot of recall against latency, maps of clusters.

Called by `vectors_lab.py`. Every text from outside is escaped; the pictures are SVG.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from app.studio.evaluate.vectors.findings import Clusters, Insertion, MetricRow, Outcome, Report, SongViews

PALETTE = (
    *("#4E79A7", "#F28E2B", "#59A14F", "#E15759", "#B07AA1", "#76B7B2"),
    *("#EDC948", "#9C755F", "#FF9DA7", "#8CD17D", "#499894", "#79706E"),
)

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2530; --soft: #667; --line: #d5d9df; --paper: #fff; --accent: #3B6EA8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --soft: #99a3b0; --line: #3a424d; --paper: #171b21; --accent: #7FB0E6; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1000px; margin: 32px auto; padding: 0 16px; }
h1 { font-size: 24px; margin-bottom: 4px; } h2 { font-size: 18px; margin-top: 36px; }
p.soft, figcaption, td.soft { color: var(--soft); }
div.wide { overflow-x: auto; } figure { margin: 16px 0; } svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, .text { text-align: left; } td.text { white-space: normal; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .axis { stroke: var(--line); }
td.text + td.text { min-width: 60px; } svg circle.dot { opacity: .75; } svg .mark { fill: var(--accent); }
i { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 6px; }
"""


def page(report: Report) -> str:
    """The whole report."""
    setting = report.setting
    title = f"Vectors: {setting.name}"
    versions = ", ".join(f"{name} {version}" for name, version in setting.versions)
    asked = f"{setting.queries} queries that are not among them, one at a time; " if setting.queries else ""
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{setting.rows:,} vectors of {setting.dimension} numbers: {escape(setting.sort)}. '
        f"{asked}k = {setting.k}, seed {setting.seed}. "
        f"{setting.cores} cores, OMP_NUM_THREADS {escape(setting.threads)}; {escape(versions)}. "
        f"{report.seconds:.0f} s in all. Times are comparable within this page only.</p>",
    ]
    if report.outcomes:
        body += _outcomes(report.outcomes, setting.k)
    if report.insertions:
        body += _insertions(report.insertions, setting.k)
    if report.metrics:
        body += _metrics(report.metrics, setting.k)
    if report.songs:
        body += _songs(report.songs)
    if report.clusters:
        body += ["<h2>Clusters</h2>", _cluster_table(report.clusters)]
        for found in report.clusters:
            body.append(_map(found))
    if report.notes:
        body += ["<h2>Notes</h2><ul>", *(f"<li>{escape(note)}</li>" for note in report.notes), "</ul>"]
    text = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"/><style>{_STYLE}</style></head>\n'
        f"<body>\n{text}\n</body>\n</html>\n"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of numbers stand to the right, columns of words to the left."""
    words = [not all(row[column][:1] in "-0123456789" for row in rows) for column in range(len(heads))]

    def line(cells: Sequence[str], mark: str) -> str:
        marks = (f'<{mark} class="text">' if is_words else f"<{mark}>" for is_words in words)
        return "".join(f"{start}{_clean(cell)}</{mark}>" for start, cell in zip(marks, cells, strict=True))

    lines = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{line(heads, "th")}</tr>{lines}</table></div>'


def _outcomes(rows: Sequence[Outcome], k: int) -> list[str]:
    heads = (
        "index",
        f"R@{k}",
        "p50 ms",
        "p95 ms",
        "/ exact",
        "build s",
        "CPU s",
        "B/vector",
        "partitions",
        "imbalance",
    )
    measured = [row for row in rows if not row.skipped]
    cells = [
        (
            row.name,
            f"{row.recall:.3f}",
            f"{row.p50:.2f}",
            f"{row.p95:.2f}",
            f"{row.ratio:.1f}x",
            f"{row.build:.1f}",
            f"{row.build_cpu:.1f}",
            f"{row.bytes_per_vector:.0f}",
            "-" if row.partitions is None else str(row.partitions),
            _number(row.imbalance),
        )
        for row in measured
    ]
    skipped = "".join(f"<li>{escape(row.name)}: skipped, {escape(row.skipped)}</li>" for row in rows if row.skipped)
    return [
        "<h2>Indexes side by side</h2>",
        _table(heads, cells),
        f"<ul>{skipped}</ul>" if skipped else "",
        _scatter(measured, k),
    ]


def _scatter(rows: Sequence[Outcome], k: int) -> str:
    """Recall against latency, the latter by powers of ten."""
    if not rows:
        return ""
    width, height, left, bottom = 820, 320, 50, 40
    logs = [math.log10(max(row.p50, 1e-3)) for row in rows]
    low, high = math.floor(min(logs)), math.ceil(max(logs) + 1e-9)
    floor = min(0.9, *(row.recall for row in rows)) - 0.02

    def x(log: float) -> float:
        return left + (log - low) / max(1, high - low) * (width - left - 160)

    def y(value: float) -> float:
        return 14 + (1 - value) / (1 - floor) * (height - bottom - 14)

    marks = []
    for power in range(low, high + 1):
        marks.append(f'<line class="axis" x1="{x(power):.0f}" x2="{x(power):.0f}" y1="14" y2="{height - bottom}"/>')
        marks.append(f'<text x="{x(power):.0f}" y="{height - 20}" text-anchor="middle">{10.0**power:g} ms</text>')
    for step in range(6):
        value = 1 - step * (1 - floor) / 5
        marks.append(f'<text x="{left - 8}" y="{y(value) + 4:.0f}" text-anchor="end">{value:.2f}</text>')
    taken: list[tuple[float, float]] = []
    for row, log in sorted(zip(rows, logs, strict=True), key=lambda pair: (-pair[0].recall, pair[1])):
        at_x, at_y = x(log), y(row.recall)
        said_y = at_y + 4
        while any(abs(said_y - other_y) < 13 and abs(at_x - other_x) < 150 for other_x, other_y in taken):
            said_y += 13
        taken.append((at_x, said_y))
        marks.append(f'<circle class="mark" cx="{at_x:.1f}" cy="{at_y:.1f}" r="4"/>')
        marks.append(f'<text x="{at_x + 9:.0f}" y="{said_y:.0f}">{escape(row.name)}</text>')
    caption = f"R@{k} against the median latency of one query: better is up and to the left."
    return _figure(width, height + 40, marks, caption)


def _insertions(rows: Sequence[Insertion], k: int) -> list[str]:
    heads = ("index", "stage", f"old R@{k}", f"new R@{k}", "p50 ms", "p95 ms", "seconds", "partitions", "imbalance")
    cells = [
        (
            row.name if stage is row.stages[0] else "",
            stage.name,
            f"{stage.old_recall:.3f}",
            f"{stage.new_recall:.3f}",
            f"{stage.p50:.2f}",
            f"{stage.p95:.2f}",
            f"{stage.seconds:.1f}",
            "-" if stage.partitions is None else str(stage.partitions),
            _number(stage.imbalance),
        )
        for row in rows
        for stage in row.stages
    ]
    skipped = "".join(f"<li>{escape(row.name)}: skipped, {escape(row.skipped)}</li>" for row in rows if row.skipped)
    return [
        "<h2>Inserting without retraining</h2>",
        '<p class="soft">Built on the old domain alone, everything else inserted, then folded in where the library '
        "offers that, then built anew on everything. Recall for queries of each domain; imbalance is 1 when all "
        "partitions are of one size.</p>",
        _table(heads, cells),
        f"<ul>{skipped}</ul>" if skipped else "",
    ]


def _metrics(rows: Sequence[MetricRow], k: int) -> list[str]:
    heads = ["metric", "as cosine, unit length", "as cosine, own lengths"]
    heads += [f"{outcome.name}: R@{k}, p50 ms" for outcome in rows[0].outcomes]
    cells = [
        (
            row.metric,
            f"{row.agrees_unit:.3f}",
            f"{row.agrees_raw:.3f}",
            *("skipped" if got.skipped else f"{got.recall:.3f}, {got.p50:.2f}" for got in row.outcomes),
        )
        for row in rows
    ]
    return ["<h2>Cosine, dot product, L2</h2>", _table(heads, cells)]


def _songs(found: SongViews) -> list[str]:
    k = found.k
    views = [(view.name, f"{view.same_artist:.3f}", _number(view.silhouette), view.sort) for view in found.views]
    views.append(("chance", f"{found.chance_artist:.4f}", "", ""))
    pairs = [(f"{pair.first} / {pair.second}", f"{pair.rand:.3f}", f"{pair.overlap:.3f}") for pair in found.agreements]
    pairs.append(("chance", "0.000", f"{found.chance_overlap:.4f}"))
    near = []
    for told in found.near:
        near.append(f"<h3>Near to {escape(told.song)}</h3>")
        near.append(_table(("view", "nearest"), [(view, title) for view, titles in told.by_view for title in titles]))
    return [
        "<h2>Sentences against weighted features</h2>",
        f'<p class="soft">{found.songs:,} songs of {found.artists:,} artists; {found.clusters} clusters each; '
        f"sentences by {escape(found.encoder)}.</p>",
        _table(("view", f"same artist@{k}", "silhouette", "what it sees"), views),
        _table(("pair", "adjusted Rand", f"overlap@{k}"), pairs),
        *near,
    ]


def _cluster_table(rows: Sequence[Clusters]) -> str:
    heads = ("space", "clusters", "silhouette", "purity", "in one cluster", "adjusted Rand", "label")
    cells = [
        (
            row.space,
            str(row.count),
            _number(row.silhouette),
            _number(row.purity),
            _number(row.base),
            _number(row.rand),
            row.label,
        )
        for row in rows
    ]
    return _table(heads, cells)


def _map(found: Clusters) -> str:
    size = 640
    marks = [
        f'<circle class="dot" cx="{10 + dot.x * (size - 20):.1f}" cy="{10 + dot.y * (size - 20):.1f}" r="3.5" '
        f'fill="{PALETTE[dot.cluster % len(PALETTE)]}"><title>{_clean(dot.title)}</title></circle>'
        for dot in found.dots
    ]
    caption = f"{found.space}: {len(found.dots):,} items by {found.method}, coloured by k-means cluster."
    keys = [
        f'<tr><td><i style="background:{PALETTE[number % len(PALETTE)]}"></i>{number + 1}</td><td>{count:,}</td>'
        f'<td class="text soft">{_clean("; ".join(titles))}</td></tr>'
        for number, (count, titles) in enumerate(zip(found.sizes, found.examples, strict=False))
    ]
    legend = f"<table><tr><th>cluster</th><th>items</th><th>nearest its middle</th></tr>{''.join(keys)}</table>"
    return _figure(size, size, marks, caption) + legend


def _figure(width: int, height: int, marks: Iterable[str], caption: str) -> str:
    drawn = "\n".join(marks)
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
        f"<title>{escape(caption)}</title>{drawn}</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _clean(text: str) -> str:
    """Escaped, without control characters, which no XML may hold."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.2f}"
