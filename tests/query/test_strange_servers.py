"""Servers of others that want passwords, go on for ever, or answer what was not asked."""

from __future__ import annotations

import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import endpoint
import pytest
from click.testing import CliRunner, Result
from endpoint import Answer, Asked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, RdfFormat, Store

from build_graph.cli import main

DISCOVERY = (b"query=ASK+%7B+%7D", b"query=SELECT+%3Fg+")  # how push and pull find out what is there
SECRET = "s3cret-Wort-9"
USER = ["--user", "me"]
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def run(*arguments: object, **environment: str | None) -> Result:
    known = {"OBLIGATIONS_PASSWORD": None, "OBLIGATIONS_TOKEN": None, "NETRC": "/nonexistent"}
    return CliRunner(env={**known, **environment}).invoke(main, [str(argument) for argument in arguments])


def check_line(result: Result) -> str:
    """The one line of a command that fails: nothing on stdout, no traceback."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("obligations: ")
    return result.stderr


@pytest.fixture(scope="module")
def store(graph: Path) -> Store:
    """The document that ships with the package, in the graphs that a push makes."""
    store = Store()
    with endpoint.answering(endpoint.storing(store)) as (url, _):
        assert run("push", url, "--graph", graph).exit_code == 0
    return store


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph that is soon sent."""
    path = tmp_path_factory.mktemp("small") / "small.ttl"
    path.write_text("<http://x/a> <http://x/b> <http://x/c> .")
    return path


# Each command that talks to servers; URL is one's root, QUERY where it is asked, OUT a file, GRAPH is sent.
COMMANDS: dict[str, list[str]] = {
    "pull": ["pull", "URL", "-o", "OUT.nt"],
    "push": ["push", "URL", "--graph", "GRAPH"],
    "query": ["query", "documents", "--graph", "QUERY"],
    "analyse": ["analyse", "QUERY", "--draws", "0", "-o", "OUT"],
    "view": ["view", "QUERY", "-o", "OUT.html"],
    "explain": ["explain", "四", "--graph", "QUERY"],
    "validate": ["validate", "QUERY"],
    "export": ["export", "QUERY", "--format", "nt", "-o", "OUT.nt"],
    "read": ["read", "国发〔2015〕24号", "--graph", "QUERY", "-o", "OUT.html"],
}
WITH_USER = ("pull", "push", "query", "analyse", "view", "read")


def command(what: str, url: str, graph: Path, out: Path) -> list[str]:
    meant = {"URL": url, "QUERY": f"{url}/query", "GRAPH": str(graph)}
    words = [meant.get(word, word) for word in COMMANDS[what]]
    return [str(out / word) if word.startswith("OUT") else word for word in words]


# -------------------------------------------------------------------------------- credentials

CHALLENGES = {
    "Basic": 'Basic realm="x"',
    "Digest": 'Digest realm="x", nonce="n", qop="auth", algorithm="MD5"',
    "Bearer": 'Bearer realm="x"',
}
KEPT: dict[
    str, tuple[str, list[str], dict[str, str]]
] = {  # where credentials come from, and how they are used
    "Basic": ("Basic", USER, {"OBLIGATIONS_PASSWORD": SECRET}),
    "Digest": ("Digest", USER, {"OBLIGATIONS_PASSWORD": SECRET}),
    "Bearer": ("Bearer", [], {"OBLIGATIONS_TOKEN": SECRET}),
    "netrc": ("Basic", [], {"NETRC": "NETRC"}),
}


@pytest.fixture
def netrc(tmp_path: Path) -> str:
    path = tmp_path / "netrc"
    path.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    path.chmod(0o600)
    return str(path)


@contextmanager
def wanting(scheme: str) -> Iterator[tuple[str, list[Asked]]]:
    """A server that wants to know who asks, and never has enough of it."""
    challenge = {"WWW-Authenticate": CHALLENGES[scheme]}
    with endpoint.answering(lambda asked: Answer(401, headers=challenge)) as found:
        yield found


def sending_on(to: str, inner: Callable[[Asked], Answer], status: int) -> Callable[[Asked], Answer]:
    """A server that answers what it is asked first, and sends on who wants a graph or asks for the rest."""

    def answer(asked: Asked) -> Answer:
        if asked.body.startswith(DISCOVERY):
            return inner(asked)
        return Answer(status, headers={"Location": f"{to}{asked.path}"})

    return answer


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("what", WITH_USER)
def test_who_was_not_named_learns_nothing(
    what: str, kept: str, status: int, *, small: Path, store: Store, netrc: str, tmp_path: Path
) -> None:
    """A server that wants nothing to be proved sends on to one that does."""
    scheme, options, environment = KEPT[kept]
    known = {name: netrc if value == "NETRC" else value for name, value in environment.items()}
    with wanting(scheme) as (other, there):
        inner = endpoint.storing(store)
        with endpoint.answering(sending_on(other, inner, status)) as (url, came):
            result = run(*command(what, url, small, tmp_path), *options, **known)
    check_line(result)
    assert SECRET not in result.output
    assert came
    assert not [asked for asked in there if "Authorization" in asked.headers]


def test_each_server_that_was_named_is_told(graph: Path, store: Store, tmp_path: Path) -> None:
    """Graphs at one server, queries at another, and both want to know who asks."""
    proof = "Basic " + b64encode(f"me:{SECRET}".encode()).decode()
    inner = endpoint.storing(store)

    def guarded(asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != proof:
            return Answer(401, headers={"WWW-Authenticate": CHALLENGES["Basic"]})
        return inner(asked)

    with endpoint.answering(guarded) as (one, _), endpoint.answering(guarded) as (two, _):
        places = ["--gsp-url", f"{one}/store", "--query-url", f"{two}/query"]
        out = tmp_path / "out.ttl"
        result = run("pull", one, *places, *USER, "-o", out, OBLIGATIONS_PASSWORD=SECRET)
    assert result.exit_code == 0, result.output
    assert out.read_bytes() == graph.read_bytes()


def test_netrc_knows_each_host_by_itself(store: Store, netrc: str, tmp_path: Path) -> None:
    """The password that netrc has for one host does not go to another, though that was named too."""
    with wanting("Basic") as (other, there), endpoint.answering(endpoint.storing(store)) as (url, _):
        query = f"{other.replace('127.0.0.1', 'localhost')}/query"
        places = ["--gsp-url", f"{url}/store", "--query-url", query]
        check_line(run("pull", url, *places, "-o", tmp_path / "x.ttl", NETRC=netrc))
    assert there
    assert not [asked for asked in there if "Authorization" in asked.headers]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of 127.0.0.1, which signs itself."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-keyout", f"{path}.key", "-out", str(path), "-days", "2", "-subj", "/CN=127.0.0.1"]
    try:
        subprocess.run([*made, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not installed")
    path.write_bytes(path.read_bytes() + Path(f"{path}.key").read_bytes())
    return path


@contextmanager
def both_schemes(
    certificate: Path, answer: Callable[[Asked, str], Answer]
) -> Iterator[tuple[int, list[Asked]]]:
    """A port at which https and http are spoken; the requests that came in the clear."""
    clear: list[Asked] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Either(endpoint.Server):
        def finish_request(self, request: Any, client_address: Any) -> None:
            if request.recv(1, socket.MSG_PEEK) == b"\x16":
                request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
            if scheme == "http":
                clear.append(asked)
            said = answer(asked, scheme)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", said.media)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_PUT = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    with endpoint.listening(Handler, Either) as port:
        yield port, clear


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("what", ["pull", "push", "query", "view"])
def test_a_password_does_not_go_in_the_clear(
    what: str, kept: str, *, small: Path, store: Store, netrc: str, tmp_path: Path, certificate: Path
) -> None:
    """The same host and port without encryption is another server: anybody on the way may be it."""
    scheme, options, environment = KEPT[kept]
    known = {name: netrc if value == "NETRC" else value for name, value in environment.items()}
    known |= {"SSL_CERT_FILE": str(certificate), "REQUESTS_CA_BUNDLE": None}
    inner, challenge = endpoint.storing(store), {"WWW-Authenticate": CHALLENGES[scheme]}

    def answer(asked: Asked, spoken: str) -> Answer:
        if spoken == "http":
            return Answer(401, headers=challenge)
        if asked.body.startswith(DISCOVERY):
            return inner(asked)
        return Answer(302, headers={"Location": f"http://{asked.headers['Host']}{asked.path}"})

    with both_schemes(certificate, answer) as (port, clear):
        result = run(*command(what, f"https://127.0.0.1:{port}", small, tmp_path), *options, **known)
    assert "certificate" not in check_line(result)
    assert clear or what != "pull"  # only reads by GET follow to another server
    assert not [asked for asked in clear if "Authorization" in asked.headers]


# -------------------------------------------------------------------- answers without an end


@contextmanager
def dripping(head: bytes, drops: bytes) -> Iterator[str]:
    """A server that sends the head of an answer, and then one letter after the other, for ever."""
    enough = Event()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.wfile.write(head)
            while not enough.wait(0.05):
                self.wfile.write(drops)

        do_GET = do_PUT = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    with endpoint.listening(Handler) as port:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            enough.set()


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
DRIPPING: dict[str, tuple[bytes, bytes]] = {
    "an answer": (OK + b"\r\n", b" "),
    "pieces": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the size of a piece": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "a status": (b"", b"H"),
    "a refusal": (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n", b"x"),
    "a redirection": (b"HTTP/1.1 302 Found\r\nLocation: /query\r\nX: ", b"x"),
}


@pytest.mark.parametrize("drip", DRIPPING)
@pytest.mark.parametrize("what", ["pull", "query"])
def test_a_server_that_drips(what: str, drip: str, small: Path, tmp_path: Path) -> None:
    with dripping(*DRIPPING[drip]) as url:
        result = run(*command(what, url, small, tmp_path), "--timeout", "0.3")
    assert "no answer within 0.3 seconds" in check_line(result)


@contextmanager
def pouring(head: bytes, wave: bytes) -> Iterator[str]:
    """A server that sends the same again and again, as fast as it can."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.wfile.write(head)
            while True:
                self.wfile.write(wave)

        do_GET = do_PUT = do_POST = answer  # noqa: N815  # the library's names

        def log_message(self, format: str, *args: object) -> None:
            pass

    with endpoint.listening(Handler) as port:
        yield f"http://127.0.0.1:{port}"


POURING: dict[str, tuple[bytes, bytes]] = {
    "an answer": (OK + b"\r\n", b" " * 65536),
    "a refusal": (b"HTTP/1.1 500 No\r\nContent-Type: text/plain\r\n\r\n", b" " * 65536),
    "what is packed": (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b" " * (1 << 20))),
}


@pytest.mark.parametrize("pour", POURING)
@pytest.mark.parametrize("what", ["pull", "push", "query", "explain", "validate", "export", "read"])
def test_a_server_that_does_not_end(what: str, pour: str, small: Path, tmp_path: Path) -> None:
    with pouring(*POURING[pour]) as url:
        result = run(*command(what, url, small, tmp_path), "--max-answer", "1MB")
    assert "more than 1MB" in check_line(result) or pour == "a refusal"


@pytest.mark.parametrize("what", ["pull", "query"])
def test_memory_that_an_answer_takes(what: str, small: Path, tmp_path: Path) -> None:
    """3 MB that unpack to 3 GB, where a command may have no more than 2 GB."""
    body = gzip.compress(b" " * (1 << 24)) * 192
    packed = Answer(200, "application/sparql-results+json", body, {"Content-Encoding": "gzip"})
    with endpoint.answering(lambda asked: packed) as (url, _):
        words = " ".join(f"'{word}'" for word in command(what, url, small, tmp_path))
        line = f"ulimit -v 2000000; exec '{sys.executable}' -m build_graph.cli {words}"
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "more than 256MB; " in done.stderr


def test_names_that_unpack_to_more(tmp_path: Path) -> None:
    """A prefix of 100 kB and 1,000 names with it are 100 MB."""
    body = (
        f"@prefix p: <http://x/{'y' * 100_000}> .\n".encode() + b"p:a p:b p:c, " + b"p:d, " * 1000 + b"p:e ."
    )
    inner = endpoint.storing(Store())

    def answer(asked: Asked) -> Answer:
        return Answer(200, "text/turtle", body) if b"CONSTRUCT" in asked.body else inner(asked)

    (tmp_path / "all.rq").write_text("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    with endpoint.answering(answer) as (url, _):
        call = ["query", tmp_path / "all.rq", "--graph", f"{url}/query", "--max-answer", "1MB"]
        assert "more than 1MB" in check_line(run(*call))


@pytest.mark.parametrize("what", COMMANDS)
def test_help_says_how_much_an_answer_may_hold(what: str) -> None:
    said = " ".join(run(what, "--help").output.split())
    assert re.search(
        r"--max-answer SIZE Bytes of one answer of an endpoint, unpacked. \[default: 256MB\]", said
    )


# ------------------------------------------------------------------------- strange answers

Change = Callable[[Answer], Answer]


def of_json(change: Callable[[Any], object]) -> Change:
    """What changes the JSON of an answer with rows."""

    def changed(answer: Answer) -> Answer:
        if "json" not in answer.media:
            return answer
        data = json.loads(answer.body)
        change(data)
        return replace(answer, body=json.dumps(data).encode())

    return changed


def of_rows(change: Callable[[dict[str, Any]], object]) -> Change:
    """What changes each row of an answer."""
    return of_json(lambda data: [change(row) for row in data.get("results", {}).get("bindings", [])])


def of_values(**changes: str) -> Change:
    return of_rows(lambda row: [value.update(changes) for value in row.values()])


def without_last(data: dict[str, Any]) -> None:
    names = data["head"].get("vars", [""])
    last = names.pop()
    for row in data.get("results", {}).get("bindings", []):
        row.pop(last, None)


def with_one_more(data: dict[str, Any]) -> None:
    data["head"].get("vars", []).append("more")


def in_numbers(words: str) -> Change:
    def change(row: dict[str, Any]) -> None:
        for value in row.values():
            if "integer" in value.get("datatype", ""):
                value["value"] = words

    return of_rows(change)


def as_media(media: str) -> Change:
    return lambda answer: replace(answer, media=media)


def of_body(change: Callable[[bytes], bytes], **headers: str) -> Change:
    return lambda answer: replace(answer, body=change(answer.body), headers={**answer.headers, **headers})


def always(media: str, body: bytes) -> Change:
    return lambda answer: Answer(200, media, body)


JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
PACKED = {"Content-Encoding": "gzip"}
ROWS = b'{"head":{"vars":["g","n"]},"results":{"bindings":[{"g":{"type":"literal","value":"x"}}]}}'

# What becomes of good answers, with which nothing can be done. That of rows does nothing to statements.
FATAL: dict[str, Change] = {
    "nothing": of_body(lambda body: b""),
    "no UTF-8": of_body(lambda body: body[:-20] + b"\xff\xfe" + body[-20:]),
    "half": of_body(lambda body: body[: len(body) // 2]),
    "broken XML": always(XML, b"<sparql><head>"),
    "rows as CSV": always("text/csv", b"a,b\r\n1,2\r\n"),
    "broken TSV": always("text/tab-separated-values", b"?a\t?b\n<x\n"),
    "broken Turtle": always("text/turtle", b"<a> <b> <"),
    "a page": always("text/html", PAGE),
    "a page that says it is JSON": always(JSON, PAGE),
    "other rows": always(JSON, ROWS),
    "nested without end": always(JSON, b'{"head":' + b"[" * 100_000),
    "cut": lambda answer: replace(answer, cut=True),
    "packed and cut": of_body(lambda body: gzip.compress(body)[:-12], **PACKED),
    "packed and damaged": of_body(lambda body: gzip.compress(body)[:-8] + b"12345678", **PACKED),
    "said to be packed": of_body(lambda body: body, **PACKED),
    "packed as who knows what": of_body(lambda body: body, **{"Content-Encoding": "br"}),
}
FATAL_ROWS: dict[str, Change] = {
    "a column less": of_json(without_last),
    "other columns": of_json(lambda data: data["head"].update(vars=["x"])),
    "no columns": of_json(lambda data: data.update(head={})),
    "invalid addresses": of_values(type="uri", value="no address <"),
    "unknown kinds": of_values(type="thing"),
    "yes": always(JSON, b'{"head":{},"boolean":true}'),
    "statements": always("text/turtle", b"<http://a> <http://b> <http://c> ."),
}
# Some commands find nothing wrong with these.
ODD: dict[str, Change] = {
    "a column more": of_json(with_one_more),
    "numbers that are none": in_numbers("NaN"),
    "numbers beyond all": in_numbers("9" * 5000),
    "negative numbers": in_numbers("-1"),
    "words for things": of_values(type="literal"),
    "things for words": of_values(type="uri", value="http://x/y"),
    "blank nodes": of_values(type="bnode", value="b"),
    "rows without values": of_rows(dict.clear),
    "another type": as_media("image/png"),
    "no type": as_media(""),
}
GOOD = (JSON, "text/turtle", "application/n-triples")
ASKING_ROWS = [what for what in COMMANDS if what not in ("explain", "validate")]


@pytest.fixture
def ask_strangely(
    small: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Change], tuple[Result, str]]:
    """What runs a command on a server whose answers are changed; the result, and where the server was."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it is tried again
    inner = endpoint.storing(store)

    def ask(what: str, change: Change) -> tuple[Result, str]:
        def answer(asked: Asked) -> Answer:
            found = inner(asked)
            return change(found) if found.media in GOOD and not asked.body.startswith(DISCOVERY[0]) else found

        with endpoint.answering(answer) as (url, _):
            return run(*command(what, url, small, tmp_path)), url

    return ask


def known_to(what: str) -> dict[str, Change]:
    """What a command can do nothing with; no bytes at all are Turtle."""
    if what in ASKING_ROWS:
        return FATAL | FATAL_ROWS
    return {name: change for name, change in FATAL.items() if name != "nothing"}


@pytest.mark.parametrize(("what", "fault"), [(what, fault) for what in COMMANDS for fault in known_to(what)])
def test_a_strange_answer(
    what: str, fault: str, tmp_path: Path, ask_strangely: Callable[[str, Change], tuple[Result, str]]
) -> None:
    """One line that names the server, and nothing is written."""
    result, url = ask_strangely(what, known_to(what)[fault])
    assert url in check_line(result)
    assert not list(tmp_path.glob("OUT*"))


@pytest.mark.parametrize(
    ("what", "odd"),
    [
        *((what, odd) for what in ("pull", "push", "query", "view", "read") for odd in ODD),
        *(
            (what, odd)
            for what in ("analyse", "export")
            for odd in ("numbers that are none", "words for things")
        ),
    ],
)
def test_an_odd_answer(
    what: str, odd: str, tmp_path: Path, ask_strangely: Callable[[str, Change], tuple[Result, str]]
) -> None:
    """The work is done, or one line says why it is not."""
    result, _ = ask_strangely(what, ODD[odd])
    if result.exit_code != 0:
        check_line(result)
        assert not list(tmp_path.glob("OUT*"))


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "xml", "ttl"])
@pytest.mark.parametrize("fault", ["invalid addresses", "other rows", "statements", "cut", "a page"])
def test_a_strange_answer_in_each_format(
    form: str, fault: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it is tried again
    change, inner = (FATAL | FATAL_ROWS)[fault], endpoint.storing(store)
    with endpoint.answering(lambda asked: change(inner(asked))) as (url, _):
        check_line(run("query", "documents", "--graph", f"{url}/query", "--format", form))


@given(st.data())
@settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_answers_with_any_fault(mutating: dict[str, Any], data: st.DataObject) -> None:
    """A command does its work or says on one line why not, whatever becomes of the bytes of an answer."""
    what = data.draw(st.sampled_from(["pull", "push", "query"]))
    place, gone = data.draw(st.integers(0, 400)), data.draw(st.integers(0, 30))
    mutating["bytes"] = place, gone, data.draw(st.binary(max_size=8))
    result = run(*mutating["commands"][what])
    if result.exit_code != 0:
        check_line(result)


@pytest.fixture(scope="module")
def mutating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Commands on a server of two small graphs, which damages its answers as it is told."""
    folder = tmp_path_factory.mktemp("mutating")
    small = Store()
    for name in "ab":
        small.load(
            b"<http://x/a> <http://x/b> 1 .",
            RdfFormat.TURTLE,
            to_graph=NamedNode(f"http://x/{name}"),
        )
    (folder / "small.ttl").write_text("<http://x/a> <http://x/b> 1 .")
    told: dict[str, Any] = {"bytes": (0, 0, b"")}
    inner = endpoint.storing(small)

    def answer(asked: Asked) -> Answer:
        found, (place, gone, new) = inner(asked), told["bytes"]
        place %= len(found.body) + 1
        return replace(found, body=found.body[:place] + new + found.body[place + gone :])

    with endpoint.answering(answer) as (url, _):
        told["commands"] = {
            what: command(what, url, folder / "small.ttl", folder) for what in ("pull", "push", "query")
        }
        yield told
