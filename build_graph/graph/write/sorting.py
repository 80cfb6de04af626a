"""Statements in a fixed order, however many they are: sorted in runs on disk, then merged.

A statement becomes a record, `GRAPH<tab>SUBJECT PREDICATE OBJECT` in N-Triples. Records are sorted by their
bytes, which is the order of code points. Only one run is in memory at a time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO

from pyoxigraph import BlankNode, DefaultGraph, Quad, RdfFormat, parse

from build_graph.errors import ObligationError

RUN = 200_000  # statements that are sorted in memory at a time
BATCH = 20_000  # statements, at the least, that are written at a time


@dataclass(frozen=True, slots=True)
class ExternalSort:
    """Records in order, each once, which can be read several times."""

    runs: tuple[list[bytes] | IO[bytes], ...]

    @classmethod
    def sort_quads(cls, quads: Iterable[Quad], *, graphs: bool, run: int = RUN) -> ExternalSort:
        """Return the sorted records of statements, with their graphs only if `graphs`.

        Raises ObligationError if there is no disk space to sort them.
        """
        return cls.sort_records((_format_record(quad, graphs=graphs) for quad in quads), run)

    @classmethod
    def sort_records(cls, given: Iterable[bytes], run: int = RUN) -> ExternalSort:
        """Return records in order; raises ObligationError if there is no disk space to sort them."""
        runs: list[list[bytes] | IO[bytes]] = []
        records: list[bytes] = []
        try:
            for record in given:
                records.append(record)
                if len(records) >= run:
                    runs.append(_spill_records(records))
                    records = []
        except OSError as error:
            raise ObligationError(
                f"no room to sort the statements ({error.strerror}); make some, or set TMPDIR"
            ) from error
        return cls((*runs, sorted(records)))

    def iterate_records(self) -> Iterator[bytes]:
        """Yield the records in order, each once."""
        last = None
        for record in heapq.merge(*map(_iterate_lines, self.runs)):
            if record != last:
                yield record
                last = record


def iterate_batches(records: Iterable[bytes], size: int = BATCH) -> Iterator[list[bytes]]:
    """Yield the records in lists of at least `size`, without splitting a subject of one graph."""
    batch: list[bytes] = []
    for _, statements in groupby(records, key=read_subject):
        batch.extend(statements)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def read_subject(record: bytes) -> bytes:
    """Return the subject of a record, with its graph.

    >>> read_subject(b"\\t<http://x/s> <http://x/p> <http://x/o>")
    b'\\t<http://x/s>'
    """
    return record.partition(b" ")[0]


def parse_records(records: Iterable[bytes]) -> Iterator[Quad]:
    """Return the statements of records as quads."""
    lines = (b"%s %s .\n" % (triple, graph) for graph, _, triple in (r.partition(b"\t") for r in records))
    return iter(parse(b"".join(lines), format=RdfFormat.N_QUADS, lenient=True))


def number_blank_nodes(quads: Iterable[Quad], stem: str = "b", first: int = 1) -> Iterator[Quad]:
    """Yield the statements with blank nodes numbered in order, since the parser names them at random."""
    names: dict[BlankNode, BlankNode] = {}
    for quad in quads:
        ends = (quad.subject, quad.object, quad.graph_name)
        if any(isinstance(node, BlankNode) for node in ends):
            new = [
                names.setdefault(node, BlankNode(f"{stem}{first + len(names)}"))
                if isinstance(node, BlankNode)
                else node
                for node in ends
            ]
            yield Quad(new[0], quad.predicate, new[1], new[2])  # type: ignore[arg-type]
        else:
            yield quad


def _format_record(quad: Quad, *, graphs: bool) -> bytes:
    graph = "" if not graphs or isinstance(quad.graph_name, DefaultGraph) else str(quad.graph_name)
    return f"{graph}\t{quad.triple}".encode()


def _spill_records(records: list[bytes]) -> IO[bytes]:
    records.sort()
    file = TemporaryFile()  # noqa: SIM115  # it is read later, and disappears with its last reference
    file.writelines(b"%s\n" % record for record in records)
    file.flush()
    return file


def _iterate_lines(run: list[bytes] | IO[bytes]) -> Iterator[bytes]:
    if isinstance(run, list):
        return iter(run)
    run.seek(0)
    return (line[:-1] for line in run)
