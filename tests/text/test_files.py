"""Files are written whole or not at all."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from build_graph.cli import main
from build_graph.errors import ObligationError
from build_graph.files import write_file, write_files


def test_writes_into_folders_that_do_not_exist_yet(tmp_path):
    path = tmp_path / "a" / "b" / "graph.ttl"
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["graph.ttl"]


def test_replaces_what_was_there(tmp_path):
    path = tmp_path / "graph.ttl"
    path.write_bytes(b"a longer one than the new one")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "graph.ttl"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ObligationError, match=r"graph\.ttl: cannot be written \(No space left on device\)"):
        write_file(path, b"new")
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
        write_file(tmp_path / place, b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_data_are_flushed_to_disk_before_the_rename(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (order.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda aside, to: (order.append("rename"), replace(aside, to)))
    write_file(tmp_path / "graph.ttl", b"new")
    assert order[:3] == ["fsync", "rename", "fsync"], "the last is the folder, which holds the name"


def test_chinese_names_in_any_locale(tmp_path):
    """One name in UTF-8, even where Python would write names in ASCII."""
    script = "import sys; from pathlib import Path; from build_graph.files import is_file, write_file\n"
    script += "path = Path(sys.argv[1]) / '\\u56fd\\u53d1.html'; write_file(path, b'x'); print(is_file(path))"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"
    assert [path.name for path in tmp_path.iterdir()] == ["国发.html"]


# ----------------------------------------------------------------------------- all, or none


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_in_the_way_of_the_last_file_keeps_the_first(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "z").mkdir()
    with pytest.raises(ObligationError, match=r"z: cannot be written \(Is a directory\)"):
        write_files({tmp_path / "a": b"new", tmp_path / "z": b"new"})
    assert contents(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("links", [True, False], ids=["links", "a file system without links"])
def test_a_rename_that_fails_puts_the_others_back(tmp_path, monkeypatch, links):
    (tmp_path / "a").write_bytes(b"old")
    replace = os.replace

    def busy(aside, place):
        if place.endswith(b"/c") and b".tmp" in aside:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        replace(aside, place)

    def refused(*_, **__):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "replace", busy)
    if not links:
        monkeypatch.setattr(os, "link", refused)
    with pytest.raises(ObligationError, match=r"c: cannot be written \(Device or resource busy\)"):
        write_files({tmp_path / name: b"new" for name in "abc"})
    assert contents(tmp_path) == {"a": b"old"}


def test_what_ends_in_the_middle_leaves_nothing(tmp_path):
    def breaking():
        yield b"half"
        raise ObligationError("the server is gone")

    with pytest.raises(ObligationError, match="the server is gone"):
        write_files({tmp_path / "a": b"new", tmp_path / "b": breaking()})
    assert contents(tmp_path) == {}


def test_a_page_that_cannot_be_written_keeps_the_graph(tmp_path):
    document = tmp_path / "a.txt"
    document.write_text("一、任务\n（一）加强管理。完善制度。（商务部、财政部）\n", encoding="utf-8")
    run = CliRunner().invoke(main, ["build", str(document), "-o", str(tmp_path / "o")])
    assert run.exit_code == 0, run.output
    before = contents(tmp_path / "o")
    (tmp_path / "o" / "network.html").unlink()
    (tmp_path / "o" / "network.html" / "x").mkdir(parents=True)
    document.write_text(document.read_text(encoding="utf-8").replace("制度", "机制"), encoding="utf-8")
    run = CliRunner().invoke(main, ["build", str(document), "-o", str(tmp_path / "o")])
    assert (run.exit_code, run.stderr.count("\n")) == (1, 1)
    assert "network.html: cannot be written (Is a directory)" in run.stderr
    del before["network.html"]
    assert contents(tmp_path / "o") == before


# -------------------------------------------------------------------------- killed builds


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_build_left_is_tidied(tmp_path):
    dead, alive = gone(), os.getppid()
    left = [f".graph.ttl.{dead}.tmp", f".graph.ttl.{dead}.old.tmp", f".a.html.{dead}.tmp"]
    stay = [f".graph.ttl.{alive}.tmp", f".other.ttl.{dead}.tmp", ".graph.ttl.x.tmp"]
    for name in (*left, *stay):
        (tmp_path / name).write_bytes(b"half")
    write_files({tmp_path / "graph.ttl": b"new", tmp_path / "a.html": b"new"})
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*stay, "graph.ttl", "a.html"])


# ---------------------------------------------------------------------- links and devices


@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing yet"])
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path, there):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target.ttl", tmp_path / "graph.ttl"
    if there:
        target.write_bytes(b"old")
    link.symlink_to(target)
    write_file(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["far", "graph.ttl", "target.ttl"]


def test_links_that_go_in_circles_are_a_line(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(ObligationError, match=r"a: cannot be written \(Too many levels of symbolic links\)"):
        write_file(tmp_path / "a", b"new")


def test_a_pipe_is_written_into(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_file(pipe, iter([b"ne", b"w"]))
    reader.join(10)
    assert (read, pipe.is_fifo()) == ([b"new"], True)


def test_a_device_stays_one(tmp_path):
    places = [tmp_path / "link"]
    places[0].symlink_to("/dev/null")
    if os.geteuid() == 0:
        places.append(tmp_path / "null")
        os.mknod(places[1], 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    for place in places:
        write_file(place, b"new")
        assert place.is_char_device()


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes devices")
def test_a_disk_is_not_written_over(tmp_path):
    os.mknod(tmp_path / "disk", 0o666 | stat.S_IFBLK, os.makedev(7, 250))
    with pytest.raises(ObligationError, match=r"disk: cannot be written \(is a disk\)"):
        write_file(tmp_path / "disk", b"new")


@pytest.mark.parametrize("where", ["a pipe", "a file"])
def test_standard_output_by_its_name(tmp_path, where):
    """What stands in the file already stays, as the shell's >> would have it."""
    (tmp_path / "link").symlink_to("/dev/stdout")
    script = "from pathlib import Path; from build_graph.files import write_file; print('first', flush=True);"
    script += f"write_file(Path({str(tmp_path / 'link')!r}), b'new\\n'); print('last')"
    command = [sys.executable, "-c", script]
    if where == "a pipe":
        said = subprocess.run(command, check=True, capture_output=True).stdout
    else:
        with (tmp_path / "out").open("ab") as file:
            subprocess.run(command, check=True, stdout=file)
        said = (tmp_path / "out").read_bytes()
    assert said == b"first\nnew\nlast\n"
    assert (tmp_path / "link").is_symlink()


def test_an_export_goes_to_standard_output_alone(tmp_path):
    """The description has no place beside it, and what is told goes to stderr."""
    (tmp_path / "out.nt").symlink_to("/dev/stdout")
    graph = tmp_path / "graph.nt"
    graph.write_bytes(b"<a:s> <a:p> <a:o> .\n")
    command = [sys.executable, "-m", "build_graph.cli", "export", str(graph), "--format", "nt"]
    done = subprocess.run([*command, "-o", str(tmp_path / "out.nt")], check=True, capture_output=True)
    assert done.stdout == graph.read_bytes()
    assert done.stderr.startswith(f"wrote {tmp_path / 'out.nt'}: 1 statements".encode())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.nt", "out.nt"]


@pytest.mark.parametrize(("form", "said"), [("graphml", "null: 1 statements"), ("jsonld", "two files")])
def test_other_exports_to_a_device(tmp_path, form, said):
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "graph.nt").write_bytes(b"<a:s> <a:p> <a:o> .\n")
    command = ["export", tmp_path / "graph.nt", "--format", form, "-o", tmp_path / "null"]
    run = CliRunner().invoke(main, list(map(str, command)))
    assert (said in run.stderr, run.stdout, run.stderr.count("\n")) == (True, "", 1)
