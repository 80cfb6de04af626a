"""Validation of the graph in a file, a store or an endpoint.

pySHACL and rdflib take half a second to import: import this module where it is used, not at start-up.
"""

from __future__ import annotations

from logging import NullHandler, getLogger
from pathlib import Path

from build_graph.errors import ObligationError
from build_graph.graph.check.shacl import ValidationReport, validate_graph
from build_graph.graph.store.seals import find_damaged_file
from build_graph.graph.store.store import REMOVE
from build_graph.query.catalogue import construct
from build_graph.query.engines import Engine, OxigraphEngine, convert_store_errors
from build_graph.query.http.receiving import MOST, TIMEOUT
from build_graph.query.open import open_graph, open_path
from build_graph.query.results import convert_to_rdflib

getLogger("rdflib").addHandler(NullHandler())  # else it logs each ill-typed literal with a traceback


def validate(where: str, timeout: float = TIMEOUT, most: int = MOST) -> ValidationReport:
    """Return the report on the graph of a file, a store or an endpoint, which is loaded into memory.

    Raises ObligationError if it cannot be read, is empty, or has a damaged file of a store.
    """
    return validate_engine(open_graph(where, timeout, most=most), where)


def validate_engine(engine: Engine, where: str) -> ValidationReport:
    """Return the report on the graph that an engine answers for; raise ObligationError as `validate` does."""
    if isinstance(engine, OxigraphEngine) and engine.folder:
        _check_files(engine.folder)
    found = construct(engine, "everything")
    if not found:
        raise ObligationError(f"{where}: holds no statements; make the graph with: obligations build")
    return validate_graph(convert_to_rdflib(found), where)


def _check_files(folder: Path) -> None:
    """Raise ObligationError if a file of a store has changed since its build, or is unreadable."""
    try:
        found = find_damaged_file(folder)
    except OSError as error:
        raise ObligationError(
            f"{folder}: cannot be read ({error.strerror}); check its permissions"
        ) from error
    if found:
        raise ObligationError(f"{folder}: this store is damaged ({found.name} has changed); {REMOVE}")
    store = open_path(folder).store
    with convert_store_errors(folder):  # RocksDB notices a changed block when it reads it
        predicates = {quad.predicate for quad in store}
        for predicate in predicates:
            for _ in store.quads_for_pattern(None, predicate, None, None):
                pass
