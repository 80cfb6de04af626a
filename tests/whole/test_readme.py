"""The README's tour: every command runs, and prints what the README shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from browser import OpenPage
from click.testing import CliRunner
from places import ROOT

from build_graph.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = README.split("## Five minutes")[1].split("\n## ")[0]
# A shell block, and the text block that shows its output, if one follows.
BLOCKS = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", TOUR, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TOUR, re.DOTALL)


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it is after `make run`, with the annotated documents where the tour expects them."""
    place = tmp_path_factory.mktemp("tour")
    (place / "tests").symlink_to(ROOT / "tests")
    shown = README.split("```text\n", 1)[1].split("```", 1)[0]
    assert run([sys.executable, "-m", "build_graph.cli", "build"], place) == shown
    return place


@pytest.mark.parametrize(("commands", "shown"), BLOCKS)
def test_commands_of_the_tour(
    commands: str, shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the README shortens an output, … stands for the rest of it."""
    monkeypatch.chdir(folder)
    output = ""
    for line in commands.strip().splitlines():
        words = shlex.split(line)
        assert words[0] == ".venv/bin/obligations"
        done = CliRunner().invoke(main, words[1:])
        assert done.exit_code == 0, done.output
        output += done.stdout
    beginning, _, end = shown.partition("…\n")
    assert output.startswith(beginning)
    assert output.endswith(end)


def test_the_graph_gives_the_page_byte_for_byte(folder: Path) -> None:
    """The reader that the README's command makes of the graph is the one that the build wrote."""
    [command] = re.findall(r"obligations (read .* --graph .*)\n", TOUR)
    words = shlex.split(command)
    run([sys.executable, "-m", "build_graph.cli", *words], folder)
    built = folder / "output" / "read" / "国发-2015-24.html"
    assert (folder / words[words.index("-o") + 1]).read_bytes() == built.read_bytes()


@pytest.mark.parametrize(("code", "shown"), PROGRAMS, ids=["rdflib", "pandas"])
def test_programs_of_the_tour(code: str, shown: str, folder: Path) -> None:
    assert run([sys.executable, "-c", code], folder) == shown


@pytest.mark.parametrize("link", re.findall(r"`(\w+\.html#[^`]+)`", README))
def test_a_link_to_a_page_shows_something(link: str, folder: Path, open_page: OpenPage) -> None:
    """Measures, of the body and the domain that it names."""
    name, _, state = link.partition("#")
    path = folder / "output" / name
    page = open_page(path)
    page.tab.goto(f"{path.as_uri()}#{state}")
    page.tab.wait_for_function("performance.getEntriesByName('ready').length")
    assert page.tab.locator("#panel article").count() > 0
    page.assert_clean()
