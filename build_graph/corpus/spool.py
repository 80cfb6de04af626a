"""The results of a build of shards so far, in a file in the folder.

Inputs come in any order, and shards are written in that of hashes: what was understood waits here. So the
memory of a build does not grow with the corpus, and one that was killed goes on with what it had.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from build_graph.corpus.shard_writer import PreviousShard, ShardMember
from build_graph.corpus.stages import TRIED_AGAIN
from build_graph.graph.store.layout import hash_iri
from build_graph.graph.store.shards import CARD, WORK, DocumentRecord, ShardManifest

_FILE = "results.sqlite"
_HELD = 4  # earlier shards whose cards are held
_AT_ONCE = 16  # results that are lost, at most, if a build is killed

# `result`: what was understood, kept until the folder is complete. `input`: the inputs whose result is known,
# made anew by each build; `shard` says where the bytes are: an earlier shard, or '' for `result`.
_TABLES = """
BEGIN;
CREATE TABLE IF NOT EXISTS settings (made_with TEXT);
CREATE TABLE IF NOT EXISTS result (key TEXT PRIMARY KEY, record TEXT, quads BLOB, bearings BLOB);
DROP TABLE IF EXISTS input;
CREATE TABLE input (
    key TEXT PRIMARY KEY, name TEXT, iri TEXT, hash TEXT, text TEXT, failure TEXT, kind TEXT,
    shard TEXT, place INTEGER, wanted INTEGER DEFAULT 0, first TEXT
) WITHOUT ROWID;
CREATE INDEX by_hash ON input (hash, name, key);
COMMIT;
"""
# A commit does not wait for the disk: after a power cut the last results may be gone, and no more than they.
_FAST = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
_ADD = "INSERT OR IGNORE INTO input VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL)"
_FIND = "SELECT name, key, iri, text, failure, kind FROM input WHERE key = ?"
_KEEP = "INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?)"
# Of several inputs with one IRI, the first by name and key is the one that stays.
_JUDGE = """
UPDATE input SET first = (
    SELECT other.key FROM input AS other WHERE other.hash = input.hash AND other.wanted
    ORDER BY other.name, other.key LIMIT 1
) WHERE wanted AND hash IS NOT NULL
"""
_KEPT = "SELECT hash, key, shard, place FROM input WHERE wanted AND first = key ORDER BY hash"
_LEFT_OUT = """
SELECT input.name, input.key, input.iri, input.text, input.failure, input.kind, other.name, other.text
FROM input LEFT JOIN input AS other ON other.key = input.first
WHERE input.wanted AND input.first IS NOT input.key ORDER BY input.name, input.key
"""


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document that stays, and where its member is."""

    hash: str  # of its IRI
    key: str
    shard: str
    place: int


@dataclass(slots=True)
class Spool:
    """The inputs of a build and their results; the last are on disk after at most `_AT_ONCE` more."""

    folder: Path
    made_with: str
    _table: sqlite3.Connection
    _waiting: int = 0  # results that are not on disk yet
    _names: set[str] = field(default_factory=set)  # of the shards of an earlier build
    _shards: dict[str, PreviousShard] = field(default_factory=dict)  # of an earlier build, the last few

    @classmethod
    @contextmanager
    def open(cls, folder: Path, made_with: str) -> Iterator[Self]:
        """Give the spool in a folder, with what a killed build with the same settings left in it.

        Raises OSError or sqlite3.Error if it cannot be written.
        """
        (folder / WORK).mkdir(exist_ok=True)
        with closing(_open_table(folder / WORK / _FILE, made_with)) as table:
            spool = cls(folder, made_with, table)
            spool._take_results()
            try:
                yield spool
            finally:
                table.commit()

    def take_shard(self, shard: PreviousShard) -> None:
        """Take in the documents of an earlier build."""
        self._names.add(shard.name)
        places = enumerate(shard.card.documents)
        self._table.executemany(_ADD, (_build_row(one, shard.name, place) for place, one in places))

    def take_left_out(self, records: Iterable[DocumentRecord]) -> None:
        """Take in the failures and copies of an earlier build; those to be tried again are left out."""
        for record in records:
            if record.kind not in TRIED_AGAIN and self.find(record.key) is None:
                self._keep(ShardMember(record))

    def find(self, key: str) -> DocumentRecord | None:
        """Return what is known of an input: its name, its text, its failure if it has one of its own."""
        found = self._table.execute(_FIND, [key]).fetchone()
        if found is None:
            return None
        name, own, iri, text, failure, kind = found
        return DocumentRecord(name, own, iri, text, failure=failure, kind=kind)

    def forget_copies(self) -> None:
        """Forget the inputs that are known to have the IRI of another, and whose bytes are gone."""
        self._table.execute("DELETE FROM input WHERE hash IS NOT NULL AND shard IS NULL")

    def add(self, member: ShardMember) -> None:
        """Add an input to those of this build; keep its result, unless it is known."""
        key = member.record.key
        if self.find(key) is None:
            self._keep(member)
        self._table.execute("UPDATE input SET wanted = 1 WHERE key = ?", [key])

    def judge(self) -> bool:
        """Decide which of several inputs with one IRI stays.

        Return False if one of these was a copy until now, so that its bytes are not there: it is forgotten,
        and to be understood again.
        """
        self._table.execute(_JUDGE)
        lost = self._table.execute("DELETE FROM input WHERE wanted AND first = key AND shard IS NULL")
        self._table.commit()
        return not lost.rowcount

    def iterate_kept(self) -> Iterator[KeptDocument]:
        """Yield the documents that stay, in the order of the hashes of their IRIs."""
        yield from (KeptDocument(*row) for row in self._table.execute(_KEPT))

    def iterate_left_out(self) -> Iterator[DocumentRecord]:
        """Yield the failures and copies, by name."""
        for name, key, iri, text, failure, kind, first, its_text in self._table.execute(_LEFT_OUT):
            own = DocumentRecord(name, key, iri, text, failure=failure, kind=kind)
            yield own.judge(DocumentRecord(first, iri=iri, text=its_text)) if first else own

    def iterate_keys(self) -> Iterator[str]:
        """Yield the keys of all inputs in their order."""
        yield from (key for (key,) in self._table.execute("SELECT key FROM input WHERE wanted ORDER BY key"))

    def read_earlier_card(self, name: str) -> ShardManifest | None:
        """Return the card of a shard that was taken in; None if none of that name was."""
        return self._read_shard(name).card if name in self._names else None

    def read_record(self, kept: KeptDocument) -> DocumentRecord:
        """Return the record of a document that stays."""
        if kept.shard:
            return self._read_shard(kept.shard).card.documents[kept.place]
        (said,) = self._table.execute("SELECT record FROM result WHERE key = ?", [kept.key]).fetchone()
        return DocumentRecord(**json.loads(said))

    def read_member(self, kept: KeptDocument) -> ShardMember:
        """Return a document that stays, with its bytes."""
        if kept.shard:
            return self._read_shard(kept.shard).read_member(kept.place)
        found = "SELECT quads, bearings FROM result WHERE key = ?"
        return ShardMember(self.read_record(kept), *self._table.execute(found, [kept.key]).fetchone())

    def _read_shard(self, name: str) -> PreviousShard:
        """Return an earlier shard; the last few that were asked for are held."""
        if name not in self._shards:
            card = ShardManifest.read(self.folder / f"{name}{CARD}")
            assert card is not None, "it was read by this very build"
            self._shards[name] = PreviousShard(self.folder, name, card)
            if len(self._shards) > _HELD:
                del self._shards[next(iter(self._shards))]
        return self._shards[name]

    def _take_results(self) -> None:
        """Take in what a killed build had understood, but for what is to be tried again."""
        found = self._table.execute("SELECT record, length(quads) > 0 FROM result").fetchall()
        for said, has_bytes in found:
            record = DocumentRecord(**json.loads(said))
            if record.kind in TRIED_AGAIN:
                self._table.execute("DELETE FROM result WHERE key = ?", [record.key])
            else:
                self._table.execute(_ADD, _build_row(record, "" if has_bytes else None))

    def _keep(self, member: ShardMember) -> None:
        """Keep a result; write it to the disk with some others."""
        record = member.record
        said = json.dumps(record.to_dict(), ensure_ascii=False)
        self._table.execute(_KEEP, (record.key, said, member.quads, member.bearings))
        self._table.execute(_ADD, _build_row(record, "" if member.quads else None))
        self._waiting = (self._waiting + 1) % _AT_ONCE
        if not self._waiting:
            self._table.commit()


def _build_row(record: DocumentRecord, shard: str | None, place: int = 0) -> tuple[str | int | None, ...]:
    """Return an input as its table has it; what an earlier build decided about its IRI does not count."""
    failed = () if record.iri else (record.failure, record.kind)
    names = (record.key, record.name, record.iri, hash_iri(record.iri) if record.iri else None, record.text)
    return *names, *(failed or ("", "")), shard, place


def _open_table(path: Path, made_with: str) -> sqlite3.Connection:
    """Return the tables in a file, made anew if it is damaged or of other settings."""
    if path.exists():
        table = sqlite3.connect(path)
        with suppress(sqlite3.DatabaseError):
            table.executescript(_FAST + _TABLES)
            if table.execute("SELECT made_with FROM settings").fetchall() == [(made_with,)]:
                return table
        table.close()
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    table = sqlite3.connect(path)
    table.executescript(_FAST + _TABLES)
    table.execute("INSERT INTO settings VALUES (?)", [made_with])
    table.commit()
    return table
