"""Commands need nothing that only POSIX has, or say in a line that they do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# Hides what only POSIX has, then runs commands; prints the exit code, output and errors of each.
PROGRAM = """
import json, os, signal, sys
for module in ("fcntl", "resource", "termios", "pwd", "grp", "tty", "pty", "syslog", "readline"):
    sys.modules[module] = None
HIDDEN = {
    os: ("fork", "forkpty", "getuid", "geteuid", "getgid", "killpg", "setsid",
         "sched_getaffinity", "sysconf", "mkfifo", "chown", "statvfs"),
    signal: ("SIGKILL", "SIGXCPU", "SIGHUP", "SIGALRM", "alarm", "setitimer", "pthread_sigmask", "sigwait"),
}
for module, names in HIDDEN.items():
    for name in names:
        delattr(module, name)
from click.testing import CliRunner
from build_graph.cli import main
results = [CliRunner().invoke(main, words) for words in json.loads(sys.argv[1])]
print(json.dumps([(one.exit_code, one.stdout, one.stderr, repr(one.exception)) for one in results]))
"""
NOTE = "limits of time and memory are not enforced: this system cannot fork processes\n"
COMMANDS = [
    ["build", "-o", "files"],
    ["build", "--store", "store"],
    ["extract", "DOCUMENT"],
    ["text", "DOCUMENT"],
    ["review"],
    ["read", "-o", "read.html"],
    ["query", "pairs"],
    ["query", "pairs", "--graph", "store"],
    ["explain", "四"],
    ["validate"],
    ["analyse", "--draws", "10", "-o", "analysis"],
    ["view", "-o", "view.html"],
    ["read", "--document", "国发〔2015〕24号", "-o", "restored.html"],
    ["export", "--format", "csv", "-o", "tables"],
    ["export", "--format", "jsonld", "-o", "graph.jsonld"],
    ["export", "--format", "graphml", "-o", "graph.graphml"],
    ["export", "--format", "nt", "-o", "graph.nt"],
]
REFUSED = {
    "serve": (["serve", "--graph", "files/graph.ttl"], "run it on Linux or macOS, or in WSL"),
    "shards": (["build", "--shards", "shards"], "--shards: this system cannot fork processes"),
    "workers": (
        ["build", "--store", "other", "--workers", "2"],
        "--workers: this system cannot fork processes",
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str, str]]:
    """Exit code, output, errors and exception of each command, on a system without POSIX."""
    folder = tmp_path_factory.mktemp("no-posix")
    (folder / "a.txt").write_text("（一）加强监管。开展检查。（商务部、财政部负责）\n", encoding="utf-8")
    commands = [
        [complete(word) for word in words] for words in [*COMMANDS, *(words for words, _ in REFUSED.values())]
    ]
    for words in commands:
        if (
            words[0] in ("query", "explain", "validate", "analyse", "view", "export")
            and "--graph" not in words
        ):
            words += ["--graph", "files/graph.ttl"]
        if "--document" in words:
            words += ["--graph", "files/graph.ttl"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    names = [*map(" ".join, COMMANDS), *REFUSED]
    return dict(zip(names, map(tuple, found), strict=True))


def complete(word: str) -> str:
    return "a.txt" if word == "DOCUMENT" else word


@pytest.mark.parametrize("command", list(map(" ".join, COMMANDS)))
def test_a_command_needs_no_posix(command: str, results: dict[str, tuple[int, str, str, str]]) -> None:
    """Where it understands documents it says that it does so without limits, and says nothing else."""
    code, output, errors, exception = results[command]
    assert (code, exception) == (0, "None"), exception
    assert output
    reads = command.startswith(("build", "extract", "text", "review", "read -o"))
    assert (NOTE in errors) == reads
    assert "Traceback" not in errors


@pytest.mark.parametrize("name", REFUSED)
def test_a_command_that_needs_posix_says_so_in_a_line(
    name: str, results: dict[str, tuple[int, str, str, str]]
) -> None:
    code, output, errors, _ = results[name]
    line = errors.replace(NOTE, "")
    assert (code, output, line.count("\n")) == (1, "", 1), results[name]
    assert line.startswith("obligations: ")
    assert REFUSED[name][1] in line
