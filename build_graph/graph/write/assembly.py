"""Assembly of a graph part by part: each part is checked, turned into Turtle, and dropped from memory.

So a graph may be larger than the memory for its statements, and the work on each statement does not grow with
their number: lookups and sorting see one part, or one batch of parts. What measures refer to (the document,
its divisions, bodies and domains) is kept to the end: it is shared, and any part may add to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from build_graph.graph.check.checks import CheckCounts, Fault, check_statements, load_checks, raise_faults
from build_graph.graph.emit.document import Part, collect_parts, iterate_parts
from build_graph.graph.emit.registries import Descriptions
from build_graph.graph.statements import Statement, Term, expand, parse_statements, serialise_statements
from build_graph.graph.write.turtle import build_sort_keys, group_by_subject, join_bodies, serialise_body
from build_graph.model import Document
from build_graph.vocabulary import BASE

_BATCH = 50_000  # statements that are checked together
_TO_TEXT = (expand("ob:hasEvidence"), expand("nif:referenceContext"))


class TurtleAssembler:
    """A graph that is checked and turned into Turtle part by part."""

    def __init__(self, base: str = BASE) -> None:
        """Begin an empty graph; the Turtle's IRIs are relative to `base`."""
        self._base = base
        self._shared: dict[Term, dict[Statement, None]] = {}  # statements that no part owns, by subject
        self._bodies: dict[str, bytes] = {}  # Turtle of each part, by its root in angle brackets
        self._batch: list[Statement] = []  # statements to be checked next
        self._whole: set[Term] = set()  # subjects with all their statements in the batch
        self._statements = 0  # in the Turtle so far

    def add_document(self, document: Document, descriptions: Descriptions) -> None:
        """Take in a document: all of it, or nothing if the program fails at it, which raises FaultError.

        Raises FailedCheckError where a check finds a fault.
        """
        self.add_parts(collect_parts(document, descriptions, self._base))

    def add_parts(self, parts: Iterable[Part]) -> None:
        """Add the parts of a document; raises FailedCheckError if a check finds a fault."""
        for part in parts:
            if own := list(self._take_own(part)):
                self._add_body(f"<{part.root}>", own)
            if len(self._batch) > _BATCH:
                self._check_batch()

    def finish(self) -> tuple[CheckCounts, Iterator[bytes]]:
        """Return the counts of checks and statements, and the Turtle file in pieces.

        Raises FailedCheckError if a check finds a fault.
        """
        self._check_batch()
        pieces = list(self._iterate_pieces())
        return CheckCounts(len(load_checks()), self._statements), join_bodies(pieces, self._base)

    def _take_own(self, part: Part) -> Iterator[Statement]:
        """Yield the part's statements on subjects it owns; the others are kept as shared statements."""
        self._batch += part.statements
        for name, statements in groupby(part.statements, itemgetter(0)):
            if not part.root or name not in self._shared:  # a passage is described where it is first shown
                self._whole.add(name)
            if part.owns(name):
                yield from self._shared.pop(name, ())
                yield from statements
            else:
                self._shared.setdefault(name, {}).update(dict.fromkeys(statements))

    def _add_body(self, name: str, own: Iterable[Statement]) -> None:
        if name in self._bodies:
            raise_faults([Fault("doubled", "Two things share this IRI.", name, "")])
        self._bodies[name] = self._format_body(own)

    def _format_body(self, given: Iterable[Statement]) -> bytes:
        turtle, statements = serialise_body(group_by_subject(parse_statements(given)), self._base)
        self._statements += statements
        return turtle

    def _iterate_pieces(self) -> Iterator[bytes]:
        """Yield the Turtle of parts and of shared statements, in the order of their subjects."""
        place = build_sort_keys([*self._shared, *self._bodies])
        for is_part, names in groupby(sorted(place, key=place.__getitem__), self._bodies.__contains__):
            if is_part:
                yield from map(self._bodies.__getitem__, names)
            else:
                yield self._format_body(one for name in names for one in self._shared[Term(name)])

    # ------------------------------------------------------------------------------- checks

    def _check_batch(self) -> None:
        """Check the batch together with the shared things it refers to, and begin the next."""
        known = self._find_referred()
        check_statements(
            [*self._batch, *(one for name in known for one in self._describe_shared(name))], known
        )
        self._batch, self._whole = [], set()

    def _find_referred(self) -> set[Term]:
        """Return the shared things from earlier batches that this batch refers to or adds to."""
        names = {subject for subject, _, _ in self._batch}
        names.update(value for _, predicate, value in self._batch if predicate != expand("rdf:type"))
        found = {name for name in names & self._shared.keys() if name not in self._whole}
        for link in _TO_TEXT:  # from a clause to its passage, from a passage to its text
            said = [one for name in found for one in self._shared[name]]
            found.update(value for _, predicate, value in said if predicate == link)
        return found

    def _describe_shared(self, name: Term) -> Iterator[Statement]:
        """Yield the classes, words and evidence of a shared thing, without its references to others."""
        kept = (expand("rdf:type"), *_TO_TEXT)
        yield from (one for one in self._shared[name] if one[1] in kept or not one[2].startswith("<"))


class SerialisedDocument(NamedTuple):
    """A document as N-Quads in UTF-8, and the statements of its own graph."""

    quads: bytes
    own: Collection[Statement]
    statements: int  # in both graphs


def serialise_document(document: Document, descriptions: Descriptions) -> SerialisedDocument:
    """Return a document as N-Quads, each statement once.

    The same document gives the same bytes. Raises FailedCheckError if a check finds a fault.
    """
    shared, *parts = iterate_parts(document, descriptions)
    own = dict.fromkeys(one for part in parts for one in part.statements)
    whole = dict.fromkeys(shared.statements) | own  # no statement is in both graphs
    check_statements(whole)
    written = serialise_statements(shared.statements, shared.graph) + serialise_statements(
        own, parts[0].graph
    )
    return SerialisedDocument(written.encode(), own, len(whole))
