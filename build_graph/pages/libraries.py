"""Scripts that are not ours and too long to stand in a page: where a server has them, what they need."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from build_graph.resources import folder, word_lists


@dataclass(frozen=True, slots=True)
class Library:
    """A script with its address, which changes with its bytes, and the styles that it puts into a page."""

    address: str
    body: bytes
    integrity: str
    styles: tuple[str, ...]  # the texts of the <style> elements that it adds
    attributes: tuple[str, ...]  # the values of the style attributes that it writes

    @property
    def scripts(self) -> str:
        """The source that lets this script run, and no other."""
        return f"'{self.integrity}'"


@cache
def library(name: str) -> Library:
    """The script of a package in `vendor/`; what it does to a page is in `data/libraries.toml`.

    >>> library("yasgui").address[:15], library("yasgui").address[-3:]
    ('/assets/yasgui-', '.js')
    """
    body = (folder("vendor") / name / f"{name}.js").read_bytes()
    effects = word_lists("libraries")[name]
    address = f"/assets/{name}-{hashlib.sha256(body).hexdigest()[:16]}.js"
    return Library(address, body, digest(body), tuple(effects["styles"]), tuple(effects["attributes"]))


def digest(data: bytes) -> str:
    """The hash of a text as policies and the attribute `integrity` write it.

    >>> digest(b"")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{b64encode(hashlib.sha256(data).digest()).decode()}"


def hashes(texts: Iterable[str]) -> str:
    """The sources of a policy that let these texts stand in a page, and no others."""
    return " ".join(f"'{digest(text.encode())}'" for text in texts)
