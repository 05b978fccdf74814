"""Brings a database and the catalogues up to date, in one process; called by `bin/run` with .venv's Python."""

from __future__ import annotations

from wallet_project import env
from wallet_project.local.console import step


def main() -> None:
    """Roles, migrations, platform accounts, catalogues."""
    env.start()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("compile_catalogues", verbosity=0)
    with step("Roles and migrations"):
        call_command("setup_roles")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("open_chart", verbosity=0)


if __name__ == "__main__":
    main()
