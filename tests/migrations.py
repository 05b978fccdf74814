"""`python -m tests.migrations`: on an empty database every migration goes forward, back to nothing, forward again.

Then the database must be the one the code expects: `check --database default`.
"""

from __future__ import annotations

import sys

from django.core.management import call_command

from tests import databases
from wallet_project import env

OURS = ("support", "transfers", "payments", "accounts", "ledger")


def main() -> int:
    """Exit code 1 when something of ours is left after the way back."""
    env.start()
    import django

    django.setup()
    name = databases.empty()
    try:
        with databases.aimed_at(name):
            call_command("setup_roles")
            call_command("migrate", interactive=False, verbosity=0)
            for app in OURS:
                call_command("migrate", app, "zero", interactive=False, verbosity=0)
            left = _left()
            call_command("migrate", interactive=False, verbosity=0)
            call_command("check", databases=["default"], fail_level="WARNING")
    finally:
        databases.drop(name)
    if left:
        sys.stderr.write(f"Left behind after migrating back: {', '.join(left)}\n")
    return 1 if left else 0


def _left() -> list[str]:
    """Tables of our apps, and any function or type, that a backward migration forgot."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')"
            " AND split_part(relname, '_', 1) = ANY(%s)"
            " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
            [list(OURS)],
        )
        return [row[0] for row in cursor.fetchall() if not row[0].startswith("account_")]


if __name__ == "__main__":
    sys.exit(main())
