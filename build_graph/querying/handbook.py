"""The catalogue to be read: a list for the terminal, and `docs/queries.md`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from build_graph.querying.catalogue import Question
from build_graph.querying.headers import Parameter
from build_graph.querying.tables import format_table

_HEAD = """\
# The query catalogue

Made from the headers of `queries/*.rq` by `obligations queries --format md`; change those, not this file.

Each query is a file of its own that runs as it is in any SPARQL 1.1 engine. With
`obligations query NAME --set PARAMETER=VALUE` the values take the place of those in its `VALUES` blocks, as
terms. An agency, domain, document or clause is named as people write it (商务部, MOFCOM, 国发〔2015〕24号,
四), by its IRI, or by the end of its IRI; a date is written as 2016-01-01.
"""


def render_markdown(questions: Iterable[Question]) -> str:
    """The handbook: an index, then each question with its parameters and a command to try."""
    known = list(questions)
    index = (f"| [`{q.name}`](#{q.name}) | {_read_title(q, 'en')} | {_read_title(q, 'zh')} |" for q in known)
    lines = [_HEAD, "| query | question | 问题 |", "|---|---|---|", *index]
    for question in known:
        lines += ["", *_iterate_entry(question)]
    return "\n".join(lines) + "\n"


def format_list(questions: Iterable[Question], width: int | None = None) -> str:
    """The questions as a list: name, title in both languages, parameters; optional ones in brackets."""
    rows = [
        (
            q.name,
            _read_title(q, "en"),
            _read_title(q, "zh"),
            " ".join(map(_format_usage, q.header.parameters)),
        )
        for q in questions
    ]
    return format_table(("query", "question", "问题", "parameters"), rows, width)


def _read_title(question: Question, language: str) -> str:
    return question.header.find_text(f"title@{language}")


def _format_usage(parameter: Parameter) -> str:
    return parameter.name if parameter.default is None else f"[{parameter.name}]"


def _iterate_entry(question: Question) -> Iterator[str]:
    yield from (
        f"## {question.name}",
        "",
        f"**{_read_title(question, 'en')}** · {_read_title(question, 'zh')}",
        "",
    )
    yield from (
        question.header.find_text("description@en"),
        "",
        question.header.find_text("description@zh"),
        "",
    )
    if question.header.parameters:
        yield from ("| parameter | kind | default | example |", "|---|---|---|---|")
        for parameter in question.header.parameters:
            default = parameter.default or "none: it must be given"
            yield f"| `{parameter.name}` | {parameter.kind} | {default} | {parameter.example} |"
        yield ""
    given = [f"--set {p.name}={p.example}" for p in question.header.parameters if p.default is None]
    yield from ("```sh", " ".join(["obligations query", question.name, *given]), "```")
