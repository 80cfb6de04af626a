"""Puts a graph together part by part: each is checked and turned into Turtle as it comes, then let go.

So a graph may be larger than what memory holds of statements, and the work on each of them does not
grow with their number: what is looked up and sorted is one part, or one batch of parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from build_graph.graph.checks import Fault, Passed, check_files, check_store, refuse
from build_graph.graph.triples import Part
from build_graph.graph.turtle import Said, body, by_subject, file, places
from build_graph.vocabulary import BASE

_BATCH = 50_000  # statements that are checked together
_READ = 50_000  # characters of the longest text that a check looks into


class Assembly:
    """A graph in the making."""

    def __init__(self, base: str = BASE) -> None:
        """Begin an empty graph, whose Turtle names IRIs relative to `base`."""
        self._base = base
        self._frame: dict[str, dict[Triple, None]] = {}  # what no part owns, by subject
        self._bodies: dict[str, bytes] = {}  # Turtle of each part, by its root in angle brackets
        self._batch: dict[str, Said] = {}  # what is to be checked next
        self._size = 0  # statements in the batch
        self._whole: set[str] = set()  # subjects of which the batch says all there is
        self._statements = 0  # in the Turtle so far

    def add(self, parts: Iterable[Part]) -> None:
        """Take in the parts of a document; raises FailedCheckError where a check finds a fault."""
        for part in parts:
            own = dict(self._take(part))
            if own:
                self._keep(f"<{part.root}>", own)
            if self._size > _BATCH:
                self._check()

    def finish(self) -> tuple[Passed, Iterator[bytes]]:
        """What was passed, and the Turtle file in pieces.

        Raises FailedCheckError where a check finds a fault.
        """
        self._check()
        pieces = list(self._pieces())
        return Passed(len(check_files()), self._statements), file(pieces, self._base)

    def _take(self, part: Part) -> Iterator[tuple[str, Said]]:
        """The subjects that the part owns; what it says of others goes to the frame."""
        for name, said in by_subject(part.quads).items():
            if not part.root:
                self._whole.add(name)
            if part.owns(name):
                said = [*_said(self._frame.pop(name, {})), *said]  # noqa: PLW2901
                yield name, said
            else:
                self._frame.setdefault(name, {}).update((quad.triple, None) for _, quad in said)
            self._batch.setdefault(name, []).extend(said)
            self._size += len(said)

    def _keep(self, name: str, own: dict[str, Said]) -> None:
        if name in self._bodies:
            refuse([Fault("doubled", "Two things share this IRI.", name, "")])
        self._bodies[name] = self._written(own)

    def _written(self, subjects: dict[str, Said]) -> bytes:
        turtle, statements = body(subjects, self._base)
        self._statements += statements
        return turtle

    def _pieces(self) -> Iterator[bytes]:
        """The Turtle of the parts, and between them what the frame says, in the order of the subjects."""
        place = places([*self._frame, *self._bodies])
        for is_part, names in groupby(sorted(place, key=place.__getitem__), self._bodies.__contains__):
            if is_part:
                yield from map(self._bodies.__getitem__, names)
            else:
                yield self._written({name: _said(self._frame[name]) for name in names})

    # ------------------------------------------------------------------------------- checks

    def _check(self) -> None:
        """Check the batch, beside it what it refers to, and begin the next."""
        store = Store()
        store.extend(quad for said in self._batch.values() for _, quad in said)
        known = self._referred()
        store.extend(quad for name in known for quad in self._card(name))
        check_store(store, known)
        self._batch, self._whole, self._size = {}, set(), 0

    def _referred(self) -> set[str]:
        """What the batch refers to, or adds to, and the frame had described before."""
        values = (quad.object for said in self._batch.values() for predicate, quad in said if predicate)
        names = {str(value) for value in values if isinstance(value, NamedNode)}
        names.update(self._batch)
        return {name for name in names if name in self._frame and name not in self._whole}

    def _card(self, name: str) -> Iterator[Quad]:
        """The classes and words of a thing, without what it refers to in its turn."""
        for predicate, quad in _said(self._frame[name]):
            value = quad.object
            if not predicate or (isinstance(value, Literal) and len(value.value) <= _READ):
                yield quad


def _said(triples: Iterable[Triple]) -> Said:
    """Statements of one subject with their predicates."""
    quads = (Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    return [one for said in by_subject(quads).values() for one in said]
