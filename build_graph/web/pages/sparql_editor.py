"""The editor for SPARQL, with the catalogue beside it, and the terms and prefixes of the ontology."""

from __future__ import annotations

from collections.abc import Iterable

from build_graph.query.catalogue import Question
from build_graph.resources import load_word_lists
from build_graph.vocabulary import BASE, OB, PREFIXES
from build_graph.web.pages.ontology_terms import list_terms
from build_graph.web.pages.question_form import select_texts
from build_graph.web.render import load_script, render
from build_graph.web.urls import ONTOLOGY

_NOBODY = "SELECT * WHERE {\n  ?measure a ob:Measure ; ob:responsibleAgency ?agency .\n}\nLIMIT 10\n"


def render_editor_page(questions: Iterable[Question], endpoint: str) -> bytes:
    """Return the page, in UTF-8, at /workbench; `endpoint` is the path that it sends queries to."""
    known = list(questions)
    return render(
        "sparql.html.j2",
        styles=("base.css", "workbench.css", "yasgui/yasgui.css", "editor.css"),
        scripts=("base.js", "workbench.js", "editor.js"),
        words=["workbench", "editor", "yasgui"],
        more_words=select_texts(known, "title", "description"),
        data={
            "catalogue": [{"name": question.name, "query": _strip_header(question)} for question in known],
            "editor": _build_editor_data(endpoint),
        },
        served=True,
        library=load_script("yasgui"),
        title="SPARQL",
        here="sparql",
        questions=[question.name for question in known],
    )


def _strip_header(question: Question) -> str:
    """Return the query with the lines about its parameters, without those that the page shows beside it."""
    lines = question.query.splitlines(keepends=True)
    start = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    parameters = [line for line in lines[:start] if line.startswith("# parameter:")]
    return "".join([*parameters, *lines[start:]])


def _build_editor_data(endpoint: str) -> dict[str, object]:
    """Return the data that the editor needs, so that it need not query for it."""
    return {
        "endpoint": endpoint,
        "base": BASE,
        "ontology": ONTOLOGY,
        "prefixes": PREFIXES,
        "terms": [[term.name, term.kind, term.en, term.zh] for term in list_terms()],
        "tabs": load_word_lists("workbench")["tabs"],
        "begin": f"PREFIX ob: <{OB}>\n\n{_NOBODY}",
    }
