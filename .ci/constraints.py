"""Writes constraints.txt: the exact version of each package that the tests ran with.

    .venv/bin/python .ci/constraints.py

It goes through what setup.cfg asks for of .[test,dev], and what that asks for, as it is installed here. The
versions hold for this version of Python: another has other wheels, and finds its own within setup.cfg.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from configparser import ConfigParser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("test", "dev")
HEAD = "# What the tests ran with; `make constraints` writes it anew. It holds for one version of Python.\n"


def asked(extras: tuple[str, ...]) -> Iterator[Requirement]:
    """Return what setup.cfg requires, with what its own extras name."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = [config["options"]["install_requires"]]
    lines += [config["options.extras_require"][extra] for extra in extras]
    for line in "\n".join(lines).splitlines():
        if not (words := line.partition("#")[0].strip()):
            continue
        one = Requirement(words)
        if one.name == config["metadata"]["name"]:
            yield from asked(tuple(one.extras))
        else:
            yield one


def installed(wanted: Iterator[Requirement]) -> dict[str, str]:
    """Return the versions of these packages, and of all that they require."""
    found: dict[str, str] = {}
    waiting = [(one, frozenset(one.extras)) for one in wanted]
    seen = set()
    while waiting:
        one, extras = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            package = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"constraints: {name} is not installed; run: make test")
        found[name] = package.version
        for line in package.requires or ():
            more = Requirement(line)
            if any(_applies(more, extra) for extra in {"", *extras}):
                waiting.append((more, frozenset(more.extras)))
    return found


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def main() -> None:
    """Write constraints.txt."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = installed(asked(EXTRAS))
    lines = [
        f'{name}=={version}; python_version == "{python}"\n' for name, version in sorted(versions.items())
    ]
    (ROOT / "constraints.txt").write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
