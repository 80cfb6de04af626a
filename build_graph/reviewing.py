"""From inputs to what was not understood of them: read and understand every document, keep the doubts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build_graph.corpus.stages import local_stages
from build_graph.errors import ObligationError
from build_graph.model import Metadata
from build_graph.pipeline import Pipeline, default_document, given_of
from build_graph.reading.inputs import InputReader, LeftAlone
from build_graph.reports.review import Review, review


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The reviews of documents in the order they came in, and what could not be read or understood at all."""

    reviews: tuple[Review, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How documents are to be reviewed; `begun` hears of each."""

    reader: InputReader = field(default_factory=InputReader)
    given: Metadata = field(default_factory=Metadata)
    begun: Callable[[str], None] = lambda name: None

    def review(self, paths: Sequence[Path]) -> Reviewed:
        """The reviews of the documents at `paths`, by default of the one that ships with the package."""
        reviews, failures = list[Review](), list[str]()
        with local_stages(Pipeline.load(), self.reader) as stages:
            reader = stages.guarded_reader
            for found in (found for path in paths or [default_document()] for found in reader.read(path)):
                if isinstance(found, LeftAlone):
                    continue
                if isinstance(found, ObligationError):
                    failures.append(str(found))
                    continue
                self.begun(found.source.name)
                try:
                    document = stages.understand(found, given_of(found, self.given))
                except ObligationError as error:
                    failures.append(str(error))
                else:
                    reviews.append(review(document))
        return Reviewed(tuple(reviews), tuple(failures))
