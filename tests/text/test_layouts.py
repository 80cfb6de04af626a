"""The same document in another layout says the same: pages are scraped, wrapped, flattened and escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

import pytest
from places import TESTS
from understanding import pipeline

from build_graph.model import Document, Source

GOLD = TESTS / "gold"
NAMES = ["guofa-2019-3", "guofa-2018-38", "fengong-009", "baotou-105"]
WIDTH = 38  # characters of a wrapped line


def with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def on_one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)


def without_breaks(text: str) -> str:
    return re.sub(r"\s*\n\s*", "", text)


def indented_by_entities(text: str) -> str:
    return text.replace("\n", "\n&nbsp;&nbsp;&nbsp;&nbsp;")


def with_blank_lines(text: str) -> str:
    return text.replace("\n", "\n\n")


def with_narrow_marks(text: str) -> str:
    return text.translate(str.maketrans("，；：（）", ",;:()"))


def with_wide_digits(text: str) -> str:
    return text.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))


def wrapped(text: str) -> str:
    return "\n".join(re.sub(f"(.{{{WIDTH}}})(?=.)", r"\1\n", line) for line in text.split("\n"))


LAYOUTS: list[Callable[[str], str]] = [
    with_crlf,
    on_one_line,
    without_breaks,
    indented_by_entities,
    with_blank_lines,
    with_narrow_marks,
    with_wide_digits,
    wrapped,
]


@cache
def source(name: str) -> str:
    file = json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"))["file"]
    return (GOLD / "documents" / file).read_text(encoding="utf-8")


def bare(words: str) -> str:
    """Words without blanks and marks, which are what a layout changes."""
    return re.sub(r"[\W_]", "", words.translate(str.maketrans("０１２３４５６７８９", "0123456789")))


def said(document: Document) -> list[tuple[str, list[tuple[str, str]]]]:
    """The attributions of a document, with bodies and roles."""
    content = document.text.content
    return [
        (bare(measure.assignment.span.extract(content)), [(bare(b.name), b.role) for b in measure.bearers])
        for measure in document.measures
        if measure.assignment
    ]


@cache
def plain(name: str) -> list[tuple[str, list[tuple[str, str]]]]:
    return said(pipeline().understand(Source(name, source(name), "utf-8")))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_attributions_are_the_same(name: str, layout: Callable[[str], str]) -> None:
    """Every attribution is found with the same bodies and roles."""
    changed = layout(source(name))
    assert changed != source(name)
    assert len(plain(name)) > 10
    assert said(pipeline().understand(Source(name, changed, "utf-8"))) == plain(name)
