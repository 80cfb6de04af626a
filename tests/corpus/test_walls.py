"""The wall around workers: no connection is opened behind it, what is open goes on."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from places import ROOT

from build_graph.processes import confinement

# What is tried behind the wall, in a process of its own. Each line has to raise PermissionError.
TRIED = """
socket.create_connection(where)
socket.create_connection(("localhost", where[1]))
socket.getaddrinfo("example.org", 80) and None
socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
socket.socket(socket.AF_INET6)
socket.socket(socket.AF_UNIX)
socket.socketpair()
free.connect(where)
datagrams.sendto(b"x", where)
socket.create_server(("127.0.0.1", 0))
listener.accept()
urllib.request.urlopen("http://%s:%d/" % where, timeout=3)
call(number_of_io_uring, 1, 0)
call(0x40000000 + 41, 2, 1, 0)
subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], check=True, stderr=-3)
in_thread(lambda: socket.socket())
in_older_thread(lambda: socket.socket())
""".strip().splitlines()
SCRIPT = """
import ctypes, errno, os, queue, socket, subprocess, sys, threading, urllib.request
from concurrent.futures import ThreadPoolExecutor
from build_graph.processes.confinement import forbid_connections
listener = socket.create_server(("127.0.0.1", 0))
where = listener.getsockname()
free, datagrams = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours, theirs = socket.socketpair()
open_one = socket.create_connection(where)
other, _ = listener.accept()
listener.setblocking(False)
number_of_io_uring = 425
in_older_thread = lambda do: older.submit(do).result()
in_thread = lambda do: ThreadPoolExecutor(1).submit(do).result()
def call(*numbers):
    if ctypes.CDLL(None, use_errno=True).syscall(*map(ctypes.c_long, numbers)) < 0:
        raise OSError(ctypes.get_errno(), "refused")
if %s:
    child = os.fork()
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
older = ThreadPoolExecutor(1)
older.submit(int).result()
assert forbid_connections()
assert forbid_connections()
for tried in sys.stdin.read().splitlines():
    try:
        eval(tried)
        print(tried, flush=True)
    except (PermissionError, subprocess.CalledProcessError, socket.gaierror):
        pass
    except urllib.error.URLError as error:
        assert isinstance(error.reason, PermissionError)
for one, another in ((ours, theirs), (open_one, other)):
    one.sendall(b"still here")
    assert another.recv(99) == b"still here"
assert os.read(os.open("/dev/zero", os.O_RDONLY), 1) == bytes(1)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the wall is one of Linux")
@pytest.mark.parametrize("forked", [False, True])
def test_no_connection_is_opened_behind_the_wall(forked: bool) -> None:
    """By no call, in no thread and no child, whether it was there before or comes later."""
    lines = [line for line in TRIED if "0x40000000" not in line or platform.machine() == "x86_64"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % forked],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)  # stdout names what got through


def test_where_there_is_no_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system or processor it is not tried, and that is said."""
    monkeypatch.setattr(confinement, "_install", None)
    monkeypatch.setattr(platform, "machine", lambda: "sparc")
    assert not confinement.forbid_connections()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not confinement.forbid_connections()


def test_the_program_leaves_no_way_around() -> None:
    """Each test jumps to the end of its own refusal, on both processors."""
    for machine in confinement._MACHINES.values():
        steps = list(confinement._build_program(machine))
        assert {len(step) for step in steps} == {8}
        for place, step in enumerate(steps):
            assert place + max(step[2:4]) < len(steps)
