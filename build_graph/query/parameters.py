"""The values that a user gives for a query's parameters, as terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from pyoxigraph import Literal, NamedNode

from build_graph.errors import ObligationError
from build_graph.query.catalogue import ANY, TODAY, Parameter, ParameterKind, Question
from build_graph.query.names import EntityFinder
from build_graph.query.sparql import Value, insert_values
from build_graph.vocabulary import term

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_LITERALS = (ParameterKind.DATE, ParameterKind.INTEGER)
_ALLOCATIONS = ("divided", "joint", "unstated")


class WrongValueError(ObligationError):
    """A value that is missing, or not of the parameter's kind."""


def parse_assignments(given: Iterable[str]) -> dict[str, str]:
    """Return values by parameter from `agency=商务部`; raises WrongValueError for other forms.

    >>> parse_assignments(["agency=商务部", "date=2024-01-01"])
    {'agency': '商务部', 'date': '2024-01-01'}
    """
    values: dict[str, str] = {}
    for words in given:
        name, sign, value = (part.strip() for part in words.partition("="))
        if not (name and sign and value):
            raise WrongValueError(f"{words}: gives no value; write it as: --set agency=商务部")
        if name in values:
            raise WrongValueError(f"{words}: {name} is given twice; give it once")
        values[name] = value
    return values


@dataclass(frozen=True, slots=True)
class Binder:
    """The means to insert values into questions: names are looked up, and `today` is the given day."""

    names: EntityFinder
    today: date
    usage: str = "--set {}={}"  # how a value is given, for messages

    def bind(self, question: Question, given: Mapping[str, str | NamedNode]) -> str:
        """Return the query with the given values, and the other parameters' defaults, as terms.

        A node is taken unchanged. Raises ObligationError for a parameter that is unknown, missing, or of the
        wrong kind.
        """
        parameters = {name: question.find_parameter(name) for name in given}
        values: dict[str, Value] = {}
        for parameter in question.header.parameters:
            words = given[parameter.name] if parameter.name in parameters else parameter.default
            if words is None:
                raise WrongValueError(
                    f"{question.name}: needs {parameter.name}; "
                    f"give it, for example: {self.usage.format(parameter.name, parameter.example)}"
                )
            values[parameter.name] = (
                words if isinstance(words, NamedNode) else self._parse_value(parameter, words.strip())
            )
        return insert_values(question.query, values)

    def _parse_value(self, parameter: Parameter, words: str) -> Value:
        if words == ANY and parameter.optional:
            return None
        if parameter.kind in _LITERALS:
            return _parse_literal(parameter, self.today.isoformat() if words == TODAY else words)
        if parameter.kind is ParameterKind.ALLOCATION:
            return _parse_allocation(parameter, words)
        return self.names.find(parameter.kind, words)


def _parse_literal(parameter: Parameter, words: str) -> Literal:
    """Return a date or a whole number; raises WrongValueError for other words."""
    if parameter.kind is ParameterKind.INTEGER and _INTEGER.fullmatch(words):
        return Literal(int(words))
    if parameter.kind is ParameterKind.DATE and _is_date(words):
        return Literal(words, datatype=term("xsd:date"))
    what = "date" if parameter.kind is ParameterKind.DATE else "whole number"
    raise WrongValueError(f"{parameter.name}: {words!r} is no {what}; write it as {parameter.example}")


def _parse_allocation(parameter: Parameter, words: str) -> NamedNode:
    """Return the concept of an allocation; raises WrongValueError for other words."""
    if words.lower() not in _ALLOCATIONS:
        raise WrongValueError(
            f"{parameter.name}: {words!r} is no way to share out; write {_list_allocations()}"
        )
    return term(f"ob:{words.capitalize()}")


def _list_allocations() -> str:
    return f"{', '.join(_ALLOCATIONS[:-1])} or {_ALLOCATIONS[-1]}"


def parse_day(name: str, words: str, today: date) -> date:
    """Return the day that words name, or `today`; raises WrongValueError if they name none.

    >>> parse_day("--as-of", "2024-01-01", date.today())
    datetime.date(2024, 1, 1)
    """
    if words == TODAY:
        return today
    if not _is_date(words):
        raise WrongValueError(f"{name}: {words!r} is no date; write it as 2024-01-01, or today")
    return date.fromisoformat(words)


Member = TypeVar("Member", bound=StrEnum)


def parse_member(name: str, words: str, kind: type[Member]) -> Member:
    """Return the member of an enumeration that a word names; raise WrongValueError where it names none.

    >>> parse_member("kind", "agency", ParameterKind)
    <ParameterKind.AGENCY: 'agency'>
    """
    try:
        return kind(words)
    except ValueError:
        raise WrongValueError(f"{name}: {words!r} is not known; write one of {', '.join(kind)}") from None


def _is_date(words: str) -> bool:
    try:
        return date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False
