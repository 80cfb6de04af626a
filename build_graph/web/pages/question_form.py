"""The catalogue in the workbench: a list of the questions, and each as a form with its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from build_graph.query.catalogue import TODAY, Parameter, ParameterKind, Question
from build_graph.web import urls
from build_graph.web.pages import ontology_terms
from build_graph.web.pages.answer_tables import AnswerTable
from build_graph.web.render import render_workbench

# The kinds of entities that have names; those of clauses are the same few everywhere.
NAMED = (ParameterKind.AGENCY, ParameterKind.DOMAIN, ParameterKind.DOCUMENT, ParameterKind.CLAUSE)
_INPUTS = {ParameterKind.INTEGER: "number"}  # types of fields that are no text
_CHARTED = 40  # bars


@dataclass(frozen=True, slots=True)
class FormField:
    """A parameter as a field of a form."""

    name: str
    input: str  # the type of the field
    value: str
    example: str
    needed: bool
    names: str  # the kind of thing whose names complete it; empty for none
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class QuestionFault:
    """The reason for no answer: a message, or a name that no entity has, with similar names."""

    message: str
    unknown: bool = False
    instead: tuple[tuple[str, str], ...] = ()  # name, and the address of the question with that name
    key: str = ""  # of words in both languages, shown before the message


def render_catalogue_page(questions: Iterable[Question]) -> bytes:
    """Return the list of questions, each with its two titles; its address is /queries."""
    known = list(questions)
    return render_workbench(
        "catalogue.html.j2",
        more_words=select_texts(known, "title", "description"),
        title="obligation-graph",
        here="queries",
        questions=[question.name for question in known],
    )


def render_question_page(
    question: Question,
    given: Mapping[str, str],
    *,
    answer: AnswerTable | None = None,
    fault: QuestionFault | None = None,
    query: str = "",
) -> bytes:
    """Return a question as a form with its values, and the answer or the fault; its address is /query/NAME.

    `query` is the SPARQL that was executed.
    """
    query, bars = query or question.query, answer.bars if answer else ()
    return render_workbench(
        "question.html.j2",
        more_words={
            **ontology_terms.select_labels(answer.keys if answer else ()),
            **{key: _select_text(question, key) for key in ("title", "description")},
        },
        title=question.header.find_text("title@en") or question.name,
        here="queries",
        name=question.name,
        fields=[_build_field(parameter, given) for parameter in question.header.parameters],
        answer=answer,
        bars=bars[:_CHARTED],
        most=max((figure for _, figure in bars), default=0),
        fault=fault,
        query=query,
        editor=urls.editor_url(query),
        csv=urls.question_url(question.name, {**given, "format": "csv"}),
    )


def select_texts(questions: Iterable[Question], *keys: str) -> dict[str, dict[str, str]]:
    """Return texts of questions in both languages, by the name of the question and a key: pairs-title."""
    return {f"{one.name}-{key}": _select_text(one, key) for one in questions for key in keys}


def _select_text(question: Question, key: str) -> dict[str, str]:
    return {tongue: question.header.find_text(f"{key}@{tongue}") or question.name for tongue in ("en", "zh")}


def _build_field(parameter: Parameter, given: Mapping[str, str]) -> FormField:
    default = "" if parameter.optional or parameter.default in (None, TODAY) else str(parameter.default)
    return FormField(
        parameter.name,
        _INPUTS.get(parameter.kind, "text"),
        given.get(parameter.name, default),
        parameter.example,
        parameter.default is None,
        parameter.kind if parameter.kind in NAMED else "",
        ("divided", "joint", "unstated") if parameter.kind is ParameterKind.ALLOCATION else (),
    )
