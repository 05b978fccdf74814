"""Template and clones: the owner migrates once, every test process works on a copy as the app role.

TRUNCATE is refused to both roles, so nothing is ever flushed: ordinary tests roll back, the others get a
clone of their own (``CREATE DATABASE … TEMPLATE``), made and dropped by the owner.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE_PREFIX, CLONE_PREFIX = "wallet_template_", "wallet_clone_"
FORGOTTEN_SECONDS = 6 * 3600
LOCK = 7302
DROP_TRIES = 50
ALIASES = ("default", "owner")


@contextmanager
def _owner() -> Iterator[psycopg.Connection]:
    """The owner, on the database of the running copy; CREATE DATABASE needs autocommit."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        yield connection


def at(url: str, name: str) -> str:
    """The same address with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def fingerprint() -> str:
    """Changes when the template would: migrations, SQL, installed packages."""
    digest = hashlib.sha256()
    sources = [
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("*/migrations/frozen/**/*.sql"),
        *ROOT.glob("ledger/sql/**/*.sql"),
        *ROOT.glob("*/sql/**/*.sql"),
        ROOT / "ledger/management/commands/setup_roles.py",
        ROOT / "ledger/chart.py",
        ROOT / "accounts/staff/policy.py",
        ROOT / "requirements.txt",
        ROOT / "wallet_project/settings/base.py",
        ROOT / "wallet_project/settings/auth.py",
    ]
    for source in sorted(set(sources)):
        digest.update(f"{source.relative_to(ROOT)}\0".encode() + source.read_bytes())
    return digest.hexdigest()[:16]


def ensure_template() -> str:
    """The template's name; built by the first process that comes, while the others wait."""
    name = f"{TEMPLATE_PREFIX}{fingerprint()}"
    with _owner() as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if not _exists(owner, name):
            _drop_forgotten(owner, keep=name)
            draft = empty()
            _migrate(draft)
            owner.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
        owner.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def _migrate(name: str) -> None:
    from django.core.management import call_command

    with aimed_at(name):
        call_command("setup_roles")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("open_chart", verbosity=0)


def _exists(owner: psycopg.Connection, name: str) -> bool:
    return owner.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop_forgotten(owner: psycopg.Connection, *, keep: str) -> None:
    """Templates of older code, and clones of runs that were killed hours ago."""
    rows = owner.execute("SELECT datname FROM pg_database WHERE datname LIKE 'wallet\\_%'").fetchall()
    for (name,) in rows:
        old_template = name.startswith(TEMPLATE_PREFIX) and name != keep
        born = name.removeprefix(CLONE_PREFIX).split("_")[0]
        old_clone = name.startswith(CLONE_PREFIX) and born.isdigit() and time.time() - int(born) > FORGOTTEN_SECONDS
        if old_template or old_clone:
            drop(name)


def _new_name() -> str:
    """Tells when it was made, so that a later run knows what was forgotten."""
    return f"{CLONE_PREFIX}{int(time.time())}_{secrets.token_hex(4)}"


def empty() -> str:
    """A new database without any table; the caller drops it."""
    name = _new_name()
    with _owner() as owner:
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return name


def clone(template: str) -> str:
    """A new database equal to the template; the caller drops it."""
    name = _new_name()
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with _owner() as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        owner.execute(statement)
        owner.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def drop(name: str) -> None:
    """Ends every session on it (each role may end its own), then removes it.

    A vacuum belongs to nobody and may not be ended by us: it is waited for.
    """
    for _ in range(DROP_TRIES):
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as app:
            app.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
                [name],
            )
        try:
            with _owner() as owner:
                owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the database {name} could not be dropped: somebody else is on it")


@contextmanager
def aimed_at(name: str) -> Iterator[None]:
    """Both aliases, of this thread and of threads to come, and of child processes, lead to ``name``."""
    from django.db import connections

    variables = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READONLY_URL")
    before = {alias: connections.databases[alias]["NAME"] for alias in ALIASES}
    urls = {variable: os.environ[variable] for variable in variables if variable in os.environ}
    try:
        for alias in ALIASES:
            connections[alias].close()
            connections.databases[alias]["NAME"] = name
        os.environ.update({variable: at(url, name) for variable, url in urls.items()})
        yield
    finally:
        for alias in ALIASES:
            connections[alias].close()
            connections.databases[alias]["NAME"] = before[alias]
        os.environ.update(urls)
