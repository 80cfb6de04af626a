"""The header of a query: comment lines that say what it answers and which parameters it takes.

    # title@en: Partners of one agency
    # title@zh: 某一机构的共同责任机构
    # description@en: The agencies that bear measures together with an agency,
    #   the most frequent first.
    # description@zh: 与某机构共同承担措施的机构，多者在前。
    # parameter: agency, agency, no default, example 商务部

A parameter has a name, a kind, a default, and an example. Lines that go on are indented. The header ends at
the first line that is no comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from build_graph.errors import ObligationError

ANY = "any"  # the default that lets any value do
TODAY = "today"  # of a date: the day on which the query is run
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


class HeaderError(ObligationError):
    """A header that breaks the form."""


class ParameterKind(StrEnum):
    """What a parameter may be given."""

    AGENCY = "agency"  # a body or group, by any of its names
    DOMAIN = "domain"
    DOCUMENT = "document"
    CLAUSE = "clause"  # or a section
    STATEMENT = "statement"  # anything that the graph speaks of
    ALLOCATION = "allocation"  # how a measure is shared out: divided, joint, unstated
    DATE = "date"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What can be put into a query; without a default it must be given."""

    name: str
    kind: ParameterKind
    default: str | None
    example: str

    @property
    def optional(self) -> bool:
        """Whether any value will do where none is given."""
        return self.default == ANY


@dataclass(frozen=True, slots=True)
class Header:
    """What a query says of itself; the texts by key (`title@en`), empty for a query without a header."""

    texts: tuple[tuple[str, str], ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def find_text(self, key: str) -> str:
        """The text of a key, empty where the header has none."""
        return dict(self.texts).get(key, "")


def parse_header(query: str, name: str) -> Header:
    """The header of a query; a query that begins with other comments, or none, has an empty one.

    Raises HeaderError for a line that breaks the form, with the query's name and the line.

    >>> parse_header("# title@en: Counts\\n# parameter: n, integer, default 5, example 9\\nASK {}", "q").parameters
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
    """Line number, key and text of each field, continuation lines joined."""
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
