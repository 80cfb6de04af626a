"""ZIP archives, with members under the names that Chinese Windows gives them, and gzip files.

Loaded only where such a file comes: the libraries take time to start.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from build_graph.resources import load_word_lists
from build_graph.text.formats.kinds import Kind, UnreadableError, convert_error
from build_graph.text.formats.limits import LimitError, Readable, ReadingLimits

_UTF8 = 0x800  # flag: the name is in UTF-8
_ENCRYPTED = 0x1  # flag
_TAIL = 66_000  # bytes at the end in which an archive's directory is described
_ENTRY_LIMIT = 1_000  # bytes that a member takes in the directory, at most, on average
_UNNAMED = "(no name)"
_HIDDEN = ("__MACOSX/", ".")  # files that systems add by themselves


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, under its decoded name."""

    name: str
    info: zipfile.ZipInfo


def check_directory(stream: IO[bytes] | io.BufferedIOBase, name: str, limits: ReadingLimits) -> None:
    """Raise LimitError where an archive's directory is too large to be read."""
    stream.seek(0, io.SEEK_END)
    stream.seek(max(0, stream.tell() - _TAIL))
    tail = stream.read(_TAIL)
    stream.seek(0)
    at, wide = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    size = struct.unpack_from("<L", tail, at + 12)[0] if 0 <= at <= len(tail) - 22 else 0
    if 0 <= wide <= len(tail) - 56:
        size = max(size, struct.unpack_from("<Q", tail, wide + 40)[0]) if size == 0xFFFFFFFF else size
    if size > limits.max_members * _ENTRY_LIMIT:
        raise _build_member_limit_error(name, limits)


def iterate_members(archive: zipfile.ZipFile, name: str, limits: ReadingLimits) -> Iterator[Member]:
    """Yield the visible files of an archive, in order of their names.

    Raises LimitError where they are too many, or would unpack to too much.
    """
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > limits.max_members:
        raise _build_member_limit_error(name, limits)
    packed = max(archive.start_dir, 1)
    limits.check_ratio(sum(info.file_size for info in infos), packed, name)
    found = (Member(_decode_name(info), info) for info in infos)
    visible = (m for m in found if not any(part.startswith(_HIDDEN) for part in _split_name(m.name)))
    yield from sorted(visible, key=lambda member: member.name)


def open_zip(data: bytes | io.BufferedIOBase, name: str) -> zipfile.ZipFile:
    """Return the ZIP archive; raises UnreadableError where it is damaged."""
    try:
        return zipfile.ZipFile(io.BytesIO(data) if isinstance(data, bytes) else data)
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise UnreadableError(f"{name}: is a damaged ZIP file; fetch or pack it again") from error


def detect_packed_kind(archive: zipfile.ZipFile, name: str) -> Kind:
    """Return DOCX or ZIP for a file in ZIP form; raises UnreadableError for other formats in that form."""
    members = set(archive.namelist())
    if "[Content_Types].xml" in members and any(member.startswith("word/") for member in members):
        return Kind.DOCX
    for member, advice in load_word_lists("formats")["packed"].items():
        if member in members:
            raise UnreadableError(f"{name}: {advice}")
    return Kind.ZIP


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Readable:
    """Return a stream of the member's bytes; raises UnreadableError for passwords and rare packings."""
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableError(
            f"{name}: is protected by a password; unpack the archive, and give what was in it"
        )
    try:
        return _CheckedStream(archive.open(info), name)
    except ValueError as error:  # its declared place is before the beginning of the file
        raise convert_error(name, error) from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise UnreadableError(f"{name}: cannot be unpacked; unpack the archive, and pack it again") from error


def open_gzip(stream: io.BufferedReader[Any], name: str) -> Readable:
    """Return a stream of the bytes that a gzip file unpacks to."""
    return _CheckedStream(gzip.GzipFile(fileobj=stream), name)


@dataclass(frozen=True, slots=True)
class _CheckedStream:
    """A stream that raises UnreadableError for damage."""

    stream: Readable
    name: str

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, `size` at most."""
        try:
            return self.stream.read(size)
        except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise UnreadableError(f"{self.name}: is damaged; fetch or pack it again") from error


def _decode_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: UTF-8 where it says so or is it, else as Chinese Windows writes names."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        for encoding in ("utf-8", "gb18030"):
            try:
                name = info.filename.encode("cp437").decode(encoding)
                break
            except UnicodeError:
                continue
    name = name.replace("\\", "/").lstrip("/") or _UNNAMED
    return "".join(c if c.isprintable() else "\ufffd" for c in name)


def _split_name(name: str) -> Iterator[str]:
    """Yield the folders of a name, each with its slash, and the last part."""
    *folders, last = name.split("/")
    yield from (f"{folder}/" for folder in folders)
    yield last


def _build_member_limit_error(name: str, limits: ReadingLimits) -> LimitError:
    return LimitError(
        f"{name}: holds more than {limits.max_members:,} files; "
        "if they are to be read, give a higher --max-members"
    )
