"""Statements in a fixed order, however many there are: sorted in runs that lie on disk, then merged.

A statement becomes a record, `GRAPH<tab>SUBJECT PREDICATE OBJECT` in N-Triples, and records are sorted by
their bytes, which is the order of code points. Only one run is in memory at a time.
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

RUN = 200_000  # statements that are sorted at a time
BATCH = 20_000  # statements, at the least, that are written at a time


@dataclass(frozen=True, slots=True)
class ExternalSort:
    """Records in order, each once; they can be read several times."""

    runs: tuple[list[bytes] | IO[bytes], ...]

    @classmethod
    def sort_quads(cls, quads: Iterable[Quad], *, graphs: bool, run: int = RUN) -> ExternalSort:
        """Return the records of statements, without their graphs unless `graphs`.

        Raises ObligationError where there is no room on disk to sort them.
        """
        return cls.sort_records((_format_record(quad, graphs=graphs) for quad in quads), run)

    @classmethod
    def sort_records(cls, given: Iterable[bytes], run: int = RUN) -> ExternalSort:
        """Records that were made in another way; raises ObligationError as `of` does."""
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
    """Yield the records in lists of at least `size`; what is said of one subject in one graph stays
    together.
    """
    batch: list[bytes] = []
    for _, said in groupby(records, key=read_subject):
        batch.extend(said)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def read_subject(record: bytes) -> bytes:
    """What a record is about, with its graph.

    >>> read_subject(b"\\t<http://x/s> <http://x/p> <http://x/o>")
    b'\\t<http://x/s>'
    """
    return record.partition(b" ")[0]


def parse_records(records: Iterable[bytes]) -> Iterator[Quad]:
    """Return the statements of records."""
    lines = (b"%s %s .\n" % (triple, graph) for graph, _, triple in (r.partition(b"\t") for r in records))
    return iter(parse(b"".join(lines), format=RdfFormat.N_QUADS, lenient=True))


def number_blank_nodes(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield the statements with their blank nodes numbered as they come: those without a name get one by
    chance.
    """
    names: dict[BlankNode, BlankNode] = {}
    for quad in quads:
        ends = (quad.subject, quad.object, quad.graph_name)
        if any(isinstance(node, BlankNode) for node in ends):
            new = [
                names.setdefault(node, BlankNode(f"b{len(names) + 1}"))
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
    file = TemporaryFile()  # noqa: SIM115  # it is read later, and gone when nobody holds it
    file.writelines(b"%s\n" % record for record in records)
    file.flush()
    return file


def _iterate_lines(run: list[bytes] | IO[bytes]) -> Iterator[bytes]:
    if isinstance(run, list):
        return iter(run)
    run.seek(0)
    return (line[:-1] for line in run)
