"""The ontology as a page to read, by pyLODE: every class and property with its definition."""

from __future__ import annotations

import logging

from rdflib import OWL, RDF, SKOS, Graph, Literal, URIRef

from build_graph.extras import extra
from build_graph.resources import folder
from build_graph.vocabulary import ONTOLOGY


def ontology_docs(language: str) -> bytes:
    """The documentation in one language, en or zh, in UTF-8.

    pyLODE writes labels of all languages in one word, and takes every concept scheme for the ontology itself;
    it gets neither. Raises MissingExtraError where it is not installed.
    """
    pylode = extra("pylode", "serve", "the documentation of the ontology")
    logging.getLogger().setLevel(logging.WARNING)  # it turns on the messages of everything
    whole = Graph().parse(folder("ontology") / "obligations.ttl", format="turtle")
    schemes = set(whole.subjects(RDF.type, SKOS.ConceptScheme)) - {URIRef(ONTOLOGY)}
    chosen = Graph(namespace_manager=whole.namespace_manager)
    for triple in whole:
        subject, predicate, value = triple
        if isinstance(value, Literal) and value.language not in (None, language):
            continue
        if subject in schemes and (predicate, value) != (RDF.type, OWL.NamedIndividual):
            continue
        chosen.add(triple)
    return str(pylode.OntPub(ontology=chosen).make_html()).encode()
