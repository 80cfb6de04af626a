"""Which documents came before: a table on disk, so that a corpus of any size fits beside it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Self

from build_graph.shards import DocumentRecord

CLASH = "Clash"  # the kind of failure of a document whose number another has


def _create_table() -> sqlite3.Connection:
    """An empty table; what of it does not fit into 2 MB lies in a file without a name."""
    table = sqlite3.connect("", isolation_level=None)
    table.execute("PRAGMA journal_mode = OFF")
    table.execute("CREATE TABLE seen (iri BLOB PRIMARY KEY, text BLOB, name TEXT) WITHOUT ROWID")
    return table


@dataclass(frozen=True, slots=True)
class Deduplicator:
    """The documents so far, by IRI."""

    _seen: sqlite3.Connection

    @classmethod
    @contextmanager
    def create(cls) -> Iterator[Self]:
        """An empty table, for as long as the block lasts."""
        with closing(_create_table()) as table:
            yield cls(table)

    def check(self, record: DocumentRecord) -> DocumentRecord:
        """The record as it stands after those before it: the same, a copy, or a failure for its number.

        A record that was judged before is judged anew. The first document with a number keeps it.
        """
        if not record.iri:
            return record
        fresh = replace(record, copy_of="", failure="", kind="") if record.kind in ("", CLASH) else record
        before = self._find_earlier(fresh)
        if before is None:
            return fresh
        text, name = before
        left_out = replace(fresh, size=0, rows_size=0)
        if text == _hash_text(record.text):
            return replace(left_out, copy_of=name)
        return replace(left_out, failure=format_clash(name, record.iri), kind=CLASH)

    def _find_earlier(self, record: DocumentRecord) -> tuple[bytes, str] | None:
        """Hash of the text and name of the document with the same IRI; None where this is the first."""
        own = (_hash_text(record.iri), _hash_text(record.text), record.name)
        if self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", own).rowcount:
            return None
        found = self._seen.execute("SELECT text, name FROM seen WHERE iri = ?", own[:1]).fetchone()
        return bytes(found[0]), str(found[1])


def format_clash(before: str, iri: str) -> str:
    """Why a document with an IRI fails: one before it, of that name, has it.

    >>> format_clash("a.txt", "https://x/document/国发-2015-24").partition(";")[0]
    'has the same number as a.txt (国发-2015-24)'
    """
    number = iri.rpartition("/")[2]
    return f"has the same number as {before} ({number}); leave one out, or give one its own number"


def _hash_text(words: str) -> bytes:
    return hashlib.sha256(words.encode()).digest()[:16]
