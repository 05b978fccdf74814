"""Checks the trail against everything that was signed about it; with an export it names the fact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import integrity, selectors

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py check_audit [--since 7] [--export FILE]`"""

    help = "Checks that no recorded fact was changed, deleted or added since it was signed. Exit code 1 when one was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=int, default=1, help="leave out checkpoints before this number")
        parser.add_argument("--export", help="also compare with this file of export_audit_checkpoint, fact by fact")

    def handle(self, *args: Any, **options: Any) -> None:
        found = integrity.faults(since_no=max(1, options["since"]))
        if options["export"]:
            found += _against(Path(options["export"]))
        for fault in found:
            self.stderr.write(str(fault))
        if found:
            raise CommandError("The trail is not what was signed.", returncode=1)
        if options["verbosity"]:
            last = selectors.audit_checkpoint()
            until = f"up to checkpoint {last.no}" if last else "though nothing is signed yet"
            self.stdout.write(f"The trail is what was signed, {until}.")


def _against(path: Path) -> list[integrity.Fault]:
    try:
        with path.open(encoding="ascii") as stream:
            return integrity.faults_against(stream)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except (integrity.NotAnExport, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is not an export: {error}.") from error
