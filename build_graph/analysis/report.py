"""The report of an analysis: a summary for the terminal, and two pages of Markdown to send on.

The pages give each figure with the query that gives it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import isnan
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.cells import cell_len, set_cell_size

from build_graph.analysis.charts import LEVEL
from build_graph.analysis.choices import Choices, Language, Unit
from build_graph.analysis.incidence import Incidence
from build_graph.query.text_tables import format_table
from build_graph.resources import find_folder
from build_graph.vocabulary import BASE

_LISTED_PAIRS = 10


def format_summary(findings: Findings, width: int | None = None) -> str:
    """Return the choices, a table of the first pairs, and the number of pairs, as lines of text."""
    return "\n".join(_format_lines(findings, width)) + "\n"


def _format_lines(findings: Findings, width: int | None) -> Iterator[str]:
    choices = list(findings.choices.describe())
    widest = max(cell_len(name) for name, _ in choices)
    for name, chosen in choices:
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
    """Return a count as a whole number, a figure with two or three digits, "" for NaN."""
    if isnan(value):
        return ""
    return f"{value:,}" if name == "together" else f"{value:.3f}" if name == "p" else f"{value:.2f}"


_PAIRS, _AGENCIES, _SURE, _GROUPS, _MEMBERS = 15, 15, 10, 8, 30  # rows shown
_IN_CELLS = re.compile(r"[\\`*_\[\]<>|]")
_NOT_ASKED = {
    Language.EN: "No query of the catalogue takes these choices: count the rows of bearings.csv.",
    Language.ZH: "查询目录不含上述口径，请据 bearings.csv 的行计数。",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """The results of an analysis, with tables as in `result_tables` and communities as tuples of labels."""

    choices: Choices
    incidence: Incidence
    pairs: pd.DataFrame
    agencies: pd.DataFrame
    communities: tuple[tuple[str, ...], ...]
    modularity: float
    names: dict[str, str]  # of bodies that were merged or took another's place, by IRI
    graph: str  # the graph that was asked, as --graph takes it; empty for the default


def render_markdown(findings: Findings, language: Language) -> str:
    """Return the report in Markdown."""
    environment = Environment(
        loader=FileSystemLoader(find_folder("templates")),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"thousands": "{:,}".format, "figure": _format_figure, "cell": _format_cell}
    return environment.get_template(f"analysis.{language}.md.j2").render(_collect_values(findings, language))


def _collect_values(findings: Findings, language: Language) -> dict[str, Any]:
    """Return the values that the templates use."""
    choices, pairs = findings.choices, findings.pairs
    sure = pairs[:0]
    if "p" in pairs:
        sure = pairs[pairs["p"] < LEVEL].sort_values("z", ascending=False, kind="stable")
    successors, name = findings.incidence.successors, partial(_find_name, findings)
    several = [group for group in findings.communities if len(group) > 1]
    shown = _build_records(pairs.head(_PAIRS))
    return {
        "choices": choices,
        "unit": str(choices.unit),
        "said": list(choices.describe(language)),
        "found": _count_findings(findings, len(sure)),
        "top": shown[0] if shown else None,
        "pairs": shown,
        "sure": _build_records(sure.head(_SURE)),
        "level": LEVEL,
        "agencies": _build_records(findings.agencies.head(_AGENCIES)),
        "groups": [_shorten_group(group) for group in several[:_GROUPS]],
        "hidden": len(several) > _GROUPS or any(len(group) > _MEMBERS for group in several),
        "merged": [(name(old), name(new)) for old, new in sorted(successors.of.items())],
        "split": [(name(old), list(map(name, new))) for old, new in sorted(successors.split.items())],
        "commands": _list_commands(findings, shown, language),
    }


def _count_findings(findings: Findings, sure: int) -> dict[str, float]:
    return {
        "units": findings.incidence.units,
        "bodies": len(findings.incidence.bodies),
        "pairs": len(findings.pairs),
        "sure": sure,
        "bearings": len(findings.incidence.rows),
        "inferred": findings.incidence.inferred,
        "modularity": findings.modularity,
    }


def _build_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries, with labels escaped for cells of Markdown."""
    rows = table.to_dict("records")
    return [
        {str(k): _format_cell(v) if isinstance(v, str) and "label" in str(k) else v for k, v in row.items()}
        for row in rows
    ]


def _shorten_group(group: tuple[str, ...]) -> list[str]:
    return [*group[:_MEMBERS], "…"] if len(group) > _MEMBERS else list(group)


def _find_name(findings: Findings, body: str) -> str:
    return findings.names.get(body) or body.removeprefix(BASE)


def _list_commands(findings: Findings, shown: list[dict[str, Any]], language: Language) -> dict[str, str]:
    """Return the commands that give the figures of each section; a sentence if no query gives them."""
    choices = findings.choices
    if choices.groups or choices.as_of or choices.unit is Unit.NORMS:
        return dict.fromkeys(("pairs", "agencies"), _NOT_ASKED[language])
    pairs = [_format_command("leads" if choices.directed else "pairs", findings)]
    if shown and not choices.directed:
        one, other = (shown[0][side].removeprefix(BASE) for side in ("agency", "partner"))
        pairs.append(_format_command("shared-measures", findings, agency=one, partner=other))
    return {
        "pairs": _format_block(pairs),
        "agencies": _format_block([_format_command("agencies-by-measures", findings)]),
    }


def _format_command(query: str, findings: Findings, **given: str) -> str:
    """Return the command that asks a question of the catalogue under the choices."""
    choices = findings.choices
    if choices.document:
        given["document"] = choices.document.value.removeprefix(BASE)
    if choices.domain:
        given["domain"] = choices.domain.value.removeprefix(BASE)
    if not choices.divided:
        given["without"] = "divided"
    words = ["obligations", "query", query]
    for name, value in given.items():
        words += ["--set", f"{name}={value}"]
    words += ["--graph", findings.graph] if findings.graph else []
    return " ".join(_quote(word) for word in words)


def _quote(word: str) -> str:
    """Return a word quoted for a shell; Chinese letters need no quotes.

    >>> _quote("agency=浙江省/商务厅"), _quote("a b")
    ('agency=浙江省/商务厅', "'a b'")
    """
    return word if re.fullmatch(r"[\w@%+=:,./\-]+", word) else shlex.quote(word)


def _format_block(commands: list[str]) -> str:
    return "\n".join(["```sh", *commands, "```"])


def _format_figure(value: float, digits: int) -> str:
    """Return a number with so many digits; a dash for NaN.

    >>> _format_figure(1.005, 1), _format_figure(float("nan"), 1)
    ('1.0', '–')
    """
    return "–" if isnan(value) else f"{value:.{digits}f}"


def _format_cell(text: str) -> str:
    r"""Return text escaped for a cell of Markdown, on one line.

    >>> print(_format_cell("a|b\n<c>"))
    a\|b \<c\>
    """
    return _IN_CELLS.sub(r"\\\g<0>", " ".join(text.split()))
