"""A document's way through a worker, stage by stage: what may hang or hoard is stopped, and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from build_graph.errors import ObligationError
from build_graph.processes.limits import Allowance
from build_graph.processes.runner import DeadWorkerError, OverMemoryError, OverTimeError, Runner
from build_graph.processes.worker import Call
from build_graph.reading.inputs import Input, InputReader, Unopened
from build_graph.reading.limits import MEGABYTE, as_size

_CHARACTERS = 1_000  # that understanding is given another second for


class WorkerDiedError(ObligationError):
    """A document on which the process ended that worked on it."""


class StageLimitError(ObligationError):
    """A document that took more of the processor or of memory than it may."""


# Failures that the machine or a limit is to blame for: the next build tries such documents again.
TRIED_AGAIN = frozenset({"WorkerDied", "StageLimit", "MissingExtra"})


@dataclass(frozen=True, slots=True)
class StageLimits:
    """What one document may take of the machine; each is an option of the same name."""

    max_reading: int = 60  # seconds of processor from its bytes to its text
    max_reading_memory: int = 1024 * MEGABYTE  # bytes
    max_understanding: int = 60  # seconds of processor, and one more for each thousand characters
    max_understanding_memory: int = 4096 * MEGABYTE  # bytes

    def said(self) -> dict[str, int]:
        """Return the limits by name, as a manifest says them."""
        return asdict(self)

    @property
    def reading(self) -> Allowance:
        """What it may take until its text is there."""
        return Allowance(self.max_reading, self.max_reading_memory)

    def understanding(self, characters: int) -> Allowance:
        """Return what a text of so many characters may take to be understood."""
        seconds = self.max_understanding + characters / _CHARACTERS
        return Allowance(seconds, self.max_understanding_memory)


@dataclass(frozen=True, slots=True)
class Stages:
    """Takes documents through their stages, each within its limits."""

    runner: Runner
    reader: InputReader
    limits: StageLimits

    def open(self, found: Unopened) -> Input | ObligationError:
        """Return the document in the bytes of a file, or what is wrong with them."""
        reader = InputReader(self.reader.limits, self.reader.encoding)  # who hears of its progress stays here
        call = Call(open_input, (reader, found), self.limits.reading)
        try:
            opened: Input | ObligationError = self._run(call, found.name, "read", "--max-reading")
        except ObligationError as error:
            return error
        return opened

    def understand(self, function: Callable[..., Any], found: Input, *args: object) -> Any:
        """Return what a function makes of a document; raise StageLimitError or WorkerDiedError."""
        allowance = self.limits.understanding(len(found.source.content))
        call = Call(function, (found, *args), allowance)
        return self._run(call, found.source.name, "understood", "--max-understanding")

    def _run(self, call: Call, name: str, done: str, option: str) -> Any:
        try:
            return self.runner.run(call)
        except OverTimeError as error:
            raise StageLimitError(
                f"{name}: takes more than {call.allowance.seconds:,.0f} seconds of processor to be {done}; "
                f"split it, or give a higher {option}"
            ) from error
        except OverMemoryError as error:
            size = as_size(call.allowance.memory or 0)
            raise StageLimitError(
                f"{name}: takes more than {size} of memory to be {done}; "
                f"split it, or give a higher {option}-memory"
            ) from error
        except DeadWorkerError as error:
            raise WorkerDiedError(
                f"{name}: the process that worked on it was ended, perhaps for want of memory; "
                "split the document, or give the machine more memory"
            ) from error


def open_input(state: object, reader: InputReader, found: Unopened) -> Input | ObligationError:
    """Return the document in the bytes of a file, or what is wrong with them, in a worker."""
    return reader.opened(found)
