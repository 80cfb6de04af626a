"""`obligations serve` as a process of its own, and what it and its workers take of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from places import ROOT

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
SERVE = ("-m", "build_graph.cli", "serve", "--port", "0")
PATIENCE = 60  # seconds that a test waits for what comes about at once on a quiet machine
_AT_WORK = 0.1  # seconds of processor, from which on a query runs
Begun = TypeVar("Begun")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    process: subprocess.Popen[str]

    def connect(self, timeout: float = 60) -> HTTPConnection:
        return HTTPConnection(urlsplit(self.url).netloc, timeout=timeout)

    def send(self, method: str, path: str = "/sparql", body: bytes = b"", **headers: str) -> Reply:
        """One request over a connection of its own; headers are written Content_Type."""
        connection = self.connect()
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, given)
            return read(connection.getresponse())
        finally:
            connection.close()

    def ask(self, query: str, accept: str = "*/*") -> Reply:
        return self.send("POST", "/sparql", query.encode(), Content_Type=DIRECT, Accept=accept)

    def processes(self) -> list[int]:
        """The server, and all that has come from it."""
        found, parents = [self.process.pid], _parents()
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def memory(self) -> int:
        """Bytes of memory of all processes; what they share counts once."""
        return sum(map(_proportional, self.processes()))

    def begin(self, ask: Callable[[], Begun]) -> Begun:
        """What `ask` gives, once a process works on that which it asks for."""
        before = self._taken()
        begun = ask()
        assert until(
            lambda: any(taken > before.get(pid, 0) + _AT_WORK for pid, taken in self._taken().items())
        ), "no process works on it"
        return begun

    def is_quiet(self) -> bool:
        """Whether no process takes time of the processor just now."""
        before = self._taken()
        time.sleep(0.2)
        return self._taken() == before

    def busy(self) -> float:
        """Seconds of processor that the processes have taken until now."""
        return sum(self._taken().values())

    def _taken(self) -> dict[int, float]:
        """Seconds of processor that each process has taken until now."""
        return {pid: _processor(pid) for pid in self.processes()}


def read(response: HTTPResponse) -> Reply:
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, headers, response.read())


@contextmanager
def serving(*arguments: Any, code: int = 0, program: Sequence[str] = SERVE) -> Iterator[Server]:
    """A server with these options, on a free port; it must end with this code, and say nothing else."""
    command = [sys.executable, *program, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout
        said = process.stdout.readline() + process.stdout.readline()
        match = re.fullmatch(r"(http://127\.0\.0\.1:\d+/) .*\n(\1sparql) .*\n", said)
        assert match, said + process.communicate()[1]
        yield Server(match[2], process)
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (code, "", "")
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Does the condition come true?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def _parents() -> dict[int, int]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(path.parent.name)] = int(fields[1])
    return found


def _proportional(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(size) for size in re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)) * 1024


def _processor(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
