"""A standalone Spark cluster on loopback: a master and workers of one core, stopped by their process ids."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import pyspark
from places import ROOT

_HOME = Path(pyspark.__file__).parent
_MASTER = re.compile(r"Starting Spark master at (?P<url>spark://\S+)")
_REGISTERED = "Successfully registered with master"
_PATIENCE = 180  # seconds that a daemon may take to start
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # starts sooner: no test runs long enough to gain by more
_SETTINGS = """
spark.driver.memory 600m
spark.driver.extraJavaOptions {java}
spark.executor.memory 600m
spark.executor.extraJavaOptions {java}
spark.ui.enabled false
spark.sql.files.openCostInBytes 1k
spark.shuffle.io.retryWait 1s
"""
_CHECKOUT = ROOT


@dataclass(slots=True)
class Daemon:
    """A process of the cluster, and the file that it logs to."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, words: str) -> re.Match[str]:
        """What the log says, once it does; raises AssertionError where it does not in time."""
        end = monotonic() + _PATIENCE
        while monotonic() < end and self.process.poll() is None:
            if found := re.search(words, self.log.read_text(errors="replace")):
                return found
            sleep(0.1)
        raise AssertionError(f"no {words!r} in:\n{self.log.read_text(errors='replace')}")

    def wait_until_idle(self) -> None:
        """Wait until nothing that it started runs any more."""
        end = monotonic() + _PATIENCE
        while left := [pid for pid in descendants(self.process.pid) if _is_running(pid)]:
            assert monotonic() < end, left
            sleep(0.1)

    def kill(self) -> None:
        """End it and all that it started, as a machine that breaks down does."""
        for pid in (self.process.pid, *descendants(self.process.pid)):
            _send(pid, signal.SIGKILL)
        self.process.wait(_PATIENCE)

    def stop(self) -> None:
        """Let it end; whatever is left of it after that is killed."""
        started = list(descendants(self.process.pid))
        if self.process.poll() is None:
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        for pid in (self.process.pid, *started):
            _send(pid, signal.SIGKILL)
        self.process.wait(_PATIENCE)


@dataclass(slots=True)
class Cluster:
    """A master, and the workers that it knows."""

    url: str
    folder: Path
    java: str  # options of its processes
    workers: list[Daemon] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What a program that uses the cluster needs to be told: how much an executor may take, and more."""
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        (conf / "spark-defaults.conf").write_text(_SETTINGS.format(java=self.java))
        return {**_environment(self.java), "SPARK_CONF_DIR": str(conf)}


@contextmanager
def cluster(folder: Path, workers: int = 2, java: str = _JAVA) -> Iterator[Cluster]:
    """A cluster that works in a folder, for as long as it is needed."""
    environment = _environment(java)
    daemons = [_start(environment, "master.Master", folder / "master.log", "--port", "0")]
    try:
        found = Cluster(daemons[0].wait_for(_MASTER.pattern)["url"], folder, java)
        for number in range(workers):
            work = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}")]
            log = folder / f"worker-{number}.log"
            daemons.append(_start(environment, "worker.Worker", log, *work, found.url))
        found.workers = daemons[1:]
        for worker in found.workers:
            worker.wait_for(_REGISTERED)
        yield found
    finally:
        for daemon in reversed(daemons):
            daemon.stop()


def _start(environment: dict[str, str], name: str, log: Path, *arguments: str) -> Daemon:
    command = [
        str(_HOME / "bin" / "spark-class"),
        f"org.apache.spark.deploy.{name}",
        "--host",
        "127.0.0.1",
        "--webui-port",
        "0",
    ]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *arguments], stdout=file, stderr=subprocess.STDOUT, env=environment
        )
    return Daemon(process, log)


def _environment(java: str) -> dict[str, str]:
    """Where daemons and programs find Python and this checkout, and that nothing leaves the machine."""
    return {
        **os.environ,
        "PYTHONPATH": str(_CHECKOUT),
        "SPARK_HOME": str(_HOME),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": java,
    }


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they started."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):  # Java starts processes from any thread
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                yield child
                yield from descendants(child)


def _is_running(pid: int) -> bool:
    """Whether a process is there and has not ended; the JVM leaves some ended ones for good."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
