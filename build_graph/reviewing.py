"""From inputs to what was not understood of them: read and understand every document, keep the doubts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.corpus.stages import open_local_stages
from build_graph.errors import ObligationError
from build_graph.model import Metadata
from build_graph.pipeline import Pipeline, find_default_document, merge_given
from build_graph.reading.inputs import IgnoredFile, InputReader
from build_graph.reports.review import Review, review_document


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """The reviews of documents in the order they came in, and what could not be read or understood at all."""

    reviews: tuple[Review, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How documents are to be reviewed; `begun` hears of each."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)
    on_document: Callable[[str], None] = lambda name: None

    def review_documents(self, paths: Sequence[Path]) -> ReviewResult:
        """The reviews of the documents at `paths`, by default of the one that ships with the package."""
        reviews, failures = list[Review](), list[str]()
        with open_local_stages(Pipeline.load(), self.reader) as stages:
            reader = stages.guarded_reader
            for found in (
                found for path in paths or [find_default_document()] for found in reader.read(path)
            ):
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
                    reviews.append(review_document(document))
        return ReviewResult(tuple(reviews), tuple(failures))
