"""What an analysis shows at once in a terminal: the choices, and the first pairs."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

from rich.cells import cell_len, set_cell_size

from build_graph.analysis.report import Findings
from build_graph.querying.tables import format_table

_LISTED_PAIRS = 10


def format_summary(findings: Findings, width: int | None = None) -> str:
    """The choices, a table of the first pairs, and how many there are."""
    return "\n".join(_format_lines(findings, width)) + "\n"


def _format_lines(findings: Findings, width: int | None) -> Iterator[str]:
    said = list(findings.choices.describe())
    widest = max(cell_len(name) for name, _ in said)
    for name, chosen in said:
        yield f"{set_cell_size(name, widest)}  {chosen}"
    yield ""
    pairs, unit = findings.pairs, str(findings.choices.unit)
    names = ["leads", "supports"] if findings.choices.directed else ["agency", "partner"]
    columns = {"together": unit, "shared_out": "shared out", "association": "association"}
    columns |= {"expected": "by chance", "z": "z", "p": "p"} if "p" in pairs else {}
    rows = [
        [row["label"], row["partner_label"], *(_format_value(name, row[name]) for name in columns)]
        for row in pairs.head(_LISTED_PAIRS).to_dict("records")
    ]
    numbers = range(2, 2 + len(columns))
    yield format_table([*names, *columns.values()], rows, width, numbers).rstrip("\n")
    incidence = findings.incidence
    bodies = "bodies" if findings.choices.groups else "agencies"
    yield f"{len(pairs):,} pairs among {len(incidence.bodies):,} {bodies} in {incidence.units:,} {unit}"


def _format_value(name: str, value: float) -> str:
    """A count whole, a figure with the digits that matter, nothing where there is none."""
    if isnan(value):
        return ""
    return f"{value:,}" if name == "together" else f"{value:.3f}" if name == "p" else f"{value:.2f}"
