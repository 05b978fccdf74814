"""Brings a database and the catalogues up to date, in one process; called by `bin/run` with .venv's Python."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wallet_project import env
from wallet_project.local.console import say, step

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Roles, migrations, catalogues, and with ``--demo`` the demo people."""
    env.start()
    import django

    django.setup()
    from django.core.management import call_command, get_commands

    call_command("compile_catalogues", verbosity=0)
    with step("Roles and migrations"):
        call_command("setup_roles")
        call_command("migrate", interactive=False, verbosity=0)
    if "--demo" in arguments and "demo" in get_commands():
        say("  Demo people:")
        call_command("demo")


if __name__ == "__main__":
    main(sys.argv[1:])
