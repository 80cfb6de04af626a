"""The network page: bodies and their shared measures, with the words of the measures, in one file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pyoxigraph import Literal

from build_graph.analysis.communities import build_nx_graph, detect_communities
from build_graph.errors import ObligationError
from build_graph.resources import find_folder, load_statements
from build_graph.vocabulary import OB, term
from build_graph.web.pages.network_data import GROUP, NetworkData, NetworkDocument, NetworkMeasure
from build_graph.web.pages.network_layout import compute_positions
from build_graph.web.render import escape_invisible, render

LARGEST = 20_000_000  # bytes of a page that a browser still opens with ease
_SEED = 0  # as `obligations analyse` has it, so that communities are the same
_STYLES = ("base.css", "network.css")
_SCRIPTS = ("vis-network/vis-network.js", "base.js", "network.js")
_MANY = 10  # measures from which on a body has a larger name
_KINDS = (GROUP, "Local", "Other")  # kinds of bodies beside those of the ontology


class PageTooLargeError(ObligationError):
    """A graph that is too large for one page."""


@dataclass(frozen=True, slots=True)
class NetworkLinks:
    """The addresses of other pages, relative to this one: the readers by document, and the index."""

    readers: Mapping[str, str]
    index: str = ""


def render_network_page(data: NetworkData, title: str, links: NetworkLinks | None = None) -> bytes:
    """Return the page in UTF-8; raise PageTooLargeError if it is too large for a browser."""
    links = links or NetworkLinks({})
    shared = _count_shared(data)
    counts = Counter(body for measure in data.measures for body in {b.body for b in measure.bearings})
    agencies = [at for at, body in enumerate(data.bodies) if body.kind != GROUP]
    pairs = ((one, other, count, 0.0) for (one, other), count in sorted(shared.items()))
    graph = build_nx_graph(pairs, len(data.bodies), directed=False)
    groups = detect_communities(graph.subgraph(agencies), _SEED)
    member = {node: number for number, group in enumerate(groups, start=1) for node in group}
    detailed = () if data.brief else data.documents
    places = compute_positions(graph, agencies, _compute_boxes(data, counts), _SEED)
    page = render(
        "network.html.j2",
        styles=_STYLES,
        scripts=_SCRIPTS,
        words=["network"],
        data={
            "drawing": _build_drawing(data, counts, shared, places),
            "index": _build_index(data, member, links),
            **{f"details-{at}": _encode_details(document) for at, document in enumerate(detailed)},
        },
        title=title,
        index=links.index,
        brief=data.brief,
    )
    if len(page) > LARGEST:
        raise PageTooLargeError(
            f"the page would have {len(page) / 1e6:.0f} MB, more than {LARGEST / 1e6:.0f} MB; narrow it with "
            "--document or --domain, or ask the graph with: obligations query"
        )
    return page


def _count_shared(data: NetworkData) -> Counter[tuple[int, int]]:
    """Return the number of measures that each two bodies share, by their numbers, the smaller first."""
    return Counter(
        pair
        for measure in data.measures
        for pair in combinations(sorted({bearing.body for bearing in measure.bearings}), 2)
    )


def compute_radius(measures: int) -> float:
    """Return the radius of a body with so many measures, in pixels; its area grows with them.

    The page computes it in the same way when a filter changes the number.
    """
    return round(6 + 3.6 * math.sqrt(measures), 1)


def compute_width(measures: int) -> float:
    """Return the width of the line between two bodies that share so many measures, in pixels."""
    return round(0.4 + 1.1 * math.sqrt(measures), 1)


def compute_font_size(measures: int) -> float:
    """Return the font size of the name of a body with so many measures, in pixels."""
    return 14.0 if measures < _MANY else 18.0


def _compute_boxes(data: NetworkData, counts: Mapping[int, int]) -> list[tuple[float, float]]:
    """Return the width and height of each body, its circle with its name below it, in pixels."""
    return [
        (
            max(2 * compute_radius(counts[at]), compute_font_size(counts[at]) * len(body.label)),
            2 * compute_radius(counts[at]) + compute_font_size(counts[at]),
        )
        for at, body in enumerate(data.bodies)
    ]


def _build_drawing(
    data: NetworkData,
    counts: Mapping[int, int],
    shared: Mapping[tuple[int, int], int],
    places: list[tuple[int, int]],
) -> dict[str, Any]:
    """Return the nodes and edges for vis-network, built by pyvis.

    For a directed network pyvis keeps every edge as it is, without a search for doubles; the arrows that it
    adds are left out.
    """
    from pyvis.network import Network  # type: ignore[import-untyped]  # slow to import: it brings IPython

    drawing = Network(directed=True)
    for at, (body, (x, y)) in enumerate(zip(data.bodies, places, strict=True)):
        drawing.add_node(at, label=escape_invisible(body.label), x=x, y=y, size=compute_radius(counts[at]))
    for (one, other), count in sorted(shared.items()):
        drawing.add_edge(one, other, width=compute_width(count))
    nodes, edges, *_ = drawing.get_network_data()
    kept = ("id", "label", "x", "y", "size")
    return {
        "nodes": [{name: node[name] for name in kept} for node in nodes],
        "edges": [
            {"id": at, "from": edge["from"], "to": edge["to"], "width": edge["width"]}
            for at, edge in enumerate(edges)
        ],
    }


def _build_index(data: NetworkData, member: Mapping[int, int], links: NetworkLinks) -> dict[str, Any]:
    """Return all data but the words: what the page filters, counts and searches."""
    kinds = [body.kind for body in data.bodies]
    return {
        "brief": data.brief,
        "only": dict(data.only),
        "documents": [[d.id, d.number, d.title, d.date, links.readers.get(d.id, "")] for d in data.documents],
        "bodies": [
            [body.id, body.label, body.name, body.english, list(body.others), body.kind, member.get(at, 0)]
            for at, body in enumerate(data.bodies)
        ],
        "kinds": {kind: names for kind, names in _iterate_kinds() if kind in kinds},
        "domains": data.domains,
        "clauses": data.clauses,
        "measures": [_encode_measure(measure, data) for measure in data.measures],
    }


def _encode_measure(measure: NetworkMeasure, data: NetworkData) -> list[Any]:
    """Return a measure without its words, as a list for JSON.

    The list has the end of its IRI, clause, allocation, bearers, domains, norms, due date. Norms are a bit
    for each kind. A bearer is its number, its role, and 1 if it is inferred.
    """
    norms = 0
    for finding in measure.findings:
        norms |= 1 << finding.kind
    return [
        measure.id.removeprefix(data.clauses[measure.clause][0]),
        measure.clause,
        measure.allocation,
        [[b.body, b.role, 1] if b.inferred else [b.body, b.role] for b in measure.bearings],
        list(measure.domains),
        norms,
        measure.due,
    ]


def _encode_details(document: NetworkDocument) -> list[list[Any]]:
    """Return the words of each measure of a document: text, attribution, open list, findings, audiences."""
    return [
        [
            measure.text,
            measure.words,
            int(measure.open),
            [
                [f.kind, f.start, f.end, f.due] if f.due else [f.kind, f.start, f.end]
                for f in measure.findings
            ],
            list(measure.audiences),
        ]
        for measure in document.measures
    ]


def _iterate_kinds() -> Iterator[tuple[str, list[str]]]:
    """Yield the kinds of bodies with their English and Chinese names, in the order of the ontology."""
    scheme, label = term("ob:AgencyKind"), term("skos:prefLabel")
    for node, statements in load_statements(find_folder("ontology") / "obligations.ttl").items():
        if any(triple.predicate == term("rdf:type") and triple.object == scheme for triple in statements):
            words = (t.object for t in statements if t.predicate == label and isinstance(t.object, Literal))
            names = {word.language: word.value for word in words}
            yield node.value.removeprefix(OB), [names["en"], names["zh"]]
    for kind in _KINDS:
        yield kind, []  # the page's own words
