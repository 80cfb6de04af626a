"""The confinement of a process: limits on time, memory and open files, and a ban on network connections.

The limits are POSIX resource limits; the modules of POSIX are imported where they are used, so that programs
that set no limits run everywhere.

The ban is a seccomp filter, a small BPF program that Linux runs before each system call. Ours refuses the
calls that make, connect or listen at a socket or could do so unseen, and all calls of another ABI than the
process's own, whose numbers differ. Open sockets stay in use. Neither the process nor its children can lift
the ban.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import platform
import re
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path
from types import MappingProxyType

_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_DATA = re.compile(r"^VmData:\s+(\d+) kB", re.MULTILINE)
_STANDARD_FILES = 3  # standard input, output and error


@dataclass(frozen=True, slots=True)
class Allowance:
    """The most that one piece of work may take, beyond what its process has taken before."""

    seconds: float  # of processor
    memory: int | None = None  # bytes; None leaves the limit as it is


def set_allowance(allowance: Allowance) -> None:
    """Have the system end this process (SIGXCPU) or refuse it memory (MemoryError) beyond an allowance."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _set_limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + allowance.seconds))
    if allowance.memory is not None and (data := read_data_size()) is not None:
        _set_limit(resource.RLIMIT_DATA, data + allowance.memory)


def cap_memory(size: int) -> None:
    """Refuse this process more than `size` bytes beyond what it has now, for good."""
    import resource

    if (data := read_data_size()) is not None:
        _set_limit(resource.RLIMIT_DATA, data + size, for_good=True)


def cap_files(count: int) -> None:
    """Let this process open at most `count` files beside the standard ones, for good."""
    import resource

    _set_limit(resource.RLIMIT_NOFILE, _STANDARD_FILES + count, for_good=True)


def _set_limit(kind: int, most: int, *, for_good: bool = False) -> None:
    """Set a limit within the hard one; `for_good` sets both, within the limit that is in force."""
    import resource

    soft, hard = resource.getrlimit(kind)
    bound = soft if for_good else hard
    most = most if bound < 0 else min(most, bound)  # a limit of -1 is none
    resource.setrlimit(kind, (most, most if for_good else hard))


def read_data_size() -> int | None:
    """Return the bytes of private memory of this process; None if the system does not tell."""
    try:
        found = _DATA.search(Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def find_machine_memory() -> int | None:
    """Return the bytes of memory of this machine or its container; None if the system does not tell."""
    sizes = []
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with contextlib.suppress(OSError, ValueError):  # "max" is no number
        sizes.append(int(_CONTAINER.read_text(encoding="ascii")))
    return min(sizes, default=None)


def redirect_standard_files() -> None:
    """Connect the standard files of this process to nothing, and write no core file if it crashes."""
    import resource

    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(_STANDARD_FILES):
        os.dup2(nowhere, number)
    if nowhere >= _STANDARD_FILES:
        os.close(nowhere)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_NO_NEW_PRIVS = 38  # of prctl
_SET_FILTER, _ALL_THREADS = 1, 1  # an operation of seccomp, and a flag
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # load a word of the call; jump; return the verdict
_CALL, _ABI, _ADDRESS = 0, 4, 48  # offsets of a call's number, ABI and fifth argument
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050000 | EACCES
_X32 = 0x40000000  # a bit in the numbers of calls by the x32 ABI
_LARGEST_OF_32_BITS = 2**32  # a process of 32 bits on a processor of 64 has other calls
_HALF = 4  # bytes; the program reads words of so many, an address is two


@dataclass(frozen=True, slots=True)
class _SyscallNumbers:
    """The numbers of a processor's system calls."""

    abi: int
    seccomp: int
    sendto: int
    refused: tuple[int, ...]


# io_uring_setup, _enter and _register make calls that no filter sees, pidfd_getfd takes others' sockets.
_OTHERS = (425, 426, 427, 438)
_MACHINES = MappingProxyType(
    {
        # socket, socketpair, connect, bind, listen, accept, accept4
        "x86_64": _SyscallNumbers(0xC000003E, 317, 44, (41, 53, 42, 49, 50, 43, 288, *_OTHERS)),
        "aarch64": _SyscallNumbers(0xC00000B7, 277, 206, (198, 199, 203, 200, 201, 202, 242, *_OTHERS)),
    }
)


def forbid_connections() -> bool:
    """Let this process, its threads and its children open no connection from now on; return success.

    A call that would open one fails with EACCES. Returns False on all but Linux on x86-64 and ARM64, and in
    containers that forbid such filters.
    """
    has_one = sys.platform == "linux" and sys.maxsize > _LARGEST_OF_32_BITS
    machine = _MACHINES.get(platform.machine()) if has_one else None
    return machine is not None and _install(machine) and _is_installed()


def _install(machine: _SyscallNumbers) -> bool:
    """Hand the filter to the system; return whether it was accepted."""
    program = b"".join(_build_program(machine))
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = _FilterProgram(len(program) // 8, ctypes.addressof(code))
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        return False
    order = map(ctypes.c_ulong, (machine.seccomp, _SET_FILTER, _ALL_THREADS))
    return not system.syscall(*order, ctypes.byref(filter_))


class _FilterProgram(ctypes.Structure):
    """A program as the system takes it: the number of its steps, and their address."""

    _fields_ = (("steps", ctypes.c_ushort), ("code", ctypes.c_void_p))


def _build_program(machine: _SyscallNumbers) -> Iterator[bytes]:
    """Yield the steps of the filter: a call that it does not refuse is allowed."""
    yield _encode_step(_LOAD, _ABI)
    yield _encode_step(_EQUAL, machine.abi, then=1)
    yield _encode_step(_RETURN, _REFUSED)
    yield _encode_step(_LOAD, _CALL)
    yield from _refuse(_ANY_BIT, _X32)
    for number in machine.refused:
        yield from _refuse(_EQUAL, number)
    yield _encode_step(_EQUAL, machine.sendto, otherwise=6)
    for half in (0, _HALF):  # to an address, which may be one that is not connected
        yield _encode_step(_LOAD, _ADDRESS + half)
        yield _encode_step(_EQUAL, 0, then=1)
        yield _encode_step(_RETURN, _REFUSED)
    yield _encode_step(_RETURN, _ALLOWED)


def _refuse(test: int, value: int) -> Iterator[bytes]:
    yield _encode_step(test, value, otherwise=1)
    yield _encode_step(_RETURN, _REFUSED)


def _encode_step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """Return a step; a test skips `then` steps after it if it is true, else `otherwise` steps."""
    return struct.pack("HBBI", code, then, otherwise, value)


def _is_installed() -> bool:
    """Return whether a socket is refused, by trying to make one."""
    try:
        socket.socket(socket.AF_UNIX).close()
    except OSError as error:
        return error.errno == EACCES
    return False
