"""Statements and their terms as N-Triples text, which is joined and not serialised again.

An object of the store for each term costs several times as much as its text. Code that needs objects parses
the statements.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import groupby
from typing import NewType

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from build_graph.vocabulary import XSD, term

Term = NewType("Term", str)  # an IRI in angle brackets, or a literal in quotes
Statement = tuple[Term, Term, Term]  # subject, predicate, object
_LONG = 1 << 20  # characters, four bytes each at the most


def iri(name: str) -> Term:
    """Return an IRI as a term; the text must be a valid IRI, as `vocabulary.encode_segment` makes it.

    >>> iri("https://example.org/商务部")
    '<https://example.org/商务部>'
    """
    return Term(f"<{name}>")


@cache
def expand(name: str) -> Term:
    """Return the term of a prefixed name; raises KeyError for a prefix that is not in `PREFIXES`.

    >>> expand("ob:Lead")
    '<https://w3id.org/obligation-graph/ontology#Lead>'
    """
    return Term(str(term(name)))


def literal(text: str) -> Term:
    r"""Return a text as a literal.

    >>> print(literal('国务院\n"办公厅"'))
    "国务院\n\"办公厅\""
    """
    return Term(str(Literal(text)))


def zh_literal(text: str | None) -> Term | None:
    """Return a text as a literal in Chinese, or None for an empty text.

    >>> zh_literal("商务部")
    '"商务部"@zh'
    """
    return Term(str(Literal(text, language="zh"))) if text else None


def integer(value: int) -> Term:
    """Return a whole number as a literal.

    >>> integer(7)
    '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    return Term(f'"{value}"^^<{XSD}integer>')


def decimal(digits: str) -> Term:
    """Return a number in decimal digits as a literal."""
    return Term(f'"{digits}"^^<{XSD}decimal>')


def boolean(value: bool) -> Term:
    """Return a truth value as a literal."""
    return Term(f'"{str(value).lower()}"^^<{XSD}boolean>')


def true_or_none(value: bool) -> Term | None:
    """Return the literal true for True, and None for False."""
    return boolean(True) if value else None


def date_literal(value: date | None) -> Term | None:
    """Return a date as a literal, or None for no date.

    >>> date_literal(date(2020, 12, 31))
    '"2020-12-31"^^<http://www.w3.org/2001/XMLSchema#date>'
    """
    return Term(f'"{value.isoformat()}"^^<{XSD}date>') if value else None


def read_statement(triple: Triple | Quad) -> Statement:
    """Return an object of the store as a statement, without its graph."""
    return Term(str(triple.subject)), Term(str(triple.predicate)), Term(str(triple.object))


def serialise_statements(statements: Iterable[Statement], graph: Term | None = None) -> str:
    """Return statements in their order, as N-Quads of one graph, or as N-Triples without a graph."""
    end = f" {graph} .\n" if graph else " .\n"
    return "".join([f"{subject} {predicate} {value}{end}" for subject, predicate, value in statements])


def is_long(statement: Statement) -> bool:
    """Return whether a statement's object is too long for a parser, whose buffer holds 16 MB."""
    return len(statement[2]) > _LONG


def parse_statements(statements: Iterable[Statement], graph: Term | None = None) -> Iterator[Quad]:
    """Yield statements of one graph, or of none, as objects of the store, in their order."""
    for long, run in groupby(statements, key=is_long):
        if long:
            yield from (_build_quad(one, graph) for one in run)
        else:
            yield from parse(serialise_statements(run, graph), format=RdfFormat.N_QUADS)


def _build_quad(statement: Statement, graph: Term | None) -> Quad:
    """Return a statement with a literal object as a quad; the literal's escapes are those of JSON."""
    subject, predicate, value = statement
    quoted, _, language = value.rpartition('"')
    literal = Literal(json.loads(f'{quoted}"', strict=False), language=language[1:] or None)
    place = NamedNode(graph[1:-1]) if graph else None
    return Quad(NamedNode(subject[1:-1]), NamedNode(predicate[1:-1]), literal, place)
