"""A report as one HTML page that needs nothing else: plots, differences and every table, for showing to people.

Called by `bowerbird evaluate --html`. Everything from outside (names of data sets and methods) is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from app.studio.evaluate.methods import REFERENCE
from app.studio.evaluate.plots import Curve, Difference, curves, differences
from app.studio.evaluate.protocol import BASE, CEILING, ORACLE, RANDOM, SHUFFLED
from app.studio.evaluate.report import HEADLINES, LOWER_IS_BETTER, NEITHER, Report, title_of, wins
from models.metrics import Interval

EXPLAINED = {
    "few-shot": "The first n of a seeded shuffle of each listener's ratings are the labels. One fixed held-out set "
    "serves every n.",
    "chronological": "The first 70 % of each history are the past: its last n ratings are the labels, aged as of the "
    "split, and everything after it is asked.",
    "item-cold": "A quarter of the catalogue is hidden from everybody, the population included. Labels come from the "
    "rest; only hidden items are asked about and ranked.",
    "radio": "Five seed labels, then fifty tracks with feedback and a new fit after each. No repeats, the same artist "
    "at least five tracks apart and at most three times among the last fifty.",
}

STYLE = """
:root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--ink:#1b1d1f;--soft:#5c6166;--faint:#9aa0a6;--hair:#e3e4e6;
--ours:#3b6ea8;--band:#3b6ea822;--crowd:#8a6d3b;--good:#2f7d4f;--bad:#b3402f}
@media (prefers-color-scheme:dark){:root{--page:#16181a;--card:#1d2023;--ink:#e8eaed;--soft:#a6acb3;--faint:#6f767d;
--hair:#31353a;--ours:#7fb0e6;--band:#7fb0e62b;--crowd:#d3b27a;--good:#7cc79a;--bad:#f08a78}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1000px;margin:0 auto;padding:40px 24px 80px}h1{font-size:26px;line-height:1.25;margin:0 0 6px}
h2{font-size:19px;margin:48px 0 4px}h3{font-size:15px;margin:26px 0 6px}p{margin:6px 0;max-width:74ch}
.soft{color:var(--soft)}
figure{margin:14px 0;padding:16px;background:var(--card);border:1px solid var(--hair);border-radius:6px}
figcaption{color:var(--soft);font-size:13px;margin-top:6px}svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}svg .axis{fill:var(--soft)}svg .name{fill:var(--soft)}
svg .name.ours{fill:var(--ours);font-weight:600}svg .name.crowd{fill:var(--crowd)}svg .name.control{fill:var(--faint)}
.grid{stroke:var(--hair)}.zero{stroke:var(--ink)}.leader{stroke:var(--hair)}.band{fill:var(--band)}
.line{fill:none;stroke:var(--faint);stroke-width:1.5;stroke-linejoin:round}.line.ours{stroke:var(--ours);stroke-width:3}
.line.crowd{stroke:var(--crowd);stroke-dasharray:5 4}.line.control{stroke:var(--faint);stroke-dasharray:1 4}
.dot{fill:var(--faint)}.dot.ours{fill:var(--ours)}.dot.crowd{fill:var(--crowd)}
.range{stroke-width:2.5;stroke-linecap:round}.open .range{stroke:var(--faint)}.open .mean{fill:var(--faint)}
.ahead .range{stroke:var(--good)}.ahead .mean{fill:var(--good)}.behind .range{stroke:var(--bad)}
.behind .mean{fill:var(--bad)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:4px 12px 4px 0;text-align:right;border-bottom:1px solid var(--hair)}th{font-weight:600;color:var(--soft)}
th:first-child,td:first-child{text-align:left}tr.ours td{color:var(--ours);font-weight:600}
tr.control td{color:var(--faint)}
td small{color:var(--soft);font-weight:400}td.ahead small{color:var(--good)}td.behind small{color:var(--bad)}
.alarm{border:2px solid var(--bad);border-radius:6px;padding:12px 16px;margin:18px 0;background:var(--card)}
.alarm strong{color:var(--bad)}.sound{color:var(--good)}details{margin:10px 0}summary{cursor:pointer;color:var(--soft)}
"""


def page(reports: Sequence[Report]) -> str:
    """The whole page, well-formed as XML too."""
    names = ", ".join(dict.fromkeys(f"{report.dataset}, {report.protocol}" for report in reports))
    body = "".join(_section(report) for report in reports)
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>Bowerbird, measured: {escape(names)}</title><style>{STYLE}</style></head><body><main>"
        "<h1>How well does one person's taste predict?</h1>"
        '<p class="soft">Bowerbird fits a small network to one person\'s few labels. Here it stands beside everything '
        "else that runs on one person's machine, and beside methods that also know what other people said.</p>"
        f"{body}</main></body></html>\n"
    )


def _section(report: Report) -> str:
    people = f", {report.people:,} others as population" if report.people else ""
    parts = [
        f"<h2>{escape(report.dataset)}, {escape(report.protocol)}</h2>",
        f'<p class="soft">{report.items:,} items, {report.listeners} tested listeners{people}, seed {report.seed}. '
        f"{escape(EXPLAINED.get(report.protocol, ''))}</p>",
        *(f'<p class="soft">{escape(note)}</p>' for note in report.notes),
        _soundness(report),
    ]
    measured = [metric for metric in report.measured() if metric in HEADLINES]
    if report.traces:
        parts.append(_session_plot(report))
    for metric in measured:
        parts.append(f"<h3>{escape(title_of(metric, report.unit))}</h3>")
        if len(report.counts) > 1:
            parts.append(_curve_plot(report, metric))
        parts.append(_difference_plot(report, metric))
        parts.append(_words(report, metric))
        parts.append(_table(report, metric))
    rest = [metric for metric in report.measured() if metric not in measured]
    tables = "".join(f"<h3>{escape(title_of(metric, report.unit))}</h3>{_table(report, metric)}" for metric in rest)
    parts.append(f"<details><summary>The other {len(rest)} measures</summary>{tables}</details>")
    return "".join(parts)


def _soundness(report: Report) -> str:
    if not report.gates:
        return f'<p class="sound">Sound: {escape(report.held)}.</p>'
    wrong = "".join(f"<li>{escape(line)}</li>" for line in report.gates)
    return f'<div class="alarm"><strong>This report is not sound.</strong> Its gates failed:<ul>{wrong}</ul></div>'


def _role(report: Report, name: str) -> str:
    if name == REFERENCE:
        return "ours"
    if name in (BASE, RANDOM, CEILING, ORACLE) or name.startswith(SHUFFLED):
        return "control"
    return "rival" if name in report.personal else "crowd"


def _curve_plot(report: Report, metric: str) -> str:
    lines = []
    for name in (RANDOM, *report.methods):
        cells = [report.mean(name, count, metric) for count in report.counts]
        if all(cell is None for cell in cells):
            continue
        known = [cell if cell is not None else Interval(np.nan, np.nan, np.nan) for cell in cells]
        lines.append(
            Curve(
                name,
                _role(report, name),
                [cell.mean for cell in known],
                [cell.low for cell in known],
                [cell.high for cell in known],
            )
        )
    drawn = curves(title_of(metric, report.unit), "labels of the listener", report.counts, lines)
    return (
        f"<figure>{drawn}<figcaption>Mean over listeners; the band is the 95 % interval of {REFERENCE}. Dashed: knows "
        "other people's ratings. Dotted: chance.</figcaption></figure>"
    )


def _session_plot(report: Report) -> str:
    longest = max(len(line) for line in report.traces.values())
    tracks = np.arange(1, longest + 1)
    lines = [
        Curve(name, _role(report, name), [float(hit) for hit in line / tracks])
        for name, line in report.traces.items()
        if len(line) == longest and name not in (ORACLE,)
    ]
    drawn = curves("Share of liked tracks so far", "tracks played", [float(x) for x in tracks], lines, spaced=False)
    return f"<figure>{drawn}<figcaption>Share of liked tracks among those played so far.</figcaption></figure>"


def _difference_plot(report: Report, metric: str) -> str:
    count = report.counts[len(report.counts) // 2]
    rows = []
    for name in (RANDOM, *report.methods):
        gap = report.ahead(name, count, metric)
        if gap is not None:
            if metric in LOWER_IS_BETTER:
                gap = Interval(-gap.mean, -gap.high, -gap.low)
            rows.append(Difference(name, _role(report, name), gap))
    if not rows:
        return ""
    rows.sort(key=lambda row: -row.gap.mean)
    title = f"{title_of(metric, report.unit)}: {REFERENCE} ahead of each at n = {count}"
    return (
        f"<figure>{differences(title, rows)}<figcaption>How far {REFERENCE} is ahead at n = {count}, on the same "
        "listeners, with the 95 % bootstrap interval. Right of the line it is better.</figcaption></figure>"
    )


def _words(report: Report, metric: str) -> str:
    ahead, rest = wins(report, metric)
    if not ahead and not rest:
        return ""
    missing = f" It is not ahead of {escape(', '.join(rest))}." if rest else ""
    return (
        f"<p>Against what runs on one person's machine, {REFERENCE} is ahead beyond its interval in {len(ahead)} of "
        f"{len(ahead) + len(rest)} cells.{missing}</p>"
    )


def _table(report: Report, metric: str) -> str:
    heads = "".join(f"<th>n = {count}</th>" for count in report.counts)
    rows = []
    for name in report.rows():
        cells = "".join(_table_cell(report, name, count, metric) for count in report.counts)
        if "<small>" in cells:
            rows.append(f'<tr class="{_role(report, name)}"><td>{escape(name)}</td>{cells}</tr>')
    head = f"<thead><tr><th></th>{heads}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


def _table_cell(report: Report, name: str, count: int, metric: str) -> str:
    mean = report.mean(name, count, metric)
    if mean is None:
        return "<td></td>"
    shown = f"{mean.mean:.3f} <small>[{mean.low:.3f}, {mean.high:.3f}]"
    gap = report.ahead(name, count, metric)
    if gap is None or _role(report, name) == "control":
        return f"<td>{shown}</small></td>"
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    low, high = sorted((sign * gap.low, sign * gap.high))
    verdict = "" if metric in NEITHER else "ahead" if low > 0 else "behind" if high < 0 else ""
    return f'<td class="{verdict}">{shown} {gap.mean:+.3f}</small></td>'
