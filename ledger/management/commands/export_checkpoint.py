"""Writes a checkpoint and its leaves to a file that leaves the database; keep it where its owner cannot reach."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ledger import services, signing
from ledger.errors import UnknownCheckpoint

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py export_checkpoint FILE [--no 7]`, `manage.py export_checkpoint --public-key`"""

    help = "Exports a checkpoint (the newest, or --no) for verify_checkpoint; or prints the public key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="where to; it must not exist yet")
        parser.add_argument("--no", type=int, help="this checkpoint instead of the newest")
        parser.add_argument("--public-key", action="store_true", help="print the public key (base64) and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["public_key"]:
            self.stdout.write(base64.b64encode(signing.public_key(settings.LEDGER_SIGNING_KEY)).decode())
            return
        if not options["file"]:
            raise CommandError("Name the file to write.")
        try:
            checkpoint, count = services.export_checkpoint(file=Path(options["file"]), no=options["no"])
        except UnknownCheckpoint:
            raise CommandError("There is no such checkpoint: run `manage.py sign_checkpoint` first.") from None
        except FileExistsError:
            raise CommandError(f"{options['file']} is there already: name a new file.") from None
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from None
        if options["verbosity"]:
            self.stdout.write(f"Checkpoint {checkpoint.no} with {count} balances is in {options['file']}.")
