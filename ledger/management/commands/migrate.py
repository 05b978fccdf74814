"""Django's `migrate`, as the owner: the app role cannot change tables, so the alias is never `default`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from wallet_project.lib import db

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(migrate.Command):
    """`manage.py migrate` with `--database owner` as its default."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if not db.has_owner():
            raise CommandError("DATABASE_OWNER_URL is missing: tables are made by the owner of the database.")
        super().handle(*args, **options)
