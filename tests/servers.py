"""A whole running copy on a clone: granian, Celery worker, beat and the provider simulator, as people meet them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wallet_project.local import bank, places, processes, services
from wallet_project.local.run import wait_until_answers
from wallet_project.local.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class WalletServer:
    """Addresses of the copy, and the runner whose programs a fault test may kill."""

    url: str
    simulator_url: str
    bank_url: str
    redis_url: str
    database: str
    runner: processes.Runner

    def log(self, name: str) -> str:
        """Everything a program has said so far."""
        return self.runner.log(name).read_text(errors="replace")


@pytest.fixture(scope="module")
def wallet_server(clone_db: str) -> Iterator[WalletServer]:
    """Started once per module."""
    with running_copy(clone_db) as server:
        yield server


@contextmanager
def running_copy(database: str) -> Iterator[WalletServer]:
    """A copy on a clone and a Valkey of its own; stopped with everything it started."""
    var = Path(os.environ["WALLET_VAR"]) / services.COPIES / database
    var.mkdir(parents=True)
    places.write_private(var / "secrets.json", (Path(os.environ["WALLET_VAR"]) / "secrets.json").read_text())
    valkey = Valkey(var)
    valkey.start()
    environment = copy_environment(var, valkey.url)
    runner = processes.Runner(var, environment, show_output=False)
    server = WalletServer(
        environment["PUBLIC_URL"],
        environment["SIMULATOR_URL"],
        environment["BANK_URL"],
        valkey.url,
        database,
        runner,
    )
    try:
        bank.make_folder(var)
        for name, command in processes.read_procfile(places.ROOT / "Procfile", environment).items():
            runner.start(name, command)
        wait_until_answers(runner, f"{server.url}/readyz", exactly=200)
        wait_until_answers(runner, server.simulator_url)
        wait_until_answers(runner, f"{server.bank_url}/_mock/health", exactly=200)
        bank.open_account(server.bank_url)
        yield server
    finally:
        runner.stop()
        valkey.stop()


def copy_environment(var: Path, redis_url: str) -> dict[str, str]:
    """As `bin/run` gives it, on free ports and with one process of each kind."""
    port, simulator_port, bank_port = places.free_port(), places.free_port(), places.free_port()
    return {
        **os.environ,
        "WALLET_ENV": "dev",
        "WALLET_VAR": str(var),
        "DJANGO_SETTINGS_MODULE": "wallet_project.settings.dev",
        "REDIS_URL": redis_url,
        "PYTHON": str(places.PYTHON),
        "PYTHONUNBUFFERED": "1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "SIMULATOR_PORT": str(simulator_port),
        "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
        "BANK_PORT": str(bank_port),
        "BANK_URL": f"http://127.0.0.1:{bank_port}",
        "WEB_WORKERS": "1",
        "WEB_THREADS": "4",
        "WORKER_PROCESSES": "1",
        "LOG_FORM": "json",
    }
