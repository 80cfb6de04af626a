"""The query catalogue: questions in `queries/` or in a user's file, one a file, with a header of comments.

    # title@en: Partners of one agency
    # title@zh: 某一机构的共同责任机构
    # description@en: The agencies that bear measures together with an agency,
    #   the most frequent first.
    # description@zh: 与某机构共同承担措施的机构，多者在前。
    # parameter: agency, agency, no default, example 商务部

A parameter has a name, a kind, a default, and an example. Continuation lines are indented. The header ends at
the first line that is no comment. The catalogue can be shown as a list, and as `docs/queries.md`.

The lookups in `queries/lookups` are the program's own queries: `select`, `construct` and `ask` run them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from pathlib import Path

from pyoxigraph import QueryBoolean, QuerySolutions, Triple

from build_graph.errors import ObligationError
from build_graph.query import sparql
from build_graph.query.engines import Engine, Triples
from build_graph.query.sparql import Value
from build_graph.query.text_tables import format_table
from build_graph.resources import find_folder

ANY = "any"  # a default that matches any value
TODAY = "today"  # a default date: the day on which the query is run
TEXTS = ("title@en", "title@zh", "description@en", "description@zh")

_LINE = re.compile(r"# (?P<key>[a-z@]+): (?P<text>\S.*)")
_MORE = re.compile(r"#\s{2,}(?P<text>\S.*)")
_PARAMETER = re.compile(
    r"""
    (?P<name>    [a-zA-Z]\w* )  ,\s
    (?P<kind>    [a-z]+ )       ,\s
    (?: no\ default | default\ (?P<default> [^,]+ ) ) ,\s
    example\ (?P<example> [^,]+ )
    """,
    re.VERBOSE,
)
_HEAD = """\
# The query catalogue

Made from the headers of `queries/*.rq` by `obligations queries --format md`; change those, not this file.

Each query is a file of its own that runs as it is in any SPARQL 1.1 engine. With
`obligations query NAME --set PARAMETER=VALUE` the values take the place of those in its `VALUES` blocks, as
terms. An agency, domain, document or clause is named as people write it (商务部, MOFCOM, 国发〔2015〕24号,
四), by its IRI, or by the end of its IRI; a date is written as 2016-01-01.
"""


class HeaderError(ObligationError):
    """A header that breaks the form."""


class UnknownQueryError(ObligationError):
    """A query or a parameter that does not exist."""


class ParameterKind(StrEnum):
    """The kinds of values that a parameter takes."""

    AGENCY = "agency"  # a body or group, by any of its names
    DOMAIN = "domain"
    DOCUMENT = "document"
    CLAUSE = "clause"  # or a section
    STATEMENT = "statement"  # any subject of the graph
    ALLOCATION = "allocation"  # of a measure: divided, joint, unstated
    DATE = "date"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A place for a value in a query; without a default a value must be given."""

    name: str
    kind: ParameterKind
    default: str | None
    example: str

    @property
    def optional(self) -> bool:
        """True if any value will do by default."""
        return self.default == ANY


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a query, with texts by key (`title@en`); empty for a query without one."""

    texts: tuple[tuple[str, str], ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def find_text(self, key: str) -> str:
        """Return the text of a key, or an empty string."""
        return dict(self.texts).get(key, "")


def parse_header(query: str, name: str) -> Header:
    """Return the header of a query; it is empty if the query begins with other comments or none.

    Raises HeaderError, with the query's name and the line, for a line that breaks the form.

    >>> header = "# title@en: Counts\\n# parameter: n, integer, default 5, example 9"
    >>> parse_header(f"{header}\\nASK {{}}", "q").parameters
    (Parameter(name='n', kind=<ParameterKind.INTEGER: 'integer'>, default='5', example='9'),)
    """
    texts: dict[str, str] = {}
    parameters: list[Parameter] = []
    for number, key, text in _iterate_fields(query):
        where = f"{name}:{number}"
        if key == "parameter":
            parameters.append(_parse_parameter(text, where))
        elif key in texts:
            raise HeaderError(f"{where}: {key} stands here twice; keep one")
        else:
            texts[key] = text
    return Header(tuple(texts.items()), tuple(parameters))


def _iterate_fields(query: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, key and text of each field, continuation lines joined."""
    field: tuple[int, str, str] | None = None
    for number, line in enumerate(query.splitlines(), start=1):
        if not line.startswith("#"):
            break
        begun, more = _LINE.fullmatch(line), _MORE.fullmatch(line)
        if begun and begun["key"] in (*TEXTS, "parameter"):
            if field:
                yield field
            field = number, begun["key"], begun["text"].strip()
        elif more and field:
            glue = "" if field[1].endswith("@zh") else " "
            field = *field[:2], f"{field[2]}{glue}{more['text'].strip()}"
    if field:
        yield field


def _parse_parameter(text: str, where: str) -> Parameter:
    found = _PARAMETER.fullmatch(text)
    if not found or found["kind"] not in list(ParameterKind):
        kinds = ", ".join(ParameterKind)
        raise HeaderError(
            f"{where}: {text!r} describes no parameter; write it as: "
            f"# parameter: agency, agency, no default, example 商务部 (kinds: {kinds})"
        )
    return Parameter(found["name"], ParameterKind(found["kind"]), found["default"], found["example"])


@dataclass(frozen=True, slots=True)
class Question:
    """A query with its header."""

    name: str  # as messages name it: pairs, mine.rq, -
    header: Header
    query: str

    @classmethod
    def read(cls, text: str, name: str) -> Question:
        """Return the question in a text; raises ObligationError for an update or an unfit header."""
        header = parse_header(text, name)
        sparql.detect_form(text, name)
        blocks = sparql.find_value_blocks(text)
        for parameter in header.parameters:
            if parameter.name not in blocks:
                raise UnknownQueryError(
                    f"{name}: the parameter {parameter.name} has no place in the query; "
                    f"write VALUES ?{parameter.name} {{ … }} where it is needed"
                )
        return cls(name, header, text)

    def find_parameter(self, name: str) -> Parameter:
        """Return the parameter of that name; raises UnknownQueryError with the names that exist."""
        known = {parameter.name: parameter for parameter in self.header.parameters}
        if name not in known:
            listed = f"it has {', '.join(known)}" if known else "it has none"
            raise UnknownQueryError(
                f"{self.name}: has no parameter {name}; {_suggest(name, known) or listed}"
            )
        return known[name]


@cache
def load_catalogue() -> tuple[Question, ...]:
    """Return the questions of the catalogue, sorted by name; they are read once."""
    paths = sorted(find_folder("queries").glob("*.rq"))
    return tuple(Question.read(path.read_text(encoding="utf-8"), path.stem) for path in paths)


def find_question(name: str) -> Question:
    """Return a question of the catalogue by name, or one in a file; raises ObligationError for none.

    >>> find_question("pairs").header.find_text("title@en")
    'Agencies that are co-responsible most often'
    """
    path = find_folder("queries") / f"{name}.rq"
    if path.parent == find_folder("queries") and path.is_file():
        return Question.read(path.read_text(encoding="utf-8"), name)
    if name.endswith((".rq", ".sparql")) or "/" in name:
        return Question.read(_read_file(Path(name)), name)
    known = [found.stem for found in find_folder("queries").glob("*.rq")]
    hint = _suggest(name, known) or "obligations queries lists those that there are"
    raise UnknownQueryError(f"{name}: there is no such query; {hint}")


def select(engine: Engine, name: str, /, **values: Value) -> QuerySolutions:
    """Return the rows of a lookup with the values in it; raises ObligationError without an answer."""
    return fetch_rows(engine, load_lookup(name, **values), name)


def fetch_rows(engine: Engine, query: str, name: str) -> QuerySolutions:
    """Return the rows of a SELECT query; raises ObligationError without an answer."""
    found = engine.answer(query, name)
    assert isinstance(found, QuerySolutions), f"{name} is no SELECT query"
    return found


def construct(engine: Engine, name: str, /, **values: Value) -> tuple[Triple, ...]:
    """Return the triples of a lookup, in order; raises ObligationError without an answer."""
    found = engine.answer(load_lookup(name, **values), name)
    assert isinstance(found, Triples), f"lookups/{name}.rq is no CONSTRUCT query"
    return found.triples


def ask(engine: Engine, name: str, /, **values: Value) -> bool:
    """Return the yes or no of a lookup; raises ObligationError without an answer."""
    found = engine.answer(load_lookup(name, **values), name)
    assert isinstance(found, QueryBoolean), f"lookups/{name}.rq is no ASK query"
    return bool(found)


def load_lookup(name: str, /, **values: Value) -> str:
    """Return the text of a lookup with the values in it.

    >>> load_lookup("known").splitlines()[1]
    'ASK {'
    """
    path = find_folder("queries") / "lookups" / f"{name}.rq"
    return sparql.insert_values(path.read_text(encoding="utf-8"), values)


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnknownQueryError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise UnknownQueryError(
            f"{path}: cannot be read ({error.strerror}); name a file that can, or a query of the catalogue"
        ) from error


def _suggest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"did you mean {', '.join(near)}?" if near else ""


def render_markdown(questions: Iterable[Question]) -> str:
    """Return the documentation: an index, then each question with its parameters and a command."""
    known = list(questions)
    index = (f"| [`{q.name}`](#{q.name}) | {_read_title(q, 'en')} | {_read_title(q, 'zh')} |" for q in known)
    lines = [_HEAD, "| query | question | 问题 |", "|---|---|---|", *index]
    for question in known:
        lines += ["", *_iterate_entry(question)]
    return "\n".join(lines) + "\n"


def format_list(questions: Iterable[Question], width: int | None = None) -> str:
    """Return a list of names, titles in both languages, and parameters, optional ones in brackets."""
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
