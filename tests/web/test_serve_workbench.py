"""The workbench over HTTP: its pages, formats, headers, limits, and what it says where there is no page."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Thread
from time import sleep
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from places import TESTS
from properties import examples
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Triple, parse
from server import Reply, Server, serving, until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from build_graph.cli import main
from build_graph.query.catalogue import ParameterKind, Question, find_question, load_catalogue
from build_graph.query.engines import Engine
from build_graph.query.names import EntityFinder, NameIndex
from build_graph.query.parameters import Binder
from build_graph.query.results import AnswerFormat, format_result
from build_graph.resources import load_word_lists
from build_graph.vocabulary import BASE, ELI, NIF, OB
from build_graph.web.pages.answer_tables import ROWS
from build_graph.web.pages.entity import NAMING
from build_graph.web.pages.question_form import render_catalogue_page
from build_graph.web.server.cache import PageCache
from build_graph.web.server.middleware import list_allowed_hosts
from build_graph.web.server.protocol import HTTPError
from build_graph.web.server.responses import show_failure, wrap_view
from build_graph.web.server.settings import ServeError, Settings
from build_graph.web.server.state import AppState
from build_graph.web.urls import entity_url

CASES = tomllib.loads((TESTS / "cases" / "workbench.toml").read_text(encoding="utf-8"))["case"]
GOLD = TESTS / "gold" / "documents"
QUESTIONS = list(load_catalogue())
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
HTML = "text/html; charset=utf-8"
PAGES = (
    "/",
    "/documents",
    "/queries",
    "/query/pairs",
    "/search?q=x",
    "/id/agency/mofcom",
    "/network",
    "/read/国发-2015-24",
    "/nothing",
)
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}


@pytest.fixture(scope="module")
def seed(graph: Path) -> Iterator[Server]:
    """Serves the graph of the first document."""
    with serving("--graph", graph, "--workers", 4) as server:
        yield server


def get(server: Server, path: str, accept: str = BROWSER, method: str = "GET", **headers: str) -> Reply:
    """What is at a path, whose words are percent-encoded here."""
    return server.send(method, quote(path, safe="/?=&%#"), Accept=accept, **headers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_where(case: dict[str, Any], seed: Server) -> None:
    reply = get(seed, case["path"], case.get("accept", BROWSER), case.get("method", "GET"))
    assert reply.status == case.get("status", 200), reply.text[-2000:]
    assert reply.headers["content-type"] == case.get("type", HTML)
    text = reply.body.decode("utf-8-sig")
    for words in case["says"]:
        assert words in text, words
    for words in case.get("lacks", ()):
        assert words not in text


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_question_is_answered(question: Question, seed: Server, engine: Engine) -> None:
    """As a page with the rows, and as CSV with the words, that the graph gives without a server."""
    values = {p.name: p.example for p in question.header.parameters if p.default is None}
    given = {
        **values,
        **{p.name: "2024-01-01" for p in question.header.parameters if p.kind is ParameterKind.DATE},
    }
    query = Binder(EntityFinder(engine), None).bind(question, given)  # type: ignore[arg-type]  # no day is asked
    rows = list(csv.reader(format_result(engine.answer(query), AnswerFormat.CSV).splitlines()))
    address = f"/query/{question.name}?{urlencode(given)}"
    reply = get(seed, address)
    assert reply.status == 200
    assert reply.text.count("<tr>") == min(len(rows), ROWS + 1) - (len(rows) == 1)
    sheet = get(seed, f"{address}&format=csv")
    assert sheet.headers["content-disposition"] == f'attachment; filename="{question.name}.csv"'
    assert sheet.body.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(sheet.body.decode("utf-8-sig").splitlines())) == rows


def test_every_column_has_words() -> None:
    known = load_word_lists("pages")["columns"]
    names = {p.name for question in QUESTIONS for p in question.header.parameters}
    for path in (TESTS / "golden" / "queries").glob("*.tsv"):
        names |= {name.strip("?\n") for name in path.open(encoding="utf-8").readline().split("\t")}
    assert {name for name in names if f"column_{name}" not in known} == {"agency", "date"} - {
        "agency",
        "date",
    }


# --------------------------------------------------------------------------------- things


def test_every_thing_has_a_page_and_a_description(seed: Server, engine: Engine) -> None:
    """One of each class, and what the graph says of it: the same in every format."""
    found = engine.answer(
        "SELECT (MIN(?thing) AS ?one) (MAX(?thing) AS ?two) "
        f"{{ ?thing a ?class FILTER (STRSTARTS(STR(?thing), '{BASE}')) }} GROUP BY ?class"
    )
    assert isinstance(found, QuerySolutions)
    iris = sorted({row[name].value for row in found for name in ("one", "two")})
    assert len(iris) > 30
    for iri in iris:
        path = entity_url(iri)
        reply = seed.send("GET", path, Accept=BROWSER)
        assert (reply.status, reply.headers["content-type"]) == (200, HTML), iri
        assert reply.headers["vary"] == "Accept"
        described = [triples(seed.send("GET", path, Accept=media)) for media in FORMATS]
        assert described[0]
        assert all(other == described[0] for other in described[1:]), iri
        own = engine.answer(f"CONSTRUCT WHERE {{ <{iri}> ?p ?o }}")
        assert set(own.triples) <= described[0]  # type: ignore[union-attr]


def triples(reply: Reply) -> set[Triple]:
    assert reply.status == 200
    form = FORMATS[reply.headers["content-type"].partition(";")[0]]
    return {quad.triple for quad in parse(reply.body, format=form, base_iri=BASE)}


def test_a_thing_that_many_name(tmp_path: Path) -> None:
    """Its description holds so many, and leads to all of them."""
    node = f"{BASE}agency/known"
    lines = [f"<{BASE}x/{at}> <http://p> <{node}> ." for at in range(NAMING + 5)]
    (tmp_path / "many.nt").write_text("\n".join(lines), encoding="utf-8")
    with serving("--graph", tmp_path / "many.nt", "--workers", 1) as server:
        reply = server.send("GET", "/id/agency/known", Accept="application/n-triples")
        assert len(triples(reply)) == NAMING
        where, _, relation = reply.headers["link"].partition(";")
        assert 'rel="related"' in relation
        rest = server.send("GET", where.strip("<>"), Accept="application/n-triples")
        assert len(triples(rest)) == NAMING + 5
        assert "link" not in server.send("GET", "/id/x/1", Accept="application/n-triples").headers
        assert "100+" in server.send("GET", "/id/agency/known", Accept=BROWSER).text


def test_documents_of_many_are_named(tmp_path: Path) -> None:
    """Where an answer is of several documents, each row says which; the lists hold all of them."""
    documents = [GOLD / "guofa-2019-3.txt", GOLD / "wuhua-113.txt"]
    done = CliRunner().invoke(main, ["build", *map(str, documents), "--store", str(tmp_path / "store")])
    assert done.exit_code == 0, done.output
    with serving("--store", tmp_path / "store", "--workers", 2) as server:
        text = server.send("GET", "/query/without-lead", Accept=BROWSER).text
        assert ">Document</th>" in text
        assert '<td class="words cut"><a href="/id/d/' in text
        home = server.send("GET", "/", Accept=BROWSER).text
        listed = server.send("GET", "/documents?sort=measures", Accept=BROWSER).text
        for page_text in (home, listed):
            assert page_text.count('data-t="read"') >= 2
            assert "综合保税区" in page_text
            assert "五华" in page_text


# --------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("path", PAGES)
def test_headers(path: str, seed: Server) -> None:
    got = get(seed, path)
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["referrer-policy"] == "same-origin"
    assert got.headers["cache-control"] == "no-cache"
    assert got.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "default-src 'none'" in got.text
    head = get(seed, path, method="HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_what_is_unchanged_is_not_sent_again(seed: Server) -> None:
    first = get(seed, "/network")
    again = get(seed, "/network", If_None_Match=f'"x", {first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert get(seed, "/network", If_None_Match='"x"').body == first.body
    assert "etag" not in get(seed, "/nothing").headers


def test_a_browser_that_opens_the_endpoint(seed: Server) -> None:
    assert get(seed, "/sparql").headers["location"] == "/"
    assert get(seed, "/sparql", "*/*").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST", 200),
        ("localhost.", 200),
        ("localhost.:{port}", 200),
        ("policies.example.:{port}", 200),
        ("localhost..", 421),
        (".", 421),
        ("127.0.0.1:80@evil", 421),
        ("evil@127.0.0.1", 421),
        ("127.0.0.1:{port}/evil", 421),
        ("127.0.0.1:port", 421),
        ("[::1].evil", 421),
        ("[::1]:{port}.evil", 421),
        ("[127.0.0.1]evil", 421),
        ("[::1]:{port}", 200),
        ("policies.example", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:{port}", 421),
        ("", 421),
        ("[", 421),
        ("[::1", 421),
    ],
)
def test_who_may_be_called_what(host: str, status: int, named: Server) -> None:
    """A site that lets its own name lead here is no part of this server, nor is the endpoint part of it."""
    host = host.format(port=named.connect().port)
    for path in ("/", "/sparql?query=ASK%7B%7D", "/id/agency/mofcom"):
        reply = named.send("GET", path, Host=host)
        assert reply.status == status
        assert status == 200 or "--allow-host" in reply.text


@pytest.fixture(scope="module")
def named(graph: Path) -> Iterator[Server]:
    """Serves the first document under a name of its own too."""
    with serving("--graph", graph, "--allow-host", "Policies.example", "--workers", 2) as server:
        yield server


def test_names_that_are_checked(tmp_path: Path) -> None:
    assert not list_allowed_hosts(Settings(tmp_path, host="0.0.0.0"))
    assert list_allowed_hosts(Settings(tmp_path, host="0.0.0.0", allow_hosts=("a.example",))) >= {
        "a.example",
        "localhost",
    }
    assert "127.0.0.2" in list_allowed_hosts(Settings(tmp_path, host="127.0.0.2"))
    assert list_allowed_hosts(Settings(tmp_path, host="::1")) == list_allowed_hosts(Settings(tmp_path))
    for pattern in ("*", "*.example", "a*.example"):  # for starlette, the first is any name
        with pytest.raises(ServeError, match="give each name in full"):
            Settings(tmp_path, allow_hosts=(pattern,))


# --------------------------------------------------------------------------------- limits


def test_a_page_whose_query_takes_too_long(graph: Path) -> None:
    """The page says so; the first page shows what can be had, and others are not disturbed."""
    with serving("--graph", graph, "--timeout", 0.002, "--workers", 2) as server:
        reply = server.send("GET", "/query/pairs", Accept=BROWSER)
        assert reply.status == 504, reply.status
        assert "pairs: has been stopped after 0.002 seconds" in reply.text
        assert server.send("GET", "/", Accept=BROWSER).status == 200
        network = server.send("GET", "/network", Accept=BROWSER)
        assert (network.status, "This takes longer than one query may here" in network.text) == (504, True)
        assert server.send("GET", "/names/agency?q=x", Accept="*/*").status == 504


def test_more_rows_than_allowed(graph: Path) -> None:
    with serving("--graph", graph, "--max-rows", 105, "--workers", 2) as server:
        reply = server.send("GET", "/query/pairs", Accept=BROWSER)
        assert (reply.status, "pairs: the answer has more than 105 rows" in reply.text) == (400, True)
        assert server.send("GET", "/query/pairs?minimum=12", Accept=BROWSER).status == 200
        reply = server.send("GET", "/network", Accept=BROWSER)
        assert (reply.status, "too large for one page" in reply.text) == (400, True)
        reply = server.send("GET", "/id/agency/mofcom", Accept=BROWSER)
        assert reply.status == 200
        assert "agency-obligations: the answer has more than 105 rows" in reply.text
        assert server.send("GET", "/", Accept=BROWSER).status == 200


def test_others_wait_and_are_told(graph: Path) -> None:
    with (
        serving("--graph", graph, "--workers", 1, "--wait", 0.3, "--timeout", 3) as server,
        ThreadPoolExecutor() as pool,
    ):
        asked = server.begin(lambda: pool.submit(server.ask, CROSS))
        reply = server.send("GET", "/query/pairs", Accept=BROWSER)
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        assert "all 1 workers are busy" in reply.text
        assert asked.result().status == 504
        assert until(lambda: server.send("GET", "/query/pairs", Accept=BROWSER).status == 200)


def test_a_client_that_leaves_stops_its_queries(crowd: Server) -> None:
    """The worker of a page that nobody waits for is replaced."""
    before = set(crowd.processes())
    connection = crowd.connect()
    crowd.begin(lambda: connection.request("GET", "/query/pairs", headers={"Accept": BROWSER}))
    connection.close()
    assert until(lambda: len(set(crowd.processes()) - before) == 1), "the worker has not been replaced"
    assert crowd.ask("ASK {}").status == 200


def test_more_bodies_than_can_be_laid_out(crowd: Server) -> None:
    reply = crowd.send("GET", "/network", Accept=BROWSER)
    assert (reply.status, "too large for one page" in reply.text) == (400, True)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves a measure that so many bodies bear that their pairs take long to count."""
    path = tmp_path_factory.mktemp("crowd") / "crowd.ttl"
    bodies = [f"<agency/{at}>" for at in range(4000)]
    path.write_text(
        f"@base <{BASE}> . @prefix ob: <{OB}> . @prefix nif: <{NIF}> . @prefix eli: <{ELI}> .\n"
        "<d/x/text> eli:realizes <d/x> .\n"
        '<d/x/m1> a ob:Measure ; ob:statedIn <d/x> ; ob:text "x" ; ob:hasEvidence <e> ;'
        " eli:is_part_of <d/x> ; ob:allocation ob:Joint ; ob:hasAssignment <a> ;"
        f" ob:responsibleAgency {', '.join(bodies)} .\n"
        "<e> nif:beginIndex 0 ; nif:endIndex 1 .\n"
        + "\n".join(
            f"<a> ob:hasBearer <b/{at}> . <b/{at}> ob:assignedTo {body} ; ob:role ob:Lead ; ob:rank {at} ;"
            f' ob:asWritten "x" . {body} a <http://www.w3.org/ns/org#FormalOrganization> .'
            for at, body in enumerate(bodies)
        ),
        encoding="utf-8",
    )
    with serving("--graph", path, "--workers", 1, "--wait", 5, "--timeout", 600) as server:
        yield server


# --------------------------------------------------------------------------------- parts


def test_what_goes_wrong_is_told_to_who_serves(caplog: pytest.LogCaptureFixture) -> None:
    """With the path and the place in the program, and without what could be a secret."""

    def broken(request: Request) -> Response:
        raise ZeroDivisionError("broken")

    app = Starlette(
        routes=[Route("/broken", wrap_view(broken))], exception_handlers={Exception: show_failure}
    )
    sent: list[dict[str, Any]] = []
    headers = [(b"authorization", b"Bearer s3cret"), (b"accept", BROWSER.encode())]
    scope = {"type": "http", "method": "GET", "path": "/broken", "query_string": b"token=s3cret"}

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(dict(message))

    with pytest.raises(ZeroDivisionError):  # which the server, that is silent, gets too
        asyncio.run(app({**scope, "headers": headers}, receive, send))
    assert sent[0]["status"] == 500
    assert "An error of this program" in sent[1]["body"].decode()
    assert "s3cret" not in caplog.text
    assert "GET /broken: failed" in caplog.text
    assert "ZeroDivisionError: broken" in caplog.text
    assert "in broken" in caplog.text


def test_a_value_is_worked_out_once() -> None:
    kept, made, barrier = PageCache(2, patience=5), [], Barrier(3)

    def make() -> int:
        sleep(0.05)
        made.append(1)
        return len(made)

    def take() -> None:
        barrier.wait()
        assert kept.fetch("key", make) == 1

    threads = [Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert [kept.fetch(name, lambda: 7) for name in "abc"] == [7, 7, 7]
    assert kept.fetch("key", make) == 2  # the first was put out by the others


def test_what_fails_is_not_kept() -> None:
    kept = PageCache(2, patience=0.1)
    with pytest.raises(ZeroDivisionError):
        kept.fetch("key", lambda: 1 // 0)
    assert kept.fetch("key", lambda: 5) == 5


def test_who_waits_for_a_page() -> None:
    """One that is being made keeps nobody from another; who waits for itself is refused after a while."""
    kept = PageCache(2, patience=0.1)
    assert kept.fetch("one", lambda: kept.fetch("other", lambda: 1)) == 1
    with pytest.raises(HTTPError, match="others wait for this page already"):
        kept.fetch("outer", lambda: kept.fetch("outer", lambda: 1))
    assert kept.fetch("outer", lambda: 2) == 2


def test_completion(engine: Engine) -> None:
    """What is called so first; a name that several have is completed to the end of an IRI."""
    names = {
        NamedNode(f"{BASE}agency/甲市/商务局"): ("商务局",),
        NamedNode(f"{BASE}agency/乙市/商务局"): ("商务局",),
        NamedNode(f"{BASE}agency/mofcom"): ("商务部", "MOFCOM"),
    }
    completion = NameIndex.build(ParameterKind.AGENCY, names)
    assert [thing.unique_name for thing in completion.find("商务", 9)] == [
        "agency/mofcom".replace("agency/mofcom", "商务部"),
        "agency/乙市/商务局",
        "agency/甲市/商务局",
    ]
    assert [thing.label for thing in completion.find("ｍｏｆ", 9)] == ["商务部"]
    assert [thing.label for thing in completion.find_near("MOFCON", 9)] == ["商务部"]
    assert len(completion.find("", 2)) == 2
    library = AppState.create(engine, 1)
    for kind in (ParameterKind.AGENCY, ParameterKind.DOMAIN, ParameterKind.DOCUMENT, ParameterKind.CLAUSE):
        for thing in library.load_name_index(kind).find("", 2000):
            assert library.names.find(kind, thing.unique_name) == thing.node


def test_names_are_json_that_no_page_runs(seed: Server) -> None:
    reply = get(seed, "/names/any?q=", "*/*")
    offered = json.loads(reply.text)
    assert len(offered) == 9
    assert set(offered[0]) == {"label", "value", "note", "href"}
    assert "<" not in reply.text


def test_the_same_page_is_the_same_bytes() -> None:
    assert render_catalogue_page(load_catalogue()) == render_catalogue_page(load_catalogue())


def test_options_are_told() -> None:
    said = CliRunner().invoke(main, ["serve", "--help"]).output
    assert "--allow-host" in said
    assert "in the browser" in said


# --------------------------------------------------------------------------------- anything at all

PART = st.sampled_from(
    ["id", "agency", "mofcom", "document", "国发-2015-24", "s2", "query", "pairs", "heirs", "network",
     "names", "any", "read", "search", "documents", "..", ".", "%2e%2e", "%00", "%ff", "%ed%a0%80",
     "%E2%80%AE", "<", "\"", "{}", ";", "?", "#", "", "a" * 300]
) | st.text(max_size=8)  # fmt: skip
NAME = st.sampled_from(
    ["q", "sort", "page", "format", "agency", "document", "domain", "without", "minimum", "date", "number"]
) | st.text(max_size=6)
VALUE = st.sampled_from(
    ["商务部", "电子商务", "国发〔2015〕24号", "csv", "ttl", "html", "divided", "2024-01-01", "-1", "9" * 40,
     "any", "today", "\x00", "\u202e", "\"><script>", "d/国发-2015-24/s2/c4", "http://[",
     "}", "measures"]
) | st.text(max_size=12)  # fmt: skip
ACCEPT = st.sampled_from(
    [BROWSER, "*/*", "", "text/turtle", "image/png", "text/html;q=0", ";;", "a/b, */*;q=x"]
)
STATUSES = {200, 304, 400, 404, 405, 406}


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="%")


@given(
    parts=st.lists(PART, max_size=5),
    pairs=st.lists(st.tuples(NAME, VALUE), max_size=4),
    accept=ACCEPT,
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"]),
)
@examples(400)
def test_any_request_gets_a_documented_status(
    parts: list[str], pairs: list[tuple[str, str]], accept: str, method: str, seed: Server
) -> None:
    check(seed, method, "/" + "/".join(map(encoded, parts)), pairs, accept)


@given(
    name=st.sampled_from([question.name for question in QUESTIONS]),
    pairs=st.lists(st.tuples(NAME, VALUE), max_size=4),
    accept=ACCEPT,
)
@examples(100)
def test_any_value_of_a_question(name: str, pairs: list[tuple[str, str]], accept: str, seed: Server) -> None:
    known = [parameter.name for parameter in find_question(name).header.parameters]
    chosen = [(known[at % len(known)] if known else key, value) for at, (key, value) in enumerate(pairs)]
    check(seed, "GET", f"/query/{name}", chosen, accept)


def check(server: Server, method: str, path: str, pairs: list[tuple[str, str]], accept: str) -> None:
    asked = urlencode(pairs, errors="surrogatepass")
    reply = server.send(method, f"{path}?{asked}" if asked else path, Accept=accept)
    assert reply.status in STATUSES, reply
    if reply.status >= 400 and method != "HEAD":
        assert reply.text.strip()
        assert "Traceback" not in reply.text
    if reply.headers.get("content-type") == HTML and method != "HEAD":
        assert reply.text.startswith("<!doctype html>")
        assert '<script>"' not in reply.text
        assert "\u202e" not in re.sub(' value="[^"]*"', "", reply.text)  # a field holds what was given
