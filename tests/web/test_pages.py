"""The pages of a build: an index, the network and a reader for each document, each leading to the others."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import endpoint
import pytest
from browser import OpenPage, Page, axe
from click.testing import CliRunner, Result
from places import TESTS
from pyoxigraph import RdfFormat, Store

from build_graph.cli import main
from build_graph.web.pages import network as network_module
from build_graph.web.pages import site

GOLD = TESTS / "gold" / "documents"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build of two documents writes."""
    folder = tmp_path_factory.mktemp("built")
    result = run("build", GOLD / "guofa-2019-3.txt", GOLD / "shenyang-018.txt", "-o", folder)
    assert result.exit_code == 0, result.output
    assert f"wrote {folder / 'index.html'}" in result.stdout
    return folder


def opened(open_page: OpenPage, folder: Path, address: str) -> Page:
    """The page at an address within a folder, alive."""
    path, _, state = address.partition("#")
    page = open_page(folder / unquote(path))
    page.tab.goto(f"{page.path.as_uri()}#{state}")
    page.settle()
    return page


def test_the_index_names_every_page(built: Path, open_page: OpenPage) -> None:
    page = opened(open_page, built, "index.html#lang=en")
    links = [str(link.get_attribute("href")) for link in page.tab.locator("a").all()]
    files = {str(path.relative_to(built)) for path in built.rglob("*") if path.is_file()} - {"index.html"}
    assert {unquote(link) for link in links} == files
    assert len(files) == 4
    rows = [row.split("\t") for row in page.tab.locator("tbody tr").all_inner_texts()]
    assert [(row[1], row[3]) for row in rows] == [
        ("国发〔2019〕3号", "23"),
        ("沈政发〔2021〕18号", "20"),
    ] or rows
    assert axe(page) == []
    page.tab.get_by_role("button", name="中文").or_(page.tab.get_by_role("button", name="用中文显示")).click()
    assert page.tab.locator("h1").inner_text() == "政策文件中的义务"
    page.tab.set_viewport_size({"width": 390, "height": 800})
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 390
    page.assert_clean()


def test_from_the_network_to_the_words_and_back(built: Path, open_page: OpenPage) -> None:
    """A measure in the network leads to the measure in its document, and that leads back to it."""
    network = opened(open_page, built, "network.html#lang=en&agency=gac")
    article = network.tab.locator("article").first
    measure = str(article.get_attribute("data-measure"))
    words = article.locator("p.words").first.inner_text()
    href = str(article.get_by_role("link", name="Read in the text").get_attribute("href"))
    assert network.tab.get_by_role("link", name="Overview").get_attribute("href") == "index.html"
    network.assert_clean()

    reader = opened(open_page, built, href)
    assert words[:12] in reader.tab.locator("main").inner_text()
    links = [str(link.get_attribute("href")) for link in reader.tab.locator("a").all()]
    back = [link for link in links if link.startswith("../network.html#")]
    assert any(f"measure={measure}" in unquote(link) for link in back), back
    reader.assert_clean()

    address = next(link for link in back if f"measure={measure}" in unquote(link))
    again = opened(open_page, built, address.removeprefix("../"))
    assert [a.get_attribute("data-measure") for a in again.tab.locator("article").all()] == [measure]
    again.assert_clean()


def test_a_view_leads_to_the_readers_beside_it(built: Path) -> None:
    for name in ("again.html", "elsewhere/page.html"):
        assert run("view", built / "graph.ttl", "-o", built / name).exit_code == 0
        text = (built / name).read_text(encoding="utf-8")
        assert (
            ("read/%E5%9B%BD%E5%8F%91-2019-3.html" in text)
            == ('href="index.html"' in text)
            == ("/" not in name)
        )
        (built / name).unlink()


def test_a_hostile_title_in_the_index(tmp_path: Path, open_page: OpenPage) -> None:
    title = "<script>alert(1)</script>\u202e&#60;"
    assert run("build", "-o", tmp_path, "--title", title).exit_code == 0
    for name in ("index.html", "network.html"):
        page = opened(open_page, tmp_path, name)
        assert "<script>alert(1)</script>[U+202E]&#60;" in page.tab.locator("body").inner_text()
        page.assert_clean()


def test_the_graph_alone(tmp_path: Path) -> None:
    result = run("build", "-o", tmp_path, "--no-pages")
    assert result.exit_code == 0
    assert "index.html" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["graph.ttl"]


def test_many_documents_get_pages_only_if_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "MOST", 1)
    documents = [GOLD / "guofa-2019-3.txt", GOLD / "zibo-060.txt"]
    result = run("build", *documents, "-o", tmp_path / "few")
    assert result.exit_code == 0
    assert "no pages: more than 1 documents; ask for them with --pages" in result.stderr
    assert [path.name for path in (tmp_path / "few").iterdir()] == ["graph.ttl"]
    assert run("build", *documents, "-o", tmp_path / "all", "--pages").exit_code == 0
    assert len(list((tmp_path / "all" / "read").iterdir())) == 2


def test_too_much_for_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the graph is written alone, and it is said; who asked for pages is told what to do."""
    monkeypatch.setattr(network_module, "LARGEST", 100_000)
    result = run("build", "-o", tmp_path / "one")
    assert result.exit_code == 0
    assert "no pages: the page would have 0 MB" in result.stderr
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["graph.ttl"]
    result = run("build", "-o", tmp_path / "two", "--pages")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert not (tmp_path / "two").exists()


def test_an_endpoint_gives_the_same_page(graph: Path, tmp_path: Path) -> None:
    store = Store()
    store.bulk_load(path=str(graph), format=RdfFormat.TURTLE)
    with endpoint.served(endpoint.over(store)) as url:
        assert run("view", url, "-o", tmp_path / "remote.html").exit_code == 0
    assert run("view", graph, "-o", tmp_path / "local.html").exit_code == 0
    assert (tmp_path / "remote.html").read_bytes() == (tmp_path / "local.html").read_bytes()


def test_pages_ask_for_nothing_of_elsewhere(built: Path) -> None:
    """Addresses that documents print stay words: none stands in an attribute."""
    for path in built.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        markup = re.sub("<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
        assert not re.search(r"""\s\w+=["']?(https?:)?//""", markup), path
