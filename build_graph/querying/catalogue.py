"""The catalogue: the questions in `queries/`, one a file, and those that a user writes in the same form.

Beside them stand the lookups in `queries/lookups`, which the program itself asks: each is run by `select`,
`construct` or `ask`, whichever its query is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from pyoxigraph import QueryBoolean, QuerySolutions, Triple

from build_graph.errors import ObligationError
from build_graph.querying import sparql
from build_graph.querying.engines import Engine, Triples
from build_graph.querying.headers import Header, Parameter, parse_header
from build_graph.querying.sparql import Value
from build_graph.resources import find_folder


class UnknownQueryError(ObligationError):
    """A query or a parameter that there is not."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query with its header."""

    name: str  # as messages name it: pairs, mine.rq, -
    header: Header
    query: str

    @classmethod
    def read(cls, text: str, name: str) -> Question:
        """The question in a text; raises ObligationError for an update, or a header that does not fit."""
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
        """The parameter of that name; raises UnknownQueryError with those that there are."""
        known = {parameter.name: parameter for parameter in self.header.parameters}
        if name not in known:
            listed = f"it has {', '.join(known)}" if known else "it has none"
            raise UnknownQueryError(
                f"{self.name}: has no parameter {name}; {_suggest(name, known) or listed}"
            )
        return known[name]


@cache
def load_catalogue() -> tuple[Question, ...]:
    """Return the questions of the catalogue, by name: they are read once."""
    paths = sorted(find_folder("queries").glob("*.rq"))
    return tuple(Question.read(path.read_text(encoding="utf-8"), path.stem) for path in paths)


def find_question(name: str) -> Question:
    """A question of the catalogue by its name, or one in a file; raises ObligationError if there is none.

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
    """Return the rows of a lookup with the values in it; raise ObligationError if there is no answer."""
    return fetch_rows(engine, load_lookup(name, **values), name)


def fetch_rows(engine: Engine, query: str, name: str) -> QuerySolutions:
    """Return the rows of a SELECT query; raise ObligationError if there is no answer."""
    found = engine.answer(query, name)
    assert isinstance(found, QuerySolutions), f"{name} is no SELECT query"
    return found


def construct(engine: Engine, name: str, /, **values: Value) -> tuple[Triple, ...]:
    """Return the triples of a lookup, in order; raise ObligationError if there is no answer."""
    found = engine.answer(load_lookup(name, **values), name)
    assert isinstance(found, Triples), f"lookups/{name}.rq is no CONSTRUCT query"
    return found.triples


def ask(engine: Engine, name: str, /, **values: Value) -> bool:
    """Return the yes or no of a lookup; raise ObligationError if there is no answer."""
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
