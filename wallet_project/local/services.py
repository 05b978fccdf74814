"""PostgreSQL and Valkey of one copy: started here, or the ones the environment names. One holder per data folder."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from wallet_project.local import processes
from wallet_project.local.console import Stop, step
from wallet_project.local.places import write_private
from wallet_project.local.postgres import Postgres
from wallet_project.local.valkey import Valkey

COPIES = "copies"  # what tests start beside the servers lives in folders of its own under this one


@dataclass
class Services:
    """Started servers with the variables that lead to them. ``close`` stops what ``start`` started."""

    var: Path
    environment: dict[str, str]
    postgres: Postgres | None
    valkey: Valkey | None
    lock: IO[str]

    def close(self) -> None:
        """Stops the servers and what a killed test left running, forgets the addresses, lets the next one in."""
        _end_copies(self.var)
        if self.valkey:
            self.valkey.stop()
        if self.postgres:
            self.postgres.stop()
        urls_file(self.var).unlink(missing_ok=True)
        self.lock.close()


def hold(var: Path) -> IO[str]:
    """Takes the data folder for this process and ends what a killed run left in it."""
    lock = _take(var)
    processes.end_left_behind(var)
    _end_copies(var)
    return lock


def _end_copies(var: Path) -> None:
    copies = var / COPIES
    for folder in copies.glob("*"):
        processes.end_left_behind(folder)
    shutil.rmtree(copies, ignore_errors=True)


def start(var: Path, lock: IO[str], *, wallet_env: str, durable: bool) -> Services:
    """Starts what the environment does not give; ``lock`` comes from ``hold`` and is closed with the rest."""
    held = Services(var, {"WALLET_ENV": wallet_env, "WALLET_VAR": str(var)}, None, None, lock)
    try:
        given = _given()
        before = ports_before(var)
        held.environment |= given
        if "DATABASE_URL" not in given:
            with step("Starting PostgreSQL"):
                held.postgres = Postgres(var, durable=durable)
                held.postgres.start(preferred_port=before.get("DATABASE_URL", 0))
                held.environment |= _addresses(held.postgres)
        if "REDIS_URL" not in given:
            with step("Starting Valkey"):
                held.valkey = Valkey(var)
                held.valkey.start(preferred_port=before.get("REDIS_URL", 0))
                held.environment["REDIS_URL"] = held.valkey.url
    except BaseException:
        held.close()
        raise
    return held


def _take(var: Path) -> IO[str]:
    """The lock ends with its process, so a killed run never blocks the next."""
    lock = (var / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise Stop(f"{var} is in use by {holder}: stop that first, or set WALLET_VAR to another folder.") from None
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock


def _given() -> dict[str, str]:
    """Servers the environment names are used as they are."""
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READONLY_URL", "REDIS_URL")
    given = {name: os.environ[name].strip() for name in names if os.environ.get(name, "").strip()}
    if ("DATABASE_URL" in given) != ("DATABASE_OWNER_URL" in given):
        raise Stop(
            "Set both DATABASE_URL (the app role) and DATABASE_OWNER_URL (the owner, for migrations), or neither."
        )
    return given


def _addresses(postgres: Postgres) -> dict[str, str]:
    roles = postgres.addresses()
    return {"DATABASE_URL": roles.app, "DATABASE_OWNER_URL": roles.owner, "DATABASE_READONLY_URL": roles.readonly}


# --- urls.env


def urls_file(var: Path) -> Path:
    """The addresses of the running copy, to be sourced by a shell."""
    return var / "urls.env"


def write_urls(var: Path, values: dict[str, str]) -> None:
    """One exported variable per line; only its owner may read it."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    write_private(urls_file(var), "\n".join(lines) + "\n")
    ports = [
        f"{name}={urlsplit(values[name]).port}"
        for name in ("DATABASE_URL", "REDIS_URL", "SIMULATOR_URL", "BANK_URL")
        if name in values
    ]
    write_private(var / "ports", "\n".join(ports) + "\n")


def ports_before(var: Path) -> dict[str, int]:
    """The same ports as last time, if they are free, so that open shells and tools keep working."""
    try:
        pairs = (line.split("=") for line in (var / "ports").read_text().splitlines())
        return {name: int(port) for name, port in pairs}
    except (OSError, ValueError):
        return {}
