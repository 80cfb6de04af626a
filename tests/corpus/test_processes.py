"""Work in processes that can be stopped: limits of time and memory, deaths, and who pays for them."""

from __future__ import annotations

import errno
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from build_graph.errors import NoMemoryError, ObligationError, SeveralFaultsError
from build_graph.processes.confinement import Allowance
from build_graph.processes.fork_server import ForkServer, ForkServerError
from build_graph.processes.worker import (
    Call,
    DeadWorkerError,
    DirectRunner,
    LocalForkServer,
    OverMemoryError,
    OverTimeError,
    Runner,
    Service,
    WorkerRunner,
    create_local_runner,
)
from build_graph.query.names import UnknownNameError
from build_graph.text.formats.kinds import UnreadableError
from build_graph.web.server.protocol import HTTPError

MEGABYTE = 1 << 20
AMPLE = Allowance(20, 500 * MEGABYTE)


# What workers are asked to do: functions of a module, as they are sent by name.


def load() -> list[int]:
    return [os.getpid()]


def fail() -> None:
    raise ForkServerError("graph.ttl: is broken")


def add(state: list[int], one: int, two: int) -> int:
    return one + two


def parent_of(state: list[int]) -> int:
    return os.getppid()


def own(state: list[int]) -> int:
    return os.getpid()


def spin(state: list[int]) -> None:
    while True:
        pass


def hoard(state: list[int], size: int) -> int:
    return len(bytearray(size))


def die(state: list[int], number: int, once: str = "") -> str:
    """End by a signal; where a file is named, only as long as it is not there."""
    if once and Path(once).exists():
        return "alive"
    Path(once).touch() if once else None
    os.kill(os.getpid(), number)
    time.sleep(60)
    return "not dead"


def answer_much(state: list[int], size: int) -> bytes:
    return bytes(size)


def connect(state: list[int], port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), 5)
    except OSError as error:
        return type(error).__name__
    return "connected"


def open_files(state: list[int]) -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


ERRORS = [
    UnreadableError("a.txt: is empty"),
    NoMemoryError("a.txt"),
    SeveralFaultsError([UnreadableError("a.txt: is empty"), NoMemoryError("b.txt")]),
    HTTPError(503, "later", Retry_After="5"),
    UnknownNameError("no such agency", "商务", ["商务部"]),
]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(Service(load), "nothing")
    yield server
    server.close()


@pytest.fixture(params=["own forks", "fork server"])
def runner(request: pytest.FixtureRequest, server: ForkServer) -> Iterator[Runner]:
    runner = WorkerRunner(LocalForkServer(Service(load)) if request.param == "own forks" else server)
    yield runner
    runner.close()


def test_calls_are_answered(runner: Runner) -> None:
    assert [runner.run(Call(add, (n, 1), AMPLE)) for n in range(3)] == [1, 2, 3]
    assert runner.run(Call(own, (), AMPLE)) == runner.run(Call(own, (), AMPLE)) != os.getpid()


def test_large_answers_come_whole(runner: Runner) -> None:
    assert len(runner.run(Call(answer_much, (20 * MEGABYTE,), AMPLE))) == 20 * MEGABYTE


def test_a_call_without_end_is_stopped(runner: Runner) -> None:
    """By the seconds of processor that it took; the next call is answered by another worker."""
    before = runner.run(Call(own, (), AMPLE))
    with pytest.raises(OverTimeError):
        runner.run(Call(spin, (), Allowance(0.1)))
    assert runner.run(Call(own, (), AMPLE)) != before


def test_each_call_has_the_time_to_itself(runner: Runner) -> None:
    """What calls before it took does not count."""
    for _ in range(3):
        assert runner.run(Call(sum_up, (2_000_000,), Allowance(1))) > 0


def sum_up(state: list[int], most: int) -> int:
    return sum(range(most))


def test_a_call_that_hoards_is_stopped(runner: Runner) -> None:
    with pytest.raises(OverMemoryError):
        runner.run(Call(hoard, (300 * MEGABYTE,), Allowance(20, 100 * MEGABYTE)))
    assert runner.run(Call(hoard, (300 * MEGABYTE,), AMPLE)) == 300 * MEGABYTE


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_call_that_ends_its_worker_each_time_is_to_blame(number: int, runner: Runner) -> None:
    with pytest.raises(DeadWorkerError):
        runner.run(Call(die, (number,), AMPLE))
    assert runner.run(Call(add, (1, 1), AMPLE)) == 2


def test_a_worker_that_is_killed_from_outside_costs_no_answer(runner: Runner, tmp_path: Path) -> None:
    """While it works, and while it is idle."""
    assert runner.run(Call(die, (signal.SIGKILL, str(tmp_path / "once")), AMPLE)) == "alive"
    os.kill(runner.run(Call(own, (), AMPLE)), signal.SIGKILL)
    assert runner.run(Call(add, (1, 1), AMPLE)) == 2


def test_a_fork_server_that_is_killed_costs_no_answer(server: ForkServer) -> None:
    runner, before = WorkerRunner(server), server.generation
    killed = runner.run(Call(parent_of, (), AMPLE))
    os.kill(killed, signal.SIGKILL)
    while server.is_alive():  # its workers end when it does
        time.sleep(0.01)
    assert runner.run(Call(parent_of, (), AMPLE)) != killed
    assert server.generation == before + 1
    runner.close()


def test_a_worker_opens_no_connection_and_holds_nothing_of_its_parent(runner: Runner) -> None:
    """Its files are the three standard ones, its socket, and the folder that is listed here."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Path(__file__).open("rb"):
        runner.close()  # the next call has a new worker, which could have what is open now
        assert runner.run(Call(connect, (listener.getsockname()[1],), AMPLE)) == "PermissionError"
        assert runner.run(Call(open_files, (), AMPLE)) == 5


def test_what_cannot_be_loaded_is_said() -> None:
    with pytest.raises(ForkServerError, match="is broken"):
        ForkServer(Service(fail), "graph.ttl")


def test_a_server_that_is_closed_starts_no_more(server: ForkServer) -> None:
    own_server = ForkServer(Service(load), "nothing")
    runner = WorkerRunner(own_server)
    runner.run(Call(own, (), AMPLE))
    own_server.close()
    with pytest.raises(EOFError):
        runner.run(Call(own, (), AMPLE))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_pass_between_processes(error: ObligationError) -> None:
    """With their kind, their words, and what they hold."""
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again).keys()) == (type(error), str(error), vars(error).keys())


def test_nothing_is_left() -> None:
    runner = create_local_runner(Service(load))
    pid = runner.run(Call(own, (), AMPLE))
    runner.close()
    assert not Path(f"/proc/{pid}").exists()


def test_a_system_that_cannot_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs calls in the process itself, where memory may run out all the same."""
    monkeypatch.delattr(os, "fork")
    runner = create_local_runner(Service(load))
    assert isinstance(runner, DirectRunner)
    assert runner.run(Call(own, (), AMPLE)) == os.getpid()
    with pytest.raises(OverMemoryError):
        runner.run(Call(run_out, (), AMPLE))


def run_out(state: list[int]) -> None:
    raise MemoryError


# ------------------------------------------------------------------- what the system lets a process do


def bounded_by_system(seconds: int) -> list[int]:
    """Load where the system has a hard limit of processor seconds, which nobody but root may raise."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    return load()


def soft_limit(state: list[int]) -> int:
    return resource.getrlimit(resource.RLIMIT_CPU)[0]


def test_limits_of_the_system_stay() -> None:
    """`ulimit -t` cannot be raised by all, and is not to be by those who could."""
    server = ForkServer(Service(partial(bounded_by_system, 5)), "nothing")
    runner = WorkerRunner(server)
    assert runner.run(Call(soft_limit, (), AMPLE)) == 5
    assert runner.run(Call(soft_limit, (), Allowance(2))) < 5
    server.close()


def without_forks() -> list[int]:
    def fork() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    os.fork = fork
    return load()


def test_a_system_without_room_for_a_process_costs_no_fork_server() -> None:
    """Its other workers go on."""
    server = ForkServer(Service(without_forks), "nothing")
    for _ in range(2):
        with pytest.raises(BlockingIOError):
            server.fork()
    assert (server.generation, server.is_alive()) == (0, True)
    server.close()


def test_a_process_without_room_for_a_file_costs_no_fork_server(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.generation

    def socketpair() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", socketpair)
    with pytest.raises(OSError, match="Too many"):
        server.fork()
    assert (server.generation, server.is_alive()) == (before, True)


def test_a_worker_may_get_a_socket_in_the_place_of_a_standard_file() -> None:
    """As a process does that was started without them, as some daemons are."""
    said = subprocess.run(
        [sys.executable, "-c", _WITHOUT_STANDARD_FILES], stdout=subprocess.PIPE, check=True, text=True
    )
    assert said.stdout == "3"


_WITHOUT_STANDARD_FILES = """
import os, operator
from build_graph.processes.confinement import Allowance
from build_graph.processes.worker import WorkerRunner
from build_graph.processes.worker import Call, LocalForkServer, Service
out = os.dup(1)
for number in range(3):
    os.close(number)
runner = WorkerRunner(LocalForkServer(Service(lambda: 1)))
os.write(out, b"%d" % runner.run(Call(operator.add, (2,), Allowance(20))))
runner.close()
"""


def test_a_fork_server_is_not_interrupted_while_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C goes to the whole group, and to a Python that is not ready for it, too."""
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED, encoding="utf-8")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    server = ForkServer(Service(load), "nothing")
    server.kill(server.fork())
    server.close()
    assert capfd.readouterr().err == ""
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


_INTERRUPTED = """
import os, signal, sys
if "--multiprocessing-fork" in sys.orig_argv:
    os.kill(os.getpid(), signal.SIGINT)
"""


def fail_in_an_unforeseen_way() -> None:
    raise MemoryError


def test_a_fork_server_that_fails_in_an_unforeseen_way_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ForkServerError, match=r"graph.ttl: .*MemoryError.*memory"):
        ForkServer(Service(fail_in_an_unforeseen_way), "graph.ttl")
    assert capfd.readouterr().err == ""
