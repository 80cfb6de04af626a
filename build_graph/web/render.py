"""Scripts that are not ours and too long to stand in a page: where a server has them, what they need.

A page as one HTML file: styles, scripts and data stand in it, and its policy forbids anything else.

Words from documents reach a page in two ways: through Jinja, which escapes them, or as JSON in a block that
no browser runs. Marks that steer the direction of text, or that nobody sees, are shown as what they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from build_graph.resources import find_folder, load_word_lists
from build_graph.web import urls


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
    """Return the script of a package in `vendor/`; what it does to a page is in `data/libraries.toml`.

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
    """Return the hash of a text as policies and the attribute `integrity` write it.

    >>> compute_digest(b"")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{b64encode(hashlib.sha256(data).digest()).decode()}"


def format_hashes(texts: Iterable[str]) -> str:
    """Return the sources of a policy that let these texts stand in a page, and no others."""
    return " ".join(f"'{compute_digest(text.encode())}'" for text in texts)


_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src data: blob:; "
    "base-uri 'none'; form-action {own}; connect-src {own}"
)
# Control characters but tab and line ends, soft hyphen, marks of joining, direction and separation, and
# halves of surrogate pairs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_LANGUAGES = ("en", "zh")
# The pages that every page of the workbench leads to, by the keys of their names.
PLACES = (
    ("home", urls.HOME),
    ("documents", urls.DOCUMENTS),
    ("queries", urls.QUERIES),
    ("sparql", urls.EDITOR),
    ("network_page", urls.NETWORK),
    ("ontology", urls.ONTOLOGY),
)


def render(  # noqa: PLR0913  # each is named where it is called
    template: str,
    *,
    styles: Iterable[str],
    scripts: Iterable[str],
    data: Mapping[str, object],
    words: Iterable[str] = (),
    more_words: Mapping[str, Mapping[str, str]] | None = None,
    served: bool = False,
    library: VendorScript | None = None,
    **values: Any,
) -> bytes:
    """Return the page that a template gives, in UTF-8.

    `styles` and `scripts` are files of the package, `data` becomes a block of JSON for each name, `words` are
    the sections of `data/pages.toml` whose words the page shows, and `more_words` others, by key and
    language; a page that is `served` may send forms to where it came from, and ask there; `load_script` is a
    script that it takes from there; `values` are for the template.
    """
    css = [Markup(_load_asset(name)) for name in styles]
    code = [Markup(_load_asset(name)) for name in scripts]
    lists = load_word_lists("pages")
    said = {key: value for section in ("page", *words) for key, value in lists[section].items()}
    said |= more_words or {}
    blocks = {"words": {tongue: {k: w[tongue] for k, w in said.items()} for tongue in _LANGUAGES}, **data}
    filled = _load_templates().get_template(template)
    text = filled.render(
        policy=Markup(_build_policy(code, css, library, served=served)),
        library=library,
        places=PLACES,
        styles=css,
        scripts=code,
        data={name: Markup(format_script_json(value)) for name, value in blocks.items()},
        t={key: word["en"] for key, word in said.items()},
        **values,
    )
    return text.encode()


@cache
def _load_templates() -> Environment:
    """Return the templates of the package; each is compiled once, which takes as long as to fill one in."""
    environment = Environment(
        loader=FileSystemLoader(find_folder("templates")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": escape_invisible, "visible": mark_invisible}
    return environment


def render_workbench(
    template: str, *, more_words: Mapping[str, Mapping[str, str]] | None = None, **values: Any
) -> bytes:
    """Return a page of the workbench: in its frame, and served; else as `render`."""
    return render(
        template,
        styles=("base.css", "workbench.css"),
        scripts=("base.js", "workbench.js"),
        words=["workbench", "columns", "values"],
        more_words=more_words,
        data={},
        served=True,
        **values,
    )


def format_script_json(value: object) -> str:
    r"""JSON that stands in a script element and ends neither it nor, in old browsers, a line.

    >>> format_script_json("</script>&\u2028")
    '"\\u003c/script\\u003e\\u0026\\u2028"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def escape_invisible(text: str) -> str:
    """The text with each character that nobody would see, or that turns the text around, as its number.

    >>> escape_invisible("商务\u202e部")
    '商务[U+202E]部'
    """
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def mark_invisible(text: str) -> Markup:
    r"""The text as markup in which `escape_invisible` numbers stand in elements of their own, one for
    each character.

    >>> mark_invisible("<商务\u202e部>")
    Markup('&lt;商务<span class="unseen">[U+202E]</span>部&gt;')
    """
    marked = _UNSEEN.sub(
        lambda found: f'<span class="unseen">{escape_invisible(found[0])}</span>', str(escape(text))
    )
    return Markup(marked.replace("\r", "&#13;"))  # a bare one would become a line feed


def _load_asset(name: str) -> str:
    """Return a style or script of the package by its path; what could end its element is refused."""
    text = (find_folder("assets") / name if "/" not in name else find_folder("vendor") / name).read_text(
        encoding="utf-8"
    )
    assert not re.search(r"</(script|style)|<!--", text, re.IGNORECASE), f"{name} ends its own element"
    return text


def _build_policy(
    scripts: list[Markup], styles: list[Markup], library: VendorScript | None, *, served: bool
) -> str:
    """What the page may run and show: what stands in it, what its library is and adds, and nothing else."""
    own = "'self'" if served else "'none'"
    if library is None:
        return _POLICY.format(scripts=format_hashes(scripts), styles=format_hashes(styles), own=own)
    policy = _POLICY.format(
        scripts=f"{library.scripts} {format_hashes(scripts)}",
        styles=format_hashes([*styles, *library.styles]),
        own=own,
    )
    return f"{policy}; style-src-attr 'unsafe-hashes' {format_hashes(library.attributes)}"
