"""Queries that ask another endpoint, each hiding it in another way, and what becomes of them.

    .venv/bin/python tests/support/disguises.py

asks all of them of each kind of graph that is served: without the guard of the server and the wall of its
workers, with the guard alone, and with the wall alone. It prints how many reached another endpoint, a line of
JSON for each kind of graph.
"""

from __future__ import annotations

import gzip
import json
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from unittest.mock import patch

from pyoxigraph import RdfFormat, Store

from build_graph.graph.store.shards import (
    BEARINGS,
    CARD,
    COPIES,
    FAILURES,
    LOCK,
    MANIFEST,
    QUADS,
    DocumentRecord,
    Manifest,
    ShardManifest,
)
from build_graph.processes.confinement import forbid_connections
from build_graph.web.server import executor, workers
from build_graph.web.server.executor import QueryExecutor, QueryRequest
from build_graph.web.server.protocol import AcceptedTypes, SparqlRequest
from build_graph.web.server.settings import QueryLimits, Settings

DOCUMENT = "http://d/1"
XSD = "http://www.w3.org/2001/XMLSchema#"
MEDIA = AcceptedTypes("application/sparql-results+json", "text/turtle")
# What stands before the keyword, as SPARQL and as the graph has it.
OBJECTS = {
    "1": f'"1"^^<{XSD}integer>',
    "01": f'"01"^^<{XSD}integer>',
    "+1": f'"+1"^^<{XSD}integer>',
    "-1": f'"-1"^^<{XSD}integer>',
    "1.5": f'"1.5"^^<{XSD}decimal>',
    ".5": f'".5"^^<{XSD}decimal>',
    "1e0": f'"1e0"^^<{XSD}double>',
    "1E+0": f'"1E+0"^^<{XSD}double>',
    "true": f'"true"^^<{XSD}boolean>',
    "FALSE": f'"false"^^<{XSD}boolean>',
    '"x"': '"x"',
    "'x'": '"x"',
    '"""x"""': '"x"',
    "'''x'''": '"x"',
    '"\\""': '"\\""',
    "'\\''": '"\'"',
    '"#"': '"#"',
    "'<'": '"<"',
    '"x"^^<t:t>': '"x"^^<t:t>',
    '"x"^^a:b': '"x"^^<t:b>',
    "<t:t>": "<t:t>",
    "a:b.c": "<t:b.c>",
    "a:b.c.": "<t:b.c>",  # a name has one dot within
    "a:.": "<t:>",
    "port:": "<http://h:1>",  # port:SERVICE would be no IRI
    "(?y)": "_:y",
    "[]": "<t:t>",
    "?o.": "<t:t>",
    "'x'@en.": '"x"@en',
    "?o;": "<t:t>",
}
NO_LISTS = [text for text in OBJECTS if text != "(?y)"]
KEYWORDS = ("SERVICE", "service", "sErViCe", "SERVICE SILENT", "service#'\nsilent", "SERVICEsilent")
BETWEEN = ("", " ", "\n", "\t\r\n", "#c\n", "#'\n", '#"""\r', "#<\n", "# SERVICE\n")
ENDPOINTS = (
    "<{url}>", "<e>", "e:", ":", ":/x", "e:/x", "<{url}#{{>", "<{url}?'>", "<{url}\\u0023>", "#>\n<{url}>"
)  # fmt: skip
# Where a group may stand; ~ is what asks.
PLACES = (
    "SELECT * {~}",
    "SELECT*WHERE{~}",
    "SELECT DISTINCT ?s { ?s ?p ?o ~ }",
    "SELECT (COUNT(*) AS ?n) {~}",
    "SELECT * { ?s ?p ?o OPTIONAL {~} }",
    "SELECT * { ?s ?p ?o MINUS {~} }",
    "SELECT * { {} UNION {~} }",
    "SELECT * { {~} UNION {} }",
    "SELECT * { { { {~} } } }",
    "SELECT * { ?s ?p ?o . { SELECT * {~} } }",
    "SELECT * { ?s ?p ?o FILTER EXISTS {~} }",
    "SELECT * { ?s ?p ?o FILTER NOT EXISTS {~} }",
    "SELECT * { ?s ?p ?o FILTER(!EXISTS{~}) }",
    "SELECT * { ?s ?p ?o FILTER(IF(EXISTS{~},true,false)) }",
    "SELECT * { ?s ?p ?o BIND(EXISTS{~} AS ?x) }",
    "SELECT (EXISTS{~} AS ?x) { ?s ?p ?o }",
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING (EXISTS{~})",
    "SELECT * { ?s ?p ?o } ORDER BY (EXISTS{~})",
    "SELECT * { GRAPH ?g {~} }",
    "SELECT * { GRAPH <http://d/1> { ?s ?p ?o OPTIONAL {~} } }",
    "SELECT * { VALUES ?x { 1 } ~ }",
    "SELECT * { BIND(1 AS ?x)~ }",
    "SELECT * { FILTER(true)~ }",
    "ASK {~}",
    "ASK{~}",
    "ASK FROM <http://d/1> { ?s ?p ?o OPTIONAL {~} }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o OPTIONAL {~} }",
    "CONSTRUCT { } {~}",
    "DESCRIBE ?s { ?s ?p ?o OPTIONAL {~} }",
    "DESCRIBE * {~}",
)
# What only looks like the beginning of an IRI, a string or a comment, and so hides what follows.
SHELLS = (
    "?s ?p ?o FILTER(1 <2)~#>\n",
    "?s ?p ?o FILTER(1 <2#>'''\n)~#'''\n",
    "?s ?p ?o FILTER(1 <2#>'\n)~#'\n",
    "?s ?p ?o FILTER(1 <2#>''\n)~#''\n",
    "?s ?p ?o FILTER(?s!=<t:'>)~#'\n",
    "?s ?p ?o FILTER(?s!=<t:#>)~#>\n",
    "?s ?p ?o FILTER(1 <?s||true#>\n)~",
    "?s ?p 'x' . #'\n~#'\n",
    "?s ?p '#'.~#'\n",
    "?s ?p '\"'.~#\"\n",
    "?s ?p \"'\".~#'\n",
    "?s ?p '''''x'''.~#'''\n",
    "?s ?p ''.~#'\n",
    "?s ?p '\\\\'.~#'\n",
    "?s ?p 'SERVICE'.~",
    "?s ?p <t:SERVICE>.~",
    "?s ?p a:SERVICE.~",
    "?SERVICE ?p 'x'.~",
    "_:SERVICE ?p 'x'.~",
    "?s ?p a:\\#.~",
    "?s ?p a:\\'.~#'\n",
    "?s ?p a:\\<.~#>\n",
    "?s ?p a:%23.~",
    "?s !a:q ?o.~",
    "?s (!a:q)?/a:z? ?o.~",
)
HEAD = (
    "PREFIX a: <t:> PREFIX port: <http://h:1> PREFIX SERVICE: <t:> "
    "PREFIX e: <{url}> PREFIX : <{url}> BASE <{url}> "
)
LEAK = "BIND(IRI(CONCAT('{url}', '/', ENCODE_FOR_URI(STR(?s)))) AS ?u) "
GROUP = "{{?x ?y ?z}}"


def disguises(url: str) -> list[str]:
    """Queries that ask the endpoint at an address, all different; not every one does on each graph."""
    plain = f"SERVICE <{{url}}> {GROUP}"
    groups = [
        *(f"?s ?p {before}{between}{plain}" for before, between in product(OBJECTS, ("", " "))),
        *(
            f"?s ?p {before}{keyword}<{{url}}>{GROUP}"
            for before, keyword in product(("1", "true", "'x'", "a:b.c."), KEYWORDS)
        ),
        *(
            f"?s ?p 1{keyword}{between}{endpoint}{between}{GROUP}"
            for keyword, (between, endpoint) in zip(
                KEYWORDS * len(ENDPOINTS) * len(BETWEEN), product(BETWEEN, ENDPOINTS), strict=False
            )
        ),
        *(
            shell.replace("~", f"{key} <{{url}}> {GROUP}")
            for shell, key in product(SHELLS, ("SERVICE", "1service"))
        ),
        f"BIND(<{{url}}> AS ?u) ?s ?p 'x' FILTER EXISTS {{{{ ?s ?p 1SERVICE ?u {GROUP} }}}}",
        f"VALUES ?u {{{{ <{{url}}> }}}} OPTIONAL {{{{ ?s ?p 1SERVICE?u{GROUP} }}}}",
        f"?s ?p 'x' {LEAK} FILTER EXISTS {{{{ ?s ?p 1SERVICE ?u {GROUP} }}}}",
    ]
    asked = [f"{{{{{group}}}}}" for group in groups]
    queries = [f"SELECT * {group}" for group in asked]
    for place in PLACES:
        for group in (plain, f"?s ?p 1{plain}", f"?s ?p ''.{plain}#'\n"):
            queries.append(place.replace("{", "{{").replace("}", "}}").replace("~", group))
    return list(dict.fromkeys((HEAD + query).format(url=url) for query in queries))


def quads() -> str:
    """What the graphs hold, as N-Quads."""
    objects = dict.fromkeys([*OBJECTS.values(), '""', '"\\\\"', "\"''x\"", "<t:SERVICE>", '"SERVICE"'])
    more = ["<t:#>", "<t:'>", '"\\""', "<t:%23>"]
    return "".join(f"<http://d/s> <t:p> {one} <{DOCUMENT}> .\n" for one in dict.fromkeys([*objects, *more]))


# ----------------------------------------------------------------------------------- graphs


def graphs(folder: Path) -> dict[str, Settings]:
    """The same statements as each kind of graph that is served."""
    file, store, shards = folder / "graph.nq", folder / "store", folder / "shards"
    file.write_text(quads(), encoding="utf-8")
    _fill(store)
    _shard(shards)
    return {
        "file": Settings(file),
        "in memory": Settings(store, in_memory=True),
        "store": Settings(store),
        "shards": Settings(shards),
    }


def _fill(folder: Path) -> None:
    store = Store(str(folder))
    for data in (quads(), quads().replace(f" <{DOCUMENT}>", "")):  # as a build fills one
        store.load(data, format=RdfFormat.N_QUADS)
    store.flush()


PART = "part-all"


def _shard(folder: Path) -> None:
    folder.mkdir()
    data = gzip.compress(quads().encode(), mtime=0)
    said = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    none = {"bytes": 0, "sha256": sha256(b"").hexdigest()}
    files = {f"{PART}{QUADS}": said, f"{PART}{BEARINGS}": none}
    number = quads().count("\n")
    record = DocumentRecord("d", iri=DOCUMENT, statements=number, size=len(data))
    (folder / f"{PART}{QUADS}").write_bytes(data)
    (folder / f"{PART}{BEARINGS}").write_bytes(b"")
    (folder / f"{PART}{CARD}").write_bytes(ShardManifest("", (record,), files).to_json())
    shard = {"name": PART, "documents": 1, "statements": number, "files": files}
    totals = Manifest("", "", "", "", {}, 1, statements=number, shards=(shard,))
    (folder / MANIFEST).write_bytes(totals.to_json())
    for name in (LOCK, FAILURES, COPIES):
        (folder / name).touch()


# ----------------------------------------------------------------------------------- what becomes of them


@dataclass
class Endpoint:
    """Another endpoint, which counts who comes, and hangs up."""

    listener: socket.socket
    came: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/x"

    def listen(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            self.came += 1
            caller.close()


@contextmanager
def listening() -> Iterator[Endpoint]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        endpoint = Endpoint(listener)
        Thread(target=endpoint.listen, daemon=True).start()
        yield endpoint
        listener.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the queries over one graph."""

    tried: int
    connecting: int  # that reach the endpoint where nothing keeps them from it; of these
    not_refused: list[str]  # by the guard alone
    through_wall: int  # connections with the wall alone


def attack(settings: Settings) -> Outcome:
    """Ask all queries of a graph, with neither guard nor wall, and of those that connect, with either."""
    unguarded = patch.object(executor, "refuse_service", lambda query, base: None)
    with listening() as endpoint:
        queries = disguises(endpoint.url)
        answerer = QueryExecutor(workers.load_store(settings)(), QueryLimits())
        with unguarded:
            connecting = [query for query in queries if _connects(answerer, query, endpoint)]
        through = [query for query in connecting if not _is_refused(answerer, query, endpoint)]
        del answerer  # a fork must not have the threads of a store
        before = endpoint.came
        with unguarded:
            _in_child(lambda: _ask_behind_wall(settings, connecting))
        return Outcome(len(queries), len(connecting), through, endpoint.came - before)


def _connects(answerer: QueryExecutor, query: str, endpoint: Endpoint) -> bool:
    before = endpoint.came
    answerer.execute(QueryRequest(SparqlRequest(query), MEDIA))
    return endpoint.came > before


def _is_refused(answerer: QueryExecutor, query: str, endpoint: Endpoint) -> bool:
    before = endpoint.came
    reply = answerer.execute(QueryRequest(SparqlRequest(query), MEDIA))
    return endpoint.came == before and reply.status == 400


def _ask_behind_wall(settings: Settings, queries: list[str]) -> None:
    answerer = QueryExecutor(workers.load_store(settings)(), QueryLimits())
    assert forbid_connections()
    for query in queries:
        answerer.execute(QueryRequest(SparqlRequest(query), MEDIA))


def _in_child(do: Callable[[], None]) -> None:
    """Do it in a process that forks from this one, as workers do."""
    child = get_context("fork").Process(target=do)
    child.start()
    child.join(60)
    assert child.exitcode == 0, child.exitcode


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for kind, settings in graphs(Path(folder)).items():
            print(json.dumps({"graph": kind, **asdict(attack(settings))}), flush=True)


if __name__ == "__main__":
    main()
