"""The IRIs of everything that a graph names, made from content alone: a document always gets the same ones.

Everything in a document lies below the document's IRI, and all findings of a measure below that of the
measure. Indices and ranks count from 1.
"""

from __future__ import annotations

from build_graph import __version__
from build_graph.model import Body, BodyKind, Division, Measure, Span
from build_graph.vocabulary import BASE, encode_path, encode_segment

# --------------------------------------------------------------------- what documents share


def shared_iri(base: str = BASE) -> str:
    """Return the IRI of the graph of what documents share: bodies, domains, places and the like."""
    return f"{base}shared"


DOCUMENT_PATH = "d/"  # below the base; short, since every statement of a document names it twice


def document_iri(id_: str, base: str = BASE) -> str:
    """Return the IRI of the document with that id.

    >>> document_iri("国发-2015-24").removeprefix(BASE)
    'd/国发-2015-24'
    """
    return f"{base}{DOCUMENT_PATH}{encode_segment(id_)}"


def body_iri(body: Body, base: str = BASE) -> str:
    """Return the IRI of a body; a body of the registry keeps its own IRI, whatever the base."""
    kind = "group" if body.kind is BodyKind.GROUP else "agency"
    return f"{BASE if body.known else base}{kind}/{encode_path(body.id)}"


def part_of_iri(body: Body, base: str = BASE) -> str | None:
    """Return the IRI of the bureau whose part a body is, or None; one of the registry keeps its own IRI."""
    if body.part_of is None:
        return None
    central = "/" not in body.part_of  # 浙江省/杭州市/农业农村局 has a place
    return f"{BASE if central else base}agency/{encode_path(body.part_of)}"


def agency_iri(id_: str) -> str:
    """Return the IRI of the registry's agency with that id."""
    return f"{BASE}agency/{encode_segment(id_)}"


def function_iri(id_: str) -> str:
    """Return the IRI of the function of local bodies with that id."""
    return f"{BASE}function/{encode_segment(id_)}"


def domain_iri(id_: str) -> str:
    """Return the IRI of the concept of `ontology/domains.ttl` with that id."""
    return f"{BASE}domain/{encode_segment(id_)}"


def place_iri(jurisdiction: str, base: str = BASE) -> str:
    """Return the IRI of the administrative area with a path: 广东省/广州市."""
    return f"{base}place/{encode_path(jurisdiction)}"


def group_iri(name: str, base: str = BASE) -> str:
    """Return the IRI of the target group with that name."""
    return f"{base}target-group/{encode_segment(name)}"


def program_iri(base: str = BASE) -> str:
    """Return the IRI of this version of the program."""
    return f"{base}software/obligation-graph/{__version__}"


# -------------------------------------------------------------------- below a document's IRI


def text_iri(document: str) -> str:
    """Return the IRI of the text of the document with that IRI."""
    return f"{document}/text"


def passage_iri(text: str, span: Span) -> str:
    """Return the IRI of a passage of the text with that IRI, after RFC 5147.

    >>> passage_iri("https://x/text", Span(53, 72))
    'https://x/text#char=53,72'
    """
    return f"{text}#char={span.start},{span.end}"


def source_iri(document: str) -> str:
    """Return the IRI of the source from which the document with that IRI was read."""
    return f"{document}/source"


def reading_iri(document: str) -> str:
    """Return the IRI of the reading of the document with that IRI."""
    return f"{document}/reading"


def repair_iri(document: str, name: str) -> str:
    """Return the IRI of the repairs of one kind in a document."""
    return f"{document}/repair/{encode_segment(name)}"


def coverage_iri(document: str) -> str:
    """Return the IRI of a document's coverage."""
    return f"{document}/coverage"


def stretch_iri(document: str, index: int) -> str:
    """Return the IRI of a stretch of text that was not read."""
    return f"{coverage_iri(document)}/unread/{index}"


def damage_iri(document: str, index: int) -> str:
    """Return the IRI of a stretch of text that stayed damaged."""
    return f"{document}/damage/{index}"


def bracket_iri(document: str, index: int) -> str:
    """Return the IRI of a rejected bracket."""
    return f"{document}/refused/{index}"


def citation_iri(document: str, index: int) -> str:
    """Return the IRI of a citation."""
    return f"{document}/citation/{index}"


def unnamed_iri(document: str, words: str) -> str:
    """Return the IRI of a cited document that the words of its citation do not identify."""
    return f"{document}/cited/{encode_segment(words)}"


def division_iri(parent: str, division: Division) -> str:
    """Return the IRI of a section or clause, below the IRI of its parent."""
    return f"{parent}/{encode_segment(division.key)}"


def holder_iri(document: str, measure: Measure) -> str:
    """Return the IRI of the division or document that contains a measure."""
    return "/".join((document, *map(encode_segment, measure.path)))


def measure_iri(document: str, measure: Measure) -> str:
    """Return the IRI of a measure, below which all its findings lie."""
    return f"{holder_iri(document, measure)}/m{measure.index}"


# ---------------------------------------------------------------------- below a measure's IRI
#
# A letter says what it is: a assignment, b bearer, n norm, r rider, s subject (domain), t target, w whom it
# is for. In this order they stand in a Turtle file.


def norm_iri(measure: str, index: int) -> str:
    """Return the IRI of a measure's norm."""
    return f"{measure}/n{index}"


def target_iri(measure: str, index: int) -> str:
    """Return the IRI of a measure's target."""
    return f"{measure}/t{index}"


def quantity_iri(target: str, index: int) -> str:
    """Return the IRI of a quantity of a target."""
    return f"{target}/q{index}"


def subject_iri(measure: str, rank: int) -> str:
    """Return the IRI of the statement that a measure belongs to a domain."""
    return f"{measure}/s{rank}"


def audience_iri(measure: str, index: int) -> str:
    """Return the IRI of the statement that a measure is meant for an audience."""
    return f"{measure}/w{index}"


def assignment_iri(measure: str) -> str:
    """Return the IRI of a measure's assignment, of which there is at most one."""
    return f"{measure}/a"


def bearer_iri(measure: str, rank: int) -> str:
    """Return the IRI of a bearer statement; default bearers rank after the measure's own."""
    return f"{measure}/b{rank}"


def qualifier_iri(measure: str, index: int) -> str:
    """Return the IRI of a qualifier of a measure's assignment."""
    return f"{measure}/r{index}"
