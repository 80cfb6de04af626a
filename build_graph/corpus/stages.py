"""The stages of a document (open, understand) in a worker, each within limits of time and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from build_graph.errors import NoMemoryError, ObligationError
from build_graph.extract.agencies.registry_file import AddedRegistry
from build_graph.extract.pipeline import Pipeline, merge_given
from build_graph.model import Document, Input, Metadata
from build_graph.processes.worker import (
    Call,
    DeadWorkerError,
    OverMemoryError,
    OverTimeError,
    Runner,
    Service,
    create_local_runner,
)
from build_graph.text.formats.limits import format_size
from build_graph.text.inputs import InputReader, LazyInput


class WorkerDiedError(ObligationError):
    """A document whose worker process died, or for which no process can be started."""


class StageLimitError(ObligationError):
    """A document that took more processor time or memory than it may."""


# Failures that the machine or a limit is to blame for: the next build tries such documents again.
TRIED_AGAIN = frozenset({"WorkerDied", "StageLimit", "MissingExtra"})


@dataclass(frozen=True, slots=True)
class Stages:
    """Takes documents through their stages, each within its limits."""

    runner: Runner
    reader: InputReader

    def open(self, found: LazyInput) -> Input | ObligationError:
        """Return the document in the bytes of a file, or what is wrong with them."""
        reader = InputReader(
            self.reader.limits, self.reader.encoding
        )  # without its callbacks, which stay here
        call = Call(open_input, (reader, found), self.reader.limits.reading)
        try:
            opened: Input | ObligationError = self._run(call, found.name, "read", "--max-reading")
        except ObligationError as error:
            return error
        return opened

    @property
    def guarded_reader(self) -> InputReader:
        """A reader that opens documents within the limits."""
        return replace(self.reader, opener=self.open)

    def understand(self, found: Input, given: Metadata) -> Document:
        """Return the document that an input holds; raise ObligationError for every fault of it."""
        document: Document | ObligationError = self.apply(understand_document, found, given)
        if isinstance(document, ObligationError):
            raise document
        return document

    def apply(self, function: Callable[..., Any], found: Input, *args: object) -> Any:
        """Return what a function makes of a document; raise StageLimitError or WorkerDiedError."""
        allowance = self.reader.limits.allow_understanding(len(found.source.content))
        call = Call(function, (found, *args), allowance)
        return self._run(call, found.source.name, "understood", "--max-understanding")

    def _run(self, call: Call, name: str, done: str, option: str) -> Any:
        try:
            return self.runner.run(call)
        except OverTimeError as error:
            raise StageLimitError(
                f"{name}: takes more than {_format_seconds(call.allowance.seconds)} of "
                f"processor to be {done}; "
                f"split it, or give a higher {option}"
            ) from error
        except OverMemoryError as error:
            size = format_size(call.allowance.memory or 0)
            raise StageLimitError(
                f"{name}: takes more than {size} of memory to be {done}; "
                f"split it, or give a higher {option}-memory"
            ) from error
        except DeadWorkerError as error:
            raise WorkerDiedError(
                f"{name}: the process that worked on it was ended, perhaps for want of memory; "
                "split the document, or give the machine more memory"
            ) from error
        except (ObligationError, OSError) as error:  # of what forks; faults of documents are returned
            raise WorkerDiedError(
                f"{name}: no process can be started for it ({getattr(error, 'strerror', None) or error}); "
                "try again when the machine has room for it"
            ) from error


def _format_seconds(seconds: float) -> str:
    """Return a time in words.

    >>> _format_seconds(1.04), _format_seconds(60)
    ('1 second', '60 seconds')
    """
    return f"{seconds:,.0f} second{'' if round(seconds) == 1 else 's'}"


@contextmanager
def open_local_stages(
    reader: InputReader, load: Callable[[], Pipeline | None] = lambda: None
) -> Iterator[Stages]:
    """Give stages in a fork of this process for as long as the block lasts; `load` gives their pipeline.

    Without a pipeline they can open documents, but not understand them.
    """
    runner = create_local_runner(Service(load))
    try:
        yield Stages(runner, reader)
    finally:
        runner.close()


def understand_one(
    path: Path, reader: InputReader, given: Metadata, registry: AddedRegistry | None = None
) -> Document:
    """Return the one document at a path, understood; raise ObligationError if there is none, or several."""
    with open_local_stages(reader, partial(Pipeline.load, registry)) as stages:
        found = stages.guarded_reader.read_one(path)
        return stages.understand(found, merge_given(found, given))


def open_input(state: object, reader: InputReader, found: LazyInput) -> Input | ObligationError:
    """Return the document in the bytes of a file, or what is wrong with them, in a worker."""
    opened = reader.open_input(found)
    _raise_memory_error(opened)
    return opened


def understand_document(pipeline: Pipeline, found: Input, given: Metadata) -> Document | ObligationError:
    """Return the document that an input holds, or what is wrong with it, in a worker."""
    try:
        return pipeline.understand(found.source, given)
    except ObligationError as error:
        _raise_memory_error(error)
        return error


def _raise_memory_error(made: object) -> None:
    """Raise MemoryError for the failure of a document that lacked memory: what stopped it is the limit."""
    if isinstance(made, NoMemoryError):
        raise MemoryError
