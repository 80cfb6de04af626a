"""A folder of shards: the graphs of a corpus in files of some documents each.

The files of such a folder (`layout` says which document belongs to which shard):

- `part-0101.nq.gz`: N-Quads, the named graph of each document and what it says of things that are shared.
  Each document is a gzip member of its own, so that it can be copied or left out as bytes; all members
  together are an ordinary gzip file.
- `part-0101.bearings.csv.gz`: the responsibilities, one row for each bearer, packed in the same way.
- `part-0101.json`: the card, with the shard's documents in the order of the hashes of their IRIs, and hashes
  of the two files. It is written last: a shard without it does not exist.
- `failures.jsonl`, `copies.jsonl`: the inputs that gave no document, one line each, by name.
- `void.ttl`: a description of the whole.
- `manifest.json`: the shards, and hashes of the three files before. It exists only while all of them do.

Both kinds of JSON objects end in a hash of their own bytes, so that no change of a byte goes unnoticed:
reading a damaged file is an error, and the next build makes the file again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from build_graph.errors import ObligationError
from build_graph.graph.store.layout import NAME
from build_graph.graph.store.seals import compute_piece_facts, seal_json, unseal_json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MANIFEST, LOCK, WORK = "manifest.json", ".lock", ".work"
FAILURES, COPIES, DESCRIPTION = "failures.jsonl", "copies.jsonl", "void.ttl"
FORMAT = 3  # of the layout described above
QUADS, BEARINGS, CARD = ".nq.gz", ".bearings.csv.gz", ".json"
CLASS = "a "  # before the name of a class, in counts of terms
CLASH = "Clash"  # the kind of failure of a document with the number of another

_BUFFER = 1 << 20


class ShardsError(ObligationError):
    """A folder of shards that cannot be read or written."""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """An input of a corpus as a folder of shards lists it; values that do not apply are empty or 0."""

    name: str
    key: str = ""  # SHA-256 of the input, which identifies it in the next build
    iri: str = ""
    text: str = ""  # SHA-256 of the repaired text
    number: str = ""
    title: str = ""
    issued: str = ""  # a date
    statements: int = 0  # in the document's own graph
    counts: Mapping[str, int] = field(default_factory=dict)  # of these: by property, and by CLASS and class
    size: int = 0  # bytes of its member of N-Quads
    rows: int = 0  # bearers
    rows_size: int = 0  # bytes of its member of bearers
    copy_of: str = ""  # name of the document with the same text that is there
    failure: str = ""
    kind: str = ""  # of failure

    @property
    def is_stored(self) -> bool:
        """True if its statements are in the shard."""
        return not (self.failure or self.copy_of)

    @property
    def label(self) -> str:
        """The name of the file, if the document has neither title nor number; else empty."""
        return "" if self.title or self.number else self.name

    def judge(self, first: DocumentRecord) -> DocumentRecord:
        """Return the record of this input beside the one that has its IRI: a copy of it, or a failure.

        Of several inputs the first stays by name and key.
        """
        left = DocumentRecord(self.name, self.key, self.iri, self.text)
        if self.text == first.text:
            return replace(left, copy_of=first.name)
        number = self.iri.rpartition("/")[2]
        reason = f"has the same number as {first.name} ({number}); leave one out, or give one its own number"
        return replace(left, failure=reason, kind=CLASH)

    def to_dict(self) -> dict[str, Any]:
        """Return the values that are not empty, as JSON takes them."""
        return {name: value for name, value in asdict(self).items() if value}

    def format_left_out(self) -> bytes:
        r"""Return a line of the file of failures, or of that of copies.

        >>> DocumentRecord("a.txt", "5e1f", failure="no clauses", kind="NoClauses").format_left_out()
        b'{"name": "a.txt", "reason": "no clauses", "kind": "NoClauses", "key": "5e1f"}\n'
        """
        why = {"copy_of": self.copy_of, "reason": self.failure, "kind": self.kind}
        said = {"name": self.name, **why, "key": self.key, "iri": self.iri, "text": self.text}
        return _format_json({name: value for name, value in said.items() if value}).encode() + b"\n"

    @classmethod
    def parse_left_out(cls, line: bytes) -> Self:
        """Return the record of such a line."""
        said: dict[str, str] = json.loads(line)
        return cls(failure=said.pop("reason", ""), **said)  # type: ignore[arg-type]  # all are strings


@dataclass(frozen=True, slots=True)
class ShardManifest:
    """The card of one shard."""

    made_with: str  # SHA-256 of rules, limits and layout
    documents: tuple[DocumentRecord, ...]
    files: Mapping[str, Mapping[str, Any]]  # bytes and SHA-256 by name

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the card at a path; None if it is missing, damaged or of another format."""
        try:
            data = unseal_json(path.read_bytes())
            if data["format"] != FORMAT:
                return None
            terms = data["terms"]
            records = tuple(_parse_record(one, terms) for one in data["documents"])
            return cls(data["made_with"], records, data["files"])
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def to_json(self) -> bytes:
        """Return the card as JSON, one line for each document.

        Terms are named once, and a document's counts of them stand in that order.
        """
        terms = sorted({term for one in self.documents for term in one.counts})
        documents = ",\n".join(_format_record(one, terms) for one in self.documents)
        text = (
            f'{{"format": {FORMAT},\n"made_with": {_format_json(self.made_with)},\n'
            f'"files": {_format_json(self.files)},\n"terms": {_format_json(terms)},\n'
            f'"documents": [\n{documents}\n]}}\n'
        )
        return seal_json(text.encode())


def _format_record(record: DocumentRecord, terms: list[str]) -> str:
    counts = [record.counts.get(term, 0) for term in terms]
    return _format_json({**record.to_dict(), "counts": counts})


def _parse_record(said: dict[str, Any], terms: list[str]) -> DocumentRecord:
    counts = dict(zip(terms, said.pop("counts"), strict=True))
    return DocumentRecord(**said, counts={term: count for term, count in counts.items() if count})


@dataclass(frozen=True, slots=True)
class ShardSums:
    """The sums of one shard, which those of the whole folder are made of."""

    entry: Mapping[str, Any]  # of the manifest: name, documents, statements, bearings, files
    counts: Counter[str]  # as DocumentRecord has them
    newest: str  # date of its documents; empty without one

    @classmethod
    def build(cls, name: str, card: ShardManifest) -> Self:
        """Return the sums of a shard."""
        entry = {
            "name": name,
            "documents": len(card.documents),
            "statements": sum(one.statements for one in card.documents),
            "bearings": sum(one.rows for one in card.documents),
            "files": card.files,
        }
        counts = Counter[str]()
        for one in card.documents:
            counts.update(one.counts)
        return cls(entry, counts, max((one.issued for one in card.documents), default=""))


@dataclass(slots=True)
class FolderSums:
    """The sums of the shards of a folder, added in the order of their names."""

    shards: list[Mapping[str, Any]] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)  # documents, statements, bearings
    counts: Counter[str] = field(default_factory=Counter)  # of terms
    newest: str = ""

    def add(self, sums: ShardSums) -> None:
        """Add those of a shard."""
        self.shards.append(sums.entry)
        self.totals.update({name: sums.entry[name] for name in ("documents", "statements", "bearings")})
        self.counts.update(sums.counts)
        self.newest = max(self.newest, sums.newest)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of the whole folder, `manifest.json`."""

    version: str  # of the program
    rules: str  # SHA-256 of the rules by which documents were understood
    made_with: str  # SHA-256 of rules, limits and layout, as in cards
    inputs: str  # SHA-256 of the sorted keys of all inputs
    limits: Mapping[str, int]  # on one document, by name
    documents: int = 0  # in the shards
    failures: int = 0
    copies: int = 0
    statements: int = 0  # in the graphs of documents
    bearings: int = 0
    files: Mapping[str, Any] = field(default_factory=dict)  # bytes and SHA-256 of what is no shard, by name
    shards: tuple[Mapping[str, Any], ...] = ()  # name, documents, statements, bearings, files

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return the manifest in some bytes; raises ValueError, LookupError or TypeError if there is none."""
        values = unseal_json(data)
        del values["format"]
        shards = tuple(values.pop("shards"))
        if not all(NAME.fullmatch(shard["name"]) for shard in shards):
            raise ValueError("a shard has another name than they have")
        return cls(**values, shards=shards)

    def to_json(self) -> bytes:
        """Return the manifest as JSON, one line for each shard."""
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "shards"}
        head = ",\n".join(
            f"{_format_json(name)}: {_format_json(value)}"
            for name, value in {"format": FORMAT, **own}.items()
        )
        shards = ",\n".join(map(_format_json, self.shards))
        return seal_json(f'{{{head},\n"shards": [\n{shards}\n]}}\n'.encode())


def hash_keys(keys: Iterable[str]) -> str:
    """Return the SHA-256 that names a set of inputs in a manifest; the keys come sorted, each once."""
    whole = hashlib.sha256()
    for key in keys:
        whole.update(key.encode())
    return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class ShardFolder:
    """A folder of shards that is complete."""

    path: Path
    totals: Manifest

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the folder at a path; raises ShardsError if it has no shards or is not complete."""
        try:
            data = (path / MANIFEST).read_bytes()
            _reject_other_formats(path, data)
            return cls(path, Manifest.read(data))
        except FileNotFoundError as error:
            raise ShardsError(
                f"{path}: these shards are not complete; run the build that makes them again"
            ) from error
        except OSError as error:
            raise ShardsError(f"{path / MANIFEST}: cannot be read ({error.strerror})") from error
        except (ValueError, LookupError, TypeError) as error:
            raise create_damage_error(path / MANIFEST) from error

    def list_files(self, ending: str) -> list[Path]:
        """Return the files of all shards with an ending, in order."""
        return [self.path / f"{shard['name']}{ending}" for shard in self.totals.shards]

    def iterate_records(self) -> Iterator[DocumentRecord]:
        """Yield the records of all documents; raises ShardsError if a card is damaged."""
        for path in self.list_files(CARD):
            yield from self._read_card(path).documents

    def iterate_left_out(self) -> Iterator[DocumentRecord]:
        """Yield what is said of the failures, then of the copies; raises ShardsError if a file is damaged."""
        for name in (FAILURES, COPIES):
            path = self.path / name
            self._check_file(path, self.totals.files)
            with _open_file(path) as lines:
                yield from map(DocumentRecord.parse_left_out, lines)

    def iterate_members(self) -> Iterator[tuple[DocumentRecord, bytes]]:
        """Yield each stored document with its N-Quads; raises ShardsError if they are damaged."""
        for path in self.list_files(CARD):
            quads = path.with_name(f"{path.stem}{QUADS}")
            with _open_file(quads) as file:
                for record in self._read_card(path).documents:
                    yield record, _unpack(quads, file.read(record.size), record.size)

    def iterate_tables(self) -> Iterator[bytes]:
        """Yield the responsibilities of each shard as CSV; raises ShardsError if a file is damaged."""
        for shard, path in zip(self.totals.shards, self.list_files(BEARINGS), strict=True):
            with _open_file(path) as file:
                data = file.read()
            if compute_piece_facts([data]) != shard["files"].get(path.name):
                raise create_damage_error(path)
            yield _unpack(path, data, len(data))

    def open_quads(self) -> IO[bytes]:
        """Return the statements of all documents as a stream of N-Quads."""
        return open_stream(data for _, data in self.iterate_members())

    def _read_card(self, path: Path) -> ShardManifest:
        card = ShardManifest.read(path)
        if card is None:
            raise create_damage_error(path)
        return card

    def _check_file(self, path: Path, files: Mapping[str, Any]) -> None:
        """Raise ShardsError for a file that has other bytes than the manifest names."""
        with _open_file(path) as file:
            if compute_piece_facts(iter(lambda: file.read(_BUFFER), b"")) != files.get(path.name):
                raise create_damage_error(path)


def create_damage_error(path: Path) -> ShardsError:
    """Return the error for a file of shards whose bytes have changed."""
    return ShardsError(f"{path}: is damaged; run the build that makes it again")


def _open_file(path: Path) -> IO[bytes]:
    """Open a file of shards; raises ShardsError if it cannot be read."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise ShardsError(f"{path}: is missing; run the build that makes it again") from error
    except OSError as error:
        raise ShardsError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _unpack(path: Path, data: bytes, size: int) -> bytes:
    """Return the content of gzip members of `size` bytes; raises ShardsError if they are damaged."""
    try:
        if len(data) == size:
            return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise create_damage_error(path) from error
    raise create_damage_error(path)


def _reject_other_formats(path: Path, manifest: bytes) -> None:
    """Raise ShardsError for shards of another format version."""
    found = json.loads(manifest)
    if isinstance(found, dict) and found.get("format") != FORMAT:
        raise ShardsError(
            f"{path}: these shards are of format {found.get('format')!s:.20}, and {FORMAT} is read; "
            "run the build that makes them again"
        )


class _PieceStream(io.RawIOBase):
    """A raw stream over pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        view = memoryview(buffer).cast("B")
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def open_stream(pieces: Iterator[bytes]) -> IO[bytes]:
    """Return a file that reads pieces of bytes, which are made on demand."""
    return io.BufferedReader(_PieceStream(pieces), _BUFFER)


def is_shards(path: Path) -> bool:
    """Return whether a folder holds shards, complete or not."""
    try:
        return all((path / name).is_file() for name in (MANIFEST, FAILURES)) or (
            (path / LOCK).is_file() and ((path / WORK).is_dir() or any(path.glob(f"part-*{CARD}")))
        )
    except OSError:  # a path that can lead nowhere
        return False


def _format_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
