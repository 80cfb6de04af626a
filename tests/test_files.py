"""Files are written whole or not at all."""

import errno
import os
import subprocess
import sys

import pytest

from build_graph.errors import ObligationError
from build_graph.files import write


def test_writes_into_folders_that_do_not_exist_yet(tmp_path):
    path = tmp_path / "a" / "b" / "graph.ttl"
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["graph.ttl"]


def test_replaces_what_was_there(tmp_path):
    path = tmp_path / "graph.ttl"
    path.write_bytes(b"a longer one than the new one")
    write(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "graph.ttl"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ObligationError, match=r"graph\.ttl: cannot be written \(No space left on device\)"):
        write(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.ttl"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [("file/graph.ttl", "Not a directory|File exists"), ("folder", "Is a directory|File exists")],
)
def test_a_place_that_cannot_be_written_is_named(tmp_path, place, reason):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ObligationError, match=f"{place}: cannot be written \\(({reason})\\); choose"):
        write(tmp_path / place, b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_data_are_flushed_to_disk_before_the_rename(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda aside, to: (order.append("rename"), replace(aside, to)))
    write(tmp_path / "graph.ttl", b"new")
    assert order == ["fsync", "rename"]


def test_chinese_names_in_any_locale(tmp_path):
    """One name in UTF-8, even where Python would write names in ASCII."""
    script = "import sys; from pathlib import Path; from build_graph.files import is_file, write\n"
    script += "path = Path(sys.argv[1]) / '\\u56fd\\u53d1.html'; write(path, b'x'); print(is_file(path))"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"
    assert [path.name for path in tmp_path.iterdir()] == ["国发.html"]
