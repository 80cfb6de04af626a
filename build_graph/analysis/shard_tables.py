"""The tables of an analysis from a folder of shards: its aggregated tables are read, not its statements."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from build_graph.querying.engines import OxigraphEngine
from build_graph.resources import folder
from build_graph.shards import BEARINGS, Record, Shards
from build_graph.vocabulary import OB, term

_BODY = ("body", "name", "english", "kind", "place", "group")
_BEARING = ("measure", "body", "role", "rank", "written", "inferred", "allocation", "domain", "norms")


def bearer_rows(
    shards: Shards, document: NamedNode | None = None, domain: NamedNode | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `lookups/bearings.rq` and `lookups/bodies.rq` would answer, and how many norms each measure holds.

    The second table has the bodies that bear something, the first of several descriptions of each.
    """
    rows, bodies = [], []
    for path in shards.files(BEARINGS):
        read = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        if document:
            read = read[read["document"] == document.value]
        if domain:
            read = read[(" " + read["domains"] + " ").str.contains(f" {domain.value} ", regex=False)]
        rows.append(read[list(_BEARING)])
        bodies.append(read[list(_BODY)].drop_duplicates("body"))
    return _bearings(pd.concat(rows, ignore_index=True)), _bodies(pd.concat(bodies, ignore_index=True))


def registry_engine() -> OxigraphEngine:
    """What answers for the registries: all bodies and what became of them, and the policy domains."""
    store = Store()
    for name in ("agencies.ttl", "domains.ttl"):
        store.bulk_load(path=str(folder("ontology") / name), format=RdfFormat.TURTLE)
    return OxigraphEngine.over(store)


def names_engine(shards: Shards) -> OxigraphEngine:
    """What answers for the names of documents and domains: 4 statements a document, and the registries."""
    engine = registry_engine()
    engine.store.bulk_extend(quad for record in shards.records() for quad in _named(record))
    return engine


def _named(record: Record) -> Iterator[Quad]:
    """What the graph says of a document's names."""
    if not record.is_there:
        return
    node = NamedNode(record.iri)
    yield Quad(NamedNode(f"{record.iri}/text"), term("eli:realizes"), node)
    for predicate, words in (("eli:id_local", record.number), ("dcterms:title", record.title)):
        if words:
            yield Quad(node, term(predicate), Literal(words))


def _bearings(rows: pd.DataFrame) -> pd.DataFrame:
    """Yes and no as a graph has them: it says nothing of what is not inferred."""
    return rows.assign(
        inferred=rows["inferred"].where(rows["inferred"] == "true", ""), norms=rows["norms"].astype(int)
    )


def _bodies(bodies: pd.DataFrame) -> pd.DataFrame:
    found = bodies.drop_duplicates("body")
    return found.assign(kind=found["kind"].where(found["kind"] == "", OB + found["kind"]))
