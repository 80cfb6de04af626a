"""What pyLODE makes, a tree of dominate: put in order, linked within the page, said in another language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from build_graph.pages.terms import anchor, declared
from build_graph.resources import word_lists


def ordered(content: Any) -> None:
    """Put in order what pyLODE has in sets: terms as the ontology has them, lists and unions by words."""
    places = {anchor(found.iri): at for at, found in enumerate(declared())}
    for part in _parts(content):
        name = getattr(part, "tagname", type(part).__name__)
        if part.attributes.get("class") == "section":
            part.children.sort(key=lambda child: places.get(child.attributes.get("id", ""), -1))
        elif name == "ul":
            part.children.sort(key=_words)
        elif any(_joins(child) for child in part.children):
            _sort_union(part)


def linked(content: Any) -> None:
    """Let links to terms that the page describes lead to them, and those to nowhere be none."""
    anchors = {found.iri: f"#{anchor(found.iri)}" for found in declared()}
    there = {f"#{part.attributes['id']}" for part in _parts(content) if "id" in part.attributes}
    for link in content.get("a"):
        href = str(link.attributes.pop("href", ""))
        href = anchors.get(href, href)
        if not href.startswith("#") or href in there:
            link.attributes["href"] = href


def translated(content: Any, language: str) -> None:
    """Say pyLODE's own words in another language; what it says of others' properties is left out."""
    said = {words["en"]: words[language] for words in word_lists("pages")["pylode"].values()}
    for part in [content, *_parts(content)]:
        part.children = [
            said.get(child.strip(), child) if isinstance(child, str) else child for child in part.children
        ]
        if part.attributes.get("class") == "hover_property":
            part.attributes.pop("title", None)
        elif "title" in part.attributes:
            part.attributes["title"] = said.get(part.attributes["title"], part.attributes["title"])


def _parts(part: Any) -> Iterator[Any]:
    """The elements within an element, from the inside out."""
    for child in part.children:
        if hasattr(child, "children"):
            yield from _parts(child)
            yield child


def _joins(child: Any) -> bool:
    return hasattr(child, "attributes") and child.attributes.get("class") == "cardinality"


def _sort_union(part: Any) -> None:
    """Sort the classes, and leave the words between them where they are."""
    classes = iter(sorted((child for child in part.children if not _joins(child)), key=_words))
    part.children = [child if _joins(child) else next(classes) for child in part.children]


def _words(child: Any) -> str:
    return str(child.render() if hasattr(child, "render") else child)
