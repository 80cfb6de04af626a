"""What is said of installing: extras that there are, and completion that works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from configparser import ConfigParser
from pathlib import Path

import pytest
from places import ROOT

from build_graph import errors

README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = README.partition("\n## Install\n")[2].partition("\n## ")[0]


def brought() -> dict[str, set[str]]:
    """Each extra, with those that it brings."""
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    given = parser["options.extras_require"]
    names = {
        name: ",".join(re.findall(r"obligation-graph\[(.*?)\]", given[name])).split(",") for name in given
    }

    def within(name: str) -> set[str]:
        return {name}.union(*(within(one) for one in names[name] if one))

    return {name: within(name) for name in given}


def test_all_is_what_the_messages_say() -> None:
    assert brought()["all"] == {"all", "formats", *errors.EXTRAS}


def test_an_extra_that_was_needed_once_still_installs() -> None:
    assert brought()["remote"] == {"remote"}


@pytest.mark.parametrize("name", ["html", "analysis", "parquet", "spark"])
def test_a_missing_extra_names_all_where_that_brings_it(name: str) -> None:
    with pytest.raises(errors.MissingExtraError) as caught:
        errors.load_extra("no_such_module", name, "this")
    assert f"pip install 'obligation-graph[{name}]'" in str(caught.value)
    assert ("(or [all])" in str(caught.value)) == (name in brought()["all"])


BARE = """
import sys
from importlib import import_module

analysis = "scipy pandas matplotlib fontTools pyarrow pyspark"
serve = "starlette uvicorn h11 anyio mimeparse cachetools"
for name in ("lxml", "pdfplumber", "pdfminer", *analysis.split(), *serve.split()):
    sys.modules[name] = None
main = import_module("build_graph.cli").main
for line in (
    "build -o out",
    "read -o page.html",
    "view out/graph.ttl -o network.html",
    "query pairs --graph out/graph.ttl -o pairs.csv",
    "explain 四 --graph out/graph.ttl",
    "export out/graph.ttl --format csv -o tables",
    "export out/graph.ttl --format graphml -o network",
    "validate out/graph.ttl",
    "build --store store",
    "build --shards shards",
    "review",
):
    try:
        main(line.split(), standalone_mode=False)
    except SystemExit as end:
        assert not end.code, line
"""


def test_a_bare_install_builds_shows_asks_and_exports(tmp_path: Path) -> None:
    """Without any extra: what ships with the package is read, and all is there but analysis and server."""
    path = tmp_path / "bare.py"
    path.write_text(f"if __name__ == '__main__':\n{textwrap.indent(BARE, '    ')}", encoding="utf-8")
    done = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {one.name for one in tmp_path.iterdir()} >= {"out", "network.html", "tables", "store", "shards"}


def test_the_readme_says_how_to_install() -> None:
    assert "pip install '.[all]'" in INSTALL
    named = set(re.findall(r"`(\w+)`", INSTALL)) & brought().keys()
    assert named == {"all", *errors.EXTRAS, "parquet", "spark"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_line_for_completion_works(tmp_path: Path) -> None:
    [line] = re.findall(r"`(eval .*?)`", INSTALL)
    command = tmp_path / "obligations"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m build_graph.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = f"{line}\nCOMP_WORDS=(obligations ana); COMP_CWORD=1; _obligations_completion obligations\n"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", f'{script}echo "${{COMPREPLY[@]}}"'],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "analyse\n", done.stderr
