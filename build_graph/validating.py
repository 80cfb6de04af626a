"""From a graph to the report of its validation, wherever the graph lies.

pySHACL and rdflib take half a second to import: import this module where it is used, not at start-up.
"""

from __future__ import annotations

from logging import NullHandler, getLogger
from pathlib import Path

from pyoxigraph import RdfFormat, serialize
from rdflib import Graph

from build_graph.errors import ObligationError
from build_graph.graph import validation
from build_graph.graph.validation import Report
from build_graph.querying.engines import TIMEOUT, Triples, format_of, is_address, open_graph

getLogger("rdflib").addHandler(NullHandler())  # or it tells of ill-typed literals with a traceback each
_EVERYTHING = "CONSTRUCT { ?subject ?property ?value } WHERE { ?subject ?property ?value }"


def validate(where: str, timeout: float = TIMEOUT) -> Report:
    """The report on the graph of a file, a store or an endpoint, which is taken into memory as a whole.

    Raises ObligationError where it cannot be read, and where it is empty.
    """
    path = Path(where)
    if not is_address(where) and not path.is_dir() and format_of(path) is RdfFormat.TURTLE:
        return validation.validate(path)
    found = open_graph(where, timeout).answer(_EVERYTHING)
    assert isinstance(found, Triples)
    if not found.triples:
        raise ObligationError(f"{where}: holds no statements; make the graph with: obligations build")
    written = serialize(found.triples, format=RdfFormat.N_TRIPLES)
    assert written is not None  # it is only where an output file is given
    return validation.validate_graph(Graph().parse(data=written, format="nt"), where)
