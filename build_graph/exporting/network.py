"""The whole graph as nodes and typed edges, from its tables; GraphML and GEXF, which Gephi opens with labels.

Nothing in the files says when they were written. What XML cannot hold is written as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from build_graph.exporting.rdf import NOT_IN_XML
from build_graph.exporting.tables import Table
from build_graph.vocabulary import BASE

_LEFT_OUT = ("Target",)  # nodes that the network does without
_SHORT = 40  # characters of a label


@dataclass(frozen=True, slots=True)
class Node:
    """A node: `kind` is Document, Clause, Measure, Norm, Agency or Domain; `type` is what sort of it."""

    iri: str
    label: str
    kind: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of a kind such as BORNE_BY; role and rank where the row behind it has them."""

    start: str
    end: str
    kind: str
    role: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes, each IRI once, and edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @classmethod
    def of(cls, tables: Mapping[str, Table]) -> Network:
        """The network of the tables of a graph."""
        kept = [table for table in tables.values() if table.label not in _LEFT_OUT]
        nodes = (node for table in kept for node in _nodes(table))
        once = {node.iri: node for node in reversed(list(nodes))}
        return cls(tuple(reversed(once.values())), tuple(edge for table in kept for edge in _edges(table)))


def domains(table: Table) -> dict[str, tuple[str, str]]:
    """The domains of the table `domains`, with their names in Chinese and English."""
    iri, name, english = map(table.at, ("domain", "name", "english"))
    return {str(row[iri]): (str(row[name] or ""), str(row[english] or "")) for row in table.rows}


def _nodes(table: Table) -> Iterator[Node]:
    if table.name == "domains":
        for iri, (name, english) in sorted(domains(table).items()):
            yield Node(iri, name or english or _end(iri), "Domain", "", english)
    if not table.label:
        return
    captions = [table.at(name) for name in table.caption]
    kind = table.names.index("kind") if "kind" in table.names else None
    for row in table.rows:
        words = next((str(row[at]) for at in captions if row[at]), "")
        label = words if len(words) <= _SHORT else f"{words[: _SHORT - 1]}…"
        yield Node(
            str(row[0]), label or _end(str(row[0])), table.label, str(row[kind] or "") if kind else "", words
        )


def _edges(table: Table) -> Iterator[Edge]:
    for at, column in enumerate(table.columns):
        if column.edge:
            yield from (Edge(str(row[0]), str(row[at]), column.edge) for row in table.rows if row[at])
    if link := table.link:
        start, end = table.at(link.start), table.at(link.end)
        role = table.at("role") if "role" in table.names else None
        rank = table.at("rank")
        for row in table.rows:
            if row[start] and row[end]:
                yield Edge(
                    str(row[start]), str(row[end]), link.edge,
                    str(row[role] or "") if role is not None else "", int(str(row[rank] or 0)),
                )  # fmt: skip


def _end(iri: str) -> str:
    return iri.removeprefix(BASE)


# ---------------------------------------------------------------------------------- formats

_NODE = ("label", "kind", "type", "text")
_EDGE = ("label", "role", "rank")
_GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_GEXF = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">
  <graph defaultedgetype="directed" mode="static">
"""


def graphml(network: Network) -> Iterator[bytes]:
    """The network as GraphML, in pieces."""
    yield _GRAPHML.encode()
    for name in _NODE:
        yield f'  <key id="{name}" for="node" attr.name="{name}" attr.type="string"/>\n'.encode()
    for name in _EDGE:
        kind = "int" if name == "rank" else "string"
        yield f'  <key id="e_{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>\n'.encode()
    yield b'  <graph edgedefault="directed">\n'
    for node in network.nodes:
        data = "".join(f'<data key="{name}">{_text(value)}</data>' for name, value in _said(node))
        yield f"    <node id={_quoted(node.iri)}>{data}</node>\n".encode()
    for number, edge in enumerate(network.edges):
        ends = f"source={_quoted(edge.start)} target={_quoted(edge.end)}"
        data = "".join(f'<data key="e_{name}">{_text(value)}</data>' for name, value in _told(edge))
        yield f'    <edge id="e{number}" {ends}>{data}</edge>\n'.encode()
    yield b"  </graph>\n</graphml>\n"


def gexf(network: Network) -> Iterator[bytes]:
    """The network as GEXF 1.2, in pieces."""
    yield _GEXF.encode()
    yield b'    <attributes class="node" mode="static">\n'
    for name in _NODE[1:]:
        yield f'      <attribute id="n_{name}" title="{name}" type="string"/>\n'.encode()
    yield b'    </attributes>\n    <attributes class="edge" mode="static">\n'
    yield b'      <attribute id="kind" title="kind" type="string"/>\n'
    yield b'      <attribute id="role" title="role" type="string"/>\n'
    yield b'      <attribute id="rank" title="rank" type="integer"/>\n    </attributes>\n    <nodes>\n'
    for node in network.nodes:
        values = _values((f"n_{name}", value) for name, value in _said(node) if name != "label")
        yield f"      <node id={_quoted(node.iri)} label={_quoted(node.label)}>{values}</node>\n".encode()
    yield b"    </nodes>\n    <edges>\n"
    for number, edge in enumerate(network.edges):
        ends = f"source={_quoted(edge.start)} target={_quoted(edge.end)} label={_quoted(edge.kind)}"
        values = _values(("kind" if name == "label" else name, value) for name, value in _told(edge))
        yield f'      <edge id="{number}" {ends}>{values}</edge>\n'.encode()
    yield b"    </edges>\n  </graph>\n</gexf>\n"


def _said(node: Node) -> list[tuple[str, str]]:
    values = (node.label, node.kind, node.type, node.text)
    return [(name, value) for name, value in zip(_NODE, values, strict=True) if value]


def _told(edge: Edge) -> list[tuple[str, str]]:
    values = (edge.kind, edge.role, str(edge.rank or ""))
    return [(name, value) for name, value in zip(_EDGE, values, strict=True) if value]


def _values(pairs: Iterable[tuple[str, str]]) -> str:
    values = "".join(f"<attvalue for={_quoted(name)} value={_quoted(value)}/>" for name, value in pairs)
    return f"<attvalues>{values}</attvalues>" if values else ""


def _text(words: str) -> str:
    return escape(NOT_IN_XML.sub("\ufffd", words), {"\r": "&#13;"})


def _quoted(words: str) -> str:
    """The words as an attribute's value, line breaks kept."""
    return quoteattr(NOT_IN_XML.sub("\ufffd", words))
