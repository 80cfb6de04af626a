"""The ontology as a page to read, by pyLODE: every class, property and individual with its definition.

pyLODE writes labels of all languages in one word, takes every concept scheme for the ontology itself, orders
some things by chance, and turns on the messages of every logger: it is given a graph of one language, what it
makes is put in order, and the loggers are put back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from markupsafe import Markup
from rdflib import DCTERMS, OWL, RDF, SKOS

from build_graph.extras import extra
from build_graph.pages.ontology_graph import graph_of
from build_graph.pages.ontology_markup import linked, ordered, translated
from build_graph.pages.page import html
from build_graph.pages.terms import anchor, declared
from build_graph.resources import word_lists

LANGUAGES = ("en", "zh")
_KINDS = ("classes", "objectproperties", "datatypeproperties", "annotationproperties", "individuals")


@cache
def ontology_page(language: str) -> bytes:
    """The page in one of `LANGUAGES`, in UTF-8, made once in a process; its address is /ontology.

    Raises MissingExtraError where pyLODE is not installed.
    """
    with _loggers_put_back():
        pylode = extra("pylode", "serve", "the page of the ontology")
        page = _documented(pylode, language)
    return html(
        "ontology.html.j2",
        styles=("base.css", "workbench.css", "ontology.css"),
        scripts=("base.js", "workbench.js"),
        words=["workbench", "ontology"],
        data={},
        served=True,
        title=word_lists("pages")["ontology"]["ontology_title"][language],
        here="ontology",
        language=language,
        content=Markup(page.content.render()),
        contents=_contents(page),
    )


def _documented(pylode: Any, language: str) -> Any:
    """pyLODE's page, of which `content` is the body and `toc` the addresses and labels of each section."""
    page = pylode.OntPub(ontology=graph_of(language))
    page.fids.update({found.iri: anchor(found.iri) for found in declared()})
    page.make_html()
    del page.content.attributes["id"]  # the frame's own element has it
    _add_individuals(pylode, page)
    ordered(page.content)
    linked(page.content)
    if language != "en":
        translated(page.content, language)
    return page


def _add_individuals(pylode: Any, page: Any) -> None:
    """Put in what pyLODE leaves out: roles, ways to share out, kinds of bodies."""
    page.props_labeled[RDF.type] = {"title": "Type", "description": "The class", "ont_title": "RDF"}
    section = pylode.utils.section_html(
        "Individuals",
        page.ont,
        page.back_onts,
        page.ns,
        OWL.NamedIndividual,
        [DCTERMS.title, DCTERMS.description, RDF.type, SKOS.scopeNote],
        page.toc,
        "individuals",
        page.fids,
        page.props_labeled,
    )
    ids = [child.attributes.get("id") for child in page.content.children]
    page.content.children.insert(ids.index("namespaces"), section)


def _contents(page: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The address and the label of each term, by section and label."""
    found = []
    for kind in _KINDS:
        entries = [
            (address, label if isinstance(label, str) else str(label[0]))
            for address, label in page.toc.get(kind, ())
        ]
        found.append((kind, sorted(entries, key=lambda entry: (entry[1].lower(), entry[0]))))
    return found


@contextmanager
def _loggers_put_back() -> Iterator[None]:
    """pyLODE sets the root logger to say everything: nothing is said, and all is as before in the end."""
    root = logging.getLogger()
    level, handlers, disabled = root.level, list(root.handlers), root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(disabled)
        root.setLevel(level)
        root.handlers[:] = handlers
