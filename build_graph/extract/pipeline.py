"""The order of the stages from a source to a document: repair, outline, attributions, agencies, meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from build_graph.errors import ObligationError, build_fault
from build_graph.extract.agencies.jurisdictions import CENTRE, Scope, locate_document
from build_graph.extract.agencies.periods import find_period
from build_graph.extract.agencies.registry import Registry, Setting
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.citations.citations import CitationFinder
from build_graph.extract.meaning.audiences import AudienceFinder
from build_graph.extract.meaning.domains import DomainFinder, Surroundings
from build_graph.extract.meaning.norms import NormFinder
from build_graph.extract.meaning.targets import TargetFinder
from build_graph.extract.phrases.dates import find_dates, find_reference_date
from build_graph.extract.phrases.phrase_parser import PhraseParser
from build_graph.extract.structure.attribution import AttributionFinder, is_announcement
from build_graph.extract.structure.attribution_grammar import AttributionGrammar
from build_graph.extract.structure.coverage import CoverageMeter
from build_graph.extract.structure.document_number import build_identifier
from build_graph.extract.structure.given_metadata import build_metadata, merge_metadata, read_sidecar
from build_graph.extract.structure.metadata import MetadataExtractor
from build_graph.extract.structure.orders import OrderFinder
from build_graph.extract.structure.outline import OutlineParser
from build_graph.model import (
    Assignment,
    Body,
    Division,
    Document,
    Input,
    Level,
    Measure,
    Metadata,
    Outline,
    QualifierKind,
    RejectedBracket,
    Source,
    Span,
    Text,
    sort_bodies,
)
from build_graph.resources import find_folder
from build_graph.text.inputs import InputReader
from build_graph.text.repairs import repair
from build_graph.vocabulary import UNNUMBERED

_IDLE = "it stands on a heading in which nothing is to be done"
_NOTHING_ORDERED = (
    "no section, clause or article found, and nothing plainly ordered; the text needs marks such as "
    "一、 （一） 1. or 第一条, addressees, or a title such as …通知"
)
_Headings = Mapping[tuple[str, ...], Span | None]  # by the path of their divisions
_NAMES = 4096  # words of attributions of which it is kept whether they name a body


class NoClausesError(ObligationError):
    """A text in which no section, clause or article is marked, and which orders nothing."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything that the stages need, loaded once and used for any number of documents."""

    registry: Registry
    metadata: MetadataExtractor
    outline: OutlineParser
    orders: OrderFinder
    attribution: AttributionFinder
    citations: CitationFinder
    norms: NormFinder
    targets: TargetFinder
    audiences: AudienceFinder
    domains: DomainFinder
    coverage: CoverageMeter

    @classmethod
    def load(cls, registry: AddedRegistry | None = None) -> Pipeline:
        """Return a pipeline with the package's own ontology and word lists, and an analyst's registry."""
        bodies, phrases = Registry.load(added=registry), PhraseParser.load()
        is_body = lru_cache(_NAMES)(bodies.looks_like_body)  # the same few, again and again
        grammar = AttributionGrammar.load(is_body, bodies.classify)
        return cls(
            registry=bodies,
            metadata=MetadataExtractor.load(bodies.gazetteer),
            outline=OutlineParser.load(),
            orders=OrderFinder.load(),
            attribution=AttributionFinder.load(grammar, bodies.lists.complete_classes),
            citations=CitationFinder.load(),
            norms=NormFinder.load(phrases),
            targets=TargetFinder.load(phrases),
            audiences=AudienceFinder.load(),
            domains=DomainFinder.load(),
            coverage=CoverageMeter.load(),
        )

    def understand(self, source: Source, given: Metadata = Metadata()) -> Document:  # noqa: B008  (immutable)
        """Return the document in `source`; metadata in `given` win over those of the text.

        Raises NoClausesError where nothing is numbered or ordered, UnclosedBracketError where an attribution
        has no end, and FaultError where this document brings a fault of the program to light.
        """
        try:
            return self._understand_source(source, given)
        except ObligationError:
            raise
        except Exception as error:
            raise build_fault(source.name, error) from error

    def _understand_source(self, source: Source, given: Metadata) -> Document:
        """Return the document in `source`."""
        text = repair(source)
        metadata = self.metadata.read(text, given)
        outline = self.outline.read(text, metadata)
        if not outline.divisions:
            raise NoClausesError(f"{source.name}: {_NOTHING_ORDERED}")
        attributions = self.attribution.read(text, outline)
        identity = _build_document_id(metadata.number, text.content)
        stated = locate_document(metadata, text.content, gazetteer=self.registry.gazetteer)
        names = (bearer.name for measure in attributions.measures for bearer in measure.bearers)
        place = self.registry.infer_jurisdiction(stated, names)
        setting = Setting(place, find_period(metadata, text.content), identity)
        issuers = self._resolve_issuers(metadata, setting)
        only = issuers[0] if len(issuers) == 1 else None
        resolved = self.registry.resolve_all(attributions.measures, replace(setting, issuer=only))
        measures, nameless = self.registry.part_nameless(resolved)
        headings = dict(_iterate_headings(outline))
        found = list(self._understand_measures(text, outline, _resolve_defaults(measures), headings))
        idle = list(_find_idle(found, headings))
        understood = tuple(measure for measure in found if measure not in idle)
        idle_words = (RejectedBracket(one.assignment.span, _IDLE) for one in idle if one.assignment)
        refused = (*attributions.refused, *nameless, *idle_words)
        if not self.orders.is_order(text.content, outline, understood):
            raise NoClausesError(f"{source.name}: {_NOTHING_ORDERED}")
        return Document(
            id=identity,
            text=text,
            outline=outline,
            jurisdiction=place.path,
            issuers=issuers,
            measures=understood,
            coverage=self.coverage.measure(text.content, outline, understood),
            refused=tuple(sorted(refused, key=lambda one: one.span)),
            citations=self.citations.read(text, outline),
            registry=self.registry.added,
        )

    def understand_file(self, path: Path, *, encoding: str | None, options: Metadata) -> Document:
        """Return the one document at `path`, or on standard input where it is "-".

        Raises ObligationError where it cannot be read or understood, and where several are there.
        """
        return self.understand_input(InputReader(encoding=encoding).read_one(path), options)

    def understand_input(self, found: Input, options: Metadata) -> Document:
        """Return the document in an input; metadata in `options` win over those that came with it."""
        return self.understand(found.source, merge_given(found, options))

    def _resolve_issuers(self, metadata: Metadata, setting: Setting) -> tuple[Body, ...]:
        """Return the bodies that the names of the issuers mean, each once, by id."""
        local = setting.place.reach is Scope.LOCAL
        where = setting if local else replace(setting, place=CENTRE)
        return sort_bodies({self.registry.resolve(name, where) for name in metadata.issuers})

    def _understand_measures(
        self, text: Text, outline: Outline, measures: Sequence[Measure], headings: _Headings
    ) -> Iterator[Measure]:
        """Yield the measures with norms, targets, audiences and domains.

        A clause is one; without clauses a section is, and without these a paragraph. Other text, as that of a
        section outside its clauses, is a measure only if it has a norm or a target.
        """
        content = text.content
        plain = not any(map(_is_numbered_clause, outline.walk()))
        theme = self.domains.find_theme(content, outline.metadata.title)
        reckoned = find_reference_date(outline.metadata.issued, outline.metadata.title, content)
        for measure in measures:
            norms = self.norms.find(content, measure)
            targets = self.targets.find(content, measure, reckoned)
            clause = plain or measure.clause is not None
            if not (measure.assignment or norms or targets or (clause and not _leads_over(content, measure))):
                continue
            heading = headings[measure.path] if len(measure.path) > 1 else None
            around = Surroundings(heading, headings[measure.path[:1]], outline.metadata.title, theme)
            yield replace(
                measure,
                assignment=_resolve_deadlines(content, measure.assignment, outline.metadata.issued),
                norms=norms,
                targets=targets,
                audiences=self.audiences.find(content, measure, norms),
                domains=self.domains.find(content, measure, around),
            )


def merge_given(found: Input, options: Metadata) -> Metadata:
    """Return the metadata given from outside: by options, else by the sidecar file, else by the container.

    Raises BadMetadataError for a sidecar file that cannot be read.
    """
    stated = read_sidecar(found.sidecar) if found.sidecar else Metadata()
    return merge_metadata(options, merge_metadata(stated, found.given))


def find_default_document() -> Path:
    """Return the document that ships with the package: 国发〔2015〕24号, as it came."""
    return find_folder("documents") / "guofa-2015-24.txt"


def understand(
    path: Path | str | None = None, *, encoding: str | None = None, **metadata: object
) -> Document:
    """Return the document in the file at `path`, by default the one that ships with the package.

    Raises ObligationError for every fault of the input.

    >>> document = understand()
    >>> document.id, len(document.measures)
    ('国发-2015-24', 75)
    """
    file = Path(path) if path is not None else find_default_document()
    options = build_metadata(metadata, "arguments")
    return Pipeline.load().understand_file(file, encoding=encoding, options=options)


def _build_document_id(number: str | None, content: str) -> str:
    """Return the document's part of its IRI: made of its number, else of the hash of its text."""
    by_number = build_identifier(number) if number else None
    return by_number or f"{UNNUMBERED}{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _resolve_defaults(measures: Sequence[Measure]) -> list[Measure]:
    """Return the measures; each default bearer gets the body that it has where the default is stated."""
    bodies = {bearer.span: bearer.body for measure in measures for bearer in measure.bearers}
    return [
        replace(m, defaults=tuple(replace(bearer, body=bodies[bearer.span]) for bearer in m.defaults))
        if m.defaults
        else m
        for m in measures
    ]


def _resolve_deadlines(content: str, assignment: Assignment | None, issued: date | None) -> Assignment | None:
    """Return the assignment with the last day of each deadline."""
    if assignment is None or not assignment.riders:
        return assignment
    riders = tuple(
        replace(rider, due=next((due.day for due in find_dates(content, rider.span, issued)), None))
        if rider.kind is QualifierKind.DEADLINE
        else rider
        for rider in assignment.riders
    )
    return replace(assignment, riders=riders)


def _is_numbered_clause(division: Division) -> bool:
    return division.level is Level.CLAUSE and division.mark is not None


def _leads_over(content: str, measure: Measure) -> bool:
    """Return whether a measure only leads over to a list: 符合下列条件：."""
    return is_announcement(measure.span.extract(content))


def _find_idle(measures: Iterable[Measure], headings: _Headings) -> Iterator[Measure]:
    """Yield the measures whose attribution covers only a heading in which nothing is to be done."""
    for measure in measures:
        if measure.span == headings[measure.path] and not (measure.norms or measure.targets):
            yield measure


def _iterate_headings(outline: Outline) -> Iterator[tuple[tuple[str, ...], Span | None]]:
    """Yield the heading of each division by its path."""
    stack: list[tuple[tuple[str, ...], Division]] = [((d.key,), d) for d in outline.divisions]
    while stack:
        path, division = stack.pop()
        yield path, division.heading
        stack += [((*path, part.key), part) for part in division.parts]
