"""Fetches named graphs from a server for a file in which the same statements are the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, parse

from build_graph.graph.write.sorting import ExternalSort, iterate_batches
from build_graph.graph.write.turtle import build_sort_keys, group_by_subject, join_bodies, serialise_body
from build_graph.query.exchange.push import PartsError
from build_graph.query.exchange.servers import Server
from build_graph.query.http.client import ExchangeError
from build_graph.query.http.credentials import redact_url

ENDINGS = (".ttl", ".trig", ".nt", ".nq")
_ONE_GRAPH = (".ttl", ".nt")  # formats without named graphs
_BY_SUBJECT = (".ttl", ".trig")  # formats for people, in which subjects have an order of their own


def check_ending(path: Path) -> None:
    """Raise PartsError for a file whose ending names no format that is written."""
    if path.suffix not in ENDINGS:
        raise PartsError(f"{path}: ends in none of {', '.join(ENDINGS)}; choose one")


def list_graphs(server: Server) -> dict[str, int | None]:
    """Return the named graphs of a server; raise ExchangeError where it has none, or does not list them."""
    where = redact_url(server.url)
    if server.query is None:
        raise ExchangeError(
            f"{where}: nothing says which graphs there are; give --named-graph or --query-url"
        )
    found = server.list_graphs()
    if not found:
        raise ExchangeError(f"{where}: has no named graphs; send some with: obligations push {where}")
    return dict(found)


@dataclass(slots=True)
class GraphPuller:
    """Named graphs of a server and their sizes, where known; only one graph is in memory at a time."""

    server: Server
    names: Mapping[str, int | None]
    on_graph: Callable[[int], None] = lambda number: None  # called with the number of graphs fetched
    statements: int = 0  # of the graphs that were fetched

    def sort_statements(self, path: Path) -> ExternalSort:
        """Return the statements, sorted on disk into the order of the file `path`.

        Raise ExchangeError where a graph is missing or not given whole, ObligationError where there is no
        room to sort them.
        """
        return ExternalSort.sort_records(_encode_record(quad, path.suffix) for quad in self._iterate_quads())

    def _iterate_quads(self) -> Iterator[Quad]:
        """Yield all statements; blank nodes come last and get names that depend on their statements alone."""
        blank = []
        for number, (name, size) in enumerate(self.names.items(), 1):
            for quad in self._fetch_one(name, size):
                if any(isinstance(term, BlankNode) for term in quad.triple):
                    blank.append(quad)
                else:
                    yield quad
            self.on_graph(number)
        data = Dataset(blank)
        data.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        yield from data

    def _fetch_one(self, name: str, size: int | None) -> list[Quad]:
        found = self.server.fetch_graph(name, size)
        if not found:
            raise ExchangeError(
                f"{redact_url(self.server.url)}: has no graph <{name}>; leave out --named-graph for all"
            )
        self.statements += len(found)
        graph = NamedNode(name)
        return [Quad(triple.subject, triple.predicate, triple.object, graph) for triple in found]


def serialize_sorted(ordered: ExternalSort, path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in the format of its ending; Turtle and N-Triples hold all graphs as one."""
    if path.suffix == ".ttl":
        yield from join_bodies(
            [
                serialise_body(group_by_subject(_parse_records(batch)))[0]
                for batch in iterate_batches(ordered.iterate_records())
            ]
        )
    elif path.suffix == ".trig":
        yield from join_bodies(
            [
                _format_block(name, records)
                for name, records in groupby(ordered.iterate_records(), _extract_graph)
            ]
        )
    else:
        for record in ordered.iterate_records():
            graph, _, triple = record.split(b"\t", 2)
            yield b"%s %s .\n" % (triple, graph) if graph else b"%s .\n" % triple


def _encode_record(quad: Quad, ending: str) -> bytes:
    """Return a statement as a line that sorts by graph, if the format has them, and by place of subject."""
    graph = "" if ending in _ONE_GRAPH else str(quad.graph_name)
    subject = str(quad.subject)
    place = build_sort_keys([subject])[subject] if ending in _BY_SUBJECT else ""
    return f"{graph}\t{place}\t{quad.triple}".encode()


def _format_block(name: bytes, records: Iterable[bytes]) -> bytes:
    """Return a named graph in TriG."""
    body = b"".join(
        serialise_body(group_by_subject(_parse_records(batch)))[0] for batch in iterate_batches(records)
    )
    return b"GRAPH %s {\n%s\n}\n\n" % (name, body.rstrip())


def _extract_graph(record: bytes) -> bytes:
    return record.partition(b"\t")[0]


def _parse_records(records: Iterable[bytes]) -> Iterator[Quad]:
    lines = (b"%s .\n" % record.split(b"\t", 2)[2] for record in records)
    return iter(parse(b"".join(lines), format=RdfFormat.N_TRIPLES, lenient=True))
