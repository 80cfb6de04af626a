"""Documents from paths: files of every kind, folders, patterns, archives, tables, standard input.

A bad document does not keep the others from being read: what is wrong with it comes in its place, as the
error that says so.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from build_graph.errors import ObligationError
from build_graph.model import Metadata, Source
from build_graph.reading import folders
from build_graph.reading.kinds import (
    HEAD,
    Kind,
    MadeError,
    UnreadableError,
    is_known,
    kind_of,
    refuse_ole,
    unreadable,
)
from build_graph.reading.limits import LimitError, Limits, Meter, Unpacked, read_whole
from build_graph.reading.names import as_it_lies, shown, shown_name
from build_graph.reading.source import decode

if TYPE_CHECKING:
    from zipfile import ZipFile

    from build_graph.reading.archives import Member

LINK = "link"  # what is said of links that are not followed
_BUFFER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Input:
    """A document, and what its container says of it."""

    source: Source
    given: Metadata
    sidecar: Path | None = None  # NAME.toml beside NAME.txt, where there is one


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A file in a folder or archive that is no document: by its ending, as made from some, or as a link."""

    name: str
    made: str = ""  # the kind of file that is made from documents: graph, page; LINK

    @property
    def label(self) -> str:
        """What files of its sort are counted under."""
        return self.made or PurePosixPath(self.name).suffix.lower() or PurePosixPath(self.name).name


@dataclass(frozen=True, slots=True)
class Unopened:
    """A document of one of the kinds that take their time to open, as the bytes of its file."""

    name: str
    data: bytes
    kind: Kind
    sidecar: Path | None = None


Found = Input | LeftAlone | ObligationError
Listed = Unopened | Found


def _unheard(size: int) -> None:
    """What hears of the bytes that were read, where nobody wants to know."""


@dataclass(frozen=True, slots=True)
class InputReader:
    """Reads inputs within `limits`; `encoding` is that of text, where it was given."""

    limits: Limits = field(default_factory=Limits)
    encoding: str | None = None
    passed: Callable[[int], None] = field(default=_unheard, repr=False)  # hears of bytes read
    opener: Callable[[Unopened], Input | ObligationError] | None = field(default=None, repr=False)

    def read(self, path: Path) -> Iterator[Found]:
        """What is found at a path: a file, a folder, "-", or a document in a file: pack.zip/dir/a.html.

        A path may be a pattern: pages/**/*.html. Raises nothing for a document that cannot be read: the
        error is found in its place.
        """
        for found in self.listed(path):
            yield self.opened(found) if isinstance(found, Unopened) else found

    def within(self, data: bytes, name: str) -> Iterator[Found]:
        """What is found in the bytes of a file of that name."""
        stream = io.BufferedReader(io.BytesIO(data), _BUFFER)
        for found in _without_made(self._guarded(name, lambda: self._stream(stream, len(data), name))):
            yield self.opened(found) if isinstance(found, Unopened) else found

    def opened(self, found: Unopened) -> Input | ObligationError:
        """The document in the bytes of a file, or what is wrong with them; `opener` may do it elsewhere."""
        if self.opener:
            return self.opener(found)
        try:
            source = self._document(found.data, found.name, found.kind)
        except ObligationError as error:
            return error
        except Exception as error:  # a damaged file makes its parser raise anything
            return unreadable(found.name, error)
        return Input(source, Metadata(), found.sidecar)

    def listed(self, path: Path) -> Iterator[Listed]:
        """What `read` finds; documents whose kinds take their time are left to be opened by whoever likes."""
        yield from self._guarded(shown(path), lambda: self._at(as_it_lies(path)))

    def check(self, path: Path) -> None:
        """Raise UnreadableError where there is nothing at a path that could be read."""
        try:
            at = as_it_lies(path)
            found = str(path) == "-" or at.exists() or folders.is_pattern(at) or _container(at)
        except OSError as error:
            raise unreadable(shown(path), error) from error
        if not found:
            raise UnreadableError(f"{shown(path)}: there is no such file; check the name")

    def files(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The files in which the documents at some paths lie; of a folder, those that end as documents do."""
        for path in paths:
            with suppress(OSError, ValueError):  # whoever reads it will say what is wrong
                yield from _files_at(as_it_lies(path))

    def read_one(self, path: Path) -> Input:
        """The one document at a path; raises ObligationError where there is none, or several."""
        found = [one for one in self.read(path) if not isinstance(one, LeftAlone)][:2]
        for one in found:
            if isinstance(one, ObligationError):
                raise one
        inputs = [one for one in found if isinstance(one, Input)]
        if len(inputs) == 1:
            return inputs[0]
        if not inputs:
            raise UnreadableError(f"{shown(path)}: no documents here; {_endings()}")
        folder = Path(shown(path if path.is_dir() else path.parent))
        raise UnreadableError(
            f"{shown(path)}: holds several documents; name one of them, e.g. {folder / inputs[0].source.name}"
        )

    # ------------------------------------------------------------------------- containers

    def _at(self, path: Path) -> Iterator[Listed]:
        """The documents at a path, whatever it is."""
        if str(path) == "-":
            yield from self._stream(_standard_input(), 0, "-")
        elif path.is_dir():
            yield from self._folder(path)
        elif folders.is_pattern(path) and _container(path) is None:
            yield from self._pattern(path)
        elif path.exists() or (container := _container(path)) is None:
            yield from self._file(path, shown_name(path))
        else:
            yield from self._within(container, f"{shown_name(container)}{str(path)[len(str(container)) :]}")

    def _folder(self, folder: Path) -> Iterator[Listed]:
        """The documents in a folder and the folders in it, in order of their names."""
        known = made = False
        for found in chain.from_iterable(
            self._document_file(one, folder) for one in folders.in_folder(folder)
        ):
            known |= not isinstance(found, LeftAlone)
            made |= isinstance(found, LeftAlone) and found.made not in ("", LINK)
            yield found
        if not known:
            yield no_documents_in(shown(folder), made=made)

    def _pattern(self, pattern: Path) -> Iterator[Listed]:
        """The documents that a pattern matches, in order of their names."""
        known = False
        start = folders.start_of(pattern)
        for found in chain.from_iterable(
            self._document_file(one, start) for one in folders.matching(pattern)
        ):
            known |= not isinstance(found, LeftAlone)
            yield found
        if not known:
            yield no_match_of(shown(pattern))

    def _document_file(self, file: folders.Listed, start: Path) -> Iterator[Listed]:
        """The documents in a file that was found in the folder `start`, or below it."""
        if file.fault:
            yield unreadable(shown(file.path), file.fault)
        elif file.leads_away:
            yield LeftAlone(file.name, LINK)
        elif file.is_document:
            yield from _without_made(self._file(file.path, file.name, start))
        else:
            yield LeftAlone(file.name)

    def _within(self, container: Path, name: str) -> Iterator[Listed]:
        """The document that bears the name, of those in a file."""
        missing = True
        for found in self._file(container, shown_name(container)):
            if _name_of(found) == name:
                missing = False
                yield found
        if missing:
            where, holder = Path(shown(container.parent)) / name, shown_name(container)
            yield UnreadableError(f"{where}: there is no such document in {holder}")

    def _file(self, path: Path, name: str, start: Path | None = None) -> Iterator[Listed]:
        """The documents in a file; a sidecar file goes with a single one, unless it leads out of `start`."""
        sidecar = path.with_suffix(".toml")
        for found in self._guarded(shown(path), lambda: self._opened(path, name)):
            if isinstance(found, MadeError) and found.name == name:
                yield found.at(shown(path))
            elif isinstance(found, Unopened) and found.name == name and _goes_along(sidecar, start):
                yield replace(found, sidecar=sidecar)
            else:
                yield found

    def _opened(self, path: Path, name: str) -> Iterator[Listed]:
        with io.BufferedReader(io.FileIO(path), _BUFFER) as file:
            before = 0
            for found in self._stream(file, path.stat().st_size, name):
                self.passed(file.raw.tell() - before)
                before = file.raw.tell()
                yield found

    def _guarded(self, name: str, read: Callable[[], Iterator[Listed]]) -> Iterator[Listed]:
        """What is read, up to an error, which then ends it: of whatever kind, it ends nothing else."""
        try:
            yield from read()
        except ObligationError as error:
            yield error
        except Exception as error:
            yield unreadable(name, error)

    # ---------------------------------------------------------------------------- streams

    def _stream(
        self,
        stream: io.BufferedReader[Any],
        packed: int,
        name: str,
        meter: Meter | None = None,
        depth: int = 0,
    ) -> Iterator[Listed]:
        """The documents in a stream of `packed` bytes; `depth` counts the archives around it."""
        kind = kind_of(stream.peek(HEAD)[:HEAD], name)
        meter = meter or Meter(self.limits)
        if kind is Kind.JSONL:
            yield from self._records(stream, name)
        elif kind is Kind.GZIP:
            yield from self._gzip(stream, packed, name, meter, depth + 1)
        elif kind is Kind.ZIP:
            yield from self._zip(stream, name, meter, depth + 1)
        elif kind is Kind.PARQUET:
            yield from self._rows(stream, name)
        else:
            yield Unopened(name, read_whole(stream, self.limits, name), kind)

    def _rows(self, stream: io.BufferedReader[Any], name: str) -> Iterator[Listed]:
        """The documents in a Parquet file."""
        from build_graph.reading.parquet import rows

        seekable = stream if stream.seekable() else io.BytesIO(read_whole(stream, self.limits, name))
        for record in rows(seekable, name, self.limits, encoding=self.encoding):
            yield record if isinstance(record, ObligationError) else Input(record.source, record.given)

    def _records(self, stream: io.BufferedReader[Any], name: str) -> Iterator[Listed]:
        """The documents in JSON Lines."""
        from build_graph.reading.jsonlines import records

        for record in records(stream, name, self.limits, encoding=self.encoding):
            yield record if isinstance(record, ObligationError) else Input(record.source, record.given)

    def _gzip(
        self, stream: io.BufferedReader[Any], packed: int, name: str, meter: Meter, depth: int
    ) -> Iterator[Listed]:
        """The documents in a gzip file, named as the file is: its kind is told without .gz."""
        from build_graph.reading.archives import ungzipped

        self._check_nesting(depth, name)
        unpacked = Unpacked(ungzipped(stream, name), packed, name, meter)
        yield from self._stream(io.BufferedReader(unpacked, _BUFFER), packed, name, meter, depth)

    def _zip(self, stream: io.BufferedReader[Any], name: str, meter: Meter, depth: int) -> Iterator[Listed]:
        """The documents in a ZIP archive; a DOCX under another name is one."""
        from build_graph.reading import archives

        seekable = stream if stream.seekable() else io.BytesIO(read_whole(stream, self.limits, name))
        archives.check_directory(seekable, name, self.limits)
        with archives.open_zip(seekable, name) as archive:
            if archives.kind_of_packed(archive, name) is Kind.DOCX:
                seekable.seek(0)
                yield Unopened(name, read_whole(seekable, self.limits, name), Kind.DOCX)
                return
            self._check_nesting(depth, name)
            for member in archives.members(archive, name, self.limits):
                full = f"{name}/{member.name}"
                if is_known(member.name):
                    read = partial(self._member, archive, member, full, meter, depth)
                    yield from _without_made(self._guarded(full, read))
                else:
                    yield LeftAlone(full)

    def _member(
        self, archive: ZipFile, member: Member, name: str, meter: Meter, depth: int
    ) -> Iterator[Listed]:
        """The documents in a member of an archive."""
        from build_graph.reading.archives import opened

        unpacked = Unpacked(opened(archive, member.info, name), member.info.compress_size, name, meter)
        stream = io.BufferedReader(unpacked, _BUFFER)
        yield from self._stream(stream, member.info.file_size, name, meter, depth)

    def _check_nesting(self, depth: int, name: str) -> None:
        """Raise LimitError where archives stand too deep within each other."""
        if depth > self.limits.max_nesting:
            raise LimitError(
                f"{name}: archives within archives more than {self.limits.max_nesting} deep; "
                "unpack it, or give a higher --max-nesting"
            )

    def _document(self, data: bytes, name: str, kind: Kind) -> Source:
        """The document that a file of a kind holds."""
        refuse_ole(data, name)
        if kind is Kind.TEXT:
            return decode(data, name, encoding=self.encoding)
        if kind is Kind.HTML:
            from build_graph.reading.html import read_html

            return read_html(data, name, self.limits, encoding=self.encoding)
        if kind is Kind.DOCX:
            from build_graph.reading.docx import read_docx

            return read_docx(data, name, self.limits)
        from build_graph.reading.pdf import read_pdf

        return read_pdf(data, name, self.limits)


def _without_made(found: Iterable[Listed]) -> Iterator[Listed]:
    """The same, where what is made from documents is left alone: it lies beside them, and nobody named it."""
    for one in found:
        yield LeftAlone(one.name, one.made.kind) if isinstance(one, MadeError) else one


def _standard_input() -> io.BufferedReader[Any]:
    stream = sys.stdin.buffer
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(io.BytesIO(stream.read()))


def _files_at(path: Path) -> Iterator[Path]:
    """The files in which the documents at a path lie."""
    if path.is_dir():
        yield from (file.path for file in folders.in_folder(path) if file.is_document)
    elif folders.is_pattern(path) and _container(path) is None:
        yield from (file.path for file in folders.matching(path) if file.is_document)
    elif file := _container(path):
        yield file


def _goes_along(sidecar: Path, start: Path | None) -> bool:
    """Whether a file is there, and no link out of the folder where the search began."""
    is_there = sidecar.is_file()
    return is_there and not (start and sidecar.is_symlink() and folders.leads_away(sidecar, start))


def _container(path: Path) -> Path | None:
    """The file in which a path leads to a document: that of pack.zip/a.html, or of a.jsonl:17."""
    for candidate in (path, *path.parents):
        before = candidate.name.rpartition(":")[0]
        for file in (candidate, candidate.with_name(before)) if before else (candidate,):
            if file.is_file():
                return file
    return None


def _name_of(found: Listed) -> str:
    """The name of a document; empty for what is none."""
    if isinstance(found, Input):
        return found.source.name
    return found.name if isinstance(found, Unopened) else ""


def no_documents_in(folder: str, *, made: bool = False) -> UnreadableError:
    """What is wrong with a folder without documents; `made` says that it holds what is made from some."""
    if made:
        return UnreadableError(
            f"{folder}: holds what obligations wrote, and no documents; give the folder of the documents"
        )
    return UnreadableError(f"{folder}: no documents in this folder; {_endings()}")


def no_match_of(pattern: str) -> UnreadableError:
    """What is wrong with a pattern that matches no documents."""
    return UnreadableError(f"{pattern}: matches no documents; {_endings()}")


def _endings() -> str:
    """How the names of documents end, as a hint."""
    endings: Sequence[str] = [kind.endings[0] for kind in Kind]
    return f"the names of documents end in {', '.join(endings)}"
