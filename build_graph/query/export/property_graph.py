"""The whole graph as nodes and typed edges, from its tables, in GraphML and GEXF, which Gephi opens.

The files do not contain the time of writing. Characters that XML cannot hold become U+FFFD. networkx holds
the whole network: 27 documents (6,156 nodes, 11,079 edges) take 20 MB and 1.2 s more than if written in
pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO

import networkx as nx

from build_graph.query.export.export_tables import ExportTable, list_domain_names
from build_graph.query.export.rdf_formats import NOT_IN_XML
from build_graph.vocabulary import BASE

_LEFT_OUT = ("Target",)  # labels of nodes that are left out
_SHORT = 40  # characters of a label
_DATED = re.compile(rb' lastmodifieddate="[^"]*"')

Attributes = dict[str, str | int]


def build_network(tables: Mapping[str, ExportTable]) -> nx.MultiDiGraph[str]:
    """Return the network of a graph's tables: one node for each IRI, and edges with unique keys.

    Nodes have a label, a kind (Document, Clause, Measure, Norm, Agency, Domain), a type and a text; edges a
    label and a kind such as BORNE_BY, a role and a rank. Empty attributes are left out.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    kept = [table for table in tables.values() if table.label not in _LEFT_OUT]
    for table in kept:
        graph.add_nodes_from(
            (iri, _drop_empty(attributes)) for iri, attributes in _iterate_nodes(table) if iri not in graph
        )
    edges = (edge for table in kept for edge in _iterate_edges(table))
    for number, (start, end, attributes) in enumerate(edges):
        graph.add_edge(start, end, key=f"e{number}", **_drop_empty(attributes))
    return graph


def write_graphml(graph: nx.Graph[str]) -> bytes:
    """Return a network as GraphML."""
    out = BytesIO()
    nx.write_graphml_xml(graph, out, encoding="utf-8", prettyprint=True)
    return out.getvalue().replace(b"\r", b"&#13;")  # XML readers turn a bare one into a line feed


def write_gexf(graph: nx.Graph[str]) -> bytes:
    """Return a network as GEXF 1.2, without the day of writing, which would change the bytes."""
    out = BytesIO()
    nx.write_gexf(graph, out, encoding="utf-8", prettyprint=True)
    return _DATED.sub(b"", out.getvalue()).replace(b"\r", b"&#13;")


def replace_unwritable(text: str) -> str:
    """Return the text with U+FFFD for each character that XML cannot hold."""
    return NOT_IN_XML.sub("\ufffd", text)


def _iterate_nodes(table: ExportTable) -> Iterator[tuple[str, Attributes]]:
    if table.name == "domains":
        for iri, (name, english) in sorted(list_domain_names(table).items()):
            label = name or english or iri.removeprefix(BASE)
            yield iri, {"label": label, "kind": "Domain", "text": english}
    if not table.label:
        return
    captions = [table.find_column(name) for name in table.caption]
    kind = table.names.index("kind") if "kind" in table.names else None
    for row in table.rows:
        iri, text = str(row[0]), next((str(row[at]) for at in captions if row[at]), "")
        label = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
        yield (
            iri,
            {
                "label": label or iri.removeprefix(BASE),
                "kind": table.label,
                "type": str(row[kind] or "") if kind else "",
                "text": text,
            },
        )


def _iterate_edges(table: ExportTable) -> Iterator[tuple[str, str, Attributes]]:
    for at, column in enumerate(table.columns):
        if column.edge:
            attributes: Attributes = {"label": column.edge, "kind": column.edge}
            yield from ((str(row[0]), str(row[at]), attributes) for row in table.rows if row[at])
    if link := table.link:
        for row in table.rows:
            cell = dict(zip(table.names, row, strict=True))
            if cell[link.start] and cell[link.end]:
                role, rank = str(cell.get("role") or ""), int(str(cell.get("rank") or 0))
                attributes = {"label": link.edge, "kind": link.edge, "role": role, "rank": rank}
                yield str(cell[link.start]), str(cell[link.end]), attributes


def _drop_empty(attributes: Attributes) -> Attributes:
    """Return the attributes that have a value, without characters that XML cannot hold."""
    return {
        name: replace_unwritable(value) if isinstance(value, str) else value
        for name, value in attributes.items()
        if value
    }
