"""Writes a checkpoint of the trail and its leaves to a file; keep it where the database's owner cannot reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import integrity, selectors

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py export_audit_checkpoint FILE [--no 7]`"""

    help = (
        "Exports a checkpoint of the trail (the newest, or --no) for check_audit --export. Holds ids and hashes only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="where to; it must not exist yet")
        parser.add_argument("--no", type=int, help="this checkpoint instead of the newest")

    def handle(self, *args: Any, **options: Any) -> None:
        signed = selectors.audit_checkpoint(options["no"])
        if signed is None:
            raise CommandError("There is no such checkpoint: run `manage.py sign_audit_checkpoint` first.")
        try:
            with Path(options["file"]).open("x", encoding="ascii") as stream:
                count = integrity.write_export(stream, signed)
        except FileExistsError:
            raise CommandError(f"{options['file']} is there already: name a new file.") from None
        if options["verbosity"]:
            self.stdout.write(f"Checkpoint {signed.no} with {count} facts is in {options['file']}.")
