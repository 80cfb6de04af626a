"""The reading of a document as triples: source, text, repairs, coverage, damage and rejected brackets.

The changes of all repairs are one row of values in one literal. With that row and the repaired text, the
source can be put together again (`undo_repairs`), so that the graph need not hold the text twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyoxigraph import NamedNode

from build_graph import __version__
from build_graph.graph.emit.emitter import Emitter
from build_graph.graph.iris import (
    bracket_iri,
    coverage_iri,
    damage_iri,
    program_iri,
    reading_iri,
    repair_iri,
    source_iri,
    stretch_iri,
)
from build_graph.model import Repair, Source, Span

MEDIA = "https://www.iana.org/assignments/media-types/"
_RESTORING = frozenset({"close_holes"})  # repairs that restore lost words: each change gets a node of its own
# Characters that some graph format cannot hold; JSON escapes them.
_UNWRITABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def build_row(repairs: Sequence[Repair]) -> dict[str, list[Any]]:
    """Return the names of the repairs, and four values for each change in the order of the text.

    The four are: characters between the end of the change before and this one, its length, the index of its
    name, and the words before the repair.

    >>> build_row([Repair("to_simplified", Span(2, 3), Span(2, 3), "務", "务")])
    {'names': ['to_simplified'], 'row': [2, 1, 0, '務']}
    """
    names = {name: at for at, name in enumerate(dict.fromkeys(repair.name for repair in repairs))}
    values: list[int | str] = []
    end = 0
    for repair in repairs:
        values += (repair.span.start - end, len(repair.span), names[repair.name], repair.before)
        end = repair.span.end
    return {"names": list(names), "row": values}


def serialise_repairs(repairs: Sequence[Repair]) -> str | None:
    """Return the row as JSON that every graph format can hold, or None without repairs."""
    if not repairs:
        return None
    words = json.dumps(build_row(repairs), ensure_ascii=False, separators=(",", ":"))
    return _UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", words)


def undo_repairs(content: str, words: str) -> tuple[str, tuple[Repair, ...]]:
    r"""Return the source text of `content`, and the repairs that `words` (the row as JSON) lists.

    Raises ValueError, TypeError or LookupError if `words` is no such row.

    >>> changes = [Repair("normalise_newlines", Span(1, 3), Span(1, 2), "\r\n", "\n")]
    >>> undo_repairs("一\n二", serialise_repairs(changes) or "") == ("一\r\n二", tuple(changes))
    True
    """
    read = json.loads(words)
    names, values = read["names"], iter(read["row"])
    pieces: list[str] = []
    repairs: list[Repair] = []
    end = came = 0  # in the text, and in the source
    for gap, length, name, before in zip(values, values, values, values, strict=True):
        pieces += content[end : end + gap], before
        span, came = Span(end + gap, end + gap + length), came + gap
        repairs.append(
            Repair(names[name], Span(came, came + len(before)), span, before, span.extract(content))
        )
        end, came = span.end, came + len(before)
    return "".join([*pieces, content[end:]]), tuple(repairs)


def emit_provenance(emit: Emitter) -> None:
    """Add the text, the source from which it was read, the reading, and the repairs."""
    text, reading = emit.document.text, reading_iri(emit.document_iri)
    emit.describe(
        emit.text_iri,
        "eli:LegalExpression",
        ("rdf:type", "nif:Context"),  # what passages are passages of
        ("eli:realizes", emit.document_iri),
        ("nif:isString", text.content),
        ("ob:sha256", hash_text(text.content)),
        ("prov:wasDerivedFrom", source_iri(emit.document_iri)),
        ("prov:wasGeneratedBy", reading),
    )
    emit.describe(
        source_iri(emit.document_iri),
        "prov:Entity",
        ("schema:name", replace_surrogates(text.source.name)),
        ("dcterms:format", media_iri(text.source)),
        ("ob:encoding", text.source.encoding or None),
        ("ob:sha256", hash_text(text.source.content)),
    )
    emit.describe(
        reading,
        "prov:Activity",
        ("prov:used", source_iri(emit.document_iri)),
        ("prov:wasAssociatedWith", program_iri(emit.base)),
        ("ob:allChanges", serialise_repairs(text.repairs)),
        ("ob:registrySha256", emit.document.registry),
    )
    _emit_repairs(emit, reading)


def media_iri(source: Source) -> str:
    """Return the IRI of the media type of a source."""
    return NamedNode(MEDIA + source.media).value


def emit_program(emit: Emitter) -> None:
    """Add what the program and the media type of the source are, which documents share."""
    emit.describe(
        program_iri(emit.base),
        "prov:SoftwareAgent",
        ("schema:name", "obligation-graph"),
        ("schema:softwareVersion", __version__),
    )
    emit.describe(media_iri(emit.document.text.source), "dcterms:MediaType")


def _emit_repairs(emit: Emitter, reading: str) -> None:
    for name, count in Counter(repair.name for repair in emit.document.text.repairs).items():
        node = repair_iri(emit.document_iri, name)
        emit.state(reading, ("ob:hasRepair", node))
        emit.describe(node, "ob:Repair", ("schema:name", name), ("ob:count", count))
    restoring = [r for r in emit.document.text.repairs if r.name in _RESTORING]
    for index, repair in enumerate(restoring, start=1):
        _emit_change(emit, repair, index)


def _emit_change(emit: Emitter, repair: Repair, index: int) -> None:
    owner = repair_iri(emit.document_iri, repair.name)
    node = f"{owner}/{index}"
    emit.state(owner, ("ob:hasChange", node))
    emit.describe(
        node,
        "ob:Change",
        ("ob:before", replace_surrogates(repair.before)),
        ("ob:after", repair.after),
        ("ob:sourceStart", repair.source.start),
        ("ob:sourceEnd", repair.source.end),
    )
    emit.point(node, repair.span)


def emit_coverage(emit: Emitter) -> None:
    """Add the number of characters of each kind of coverage, and each unread stretch."""
    content, coverage = emit.document.text.content, emit.document.coverage
    node = coverage_iri(emit.document_iri)
    emit.state(emit.text_iri, ("ob:hasCoverage", node))
    counts = coverage.count_characters(content).items()
    emit.describe(node, "ob:Coverage", *((f"ob:{kind}Characters", count) for kind, count in counts))
    for index, unread in enumerate(coverage.unread, start=1):
        stretch = stretch_iri(emit.document_iri, index)
        emit.state(node, ("ob:hasUnreadStretch", stretch))
        emit.describe(stretch, "ob:UnreadStretch", ("ob:reason", unread.reason))
        emit.point(stretch, unread.span)


def emit_flaws(emit: Emitter) -> None:
    """Add each stretch that stayed damaged, and each rejected bracket."""
    for index, damage in enumerate(emit.document.text.damages, start=1):
        node = damage_iri(emit.document_iri, index)
        emit.state(emit.text_iri, ("ob:hasDamage", node))
        emit.describe(node, "ob:Damage", ("ob:reason", damage.reason))
        emit.point(node, damage.span)
    for index, refusal in enumerate(emit.document.refused, start=1):
        node = bracket_iri(emit.document_iri, index)
        emit.state(emit.text_iri, ("ob:hasRefusedBracket", node))
        emit.describe(node, "ob:RefusedBracket", ("ob:reason", refusal.reason))
        emit.point(node, refusal.span)


def replace_surrogates(text: str) -> str:
    """Return the text with "?" for each lone surrogate, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in lower-case hexadecimal, as graphs give it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
