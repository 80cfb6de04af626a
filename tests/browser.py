"""Pages in a browser: what they did that a page of ours must not do, and what axe-core says of them.

A test takes the fixture `open_page` and hands it the path of a page:

    def test_the_page(open_page: OpenPage, path: Path) -> None:
        page = open_page(path)
        page.tab.get_by_role("button", name="导出").click()
        page.assert_clean()
        assert axe(page) == []

`page.tab` is Playwright's own page. Every page has a profile of its own and no network.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, sync_playwright
from playwright.sync_api import Page as Tab

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"

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


@dataclass  # Playwright notes something on whom it calls, so no slots
class Page:
    """A page in a tab of its own, and what it did that it should not."""

    tab: Tab
    path: Path
    faults: list[str] = field(default_factory=list)

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

    def requested(self, url: str) -> None:
        """Notes a request that is not for the page itself and not for something within it."""
        if url.partition("#")[0] != self.path.as_uri() and not url.startswith(("data:", "blob:")):
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
        assert not self.faults, f"{self.path.name}:\n  " + "\n  ".join(self.faults)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of axe-core that a page breaks, and where."""

    rule: str
    impact: str
    help: str
    places: tuple[str, ...]


def axe(page: Page) -> list[Finding]:
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
            context.set_default_timeout(10_000)
            page = Page(context.new_page(), path.resolve())
            page.watch()
            page.tab.goto(page.path.as_uri())
            return page

        yield open_one
