"""Fetches named graphs from a server, as a file in which the same statements are the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, Triple

from build_graph.exchange.client import ExchangeError
from build_graph.exchange.fetching import fetch
from build_graph.exchange.parts import PartsError
from build_graph.exchange.servers import Server
from build_graph.graph.turtle import body, by_subject, file, turtle
from build_graph.querying.credentials import shown

ENDINGS = (".ttl", ".trig", ".nt", ".nq")
_NEITHER = (".ttl", ".nt")  # formats that know no named graphs

Graphs = Mapping[str, frozenset[Triple]]


def check_ending(path: Path) -> None:
    """Raises PartsError for a file in no format that is written."""
    if path.suffix not in ENDINGS:
        raise PartsError(f"{path}: ends in none of {', '.join(ENDINGS)}; choose one")


def sizes(server: Server) -> dict[str, int | None]:
    """The named graphs of a server; raises ExchangeError where there are none, or none to be found."""
    where = shown(server.url)
    if server.query is None:
        raise ExchangeError(
            f"{where}: nothing says which graphs there are; give --named-graph or --query-url"
        )
    found = server.graphs()
    if not found:
        raise ExchangeError(f"{where}: has no named graphs; send some with: obligations push {where}")
    return dict(found)


def pull(
    server: Server,
    names: Mapping[str, int | None],
    done: Callable[[int], None] = lambda number: None,
) -> dict[str, frozenset[Triple]]:
    """The statements of named graphs, whose sizes may be known; tells `done` how many of them are here.

    Raises ExchangeError where one is not there, or not given whole.
    """
    graphs = {}
    for number, (name, size) in enumerate(names.items(), 1):
        graphs[name] = fetch(server, name, size)
        if not graphs[name]:
            raise ExchangeError(
                f"{shown(server.url)}: has no graph <{name}>; leave out --named-graph for all"
            )
        done(number)
    return graphs


def written(graphs: Graphs, path: Path) -> Iterator[bytes]:
    """The graphs as the file's ending says; Turtle and N-Triples hold them as one."""
    quads = _ordered(graphs)
    if path.suffix == ".ttl":
        yield turtle(quads)
    elif path.suffix == ".trig":
        yield from _trig(quads)
    else:
        one = path.suffix in _NEITHER
        yield from sorted({f"{quad.triple if one else quad} .\n".encode() for quad in quads})


def _ordered(graphs: Graphs) -> list[Quad]:
    """All statements in order; blank nodes are named by what is said of them."""
    quads = [
        Quad(triple.subject, triple.predicate, triple.object, NamedNode(name))
        for name in sorted(graphs)
        for triple in graphs[name]
    ]
    if any(isinstance(term, BlankNode) for quad in quads for term in quad.triple):
        data = Dataset(quads)
        data.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        quads = list(data)
    return sorted(quads, key=str)


def _trig(quads: list[Quad]) -> Iterator[bytes]:
    by_graph: dict[str, list[Quad]] = {}
    for quad in quads:
        by_graph.setdefault(str(quad.graph_name), []).append(quad)
    blocks = [
        f"GRAPH {name} {{\n".encode() + body(by_subject(said))[0].rstrip() + b"\n}\n\n"
        for name, said in sorted(by_graph.items())
    ]
    yield from file(blocks)
