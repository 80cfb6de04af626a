"""What reaches a terminal: nothing that steers it, and one plain line where the output cannot be written."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import endpoint
import pytest
from endpoint import Answer
from places import ROOT

from build_graph.query.text_tables import escape_controls
from build_graph.vocabulary import XSD

# Sets the title of a window, rings, clears the screen with one character, turns the direction of letters.
STEERING = "\x1b]0;pwned\x07\x9b2J\u202e"
SHOWN = r"\x1b]0;pwned\x07\x9b2J\u202e"
PROGRAM = (sys.executable, "-m", "build_graph.cli")
CLI = ROOT / "build_graph" / "cli"
FULL = Path("/dev/full")
CLAUSE = "（一）加强监管。开展检查。（商务部、财政部负责）\n"


def in_terminal(*arguments: object) -> str:
    """What a terminal with many lines gets from a command."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 2000, 200, 0, 0))
    command = [*PROGRAM, *map(str, arguments)]
    environment = {**os.environ, "TERM": "xterm-256color", "PAGER": "cat", "COLUMNS": "200"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        said = b""
        try:
            while piece := os.read(master, 1 << 16):
                said += piece
        except OSError:  # so Linux says that nobody writes any more
            pass
    os.close(master)
    return said.decode()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a document whose title steers terminals, its graph, and one whose words do."""
    folder = tmp_path_factory.mktemp("hostile")
    line = {"id": "a", "title": f"关于检查{STEERING}的通知", "number": "商发〔2020〕3号", "text": CLAUSE}
    (folder / "a.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    (folder / "b.txt").write_text(f"关于检查{STEERING}的通知\n{CLAUSE}", encoding="utf-8")
    subprocess.run([*PROGRAM, "build", folder / "a.jsonl", "-o", folder, "--no-pages"], check=True)
    (folder / "c.ttl").write_text(f'<http://x/a> <http://x/b> "{SHOWN_IN_TURTLE}" .', encoding="utf-8")
    (folder / "pwned.ttl").write_text(f'<http://x/a> <http://x/b> "{SHOWN_IN_TURTLE}"^^<{XSD}date> .')
    return folder


SHOWN_IN_TURTLE = r"\u001b]0;pwned\u0007\u009b2J\u202e"
EVERYTHING = "SELECT ?o { ?s ?p ?o }"

# Whatever prints words of documents, of the names of files, or of the command line.
COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "build": lambda f: ["build", f / "a.jsonl", "-o", f / "again", "--no-pages"],
    "build of what is not there": lambda f: ["build", f / f"{STEERING}.txt"],
    "build into such a folder": lambda f: ["build", f / "b.txt", "-o", f / STEERING, "--no-pages"],
    "extract": lambda f: ["extract", f / "a.jsonl"],
    "extract as JSON": lambda f: ["extract", f / "a.jsonl", "--format", "json"],
    "text": lambda f: ["text", f / "b.txt", "--source"],
    "review": lambda f: ["review", f / "a.jsonl"],
    "a query": lambda f: ["query", written(f / "q.rq"), "--graph", f / "c.ttl"],
    "a query as CSV": lambda f: ["query", written(f / "q.rq"), "--graph", f / "c.ttl", "--format", "csv"],
    "a query as XML": lambda f: ["query", written(f / "q.rq"), "--graph", f / "c.ttl", "--format", "xml"],
    "a query that is none": lambda f: ["query", f"{STEERING}.rq"],
    "explain": lambda f: ["explain", f"{STEERING}", "--graph", f / "graph.ttl"],
    "validate": lambda f: ["validate", f / f"{STEERING}.ttl"],
    "validate what is ill-typed": lambda f: ["validate", f / "pwned.ttl"],
    "no such option": lambda f: ["build", f"--{STEERING}"],
    "no such command": lambda f: [STEERING],
    "no such choice": lambda f: ["query", "pairs", "--format", STEERING],
}


def written(path: Path) -> Path:
    path.write_text(EVERYTHING)
    return path


def check_harmless(said: str) -> None:
    assert SHOWN.replace("\\", "") not in said
    assert not {"\x07", "\x9b", "\u202e"} & set(said)
    assert "\x1b]" not in said


@pytest.mark.parametrize("what", COMMANDS)
def test_nothing_steers_a_terminal(what: str, hostile: Path) -> None:
    said = in_terminal(*COMMANDS[what](hostile))
    check_harmless(said)
    assert "pwned" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [["pull", "URL", "-o", "x.ttl"], ["query", "counts", "--graph", "URL"]])
def test_a_server_does_not_steer_a_terminal(command: list[str]) -> None:
    with endpoint.answering(lambda asked: Answer(500, "text/plain", STEERING.encode())) as (url, _):
        said = in_terminal(*(url if word == "URL" else word for word in command))
    check_harmless(said)
    assert SHOWN in said


def test_a_pipe_gets_the_data_as_they_are(hostile: Path) -> None:
    """What programs read holds the characters that the graph holds; what people read does not."""
    query = ["query", written(hostile / "q.rq"), "--graph", hostile / "c.ttl"]
    for form, words in (("csv", STEERING), ("tsv", STEERING), ("table", SHOWN)):
        command = [*PROGRAM, *map(str, query), "--format", form]
        said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        assert words in said


def test_what_is_shown_of_a_character() -> None:
    assert escape_controls(STEERING) == SHOWN
    plain = "一\t二\r\n三 ⟦四⟧\n"
    assert escape_controls(plain) == plain
    assert escape_controls("over\rwritten") == r"over\x0dwritten"


def test_only_one_module_prints() -> None:
    """All that commands say goes through `terminal`, which knows what a terminal may get."""
    printing = [path.name for path in CLI.glob("*.py") if "click.echo" in path.read_text(encoding="utf-8")]
    assert printing == ["terminal.py"]


# ---------------------------------------------------------------- output that cannot be written

OUTPUTS: dict[str, list[str]] = {
    "help": ["--help"],
    "help of a command": ["query", "--help"],
    "version": ["--version"],
    "queries": ["queries"],
    "a query": ["query", "counts", "--graph", "GRAPH"],
    "a table": ["query", "pairs", "--format", "table", "--graph", "GRAPH"],
    "triples": ["query", "TRIPLES", "--graph", "GRAPH"],
    "explain": ["explain", "四", "--graph", "GRAPH"],
    "export": ["export", "GRAPH", "--format", "nt", "-o", "OUT"],
    "text": ["text", "DOCUMENT"],
    "extract": ["extract", "DOCUMENT"],
    "review": ["review", "DOCUMENT"],
}


@pytest.fixture(scope="module")
def places(graph: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("places")
    (folder / "all.rq").write_text("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    (folder / "a.txt").write_text(f"关于检查的通知\n{CLAUSE}", encoding="utf-8")
    names = {"TRIPLES": "all.rq", "DOCUMENT": "a.txt", "OUT": "out.nt"}
    return {"GRAPH": str(graph), **{word: str(folder / name) for word, name in names.items()}}


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("what", OUTPUTS)
def test_a_full_device(what: str, places: dict[str, str]) -> None:
    """One line and exit code 1."""
    command = [*PROGRAM, *(places.get(word, word) for word in OUTPUTS[what])]
    with FULL.open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr == (
        "obligations: standard output: cannot be written (No space left on device); "
        "choose a place that can, or make room there\n"
    )
    assert done.returncode == 1


@pytest.mark.parametrize("what", ["help", "a query", "text", "review"])
def test_a_pipe_that_nobody_reads(what: str, places: dict[str, str]) -> None:
    """Quiet, as with other programs: obligations text … | head."""
    command = [*PROGRAM, *(places.get(word, word) for word in OUTPUTS[what])]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        done = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 1)


def test_messages_that_cannot_be_written(places: dict[str, str]) -> None:
    """Who does not read what is said on the way still gets the results."""
    command = [*PROGRAM, "review", places["DOCUMENT"], f"{places['DOCUMENT']}.not"]
    with FULL.open("wb") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert "understood: 1 document" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_stream_that_is_closed(closed: str, places: dict[str, str]) -> None:
    command = f"'{sys.executable}' -m build_graph.cli query - --graph '{places['GRAPH']}' {closed}"
    done = subprocess.run(["sh", "-c", command], input="ASK {}", capture_output=True, text=True, check=False)
    assert done.stderr.startswith("obligations: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == 1
