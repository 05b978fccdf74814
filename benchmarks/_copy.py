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
    """Where it answers."""

    host: str
    port: int


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
def running() -> Iterator[Copy]:
    """Web, worker and beat on the current database; stopped at the end. Two web processes of four threads each."""
    with tempfile.TemporaryDirectory(prefix="wallet-bench-") as folder:
        var = Path(folder)
        (var / "secrets.json").write_bytes((Path(os.environ["WALLET_VAR"]) / "secrets.json").read_bytes())
        port = places.free_port()
        environment = _environment(var, port)
        runner = processes.Runner(var, environment, show_output=False)
        try:
            for name, command in processes.read_procfile(places.ROOT / "Procfile", environment).items():
                if name in PROGRAMS:
                    runner.start(name, command)
            wait_until_answers(runner, f"http://127.0.0.1:{port}/readyz", exactly=200)
            yield Copy("127.0.0.1", port)
        finally:
            runner.stop()


def _environment(var: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "WALLET_ENV": "dev",
        "WALLET_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "benchmarks._settings",
        "PYTHON": str(places.PYTHON),
        "PYTHONUNBUFFERED": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "SIMULATOR_PORT": "0",
        "SIMULATOR_URL": "http://127.0.0.1:1",
        "WEB_WORKERS": os.environ.get("WEB_WORKERS", "2"),
        "WEB_THREADS": os.environ.get("WEB_THREADS", "4"),
        "WORKER_PROCESSES": os.environ.get("WORKER_PROCESSES", "1"),
        "LOG_FORM": "json",
    }
