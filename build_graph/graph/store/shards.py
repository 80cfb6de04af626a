"""A folder of shards: the graphs of a corpus in files of a fixed number of documents each.

The files of such a folder:

- `part-00000.nq.gz`: N-Quads, one named graph for each document. Each document is a gzip member of its own,
  so that it can be copied or left out as bytes; all members together are an ordinary gzip file.
- `part-00000.bearings.csv.gz`: the responsibilities, one row for each bearer, packed in the same way.
- `part-00000.json`: the shard's documents in the order of the input, and hashes of the two files. It is
  written last: a shard without it does not exist.
- `manifest.json`: the whole folder, and the hash of the file of failures. It exists only while all shards do.
- `failures.jsonl`: the documents that failed, one line each, with the reason.

Both kinds of JSON objects end in a hash of their own bytes, so that no change of a byte goes unnoticed:
reading a damaged file is an error, and the next build makes the file again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from build_graph.errors import ObligationError
from build_graph.graph.store.seals import FileFacts, seal_json, unseal_json

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MANIFEST, FAILURES, LOCK = "manifest.json", "failures.jsonl", ".lock"
FORMAT = 2  # of the layout described above
QUADS, BEARINGS, CARD = ".nq.gz", ".bearings.csv.gz", ".json"

_BUFFER = 1 << 20
_PART = re.compile(r"part-\d{5,}")


class ShardsError(ObligationError):
    """A folder of shards that cannot be read or written."""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """An entry of a shard's manifest on one document; values that do not apply are empty or 0."""

    name: str
    key: str = ""  # SHA-256 of the input, which identifies it in the next build
    source: str = ""  # SHA-256 of its text and given metadata
    iri: str = ""
    text: str = ""  # SHA-256 of the repaired text
    number: str = ""
    title: str = ""
    issued: str = ""  # a date
    statements: int = 0
    size: int = 0  # bytes of its member of N-Quads
    rows: int = 0  # bearers
    rows_size: int = 0  # bytes of its member of bearers
    copy_of: str = ""  # name of an earlier document with the same text
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

    def to_dict(self) -> dict[str, Any]:
        """Return the values that are not empty, as JSON takes them."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class ShardManifest:
    """The manifest of one shard."""

    made_with: str  # SHA-256 of rules, limits and layout
    documents: tuple[DocumentRecord, ...]
    files: Mapping[str, Mapping[str, Any]]  # bytes and SHA-256 by name

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the manifest at a path; None if it is missing, damaged or of another format."""
        try:
            data = unseal_json(path.read_bytes())
            if data["format"] != FORMAT:
                return None
            records = tuple(DocumentRecord(**one) for one in data["documents"])
            return cls(data["made_with"], records, data["files"])
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def to_json(self) -> bytes:
        """Return the manifest as JSON, one line for each document."""
        documents = ",\n".join(_format_json(one.to_dict()) for one in self.documents)
        text = (
            f'{{"format": {FORMAT},\n"made_with": {_format_json(self.made_with)},\n'
            f'"files": {_format_json(self.files)},\n'
            f'"documents": [\n{documents}\n]}}\n'
        )
        return seal_json(text.encode())


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of the whole folder, `manifest.json`."""

    version: str  # of the program
    rules: str  # SHA-256 of the rules by which documents were understood
    inputs: str  # SHA-256 of all inputs in their order
    limits: Mapping[str, int]  # on one document, by name
    documents: int = 0  # in the shards
    failures: int = 0
    copies: int = 0
    statements: int = 0
    bearings: int = 0
    failed: Mapping[str, Any] = field(default_factory=dict)  # bytes and SHA-256 of the file of failures
    shards: tuple[Mapping[str, Any], ...] = ()  # name, documents, statements, files

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return the manifest in some bytes; raises ValueError, LookupError or TypeError if there is none."""
        values = unseal_json(data)
        del values["format"]
        shards = tuple(values.pop("shards"))
        if not all(_PART.fullmatch(shard["name"]) for shard in shards):
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
        """Yield the records of all documents in the order of the input, failed ones included."""
        for path in self.list_files(CARD):
            yield from self._read_manifest(path).documents

    def iterate_members(self) -> Iterator[tuple[DocumentRecord, bytes]]:
        """Yield each stored document with its N-Quads; raises ShardsError if they are damaged."""
        for path in self.list_files(CARD):
            quads = path.with_name(f"{path.stem}{QUADS}")
            with _open_file(quads) as file:
                for record in self._read_manifest(path).documents:
                    if record.is_stored:
                        yield record, _unpack(quads, file.read(record.size), record.size)

    def iterate_tables(self) -> Iterator[bytes]:
        """Yield the responsibilities of each shard as CSV; raises ShardsError if a file is damaged."""
        for shard, path in zip(self.totals.shards, self.list_files(BEARINGS), strict=True):
            with _open_file(path) as file:
                data = file.read()
            facts: FileFacts = shard["files"].get(path.name, {})
            if hashlib.sha256(data).hexdigest() != facts.get("sha256"):
                raise create_damage_error(path)
            yield _unpack(path, data, len(data))

    def open_quads(self) -> IO[bytes]:
        """Return the statements of all documents as a stream of N-Quads."""
        return open_stream(data for _, data in self.iterate_members())

    def open_triples(self) -> IO[bytes]:
        """Return the statements as N-Triples; those of several documents repeat."""
        return open_stream(strip_graph(record, data) for record, data in self.iterate_members())

    def _read_manifest(self, path: Path) -> ShardManifest:
        card = ShardManifest.read(path)
        if card is None:
            raise create_damage_error(path)
        return card


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


def strip_graph(record: DocumentRecord, quads: bytes) -> bytes:
    """Return the N-Quads of a document as N-Triples.

    >>> strip_graph(DocumentRecord("a.txt", iri="https://x/d"), b'<a:s> <a:p> "o" <https://x/d> .\\n')
    b'<a:s> <a:p> "o" .\\n'
    """
    return quads.replace(f" <{record.iri}> .\n".encode(), b" .\n")  # literals hold no line breaks


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


def format_part_name(number: int) -> str:
    """Return the name of a shard's files without their endings.

    >>> format_part_name(7)
    'part-00007'
    """
    return f"part-{number:05}"


def is_shards(path: Path) -> bool:
    """Return whether a folder holds shards, complete or not."""
    try:
        return (path / f"{format_part_name(0)}{CARD}").is_file() or all(
            (path / name).is_file() for name in (MANIFEST, LOCK)
        )
    except OSError:  # a path that can lead nowhere
        return False


def _format_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
