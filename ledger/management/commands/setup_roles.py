"""Makes the database roles and what each may do from the first table on. Run as the owner, before `migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from psycopg import sql

from wallet_project import env
from wallet_project.lib import db

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

APP, READONLY = "wallet_app", "wallet_readonly"

# No request may wait longer, and a forgotten transaction gives its locks back.
TIMEOUTS = {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "60s"}

RIGHTS = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {app}, {readonly}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {app}, {readonly}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {readonly}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app}",
)


class Command(BaseCommand):
    """Roles wallet_app and wallet_readonly, their logins from DATABASE_URL and DATABASE_READONLY_URL, and rights."""

    help = "Makes the roles wallet_app and wallet_readonly and their default privileges (needs DATABASE_OWNER_URL)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not db.has_owner():
            raise CommandError("DATABASE_OWNER_URL is missing: this command acts as the owner of the database.")
        with db.transaction(using="owner"), connections["owner"].cursor() as cursor:
            # Two copies on one cluster may start at once; roles are the cluster's.
            cursor.execute("SELECT pg_advisory_xact_lock(7301, 1)")
            login_of = {APP: env.text("DATABASE_URL"), READONLY: env.text("DATABASE_READONLY_URL")}
            for role, url in login_of.items():
                _make_role(cursor, role)
                _refuse_owner(cursor, role, url)
                if url and not _logs_in(url):
                    _make_login(cursor, role, url)
            _grant(cursor)


def _make_role(cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _refuse_owner(cursor: CursorWrapper, role: str, url: str) -> None:
    cursor.execute("SELECT current_user")
    if unquote(urlsplit(url).username or "") == cursor.fetchone()[0]:
        raise CommandError(f"The address for {role} uses the owner's role: give web and workers a role of their own.")


def _make_login(cursor: CursorWrapper, role: str, url: str) -> None:
    """The login is the role itself, or a member of it under a name of the operator's choice."""
    parts = urlsplit(url)
    login = unquote(parts.username or "")
    if login != role:
        _make_role(cursor, login)
        cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
    cursor.execute(
        sql.SQL("ALTER ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            sql.Identifier(login), sql.Literal(unquote(parts.password or "") or None)
        )
    )
    for setting, value in {**TIMEOUTS, "TimeZone": "UTC"}.items():
        cursor.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(
                sql.Identifier(login), sql.Identifier(setting), sql.Literal(value)
            )
        )


def _logs_in(url: str) -> bool:
    """A login that works is left as its operator made it."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _grant(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT current_database()")
    names = {
        "database": sql.Identifier(cursor.fetchone()[0]),
        "app": sql.Identifier(APP),
        "readonly": sql.Identifier(READONLY),
    }
    for statement in RIGHTS:
        cursor.execute(sql.SQL(statement).format(**names))
