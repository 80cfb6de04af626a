"""An option means one thing in every command that has it, and spellings of before still work."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from build_graph.cli import main

SHARED = ("--graph", "--language", "--as-of", "--body", "--document", "--domain", "--format", "--output")
# The commands that must have each of them.
HOLDERS = {
    "--graph": {
        *("explain", "query", "analyse", "view", "validate", "export", "serve", "push", "read"),
    },
    "--language": {"analyse"},
    "--as-of": {"analyse", "query"},
    "--body": {"query", "explain"},
    "--document": {"query", "explain", "analyse", "view", "read"},
    "--domain": {"query", "explain", "analyse", "view"},
    "--format": {"query", "queries", "extract", "review", "export"},
    "--output": {"build", "read", "query", "analyse", "view", "export", "pull"},
}
VARYING = {"--format", "--output"}  # whose help goes on with what there is to choose, or to be written


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def options(name: str) -> dict[str, click.Option]:
    """The options of that name, by the command that has it."""
    return {
        command: found
        for command, one in main.commands.items()
        for found in one.params
        if isinstance(found, click.Option) and name in found.opts
    }


@pytest.mark.parametrize("name", SHARED)
def test_an_option_is_the_same_in_every_command(name: str) -> None:
    """With the same type, the same name of its value, and the same help."""
    found = options(name)
    assert set(found) == HOLDERS[name]
    helps = {
        (one.help or "").partition(":" if name in VARYING else "\0")[0].split("  [")[0]
        for one in found.values()
    }
    if name == "--output":
        helps = {" ".join(one.split()[:3]) for one in helps}
        assert helps == {"Where to write"}
    assert len(helps) == 1, helps
    assert len({type(one.type) for one in found.values()}) == 1
    assert not any(one.hidden for one in found.values())
    if name not in VARYING:
        assert len({one.metavar for one in found.values()}) == 1


@pytest.mark.parametrize("name", ["-o", "--output"])
def test_the_output_has_both_names(name: str) -> None:
    assert set(options(name)) == HOLDERS["--output"]


@pytest.mark.parametrize("command", ["analyse", "export", "validate", "view"])
def test_a_graph_is_an_argument_or_an_option(command: str, graph: Path, tmp_path: Path) -> None:
    """Either gives the same; both are a usage error."""
    more = {
        "analyse": ("--draws", 0, "-o", tmp_path / "analysis"),
        "export": ("--format", "nt", "-o", tmp_path / "graph.nt"),
        "view": ("-o", tmp_path / "network.html"),
    }.get(command, ())
    one, other = run(command, graph, *more), run(command, "--graph", graph, *more)
    assert (one.exit_code, one.output) == (0, other.output)
    both = run(command, graph, "--graph", graph, *more)
    assert both.exit_code == 2
    assert "give one of them" in both.stderr


NAMED = [
    (("agency-obligations", "--set", "agency=商务部"), ("agency-obligations", "--body", "商务部")),
    (
        ("shared-measures", "--set", "agency=商务部", "--set", "partner=质检总局"),
        ("shared-measures", "--body", "商务部", "--set", "partner=质检总局"),
    ),
    (("pairs", "--set", "domain=电子商务"), ("pairs", "--domain", "电子商务")),
    (("pairs", "--set", "document=国发〔2015〕24号"), ("pairs", "--document", "国发〔2015〕24号")),
    (
        ("heirs", "--set", "agency=工商总局", "--set", "date=2024-01-01"),
        ("heirs", "--body", "工商总局", "--as-of", "2024-01-01"),
    ),
]


@pytest.mark.parametrize(("before", "now"), NAMED, ids=[now[0] + now[1] for _, now in NAMED])
def test_a_parameter_of_a_query_is_an_option(
    before: tuple[str, ...], now: tuple[str, ...], graph: Path
) -> None:
    """As `--set` gives it, which stays."""
    one, other = run("query", *before, "--graph", graph), run("query", *now, "--graph", graph)
    assert (one.exit_code, one.output) == (0, other.output)
    assert one.output.count("\n") > 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("heirs", "--domain", "电子商务"), "heirs: has no parameter for --domain; it has agency, date"),
        (("pairs", "--as-of", "today"), "pairs: has no parameter for --as-of; it has "),
        (("pairs", "--domain", "a", "--set", "domain=b"), "--domain and --set domain: give one of them"),
    ],
)
def test_an_option_that_a_query_does_not_take_is_one_line(
    words: tuple[str, ...], said: str, graph: Path
) -> None:
    result = run("query", *words, "--graph", graph)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "option", "words"),
    [
        ("商务部", "--body", "商务部"),
        ("电子商务", "--domain", "电子商务"),
        ("国发〔2015〕24号", "--document", "国发〔2015〕24号"),
    ],
)
def test_explain_takes_its_name_by_kind(name: str, option: str, words: str, graph: Path) -> None:
    """So that one of several things of a name can be chosen."""
    one, other = run("explain", name, "--graph", graph), run("explain", option, words, "--graph", graph)
    assert (one.exit_code, one.output) == (0, other.output)
    assert run("explain", name, option, words, "--graph", graph).exit_code == 2
    assert run("explain", "--graph", graph).exit_code == 2


def test_read_names_a_document_of_a_graph_by_an_option(graph: Path, tmp_path: Path) -> None:
    """As the argument does beside `--graph`; a file's own metadata do not go with it."""
    pages = [tmp_path / name for name in ("a.html", "b.html")]
    assert run("read", "国发〔2015〕24号", "--graph", graph, "-o", pages[0]).exit_code == 0
    assert run("read", "--document", "国发〔2015〕24号", "--graph", graph, "-o", pages[1]).exit_code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert run("read", "a", "--document", "a", "--graph", graph, "-o", pages[1]).exit_code == 2


@pytest.mark.parametrize("before", ["--store"])
def test_spellings_of_before_are_hidden_and_work(before: str, tmp_path: Path) -> None:
    (hidden,) = (options(before)["serve"],)
    assert hidden.hidden
    name = tmp_path / "none"
    now, then = run("serve", "--graph", name, "--port", 0), run("serve", before, name, "--port", 0)
    assert (then.exit_code, then.output) == (1, now.output)
    assert run("serve", "--graph", name, before, name).exit_code == 2
