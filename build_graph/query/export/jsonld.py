"""Statements as compact JSON-LD 1.1, one node a line, with a context from the table of properties."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from build_graph.errors import ObligationError
from build_graph.graph.properties import PROPERTIES, Kind, Property
from build_graph.graph.write.sorting import iterate_batches, parse_records
from build_graph.resources import find_folder, load_statements
from build_graph.vocabulary import BASE, OB, PREFIXES, RDF, XSD, term

Json = str | int | bool | dict[str, "Json"] | list["Json"]

_TYPE = f"{RDF}type"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # which every JSON parser reads as the same number
_RELATIVE = re.compile(r"[A-Za-z][^/:?#\\]*(?:/(?!\.{1,2}(?:/|\Z))[^/?#\\]+)*\Z")
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*\Z")  # of a language, in a form that parsers do not change
ID = "@id"
LANGUAGE = "@language"
_PLAIN = f"{XSD}string"


@dataclass(frozen=True, slots=True)
class JsonldContext:
    """The context: `names` of classes and properties by IRI, and `kinds` of values by property.

    A kind is @id, @language, or the IRI of a datatype.
    """

    names: dict[str, str]
    kinds: dict[str, str]

    @classmethod
    @cache
    def load(cls) -> JsonldContext:
        """Return the context of the ontology; raises OntologyError if its files are missing or broken."""
        ontology = load_statements(find_folder("ontology") / "obligations.ttl")
        apart = {term("owl:Ontology"), term("owl:NamedIndividual")}
        names = {
            node.value: node.value.removeprefix(OB)
            for node, statements in ontology.items()
            if node.value.startswith(OB) and not apart & {triple.object for triple in statements}
        }
        found = ((one.name, _find_kind(one)) for one in PROPERTIES.values() if one.of)
        return cls(names, {term(name).value: kind for name, kind in found if kind})

    def shorten(self, iri: str) -> str:
        """Return the context's name of a class or property; an unknown one keeps its IRI."""
        if iri in self.names:
            return self.names[iri]
        for prefix, namespace in PREFIXES.items():
            if iri.startswith(namespace) and len(iri) > len(namespace):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def build_json(self) -> dict[str, object]:
        """Return the context as JSON-LD 1.1."""
        terms: dict[str, object] = {"@version": 1.1, "@base": BASE}
        terms |= {prefix: PREFIXES[prefix] for prefix in sorted(PREFIXES)}
        for iri in sorted({*self.names, *self.kinds}):
            terms[self.shorten(iri)] = self._define_term(iri)
        return {"@context": terms}

    def render_file(self) -> bytes:
        """Return the context as a file."""
        return (json.dumps(self.build_json(), ensure_ascii=False, indent=1) + "\n").encode()

    def _define_term(self, iri: str) -> str | dict[str, str]:
        name = f"ob:{iri.removeprefix(OB)}" if iri.startswith(OB) else self.shorten(iri)
        kind = self.kinds.get(iri)
        if kind is None:
            return name
        if kind == LANGUAGE:
            return {"@id": name, "@container": LANGUAGE}
        return {"@id": name, "@type": kind if kind == ID else self.shorten(kind)}


def _find_kind(property_: Property) -> str | None:
    """Return the kind of a property's values in the context; None for plain text."""
    if property_.kind in (Kind.NODE, Kind.TERM):
        return ID
    if property_.kind is Kind.LABEL:
        return LANGUAGE
    return None if property_.kind is Kind.TEXT else property_.kind.datatype


def write_jsonld(records: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a file from sorted records; equal records give equal bytes.

    Raises ObligationError for a statement about a statement, which JSON-LD 1.1 cannot hold.
    """
    context = JsonldContext.load()
    head = json.dumps(context.build_json(), ensure_ascii=False, indent=1)
    yield f'{head.removesuffix("}").rstrip()},\n "@graph": [\n'.encode()
    glue = b""
    for batch in iterate_batches(records):
        for _, statements in groupby(parse_records(batch), key=lambda quad: quad.subject):
            node = json.dumps(_build_node(list(statements), context), ensure_ascii=False)
            yield glue + node.encode()
            glue = b",\n"
    yield b"\n ]\n}\n"


def _build_node(statements: Sequence[Quad], context: JsonldContext) -> dict[str, Json]:
    """Return the JSON object of one subject's statements."""
    node: dict[str, Json] = {"@id": _shorten_reference(statements[0].subject)}
    for predicate, quads in groupby(statements, key=lambda quad: quad.predicate.value):
        values = [quad.object for quad in quads]
        if predicate == _TYPE and all(isinstance(value, NamedNode) for value in values):
            node["@type"] = _unwrap_single([_shorten_class(value, context) for value in values])
        else:
            key = context.shorten(predicate)
            node[key] = _convert_values(values, context.kinds.get(predicate))
    return node


def _convert_values(values: list[NamedNode | BlankNode | Literal | Triple], kind: str | None) -> Json:
    if kind == LANGUAGE:
        return _group_by_language(values)
    return _unwrap_single([_convert_value(value, kind) for value in values])


def _group_by_language(values: list[NamedNode | BlankNode | Literal | Triple]) -> Json:
    """Return words by language; or a list of values, if one of them has no language."""
    words: dict[str, list[Json]] = {}
    for value in values:
        if not (isinstance(value, Literal) and value.language and _TAG.match(value.language)):
            return [_convert_value(value, None) for value in values]
        words.setdefault(value.language, []).append(value.value)
    return {language: _unwrap_single(words[language]) for language in sorted(words)}


def _convert_value(value: NamedNode | BlankNode | Literal | Triple, kind: str | None) -> Json:
    """Return a value; `kind` is its kind in the context, which need not be repeated."""
    if isinstance(value, (NamedNode, BlankNode)):
        return _shorten_reference(value) if kind == ID else {"@id": _shorten_reference(value)}
    if isinstance(value, Triple):
        raise ObligationError(f"{value}: JSON-LD cannot hold a statement as a value; choose another format")
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype = value.datatype.value
    if datatype == _PLAIN:
        return value.value if kind is None else {"@value": value.value}
    if kind == datatype:
        return _convert_native(value.value, datatype)
    return {"@value": value.value, "@type": datatype}


def _convert_native(text: str, datatype: str) -> Json:
    """Return a number or truth value as JSON's own if it reads back unchanged; else its words."""
    if datatype == f"{XSD}integer" and _INTEGER.fullmatch(text):
        return int(text)
    if datatype == f"{XSD}boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _shorten_reference(node: NamedNode | BlankNode | Triple) -> str:
    """Return a node's IRI, relative to the base if it reads back unchanged."""
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


def _shorten_class(node: object, context: JsonldContext) -> str:
    assert isinstance(node, NamedNode)
    return context.shorten(node.value)


def _unwrap_single(values: list[Json] | list[str]) -> Json:
    """Return the only value of a list, or else the list."""
    return values[0] if len(values) == 1 else list(values)
