"""Statements as compact JSON-LD 1.1, a node a line, under the context of the ontology."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from build_graph.errors import ObligationError
from build_graph.exporting.context import ID, LANGUAGE, Context, is_plain
from build_graph.graph.ordering import batches, statements
from build_graph.vocabulary import BASE, PREFIXES, RDF, XSD

Json = str | int | bool | dict[str, "Json"] | list["Json"]

_TYPE = f"{RDF}type"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # what every reader of JSON takes for the same number
_RELATIVE = re.compile(r"[A-Za-z][^/:?#\\]*(?:/(?!\.{1,2}(?:/|\Z))[^/?#\\]+)*\Z")
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*\Z")  # of a language, as readers leave it


def written(records: Iterable[bytes], context: Context) -> Iterator[bytes]:
    """The records, which are in order, as a file in pieces.

    Raises ObligationError for a statement about a statement, which JSON-LD 1.1 cannot hold.
    """
    head = json.dumps(context.document(), ensure_ascii=False, indent=1)
    yield f'{head.removesuffix("}").rstrip()},\n "@graph": [\n'.encode()
    glue = b""
    for batch in batches(records):
        for _, said in groupby(statements(batch), key=lambda quad: quad.subject):
            node = json.dumps(_node(list(said), context), ensure_ascii=False)
            yield glue + node.encode()
            glue = b",\n"
    yield b"\n ]\n}\n"


def _node(said: Sequence[Quad], context: Context) -> dict[str, Json]:
    """What is said of one subject."""
    node: dict[str, Json] = {"@id": _reference(said[0].subject)}
    for predicate, quads in groupby(said, key=lambda quad: quad.predicate.value):
        values = [quad.object for quad in quads]
        if predicate == _TYPE and all(isinstance(value, NamedNode) for value in values):
            node["@type"] = _one([_class(value, context) for value in values])
        else:
            key = context.short(predicate)
            node[key] = _values(values, context.kinds.get(predicate))
    return node


def _values(values: list[NamedNode | BlankNode | Literal | Triple], kind: str | None) -> Json:
    if kind == LANGUAGE:
        return _by_language(values)
    return _one([_value(value, kind) for value in values])


def _by_language(values: list[NamedNode | BlankNode | Literal | Triple]) -> Json:
    """Words by their language; a list of values where one of them has none."""
    words: dict[str, list[Json]] = {}
    for value in values:
        if not (isinstance(value, Literal) and value.language and _TAG.match(value.language)):
            return [_value(value, None) for value in values]
        words.setdefault(value.language, []).append(value.value)
    return {language: _one(words[language]) for language in sorted(words)}


def _value(value: NamedNode | BlankNode | Literal | Triple, kind: str | None) -> Json:
    """A value; `kind` is what the context says of it, which need not be repeated."""
    if isinstance(value, (NamedNode, BlankNode)):
        return _reference(value) if kind == ID else {"@id": _reference(value)}
    if isinstance(value, Triple):
        raise ObligationError(f"{value}: JSON-LD cannot hold a statement as a value; choose another format")
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = value.datatype.value
    if is_plain(value):
        return value.value if kind is None else {"@value": value.value}
    if kind == datatype:
        return _native(value.value, datatype)
    return {"@value": value.value, "@type": datatype}


def _native(text: str, datatype: str) -> Json:
    """A number or a truth value as JSON's own, where it comes back as it was; else its words."""
    if datatype == f"{XSD}integer" and _INTEGER.fullmatch(text):
        return int(text)
    if datatype == f"{XSD}boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _reference(node: NamedNode | BlankNode | Triple) -> str:
    """A node's IRI, without the base where it comes back as it was."""
    if not isinstance(node, NamedNode):
        return str(node)
    end = node.value.removeprefix(BASE)
    if end != node.value and _RELATIVE.match(end):
        return end
    for prefix, namespace in PREFIXES.items():
        local = node.value.removeprefix(namespace)
        if local != node.value and local and not local.startswith("//"):
            return f"{prefix}:{local}"
    return node.value


def _class(node: object, context: Context) -> str:
    assert isinstance(node, NamedNode)
    return context.short(node.value)


def _one(values: list[Json] | list[str]) -> Json:
    """The value, where there is but one."""
    return values[0] if len(values) == 1 else list(values)
