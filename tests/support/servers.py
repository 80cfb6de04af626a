"""Real servers on this machine only, each in a folder of its own: Oxigraph's, and Virtuoso."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

USER, PASSWORD = "writer", "a-pass-word-4711"
_PATIENCE = 90  # seconds that a server may take until it answers

# The smallest that runs: what is not stated is as Virtuoso has it.
_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
DirsAllowed = {folder}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxClientConnections = 10
CheckpointInterval = 0
ThreadsPerQuery = 2
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 5
MaxClientConnections = 5
[SPARQL]
ResultSetMaxRows = 10000
MaxQueryExecutionTime = 60
[Plugins]
LoadPath = {folder}
"""


@dataclass(frozen=True, slots=True)
class Virtuoso:
    """A Virtuoso that runs: its address, and what runs SQL in it."""

    url: str
    sql: Callable[[str], str]


@contextmanager
def oxigraph(folder: Path, mode: str = "serve") -> Iterator[str]:
    """The address of Oxigraph's own server over a store in `folder`, all graphs of which it asks as one."""
    program = Path(sys.executable).parent / "oxigraph"  # the wheel puts it beside python
    if not program.exists():
        pytest.skip("Oxigraph's server is not installed: pip install oxigraph")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(program), mode, "--location", str(folder), "--bind", f"127.0.0.1:{port}"]
    command.append("--union-default-graph")
    with _running(command, folder.parent, url):
        yield url


@contextmanager
def virtuoso(folder: Path, buffers: int = 4000) -> Iterator[Virtuoso]:
    """A Virtuoso with an empty database in `folder`, and in it USER, who may write.

    `buffers` pages of 8 kB stay in memory.
    """
    program = shutil.which("virtuoso-t")
    if program is None:
        pytest.skip("Virtuoso is not installed: make system")
    sql, http = _free_port(), _free_port()
    ini = folder / "virtuoso.ini"
    settings = _INI.format(folder=folder, sql=sql, http=http, buffers=buffers, dirty=buffers * 3 // 4)
    ini.write_text(settings, encoding="utf-8")
    url = f"http://127.0.0.1:{http}"
    with _running([program, "+foreground", "+configfile", str(ini)], folder, f"{url}/sparql"):

        def run(statements: str) -> str:
            # "dba" is the password that every new database has; nobody else reaches this one
            command = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", "ERRORS=STDOUT", "VERBOSE=OFF"]
            done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "*** Error" not in done.stdout, done.stdout
            return done.stdout

        run(
            f"DB.DBA.USER_CREATE('{USER}', '{PASSWORD}');\n"
            f'GRANT SPARQL_UPDATE TO "{USER}";\n'
            f"DB.DBA.RDF_DEFAULT_USER_PERMS_SET('{USER}', 7);\n"
        )
        yield Virtuoso(url, run)


@contextmanager
def _running(command: Sequence[str], folder: Path, url: str) -> Iterator[None]:
    """A process while it is needed, from when it answers at `url`."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(process, url, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except HTTPError:  # it answers
            return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer: {log.read_text(errors='replace')[-2000:]}")


# Below those that the system gives out by itself, so that nobody gets one before the server does.
_PORTS = iter(range(20_000 + os.getpid() % 1_000 * 10, 32_000))


def _free_port() -> int:
    for port in _PORTS:
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
