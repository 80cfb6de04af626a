"""What is not ours: it is what the manifests say, each file with its licence, and nothing beside it."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from places import TESTS

from build_graph.resources import find_folder

SHIPPED = find_folder("vendor")
FOR_TESTS = TESTS / "vendor"
EXACT = re.compile(r"(@[a-z-]+/)?[a-z0-9.-]+@\d+\.\d+\.\d+")  # a package and one version of it


def faults(vendor: Path) -> list[str]:
    """What is wrong with a folder of files that are not ours."""
    files = tomllib.loads((vendor / "vendor.toml").read_text(encoding="utf-8"))["file"]
    listed = {file["path"] for file in files}
    there = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    found = [f"missing: {path}" for path in sorted(listed - there)]
    found += [f"unlisted: {path}" for path in sorted(there - listed - {"vendor.toml"})]
    for file in files:
        path = vendor / file["path"]
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
            found.append(f"changed: {file['path']}")
        if "LICENSE" in path.name:
            continue
        if not file.get("licences"):
            found.append(f"without a licence: {file['path']}")
        for name in file.get("licences", ()):
            licence = path.with_name(name)
            if licence.relative_to(vendor).as_posix() not in listed or not licence.exists():
                found.append(f"without its licence {name}: {file['path']}")
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "vendor"))


@pytest.mark.parametrize("vendor", [SHIPPED, FOR_TESTS], ids=["shipped", "for tests"])
def test_the_files_are_what_the_manifest_says(vendor: Path) -> None:
    assert faults(vendor) == []


@pytest.mark.parametrize("vendor", [SHIPPED, FOR_TESTS], ids=["shipped", "for tests"])
def test_every_version_is_exact(vendor: Path) -> None:
    for file in tomllib.loads((vendor / "vendor.toml").read_text(encoding="utf-8"))["file"]:
        for package in file.get("packages", [file.get("package")]):
            assert EXACT.fullmatch(package), f"{file['path']}: {package}"


def test_every_package_of_a_bundle_has_its_licence() -> None:
    files = tomllib.loads((SHIPPED / "vendor.toml").read_text(encoding="utf-8"))["file"]
    package = {file["path"]: file.get("package") for file in files}
    bundles = [file for file in files if "bundler" in file]
    assert bundles
    for file in bundles:
        beside = Path(file["path"]).parent
        assert [package[f"{beside}/{name}"] for name in file["licences"]] == file["packages"]


# The check of the files finds each kind of fault.


def test_a_changed_byte_is_found(copy: Path) -> None:
    path = copy / "vis-network" / "vis-network.js"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    assert faults(copy) == ["changed: vis-network/vis-network.js"]


def test_a_file_that_is_not_listed_is_found(copy: Path) -> None:
    (copy / "vis-network" / "more.js").write_text("")
    assert faults(copy) == ["unlisted: vis-network/more.js"]


def test_a_file_that_is_missing_is_found(copy: Path) -> None:
    (copy / "vis-network" / "vis-network.js").unlink()
    assert faults(copy) == ["missing: vis-network/vis-network.js"]


def test_a_licence_that_is_missing_is_found(copy: Path) -> None:
    (copy / "noto-sans-sc" / "LICENSE").unlink()
    assert faults(copy) == [
        "missing: noto-sans-sc/LICENSE",
        "without its licence LICENSE: noto-sans-sc/noto-sans-sc-400.woff",
    ]


def test_a_file_that_names_no_licence_is_found(copy: Path) -> None:
    manifest = copy / "vendor.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('licences = ["LICENSE"]', ""))
    assert faults(copy) == ["without a licence: noto-sans-sc/noto-sans-sc-400.woff"]


# What the rest of the program counts on.


def test_the_script_can_stand_in_a_page() -> None:
    """Nothing in it ends a script element, names a host, adds a style or makes code out of text."""
    text = (SHIPPED / "vis-network" / "vis-network.js").read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    for bad in ("</script", "<!--", "://", 'createElement("style")', "innerHTML", "eval(", "new Function"):
        assert bad not in text, bad


def test_the_script_tells_its_licences() -> None:
    """It is copied into pages that people pass on: the licences go with it."""
    text = (SHIPPED / "vis-network" / "vis-network.js").read_text(encoding="utf-8")
    head = text[: text.index("*/")]
    for path in (SHIPPED / "vis-network").glob("LICENSE-*"):
        assert path.read_text(encoding="utf-8").strip() in head, path.name


def test_the_font_has_what_charts_write() -> None:
    """Letters, digits, the punctuation of documents and every character of the agencies' names."""
    with TTFont(SHIPPED / "noto-sans-sc" / "noto-sans-sc-400.woff") as font:
        characters = font.getBestCmap()
    registry = (find_folder("ontology") / "agencies.ttl").read_text(encoding="utf-8")
    names = "".join(re.findall(r'skos:prefLabel "([^"]*)"@zh', registry))
    assert len(names) > 500
    wanted = "".join(map(chr, range(0x20, 0x7F))) + "，。、；：（）《》“”〔〕—…·％" + names
    assert sorted({c for c in wanted if ord(c) not in characters}) == []
