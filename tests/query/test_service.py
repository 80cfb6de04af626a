"""No query asks another endpoint, however it hides that it does; queries that hold the word are answered."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT, TESTS
from properties import examples
from pyoxigraph import Store

from build_graph.query.sparql import QueryError
from build_graph.query.syntax import refuse_service
from build_graph.web.server.executor import QueryExecutor, QueryRequest
from build_graph.web.server.protocol import AcceptedTypes, SparqlRequest
from build_graph.web.server.settings import QueryLimits

REFUSED = "query: SERVICE asks other endpoints, which this one does not; take it out"
PREFIXES = "PREFIX a: <t:> PREFIX service: <http://service.example/SERVICE#> "
# What holds the word, and asks nobody.
HARMLESS = (
    "SELECT ?service { ?service ?p $SERVICE }",
    "SELECT ?aService { ?aService ?service1 ?_service }",
    "SELECT * { ?s ?p 'SERVICE <http://x> {}' }",
    'SELECT * { ?s ?p "service"@en, """\nSERVICE""", "\\"service", \'SERVICE\'^^a:service }',
    "SELECT * { ?s ?p 'x'@service, 'x'@en-service }",
    "SELECT * { ?s ?p <http://x/service>, <service:x>, <urn:SERVICE> }",
    "SELECT * { ?s a:service a:x.service, a:customer_service, a:SERVICE-1, a:%20service }",
    "SELECT * { service:x service: service:service }",
    "SELECT * { _:service ?p _:x.service }",
    "SELECT * { # SERVICE <http://x> {}\n}",
    "ASK { ?s ?p ?o FILTER(?service<?o && 'SERVICE' > ?o) }",
    "CONSTRUCT { ?s a:service 'service' } WHERE { ?s ?p ?o }",
    "DESCRIBE <http://x/service>",
    "SELECT (COUNT(*) AS ?service) { VALUES (?service) { ('service') } }",
)
# What breaks the grammar elsewhere: the place is named, not the word.
BROKEN = (
    ("SELECT * { ?s ?p 'service' ?o }", "query:1:28: SPARQL does not go on with '?o' here"),
    ("SELECT * {\n  ?service ?p x:service }", "query:2:15: this prefix is not declared"),
    (
        "ASK {BIND(CONCAT('service',BNODE())AS ?u)?s}",
        "query:1:44: SPARQL does not go on with '}' here",
    ),
    ("SELECT * { ?s ?p 'service'", "query:1:27: SPARQL does not end here"),
)


def test_no_disguise_connects() -> None:
    """Of hundreds that do where nothing hinders them, none does with the guard alone, or the wall alone."""
    script = TESTS / "support" / "disguises.py"
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    found = {one["graph"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert set(found) == {"file", "in memory", "store", "shards"}
    for one in found.values():
        assert one["connecting"] >= 200, one
        assert (one["not_refused"], one["through_wall"]) == ([], 0), one


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_is_no_fault(query: str) -> None:
    refuse_service(PREFIXES + query)
    task = QueryRequest(SparqlRequest(PREFIXES + query), AcceptedTypes("text/csv", "text/turtle"))
    assert QueryExecutor(Store(), QueryLimits()).execute(task).status == 200


@pytest.mark.parametrize(("query", "said"), BROKEN)
def test_other_faults_are_named(query: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        refuse_service(query)
    assert str(caught.value).splitlines()[0] == said
    assert str(caught.value).splitlines()[1] == f"  {query.splitlines()[-1]}"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://x> {} }",
        "SELECT * { ?s ?p 1SERVICE<http://x>{} }",
        "ASK { { SELECT * { service ?x {} } } }",
        "ASK { ?s ?p ?l BIND(IRI(CONCAT('a:', ?l)) AS ?u) FILTER EXISTS { ?m ?n trueSERVICE ?u {} } }",
        r"ASK { \u0053ERVICE <http://x> {} }",  # which Oxigraph may come to read as the standard does
        r"ASK { \u+053\U00000045RVICE <http://x> {} }",
    ],
)
def test_it_is_named(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        refuse_service(query)
    assert str(caught.value) == REFUSED


PIECES = st.sampled_from(
    ["SERVICE", "service", "<t:x>", "{", "}", "(", ")", ".", ";", ",", "?s", "?p", "?o", "<", "<2", ">", "'",
     "'''", '"', "#", "\n", " ", " ", " ", "1", "1e0", ".5", "true", "'x'", "@en", "^^", "a:", "a:b", "a:b.c",
     ":", "SERVICE:", "OPTIONAL", "FILTER", "EXISTS", "GRAPH", "SILENT", "SELECT *", "VALUES", "-", "/", "!",
     "[", "]", "\\", "_:a"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8), st.lists(PIECES, max_size=8))
@examples(300)
def test_nothing_that_asks_passes(before: list[str], after: list[str]) -> None:
    """Whatever stands around the keyword: what would need a service is refused, or is no query."""
    query = f"{PREFIXES}ASK {{ {''.join(before)}SERVICE ?nowhere {{}} {''.join(after)} }}"
    try:
        refuse_service(query)
    except QueryError:
        return
    try:  # it has a keyword if the engine misses the variable's value
        bool(Store().query(query))
    except RuntimeError as error:
        raise AssertionError(query) from error
