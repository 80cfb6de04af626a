"""A page as one HTML file: styles, scripts and data stand in it, and its policy forbids anything else.

Words from documents reach a page in two ways: through Jinja, which escapes them, or as JSON in a block that
no browser runs. Marks that steer the direction of text, or that nobody sees, are shown as what they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from build_graph.pages import addresses
from build_graph.resources import folder, word_lists

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
    ("home", addresses.HOME),
    ("documents", addresses.DOCUMENTS),
    ("queries", addresses.QUERIES),
    ("sparql", addresses.EDITOR),
    ("network_page", addresses.NETWORK),
    ("ontology", addresses.ONTOLOGY),
)


def html(  # noqa: PLR0913  # each is named where it is called
    template: str,
    *,
    styles: Iterable[str],
    scripts: Iterable[str],
    data: Mapping[str, object],
    words: Iterable[str] = (),
    more_words: Mapping[str, Mapping[str, str]] | None = None,
    served: bool = False,
    **values: Any,
) -> bytes:
    """The page that a template gives, in UTF-8.

    `styles` and `scripts` are files of the package, `data` becomes a block of JSON for each name, `words` are
    the sections of `data/pages.toml` whose words the page shows, and `more_words` others, by key and
    language; a page that is `served` may send forms to where it came from, and ask there; `values` are for
    the template.
    """
    css = [Markup(_asset(name)) for name in styles]
    code = [Markup(_asset(name)) for name in scripts]
    environment = Environment(
        loader=FileSystemLoader(folder("templates")),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "visible": visible}
    lists = word_lists("pages")
    said = {key: value for section in ("page", *words) for key, value in lists[section].items()}
    said |= more_words or {}
    blocks = {"words": {tongue: {k: w[tongue] for k, w in said.items()} for tongue in _LANGUAGES}, **data}
    text = environment.get_template(template).render(
        policy=Markup(
            _POLICY.format(scripts=_hashes(code), styles=_hashes(css), own="'self'" if served else "'none'")
        ),
        styles=css,
        scripts=code,
        data={name: Markup(script_json(value)) for name, value in blocks.items()},
        t={key: word["en"] for key, word in said.items()},
        places=PLACES,
        **values,
    )
    return text.encode()


def workbench(
    template: str, *, more_words: Mapping[str, Mapping[str, str]] | None = None, **values: Any
) -> bytes:
    """A page of the workbench: in its frame, and served; else as `html`."""
    return html(
        template,
        styles=("base.css", "workbench.css"),
        scripts=("base.js", "workbench.js"),
        words=["workbench", "columns", "values"],
        more_words=more_words,
        data={},
        served=True,
        **values,
    )


def script_json(value: object) -> str:
    r"""JSON that stands in a script element and ends neither it nor, in old browsers, a line.

    >>> script_json("</script>&\u2028")
    '"\\u003c/script\\u003e\\u0026\\u2028"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def shown(text: str) -> str:
    """The text with each character that nobody would see, or that turns the text around, as its number.

    >>> shown("商务\u202e部")
    '商务[U+202E]部'
    """
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def visible(text: str) -> Markup:
    r"""The text as markup in which `shown` numbers stand in elements of their own, one for each character.

    >>> visible("<商务\u202e部>")
    Markup('&lt;商务<span class="unseen">[U+202E]</span>部&gt;')
    """
    marked = _UNSEEN.sub(lambda found: f'<span class="unseen">{shown(found[0])}</span>', str(escape(text)))
    return Markup(marked.replace("\r", "&#13;"))  # a bare one would become a line feed


def _asset(name: str) -> str:
    """A style or script of the package by its path; what could end its element is refused."""
    text = (folder("assets") / name if "/" not in name else folder("vendor") / name).read_text(
        encoding="utf-8"
    )
    assert not re.search(r"</(script|style)|<!--", text, re.IGNORECASE), f"{name} ends its own element"
    return text


def _hashes(texts: Iterable[str]) -> str:
    """The sources that the policy lets run: these texts, and no others."""
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
