"""/ontology: the page of the ontology in either language, and its statements for programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pytest
from browser import axe
from playwright.sync_api import expect
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, parse
from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from served import OpenServed
from server import ROOT, Server

from build_graph.resources import find_folder
from build_graph.vocabulary import OB, PREFIXES
from build_graph.web.pages.ontology import LANGUAGES, render_ontology_page
from build_graph.web.pages.ontology_terms import format_anchor

KINDS = (
    OWL.Class,
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
    OWL.NamedIndividual,
)


class Parts(HTMLParser):
    """The ids of a page, its links, its headings, and the text of each element with an id."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.heads: list[str] = []
        self._inside = ""
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("a", "strong"):
            self._inside = tag
        if name := given.get("id"):
            self.ids.append(name)
            self.texts[name] = ""
        if tag == "a" and (href := given.get("href")):
            self.links.append(href)

    def handle_data(self, data: str) -> None:
        if self.ids:
            self.texts[self.ids[-1]] += data
        if self._inside in ("h2", "th", "dt") and data.strip():
            self.heads.append(data.strip())


@pytest.fixture(scope="module")
def ontology() -> Graph:
    """The ontology as rdflib reads it."""
    return Graph().parse(find_folder("ontology") / "obligations.ttl")


def declared(ontology: Graph) -> set[URIRef]:
    """Classes, properties and individuals, as the file says."""
    return {iri for kind in KINDS for iri in ontology.subjects(RDF.type, kind) if isinstance(iri, URIRef)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_there(language: str, ontology: Graph) -> None:
    """At its own address, with its IRI, its label and its definition in the language, and in no other."""
    parts = Parts(render_ontology_page(language))
    terms = declared(ontology)
    assert len(terms) > 200
    assert [name for name, times in Counter(parts.ids).items() if times > 1] == []
    for iri in terms:
        text = parts.texts[format_anchor(str(iri))]
        assert str(iri) in text
        named = {label.language: str(label) for label in ontology.objects(iri, RDFS.label)}  # type: ignore[attr-defined]
        assert text.strip().splitlines()[0] == named.get(language, text.strip().splitlines()[0])
        for definition in ontology.objects(iri, SKOS.definition):
            assert (str(definition) in text) == (definition.language == language), iri  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_within_the_page_lead_somewhere(language: str, ontology: Graph) -> None:
    parts = Parts(render_ontology_page(language))
    within = {link[1:] for link in parts.links if link.startswith("#")}
    assert len(within) > 200
    assert sorted(within - set(parts.ids)) == []
    assert set(parts.links) & set(map(str, declared(ontology))) == set()  # they are all described here


def test_the_address_of_a_term(ontology: Graph) -> None:
    """Each has an anchor on the page."""
    ids = set(Parts(render_ontology_page("en")).ids)
    for iri in declared(ontology):
        assert format_anchor(str(iri)) in ids


def test_headings_in_chinese() -> None:
    """None is left in English, but IRI."""
    heads = set(Parts(render_ontology_page("zh")).heads)
    assert {head for head in heads if head.isascii()} - set(PREFIXES) == {"IRI"}


def test_a_term_leads_to_others() -> None:
    """What a property takes and gives stands with it, unions too, and in return with the classes."""
    texts = {name: " ".join(text.split()) for name, text in Parts(render_ontology_page("en")).texts.items()}
    assert "A subject has one value at most. Domain target, rider " in texts["due"]
    assert " due" in texts["Target"]
    assert " due" in texts["Rider"]
    assert "Disjoint union of obligation, prohibition, permission, encouragement" in texts["Norm"]
    assert "Type role, skos:Concept Concept scheme roles " in texts["Lead"]
    assert "Concepts lead, support, responsible " in texts["RoleScheme"]


def test_the_same_bytes_each_time() -> None:
    """Whatever order Python has sets in."""
    script = (
        "import sys; from build_graph.web.pages.ontology import render_ontology_page\n"
        "from build_graph.web.pages.ontology_terms import serialize_ontology\n"
        "from pyoxigraph import RdfFormat\n"
        "sys.stdout.buffer.write(render_ontology_page('zh') + render_ontology_page('en'));"
        "sys.stdout.buffer.write(serialize_ontology(RdfFormat.TURTLE))"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert made[0].stdout == made[1].stdout
    assert len(made[0].stdout) > 300_000


# The server.


def canonical(*quads: Iterable[Quad]) -> Dataset:
    """The statements, with names for blank nodes that do not depend on where they were read."""
    found = Dataset(chain.from_iterable(quads))
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return found


@pytest.fixture(scope="module")
def whole() -> Dataset:
    """All files of the ontology."""
    return canonical(*(parse(path=str(path)) for path in find_folder("ontology").glob("*.ttl")))


@pytest.mark.parametrize(
    ("accept", "media", "form"),
    [
        ("text/turtle", "text/turtle; charset=utf-8", "turtle"),
        ("application/ld+json", "application/ld+json", "json-ld"),
        ("application/n-triples, */*;q=0.1", "application/n-triples", "nt"),
    ],
)
def test_statements_for_programs(accept: str, media: str, form: str, running: Server, whole: Dataset) -> None:
    """All files of the ontology, as one."""
    reply = running.send("GET", "/ontology", Accept=accept)
    assert (reply.status, reply.headers["content-type"]) == (200, media)
    read = Graph().parse(data=reply.body, format=form).serialize(format="nt")
    assert canonical(parse(read, format=RdfFormat.N_TRIPLES)) == whole


@pytest.mark.parametrize(
    ("address", "headers", "status", "begin"),
    [
        ("/ontology", {"Accept": "text/html,*/*;q=0.8"}, 200, "<!doctype html>"),
        ("/ontology", {}, 200, "<!doctype html>"),
        ("/ontology?format=nt", {"Accept": "text/html"}, 200, "<"),
        (
            "/ontology?format=rdfxml",
            {},
            406,
            "format: takes none of what there is; there is text/html (?format=html), text/turtle",
        ),
        ("/ontology", {"Accept": "image/png"}, 406, "Accept: takes none of what there is"),
    ],
)
def test_what_is_preferred(
    address: str, headers: dict[str, str], status: int, begin: str, running: Server
) -> None:
    reply = running.send("GET", address, **headers)
    assert reply.status == status
    assert reply.text.startswith(begin)
    assert "Accept" in reply.headers["vary"]


@pytest.mark.parametrize(
    ("address", "preferred", "language"),
    [
        ("/ontology", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("/ontology", "fr,zh;q=0.5", "en"),
        ("/ontology?lang=en", "zh", "en"),
        ("/ontology?lang=zh", "en", "zh"),
        ("/ontology?lang=xx", "", "en"),
    ],
)
def test_which_language(address: str, preferred: str, language: str, running: Server) -> None:
    reply = running.send("GET", address, Accept="text/html", Accept_Language=preferred)
    assert f'data-language="{language}"' in reply.text


@pytest.mark.parametrize(
    ("language", "scheme", "widths"),  # axe-core takes seconds for so long a page: at these widths alone
    [("en", "light", [1440]), ("en", "dark", [390]), ("zh", "light", [390]), ("zh", "dark", [1440, 1024])],
)
def test_it_can_be_read(language: str, scheme: str, widths: list[int], open_served: OpenServed) -> None:
    page = open_served(f"/ontology?lang={language}", 1440, scheme)
    assert page.tab.locator("[aria-current]").inner_text() == {"en": "Ontology", "zh": "本体"}[language]
    for width in (1440, 1024, 390):
        page.tab.set_viewport_size({"width": width, "height": 900})
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= width
        assert width not in widths or axe(page) == []
    page.assert_clean()


def test_the_other_language_at_the_same_term(open_served: OpenServed) -> None:
    page = open_served("/ontology?lang=en#Measure")
    expect(page.tab.locator(".entity:target h3")).to_contain_text("measure")
    page.tab.get_by_role("button", name="中文").click()
    expect(page.tab.locator(".entity:target h3")).to_contain_text("措施")
    assert page.tab.evaluate("document.documentElement.lang") == "zh-CN"
    page.assert_clean()


def test_contents_lead_to_the_terms(open_served: OpenServed, tmp_path: Path) -> None:
    page = open_served("/ontology?lang=zh")
    page.tab.locator(".contents summary").filter(has_text="对象属性").click()
    page.tab.locator(".contents").get_by_role("link", name="分工方式").last.click()
    expect(page.tab.locator(".entity:target code")).to_have_text(f"{OB}allocation")
    with page.tab.expect_download() as download:
        page.tab.get_by_role("link", name="Turtle").click()
    download.value.save_as(tmp_path / "ontology.ttl")
    assert b"ob:Measure a owl:Class" in (tmp_path / "ontology.ttl").read_bytes()
    page.assert_clean()
