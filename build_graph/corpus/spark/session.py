"""The session with a cluster: opened in bounded time, with errors of one line."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from build_graph.errors import ObligationError, load_extra
from build_graph.graph.store.fingerprints import compute_rules_hash

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ANSWER = 5.0  # seconds that a master may take to answer
_PATIENCE = 300.0  # seconds that workers may take to start work
_STANDALONE = "spark://"
_PORT = 7077  # of a master whose address names none
_SETTINGS = {
    "spark.app.name": "obligations",
    "spark.log.level": "FATAL",  # the driver's: errors are one line here, and in full in the workers' logs
    # No file or part of one may be lost in silence, whatever the defaults of a cluster.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # What a task has done stays when the driver dies: it is there when the task ends, not the whole job.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # leaves no .crc beside files
    "spark.sql.shuffle.partitions": "8",  # until the number of documents is known
    # The rows are few and large: what is done with each takes much longer than looking for a better plan, or
    # than translating the plan into Java and that into machine code, would save.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Batches of few documents: some are of many megabytes.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "32",
    "spark.sql.parquet.columnarReaderBatchSize": "16",
}
_CAUSE = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)*(?P<kind>[\w$]+)(?:Exception|Error): (?P<said>.+)$", re.M)
_FILE = re.compile(r"while reading file (?P<name>\S+?)\.?\s")
_MISSING = re.compile(r"No module named '(?P<name>[\w.]+)'")
_OTHER_RULES = "the workers have another version of this program"


class SparkError(ObligationError):
    """A cluster that cannot be reached, or that failed at the work."""


@contextmanager
def open_session(master: str, patience: float = _PATIENCE) -> Iterator[SparkSession]:
    """Give a session with the cluster of a master, after workers have done a first piece of work.

    Raises MissingExtraError without PySpark; SparkError without Java, if the master does not answer, if no
    worker starts work in `patience` seconds, or if workers lack the program or have another version of it.
    """
    sql = load_extra("pyspark.sql", "spark", "--spark")
    _check_java()
    _check_answers(master)
    with convert_errors(master):
        settings = {**_SETTINGS, "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower()}
        session = sql.SparkSession.builder.master(master).config(map=settings).getOrCreate()
        try:
            _check_workers(session, master, patience)
            blocks = (
                session.sparkContext.defaultParallelism
            )  # the same in every job, even if workers come or go
            session.conf.set("spark.sql.files.minPartitionNum", blocks)
            yield session
        finally:
            session.stop()


def read_submitted_master() -> str:
    """Return the master that spark-submit was given; raise MissingExtraError without PySpark."""
    conf = load_extra("pyspark", "spark", "spark-submit").SparkConf()
    return str(conf.get("spark.master", "local[*]"))


@contextmanager
def convert_errors(where: str) -> Iterator[None]:
    """Convert errors of Spark to a SparkError of one line that begins with `where`."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise SparkError(f"{where}: {_extract_reason(str(error))}") from error


def _extract_reason(said: str) -> str:
    """Return the cause of an error of Spark, in a line.

    >>> _extract_reason("x\\nCaused by: java.io.EOFException: Unexpected end of input stream\\n at y")
    'Unexpected end of input stream (EOF)'
    >>> _extract_reason("Encountered error while reading file file:/a.gz.\\njava.io.EOFException: no end")
    'file:/a.gz cannot be read: no end (EOF)'
    """
    if _OTHER_RULES in said:
        return f"{_OTHER_RULES}; install on them the one that is installed here"
    if missing := _MISSING.search(said):
        return (
            f"the workers' Python has no {missing['name']}; install this program there, or set PYSPARK_PYTHON"
        )
    file = _FILE.search(said)
    place = f"{file['name']} cannot be read: " if file else ""
    if causes := list(_CAUSE.finditer(said)):
        return f"{place}{' '.join(causes[-1]['said'].split())} ({causes[-1]['kind']})"
    return place + " ".join(said.split())[:300]


def _check_java() -> None:
    """Raise SparkError if there is no Java."""
    home = environ.get("JAVA_HOME")
    if not (Path(home, "bin", "java").exists() if home else shutil.which("java")):
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise SparkError(f"--spark: no Java found in {where}; install Java 17 or 21")


def _check_answers(master: str) -> None:
    """Raise SparkError if no master of a standalone cluster answers."""
    if not master.startswith(_STANDALONE):
        return
    faults = [
        fault for address in master.removeprefix(_STANDALONE).split(",") if (fault := _call_master(address))
    ]
    if len(faults) == len(master.split(",")):
        raise SparkError(f"{master}: no master answers ({faults[0]}); check the address, or start one")


def _call_master(address: str) -> str:
    """Return the reason why nobody answers at an address; empty if somebody does."""
    host, _, port = address.rpartition(":") if ":" in address else (address, "", str(_PORT))
    try:
        socket.create_connection((host, int(port)), _ANSWER).close()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def _check_workers(session: SparkSession, master: str, patience: float) -> None:
    """Raise SparkError if no worker does a first piece of work, or one has other rules."""
    found: list[Any] = []
    work = Thread(target=lambda: found.append(_run_first_work(session)), daemon=True)
    work.start()
    work.join(patience)
    if not found:
        session.sparkContext.cancelAllJobs()
        raise SparkError(
            f"{master}: no worker took up work within {patience:.0f} s; see that workers are there, "
            "and have the cores and the memory free that spark.executor.memory asks for"
        )
    if isinstance(found[0], Exception):
        raise found[0]
    check_rules(found[0], compute_rules_hash())


def _run_first_work(session: SparkSession) -> str | Exception:
    """Return the hash of a worker's rules, or the error of asking for it."""
    try:
        return str(session.sparkContext.parallelize([None], 1).map(lambda _: compute_rules_hash()).first())
    except Exception as error:  # raised again by the thread that waits
        return error


def check_rules(theirs: str, ours: str) -> None:
    """Raise SparkError if a worker has other rules than the program that started it."""
    if theirs != ours:
        raise SparkError(f"{_OTHER_RULES}; install on them the one that is installed here")
