"""`obligations query` and `queries` as a user runs them: what they print, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import endpoint
import pytest
from click.testing import CliRunner, Result
from endpoint import Answer
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse
from rich.cells import cell_len

from build_graph.cli import main
from build_graph.query.catalogue import ParameterKind
from build_graph.query.engines import EndpointEngine, OxigraphEngine
from build_graph.query.http.client import ExchangeError
from build_graph.query.names import EntityFinder, UnknownNameError
from build_graph.query.results import AnswerFormat, format_result
from build_graph.query.sparql import QueryError, detect_form
from build_graph.vocabulary import BASE, term

OB = "PREFIX ob: <https://w3id.org/obligation-graph/ontology#>\n"


def run(*args: object, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


@pytest.fixture(scope="session")
def finder(graph: Path) -> EntityFinder:
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    return EntityFinder(OxigraphEngine(store))


# ------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("kind", "words", "end"),
    [
        (ParameterKind.AGENCY, "商务部", "agency/mofcom"),
        (ParameterKind.AGENCY, "MOFCOM", "agency/mofcom"),
        (ParameterKind.AGENCY, "mofcom", "agency/mofcom"),
        (ParameterKind.AGENCY, "Ministry of Commerce", "agency/mofcom"),
        (ParameterKind.AGENCY, "agency/mofcom", "agency/mofcom"),
        (ParameterKind.AGENCY, f"{BASE}agency/mofcom", "agency/mofcom"),
        (ParameterKind.AGENCY, "发展改革委", "agency/ndrc"),
        (ParameterKind.AGENCY, "AQSIQ", "agency/aqsiq"),
        (ParameterKind.AGENCY, "ＡＱＳＩＱ", "agency/aqsiq"),
        (ParameterKind.AGENCY, "有关部门", "group/有关部门"),
        (ParameterKind.DOMAIN, "电子商务", "domain/e-commerce"),
        (ParameterKind.DOMAIN, "e-commerce", "domain/e-commerce"),
        (ParameterKind.DOCUMENT, "国发〔2015〕24号", "d/国发-2015-24"),
        (ParameterKind.DOCUMENT, "国发[2015] 24号", "d/国发-2015-24"),
        (
            ParameterKind.DOCUMENT,
            "国务院关于大力发展电子商务加快培育经济新动力的意见",
            "d/国发-2015-24",
        ),
        (ParameterKind.DOCUMENT, "国发-2015-24", "d/国发-2015-24"),
        (ParameterKind.CLAUSE, "四", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "（四）", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "(四)", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "4", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "降低准入门槛", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "四、", "d/国发-2015-24/s4"),
        (ParameterKind.CLAUSE, "s2/c4", "d/国发-2015-24/s2/c4"),
        (ParameterKind.CLAUSE, "closing", "d/国发-2015-24/closing"),
        (ParameterKind.STATEMENT, "d/国发-2015-24/s2/c4/m1/n3", "d/国发-2015-24/s2/c4/m1/n3"),
    ],
)
def test_things_are_named_as_people_write_them(
    kind: ParameterKind, words: str, end: str, finder: EntityFinder
) -> None:
    assert finder.find(kind, words).value == BASE + end


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        (ParameterKind.AGENCY, "商物部", "did you mean 商务部?"),
        (ParameterKind.AGENCY, "工商", "did you mean"),
        (
            ParameterKind.AGENCY,
            "火星探测局局局",
            "see what there is with: obligations query agencies-by-measures",
        ),
        (ParameterKind.AGENCY, f"{BASE}agency/nobody", "has no agency of that name"),
        (ParameterKind.AGENCY, "https://x/ y", "has no agency of that name"),
        (ParameterKind.AGENCY, "", "has no agency of that name"),
        (ParameterKind.DOMAIN, "商务部", "has no domain of that name"),
        (ParameterKind.CLAUSE, "完全没有的标题", "obligations query clauses"),
        (ParameterKind.DOCUMENT, "国发〔2015〕42号", "did you mean 国发〔2015〕24号?"),
        (ParameterKind.STATEMENT, "d/nothing", "the graph says nothing of it"),
    ],
)
def test_names_that_nothing_has(kind: ParameterKind, words: str, said: str, finder: EntityFinder) -> None:
    with pytest.raises(UnknownNameError) as caught:
        finder.find(kind, words)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_of_several_things() -> None:
    """市商务局 of two cities are two bodies: the name alone does not say which; the end of an IRI does."""
    store, name = Store(), term("skos:prefLabel")
    for city in ("杭州市", "宁波市"):
        body = NamedNode(f"{BASE}agency/浙江省/{city}/商务局")
        store.add(Quad(body, term("rdf:type"), term("org:FormalOrganization")))
        store.add(Quad(body, name, Literal("市商务局", language="zh")))
    finder = EntityFinder(OxigraphEngine(store))
    with pytest.raises(UnknownNameError, match=r"2 things .* called so"):
        finder.find(ParameterKind.AGENCY, "市商务局")
    assert finder.find(ParameterKind.AGENCY, "杭州市/商务局").value.endswith("杭州市/商务局")


# ---------------------------------------------------------------------------------- formats


def test_csv_in_a_pipe(graph: Path) -> None:
    result = run("query", "pairs", "--set", "minimum=9", "--graph", graph)
    assert result.exit_code == 0, result.output
    found = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["name"], row["partnerName"], row["measures"]) for row in found] == [
        ("商务部", "国家发展和改革委员会", "12"),
        ("国家质量监督检验检疫总局", "国家工商行政管理总局", "11"),
        ("商务部", "国家工商行政管理总局", "9"),
    ]


def test_the_table_aligns(graph: Path) -> None:
    """Chinese characters take two columns: in each line the second column begins below its head."""
    lines = run("query", "agencies-by-measures", "--format", "table", "--graph", graph).stdout.splitlines()
    assert lines[-1] == "35 rows"
    start = cell_len(lines[0][: lines[0].index("measures")]) + len("measures")
    figures = [line for line in lines[2:-1] if line.startswith("agency/")]
    assert len(figures) == 35
    for line in figures:
        cut = next(i for i in range(len(line) + 1) if cell_len(line[:i]) == start)
        assert line[cut - 1].isdigit()
        assert line[cut : cut + 1] in ("", " ")


def test_a_terminal_gets_a_table_of_its_width(graph: Path) -> None:
    engine = OxigraphEngine(Store())
    lines = format_result(
        engine.answer("SELECT ('商务部' AS ?a) ('x y' AS ?b) {}"), None, width=12
    ).splitlines()
    assert lines[0].split() == ["a", "b"]
    assert lines[2].split() == ["商务部", "x", "y"]
    assert all(cell_len(line) <= 12 for line in lines)


def test_a_table_does_not_steer_the_terminal() -> None:
    answer = OxigraphEngine(Store()).answer("SELECT ('\x1b[2J商务部\x07' AS ?a) {}")
    assert format_result(answer, AnswerFormat.TABLE).splitlines()[2] == r"\x1b[2J商务部\x07"


@pytest.mark.parametrize("form", ["json", "xml", "tsv", "csv", "table"])
def test_every_format_holds_the_answer(form: str, graph: Path) -> None:
    result = run("query", "prohibitions", "--format", form, "--graph", graph)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("严禁擅自改变物流仓储用地性质") == 1
    assert result.stdout.endswith("\n")
    if form == "json":
        assert len(json.loads(result.stdout)["results"]["bindings"]) == 4


@pytest.mark.parametrize("form", [[], ["--format", "ttl"]])
def test_triples_are_turtle(form: list[str], graph: Path) -> None:
    query = OB + "CONSTRUCT { ?m ob:text ?t } WHERE { ?m a ob:Measure ; ob:text ?t }"
    result = run("query", "-", *form, "--graph", graph, stdin=query)
    assert result.exit_code == 0, result.output
    assert len(list(parse(result.stdout.encode(), format=RdfFormat.TURTLE))) == 75


def test_yes_and_no(graph: Path) -> None:
    for name, expected in [("table", "yes\n"), ("csv", "true\n")]:
        assert (
            run("query", "-", "--format", name, "--graph", graph, stdin="ASK { ?s ?p ?o }").stdout == expected
        )


def test_a_query_of_ones_own_with_a_parameter(graph: Path, tmp_path: Path) -> None:
    text = (
        "\ufeff# title@en: Words\n# parameter: who, agency, no default, example 商务部\n"
        f"{OB}SELECT (COUNT(*) AS ?n)\n"
        "{ VALUES ?who { UNDEF } ?m a ob:Measure ; ob:responsibleAgency ?who }"
    )
    (tmp_path / "mine.rq").write_text(text, encoding="utf-8")
    assert run("query", tmp_path / "mine.rq", "--set", "who=商务部", "--graph", graph).stdout.split() == [
        "n",
        "32",
    ]
    assert "needs who" in run("query", tmp_path / "mine.rq", "--graph", graph).stderr


def test_today_is_a_date(graph: Path) -> None:
    for given in ([], ["--set", "date=today"]):
        result = run("query", "overdue", *given, "--graph", graph)
        assert (result.exit_code, len(result.stdout.splitlines())) == (0, 4)


def test_a_store_on_disk(graph: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    store.flush()
    del store
    at_store, at_file = (
        run("query", "partners", "--set", "agency=商务部", "--graph", where).stdout
        for where in (tmp_path / "store", graph)
    )
    assert at_store == at_file != ""


def test_queries_lists_and_shows() -> None:
    listed = run("queries").stdout
    assert "agency-obligations" in listed
    assert "最常共同负责的机构" in listed
    assert run("queries", "pairs").stdout.startswith("# title@en: Agencies that are co-responsible")
    assert run("queries", "--format", "md").stdout.startswith("# The query catalogue")


# -------------------------------------------------------------------------------- bad input


def written_to(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


BAD: dict[str, tuple[Callable[[Path, Path], list[object]], str]] = {
    "unknown query": (lambda g, t: ["pairz"], "there is no such query; did you mean pairs?"),
    "unknown and far": (lambda g, t: ["xyzzy"], "obligations queries lists"),
    "query outside the catalogue": (lambda g, t: ["../tests/x"], "cannot be read"),
    "a lookup": (lambda g, t: ["lookups/agency"], "cannot be read"),
    "missing file": (lambda g, t: [t / "no.rq"], "no.rq: cannot be read"),
    "file of another encoding": (
        lambda g, t: [written_to(t, "x.rq", "ASK {} # 商务部".encode("gb18030"))],
        "save it as UTF-8",
    ),
    "unknown parameter": (
        lambda g, t: ["pairs", "--set", "minimun=3"],
        "has no parameter minimun; did you mean minimum?",
    ),
    "parameter of none": (lambda g, t: ["counts", "--set", "x=3"], "has no parameter x; it has none"),
    "no value": (lambda g, t: ["pairs", "--set", "minimum"], "write it as: --set agency=商务部"),
    "empty value": (lambda g, t: ["partners", "--set", "agency= "], "gives no value"),
    "given twice": (lambda g, t: ["pairs", "--set", "minimum=1", "--set", "minimum=2"], "given twice"),
    "missing parameter": (
        lambda g, t: ["partners"],
        "needs agency; give it, for example: --set agency=商务部",
    ),
    "no number": (lambda g, t: ["pairs", "--set", "minimum=five"], "'five' is no whole number"),
    "huge number": (lambda g, t: ["pairs", "--set", f"minimum={'9' * 5000}"], "is no whole number"),
    "no date": (lambda g, t: ["overdue", "--set", "date=2016-02-30"], "is no date; write it as 2016-01-01"),
    "no such day format": (lambda g, t: ["overdue", "--set", "date=20160101"], "is no date"),
    "agency not there": (lambda g, t: ["partners", "--set", "agency=商物部"], "did you mean 商务部?"),
    "agency not optional": (lambda g, t: ["partners", "--set", "agency=any"], "has no agency"),
    "agency with SPARQL": (
        lambda g, t: ["partners", "--set", "agency=x> } UNION { ?s ?p ?o } #"],
        "has no agency of that name",
    ),
    "rows as Turtle": (lambda g, t: ["pairs", "--format", "ttl"], "answers with rows; choose table"),
    "no graph": (lambda g, t: ["pairs", "--graph", t / "no.ttl"], "make it with: obligations build"),
    "no Turtle": (
        lambda g, t: ["pairs", "--graph", written_to(t, "x.ttl", b"what?")],
        "x.ttl: is no Turtle file that can be read",
    ),
    "no store": (lambda g, t: ["pairs", "--graph", t], "is no Oxigraph store"),
    "folder of a graph": (lambda g, t: ["pairs", "--graph", g.parent], "graph.ttl"),
    "no such host": (lambda g, t: ["pairs", "--graph", "http://127.0.0.1:1/query"], "does not answer"),
    "no address": (lambda g, t: ["pairs", "--graph", "http://"], "does not answer"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input(what: str, graph: Path, tmp_path: Path) -> None:
    """One line on stderr that says what to do, exit code 1, nothing on stdout, no traceback."""
    arguments, expected = BAD[what]
    given = arguments(graph, tmp_path)
    result = run("query", *given, *([] if "--graph" in given else ["--graph", graph]))
    assert (result.exit_code, result.stdout) == (1, "")
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("obligations: ")
    assert expected in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("query", "place", "said", "below"),
    [
        ("SELECT * WHERE { ?s ?p }", "-:1:24", "does not go on with '}'", "}"),
        ("SELECT *\nWHERE {\n  ?商务部 ?p ?o . FILTER (?o < )\n}", "-:3:29", "')'", ")"),
        ("SELECT * {\n\t?s ob:text ?o }", "-:2:", "this prefix is not declared", None),
        ("SELECT (COUNT(*) AS ?n) ?s { ?s ?p ?o }", "-:1:", "neither grouped by nor bound", None),
        ("SELECT * { ?s ?p ?o", "-:1:20", "does not end here", ""),
    ],
)
def test_syntax_errors_show_the_place(
    query: str, place: str, said: str, below: str | None, graph: Path
) -> None:
    """What and where, the line, and a caret below the place, Chinese characters counted at their width."""
    result = run("query", "-", "--graph", graph, stdin=query)
    assert (result.exit_code, result.stdout) == (1, "")
    message, line, caret = result.stderr.splitlines()
    assert place in message
    assert said in message
    assert line.removeprefix("obligations:   ") in query.replace("\t", " ")
    if below is not None:
        before = cell_len(caret.rstrip("^"))
        cut = next(i for i in range(len(line) + 1) if cell_len(line[:i]) == before)
        assert line[cut : cut + 1] == below


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "PREFIX a: <a:> # SELECT\nDELETE WHERE { ?s ?p ?o }",
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "load <http://x/>",
        "CLEAR ALL",
    ],
)
def test_updates_are_refused(update: str, graph: Path) -> None:
    result = run("query", "-", "--graph", graph, stdin=update)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "changes data; only queries are run" in result.stderr


def test_what_is_no_query() -> None:
    for text in ("", "# SELECT", "<select>", "'ASK'", "ob:SELECT"):
        with pytest.raises(QueryError, match="holds no query"):
            detect_form(text)


def test_what_is_found_wrong_while_answering(graph: Path) -> None:
    for query in (
        "SELECT (<http://x/f>(1) AS ?y) {}",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ):
        result = run("query", "-", "--graph", graph, stdin=query)
        assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
        assert "cannot be answered" in result.stderr


PAGE = b"<!DOCTYPE html><html><body>Welcome</body></html>"
REPLIES: dict[str, tuple[endpoint.Reply, str]] = {
    "a page": ((200, "text/html", PAGE), "answered with text/html that is no SPARQL result"),
    "a page that says it is JSON": ((200, "application/json", PAGE), "that is no SPARQL result"),
    "nothing": ((200, "application/sparql-results+json", b""), "that is no SPARQL result"),
    "other JSON": ((200, "application/json", b'{"ok": true}'), "that is no SPARQL result"),
    "not found": ((404, "text/html", PAGE), "there is nothing at this address"),
    "forbidden": ((403, "text/html", PAGE), "does not allow this"),
    "an error of its own": ((500, "text/html", PAGE), "fails (500)"),
    "busy": ((503, "text/plain", b"later"), "is busy or down behind its front (503); try again later"),
    "a refusal": ((400, "text/plain", b"too\nmuch"), "refuses the request (too much)"),
}


@pytest.mark.parametrize("what", REPLIES)
def test_endpoints_that_answer_otherwise(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line and exit code 1, whatever comes back."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it is tried again
    reply, said = REPLIES[what]
    with endpoint.served(lambda query: reply) as url:
        result = run("query", "counts", "--graph", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert isinstance(result.exception, SystemExit)
    assert len(result.stderr.splitlines()) == 1
    assert url in result.stderr
    assert said in result.stderr


# What servers say of a failure, and what of it is shown: the query, which some of them repeat, is not.
SAID = {
    "Virtuoso": (
        "37000 Error SP031: too deep\n\nSPARQL query:\n{query}",
        "(37000 Error SP031: too deep SPARQL query:)",
    ),
    "Fuseki": ("{query}\n\nEncountered x at line 1", "(Encountered x at line 1)"),
    "many words": ("too much " * 100, "too much too…)"),
    "one long word": ("x" * 10_000, "xxx…)"),
}


@pytest.mark.parametrize("server", SAID)
def test_of_a_refusal_the_useful_part_is_shown(server: str) -> None:
    said, shown = SAID[server]
    with endpoint.served(lambda query: (400, "text/plain", said.replace("{query}", query).encode())) as url:
        result = run("query", "counts", "--graph", url)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.endswith(shown)
    assert "SELECT" not in line
    assert len(line) < 340


def test_an_endpoint_that_is_slow() -> None:
    with endpoint.served(endpoint.silent) as url:
        result = run("query", "counts", "--graph", url, "--timeout", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no answer within 1 seconds; ask for less, or give a higher --timeout" in result.stderr


YES = Answer(200, "application/sparql-results+json", b'{"head":{},"boolean":true}')
PASSING = {  # answers after which the endpoint, asked again, does answer; MOVED is another path of it
    "busy": Answer(503),
    "too many requests": Answer(429),
    "a broken connection": Answer(0),
    "half an answer": Answer(200, YES.media, YES.body, cut=True),
    "moved for a time": Answer(307, headers={"Location": "/moved"}),
    "moved for good": Answer(308, headers={"Location": "/moved"}),
}


@pytest.mark.parametrize("what", PASSING)
def test_trouble_of_an_endpoint_that_passes(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it is tried again
    left = [PASSING[what]]
    with endpoint.answering(lambda asked: left.pop() if left else YES) as (url, came):
        result = run("query", "-", "--graph", f"{url}/query", stdin="ASK {}")
    assert (result.exit_code, result.stdout) == (0, "true\n"), result.output
    assert [(asked.method, asked.body) for asked in came] == [("POST", b"query=ASK+%7B%7D")] * 2


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_query_that_would_be_lost_on_the_way_is_not_sent_on(status: int) -> None:
    """These statuses ask for a GET, without the query."""
    with endpoint.answering(lambda asked: Answer(status, headers={"Location": "/moved"})) as (url, came):
        result = run("query", "counts", "--graph", f"{url}/query")
    assert (result.exit_code, len(came)) == (1, 1)
    assert f"sends on to {url}/moved; give that address, if you trust it" in result.stderr


def test_an_endpoint_shows_syntax_errors_too(finder: EntityFinder) -> None:
    store = finder.engine.store  # type: ignore[attr-defined]
    with endpoint.served(endpoint.over(store)) as url:
        result = run("query", "-", "--graph", url, stdin="SELECT * { ?s ?p }")
        assert result.stderr.startswith("obligations: -:1:18: SPARQL does not go on with '}' here")
        result = run("query", "partners", "--set", "agency=商物部", "--graph", url)
        assert "did you mean 商务部?" in result.stderr


def test_an_endpoint_gets_no_update() -> None:
    asked: list[str] = []

    def reply(query: str) -> endpoint.Reply:
        asked.append(query)
        return 200, "text/plain", b""

    with endpoint.served(reply) as url, pytest.raises(QueryError):
        EndpointEngine(url).answer("DROP ALL")
    assert asked == []


def test_an_address_that_is_none() -> None:
    with pytest.raises(ExchangeError, match="does not answer"):
        EndpointEngine("http://[x").answer("ASK {}")


@pytest.mark.parametrize("command", ["query", "queries"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"obligations {command} " in result.output.split("Example", 1)[1]


OPENING = {  # commands that open a graph
    "query": lambda graph, out: ["query", "pairs", "--graph", graph],
    "explain": lambda graph, out: ["explain", "四", "--graph", graph],
    "validate": lambda graph, out: ["validate", graph],
    "analyse": lambda graph, out: ["analyse", graph, "-o", out],
    "view": lambda graph, out: ["view", graph, "-o", out],
    "export": lambda graph, out: ["export", graph, "--format", "nt", "-o", out],
    "push": lambda graph, out: ["push", "http://127.0.0.1:1", "--graph", graph],
}
NOT_OPENED = {
    "none": (None, "no such graph; make it with: obligations build"),
    "broken": (b"what?", "no Turtle file that can be read (Parser error at line 1"),
}


@pytest.mark.parametrize("what", NOT_OPENED)
@pytest.mark.parametrize("command", OPENING)
def test_every_command_says_the_same_of_a_graph_that_cannot_be_opened(
    command: str, what: str, tmp_path: Path
) -> None:
    content, expected = NOT_OPENED[what]
    graph = tmp_path / "graph.ttl"
    if content is not None:
        graph.write_bytes(content)
    result = run(*OPENING[command](graph, tmp_path / "out"))
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"obligations: {graph}: ")
    assert expected in result.stderr
