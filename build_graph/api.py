"""The Python API: documents as objects, graphs that answer with DataFrames.

>>> import build_graph as og
>>> graph = og.build()  # the document that ships with the package
>>> graph.query("pairs", minimum=9)[["name", "partnerName", "measures"]]
           name partnerName  measures
0           商务部  国家发展和改革委员会        12
1  国家质量监督检验检疫总局  国家工商行政管理总局        11
2           商务部  国家工商行政管理总局         9
>>> len(graph.measures), len(graph.norms), len(graph.bearers), len(graph.targets)
(75, 248, 200, 3)

It calls the functions that the command line calls, and takes the same names, files, stores, shards and
addresses. Whatever goes wrong with an input or a question raises ObligationError, with one line that says
what to do. pandas comes with the extra `analysis`, and is imported when the first DataFrame is made.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from html import escape
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from pyoxigraph import QueryBoolean, QuerySolutions

from build_graph.errors import UNEXPECTED, ObligationError, load_analysis
from build_graph.graph.store.shards import ShardFolder
from build_graph.query.catalogue import Question, construct, fetch_rows, find_question
from build_graph.query.engines import (
    Answer,
    Engine,
    OxigraphEngine,
    Triples,
    create_strange_answer_error,
)
from build_graph.query.http.credentials import ANONYMOUS, find_credentials, redact_url
from build_graph.query.http.receiving import TIMEOUT
from build_graph.query.names import EntityFinder
from build_graph.query.open import is_address, load_turtle, open_path, open_shards_or_graph, resolve_selection
from build_graph.query.parameters import Binder, parse_member
from build_graph.query.results import convert_to_rdflib, format_term
from build_graph.query.text_tables import escape_controls
from build_graph.vocabulary import BASE

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    import rdflib

    from build_graph.analysis.report import Findings
    from build_graph.corpus.builder import Skipped
    from build_graph.graph.check.shacl import ValidationReport
    from build_graph.model import Document, Metadata
    from build_graph.query.export.exporter import ExportResult
    from build_graph.query.export.source import GraphSource
    from build_graph.web.pages.site import WrittenNetwork

Place = str | os.PathLike[str]
Value = str | int | dt.date | None  # of a parameter; None leaves it out

_MEMORY = "<graph in memory>"  # the place of a graph that was built, in messages
_DOCUMENTS_SHOWN = 5
_IN_SPARQL = re.compile(r"[{<]")  # every query has a group or an IRI, and no name or path has one
_P = ParamSpec("_P")
_R = TypeVar("_R")


def read(  # noqa: PLR0913  # keywords that help() shows
    path: Place | None = None,
    *,
    encoding: str | None = None,
    title: str | None = None,
    number: str | None = None,
    issuer: str | None = None,
    date: str | dt.date | None = None,
    registry: Place | None = None,
) -> Document:
    """Read one document and return what was understood of it; by default the one in the package.

    The path names whatever `obligations build` reads: a file of any kind, or a document in an archive
    (pack.zip/dir/a.html, corpus.jsonl.gz:17). The other arguments give what the text does not hold, and
    `registry` a Turtle file of bodies of one's own. Raise ObligationError where there is no document, or
    several.

    >>> document = read()
    >>> document.outline.metadata.number, len(document.measures)
    ('国发〔2015〕24号', 75)
    """
    from build_graph.corpus.stages import understand_one
    from build_graph.extract.agencies.registry import load_added_registry
    from build_graph.extract.pipeline import find_default_document
    from build_graph.text.inputs import InputReader

    given = _build_metadata(title=title, number=number, issuer=issuer, date=date)
    place = find_default_document() if path is None else Path(path)
    added = load_added_registry(Path(registry) if registry else None)
    return understand_one(place, InputReader(encoding=encoding), given, added)


def build(  # noqa: PLR0913  # keywords that help() shows
    paths: Place | Iterable[Place] | None = None,
    *,
    keep_going: bool = False,
    encoding: str | None = None,
    title: str | None = None,
    number: str | None = None,
    issuer: str | None = None,
    date: str | dt.date | None = None,
    registry: Place | None = None,
) -> Graph:
    """Build the graph of documents in memory; without paths, of the one that ships with the package.

    A path is whatever `obligations build` reads: a file, a folder, an archive, a pattern. Title, number,
    issuer and date give what one document does not hold, and `registry` a Turtle file of bodies of one's own.
    Raise ObligationError for every document that cannot be read or understood, unless `keep_going` leaves
    these out; what is left out is in `Graph.left_out`, and a warning counts it. For corpora that do not fit
    into memory there is `obligations build --store`.
    """
    from build_graph.corpus.builder import Builder
    from build_graph.extract.agencies.registry import load_added_registry
    from build_graph.text.inputs import InputReader

    places = _list_places(paths)
    given = _build_metadata(title=title, number=number, issuer=issuer, date=date)
    added = load_added_registry(Path(registry) if registry else None)
    builder = Builder(InputReader(encoding=encoding), given, keep_going, registry=added)
    try:
        turtle, skipped = builder.render(places)
    finally:
        gc.unfreeze()  # a build freezes what it makes, since a process of its own ends soon; this one goes on
    left_out = tuple(_iterate_skipped(skipped))
    if left_out:
        warnings.warn(f"{len(left_out):,} inputs left out; Graph.left_out says which and why", stacklevel=2)
    return Graph(_MEMORY, load_turtle(turtle), left_out)


def open(where: Place, *, timeout: float = TIMEOUT, user: str | None = None) -> Graph:
    """Open the graph in a file (.ttl, .trig, .nq, .nt), a folder (store, shards), or behind an address.

    A file is taken into memory at once, shards when a question needs it; a store is asked where it lies, and
    an address over the net. `timeout` is in seconds, for one answer of an endpoint; `user` asks it with the
    password in OBLIGATIONS_PASSWORD or netrc. Raise ObligationError where there is no such graph.
    """
    place = os.fspath(where)
    credentials = find_credentials(place, user, os.environ) if is_address(place) else ANONYMOUS
    return Graph(place, open_shards_or_graph(place, timeout, credentials))


def _explain_strange_answers(
    method: Callable[Concatenate[Graph, _P], _R], /
) -> Callable[Concatenate[Graph, _P], _R]:
    """Return the method, raising EngineError where an endpoint answers with what no graph of ours holds."""

    @wraps(method)
    def call(graph: Graph, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(graph, *args, **kwargs)
        except UNEXPECTED as error:
            if not is_address(graph.where):
                raise
            raise create_strange_answer_error(graph.where, error) from error

    return call


class Graph:
    """A graph of obligations that answers questions; `build` and `open` make it.

    It is a context manager, which closes it: `with og.open("output/store") as graph: …`.
    """

    def __init__(self, where: str, opened: Engine | ShardFolder, left_out: tuple[str, ...] = ()) -> None:
        """Hold what answers for the graph at a place; users call `build` or `open`."""
        self.where = where  # a path or an address
        self.left_out = left_out  # what a build did not take in, a line each
        self._opened: Engine | ShardFolder | None = opened
        self._loaded: Engine | None = None  # shards in memory, once a question needed that

    # ------------------------------------------------------------------------------- questions

    @_explain_strange_answers
    def query(self, name_or_sparql: Place, /, **parameters: Value) -> pd.DataFrame | Any:
        """Put a question to the graph: one of the catalogue by its name, SPARQL, or a file that holds it.

        SELECT gives a DataFrame with typed columns (Int64, Float64, boolean, datetime64, string; NA where
        there is no value) and short IRIs (agency/mofcom, ob:Lead); ASK gives a bool; CONSTRUCT and DESCRIBE
        give a graph of rdflib. Parameters take the names that people use: agency="商务部". Raise
        ObligationError where the question, or a value, is none.
        """
        question = _find_question(name_or_sparql)
        given = {name: _format_value(value) for name, value in parameters.items() if value is not None}
        binder = Binder(EntityFinder(self.engine), dt.date.today(), '{}="{}"')
        return _convert_answer(self.engine.answer(binder.bind(question, given), question.name))

    @property
    def documents(self) -> pd.DataFrame:
        """The documents: number, title, date, issuer, and how many measures each has."""
        return self.query("documents")

    @property
    def measures(self) -> pd.DataFrame:
        """The measures in the order of the text, with who answers in the words of the text."""
        return self.query("measures")

    @property
    def norms(self) -> pd.DataFrame:
        """The obligations, prohibitions, permissions and encouragements in the order of the text."""
        return self.query("norms")

    @property
    def bearers(self) -> pd.DataFrame:
        """The bodies that bear each measure, one a row, with role and rank."""
        return self.query("responsibilities")

    @property
    def targets(self) -> pd.DataFrame:
        """The targets and deadlines by the day that they are due."""
        return self.query("targets")

    @_explain_strange_answers
    def explain(self, name: str) -> Explanation:
        """Return the words behind a clause, statement, body, domain or document, by number, name or IRI.

        Raise ObligationError where nothing in the graph, or several things, have the name.
        """
        from build_graph.query.explain import explain_name

        return Explanation(tuple(explain_name(self.engine, name, "⟦{}⟧".format)))

    # --------------------------------------------------------------------------------- results

    @_explain_strange_answers
    def analyse(  # noqa: PLR0913  # keywords that help() shows
        self,
        *,
        document: str | None = None,
        domain: str | None = None,
        groups: bool = False,
        divided: bool = True,
        roles: str = "any",
        as_of: str | dt.date | None = None,
        unit: str = "measures",
        seed: int = 0,
        draws: int = 1_000,
    ) -> Analysis:
        """Count who bears measures together, and how far that is more than chance.

        The arguments are the options of `obligations analyse`: roles is "any" or "lead-support", unit
        "measures" or "norms", as_of a day, and draws the number of random tables that pairs are held
        against. Raise ObligationError where nothing is left to count.
        """
        day = _format_value(as_of) if as_of else None
        counted = {
            "groups": groups,
            "divided": divided,
            "roles": roles,
            "unit": unit,
            "seed": seed,
            "draws": draws,
        }
        return self._analyse(document=document, domain=domain, as_of=day, **counted)

    def _analyse(self, **choices: Any) -> Analysis:
        load_analysis("an analysis")
        from build_graph.analysis.analysis import Analyst
        from build_graph.analysis.choices import resolve_choices

        opened = self._require_opened()
        named = "graph.ttl" if self.where == _MEMORY else self.where  # in the commands of the report
        analyst = Analyst(opened, resolve_choices(opened, **choices), named)
        return Analysis(analyst.compute_findings(), self.where)

    @_explain_strange_answers
    def view(self, path: Place, *, document: str | None = None, domain: str | None = None) -> WrittenNetwork:
        """Write the network, of one document or domain if given, as a page; return what the page holds."""
        from build_graph.text.overwriting import reject_graph
        from build_graph.web.pages.site import write_network

        reject_graph([Path(path)], self.where)
        opened = self._require_opened()
        node, subject = resolve_selection(opened, document, domain)
        return write_network(opened, Path(path), document=node, domain=subject)

    @_explain_strange_answers
    def validate(self) -> ValidationReport:
        """Check the graph against the SHACL shapes; `.conforms` of the report is True if all is well."""
        from build_graph.query.validate import validate_engine

        return validate_engine(self.engine, self.where)

    @_explain_strange_answers
    def export(
        self,
        form: str,
        path: Place,
        *,
        licence: str | None = None,
        url: str | None = None,
        spreadsheet: bool = False,
    ) -> ExportResult:
        """Write the graph to a file or a folder in a format of `obligations export`; return what it wrote.

        Formats are ttl, trig, nt, nq, jsonld, rdfxml, graphml and gexf, which are files, and csv, parquet and
        neo4j-csv, which are folders. `spreadsheet` makes csv safe to open in one.
        """
        from build_graph.query.export.dataset_description import Publication
        from build_graph.query.export.exporter import Exporter, ExportError
        from build_graph.query.export.formats import ExportFormat

        kind = parse_member("format", form, ExportFormat)
        if spreadsheet and kind is not ExportFormat.CSV:
            raise ExportError(f"spreadsheet: {form} is not for spreadsheets; it goes with csv")
        published = Publication.parse(licence=licence, url=url)
        return Exporter(self._open_source(), kind, published, spreadsheet).write(Path(path))

    @_explain_strange_answers
    def to_rdflib(self) -> rdflib.Graph:
        """Return all statements as a graph of rdflib, whose IRIs are whole."""
        return convert_to_rdflib(construct(self.engine, "everything"))

    # ---------------------------------------------------------------------------- what it is

    @property
    def engine(self) -> Engine:
        """The engine that answers for the graph, in the types of pyoxigraph; shards are loaded for it."""
        opened = self._require_opened()
        if not isinstance(opened, ShardFolder):
            return opened
        if self._loaded is None:
            self._loaded = open_path(opened.path)
        return self._loaded

    def close(self) -> None:
        """Let go of the store or the memory; a question after that raises ObligationError."""
        self._opened = self._loaded = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Graph({self._format_place()!r})"

    def _repr_html_(self) -> str:
        """Return the place and the first documents as HTML; an endpoint is not asked for that."""
        rows = "".join(f"<p>{_escape_words(line)}</p>" for line in self._iterate_facts())
        return f"<div><p><b>Graph</b> {_escape_words(self._format_place())}</p>{rows}</div>"

    def _iterate_facts(self) -> Iterator[str]:
        """Yield lines for people: how much the graph holds, and its first documents."""
        opened = self._opened
        if isinstance(opened, ShardFolder):
            yield f"{opened.totals.documents:,} documents, {opened.totals.statements:,} statements"
        elif isinstance(opened, OxigraphEngine):
            yield from _list_documents(opened)
        elif opened is None:
            yield "closed"

    def _format_place(self) -> str:
        return redact_url(self.where) if is_address(self.where) else self.where

    def _require_opened(self) -> Engine | ShardFolder:
        if self._opened is None:
            raise ObligationError(f"{self._format_place()}: this graph is closed; open it again")
        return self._opened

    def _open_source(self) -> GraphSource:
        """Return the statements to export: of a file as they are written there, else those that are asked."""
        from build_graph.query.export.source import GraphSource

        opened = self._require_opened()
        if is_address(self.where):
            return GraphSource.copy_endpoint(self.where, self.engine)
        if isinstance(opened, OxigraphEngine) and (opened.folder or self.where == _MEMORY):
            return GraphSource(self.where, opened)
        return GraphSource(self.where)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The words behind a thing of the graph, marked ⟦so⟧ in their sentences; printed as lines."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return escape_controls("\n".join(self.lines))

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as SVG, which a notebook shows."""

    svg: bytes

    def _repr_svg_(self) -> str:
        return self.svg.decode()

    def __repr__(self) -> str:
        return "Chart(SVG)"


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """The bodies that bear measures together, as tables, network and charts; `print` shows a summary."""

    findings: Findings
    where: str  # the graph that was asked

    @property
    def pairs(self) -> pd.DataFrame:
        """The pairs of bodies, the most frequent first, with what chance would give, as in pairs.csv."""
        return _shorten_columns(self.findings.pairs, "agency", "partner")

    @property
    def agencies(self) -> pd.DataFrame:
        """The bodies by their IRI, who bears most first, with their place in the network; as agencies.csv."""
        return self.findings.agencies.rename(index=_shorten)

    @property
    def bearings(self) -> pd.DataFrame:
        """The bearers that were counted, one a row; the columns of bearings.csv."""
        from build_graph.analysis.result_tables import select_bearings_table

        table = select_bearings_table(self.findings.incidence)
        return _shorten_columns(table, "measure", "body", "named", "domain")

    def to_networkx(self) -> nx.Graph[str]:
        """Return the network with short IRIs as nodes, directed where one leads and the other supports."""
        from build_graph.analysis.result_tables import build_labelled_graph

        return build_labelled_graph(self.agencies, self.pairs, directed=self.findings.choices.directed)

    def draw_ranking(self) -> Chart:
        """Draw the first pairs as bars, with what chance would give as a mark on each."""
        from build_graph.analysis.charts import draw_ranking

        choices = self.findings.choices
        return Chart(draw_ranking(self.findings.pairs, directed=choices.directed, unit=choices.unit))

    def draw_heatmap(self) -> Chart:
        """Draw the bodies that bear most against each other."""
        from build_graph.analysis.charts import draw_heatmap

        found, choices = self.findings, self.findings.choices
        chart = draw_heatmap(found.agencies, found.pairs, directed=choices.directed, unit=choices.unit)
        return Chart(chart)

    def write(self, folder: Place, *, language: str = "en", raw: bool = False) -> list[Path]:
        """Write report, tables, networks and charts as `obligations analyse` does, and return their paths."""
        from build_graph.analysis.analysis import FILES, write_findings
        from build_graph.analysis.choices import Language
        from build_graph.text.overwriting import reject_graph

        reject_graph((Path(folder) / name for name in FILES), self.where)
        return write_findings(
            self.findings, Path(folder), parse_member("language", language, Language), raw=raw
        )

    def __str__(self) -> str:
        from build_graph.analysis.report import format_summary

        return format_summary(self.findings).removesuffix("\n")

    def __repr__(self) -> str:
        return f"Analysis({len(self.findings.pairs):,} pairs of {len(self.findings.agencies):,} bodies)"


def _build_metadata(**given: str | dt.date | None) -> Metadata:
    from build_graph.extract.structure.given_metadata import build_metadata

    return build_metadata({name: value for name, value in given.items() if value is not None}, "arguments")


def _list_places(paths: Place | Iterable[Place] | None) -> list[Path]:
    if paths is None:
        return []
    places = [Path(paths)] if isinstance(paths, (str, os.PathLike)) else [Path(path) for path in paths]
    if not places:
        raise ObligationError("build: the list of paths is empty; give a file, a folder or a pattern")
    return places


def _iterate_skipped(skipped: Skipped) -> Iterator[str]:
    """Yield a line for each input, and for each kind of file, that a build did not take in."""
    yield from (*skipped.failures, *skipped.copies)
    for kind, times in sorted(Counter(skipped.ignored).items()):
        yield f"{kind}: {times:,} file{'' if times == 1 else 's'} no document"


def _find_question(name_or_sparql: Place) -> Question:
    """Return a question of the catalogue, the one in a text, or the one in a file."""
    words = os.fspath(name_or_sparql)
    if isinstance(name_or_sparql, str) and _IN_SPARQL.search(words):
        return Question.read(words, "query")
    return find_question(words)


def _format_value(value: Value) -> str:
    if isinstance(value, dt.datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _convert_answer(answer: Answer) -> Any:
    """Return rows as a DataFrame, yes or no as a bool, triples as a graph of rdflib."""
    if isinstance(answer, QueryBoolean):
        return bool(answer)
    if isinstance(answer, Triples):
        return convert_to_rdflib(answer.triples)
    from build_graph.query.data_frames import build_frame

    assert isinstance(answer, QuerySolutions)
    return build_frame(answer)


def _list_documents(engine: Engine) -> list[str]:
    """Return how many documents and measures there are, and the first documents; or what is wrong."""
    try:
        rows = list(fetch_rows(engine, find_question("documents").query, "documents"))
    except ObligationError as error:
        return [str(error)]
    measures = sum(int(row["measures"].value) for row in rows)
    documents = f"{len(rows):,} document{'' if len(rows) == 1 else 's'}, {measures:,} measures"
    shown = [
        "  ".join(filter(None, (format_term(row[name]) for name in ("number", "title", "issuer", "date"))))
        for row in rows[:_DOCUMENTS_SHOWN]
    ]
    return [documents, *shown, *(["…"] if len(rows) > _DOCUMENTS_SHOWN else [])]


def _escape_words(words: str) -> str:
    """Return words of a graph as HTML that runs nothing and steers nothing."""
    return escape(escape_controls(words))


def _shorten(iri: str) -> str:
    return iri.removeprefix(BASE)


def _shorten_columns(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    return table.assign(**{name: table[name].map(_shorten) for name in names})
