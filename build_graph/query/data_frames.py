"""Answers as DataFrames of pandas, which is imported only where one is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, QuerySolutions

from build_graph.errors import load_extra
from build_graph.query.results import Term, convert_errors, format_term
from build_graph.vocabulary import XSD

if TYPE_CHECKING:
    import pandas as pd

# The type of a column by the datatype of its values, and what makes a value of a literal's words.
_DTYPES: dict[str, tuple[str, Callable[[str], Any]]] = {
    **{f"{XSD}{name}": ("Float64", float) for name in ("decimal", "double", "float")},
    f"{XSD}integer": ("Int64", int),
    f"{XSD}boolean": ("boolean", lambda words: {"true": True, "1": True, "false": False, "0": False}[words]),
    f"{XSD}date": ("datetime64[s]", date.fromisoformat),
    f"{XSD}dateTime": ("datetime64[us]", datetime.fromisoformat),
}
# The types of columns of the catalogue, for those that hold no value: an empty table has the same types.
_NAMED = {
    "Int64": "alone attributed bearers column documents encouragements end led line main measures norms "
    "obligations permissions prohibitions rank shared start things times",
    "boolean": "inferred open verified",
    "datetime64[s]": "date due ended",
}
_DTYPE_BY_NAME = {name: dtype for dtype, names in _NAMED.items() for name in names.split()}
_NUMBERS = {"Int64", "Float64"}
_LARGEST = 2**63  # what an integer column of pandas stays below


def build_frame(answer: QuerySolutions) -> pd.DataFrame:
    """Return rows as a table whose columns have types; IRIs are short, as in the tables of the command line.

    Integers are Int64, decimals Float64, yes and no boolean, days and times datetime64, all else string; a
    value that is missing is NA. A column of values of several types is string, but for numbers of two kinds,
    which are Float64; one without any value has the type that its name has in the catalogue. Raise
    MissingExtraError without pandas, AnswerError where the rows cannot be had.
    """
    load_extra("pandas", "analysis", "a DataFrame")
    import pandas as pd

    with convert_errors():
        names = [variable.value for variable in answer.variables]
        rows = [tuple(row) for row in answer]
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    typed = [_build_column(name, values) for name, values in zip(names, columns, strict=True)]
    return pd.concat(typed, axis=1, keys=names) if names else pd.DataFrame(index=range(len(rows)))


def _build_column(name: str, values: Sequence[Term]) -> pd.Series[Any]:
    """Return the values as a column of the type that all of them have; of text where they have none."""
    import pandas as pd

    dtype = _find_dtype(name, values)
    if dtype:
        try:
            return pd.Series([_parse_value(value) for value in values], dtype=dtype)
        except (ValueError, KeyError, OverflowError, TypeError):
            pass  # an endpoint may give words that are no number, or a day with a zone: they stay words
    return pd.Series([None if value is None else format_term(value) for value in values], dtype="string")


def _find_dtype(name: str, values: Sequence[Term]) -> str | None:
    """Return the type that fits all values, without values the type of the name; None where that is text."""
    if all(value is None for value in values):
        return _DTYPE_BY_NAME.get(name)
    found = {_find_literal_dtype(value) for value in values if value is not None}
    if found == _NUMBERS:
        return "Float64"
    return found.pop() if len(found) == 1 else None


def _find_literal_dtype(value: Term) -> str | None:
    known = _DTYPES.get(value.datatype.value) if isinstance(value, Literal) else None
    return known[0] if known else None


def _parse_value(value: Term) -> Any:
    """Return the value of a literal; None where there is none."""
    if not isinstance(value, Literal):
        return None
    made = _DTYPES[value.datatype.value][1](value.value)
    if isinstance(made, int) and abs(made) >= _LARGEST:
        raise OverflowError(value.value)
    return made
