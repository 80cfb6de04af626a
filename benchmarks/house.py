"""Counts what makes the house calm or restless: rooms and arrows, modules, names, long functions, riddles.

    .venv/bin/python benchmarks/house.py [--root DIR] [--names] [--no-build]

DIR is a checkout of this project, by default the one in which this file lies; an older one will do (git
worktree add DIR COMMIT). --names lists what stands behind each figure. Nothing is imported but for the wing
changes, for which the first document is built under a profiler; --no-build leaves these out.
benchmarks/README.md says what each figure counts.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import statistics
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

import networkx as nx

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PACKAGE = "build_graph"
CODE = {".py", ".js", ".css", ".j2", ".rq", ".ttl"}  # a folder with none of these is no room
NO_ROOMS = {"tests", "docs", "vendor", "documents", "data"}
PREDICATES = {"is", "has", "can", "are", "was", "were", "should", "may", "must", "needs"}
SMALL, LONG, TOO_LONG = 60, 30, 50  # lines

Function = ast.FunctionDef | ast.AsyncFunctionDef
Arrow = tuple[str, str]


def split_words(key: str) -> frozenset[str]:
    return frozenset(WORDS[key].split())


VERBS, AMBIGUOUS, AFTER_NOUNS = map(split_words, ("verbs", "ambiguous", "after_nouns"))
PARTICIPLES, NO_PARTICIPLES, RIDDLES = map(split_words, ("participles", "no_participles", "riddles"))


@dataclass(frozen=True)
class Module:
    """A file of Python, read."""

    path: Path
    name: str  # from the root of the checkout, with dots
    source: str
    tree: ast.Module

    @classmethod
    def read(cls, path: Path, root: Path) -> Module:
        source = path.read_text(encoding="utf-8")
        return cls(path, ".".join(path.relative_to(root).with_suffix("").parts), source, ast.parse(source))

    @property
    def lines(self) -> int:
        return len(self.source.splitlines())

    @property
    def room(self) -> str:
        """The folder or root module of the package, else the top-level folder."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == PACKAGE else parts[0]

    @property
    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    @property
    def imports(self) -> Iterator[str]:
        """The names of the package that it imports anywhere: 'model.Document'."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            yield from (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))


@dataclass(frozen=True)
class House:
    """A checkout and its modules."""

    root: Path

    @property
    def package(self) -> Path:
        return self.root / PACKAGE

    @cached_property
    def everything(self) -> list[Module]:
        """The modules of the package, with its __init__.py files, without what is vendored."""
        return self._read(self.package)

    @cached_property
    def modules(self) -> list[Module]:
        return [module for module in self.everything if module.path.name != "__init__.py"]

    def _read(self, folder: Path) -> list[Module]:
        paths = (path for path in sorted(folder.rglob("*.py")) if "vendor" not in path.parts)
        return [Module.read(path, self.root) for path in paths]

    @cached_property
    def rooms(self) -> set[str]:
        """The rooms of the package that hold Python."""
        return {module.room for module in self.everything} - {"__init__"}

    @cached_property
    def neighbours(self) -> set[str]:
        """The rooms that hold other code, and those beside the package: assets, benchmarks, queries."""
        folders = [path for place in (self.root, self.package) for path in place.iterdir() if path.is_dir()]
        return {f"{path.name}/" for path in folders if self._is_room(path)}

    def _is_room(self, folder: Path) -> bool:
        if folder.name in NO_ROOMS | {PACKAGE} or (
            folder.parent == self.package and folder.name in self.rooms
        ):
            return False
        if folder.name.startswith((".", "_")):
            return False
        return any(path.suffix in CODE for path in folder.rglob("*"))

    @cached_property
    def arrows(self) -> dict[Arrow, list[str]]:
        """From room to room of the package, and the imports behind each."""
        return self._arrows(self.everything)

    @cached_property
    def arrows_from_outside(self) -> dict[Arrow, list[str]]:
        folders = (self.root / name for name in sorted(self.neighbours))
        return self._arrows(module for folder in folders for module in self._read(folder))

    def _arrows(self, modules: Iterable[Module]) -> dict[Arrow, list[str]]:
        arrows: dict[Arrow, list[str]] = defaultdict(list)
        for module in modules:
            for name in module.imports:
                target = name.split(".")[0]
                if module.room != "__init__" and target in self.rooms and target != module.room:
                    arrows[module.room, target].append(f"{module.name} -> {name}")
        return arrows

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where a room stands: it may import from rooms that stand no higher."""
        order = [wing for wing in WORDS["order"] if wing in self.rooms]
        if "text" in order:
            return {room: order.index(room) + 1 if room in order else 0 for room in self.rooms}
        tables = self._layers()
        names = {room: "base" if room in tables["BASE"] else room for room in self.rooms}
        return {room: tables["ROWS"].index(name) for room, name in names.items()}

    def _layers(self) -> dict[str, Any]:
        """The literals of the test of layers."""
        path = next(path for path in (self.root / "tests").rglob("test_layers.py"))
        return {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.List | ast.Set)
        }


@dataclass(frozen=True)
class Figure:
    """A figure of the table; offenders are what it is made of."""

    name: str
    value: str
    bar: str = ""
    offenders: Sequence[str] = ()


def count_rooms(house: House) -> Iterator[Figure]:
    arrows, outside = house.arrows, house.arrows_from_outside
    rooms = sorted(house.rooms) + sorted(house.neighbours)
    yield Figure("rooms (with neighbours)", str(len(rooms)), "<= 20", rooms)
    yield Figure("rooms of Python in the package", str(len(house.rooms)))
    yield Figure("arrows (with neighbours)", str(len(arrows) + len(outside)), "<= 90", _arrow_lines(arrows))
    yield Figure("arrows in the package", str(len(arrows)))
    cycles = [c for c in nx.strongly_connected_components(nx.DiGraph(list(arrows))) if len(c) > 1]
    yield Figure("cycles between rooms", str(len(cycles)), "0", [" ".join(sorted(c)) for c in cycles])
    up = {(a, b): why for (a, b), why in arrows.items() if house.rows[b] > house.rows[a]}
    yield Figure("arrows upward", str(len(up)), "0", _arrow_lines(up))


def _arrow_lines(arrows: dict[Arrow, list[str]]) -> list[str]:
    return [f"{a} -> {b}  ({len(why)}: {why[0]})" for (a, b), why in sorted(arrows.items())]


def count_modules(house: House) -> Iterator[Figure]:
    yield Figure("modules", str(len(house.modules)), "<= 185")
    yield Figure("modules with __init__.py", str(len(house.everything)))
    small = sorted((m.lines, m.name) for m in house.modules if m.lines <= SMALL)
    yield Figure(f"modules of <= {SMALL} lines", str(len(small)), "<= 15", [f"{n:3} {m}" for n, m in small])
    names = defaultdict(list)
    for module in house.modules:
        names[module.path.name].append(module.name)
    shared = {name: modules for name, modules in sorted(names.items()) if len(modules) > 1}
    listed = [f"{name}: {' '.join(modules)}" for name, modules in shared.items()]
    yield Figure("modules that share a file name", str(sum(map(len, shared.values()))), "<= 8", listed)
    lines = sum(module.lines for module in house.everything)
    yield Figure("package lines", f"{lines:,}", "<= 31,000")


def count_names(house: House) -> Iterator[Figure]:
    kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for module in house.everything:
        for function in module.functions:
            if not is_exempt(function):
                kinds[kind_of_name(function.name)].append((module.name, function.name))
    total = sum(map(len, kinds.values()))
    yield Figure("function names judged", f"{total:,}")
    for kind, bar in (("verb-first", ">= 50 %"), ("participles", "<= 5 %"), ("other", "")):
        offenders = [] if kind == "verb-first" else _by_module(kinds[kind])
        yield Figure(f"names {kind}", _percent(len(kinds[kind]), total), bar, offenders)


def is_exempt(function: Function) -> bool:
    """Tell a dunder, a property or a predicate, whose names need no verb."""
    decorators = {ast.unparse(node).split("(")[0].split(".")[-1] for node in function.decorator_list}
    return (
        (function.name.startswith("__") and function.name.endswith("__"))
        or bool(decorators & {"property", "cached_property", "setter", "deleter"})
        or function.name.lstrip("_").split("_")[0] in PREDICATES
        or (function.returns is not None and ast.unparse(function.returns).strip("'\"") == "bool")
    )


def kind_of_name(name: str) -> str:
    """Return 'verb-first', 'participles' or 'other'."""
    first, *rest = name.strip("_").split("_")
    if first in VERBS or (first in AMBIGUOUS and rest and rest[0] not in AFTER_NOUNS):
        return "verb-first"
    if first in PARTICIPLES or (first.endswith(("ed", "ing")) and first not in NO_PARTICIPLES):
        return "participles"
    return "other"


def _by_module(names: Iterable[tuple[str, str]]) -> list[str]:
    modules = defaultdict(list)
    for module, name in names:
        modules[module].append(name)
    return [f"{module}: {' '.join(found)}" for module, found in modules.items()]


def _percent(number: int, total: int) -> str:
    return f"{100 * number / total:.1f} % ({number:,})"


def count_lengths(house: House) -> Iterator[Figure]:
    """Count lines of functions, from the first decorator to the end."""
    functions = [(module, function) for module in house.everything for function in module.functions]
    sizes = sorted((-_size(f), f"{m.name}.{f.name}") for m, f in functions)
    for limit, bar in ((TOO_LONG, "0"), (LONG, "<= 15")):
        longer = [f"{-size} {name}" for size, name in sizes if -size > limit]
        yield Figure(f"functions over {limit} lines", str(len(longer)), bar, longer)
    yield Figure("functions, median", f"{statistics.median(-size for size, _ in sizes):g}", "<= 8")
    bare = [_size(function) - _docstring_size(function) for _, function in functions]
    over = ", ".join(f"{sum(size > limit for size in bare)} over {limit}" for limit in (TOO_LONG, LONG))
    yield Figure("functions without docstring", f"{over}, median {statistics.median(bare):g}")


def _size(function: Function) -> int:
    first = min([function.lineno, *(node.lineno for node in function.decorator_list)])
    return (function.end_lineno or first) - first + 1


def _docstring_size(function: Function) -> int:
    if ast.get_docstring(function) is None:
        return 0
    return (function.body[0].end_lineno or 0) - function.body[0].lineno + 1


def count_docstrings(house: House) -> Iterator[Figure]:
    """Count docstrings that begin with a question word; the share is that of functions."""
    documented = [
        (
            isinstance(node, Function),
            f"{module.name}.{getattr(node, 'name', '')}: {text.splitlines()[0]}",
            text,
        )
        for module in house.everything
        for node in ast.walk(module.tree)
        if isinstance(node, Function | ast.ClassDef | ast.Module) and (text := ast.get_docstring(node))
    ]
    riddles = [(is_function, line) for is_function, line, text in documented if is_riddle(text)]
    of_functions = sum(is_function for is_function, _ in riddles)
    share = _percent(of_functions, sum(is_function for is_function, *_ in documented))
    yield Figure("docstrings of functions What/Who/...", share, "0", [line for _, line in riddles])
    yield Figure("docstrings of all kinds What/Who/...", _percent(len(riddles), len(documented)), "0")


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def is_riddle(docstring: str) -> bool:
    return docstring.split(maxsplit=1)[0].strip(",:").split("'")[0] in RIDDLES


@dataclass
class WingChanges:
    """A profiler that counts calls from a function of one wing into one of another."""

    package: Path
    counts: Counter[str] = field(default_factory=Counter)
    wings: dict[str, str] = field(default_factory=dict)

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame.f_code.co_name == "<module>" or not (callee := self._wing(frame)):
            return
        back = frame.f_back
        while back and self._wing(back) is None:  # through functions of other packages
            back = back.f_back
        caller = back and self._wing(back)
        if caller and caller != callee:
            self.counts[f"{caller} -> {callee}: {frame.f_code.co_qualname}"] += 1

    def _wing(self, frame: FrameType) -> str | None:
        """Return the wing of a function; "" for one of a root module, None for one of elsewhere."""
        name = frame.f_code.co_filename
        if name not in self.wings:
            path = Path(name)
            inside = path.is_relative_to(self.package)
            parts = path.relative_to(self.package).parts if inside else ()
            self.wings[name] = (parts[0] if len(parts) > 1 else "") if inside else "elsewhere"
        wing = self.wings[name]
        return None if wing == "elsewhere" else wing


def count_wing_changes(house: House) -> Iterator[Figure]:
    """Build the first document's Turtle in this process, and count."""
    changes = WingChanges(house.package)
    sys.path.insert(0, str(house.root))
    vars(os).pop("fork", None)  # what a worker would do is then done here
    with tempfile.TemporaryDirectory() as folder:
        command = importlib.import_module(f"{PACKAGE}.cli").main
        run_profiled(lambda: command(["build", "--no-pages", "-o", folder], standalone_mode=False), changes)
        if not (Path(folder) / "graph.ttl").exists():
            raise SystemExit("the first document was not built")
    listed = [f"{number:4} {call}" for call, number in changes.counts.most_common()]
    yield Figure("wing changes to the first Turtle", str(changes.counts.total()), "<= 35", listed)


def run_profiled(function: Callable[[], object], changes: WingChanges) -> None:
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        sys.setprofile(changes.profile)
        try:
            function()
        finally:
            sys.setprofile(None)


COUNTS = [count_rooms, count_modules, count_names, count_lengths, count_docstrings]


def show(figures: Sequence[Figure], *, names: bool) -> None:
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        print(f"{figure.name:{width}}  {figure.value:>22}  {figure.bar}".rstrip())
    for figure in figures if names else ():
        if figure.offenders:
            print(f"\n{figure.name}: {figure.value}", *figure.offenders, sep="\n  ")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, metavar="DIR")
    parser.add_argument("--names", action="store_true", help="list what stands behind each figure")
    parser.add_argument("--no-build", action="store_true", help="leave out the wing changes")
    options = parser.parse_args()
    house = House(options.root.resolve())
    counts = COUNTS if options.no_build else [*COUNTS, count_wing_changes]
    show([figure for count in counts for figure in count(house)], names=options.names)


if __name__ == "__main__":
    main()
