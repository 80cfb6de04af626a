"""Pages as single HTML files: the frame of every page, its policy, its scripts and its data.

Styles, scripts and data are inside the page, and its policy forbids anything else; only a script that is too
long for that is sent by the server beside it. Words from documents reach a page through Jinja, which escapes
them, or as JSON in a block that no browser runs. Characters that steer the direction of text, or that are
invisible, are shown by their numbers.
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
    """A vendored script, with its address, which changes with its bytes, and its effects on a page."""

    address: str
    body: bytes
    integrity: str
    styles: tuple[str, ...]  # the texts of the <style> elements that it adds
    attributes: tuple[str, ...]  # the values of the style attributes that it writes


@cache
def load_script(name: str) -> VendorScript:
    """Return the script of a package in `vendor/`; `data/libraries.toml` lists its effects on a page.

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
    """Return the SHA-256 of bytes in the form that policies and the attribute `integrity` use.

    >>> compute_digest(b"")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{b64encode(hashlib.sha256(data).digest()).decode()}"


def format_hashes(texts: Iterable[str]) -> str:
    """Return the policy sources that allow these inline texts, and no others."""
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
    """Return the page of a template, in UTF-8.

    `styles` and `scripts` are files of the package; `data` becomes a block of JSON for each name; `words` are
    sections of `data/pages.toml` whose words the page shows, and `more_words` others, by key and language. A
    `served` page may send forms and queries to its own origin; `library` is a script that it loads from
    there; `values` go to the template.
    """
    css = [Markup(_load_asset(name)) for name in styles]
    code = [Markup(_load_asset(name)) for name in scripts]
    lists = load_word_lists("pages")
    shown = {key: value for section in ("page", *words) for key, value in lists[section].items()}
    shown |= more_words or {}
    blocks = {"words": {tongue: {k: w[tongue] for k, w in shown.items()} for tongue in _LANGUAGES}, **data}
    page = _load_templates().get_template(template)
    return page.render(
        policy=Markup(_build_policy(code, css, library, served=served)),
        library=library,
        places=PLACES,
        styles=css,
        scripts=code,
        data={name: Markup(format_script_json(value)) for name, value in blocks.items()},
        t={key: word["en"] for key, word in shown.items()},
        **values,
    ).encode()


@cache
def _load_templates() -> Environment:
    """Return the environment of the templates; it compiles each once, which takes as long as a rendering."""
    environment = Environment(
        loader=FileSystemLoader(find_folder("templates")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"escape_invisible": escape_invisible, "mark_invisible": mark_invisible}
    return environment


def render_workbench(
    template: str, *, more_words: Mapping[str, Mapping[str, str]] | None = None, **values: Any
) -> bytes:
    """Return a served page in the frame of the workbench; else as `render`."""
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
    r"""Return JSON that ends neither its script element nor, in old browsers, a line.

    >>> format_script_json("</script>&\u2028")
    '"\\u003c/script\\u003e\\u0026\\u2028"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def escape_invisible(text: str) -> str:
    """Return the text with a number for each character that is invisible or steers the direction of text.

    >>> escape_invisible("商务\u202e部")
    '商务[U+202E]部'
    """
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def mark_invisible(text: str) -> Markup:
    r"""Return the text as markup, with each number of `escape_invisible` in an element of its own.

    >>> mark_invisible("<商务\u202e部>")
    Markup('&lt;商务<span class="unseen">[U+202E]</span>部&gt;')
    """
    marked = _UNSEEN.sub(
        lambda found: f'<span class="unseen">{escape_invisible(found[0])}</span>', str(escape(text))
    )
    return Markup(marked.replace("\r", "&#13;"))  # a bare one would become a line feed


def _load_asset(name: str) -> str:
    """Return a style or script of the package; refuse one that could end its element."""
    text = (find_folder("vendor" if "/" in name else "assets") / name).read_text(encoding="utf-8")
    assert not re.search(r"</(script|style)|<!--", text, re.IGNORECASE), f"{name} ends its own element"
    return text


def _build_policy(
    scripts: list[Markup], styles: list[Markup], library: VendorScript | None, *, served: bool
) -> str:
    """Return the policy of a page: it allows the page's own scripts and styles, and those of its library."""
    sources, styles = format_hashes(scripts), [*styles, *map(Markup, library.styles if library else ())]
    policy = _POLICY.format(
        scripts=f"'{library.integrity}' {sources}" if library else sources,
        styles=format_hashes(styles),
        own="'self'" if served else "'none'",
    )
    return (
        f"{policy}; style-src-attr 'unsafe-hashes' {format_hashes(library.attributes)}" if library else policy
    )
