"""What is installed is written down: one version of each package, within what setup.cfg allows."""

from __future__ import annotations

from configparser import ConfigParser

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT

CONFIG = ConfigParser()
CONFIG.read(ROOT / "setup.cfg", encoding="utf-8")
PINNED = {
    canonicalize_name(one.name): one
    for one in map(Requirement, (ROOT / "constraints.txt").read_text("utf-8").splitlines()[1:])
}
FLOORS = {
    "pdfplumber": ("0.11.8", "its pdfminer.six unpickles files that a PDF names"),
    "jinja2": ("3.1.5", "a template can leave its sandbox"),
    "h11": ("0.14", "it takes malformed chunks"),
    "urllib3": ("2.6.2", "what it unpacks of a redirect has no limit"),
}


def wanted() -> dict[str, list[Requirement]]:
    """What setup.cfg asks for, by name."""
    extras = {name: lines for name, lines in CONFIG["options.extras_require"].items() if name != "fuzz"}
    lines = "\n".join([CONFIG["options"]["install_requires"], *extras.values()]).splitlines()
    found: dict[str, list[Requirement]] = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in lines)):
        one = Requirement(line)
        if one.name != CONFIG["metadata"]["name"]:
            found.setdefault(canonicalize_name(one.name), []).append(one)
    return found


@pytest.mark.parametrize("name", sorted(wanted()))
def test_every_package_has_a_version_that_setup_allows(name: str) -> None:
    (version,) = PINNED[canonicalize_name(name)].specifier
    assert version.operator == "=="
    assert all(one.specifier.contains(version.version) for one in wanted()[name])


def test_versions_hold_for_the_python_that_was_tested() -> None:
    """Another has other wheels: a version of this one must not keep it from being installed."""
    assert {str(one.marker) for one in PINNED.values()} == {'python_version == "3.11"'}


@pytest.mark.parametrize("name", FLOORS)
def test_versions_with_known_faults_are_not_allowed(name: str) -> None:
    version, fault = FLOORS[name]
    assert not any(one.specifier.contains(version) for one in wanted()[name]), fault
