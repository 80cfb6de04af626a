"""Brings the files of a vendor.toml from npm and writes them again, byte for byte.

    python3 .ci/vendor.py [MANIFEST]...

It needs npm. A file is a copy of one file of a package, or a bundle that esbuild makes of some packages, with
their licences at its head, since it ends up in pages that have no file beside them. Nothing is written unless
every file has the sha256 that its manifest names.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = (ROOT / "build_graph/vendor/vendor.toml", ROOT / "tests/vendor/vendor.toml")
MINIFIED = ("--bundle", "--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning")

Entry = dict[str, Any]  # a [[file]] of a manifest


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm; its errors end the program."""
    subprocess.run(["npm", *arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL)


@cache
def contents(package: str) -> dict[str, bytes]:
    """Return the files of `NAME@VERSION`, by their path in the package."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        npm("pack", "--silent", package, cwd=folder)
        (archive,) = folder.glob("*.tgz")
        found = {}
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
            for member in tar:
                if member.isfile() and (data := tar.extractfile(member)):
                    found[member.name.partition("/")[2]] = data.read()
    return found


def copied(file: Entry) -> bytes:
    """One file of a package, after what the manifest puts at its head."""
    return file.get("head", "").encode() + contents(file["package"])[file["source"]]


def unpack(package: str, modules: Path) -> None:
    """Put a package where a bundler looks for it."""
    for name, data in contents(package).items():
        path = modules / package.rpartition("@")[0] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def bundle(file: Entry, licences: dict[str, bytes]) -> bytes:
    """One script of many packages, after the texts of their licences."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for package in file["packages"]:
            unpack(package, folder / "node_modules")
        (folder / "entry.js").write_text(file["entry"], encoding="utf-8")
        options = (*MINIFIED, *file["options"], "--outfile=out.js")
        command = ("exec", "--yes", f"--package={file['bundler']}", "--", "esbuild", "entry.js")
        npm(*command, *options, cwd=folder)
        script = (folder / "out.js").read_bytes()
    texts = [licences[f"{Path(file['path']).parent}/{name}"].decode().strip() for name in file["licences"]]
    head = "\n\n".join(("Made of " + ", ".join(file["packages"]) + ".", *texts))
    if "*/" in head:
        raise SystemExit(f"vendor: a licence of {file['path']} ends the comment that it stands in")
    return f"/*!\n{head}\n*/\n".encode() + script


def brought(manifest: Path) -> dict[str, bytes]:
    """Return the files of a manifest by their path; a bundle comes after the licences that it quotes."""
    files: list[Entry] = tomllib.loads(manifest.read_text(encoding="utf-8"))["file"]
    found = {file["path"]: copied(file) for file in files if "package" in file}
    found |= {file["path"]: bundle(file, found) for file in files if "bundler" in file}
    sums = {file["path"]: file["sha256"] for file in files}
    wrong = [
        f"{manifest}: {path} has sha256 {hashlib.sha256(data).hexdigest()}"
        for path, data in found.items()
        if hashlib.sha256(data).hexdigest() != sums[path]
    ]
    if wrong:
        raise SystemExit("\n".join((*wrong, "vendor: not what the manifest says; nothing was written")))
    return found


def main() -> None:
    """Write the files of the manifests that are named, else of all."""
    manifests = [Path(name) for name in sys.argv[1:]] or list(MANIFESTS)
    files = {m.parent / path: data for m in manifests for path, data in brought(m).items()}
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    print(f"vendor: wrote {len(files)} files, {sum(map(len, files.values())):,} bytes")


if __name__ == "__main__":
    main()
