"""Scripts that are not ours and too long to stand in a page: where a server has them, what they need."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from build_graph.resources import find_folder, load_word_lists


@dataclass(frozen=True, slots=True)
class VendorScript:
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
def load_script(name: str) -> VendorScript:
    """The script of a package in `vendor/`; what it does to a page is in `data/libraries.toml`.

    >>> load_script("yasgui").address[:15], load_script("yasgui").address[-3:]
    ('/assets/yasgui-', '.js')
    """
    body = (find_folder("vendor") / name / f"{name}.js").read_bytes()
    effects = load_word_lists("libraries")[name]
    address = f"/assets/{name}-{hashlib.sha256(body).hexdigest()[:16]}.js"
    return VendorScript(
        address, body, compute_digest(body), tuple(effects["styles"]), tuple(effects["attributes"])
    )


def compute_digest(data: bytes) -> str:
    """The hash of a text as policies and the attribute `integrity` write it.

    >>> compute_digest(b"")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{b64encode(hashlib.sha256(data).digest()).decode()}"


def format_hashes(texts: Iterable[str]) -> str:
    """The sources of a policy that let these texts stand in a page, and no others."""
    return " ".join(f"'{compute_digest(text.encode())}'" for text in texts)
