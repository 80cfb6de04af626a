"""The kinds of files, detected from their first bytes, then from the ending of the name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from build_graph.errors import ObligationError, build_fault, shorten_error
from build_graph.resources import load_word_lists

HEAD = 4096  # bytes by which a kind is detected
_PDF_LIMIT = 1024  # bytes that may precede %PDF
_BLANK = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"  # white space and marks of byte order


class UnreadableError(ObligationError):
    """A file that does not exist, cannot be opened, or holds no text that can be read."""


def convert_error(name: str, error: Exception) -> ObligationError:
    """Return the error, with advice, for any exception that was raised on an input; one of ours as it is."""
    if isinstance(error, ObligationError):
        return error
    if isinstance(error, FileNotFoundError):
        return UnreadableError(f"{name}: there is no such file; check the name")
    if isinstance(error, OSError) and error.strerror:
        return UnreadableError(f"{name}: cannot be read ({error.strerror}); check its permissions")
    if isinstance(error, RecursionError):
        return UnreadableError(f"{name}: is nested too deep to be read; simplify it")
    if isinstance(error, (MemoryError, ImportError, NameError)):  # not the input's fault
        return build_fault(name, error)
    return UnreadableError(f"{name}: is damaged ({shorten_error(error)}); fetch it again")


@dataclass(frozen=True, slots=True)
class GeneratedKind:
    """A kind of files that are generated from documents: name, description, advice."""

    kind: str  # graph, page, table, report, list
    description: str
    beginning: re.Pattern[str]
    advice: str
    but_not: Kind | None = None  # a kind that is read, although it may begin so


class MadeError(UnreadableError):
    """A generated file, given as a document."""

    def __init__(self, name: str, made: GeneratedKind) -> None:
        """Describe the file of that name, with advice."""
        advice = made.advice.replace("{path}", "FILE" if name == "-" else name)
        super().__init__(f"{name}: {made.description}, not a policy document; {advice}")
        self.name, self.made = name, made

    def replace_path(self, path: str) -> MadeError:
        """Return the error with the path that was given as the file's name."""
        return MadeError(path, self.made)


class Kind(StrEnum):
    """The kinds of files that are read; the names are those in `data/formats.toml`."""

    TEXT = "text"
    HTML = "html"
    DOCX = "docx"
    PDF = "pdf"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ZIP = "zip"
    GZIP = "gzip"

    @property
    def media(self) -> str:
        """The IANA media type."""
        media: str = load_word_lists("formats")[self]["media"]
        return media

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of the names of such files."""
        return tuple(load_word_lists("formats")[self]["endings"])


_BEGINNINGS = {b"\x1f\x8b": Kind.GZIP, b"PAR1": Kind.PARQUET}


def detect_kind(head: bytes, name: str) -> Kind:
    """Return the kind of the file that begins with `head` (its first 4,096 bytes) and is named `name`.

    Raises UnreadableError, with advice, for kinds that are known and not read; MadeError for generated files,
    such as graphs.

    >>> detect_kind(b"%PDF-1.7", "notice.txt"), detect_kind("通知".encode(), "notice.txt")
    (<Kind.PDF: 'pdf'>, <Kind.TEXT: 'text'>)
    """
    formats, ending = load_word_lists("formats"), name.lower().removesuffix(".gz")
    for beginning, advice in formats["refused"].items():
        if head.startswith(beginning.encode("latin-1")):
            raise UnreadableError(f"{name}: {advice}")
    if made := detect_generated(head, ending):
        raise MadeError(name, made)
    if b"%PDF-" in head[:_PDF_LIMIT] or head.startswith(b"%PDF"):
        return Kind.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.DOCX if ending.endswith(Kind.DOCX.endings) else Kind.ZIP
    if packed := [kind for beginning, kind in _BEGINNINGS.items() if head.startswith(beginning)]:
        return packed[0]
    if _is_html(head, formats["html"]["tags"]):
        return Kind.HTML
    if ending.endswith(Kind.JSONL.endings):
        return Kind.JSONL
    return Kind.HTML if ending.endswith(Kind.HTML.endings) else Kind.TEXT


def detect_generated(head: bytes, name: str = "") -> GeneratedKind | None:
    """Return the kind of generated file that begins with `head`; None for any other file.

    >>> detect_generated(b"@prefix ob: <https://w3id.org/obligation-graph/ontology#> .").kind
    'graph'
    >>> detect_generated("# 通知\\n一、总体要求".encode())
    """
    text = head.replace(b"\x00", b"").lstrip(_BLANK).decode("utf-8", "replace")
    kinds = (
        made for made in load_generated_kinds() if not (made.but_not and name.endswith(made.but_not.endings))
    )
    return next((made for made in kinds if made.beginning.match(text)), None)


@cache
def load_generated_kinds() -> tuple[GeneratedKind, ...]:
    """Return the kinds of generated files."""
    return tuple(
        GeneratedKind(
            one["kind"],
            one["what"],
            re.compile(one["begins"], re.DOTALL),
            one["advice"],
            Kind(one["but_not"]) if "but_not" in one else None,
        )
        for one in load_word_lists("formats")["made"]
    )


def reject_ole(data: bytes, name: str) -> None:
    """Raise UnreadableError for Word documents of before 2007, and for newer ones with a password."""
    ole = load_word_lists("formats")["ole"]
    if data.startswith(ole["magic"].encode("latin-1")):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise UnreadableError(f"{name}: {ole['encrypted' if encrypted else 'old']}")


def is_known_ending(name: str) -> bool:
    """Return whether the name ends as those of files that are read.

    >>> is_known_ending("a/通知.HTML"), is_known_ending("policies.jsonl.gz"), is_known_ending("报表.tar.gz")
    (True, True, False)
    """
    endings = tuple(ending for kind in Kind if kind is not Kind.GZIP for ending in kind.endings)
    return name.lower().removesuffix(".gz").endswith(endings)


def _is_html(head: bytes, tags: list[str]) -> bool:
    """Return whether the bytes begin with a tag of HTML, after comments and an XML declaration."""
    text = head.replace(b"\x00", b"").lstrip(_BLANK).decode("latin-1").lower()
    while found := re.match(r"(?:<!--.*?-->|<\?.*?\?>)\s*", text, re.DOTALL):
        text = text[found.end() :]
    return bool(re.match(rf"<(?:{'|'.join(tags)})[\s/>]", text))
