"""Words of the ontology in answers, in both languages: 义务 and obligation for `ob:Obligation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from pyoxigraph import Literal, NamedNode

from build_graph.pages.terms import declared
from build_graph.querying.answers import Term, shown
from build_graph.resources import word_lists
from build_graph.vocabulary import OB


@cache
def known() -> Mapping[str, Mapping[str, str]]:
    """The labels of the terms of the ontology, by prefixed name and language.

    >>> known()["ob:Lead"]
    {'en': 'lead', 'zh': '牵头'}
    """
    return {found.name: {"en": found.en, "zh": found.zh} for found in declared() if found.en and found.zh}


def key_of(value: Term) -> str:
    """The key of the words that stand for a value: a term of the ontology, or its bare name; empty for none.

    >>> key_of(NamedNode("https://w3id.org/obligation-graph/ontology#Lead")), key_of(Literal("Obligation"))
    ('ob:Lead', 'ob:Obligation')
    >>> key_of(Literal("true")), key_of(Literal("text"))
    ('value_true', '')
    """
    if isinstance(value, NamedNode):
        return shown(value) if value.value.startswith(OB) and shown(value) in known() else ""
    if not isinstance(value, Literal):
        return ""
    if (own := f"value_{value.value}") in word_lists("pages")["values"]:
        return own
    name = f"ob:{value.value}"
    return name if value.value[:1].isupper() and name in known() else ""


def words(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """The words of those keys that are terms of the ontology."""
    return {key: dict(known()[key]) for key in sorted(set(keys)) if key in known()}
