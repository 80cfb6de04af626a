"""Pages of other origins: a link to a page works, nothing else does, in headers and in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from browser import Chromium
from endpoint import Answer, Asked, answering
from server import DIRECT, Server, until

from build_graph.web.server.app import build_application
from build_graph.web.server.middleware import is_link
from build_graph.web.server.settings import Settings

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
ASK = "/sparql?query=ASK+%7B%7D"
FRIEND = "https://a.example"
LINK = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
PICTURE = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}
FETCH = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", ASK, {}, 200),  # curl
        ("GET", ASK, {"Sec_Fetch_Site": "same-origin"}, 200),
        ("GET", ASK, {"Sec_Fetch_Site": "none"}, 200),  # typed
        ("GET", ASK, {"Sec_Fetch_Site": "cross-site"}, 403),
        ("GET", ASK, {"Sec_Fetch_Site": "same-site"}, 403),  # another port
        ("GET", ASK, {"Sec_Fetch_Site": "something-new"}, 403),
        ("GET", ASK, LINK, 403),
        ("GET", ASK.replace("?", "/?"), LINK, 403),
        ("GET", ASK, PICTURE, 403),
        ("GET", ASK, {**FETCH, "Origin": FRIEND}, 403),
        ("POST", "/sparql", {**LINK, "Content_Type": DIRECT}, 403),
        ("POST", "/", LINK, 403),
        ("OPTIONS", "/sparql", FETCH, 403),
        ("GET", "/sparql", {**LINK, "Accept": "text/html"}, 303),
        ("GET", "/", LINK, 200),
        ("HEAD", "/", LINK, 200),
        ("GET", "/", {**LINK, "Sec_Fetch_Site": "same-site"}, 200),
        ("GET", "/", {**LINK, "Sec_Fetch_Dest": "iframe"}, 403),
        ("GET", "/", {**LINK, "Sec_Purpose": "prefetch"}, 403),
        ("GET", "/", PICTURE, 403),
        ("GET", "/nothing", LINK, 404),
        ("GET", "/query/pairs?minimum=9", LINK, 200),
        ("GET", "/query/pairs?minimum=9&format=csv", LINK, 403),
        ("GET", "/id/agency/mofcom", LINK, 200),
        ("GET", "/id/agency/mofcom?format=html", LINK, 200),
        ("GET", "/id/agency/mofcom?format=ttl", LINK, 403),
        ("GET", "/names/any?q=x", LINK, 403),
        ("GET", "/workbench", LINK, 200),
    ],
)
def test_who_may_ask(method: str, path: str, headers: dict[str, str], status: int, running: Server) -> None:
    given = {"Accept": "*/*" if path.startswith(ASK[:8]) else "text/html", **headers}
    reply = running.send(method, path, b"ASK {}" if method == "POST" else b"", **given)
    assert reply.status == status
    if status == 403:
        assert reply.headers["content-type"] == "text/plain; charset=utf-8"
        assert "start the server with --cors ORIGIN" in reply.text
        assert reply.text.count("\n") == 1


@pytest.mark.parametrize(
    ("cors", "headers", "status"),
    [
        (FRIEND, {**FETCH, "Origin": FRIEND}, 404),
        (FRIEND, {**FETCH, "Origin": "https://b.example"}, 403),
        (FRIEND, {**FETCH, "Origin": "null"}, 403),
        (FRIEND, PICTURE, 403),
        (FRIEND, LINK, 404),
        (FRIEND, {}, 404),
        ("*", {**FETCH, "Origin": FRIEND}, 404),
        ("*", PICTURE, 404),
        (None, {**FETCH, "Origin": FRIEND}, 403),
    ],
)
def test_who_may_ask_with_cors(cors: str | None, headers: dict[str, str], status: int) -> None:
    """Those that get through find nothing at this path; where CORS has a say, they may read that."""
    app = build_application(Settings(Path("graph.ttl"), cors=cors), workers=None)  # type: ignore[arg-type]
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        said.append(message)

    given = {"Host": "localhost", "Accept": "*/*", **headers}
    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": raw}
    asyncio.run(app({**scope, "raw_path": b"/x", "root_path": "", "scheme": "http"}, None, send))  # type: ignore[arg-type]
    assert said[0]["status"] == status
    allowed = dict(said[0]["headers"]).get(b"access-control-allow-origin")
    assert allowed == (None if status == 403 or "Origin" not in headers else (cors or "").encode())


def test_what_is_no_link() -> None:
    """A request that says half of it is none."""
    for left in ("sec-fetch-mode", "sec-fetch-dest"):
        headers = {"sec-fetch-mode": b"navigate", "sec-fetch-dest": b"document"}
        del headers[left]
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
        assert not is_link({**scope, "headers": [(name.encode(), value) for name, value in headers.items()]})


# --------------------------------------------------------------------------------- in a browser

# What a page of another origin tries, but for the last each to its end, and what the browser calls it.
TRIED = ("image", "iframe", "iframe", "script", "style", "object", "empty", "empty", "empty", "iframe")
TRIES = """
async ([address, query]) => {
    const there = `${address}/sparql`;
    const answer = (name) => `${there}?query=${encodeURIComponent(`${query} # ${name}`)}`;
    const added = (name, given) => new Promise((done) => {
        const element = Object.assign(document.createElement(name), given);
        element.onload = element.onerror = done;
        document.body.append(element);
    });
    const form = new URLSearchParams({query});
    await added("img", {src: answer("img")});
    await added("iframe", {src: answer("iframe")});
    await added("iframe", {src: `${address}/query/pairs`});
    await added("script", {src: answer("script")});
    await added("link", {rel: "stylesheet", href: answer("style")});
    await added("object", {data: answer("object")});
    await fetch(answer("fetch")).catch(() => 0);
    await fetch(answer("blind"), {mode: "no-cors"}).catch(() => 0);
    await fetch(there, {method: "POST", mode: "no-cors", body: form}).catch(() => 0);
    await added("iframe", {name: "frame"});
    document.forms[0].target = "frame";
    document.forms[0].submit();
}
"""


@contextmanager
def watched(server: Server) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """An address at which the server answers, and what it was asked: by which site, for what, the status."""
    came: list[tuple[str, str, int]] = []

    def answer(asked: Asked) -> Answer:
        headers = {name: value for name, value in asked.headers.items() if name != "Host"}
        reply = server.send(asked.method, asked.path, asked.body, **headers)
        if asked.path != "/favicon.ico":  # for which the browser asks itself
            came.append((headers.get("Sec-Fetch-Site", ""), headers.get("Sec-Fetch-Dest", ""), reply.status))
        kept = {name: reply.headers[name] for name in ("content-type", "location") if name in reply.headers}
        return Answer(reply.status, kept.pop("content-type", ""), reply.body, kept)

    with answering(answer) as (address, _):
        yield address, came


@pytest.mark.parametrize(("host", "site"), [("localhost", "cross-site"), ("127.0.0.1", "same-site")])
def test_a_page_of_another_origin(host: str, site: str, running: Server, chromium: Chromium) -> None:
    """It leads to a page by a link; whatever else it tries is refused."""
    with watched(running) as (there, came):
        page = f"""<!doctype html><a href="{there}/query/pairs?minimum=9">pairs</a>
            <form method=post action="{there}/sparql"><input name=query value="{CROSS}"></form>"""
        elsewhere = answering(lambda asked: Answer(200, "text/html", page.encode()))
        with elsewhere as (origin, _), chromium.in_use(), chromium.browser.new_context() as context:
            tab = context.new_page()
            tab.goto(origin.replace("127.0.0.1", host))
            tab.evaluate(TRIES, [there, CROSS])
            assert until(lambda: tab.wait_for_timeout(20) or len(came) == len(TRIED), 30), came
            tab.evaluate("document.forms[0].target = ''; document.forms[0].submit()")  # this takes the tab
            tab.wait_for_url(f"{there}/**")
            assert came == [(site, kind, 403) for kind in (*TRIED, "document")]
            tab.goto(origin.replace("127.0.0.1", host))
            tab.get_by_role("link").click()
            tab.wait_for_url(f"{there}/**")
            assert came[len(TRIED) + 1] == (site, "document", 200)
            assert tab.locator("tbody tr").count() > 2
            tab.goto(f"{there}/sparql?query={quote('ASK {}')}")  # typed
            assert came[-1] == ("none", "document", 200)
