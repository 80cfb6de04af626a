"""Limits that the system puts on a process: seconds of processor, bytes of memory, open files.

The modules of POSIX are imported where they are used, so that programs that set no limits run everywhere.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_DATA = re.compile(r"^VmData:\s+(\d+) kB", re.MULTILINE)
_STANDARD_FILES = 3  # standard input, output and error


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that one piece of work may take, beside what its process has taken before."""

    seconds: float  # of processor
    memory: int | None = None  # bytes; None leaves the limit as it is


def set_allowance(allowance: Allowance) -> None:
    """Have the system end this process (SIGXCPU) or refuse it memory (MemoryError) beyond an allowance."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + allowance.seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (_apply_hard_limit(most, hard), hard))
    if allowance.memory is not None and (data := read_data_size()) is not None:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (_apply_hard_limit(data + allowance.memory, hard), hard))


def cap_memory(size: int) -> None:
    """Refuse this process more than so many bytes beside those that it has, for good."""
    import resource

    if (data := read_data_size()) is not None:
        most = _apply_hard_limit(data + size, resource.getrlimit(resource.RLIMIT_DATA)[1])
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def cap_files(count: int) -> None:
    """Let this process open no more than so many files beside the standard ones, for good."""
    import resource

    most = _apply_hard_limit(_STANDARD_FILES + count, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def read_data_size() -> int | None:
    """Return the bytes of private memory that this process asked for; None if the system does not say."""
    try:
        found = _DATA.search(Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def find_machine_memory() -> int | None:
    """Return the bytes of memory of this machine, or of the container around it; None if nobody says."""
    sizes = []
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with contextlib.suppress(OSError, ValueError):  # "max" is no number
        sizes.append(int(_CONTAINER.read_text(encoding="ascii")))
    return min(sizes, default=None)


def redirect_standard_files() -> None:
    """Send the standard files of this process nowhere, and write no core file if it crashes."""
    import resource

    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(_STANDARD_FILES):
        os.dup2(nowhere, number)
    if nowhere >= _STANDARD_FILES:
        os.close(nowhere)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _apply_hard_limit(most: int, hard: int) -> int:
    return most if hard < 0 else min(most, hard)  # a hard limit of -1 is none
