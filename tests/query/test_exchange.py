"""Push and pull: against Oxigraph's server and Virtuoso, and against servers that misbehave."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import endpoint
import pytest
import servers
from click.testing import CliRunner, Result
from endpoint import Answer, Asked
from places import TESTS
from pyoxigraph import QuerySolutions, RdfFormat, Store, parse
from server import serving
from test_queries import QUESTIONS, bound
from understanding import descriptions, document

from build_graph.cli import main
from build_graph.corpus.builder import Builder
from build_graph.extract.pipeline import find_default_document
from build_graph.graph.emit.document import iterate_quads
from build_graph.graph.store.shards import ShardFolder
from build_graph.query.catalogue import Question
from build_graph.query.engines import EndpointEngine, Engine
from build_graph.query.exchange.push import find_owner, read_parts
from build_graph.query.exchange.servers import MARK
from build_graph.query.http.client import Client, ExchangeError, Request
from build_graph.query.http.credentials import Credentials, CredentialsError, find_credentials, redact_url
from build_graph.query.open import open_graph
from build_graph.vocabulary import BASE

SECRET = "s3cret-Wort-9"
SIZE = 11_810  # statements of the first document
GOLD = TESTS / "gold" / "documents"
ASK = Answer(200, "application/sparql-results+json", b'{"head":{},"boolean":true}')
NONE = Answer(200, "application/sparql-results+json", b'{"head":{"vars":["g"]},"results":{"bindings":[]}}')
OWN = ("http://www.openlinksw.com/", "http://www.w3.org/ns/sparql-service-description#")  # Virtuoso's classes
OURS = BASE.removesuffix("id/")  # the beginning of the subjects that are counted
Target = tuple[str, list[str]]  # the address, and the options that it needs


def run(*arguments: object, **environment: str | None) -> Result:
    known = {"OBLIGATIONS_PASSWORD": None, "OBLIGATIONS_TOKEN": None, "NETRC": "/nonexistent"}
    return CliRunner(env={**known, **environment}).invoke(main, [str(argument) for argument in arguments])


def done(*arguments: object, **environment: str | None) -> str:
    result = run(*arguments, **environment)
    assert result.exit_code == 0, result.output
    return result.stdout


def failed(*arguments: object, **environment: str | None) -> str:
    """What a command that fails says: one line, nothing on stdout, no traceback."""
    result = run(*arguments, **environment)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert isinstance(result.exception, SystemExit)
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("obligations: ")
    return result.stderr


def statements(path: Path) -> set[str]:
    known = RdfFormat.from_extension(path.suffix[1:])
    return {str(quad.triple) for quad in parse(path=str(path), format=known)}


@pytest.fixture(scope="session")
def oxigraph_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.oxigraph(tmp_path_factory.mktemp("oxigraph") / "db") as url:
        yield url


@pytest.fixture(scope="session")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Virtuoso]:
    with servers.virtuoso(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def target(request: pytest.FixtureRequest, graph: Path) -> Target:
    """A real server, in which the first document is; tests leave it so."""
    if request.param == "oxigraph":
        found: Target = request.getfixturevalue("oxigraph_url"), []
    else:
        found = request.getfixturevalue("virtuoso").url, ["--user", servers.USER]
    push(found, "--graph", graph)
    return found


def push(target: Target, *options: object) -> str:
    url, own = target
    return done("push", url, *own, *options, OBLIGATIONS_PASSWORD=servers.PASSWORD)


def pull(target: Target, path: Path, *options: object) -> str:
    return done("pull", target[0], *target[1], "-o", path, *options, OBLIGATIONS_PASSWORD=servers.PASSWORD)


# ---------------------------------------------------------------------------- real servers


def test_there_and_back(target: Target, graph: Path, tmp_path: Path) -> None:
    """What was sent comes back in the very bytes, and is not sent twice."""
    assert "pushed 0 graphs" in push(target, "--graph", graph)
    assert "pushed 2 graphs" in push(target, "--graph", graph, "--force")
    assert f"2 graphs, {SIZE:,} statements" in pull(target, tmp_path / "back.ttl")
    assert (tmp_path / "back.ttl").read_bytes() == graph.read_bytes()


@pytest.mark.parametrize("ending", ["nt", "nq", "trig"])
def test_formats(ending: str, target: Target, graph: Path, tmp_path: Path) -> None:
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    pull(target, one)
    pull(target, two)
    assert one.read_bytes() == two.read_bytes()
    assert statements(one) == statements(graph)
    if ending != "nt":
        parts = read_parts(one)
        assert set(parts.graphs) == {document_of(graph)}
        assert parts.shared == read_parts(graph).shared
        assert "pushed 0 graphs" in push(target, "--graph", one)


def document_of(graph: Path) -> str:
    (name,) = read_parts(graph).graphs
    return name


def test_by_updates_alone(target: Target, graph: Path, tmp_path: Path) -> None:
    """Without the Graph Store Protocol a graph goes in pieces, and comes back in pages."""
    url, own = target
    update, query = ("sparql-auth", "sparql-auth") if own else ("update", "query")
    place = url, [*own, "--update-url", f"{url}/{update}", "--query-url", f"{url}/{query}"]
    assert "pushed 2 graphs" in push(place, "--graph", graph, "--force")
    pull(place, tmp_path / "back.ttl")
    assert (tmp_path / "back.ttl").read_bytes() == graph.read_bytes()


def test_one_graph(target: Target, graph: Path, tmp_path: Path) -> None:
    name = "https://example.org/图/one"
    few = tmp_path / "few.ttl"
    few.write_text(
        "@prefix x: <http://x/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
        'x:a x:b "long\\n\\"text\\"\\\\"@zh-Hans , "1" , 1 , 1.50 , "2015"^^xsd:gYear , '
        f'"2015-05-04"^^xsd:date , "01"^^xsd:integer , "{"长" * 70_000}" ; x:c true .'
    )
    assert "pushed 1 graph " in push(target, "--graph", few, "--named-graph", name)
    pull(target, tmp_path / "one.nt", "--named-graph", name)
    # Both servers keep numbers, not how they were written.
    expected = {line.replace('"1.50"', '"1.5"').replace('"01"', '"1"') for line in statements(few)}
    assert statements(tmp_path / "one.nt") == expected
    few.write_text("@prefix x: <http://x/> . x:a x:b x:c .")
    push(target, "--graph", few, "--named-graph", name)
    pull(target, tmp_path / "one.nt", "--named-graph", name)
    assert statements(tmp_path / "one.nt") == {"<http://x/a> <http://x/b> <http://x/c>"}
    drop(target, name)


def drop(target: Target, name: str) -> None:
    """Take a graph away, so that other tests do not find it."""
    url, own = target
    client = Client(Credentials(servers.USER, servers.PASSWORD) if own else Credentials())
    store = "sparql-graph-crud-auth" if own else "store"
    client.ask("DELETE", f"{url}/{store}", Request(params={"graph": name}))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_catalogue(question: Question, target: Target, graph: Path, engine: Engine) -> None:
    """The same values as the embedded engine gives."""
    url, own = target
    remote = EndpointEngine(f"{url}/{'sparql' if own else 'query'}")
    query = bound(question, remote)
    assert query == bound(question, engine)
    found = {row: number for row, number in values(remote, query).items() if not str(row[0]).startswith(OWN)}
    assert found == values(engine, query)


def values(engine: Engine, query: str) -> Counter[tuple[str | None, ...]]:
    found = engine.answer(query)
    assert isinstance(found, QuerySolutions)
    names = list(found.variables)
    return Counter(tuple(getattr(row[name], "value", None) for name in names) for row in found)


def test_documents_one_after_the_other(target: Target, graph: Path, tmp_path: Path) -> None:
    """What an earlier document said of bodies stays; the documents together are as if they came together."""
    papers = [GOLD / f"{name}.txt" for name in ("guofa-2019-3", "jiujiang-062")]
    parts = [Builder(pages=False).build([paper], tmp_path / paper.stem).path for paper in papers]
    for part in parts:
        push(target, "--graph", part)
    pull(target, tmp_path / "all.ttl")
    assert statements(tmp_path / "all.ttl") == set().union(*map(statements, [graph, *parts]))
    assert "pushed 0 graphs" in push(target, "--graph", graph)
    assert "pushed 1 graph " in push(target, "--graph", graph, "--replace-shared")
    for part in parts:
        drop(target, document_of(part))
    pull(target, tmp_path / "seed.ttl")
    assert (tmp_path / "seed.ttl").read_bytes() == graph.read_bytes()


# ------------------------------------------------------------------------- right numbers everywhere


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two documents that name the same bodies: as shards, as a store, and as files with named graphs."""
    place = tmp_path_factory.mktemp("two")
    done("build", find_default_document(), GOLD / "guofa-2019-3.txt", "--shards", place / "shards")
    done("build", place / "shards", "--store", place / "store")
    for ending in ("nq", "trig"):
        done("export", place / "store", "--format", ending, "-o", place / f"graph.{ending}")
    return place


def count(engine: Engine) -> tuple[int, int]:
    """The number of statements in the graph, and in its graphs; without those of servers on themselves."""
    ours = f'?s ?p ?o FILTER (STRSTARTS(STR(?s), "{OURS}") && ?p != <{MARK}>)'

    def ask(pattern: str) -> int:
        ((number,),) = values(engine, f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")
        return int(number or 0)

    return ask(ours), ask(f"GRAPH ?g {{ {ours} }}")


@pytest.fixture(scope="module")
def right(two: Path) -> tuple[int, int]:
    """The number of statements that the documents make, counted without an engine; once as often as twice."""
    with ShardFolder.open(two / "shards").open_quads() as file:
        quads = {q for q in parse(file, format=RdfFormat.N_QUADS) if q.subject.value.startswith(OURS)}  # type: ignore[union-attr]
    number = len({quad.triple for quad in quads})
    assert number == len(quads) > 10_000
    return number, number


@pytest.mark.parametrize("name", ["shards", "store", "graph.nq", "graph.trig"])
def test_each_statement_counts_once(name: str, two: Path, right: tuple[int, int]) -> None:
    assert count(open_graph(str(two / name))) == right


@pytest.mark.parametrize("options", [["store"], ["store", "--in-memory"], ["shards"]], ids=" ".join)
def test_each_statement_counts_once_where_it_is_served(
    options: list[str], two: Path, right: tuple[int, int]
) -> None:
    name, *more = options
    with serving("--port", "0", "--graph", two / name, *more) as server:
        assert count(EndpointEngine(server.url)) == right


def test_each_statement_counts_once_on_the_server_of_oxigraph(two: Path, right: tuple[int, int]) -> None:
    with servers.oxigraph(two / "store", "serve-read-only") as url:
        assert count(EndpointEngine(f"{url}/query")) == right


def test_each_statement_counts_once_after_a_push(
    target: Target, graph: Path, two: Path, right: tuple[int, int]
) -> None:
    for name in ("shards", "store", "graph.nq"):
        said = push(target, "--graph", two / name)
        assert said.startswith("pushed 3 graphs" if name == "shards" else "pushed 0 graphs"), said
    assert count(EndpointEngine(f"{target[0]}/{'sparql' if target[1] else 'query'}")) == right
    for name in read_parts(two / "store").graphs:
        drop(target, name)
    assert "pushed 2 graphs" in push(target, "--graph", graph, "--replace-shared")


def test_virtuoso_wants_to_know_who_asks(virtuoso: servers.Virtuoso, graph: Path, tmp_path: Path) -> None:
    url = virtuoso.url
    some = tmp_path / "some.ttl"
    some.write_text("<http://x/a> <http://x/b> <http://x/c> .")
    given = ["push", url, "--graph", some, "--named-graph", "http://x/refused"]
    assert "does not allow this" in failed(*given)
    said = failed(*given, "--user", servers.USER, OBLIGATIONS_PASSWORD=SECRET)
    assert "refuses writer with this password" in said
    said = failed(
        "query", "counts", "--graph", f"{url}/sparql-auth", "--user", "x", OBLIGATIONS_PASSWORD=SECRET
    )
    assert "refuses x with this password" in said
    assert "wants to know who asks" in failed("query", "counts", "--graph", f"{url}/sparql-auth")
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {servers.USER} password {servers.PASSWORD}\n")
    netrc.chmod(0o600)
    assert "class" in done("query", "counts", "--graph", f"{url}/sparql-auth", NETRC=str(netrc))


def test_a_server_that_is_read_only(graph: Path, tmp_path: Path) -> None:
    Store(str(tmp_path / "db")).flush()
    with servers.oxigraph(tmp_path / "db", "serve-read-only") as url:
        assert "read-only" in failed("push", url, "--graph", graph)


# ------------------------------------------------------------------------ how a graph is split


def test_parts(graph: Path) -> None:
    """A document with all below it; bodies, domains and places apart; nothing twice, nothing lost."""
    parts = read_parts(graph)
    lines = [*(line for part in parts.graphs.values() for line in part)]
    lines += parts.shared
    assert len(lines) == len(set(lines)) == SIZE
    subjects = {line.decode().partition(">")[0].lstrip("<") for line in parts.shared}
    assert f"{BASE}agency/mofcom" in subjects
    assert not any(find_owner(subject, parts.graphs) for subject in subjects)


def test_a_store_is_sent_like_a_file(tmp_path: Path) -> None:
    """Also what is said of cited documents, of which one is held and one is not."""
    texts = (
        "粤府〔2020〕1号\n一、任务\n（一）执行《城市规划》，落实《预算意见》（粤府〔2020〕2号）。（财政部）\n",
        "粤府〔2020〕2号\n一、任务\n（一）执行预算。（财政部）\n",
    )
    papers = [tmp_path / f"{number}.txt" for number in range(2)]
    for paper, text in zip(papers, texts, strict=True):
        paper.write_text(text, encoding="utf-8")
    Builder(pages=False).build(papers, tmp_path / "out")
    quads = [quad for paper in papers for quad in iterate_quads(document(paper), descriptions())]
    store = Store(str(tmp_path / "store"))
    store.extend(quads)
    store.flush()
    del store
    parts = read_parts(tmp_path / "store")
    assert parts == read_parts(tmp_path / "out" / "graph.ttl")
    assert len(parts.graphs) == 2
    cited = {line.split()[0].decode() for line in parts.shared if b"#CitedDocument>" in line}
    assert cited == {f"<{BASE}d/粤府-2020-2>", f"<{BASE}d/《城市规划》>"}


def test_a_push_that_was_broken_off(graph: Path, tmp_path: Path) -> None:
    """What is there is not sent again: neither whole graphs, nor after half of one came in pieces."""
    for whole, path in ((True, "/store"), (False, "/update")):
        store = Store()
        answer, seen = endpoint.storing(store, whole=whole), [0]

        def breaks(asked: Asked, path: str = path, seen: list[int] = seen, answer: object = answer) -> Answer:
            counts = asked.path.startswith(path) and asked.method != "GET"
            seen[0] += counts
            return Answer(500) if counts and seen[0] == 2 else answer(asked)  # type: ignore[operator]

        with endpoint.answering(breaks) as (url, _):
            assert "fails (500)" in failed("push", url, "--graph", graph)
            said = done("push", url, "--graph", graph)
            assert said.startswith(f"pushed {'1 graph' if whole else '2 graphs'} to {url}: ")
            assert done("push", url, "--graph", graph).startswith("pushed 0 graphs")
            done("pull", url, "-o", tmp_path / "back.ttl")
        assert (tmp_path / "back.ttl").read_bytes() == graph.read_bytes()


def test_what_changed_is_sent(graph: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.ttl"
    changed.write_bytes(graph.read_bytes() + b"<d/\xe5\x9b\xbd\xe5\x8f\x91-2015-24/x> a ob:Clause .\n")
    with endpoint.answering(endpoint.storing(Store())) as (url, came):
        done("push", url, "--graph", graph)
        came.clear()
        assert done("push", url, "--graph", changed).startswith("pushed 1 graph ")
        assert sum(asked.method == "PUT" for asked in came) == 1


def test_a_server_that_cuts_answers(graph: Path, tmp_path: Path) -> None:
    """An answer that is too short is seen: no file is written, or the rest is fetched."""
    whole = endpoint.storing(Store())

    def cuts(asked: Asked) -> Answer:
        said = whole(asked)
        if asked.method == "GET":
            return Answer(200, said.media, b"".join(said.body.splitlines(keepends=True)[:100]))
        return Answer(200, "text/turtle") if b"CONSTRUCT" in asked.body else said

    with endpoint.answering(cuts) as (url, _):
        done("push", url, "--graph", graph)
        assert "of the 10,177 statements" in failed("pull", url, "-o", tmp_path / "no.ttl")
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------- credentials


def guarded(challenge: str, proof: str, store: Store) -> Callable[[Asked], Answer]:
    inner = endpoint.storing(store)

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != proof:
            echoed = f"you said {asked.headers.get('Authorization')}".encode()
            return Answer(401, "text/plain", echoed, {"WWW-Authenticate": challenge})
        return inner(asked)

    return answer


BASIC = "Basic " + b64encode(f"me:{SECRET}".encode()).decode()


def test_basic_and_bearer(graph: Path, tmp_path: Path) -> None:
    """Push, pull and queries say who asks in the way that the server wants."""
    for challenge, proof, options, environment in (
        ('Basic realm="x"', BASIC, ["--user", "me"], {"OBLIGATIONS_PASSWORD": SECRET}),
        ('Bearer realm="x"', f"Bearer {SECRET}", [], {"OBLIGATIONS_TOKEN": SECRET}),
    ):
        with endpoint.answering(guarded(challenge, proof, Store())) as (url, _):
            said = done("push", url, *options, "--graph", graph, **environment)
            said += done("pull", url, *options, "-o", tmp_path / "back.ttl", **environment)
            said += done("query", "counts", "--graph", f"{url}/query", *options, **environment)
        with endpoint.answering(guarded(challenge, "another", Store())) as (url, _):
            for command in (
                ["push", url, "--graph", graph],
                ["pull", url, "-o", tmp_path / "no.ttl"],
                ["query", "counts", "--graph", f"{url}/query"],
            ):
                line = failed(*command, *options, **environment)
                assert "refuses" in line
                said += line
        assert SECRET not in said
        assert (tmp_path / "back.ttl").read_bytes() == graph.read_bytes()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("scheme", ["Basic", "Digest", "Bearer"])
def test_nothing_secret_goes_elsewhere(scheme: str, status: int, graph: Path, tmp_path: Path) -> None:
    """A server that sends on, and one there that asks who is asking, do not learn it."""
    challenge = {"WWW-Authenticate": f'{scheme} realm="x", nonce="n", qop="auth", algorithm="MD5"'}
    with endpoint.answering(lambda asked: Answer(401, headers=challenge)) as (other, there):

        def sends_on(asked: Asked) -> Answer:
            if "Authorization" not in asked.headers:
                return Answer(401, headers=challenge)
            return Answer(status, headers={"Location": f"{other}{asked.path}"})

        environment = (
            {"OBLIGATIONS_TOKEN": SECRET} if scheme == "Bearer" else {"OBLIGATIONS_PASSWORD": SECRET}
        )
        options = [] if scheme == "Bearer" else ["--user", "me"]
        with endpoint.answering(sends_on) as (url, _):
            ends = ["--query-url", f"{url}/query", "--gsp-url", f"{url}/store"]
            said = failed("push", url, *ends, *options, "--graph", graph, **environment)
            said += failed("push", url, *ends[2:], *options, "--graph", graph, **environment)
            said += failed("pull", url, *options, "-o", tmp_path / "x.ttl", **environment)
            one = [*ends[2:], "--named-graph", "http://x/g"]
            said += failed("pull", url, *one, *options, "-o", tmp_path / "x.ttl", **environment)
            said += failed("query", "counts", "--graph", f"{url}/query", *options, **environment)
    assert SECRET not in said
    assert not any("Authorization" in asked.headers for asked in there)
    assert not any(SECRET.encode() in asked.body for asked in there)


def test_a_server_that_repeats_secrets(graph: Path) -> None:
    """What a server says of a failure is shown without what it should not have said."""

    def repeats(asked: Asked) -> Answer:
        proof = asked.headers.get("Authorization", "")
        if not proof:
            return Answer(401, headers={"WWW-Authenticate": "Basic"})
        return Answer(500, body=f"cannot log {proof} of me:{SECRET}".encode())

    with endpoint.answering(repeats) as (url, _):
        for command in (["push", url, "--graph", graph], ["query", "counts", "--graph", url]):
            said = failed(*command, "--user", "me", OBLIGATIONS_PASSWORD=SECRET)
            assert SECRET not in said
            assert b64encode(f"me:{SECRET}".encode()).decode() not in said


def test_where_passwords_come_from(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine host login me password {SECRET}\ndefault login you password {SECRET}\n")
    netrc.chmod(0o600)
    known = {"NETRC": str(netrc)}
    url, own = "http://host:1/x", Credentials("me", SECRET)
    assert find_credentials(url, None, known) == find_credentials(url, "me", known) == own
    assert find_credentials(url, "me", {**known, "OBLIGATIONS_PASSWORD": "other"}).password == "other"
    assert find_credentials(url, None, {**known, "OBLIGATIONS_TOKEN": "t"}) == Credentials(token="t")
    assert find_credentials(url, "you", {"NETRC": "/nonexistent"}, lambda what: "asked").password == "asked"
    assert not find_credentials("http://another/", None, known)
    assert SECRET not in repr(own)
    netrc.write_text(f"machine host {SECRET} {SECRET}\n")
    with pytest.raises(CredentialsError) as caught:
        find_credentials(url, None, known)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("command", ["push", "pull", "query"])
def test_no_secret_in_an_address_or_option(command: str, graph: Path, tmp_path: Path) -> None:
    url = f"http://me:{SECRET}@127.0.0.1:1/x?key={SECRET}"
    more = {"push": ["--graph", graph], "pull": ["-o", tmp_path / "x.ttl"], "query": []}[command]
    call = [command, "counts", "--graph", url] if command == "query" else [command, url]
    said = failed(*call, *more)
    assert "stands in the address" in said
    assert SECRET not in said
    assert SECRET not in redact_url(url)
    call[-1] = f"http://127.0.0.1:1/?key={SECRET}"
    for options, words in (
        (["--user", f"me:{SECRET}"], "give the name alone"),
        (["--user", "me"], "no password for me"),
        ([], "does not answer"),
    ):
        said = failed(*call, *more, *options)
        assert words in said
        assert SECRET not in said


# ------------------------------------------------------------------- servers that misbehave


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


BUSY, CUT, GONE = Answer(503), Answer(200, body=b"half of it", cut=True), Answer(0)


@pytest.mark.parametrize("trouble", [BUSY, Answer(429), Answer(502), Answer(504), CUT, GONE])
def test_trouble_that_passes(trouble: Answer) -> None:
    with endpoint.answering(in_turn(trouble, trouble, ASK)) as (url, came):
        reply = Client(Credentials(), backoff=0.01).ask("PUT", url, Request(body=b"data"))
    assert reply.body == ASK.body
    assert [asked.body for asked in came] == [b"data"] * 3


@pytest.mark.parametrize(
    ("trouble", "times", "words"),
    [
        (BUSY, 5, "is busy"),
        (GONE, 5, "the connection breaks"),
        (Answer(400, body=b"no\nsuch thing"), 1, "refuses the request (no such thing)"),
        (Answer(403), 1, "does not allow this"),
        (Answer(404), 1, "nothing at this address"),
        (Answer(500, "text/html", b"<html>"), 1, "fails (500); see its log"),
    ],
)
def test_trouble_that_stays(trouble: Answer, times: int, words: str) -> None:
    with endpoint.answering(in_turn(trouble)) as (url, came), pytest.raises(ExchangeError) as caught:
        Client(Credentials(), backoff=0.01).ask("PUT", url, Request(body=b"data"))
    assert words in str(caught.value)
    assert len(came) == times


@pytest.mark.parametrize(("after", "waited"), [("7", [7]), ("soon", []), ("-5", [])])
def test_a_server_says_how_long_to_wait(
    after: str, waited: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with endpoint.answering(in_turn(Answer(503, headers={"Retry-After": after}), ASK)) as (url, came):
        Client(Credentials(), backoff=0.01).ask("GET", url, Request())
    assert (slept, len(came)) == (waited, 2)


def test_a_server_that_is_slow(graph: Path) -> None:
    def late(asked: Asked) -> Answer:
        time.sleep(600)  # longer than anybody waits
        return ASK

    with endpoint.answering(late) as (url, came):
        assert "no answer within 1 seconds" in failed("push", url, "--graph", graph, "--timeout", "1")
        assert len(came) == 1


PAGE = Answer(200, "text/html", b"<!DOCTYPE html><html>Welcome</html>")
PLACES: dict[str, tuple[Callable[[Asked], Answer], str]] = {
    "a page": (in_turn(PAGE), "answers with text/html that is no SPARQL result"),
    "nothing there": (in_turn(Answer(404)), "answers a query with 404"),
    "forbidden": (in_turn(Answer(403)), "does not allow this"),
    "who asks": (in_turn(Answer(401)), "wants to know who asks"),
    "round and round": (
        lambda asked: Answer(307, headers={"Location": asked.path}),
        "sends on to",
    ),
    "reads only": (
        lambda asked: (NONE if b"SELECT" in asked.body else ASK) if asked.path == "/query" else Answer(405),
        "does not take this here",
    ),
}


@pytest.mark.parametrize("what", PLACES)
def test_what_is_no_store(what: str, graph: Path) -> None:
    answer, words = PLACES[what]
    with endpoint.answering(answer) as (url, _):
        said = failed("push", url, "--graph", graph)
    assert words in said
    assert url in said


BAD: dict[str, tuple[list[object], str]] = {
    "down": (["push", "http://127.0.0.1:1"], "connection refused"),
    "no address": (["push", "localhost"], "is no address"),
    "no address at all": (["push", "http://[x"], "is no address"),
    "no such graph": (["push", "http://127.0.0.1:1", "--graph", "no.ttl"], "make it with: obligations build"),
    "no graph": (["push", "http://127.0.0.1:1", "--graph", __file__], "is no Turtle file that can be read"),
    "no store": (["push", "http://127.0.0.1:1", "--graph", "/"], "no Oxigraph store"),
    "no IRI": (["pull", "http://127.0.0.1:1", "-o", "x.ttl", "--named-graph", "> }"], "is no IRI"),
    "no ending": (["pull", "http://127.0.0.1:1", "-o", "x.rdf"], "ends in none of"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, graph: Path) -> None:
    given, words = BAD[what]
    more = [] if "--graph" in given or given[0] == "pull" else ["--graph", graph]
    assert words in failed(*given, *more)


def test_blank_nodes_need_a_graph_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "blank.ttl"
    path.write_text("<http://x/a> <http://x/b> [ <http://x/c> 1 ] .")
    with endpoint.answering(endpoint.storing(Store())) as (url, _):
        assert "give --named-graph" in failed("push", url, "--graph", path)
        done("push", url, "--graph", path, "--named-graph", "http://x/g")
        done("pull", url, "-o", tmp_path / "one.nq")
        done("push", url, "--graph", path, "--named-graph", "http://x/g", "--force")
        done("pull", url, "-o", tmp_path / "two.nq")
    assert (tmp_path / "one.nq").read_bytes() == (tmp_path / "two.nq").read_bytes()


def test_an_empty_server(tmp_path: Path) -> None:
    with endpoint.answering(endpoint.storing(Store())) as (url, _):
        assert "has no named graphs" in failed("pull", url, "-o", tmp_path / "x.ttl")
        missing = ["--named-graph", "http://x/g"]
        assert "has no graph <http://x/g>" in failed("pull", url, "-o", tmp_path / "x.ttl", *missing)
    assert list(tmp_path.iterdir()) == []


def test_engines_refuse_a_password_in_the_address() -> None:
    with pytest.raises(CredentialsError):
        open_graph(f"http://me:{SECRET}@host/sparql")


def test_engines_do_not_take_an_endpoint_for_granted() -> None:
    with endpoint.answering(in_turn(Answer(401))) as (url, _), pytest.raises(ExchangeError, match="who asks"):
        EndpointEngine(url).answer("ASK {}")


@pytest.mark.parametrize("command", ["push", "pull"])
def test_help_has_an_example(command: str) -> None:
    assert f"obligations {command} " in done(command, "--help").split("Example", 1)[1]
