"""`obligations serve` over HTTP: the protocol, the catalogue through a client, limits, and bad input."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import SPARQLWrapper
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st
from places import ROOT, TESTS
from properties import examples
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)
from server import DIRECT, FORM, PATIENCE, Reply, Server, read, serving, until

from build_graph.cli import main
from build_graph.query.catalogue import TODAY, Question, load_catalogue
from build_graph.query.engines import EndpointEngine, Engine
from build_graph.query.names import EntityFinder
from build_graph.query.parameters import Binder
from build_graph.web.server.cache import ResultCache
from build_graph.web.server.endpoint import Endpoint
from build_graph.web.server.executor import QueryExecutor, QueryRequest, has_more_rows
from build_graph.web.server.executor import QueryResult as Answered
from build_graph.web.server.protocol import AcceptedTypes, HTTPError, SparqlRequest
from build_graph.web.server.service_description import build_service_description, describe_dataset
from build_graph.web.server.settings import QueryLimits, Settings

GOLD = TESTS / "gold" / "documents"
CASES = tomllib.loads((TESTS / "cases" / "protocol.toml").read_text(encoding="utf-8"))["case"]
QUESTIONS = list(load_catalogue())
# Every status that the endpoint documents; h11 answers 400 for what is no HTTP.
STATUSES = {200, 204, 303, 400, 403, 404, 405, 406, 413, 415, 503, 504}
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HOARD = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?a ?f"  # holds all rows before it gives one


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves a folder: a store of three graphs of a triple each, which the cases are about."""
    folder = tmp_path_factory.mktemp("store")
    store = Store(str(folder))
    for number in "123":
        node = NamedNode(f"http://d/{number}")
        store.add(Quad(node, NamedNode("http://p"), Literal(number), node))
    store.flush()
    del store
    with serving("--store", folder, "--max-body", "256KB", "--cors", "https://a.example") as server:
        yield server


@pytest.fixture(scope="module")
def seed(graph: Path) -> Iterator[Server]:
    """Serves the graph of the first document, with limits that tests can reach."""
    limits = ("--timeout", 600, "--workers", 2, "--wait", 0.5, "--max-rows", 1000, "--max-answer", "16MB")
    limits += ("--cache", "0MB")
    with serving("--graph", graph, *limits, "--max-memory", "100MB") as server:
        yield server


# --------------------------------------------------------------------------------- the protocol


def sent(case: dict[str, Any], server: Server) -> Reply:
    path = case.get("path", "/sparql")
    if "parameters" in case:
        path += "?" + encoded(case["parameters"])
    form, nested = case.get("form"), case.get("nested")
    if nested:
        form = [["query", f"SELECT * {{ {'{' * nested} {'}' * nested} }}"]]
    body = encoded(form).encode() if form else case.get("body", "").encode()
    body = bytes.fromhex(case["hex"]) if "hex" in case else body
    headers = {"Content_Type": case.get("type", FORM if form else ""), "Accept": case.get("accept", "")}
    method = case.get("method", "POST" if form or {"body", "hex"} & set(case) else "GET")
    return server.send(method, path, body, **{name: value for name, value in headers.items() if value})


def encoded(pairs: list[list[str]]) -> str:
    return urlencode([(name, value) for name, value in pairs])


def values(reply: Reply) -> bool | list[str]:
    """Yes or no, or the values of ?o."""
    form = "XML" if "xml" in reply.headers["content-type"] else "JSON"
    found = parse_query_results(reply.body, format=getattr(QueryResultsFormat, form))
    return bool(found) if isinstance(found, QueryBoolean) else [row["o"].value for row in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_protocol(case: dict[str, Any], small: Server) -> None:
    reply = sent(case, small)
    assert reply.status == case.get("status", 200), reply.text
    if reply.status != 200:
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["content-type"].startswith(case.get("gives", ""))
    assert case.get("says", "") in reply.text
    if "rows" in case:
        assert values(reply) == case["rows"]


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": LONG},
        {"query": f"ASK {{ {LONG} }}"},
        {"query": f"ASK {{ ?s ?p {'x ' * 50_000} }}"},
        {"query": f"ASK {{ <a:{LONG}> <a:b> }}"},
        {"query": f"ASK {{ ?s ?p 'service {LONG}"},
        {"query": "ASK { ?s ?p '''" + "\n" * 1000 + LONG},
        {"query": f"SELECT (1 AS ?{LONG}) (2 AS ?{LONG}) {{}}"},
        {"query": f"SELECT * {{ BIND(1 AS ?{LONG}) BIND(1 AS ?{LONG}) }}"},
        {"query": "ASK {}", "default-graph-uri": LONG},
        {"query": f"DELETE {LONG}"},
    ],
    ids=lambda parameters: parameters["query"][:20],
)
def test_a_refusal_repeats_little(parameters: dict[str, str], small: Server) -> None:
    """Some two hundred characters of a query, whatever is wrong with it."""
    reply = small.send("POST", body=urlencode(parameters).encode(), Content_Type=FORM)
    assert reply.status == 400
    assert len(reply.text) < 400
    assert reply.text.count("x") < 250


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("http://127.0.0.1:80/sparql?query=ASK+%7B%7D", "evil.example", 200),
        ("HTTP://localhost/sparql?query=ASK+%7B%7D", "localhost", 200),
        ("http://localhost", "localhost", 200),
        ("http://localhost/nothing", "localhost", 404),
        ("http://evil.example/sparql?query=ASK+%7B%7D", "localhost", 421),
        ("http://localhost@evil.example/", "localhost", 421),
        ("http:///sparql?query=ASK+%7B%7D", "localhost", 421),
    ],
)
def test_a_request_that_names_the_whole_address(path: str, host: str, status: int, small: Server) -> None:
    """As to a proxy; the host in the address is the one that counts."""
    assert small.send("GET", path, Host=host).status == status


def test_methods(small: Server) -> None:
    """HEAD gives what GET gives, without a body; OPTIONS and 405 name the methods that there are."""
    path = "/sparql?" + urlencode({"query": "ASK {}"})
    head, got = small.send("HEAD", path), small.send("GET", path)
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}
    options = small.send("OPTIONS")
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert small.send("PATCH").headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_pages_of_an_origin_may_ask(small: Server, seed: Server) -> None:
    allowed = "access-control-allow-origin"
    assert small.send("GET", Origin="https://a.example").headers[allowed] == "https://a.example"
    assert allowed not in small.send("GET", Origin="https://b.example").headers
    assert allowed not in seed.send("GET", Origin="https://a.example").headers
    before = small.send(
        "OPTIONS",
        Origin="https://a.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type",
    )
    assert before.status == 200
    assert before.headers[allowed] == "https://a.example"


def test_the_description_names_the_endpoint(small: Server) -> None:
    triples = {quad.triple for quad in parse(small.send("GET").body, format=RdfFormat.TURTLE)}
    service = "http://www.w3.org/ns/sparql-service-description#endpoint"
    assert [t.object.value for t in triples if t.predicate.value == service] == [small.url]  # type: ignore[union-attr]
    assert small.send("GET", Host="no <host>").status == 421


SD = "http://www.w3.org/ns/sparql-service-description#"
SIZES = f"""
    PREFIX sd: <{SD}> PREFIX void: <http://rdfs.org/ns/void#>
    SELECT ?name ?size WHERE {{
      ?dataset a sd:Dataset
      {{ ?dataset sd:namedGraph [ a sd:NamedGraph ; sd:name ?name ; sd:graph ?graph ] }}
      UNION {{ ?dataset sd:defaultGraph ?graph }}
      ?graph a sd:Graph . OPTIONAL {{ ?graph void:triples ?size }}
    }}
"""


def described(data: bytes) -> dict[str, str]:
    """The sizes of graphs by name; the default graph is "", and a size that is not there, too."""
    store = Store()
    store.load(data, format=RdfFormat.TURTLE)
    rows = store.query(SIZES)
    assert isinstance(rows, QuerySolutions)
    return {getattr(row["name"], "value", ""): getattr(row["size"], "value", "") for row in rows}


def test_the_description_lists_the_graphs(small: Server) -> None:
    graphs = {f"http://d/{number}": "1" for number in "123"}
    assert described(small.send("GET").body) == {"": "3", **graphs}


def workers(*replies: tuple[int, str]) -> Any:
    """What answers so, one query after the other, whatever is asked."""
    given = iter(replies)

    async def answer(task: QueryRequest) -> Answered:
        status, body = next(given)
        return Answered(status, "application/sparql-results+json", body.encode())

    return answer


def rows_of(*names: str) -> tuple[int, str]:
    bindings = [{"g": {"type": "uri", "value": name}} for name in names]
    return 200, json.dumps({"head": {"vars": ["g"]}, "results": {"bindings": bindings}})


def test_graphs_that_are_many_or_large_are_described_as_far_as_may_be() -> None:
    """No more than a thousand, and it says so; without sizes where it takes too long to count."""
    names = [f"http://d/{number:04}" for number in range(1001)]
    held = asyncio.run(describe_dataset(workers(rows_of(*names), (504, "stopped"))))
    assert (held.more, held.sizes) == (True, None)
    data = build_service_description("http://x/sparql", RdfFormat.TURTLE, held)
    assert described(data) == dict.fromkeys(["", *names[:1000]], "")
    assert b"more named graphs than the 1,000" in data
    fewer = asyncio.run(describe_dataset(workers(rows_of(*names[:1000]), (504, "stopped"))))
    assert b"more named graphs" not in build_service_description("http://x/sparql", RdfFormat.TURTLE, fewer)


@pytest.mark.parametrize("replies", [[(504, "stopped")], [(200, rows_of("http://d/1")[1]), (503, "busy")]])
def test_graphs_that_cannot_be_listed(replies: list[tuple[int, str]]) -> None:
    """Then there is no description, rather than one that lacks them."""
    with pytest.raises(HTTPError, match="the graphs cannot be listed: "):
        asyncio.run(describe_dataset(workers(*replies)))


def test_a_browser_may_be_sent_elsewhere(tmp_path: Path) -> None:
    """Where a page lies beside the endpoint, who opens it in a browser gets there, and no program does."""
    from starlette.requests import Request

    endpoint = Endpoint(Settings(tmp_path, landing="/"), workers=None)  # type: ignore[arg-type]
    scope = {"type": "http", "path": "/sparql", "query_string": b"", "headers": [(b"host", b"x")]}
    scope |= {"method": "GET", "scheme": "http", "server": ("x", 80)}
    moved = asyncio.run(endpoint._describe(Request(scope), "text/html,*/*;q=0.8"))
    assert (moved.status_code, moved.headers["location"]) == (303, "/")


def test_nothing_goes_out(graph: Path) -> None:
    """No query makes the server connect to another, whatever it says."""
    with socket.create_server(("127.0.0.1", 0)) as other, serving("--graph", graph) as server:
        other.settimeout(0.5)
        address = f"<http://127.0.0.1:{other.getsockname()[1]}/x>"
        for query in (
            f"SELECT * {{ SERVICE {address} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT {address} {{ ?s ?p ?o }} }}",
            f"ASK {{ {{ SELECT * {{ ?s ?p ?o. service{address}{{}} }} }} }}",
            f"SELECT * {{ \\u0053ERVICE {address} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ VALUES ?e {{ {address} }} SERVICE ?e {{ ?s ?p ?o }} }}",
            f"SELECT * FROM {address} {{ ?s ?p ?o }}",
            f"LOAD {address}",
        ):
            assert server.ask(query).status == (200 if "FROM" in query else 400)
        assert server.send(
            "GET", f"/sparql?{urlencode({'query': 'ASK {}', 'default-graph-uri': address[1:-1]})}"
        )
        with pytest.raises(TimeoutError):
            other.accept()


@pytest.mark.skipif(sys.platform != "linux", reason="the wall is one of Linux")
def test_workers_stand_behind_a_wall(small: Server, seed: Server) -> None:
    """Over a store and over a file: as many processes as work queries out can open no connection."""
    for server, workers in ((small, max(4, os.cpu_count() or 1)), (seed, 2)):
        server.ask("ASK {}")
        walled = [pid for pid in server.processes() if "Seccomp:\t2" in status(pid)]
        assert len(walled) == workers
        assert server.process.pid not in walled


# --------------------------------------------------------------------------------- a client


def bound(question: Question, engine: Engine) -> str:
    examples = {p.name: p.example for p in question.header.parameters if p.default in (None, TODAY)}
    return Binder(EntityFinder(engine), date(2024, 1, 1)).bind(question, examples)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_catalogue_through_sparqlwrapper(
    question: Question, small: Server, engine: Engine, whole: Server
) -> None:
    """Every query gives the same rows as the engine does without HTTP, in each format of results."""
    query = bound(question, engine)
    answer = engine.answer(query)
    assert isinstance(answer, QuerySolutions)
    expected = json.loads(answer.serialize(format=QueryResultsFormat.JSON) or b"")
    for method in (SPARQLWrapper.GET, SPARQLWrapper.POST):
        client = SPARQLWrapper.SPARQLWrapper(whole.url, returnFormat=SPARQLWrapper.JSON)
        client.setMethod(method)
        client.setQuery(query)
        assert client.queryAndConvert() == expected
    client.setRequestMethod(SPARQLWrapper.POSTDIRECTLY)
    assert client.queryAndConvert() == expected
    client.setReturnFormat(SPARQLWrapper.XML)
    assert len(client.queryAndConvert().getElementsByTagName("result")) == len(
        expected["results"]["bindings"]
    )


@pytest.fixture(scope="module")
def whole(graph: Path) -> Iterator[Server]:
    """Serves the graph of the first document as it is served by default."""
    with serving("--graph", graph) as server:
        yield server


def test_a_store_of_documents_counts_nothing_twice(tmp_path: Path) -> None:
    """What two documents say of one body stands in two named graphs, and is one statement all the same."""
    documents = [GOLD / f"{name}.txt" for name in ("guofa-2019-3", "guofa-2018-38")]
    filled = CliRunner().invoke(main, ["build", *map(str, documents), "--store", str(tmp_path / "store")])
    assert filled.exit_code == 0, filled.output
    with serving("--store", tmp_path / "store") as server:
        for name in ("agencies-by-measures", "pairs"):
            asked = ["query", name, "--graph"]
            there = CliRunner().invoke(main, [*asked, server.url])
            here = CliRunner().invoke(main, [*asked, str(tmp_path / "store")])
            assert there.stdout == here.stdout
            assert len(there.stdout.splitlines()) > 30


def test_a_store_in_memory_is_what_it_was_at_the_start(tmp_path: Path) -> None:
    """Its graphs are those of the folder; the workers know no folder, and see nothing that comes into it."""
    folder = tmp_path / "store"
    store = Store(str(folder))
    graph = NamedNode("http://d/1")
    store.extend(Quad(NamedNode(f"a:{n}"), NamedNode("a:b"), Literal(n), graph) for n in range(9))
    store.flush()
    del store
    inside = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    with serving("--store", folder, "--in-memory", "--workers", 1, "--timeout", 1) as server:
        assert server.ask(inside, "text/csv").text.split() == ["n", "9"]
        for file in folder.iterdir():
            file.unlink()
        worker = max(pid for pid in server.processes() if b"spawn_main" in command(pid))
        os.kill(worker, signal.SIGKILL)
        asked = f"{inside} # again"
        assert until(lambda: server.ask(asked, "text/csv").text.split() == ["n", "9"])


def test_a_store_of_many_files(tmp_path: Path) -> None:
    """RocksDB opens sixteen files when it opens a store, and others when a query needs them."""
    folder = tmp_path / "store"
    store = Store(str(folder))
    for name in range(11):
        graph = NamedNode(f"http://d/{name}")
        store.extend(Quad(NamedNode(f"a:{n}"), NamedNode("a:b"), Literal(n), graph) for n in range(50))
        store.flush()
    del store
    assert len(list(folder.glob("*.sst"))) > 40
    with serving("--store", folder) as server:
        for query in ("?s ?p ?o", "GRAPH ?g { ?s ?p ?o }", "GRAPH ?g { ?s <a:b> ?o }"):
            reply = server.ask(f"SELECT (COUNT(*) AS ?n) {{ {query} }}", "text/csv")
            assert (reply.status, reply.text.split()) == (200, ["n", "550"]), query


def test_our_own_client(whole: Server, engine: Engine) -> None:
    """`obligations query --graph` asks it: rows, yes or no, triples, and a place where a query is wrong."""
    remote = EndpointEngine(whole.url)
    assert bool(remote.answer("ASK { ?s ?p ?o }"))
    describe = "DESCRIBE <https://w3id.org/obligation-graph/id/agency/mofcom>"
    assert remote.answer(describe) == engine.answer(describe)
    result = run("query", "pairs", "--graph", whole.url, "--set", "minimum=12")
    assert "商务部" in result.stdout


def test_a_connection_answers_many(whole: Server) -> None:
    connection = whole.connect()
    for _ in range(3):
        connection.request("POST", "/sparql", b"ASK {}", {"Content-Type": DIRECT})
        assert b"true" in connection.getresponse().read()
    connection.close()


# --------------------------------------------------------------------------------- limits


@contextlib.contextmanager
def running(server: Server, query: str) -> Iterator[HTTPConnection]:
    """A connection over which a query was sent that a worker has, until its client leaves: at the end."""
    with contextlib.closing(server.connect()) as connection:
        headers = {"Content-Type": DIRECT, "Accept": "*/*"}
        server.begin(lambda: connection.request("POST", "/sparql", query.encode(), headers))
        yield connection


def test_a_query_that_runs_too_long_is_stopped(graph: Path) -> None:
    """Others are answered before; then its worker is gone, and nothing takes time of the processor."""
    with serving("--graph", graph, "--workers", 2, "--timeout", 2) as server:
        before = set(server.processes())
        with running(server, CROSS) as connection, ThreadPoolExecutor() as pool:
            slow = pool.submit(lambda: read(connection.getresponse()))
            assert server.ask("ASK {}").status == 200
            assert not slow.done()
        reply = slow.result()
        assert (reply.status, reply.text) == (504, "query: has been stopped after 2 seconds; ask for less\n")
        assert until(lambda: len(set(server.processes()) - before) == 1), "the worker has not been replaced"
        assert len(server.processes()) == len(before)
        assert until(server.is_quiet)


def test_a_client_that_leaves_stops_its_query(seed: Server) -> None:
    before = set(seed.processes())
    with running(seed, CROSS):
        assert set(seed.processes()) == before
    assert until(lambda: len(set(seed.processes()) - before) == 1), "the worker has not been replaced"
    assert len(seed.processes()) == len(before)


def test_a_worker_that_dies_costs_no_answer(graph: Path) -> None:
    """While it is idle, as when the system lacks memory, or at work: the query is asked once more."""
    with serving("--graph", graph, "--workers", 2, "--timeout", 1) as server:
        fork_server = min(pid for pid in server.processes() if b"spawn_main" in command(pid))
        workers = [pid for pid in server.processes() if parent(pid) == fork_server]
        assert len(workers) == 2
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        assert [server.ask("ASK {}").status for _ in range(3)] == [200] * 3
        with running(server, CROSS) as connection, ThreadPoolExecutor() as pool:
            slow = pool.submit(lambda: read(connection.getresponse()))
            os.kill(server.process.pid, signal.SIGSTOP)  # else it asks again of a worker still to be killed
            for pid in server.processes():
                if parent(pid) == fork_server:
                    os.kill(pid, signal.SIGKILL)
            os.kill(server.process.pid, signal.SIGCONT)
        assert slow.result().status == 504


def test_memory_comes_back(seed: Server) -> None:
    """A query that hoards rows is ended at its limit; afterwards the server is as large as before."""
    seed.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    before = seed.memory()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(seed.ask, HOARD)
        most = before
        while not asked.done():
            most = max(most, seed.memory())
            time.sleep(0.02)
    reply = asked.result()
    assert reply.status == 400
    assert "query: takes more than 100MB of memory" in reply.text
    assert most < before + 150_000_000
    assert until(lambda: seed.memory() < before + 20_000_000)
    assert seed.ask("ASK {}").status == 200


def test_others_wait_and_are_told(seed: Server) -> None:
    """With all workers busy, a query waits its time and is then told when to come again."""
    with running(seed, f"{CROSS} # 1"), running(seed, f"{CROSS} # 2"):
        reply = seed.ask("ASK {}")
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert reply.text == "all 2 workers are busy; ask again later\n"
    assert until(lambda: seed.ask("ASK {}").status == 200)


# --------------------------------------------------------------------------------- kept answers

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def reply_of(size: int, tag: str = "t") -> Answered:
    return Answered(200, "text/csv", b"x" * size, tag)


def task_of(query: str) -> QueryRequest:
    return QueryRequest(SparqlRequest(query), AcceptedTypes("text/csv", None))


def test_the_answers_not_asked_for_longest_give_way() -> None:
    kept = ResultCache(12_000)
    for name in "abc":
        kept.put(task_of(name), reply_of(1900))
    assert kept.get(task_of("a")) == reply_of(1900)
    kept.put(task_of("d"), reply_of(1900))
    kept.put(task_of("e"), reply_of(1900))
    assert [name for name in "abcde" if kept.get(task_of(name))] == ["a", "c", "d", "e"]
    kept.clear()
    for name in "fghi":  # as many as before: what was forgotten takes no room
        kept.put(task_of(name), reply_of(1900))
    assert [name for name in "abcdefghi" if kept.get(task_of(name))] == ["f", "g", "h", "i"]


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("a", Answered(503, "text/plain", b"later")),
        ("a", reply_of(10, tag="")),
        ("a", reply_of(3001)),
        ("a" * 3000, reply_of(10)),
    ],
    ids=["a refusal", "an answer that does not last", "a large answer", "a long query"],
)
def test_what_is_not_kept(query: str, reply: Answered) -> None:
    kept = ResultCache(12_000)
    kept.put(task_of(query), reply)
    assert kept.get(task_of(query)) is None


@pytest.mark.parametrize(("cache", "status"), [("1MB", 200), ("0MB", 503)])
def test_a_kept_answer_needs_no_worker(cache: str, status: int, graph: Path) -> None:
    with serving("--graph", graph, "--workers", 1, "--wait", 0.2, "--cache", cache) as server:
        before = server.ask(COUNT)
        with running(server, CROSS):
            again = server.ask(COUNT)
            assert server.ask("ASK {}").status == 503
            assert server.ask(COUNT, "text/tab-separated-values").status == 503
    assert (before.status, again.status) == (200, status)
    if status == 200:
        assert (again.body, again.headers["etag"]) == (before.body, before.headers["etag"])


def test_who_asks_the_same_at_once_shares_an_answer(graph: Path) -> None:
    """One worker is enough for both; one that leaves does not stop what the other waits for."""
    with serving("--graph", graph, "--workers", 1, "--timeout", 2, "--wait", 0.2) as server:
        with contextlib.closing(server.connect()) as waiting:
            with running(server, CROSS):
                waiting.request("POST", "/sparql", CROSS.encode(), {"Content-Type": DIRECT, "Accept": "*/*"})
                assert server.ask(f"{CROSS} # another").status == 503  # which the other has come before
            assert server.ask(CROSS.replace("(COUNT", "(RAND() AS ?r) (COUNT")).status == 503
            assert waiting.getresponse().status == 504
        assert until(lambda: server.ask("ASK {}").status == 200)


def test_who_has_an_answer_gets_no_second_copy(seed: Server) -> None:
    """Its tag names the answer in its format; a client that sends it along hears that it still holds."""
    path = f"/sparql?{urlencode({'query': COUNT})}"
    csv, tsv = (seed.send("GET", path, Accept=f"text/{kind}") for kind in ("csv", "tab-separated-values"))
    tag = csv.headers["etag"]
    assert tag != tsv.headers["etag"]
    assert csv.headers["cache-control"] == "no-cache"
    for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            reply = seed.send(method, path, Accept="text/csv", If_None_Match=said)
            assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", tag)
            assert "content-type" not in reply.headers
    for said in (tsv.headers["etag"], '"x"', tag.strip('"'), ""):
        assert seed.send("GET", path, Accept="text/csv", If_None_Match=said).body == csv.body
    posted = seed.send("POST", body=COUNT.encode(), Content_Type=DIRECT, Accept="text/csv", If_None_Match=tag)
    assert (posted.status, posted.body) == (200, csv.body)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (RAND() AS ?x) {}",
        "SELECT (now() AS ?x) {}",
        "SELECT * { FILTER (STR(UUID()) != '') }",
        "SELEC",
    ],
)
def test_what_is_another_answer_each_time_has_no_tag(query: str, seed: Server) -> None:
    assert "etag" not in seed.ask(query).headers


def test_a_graph_that_is_loaded_again_has_new_answers(tmp_path: Path) -> None:
    path, query = tmp_path / "graph.ttl", "SELECT ?o { ?s ?p ?o }"
    path.write_text("<a:a> <a:b> 1 .", encoding="utf-8")
    with serving("--graph", path, "--workers", 1) as server:
        assert server.ask(query, "text/csv").text.split() == ["o", "1"]
        path.write_text("<a:a> <a:b> 2 .", encoding="utf-8")
        assert server.ask(query, "text/csv").text.split() == ["o", "1"]
        forked = sorted(pid for pid in server.processes() if b"spawn_main" in command(pid))
        os.kill(forked[0], signal.SIGKILL)
        assert until(lambda: not any(map(alive, forked)))  # nobody is left who has the old graph
        server.ask("ASK {}")
        assert until(lambda: server.ask("ASK {}").status == 200)
        assert server.ask(query, "text/csv").text.split() == ["o", "2"]


def test_a_store_that_is_taken_away_is_opened_again(tmp_path: Path) -> None:
    """A worker whose files a build has tidied away says so, and another takes its place."""
    folder = tmp_path / "store"
    store = Store(str(folder))
    store.extend(Quad(NamedNode(f"a:{n}"), NamedNode("a:b"), Literal(str(n) * 99)) for n in range(9000))
    store.flush()
    del store
    with serving("--store", folder, "--workers", 1) as server:
        assert server.ask("ASK {}").status == 200  # the worker has opened it
        kept = {file: file.read_bytes() for file in folder.glob("*.sst")}
        for file in kept:
            os.truncate(file, 0)
        reply = server.ask("SELECT * { ?s ?p ?o }")
        for file, data in kept.items():
            file.write_bytes(data)
        assert (reply.status, reply.text) == (503, "the store has been written; ask again\n")
        assert reply.headers["retry-after"] == "1"
        assert until(lambda: server.ask(COUNT, "text/csv").text.split() == ["n", "9000"])


# ----------------------------------------------------------------------------- sizes of answers

ROWS = "SELECT * { VALUES ?x { %s } }"


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"],
)
def test_more_rows_than_allowed(accept: str, seed: Server) -> None:
    """None are left out silently: at the limit all are there, over it the answer is refused."""
    assert seed.ask(ROWS % ("1 " * 1000), accept).status == 200
    reply = seed.ask(ROWS % ("1 " * 1001), accept)
    assert (reply.status, reply.text) == (
        400,
        "query: the answer has more than 1,000 rows; "
        "narrow the query, or take the answer in pieces with ORDER BY, LIMIT and OFFSET\n",
    )


@pytest.mark.parametrize("pieces", [[], [b"query=ASK"]], ids=["nothing", "a part"])
def test_a_request_that_does_not_come_in(pieces: list[bytes], tmp_path: Path) -> None:
    """It is refused when its time is over; this is the endpoint itself, whose time no option sets."""
    came, said = iter(pieces), list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        if (piece := next(came, None)) is None:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    endpoint = Endpoint(Settings(tmp_path, limits=QueryLimits(reading=0.05)), workers=None)  # type: ignore[arg-type]
    headers = [(b"content-type", FORM.encode())]
    scope = {"type": "http", "method": "POST", "path": "/sparql", "query_string": b"", "headers": headers}
    asyncio.run(asyncio.wait_for(endpoint(scope, receive, send), 10))
    start, body = said
    assert (start["status"], body["body"]) == (408, b"the request does not come in; send it faster\n")


def test_more_triples_than_allowed(seed: Server) -> None:
    same = "CONSTRUCT { <a:a> <a:b> ?p } WHERE { ?s ?p ?o }"  # a triple counts once
    assert seed.ask(same).status == 200
    assert "more than 1,000 triples" in seed.ask("CONSTRUCT WHERE { ?s ?p ?o }").text


def test_a_larger_answer_than_allowed(seed: Server) -> None:
    """It is not worked out to its end: this one has hundreds of millions of rows."""
    reply = seed.ask("SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert "the answer is larger than 16MB" in reply.text
    assert reply.status == 400


def test_a_query_of_another_form_than_it_seems() -> None:
    """The engine reads a keyword where a name seems to stand."""
    query = "PREFIX a: <t:> DESCRIBEa:b { { SELECT * {} } }"
    reply = QueryExecutor(Store(), QueryLimits()).execute(
        QueryRequest(SparqlRequest(query), AcceptedTypes("text/csv", "text/turtle"))
    )
    assert (reply.status, reply.body) == (
        400,
        b"query: is read as SELECT, and is another; put blanks around words\n",
    )


def test_a_larger_request_than_allowed(small: Server) -> None:
    query = b"ASK {} #" + b"x" * (1 << 18)
    assert small.send("POST", "/sparql", query, Content_Type=DIRECT).status == 413
    connection = small.connect()
    pieces = iter([query[:200_000], query[200_000:]])  # without Content-Length
    connection.request("POST", "/sparql", pieces, {"Content-Type": DIRECT}, encode_chunked=True)
    reply = connection.getresponse()
    assert (reply.status, b"larger than 256KB" in reply.read()) == (413, True)
    connection.close()


TEXT = st.text(st.sampled_from('"\\,{}[]\r\n<>x:&') | st.characters(codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(TEXT | st.none(), TEXT | st.none()), max_size=6))
@examples(150)
def test_rows_are_counted(rows: list[tuple[str | None, str | None]]) -> None:
    """In every format, whatever stands in them."""
    terms = " ".join(
        "(" + " ".join("UNDEF" if cell is None else str(Literal(cell)) for cell in row) + ")" for row in rows
    )
    store = Store()
    for form in (
        QueryResultsFormat.CSV,
        QueryResultsFormat.TSV,
        QueryResultsFormat.JSON,
        QueryResultsFormat.XML,
    ):
        found = store.query(f"SELECT * {{ VALUES (?a ?b) {{ {terms} }} }}")
        assert isinstance(found, QuerySolutions)
        body = found.serialize(format=form) or b""
        assert not has_more_rows(body, form, max(1, len(rows)))
        assert len(rows) < 2 or has_more_rows(body, form, len(rows) - 1)


# --------------------------------------------------------------------------------- anything at all

WORDS = st.sampled_from(
    ["query", "update", "default-graph-uri", "named-graph-uri", "ASK {}", "SELECT * { ?s ?p ?o }", "http://d/1",
     "CLEAR ALL", "DESCRIBE <http://d/1>", "", "%", "&", "=", "SERVICE", "{", "\x00", "商务部", "\ud7ff"]
)  # fmt: skip
WORD = WORDS | st.text(max_size=20)
MEDIA = st.sampled_from(
    [FORM, DIRECT, "application/sparql-update", "text/csv", "*/*", "text/html", "a/b", "/", ";", "*", ""]
)
HEADER = st.builds(
    lambda *parts: "".join(parts),
    MEDIA,
    st.sampled_from(
        ["", ";q=0", ";q=1.5", ";q=x", "; charset=utf-8", "; charset=x", ", text/turtle;q=0.1", ";;", ',"']
    ),
) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)
PAIRS = st.lists(st.tuples(WORD, WORD), max_size=4).map(lambda pairs: urlencode(pairs).encode())
BODY = PAIRS | st.binary(max_size=60) | WORD.map(str.encode)


@example(method="GET", path="/sparql", parameters=b"", accept="text/html", content_type=None, body=b"")
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "BREW"]),
    path=st.sampled_from(["/sparql", "/sparql/", "/", "/sparql/x", "//", "/%00", "/%ff"]),
    parameters=PAIRS | st.just(b"") | st.binary(max_size=20).map(lambda data: data.hex().encode()),
    accept=st.none() | HEADER,
    content_type=st.none() | HEADER,
    body=BODY,
)
@examples(400)
def test_any_request_gets_a_documented_status(  # noqa: PLR0917
    method: str,
    path: str,
    parameters: bytes,
    accept: str | None,
    content_type: str | None,
    body: bytes,
    small: Server,
) -> None:
    headers = {"Accept": accept, "Content_Type": content_type, "Origin": "https://a.example"}
    given = {name: value for name, value in headers.items() if value is not None}
    where = path + ("?" + parameters.decode() if parameters else "")
    reply = small.send(method, where, body if method not in ("GET", "HEAD") else b"", **given)
    assert reply.status in STATUSES, reply
    if reply.status >= 400 and method != "HEAD":
        assert reply.text.strip()
        assert "Traceback" not in reply.text


@given(data=st.binary(max_size=80))
@examples(100)
def test_what_is_no_http_does_no_harm(data: bytes, small: Server) -> None:
    host, port = small.connect().host, small.connect().port
    with socket.create_connection((host, port), timeout=10) as client:
        client.sendall(data + b"\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            assert client.recv(100)[9:12] != b"500"
    assert small.ask("ASK {}").status == 200


# --------------------------------------------------------------------------------- the command


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--graph", "no.ttl"], "no.ttl: there is no such graph; make it with: obligations build"),
        (["--graph", "README.md"], "README.md: is no"),
        (["--store", "tests"], "tests: this folder is no Oxigraph store"),
        (["--store", "README.md"], "give it as --graph"),
        (["--host", "no.such.host.invalid"], "there is no such host; give --host an address of this machine"),
        (["--host", "192.0.2.1"], "192.0.2.1:0: cannot be listened at"),
        (["--host", "a" * 300], "there is no such host"),
    ],
)
def test_bad_input(arguments: list[str], said: str, graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on stderr that says what to do, exit code 1, no traceback."""
    monkeypatch.chdir(ROOT)
    given = [] if {"--graph", "--store"} & set(arguments) else ["--graph", graph]
    result = run("serve", "--port", 0, *arguments, *given)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1), result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("obligations: ")
    assert said in result.stderr


def test_a_port_in_use(small: Server, graph: Path) -> None:
    port = small.connect().port
    result = run("serve", "--graph", graph, "--port", port)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"obligations: 127.0.0.1:{port}: cannot be listened at (Address already in use); "
        "give another --port (0 for a free one) or --host\n"
    )


def test_libraries_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette", None)
    result = run("serve")
    assert result.exit_code == 1
    assert "obligations serve needs an extra; run: pip install 'obligation-graph[serve]'" in result.stderr


def test_help_has_an_example() -> None:
    assert "obligations serve " in run("serve", "--help").output.split("Example", 1)[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_while_a_query_runs(number: signal.Signals, graph: Path) -> None:
    """Who waits for an answer is told; no process is left."""
    with serving("--graph", graph, "--workers", 1) as server, ThreadPoolExecutor() as pool:
        asked = server.begin(lambda: pool.submit(server.ask, CROSS))
        processes = server.processes()
        assert len(processes) > 2
        server.process.send_signal(number)
        assert server.process.wait(timeout=PATIENCE) == 0
        assert asked.result().status == 503
        assert until(lambda: not any(map(alive, processes)))


def test_nothing_is_left_of_a_server_that_is_killed(graph: Path) -> None:
    with serving("--graph", graph, code=-signal.SIGKILL) as server:
        processes = server.processes()
        server.process.kill()
        server.process.wait()
        assert until(lambda: not any(map(alive, processes)))


def test_a_fork_server_that_is_killed_is_replaced(graph: Path) -> None:
    """Its workers end with it, and the graph is loaded again."""
    with serving("--graph", graph, "--workers", 2, "--timeout", 1) as server:
        forked = [pid for pid in server.processes() if b"spawn_main" in command(pid)]
        fork_server = min(forked, key=lambda pid: parent(pid) != server.process.pid)
        os.kill(fork_server, signal.SIGKILL)
        assert until(lambda: not any(map(alive, forked)))
        reply = server.ask("ASK {}")
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert "the graph is being loaded again" in reply.text
        assert until(lambda: server.ask("ASK {}").status == 200)
        assert server.ask(CROSS).status == 504


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
