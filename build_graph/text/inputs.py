"""Documents from paths: files of every kind, folders, patterns, archives, tables, standard input.

A bad document does not keep the others from being read: the error that describes its fault is yielded in its
place.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from build_graph.errors import ObligationError
from build_graph.model import Input, Metadata, Source
from build_graph.text.folders import (
    ListedFile,
    display_name,
    display_path,
    find_container,
    find_pattern_root,
    is_pattern,
    iterate_folder,
    iterate_matches,
    leads_away,
    resolve_path,
)
from build_graph.text.formats import records
from build_graph.text.formats.encoding import decode_text
from build_graph.text.formats.kinds import (
    HEAD,
    Kind,
    MadeError,
    UnreadableError,
    convert_error,
    detect_kind,
    is_known_ending,
    reject_ole,
)
from build_graph.text.formats.limits import LimitError, Meter, ReadingLimits, Unpacked, read_whole

if TYPE_CHECKING:
    from zipfile import ZipFile

    from build_graph.text.formats.archives import Member

LINK = "link"  # stands in `IgnoredFile.made` for a link that is not followed
_BUFFER = 64 * 1024


@dataclass(frozen=True, slots=True)
class IgnoredFile:
    """A file in a folder or archive that is not read: no document by its ending, generated, or a link."""

    name: str
    made: str = ""  # the kind of file that is made from documents: graph, page; LINK

    @property
    def label(self) -> str:
        """The name under which such files are counted."""
        return self.made or PurePosixPath(self.name).suffix.lower() or PurePosixPath(self.name).name


@dataclass(frozen=True, slots=True)
class LazyInput:
    """A document that takes time to open, as the bytes of its file."""

    name: str
    data: bytes
    kind: Kind
    sidecar: Path | None = None


FoundInput = Input | IgnoredFile | ObligationError
ListedInput = LazyInput | FoundInput


def _ignore_bytes(size: int) -> None:
    """Ignore the number of bytes that were read."""


@dataclass(frozen=True, slots=True)
class InputReader:
    """A reader of inputs within `limits`; `encoding` is that of text, where it was given."""

    limits: ReadingLimits = field(default_factory=ReadingLimits)
    encoding: str | None = None
    on_bytes: Callable[[int], None] = field(default=_ignore_bytes, repr=False)  # gets bytes read
    opener: Callable[[LazyInput], Input | ObligationError] | None = field(default=None, repr=False)

    def read(self, path: Path) -> Iterator[FoundInput]:
        """Yield the documents at a path: a file, a folder, "-", or a document in a file: pack.zip/dir/a.html.

        A path may be a pattern: pages/**/*.html. For a document that cannot be read its error is yielded.
        """
        for found in self.list_inputs(path):
            yield self.open_input(found) if isinstance(found, LazyInput) else found

    def list_bytes(self, data: bytes, name: str) -> Iterator[ListedInput]:
        """Yield the documents in the bytes of a file of that name, as `list_inputs` does."""
        stream = io.BufferedReader(io.BytesIO(data), _BUFFER)
        yield from _ignore_generated(
            self._catch_errors(name, lambda: self._read_stream(stream, len(data), name))
        )

    def open_input(self, found: LazyInput) -> Input | ObligationError:
        """Return the document in the bytes of a file, or its error; `opener` may open it elsewhere."""
        if self.opener:
            return self.opener(found)
        try:
            source = self._extract_source(found.data, found.name, found.kind)
        except Exception as error:  # a damaged file makes its parser raise anything
            return convert_error(found.name, error)
        return Input(source, Metadata(), found.sidecar)

    def list_inputs(self, path: Path) -> Iterator[ListedInput]:
        """Yield the documents at a path as `read` does, but those that take time still unopened."""
        yield from self._catch_errors(display_path(path), lambda: self._read_path(resolve_path(path)))

    def check_path(self, path: Path) -> None:
        """Raise UnreadableError where there is nothing at a path that could be read."""
        try:
            at = resolve_path(path)
            found = str(path) == "-" or at.exists() or is_pattern(at) or find_container(at)
        except OSError as error:
            raise convert_error(display_path(path), error) from error
        if not found:
            raise UnreadableError(f"{display_path(path)}: there is no such file; check the name")

    def read_one(self, path: Path) -> Input:
        """Return the one document at a path; raises ObligationError where there is none, or several."""
        found = [one for one in self.read(path) if not isinstance(one, IgnoredFile)][:2]
        for one in found:
            if isinstance(one, ObligationError):
                raise one
        inputs = [one for one in found if isinstance(one, Input)]
        if len(inputs) == 1:
            return inputs[0]
        if not inputs:
            raise UnreadableError(f"{display_path(path)}: no documents here; {_format_endings()}")
        folder = Path(display_path(path if path.is_dir() else path.parent))
        raise UnreadableError(
            f"{display_path(path)}: holds several documents; name one of them, e.g. "
            f"{folder / inputs[0].source.name}"
        )

    # ------------------------------------------------------------------------- containers

    def _read_path(self, path: Path) -> Iterator[ListedInput]:
        """Yield the documents at a path of any kind."""
        if str(path) == "-":
            yield from self._read_stream(_open_stdin(), 0, "-")
        elif path.is_dir():
            error = partial(build_no_documents_error, display_path(path))
            yield from self._read_listing(iterate_folder(path), path, error)
        elif is_pattern(path) and find_container(path) is None:
            start = find_pattern_root(path)
            error = partial(build_no_match_error, display_path(path))
            yield from self._read_listing(iterate_matches(path), start, error)
        elif path.exists() or (container := find_container(path)) is None:
            yield from self._read_file(path, display_name(path))
        else:
            yield from self._read_named(
                container, f"{display_name(container)}{str(path)[len(str(container)) :]}"
            )

    def _read_listing(
        self, listing: Iterable[ListedFile], start: Path, build_error: Callable[[bool], UnreadableError]
    ) -> Iterator[ListedInput]:
        """Yield the documents in listed files; without any, the error, by whether files are generated."""
        known = made = False
        for found in chain.from_iterable(self._read_listed(one, start) for one in listing):
            known |= not isinstance(found, IgnoredFile)
            made |= isinstance(found, IgnoredFile) and found.made not in ("", LINK)
            yield found
        if not known:
            yield build_error(made)

    def _read_listed(self, file: ListedFile, start: Path) -> Iterator[ListedInput]:
        """Yield the documents in a file that was found in the folder `start`, or below it."""
        if file.fault:
            yield convert_error(display_path(file.path), file.fault)
        elif file.leads_away:
            yield IgnoredFile(file.name, LINK)
        elif file.is_document:
            yield from _ignore_generated(self._read_file(file.path, file.name, start))
        else:
            yield IgnoredFile(file.name)

    def _read_named(self, container: Path, name: str) -> Iterator[ListedInput]:
        """Yield the document of that name in a file."""
        missing = True
        for found in self._read_file(container, display_name(container)):
            if _find_name(found) == name:
                missing = False
                yield found
        if missing:
            where, holder = Path(display_path(container.parent)) / name, display_name(container)
            yield UnreadableError(f"{where}: there is no such document in {holder}")

    def _read_file(self, path: Path, name: str, start: Path | None = None) -> Iterator[ListedInput]:
        """Yield the documents in a file; a single one gets its sidecar, unless that leads out of `start`."""
        sidecar = path.with_suffix(".toml")
        for found in self._catch_errors(display_path(path), lambda: self._read_metered(path, name)):
            if isinstance(found, MadeError) and found.name == name:
                yield found.replace_path(display_path(path))
            elif isinstance(found, LazyInput) and found.name == name and _is_own_sidecar(sidecar, start):
                yield replace(found, sidecar=sidecar)
            else:
                yield found

    def _read_metered(self, path: Path, name: str) -> Iterator[ListedInput]:
        with io.BufferedReader(io.FileIO(path), _BUFFER) as file:
            before = 0
            for found in self._read_stream(file, path.stat().st_size, name):
                self.on_bytes(file.raw.tell() - before)
                before = file.raw.tell()
                yield found

    def _catch_errors(self, name: str, read: Callable[[], Iterator[ListedInput]]) -> Iterator[ListedInput]:
        """Yield the documents that `read` yields; an error of any kind is yielded too, and ends them."""
        try:
            yield from read()
        except Exception as error:
            yield convert_error(name, error)

    # ---------------------------------------------------------------------------- streams

    def _read_stream(
        self,
        stream: io.BufferedReader[Any],
        packed: int,
        name: str,
        meter: Meter | None = None,
        depth: int = 0,
    ) -> Iterator[ListedInput]:
        """Yield the documents in a stream of `packed` bytes; `depth` counts the archives around it."""
        kind = detect_kind(stream.peek(HEAD)[:HEAD], name)
        meter = meter or Meter(self.limits)
        if kind is Kind.JSONL:
            yield from records.iterate_records(stream, name, self.limits, encoding=self.encoding)
        elif kind is Kind.GZIP:
            yield from self._read_gzip(stream, packed, name, meter, depth + 1)
        elif kind is Kind.ZIP:
            yield from self._read_zip(stream, name, meter, depth + 1)
        elif kind is Kind.PARQUET:
            seekable = self._open_seekable(stream, name)
            yield from records.iterate_rows(seekable, name, self.limits, encoding=self.encoding)
        else:
            yield LazyInput(name, read_whole(stream, self.limits, name), kind)

    def _read_gzip(
        self, stream: io.BufferedReader[Any], packed: int, name: str, meter: Meter, depth: int
    ) -> Iterator[ListedInput]:
        """Yield the documents in a gzip file under its name; their kind is detected without .gz."""
        from build_graph.text.formats.archives import open_gzip

        self._check_nesting(depth, name)
        unpacked = Unpacked(open_gzip(stream, name), packed, name, meter)
        yield from self._read_stream(io.BufferedReader(unpacked, _BUFFER), packed, name, meter, depth)

    def _read_zip(
        self, stream: io.BufferedReader[Any], name: str, meter: Meter, depth: int
    ) -> Iterator[ListedInput]:
        """Yield the documents in a ZIP archive, or the document in a DOCX under another name."""
        from build_graph.text.formats import archives

        seekable = self._open_seekable(stream, name)
        archives.check_directory(seekable, name, self.limits)
        with archives.open_zip(seekable, name) as archive:
            if archives.detect_packed_kind(archive, name) is Kind.DOCX:
                seekable.seek(0)
                yield LazyInput(name, read_whole(seekable, self.limits, name), Kind.DOCX)
                return
            self._check_nesting(depth, name)
            for member in archives.iterate_members(archive, name, self.limits):
                full = f"{name}/{member.name}"
                if is_known_ending(member.name):
                    read = partial(self._read_member, archive, member, full, meter, depth)
                    yield from _ignore_generated(self._catch_errors(full, read))
                else:
                    yield IgnoredFile(full)

    def _read_member(
        self, archive: ZipFile, member: Member, name: str, meter: Meter, depth: int
    ) -> Iterator[ListedInput]:
        """Yield the documents in a member of an archive."""
        from build_graph.text.formats.archives import open_member

        unpacked = Unpacked(open_member(archive, member.info, name), member.info.compress_size, name, meter)
        stream = io.BufferedReader(unpacked, _BUFFER)
        yield from self._read_stream(stream, member.info.file_size, name, meter, depth)

    def _open_seekable(self, stream: io.BufferedReader[Any], name: str) -> io.BufferedIOBase:
        return stream if stream.seekable() else io.BytesIO(read_whole(stream, self.limits, name))

    def _check_nesting(self, depth: int, name: str) -> None:
        """Raise LimitError where archives stand too deep within each other."""
        if depth > self.limits.max_nesting:
            raise LimitError(
                f"{name}: archives within archives more than {self.limits.max_nesting} deep; "
                "unpack it, or give a higher --max-nesting"
            )

    def _extract_source(self, data: bytes, name: str, kind: Kind) -> Source:
        """Return the document that a file of a kind holds."""
        reject_ole(data, name)
        if kind is Kind.TEXT:
            return decode_text(data, name, encoding=self.encoding)
        if kind is Kind.HTML:
            from build_graph.text.formats.html import read_html

            return read_html(data, name, self.limits, encoding=self.encoding)
        if kind is Kind.DOCX:
            from build_graph.text.formats.docx import read_docx

            return read_docx(data, name, self.limits)
        from build_graph.text.formats.pdf import read_pdf

        return read_pdf(data, name, self.limits)


def _ignore_generated(found: Iterable[ListedInput]) -> Iterator[ListedInput]:
    """Yield the inputs, generated files as ignored: they lie beside documents, and nobody named them."""
    for one in found:
        yield IgnoredFile(one.name, one.made.kind) if isinstance(one, MadeError) else one


def _open_stdin() -> io.BufferedReader[Any]:
    stream = sys.stdin.buffer
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(io.BytesIO(stream.read()))


def _is_own_sidecar(sidecar: Path, start: Path | None) -> bool:
    """Return whether a sidecar file exists and is no link out of the folder where the search began."""
    is_there = sidecar.is_file()
    return is_there and not (start and sidecar.is_symlink() and leads_away(sidecar, start))


def _find_name(found: ListedInput) -> str:
    """Return the name of a document; empty for other inputs."""
    if isinstance(found, Input):
        return found.source.name
    return found.name if isinstance(found, LazyInput) else ""


def build_no_documents_error(folder: str, made: bool = False) -> UnreadableError:
    """Return the error of a folder without documents; `made` if it holds generated files."""
    if made:
        return UnreadableError(
            f"{folder}: holds what obligations wrote, and no documents; give the folder of the documents"
        )
    return UnreadableError(f"{folder}: no documents in this folder; {_format_endings()}")


def build_no_match_error(pattern: str, made: bool = False) -> UnreadableError:
    """Return the error of a pattern that matches no documents."""
    return UnreadableError(f"{pattern}: matches no documents; {_format_endings()}")


def _format_endings() -> str:
    """Return a hint that lists the known endings of names."""
    endings: Sequence[str] = [kind.endings[0] for kind in Kind]
    return f"the names of documents end in {', '.join(endings)}"
