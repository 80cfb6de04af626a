"""The watch over pages sees what it must see; vis-network draws under a strict policy."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import OpenPage, axe

from build_graph.resources import find_folder

STRICT = "default-src 'none'; img-src data: blob:; base-uri 'none'; form-action 'none'"
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

WritePage = Callable[[str], Path]


def hashed(text: str) -> str:
    """What a policy calls one inline script or style, to allow it and nothing else."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture
def write_page(tmp_path: Path) -> WritePage:
    """What writes a page with a body and, if one is given, a policy; returns its path."""

    def write(body: str, policy: str = "") -> Path:
        path = tmp_path / "图 1.html"
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        path.write_text(
            f'<!doctype html><html lang="zh"><head><meta charset="utf-8">{meta}<title>图</title></head>'
            f"<body><main><h1>图</h1>{body}</main></body></html>",
            encoding="utf-8",
        )
        return path

    return write


def test_a_clean_page_is_clean(open_page: OpenPage, write_page: WritePage) -> None:
    page = open_page(write_page(f'<button>好</button><img alt="点" src="{DOT}">', STRICT))
    page.assert_clean()
    assert axe(page) == []
    page.assert_clean()  # axe-core leaves no trace


def test_what_the_page_holds_is_no_request(open_page: OpenPage, write_page: WritePage) -> None:
    page = open_page(
        write_page(
            f"""<a id="to" href="#there">那里</a><p id="there"></p><img id="i" alt="点" src="{DOT}">
            <script>i.src = URL.createObjectURL(new Blob(["<svg xmlns='http://www.w3.org/2000/svg'/>"],
            {{type: "image/svg+xml"}}));</script>"""
        )
    )
    page.tab.click("#to")
    page.assert_clean()


@pytest.mark.parametrize(
    ("body", "policy", "said"),
    [
        ('<img alt="" src="http://127.0.0.1:1/x">', "", "request: http://127.0.0.1:1/x"),
        ('<img alt="" src="other.png">', "", "request: file:///"),
        ('<link rel="stylesheet" href="http://127.0.0.1:1/x.css">', "", "request: http://127.0.0.1:1/x.css"),
        ('<iframe src="http://127.0.0.1:1/x"></iframe>', "", "request: http://127.0.0.1:1/x"),
        (
            "<script>fetch('http://127.0.0.1:1/x').catch(() => 0)</script>",
            "",
            "request: http://127.0.0.1:1/x",
        ),
        ("<script>new WebSocket('ws://127.0.0.1:1/x')</script>", "", "request: ws://127.0.0.1:1/x"),
        ("<script>open('http://127.0.0.1:1/x')</script>", "", "request: http://127.0.0.1:1/x"),
        ("<script>console.error('oh')</script>", "", "console error: oh"),
        ("<script>console.warn('oh')</script>", "", "console warning: oh"),
        ("<script>setTimeout(() => { throw new Error('oh') })</script>", "", "error: oh"),
        ("<script>Promise.reject(new Error('oh'))</script>", "", "error: oh"),
        ("<script>alert('oh')</script>", "", "dialog alert: oh"),
        ("<script>1</script>", STRICT, "policy: script-src-elem: inline"),
        ('<p onclick="1">', STRICT, "policy: script-src-attr: inline"),
        ('<p style="color: red">', STRICT, "policy: style-src-attr: inline"),
        ("<style>p { color: red }</style>", STRICT, "policy: style-src-elem: inline"),
        ('<img alt="" src="http://127.0.0.1:1/x">', STRICT, "policy: img-src: http://127.0.0.1:1/x"),
    ],
)
def test_what_a_page_must_not_do_is_seen(
    body: str, policy: str, said: str, open_page: OpenPage, write_page: Callable[..., Path]
) -> None:
    page = open_page(write_page(body, policy))
    with pytest.raises(AssertionError) as caught:
        page.assert_clean()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<button></button>", "button-name"),
        (f'<img src="{DOT}">', "image-alt"),
        ("<input>", "label"),
        ('<p style="color: #bbb; background: #fff">看不清</p>', "color-contrast"),
    ],
)
def test_axe_finds(body: str, rule: str, open_page: OpenPage, write_page: WritePage) -> None:
    found = axe(open_page(write_page(body)))
    assert [finding.rule for finding in found] == [rule]
    assert found[0].impact in ("serious", "critical")
    assert found[0].places


def test_pages_do_not_share_anything(open_page: OpenPage, write_page: WritePage) -> None:
    path = write_page(
        "<script>localStorage.x = (localStorage.x || '') + '1'; document.title = localStorage.x</script>"
    )
    assert [open_page(path).tab.title() for _ in range(2)] == ["1", "1"]


def test_an_open_browser_leaves_other_tests_alone(chromium: object) -> None:
    """Whoever runs an event loop can do so while the browser is there."""
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_a_page_can_be_opened_after_that(open_page: OpenPage, write_page: WritePage) -> None:
    open_page(write_page("<p>好</p>")).assert_clean()


def test_vis_network_draws_under_a_strict_policy(
    open_page: OpenPage, write_page: Callable[..., Path]
) -> None:
    """The policy allows one script and one style by their sums, and no style that a script adds as text."""
    library = (find_folder("vendor") / "vis-network" / "vis-network.js").read_text(encoding="utf-8")
    draw = """
        const nodes = new vis.DataSet([
            {id: 1, x: 0, y: 0, label: "商务部", title: "部"}, {id: 2, x: 200, y: 0, label: "工商总局"}]);
        const edges = new vis.DataSet([{id: 1, from: 1, to: 2}, {id: 2, from: 1, to: 2}]);
        const network = new vis.Network(document.getElementById("graph"), {nodes, edges}, {
            physics: false,
            interaction: {hover: true, keyboard: true, navigationButtons: true, tooltipDelay: 0},
        });
        network.once("afterDrawing", () => { document.title = "drawn"; });
    """
    style = "#graph { width: 600px; height: 400px; } div.vis-tooltip { position: absolute; }"
    body = f'<style>{style}</style><div id="graph"></div><script>{library}</script><script>{draw}</script>'
    scripts = f"script-src {hashed(library)} {hashed(draw)}"
    page = open_page(write_page(body, f"{STRICT}; {scripts}; style-src {hashed(style)}"))
    page.tab.wait_for_function("document.title === 'drawn'")
    box = page.tab.locator("canvas").bounding_box()
    assert box is not None
    at = page.tab.evaluate("network.canvasToDOM(network.getPosition(1))")
    page.tab.mouse.move(box["x"] + at["x"], box["y"] + at["y"])
    page.tab.get_by_text("部", exact=True).wait_for()  # the title of the node
    page.tab.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
    assert page.tab.evaluate("network.getSelectedNodes()") == [1]
    page.tab.mouse.wheel(0, 200)
    page.tab.evaluate("nodes.update({id: 2, hidden: true}); network.fit({animation: true})")
    page.assert_clean()
