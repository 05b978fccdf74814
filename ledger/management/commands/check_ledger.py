"""Verifies the books and names the first wrong rows. Exit code 1 when there is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from ledger import services
from wallet_project.lib import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from ledger import integrity


class Command(BaseCommand):
    """`manage.py check_ledger [--account ID] [--since 2026-01-31]`"""

    help = "Checks zero sums, chains, running balances, holds and the chart on one snapshot of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", type=int, help="only this account")
        parser.add_argument("--since", help="only entries recorded since this moment (ISO 8601, UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        since = _moment(options["since"]) if options["since"] else None
        look = services.check_books(
            at=clock.now(), since=since, account_id=options["account"], progress=self._progress(options)
        )
        if look.problems:
            for problem in look.problems:
                self.stderr.write(f"{problem.check}: {problem.where}: {problem.found}")
            raise CommandError("The books are wrong. Stop paying out and find out why.", returncode=1)
        if options["verbosity"]:
            self.stdout.write(f"{look.postings} postings in {look.took_ms / 1000:.1f} s.")
            self.stdout.write("The books are right.")

    def _progress(self, options: dict[str, Any]) -> integrity.Progress:
        def tell(check: str, done: int, total: int) -> None:
            if options["verbosity"]:
                self.stdout.write(f"{check}: {done} of {total}")

        return tell


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a moment: write 2026-01-31 or 2026-01-31T12:00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
