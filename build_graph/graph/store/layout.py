"""The shards of a corpus: which documents stand together in one, in which order, and its name.

A document belongs to a leaf of a binary tree over the bits of the SHA-256 of its IRI. A node with more
documents than the limit is split by the next bit; its leaves are the shards. So shards follow from the set of
documents alone: neither the order of the input nor what was there before decides anything, and one document
more touches one shard, or the two that it is split into.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

LIMIT = 128  # documents of a shard, at most
NAME = re.compile(r"part-(?:all|[01]{1,256})")  # of a shard, without endings
_WHOLE = "all"  # in the place of the bits, if one shard holds everything
_BITS = 256

Document = TypeVar("Document")


def hash_iri(iri: str) -> str:
    """Return the SHA-256 of an IRI in hexadecimal, by which documents are ordered and shared out.

    >>> hash_iri("https://x/d")[:8]
    'a2428ded'
    """
    return hashlib.sha256(iri.encode()).hexdigest()


def split(
    documents: Iterable[Document], get_hash: Callable[[Document], str], limit: int = LIMIT
) -> Iterator[tuple[str, list[Document]]]:
    """Yield the shards of documents: the bits that their hashes begin with, and the documents of each.

    `documents` come in the order of their hashes, which are different. At most `limit` and one are held.

    >>> [(bits, found) for bits, found in split(["1f", "2f", "8f"], lambda name: name.ljust(64, "0"), 2)]
    [('0', ['1f', '2f']), ('1', ['8f'])]
    """
    coming = ((_list_bits(get_hash(one)), one) for one in documents)
    held = list(islice(coming, limit + 1))
    node: str | None = ""
    while held and node is not None:
        while len(held) > limit and held[-1][0].startswith(node):
            node += "0"
        number = sum(bits.startswith(node) for bits, _ in held)
        if number:
            yield node, [one for _, one in held[:number]]
        held = [*held[number:], *islice(coming, number)]
        node = _find_next(node)


def format_part_name(bits: str) -> str:
    """Return the name of a shard's files without their endings; names sort as the documents do.

    >>> format_part_name("010"), format_part_name("")
    ('part-010', 'part-all')
    """
    return f"part-{bits or _WHOLE}"


def find_part_name(hashed: str, names: Collection[str]) -> str:
    """Return which of the names of all shards is that of the shard for a hash.

    >>> find_part_name("4f".ljust(64, "0"), {"part-00", "part-01", "part-1"})
    'part-01'
    """
    bits = _list_bits(hashed)
    return next(name for end in range(_BITS + 1) if (name := format_part_name(bits[:end])) in names)


def _list_bits(hashed: str) -> str:
    """Return a hash in binary digits."""
    return f"{int(hashed, 16):0{_BITS}b}"


def _find_next(node: str) -> str | None:
    """Return the node that stands behind another and all below it; None behind the last.

    >>> _find_next("0011"), _find_next("11")
    ('01', None)
    """
    left = node.rstrip("1")
    return f"{left[:-1]}1" if left else None
