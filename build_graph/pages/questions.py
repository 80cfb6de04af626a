"""The catalogue in the workbench: a list of the questions, and each as a form with its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from build_graph.pages.page import html
from build_graph.pages.rows import ROWS, Table
from build_graph.querying.catalogue import Question
from build_graph.querying.headers import TEXTS, Kind, Parameter

_STYLES = ("base.css", "workbench.css")
_SCRIPTS = ("base.js",)
_COMPLETED = frozenset({Kind.AGENCY, Kind.DOMAIN, Kind.DOCUMENT})  # parameters whose names can be listed
_CHARTED = 40  # bars


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter as a field of a form."""

    name: str
    kind: str
    value: str
    example: str
    needed: bool
    listed: str  # the id of the list that completes it; empty for none
    choices: Sequence[str] = ()


def catalogue_page(questions: Iterable[Question]) -> bytes:
    """The questions, each with its two titles; the page's address is /queries."""
    known = list(questions)
    words = {f"{q.name}-{key}": _both(q, key) for q in known for key in ("title", "description")}
    return html(
        "catalogue.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        words=["workbench"],
        more_words=words,
        data={},
        title="obligation-graph",
        here="queries",
        questions=[question.name for question in known],
    )


def question_page(  # noqa: PLR0913  # each is named where it is called
    question: Question,
    given: Mapping[str, str],
    names: Mapping[Kind, Sequence[str]],
    *,
    answer: Table | None = None,
    fault: str = "",
    query: str = "",
) -> bytes:
    """A question as a form with what was given, and its answer, or what is wrong; its address is /query/NAME.

    `names` are those that complete a field, by kind. `query` is the SPARQL that was asked.
    """
    fields = [_field(parameter, given) for parameter in question.header.parameters]
    return html(
        "question.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        words=["workbench"],
        more_words={key: _both(question, key) for key in ("title", "description")},
        served=True,
        data={},
        title=question.header.text("title@en") or question.name,
        here="queries",
        name=question.name,
        fields=fields,
        lists={
            kind.value: names.get(kind, ())
            for kind in {p.kind for p in question.header.parameters} & _COMPLETED
        },
        answer=answer,
        rows=ROWS,
        bars=answer.bars[:_CHARTED] if answer else (),
        most=max((figure for _, figure in answer.bars), default=0) if answer else 0,
        fault=fault,
        query=query or question.query,
        csv="?" + urlencode({**given, "format": "csv"}),
    )


def _both(question: Question, key: str) -> dict[str, str]:
    assert f"{key}@en" in TEXTS, key
    return {tongue: question.header.text(f"{key}@{tongue}") or question.name for tongue in ("en", "zh")}


def _field(parameter: Parameter, given: Mapping[str, str]) -> Field:
    default = "" if parameter.optional or parameter.default is None else parameter.default
    return Field(
        parameter.name,
        "number" if parameter.kind is Kind.INTEGER else "text",
        given.get(parameter.name, default),
        parameter.example,
        parameter.default is None,
        f"known-{parameter.kind}" if parameter.kind in _COMPLETED else "",
        ("divided", "joint", "unstated") if parameter.kind is Kind.ALLOCATION else (),
    )
