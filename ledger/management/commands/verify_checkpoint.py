"""Verifies an exported checkpoint from the file and the public key alone; needs no database and no secret.

With --against-database it also compares every balance of the export with what the database says now of that posting,
and the checkpoint with its own row: nothing in the database knows of a newest checkpoint that was taken away.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from ledger import exports, integrity, selectors

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py verify_checkpoint FILE --public-key KEY [--against-database]`"""

    help = "Verifies an exported checkpoint with the public key alone. Exit code 1 when it is not proved."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--public-key", required=True, help="base64, as export_checkpoint --public-key prints it")
        parser.add_argument(
            "--against-database", action="store_true", help="also compare each balance with the database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options["public_key"])
        try:
            with Path(options["file"]).open(encoding="ascii") as stream:
                wrong = self._wrong(stream, key, options)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except (exports.NotAnExport, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} is not an export: {error}.") from error
        if wrong:
            for sentence in wrong:
                self.stderr.write(sentence)
            raise CommandError("The checkpoint is not proved.", returncode=1)

    def _wrong(self, stream: TextIO, key: bytes, options: dict[str, Any]) -> list[str]:
        checkpoint, leaves = exports.read(stream)
        wrong = exports.problems(checkpoint, leaves, public_key=key)
        if not wrong and options["against_database"]:
            stream.seek(0)
            _, leaves = exports.read(stream)
            if _signature_there(checkpoint.no) != checkpoint.signature:
                wrong.append(f"checkpoint {checkpoint.no}: is not in the database as it was signed")
            wrong += [
                f"{problem.where}: {problem.found}" for problem in integrity.compare_with_export(checkpoint, leaves)
            ]
        if not wrong and options["verbosity"]:
            self.stdout.write(
                f"Checkpoint {checkpoint.no} of book {checkpoint.book} is proved: {checkpoint.count} postings,"
                f" signed at {checkpoint.created_at.isoformat(timespec='seconds')}."
            )
        return wrong


def _signature_there(no: int) -> bytes | None:
    row = selectors.checkpoint(no)
    return None if row is None else row.signature


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise CommandError("The public key is not 32 bytes in base64.")
    return key
