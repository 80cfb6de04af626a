"""Pages in a browser: what they did that a page of ours must not do, and what axe-core says of them.

A test takes the fixture `open_page` and hands it the path of a page:

    def test_the_page(open_page: OpenPage, path: Path) -> None:
        page = open_page(path)
        page.tab.get_by_role("button", name="导出").click()
        page.assert_clean()
        assert axe(page) == []

`page.tab` is Playwright's own page. Every page has a profile of its own and no network. `visit` does the same
for the address of a server on this machine, which the page may ask, and no other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from places import TESTS
from playwright.sync_api import Browser, Dialog, Request, expect, sync_playwright
from playwright.sync_api import Page as Tab

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 60_000  # milliseconds that a test waits for what a page does at once on a quiet machine
expect.set_options(timeout=PATIENCE)
AXE = TESTS / "vendor" / "axe-core" / "axe.min.js"

FLAGS = (
    "--headless",
    "--no-sandbox",  # the tests run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Says of each violation of the page's policy what was refused.
WATCH = """
addEventListener("securitypolicyviolation", (event) =>
    __refused(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`.trim()), true);
"""

# What the page has asked for by now has come about: two frames are drawn, and the tasks behind them are done.
SETTLE = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))
"""

OpenPage = Callable[[Path], "Page"]
Go = Callable[..., "Visit"]


@dataclass  # Playwright notes something on whom it calls, so no slots
class Watched:
    """What a tab shows, and what that did that it should not."""

    tab: Tab
    faults: list[str] = field(default_factory=list, kw_only=True)

    def watch(self) -> None:
        """Listens to the tab, and to windows that it opens."""
        self.tab.context.on("request", lambda request: self.requested(request.url))
        self.tab.on("websocket", lambda socket: self.requested(socket.url))
        self.tab.on("console", lambda message: self.said(message.type, message.text))
        self.tab.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.tab.on("crash", lambda _: self.faults.append("crash"))
        self.tab.on("dialog", self.asked)
        self.tab.expose_binding("__refused", lambda _, text: self.faults.append(f"policy: {text}"))
        self.tab.add_init_script(WATCH)

    def is_own(self, url: str) -> bool:
        """Whether a request may be made."""
        raise NotImplementedError

    def requested(self, url: str) -> None:
        """Notes a request that may not be made, and that is not for something within the page."""
        if not self.is_own(url) and not url.startswith(("data:", "blob:")):
            self.faults.append(f"request: {url}")

    def asked(self, dialog: Dialog) -> None:
        """Notes an alert or a question, and closes it."""
        self.faults.append(f"dialog {dialog.type}: {dialog.message}")
        dialog.dismiss()

    def said(self, kind: str, text: str) -> None:
        """Notes an error or a warning of the console."""
        if kind in ("error", "warning"):
            self.faults.append(f"console {kind}: {text}")

    def settle(self) -> None:
        """Lets the page finish what it does at once, so that nothing of it is missed."""
        self.tab.evaluate(SETTLE)

    def assert_clean(self) -> None:
        """Fails if the page asked for anything, complained, broke, or ran against its own policy."""
        self.settle()
        assert not self.faults, f"{self.tab.url}:\n  " + "\n  ".join(self.faults)


@dataclass
class Page(Watched):
    """A page that is a file: it asks for nothing."""

    path: Path

    def is_own(self, url: str) -> bool:
        """Whether a request is for the page itself."""
        return url.partition("#")[0] == self.path.as_uri()


@dataclass
class Visit(Watched):
    """A page of a server on this machine, and those that are opened from it: they ask no other host."""

    origin: str  # http://127.0.0.1:7878

    def watch(self) -> None:
        """Listens to the tab, and lets nothing leave for another host."""
        super().watch()
        self.tab.context.route(lambda url: not self.is_own(url), lambda route: route.abort())
        self.tab.context.on("requestfailed", self.failed)
        self.tab.context.on("response", lambda response: self.answered(response.status, response.url))

    def is_own(self, url: str) -> bool:
        """Whether a request goes to the server."""
        return url.startswith(f"{self.origin}/")

    def failed(self, request: Request) -> None:
        """Notes a request that got no answer, unless it was saved as a file, or the page was left."""
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} {request.failure}")

    def answered(self, status: int, url: str) -> None:
        """Notes what the server refuses."""
        if status >= 400:
            self.faults.append(f"status {status}: {url}")

    def go(self, path: str) -> None:
        """Opens another page of the server."""
        self.tab.goto(f"{self.origin}{path}")
        self.settle()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of axe-core that a page breaks, and where."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]


def axe(page: Watched) -> list[Finding]:
    """What axe-core finds on the page as it stands now that is serious or critical.

    It runs in a world of its own: neither the page's policy nor the page's scripts have to do with it.
    """
    session = page.tab.context.new_cdp_session(page.tab)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    made = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})

    def run(script: str) -> str:
        done = session.send(
            "Runtime.evaluate",
            {
                "expression": script,
                "contextId": made["executionContextId"],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return str(done["result"].get("value"))

    run(AXE.read_text(encoding="utf-8") + "\n;0")
    found = json.loads(run("axe.run().then((results) => JSON.stringify(results.violations))"))
    session.detach()
    return [
        Finding(
            rule["id"], rule["impact"], rule["help"], tuple(str(node["target"]) for node in rule["nodes"])
        )
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@dataclass(frozen=True, slots=True)
class Chromium:
    """The browser that all tests share."""

    browser: Browser
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Lets Playwright's event loop be the running one of the thread, which it is whenever it works.

        It would stay so while other tests run, and `asyncio.run` refuses to work beside it.
        """
        asyncio._set_running_loop(self.loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(None)


@contextmanager
def launched() -> Iterator[Chromium]:
    """Debian's Chromium with a fresh profile, until the end of the block."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: sh .ci/packages.sh chromium fonts-wqy-zenhei"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        chromium = Chromium(browser, asyncio.get_running_loop())
        asyncio._set_running_loop(None)
        yield chromium
        asyncio._set_running_loop(chromium.loop)
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser; tests take `open_page`."""
    with launched() as browser:
        yield browser


@pytest.fixture
def open_page(chromium: Chromium) -> Iterator[OpenPage]:
    """What opens the file of a page, and closes it after the test."""
    with chromium.in_use(), ExitStack() as stack:

        def open_one(path: Path) -> Page:
            context = stack.enter_context(chromium.browser.new_context(offline=True))
            context.set_default_timeout(PATIENCE)
            page = Page(context.new_page(), path.resolve())
            page.watch()
            page.tab.goto(page.path.as_uri())
            return page

        yield open_one


@pytest.fixture
def visit(chromium: Chromium) -> Iterator[Go]:
    """What opens an address of a server on this machine, and closes it after the test."""
    with chromium.in_use(), ExitStack() as stack:

        def open_one(address: str, width: int = 1280, height: int = 720, scheme: str = "light") -> Visit:
            size = {"width": width, "height": height}
            context = stack.enter_context(
                chromium.browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
            )
            context.set_default_timeout(PATIENCE)
            page = Visit(context.new_page(), origin="{0.scheme}://{0.netloc}".format(urlsplit(address)))
            page.watch()
            page.tab.goto(address)
            page.settle()
            return page

        yield open_one
