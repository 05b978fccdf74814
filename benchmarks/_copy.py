"""A running copy to be measured: its own database, granian, worker and beat, as `bin/run` starts them."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import databases
from wallet_project.local import places, processes
from wallet_project.local.run import wait_until_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("web", "worker", "beat")


@dataclass(frozen=True, slots=True)
class Copy:
    """Where it answers, and what its programs cost."""

    host: str
    port: int
    runner: processes.Runner

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time so far of each program with its children, and of the database."""
        used = {name: _of_session(process.pid) for name, process in self.runner.running.items()}
        return used | {"postgres": _of_family(_postmaster())}


@contextmanager
def fresh_database() -> Iterator[str]:
    """A clone of the migrated template; this process and its children are led to it, then it is dropped."""
    name = databases.clone(databases.ensure_template())
    try:
        with databases.aimed_at(name):
            yield name
    finally:
        databases.drop(name)


@contextmanager
def running(settings: str = "benchmarks._settings") -> Iterator[Copy]:
    """Web, worker and beat on the current database; stopped at the end. Two web processes of four threads each."""
    with tempfile.TemporaryDirectory(prefix="wallet-bench-") as folder:
        var = Path(folder)
        (var / "secrets.json").write_bytes((Path(os.environ["WALLET_VAR"]) / "secrets.json").read_bytes())
        port = places.free_port()
        environment = _environment(var, port, settings)
        runner = processes.Runner(var, environment, show_output=False)
        try:
            for name, command in processes.read_procfile(places.ROOT / "Procfile", environment).items():
                if name in PROGRAMS:
                    runner.start(name, command)
            wait_until_answers(runner, f"http://127.0.0.1:{port}/readyz", exactly=200)
            yield Copy("127.0.0.1", port, runner)
        finally:
            runner.stop()


def _environment(var: Path, port: int, settings: str) -> dict[str, str]:
    return {
        **os.environ,
        "WALLET_ENV": "dev",
        "WALLET_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHON": str(places.PYTHON),
        "PYTHONUNBUFFERED": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "SIMULATOR_PORT": "0",
        "SIMULATOR_URL": "http://127.0.0.1:1",
        "BANK_PORT": "0",
        "BANK_URL": "http://127.0.0.1:1",
        "WEB_WORKERS": os.environ.get("WEB_WORKERS", "2"),
        "WEB_THREADS": os.environ.get("WEB_THREADS", "4"),
        "WORKER_PROCESSES": os.environ.get("WORKER_PROCESSES", "1"),
        "LOG_FORM": "json",
    }


_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: str) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, group, session …; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _everybody() -> list[tuple[int, list[str]]]:
    found = ((int(entry.name), _stat(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [(pid, fields) for pid, fields in found if fields]


def _seconds(fields: list[str]) -> float:
    """Own time and that of children that have ended."""
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / _TICKS


def cpu_of(pid: int) -> float:
    """Processor time so far of one process, in seconds."""
    return _seconds(_stat(str(pid)))


def _of_session(leader: int) -> float:
    return sum(_seconds(fields) for _, fields in _everybody() if int(fields[3]) == leader)


def _of_family(parent: int) -> float:
    return sum(_seconds(fields) for pid, fields in _everybody() if parent in (pid, int(fields[1])))


def _postmaster() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return int(_stat(str(backend))[1])
