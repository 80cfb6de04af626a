"""Review of documents: the passages that were not understood, with their places, worst first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from rich.table import Table

from build_graph.corpus.stages import open_local_stages
from build_graph.corpus.summary import is_unresolved
from build_graph.errors import ObligationError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.meaning.norms import NormFinder
from build_graph.extract.phrases.sentences import split_sentences
from build_graph.extract.pipeline import Pipeline, find_default_document, merge_given
from build_graph.extract.structure.headings import load_duty_cues
from build_graph.extract.structure.marks import iterate_lines
from build_graph.extract.structure.outline import is_sentence, load_preamble_pattern
from build_graph.model import Bearer, CoverageKind, Document, Measure, Metadata, Norm, Span, Stretch
from build_graph.query.text_tables import WIDTH, open_console
from build_graph.text.inputs import IgnoredFile, InputReader

_PLAN = re.compile("思路|部署|总体要求$")
_WORDS = 40  # characters of a doubt that a line shows
KINDS = ("passed over", "unread", "refused", "unresolved", "damaged")
_PASSED = {CoverageKind.PRINCIPLE: "principles or a preamble", CoverageKind.STRUCTURE: "a heading or note"}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A passage of a document that was not understood, and its place in the source."""

    kind: str  # one of `KINDS`
    line: int
    column: int
    words: str
    reason: str  # "" if the kind is reason enough
    duties: int = 0  # acts in it that somebody is to do, may do or must not do, or bearers lost


@dataclass(frozen=True, slots=True)
class Review:
    """The doubts about one document, and the characters of each kind."""

    name: str
    title: str
    characters: dict[str, int]  # by kind of reading, white space not counted
    doubts: tuple[Doubt, ...]

    @property
    def in_doubt(self) -> int:
        """The characters that were not understood, of whatever kind."""
        return sum(len("".join(doubt.words.split())) for doubt in self.doubts)

    @property
    def duties(self) -> int:
        """The duties that may be lost: reviews are sorted by them."""
        return sum(doubt.duties for doubt in self.doubts)

    @property
    def share(self) -> float:
        """The share of the document that is in doubt, from 0 to 1."""
        return self.in_doubt / max(sum(self.characters.values()), 1)

    def count(self, kind: str) -> int:
        """Return the number of doubts of a kind."""
        return sum(doubt.kind == kind for doubt in self.doubts)


def review_document(document: Document, finder: DoubtFinder) -> Review:
    """Return the review of a document, its doubts in the order of the text."""
    text = document.text
    characters = document.coverage.count_characters(text.content)
    return Review(
        text.source.name,
        document.outline.metadata.title or "",
        {kind.value: count for kind, count in characters.items()},
        tuple(finder.find(document)),
    )


def sort_worst_first(reviews: Sequence[Review]) -> list[Review]:
    """Return the reviews by duties in doubt, most first, then by characters, then by name."""
    return sorted(reviews, key=lambda review: (-review.duties, -review.in_doubt, review.name))


def convert_to_json(reviews: Sequence[Review], failures: Sequence[str]) -> list[dict[str, Any]]:
    """Return the reviews as plain values, for programs: failures first, then the worst documents."""
    return [{"error": failure} for failure in failures] + [
        {
            "name": review.name,
            "title": review.title,
            "characters": review.characters,
            "in_doubt": review.in_doubt,
            "duties": review.duties,
            "doubts": [asdict(doubt) for doubt in review.doubts],
        }
        for review in sort_worst_first(reviews)
    ]


# ------------------------------------------------------------------------------------ for people


def print_reviews(
    reviews: Sequence[Review], failures: Sequence[str], out: TextIO, *, top: int, details: int
) -> None:
    """Print a table of the worst `top` documents, and up to `details` doubts of each of them."""
    console = open_console(out, None if out.isatty() else WIDTH)
    shown = sort_worst_first(reviews)[:top]
    console.print(_build_table(shown))
    for one in shown:
        for line in _format_doubts(one, details):
            console.print(line, soft_wrap=True)
    for line in format_totals(reviews, failures):
        console.print(line, soft_wrap=True)


def format_totals(reviews: Sequence[Review], failures: Sequence[str]) -> Iterator[str]:
    """Yield lines on what was understood of all documents together."""
    characters = Counter[str]()
    for one in reviews:
        characters.update(one.characters)
    whole = max(characters.total(), 1)
    shares = ", ".join(f"{kind} {characters[kind] / whole:.1%}" for kind in CoverageKind)
    yield f"understood: {_format_count(len(reviews))}, {characters.total():,} characters: {shares}"
    doubts = Counter(doubt.kind for one in reviews for doubt in one.doubts)
    if failures:
        yield f"not understood at all: {_format_count(len(failures))}, listed on standard error"
    yield "in doubt: " + (", ".join(f"{kind} {n:,}" for kind, n in sorted(doubts.items())) or "nothing")


def _format_count(documents: int) -> str:
    return f"{documents:,} document{'' if documents == 1 else 's'}"


def _build_table(reviews: Sequence[Review]) -> Table:
    table = Table(title="least understood first", title_justify="left", expand=True)
    table.add_column("document", no_wrap=True, min_width=8)
    table.add_column("title", ratio=1, no_wrap=True, overflow="ellipsis")
    for name in ("duties", "in doubt", *KINDS):
        table.add_column(name, justify="right", no_wrap=True)
    for one in reviews:
        counts = (f"{one.count(kind):,}" for kind in KINDS)
        table.add_row(one.name, one.title or "-", f"{one.duties:,}", f"{one.share:.1%}", *counts)
    return table


def _format_doubts(review: Review, limit: int) -> Iterator[str]:
    """Yield lines on the worst doubts of one document, each with its place, as compilers write errors."""
    longest = sorted(review.doubts, key=lambda doubt: (-doubt.duties, -len(doubt.words)))[:limit]
    for doubt in sorted(longest, key=lambda doubt: (doubt.line, doubt.column)):
        words = " ".join(doubt.words.split())
        words = f"{words[:_WORDS]}…" if len(words) > _WORDS else words
        reason = f" ({doubt.reason})" if doubt.reason else ""
        yield f"{review.name}:{doubt.line}:{doubt.column}: {doubt.kind}: {words}{reason}"
    if len(review.doubts) > limit > 0:
        more = len(review.doubts) - limit
        yield f"{review.name}: and {more:,} more; --details {len(review.doubts)} shows all"


# ---------------------------------------------------------------------------------------- doubts


@dataclass(frozen=True, slots=True)
class DoubtFinder:
    """A finder of the passages of a document that were not understood, and of the duties in them."""

    norms: NormFinder
    forwards: re.Pattern[str]  # 请认真执行
    duties: re.Pattern[str]

    @classmethod
    def load(cls) -> DoubtFinder:
        """Return a finder with the package's own words."""
        return cls(NormFinder.load(), load_preamble_pattern(), load_duty_cues())

    def find(self, document: Document) -> Iterator[Doubt]:
        """Yield the doubts about a document, in the order of its text."""
        for kind, span, reason, duties in sorted(
            self._iterate(document), key=lambda item: (item[1], item[0])
        ):
            line, column = document.text.find_line_column(span.start)
            yield Doubt(kind, line, column, span.extract(document.text.content), reason, duties)

    def _iterate(self, document: Document) -> Iterator[tuple[str, Span, str, int]]:
        content, plans = document.text.content, _find_plans(document)
        for stretch in document.coverage.stretches:
            if stretch.kind is CoverageKind.UNREAD:
                yield "unread", stretch.span, stretch.reason, len(self._find_norms(content, stretch.span))
            elif stretch.kind in _PASSED:
                yield from self._find_passed_over(content, stretch, plans)
        for refusal in document.refused:
            yield "refused", refusal.span, refusal.reason, 1
        for damage in document.text.damages:
            yield "damaged", damage.span, damage.reason, 0
        for bearer in _find_unresolved(document):
            yield "unresolved", bearer.span, "no body of this name is known", 1

    def _find_passed_over(
        self, content: str, stretch: Stretch, plans: Sequence[Span]
    ) -> Iterator[tuple[str, Span, str, int]]:
        """Yield the sentences of structure or principles that have the cue of a duty: 各地区要….

        A heading is no sentence, and what only forwards a document (请认真执行) is none that is lost.
        """
        for line in iterate_lines(content, stretch.span):
            sentences = split_sentences(content, line) if is_sentence(line.extract(content)) else ()
            for sentence in sentences:
                words = sentence.span.extract(content)
                found = self._find_norms(content, sentence.span)
                planned = any(plan.holds(sentence.span) for plan in plans)
                cued = bool(self.duties.search(words)) or any(norm.cue or planned for norm in found)
                if cued and not self.forwards.search(f"{words}。"):
                    reason = f"a duty within {_PASSED[stretch.kind]}"
                    yield "passed over", sentence.span, reason, max(len(found), 1)

    def _find_norms(self, content: str, span: Span) -> tuple[Norm, ...]:
        return self.norms.find(content, Measure((), 0, None, None, span))


def _find_plans(document: Document) -> list[Span]:
    """Return the principles below a heading that may set out tasks as well: 发展思路, 总体要求."""
    content = document.text.content
    return [
        division.span
        for division in document.outline.walk()
        if division.principle and division.heading and _PLAN.search(division.heading.extract(content))
    ]


def _find_unresolved(document: Document) -> Iterator[Bearer]:
    """Yield the bearers that are no known body, each name once."""
    seen: set[str] = set()
    for measure in document.measures:
        for bearer in measure.bearers:
            if bearer.name not in seen and is_unresolved(bearer):
                seen.add(bearer.name)
                yield bearer


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """The reviews of documents in the order of the inputs, and a line for each that failed altogether."""

    reviews: tuple[Review, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Reviews documents; calls `on_document` with the name of each that it begins."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)
    on_document: Callable[[str], None] = lambda name: None
    registry: AddedRegistry | None = None

    def review_documents(self, paths: Sequence[Path]) -> ReviewResult:
        """Return the reviews of the documents at `paths`, by default of the one in the package."""
        reviews, failures = list[Review](), list[str]()
        finder = DoubtFinder.load()
        with open_local_stages(self.reader, partial(Pipeline.load, self.registry)) as stages:
            reader = stages.guarded_reader
            places = paths or [find_default_document()]
            for found in (found for path in places for found in reader.read(path)):
                if isinstance(found, IgnoredFile):
                    continue
                if isinstance(found, ObligationError):
                    failures.append(str(found))
                    continue
                self.on_document(found.source.name)
                try:
                    document = stages.understand(found, merge_given(found, self.given))
                except ObligationError as error:
                    failures.append(str(error))
                else:
                    reviews.append(review_document(document, finder))
        return ReviewResult(tuple(reviews), tuple(failures))
