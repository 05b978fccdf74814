"""Opens the platform accounts of the chart. Safe to run again: what is there stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from ledger import services
from ledger.errors import CurrencyUnknown
from wallet_project.lib import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py open_chart [--currency EUR …]`"""

    help = "Opens the platform accounts of ledger/chart.py in every currency, or in those that are named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--currency", action="append", help="only this currency (may be repeated)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            opened = services.open_chart(only=options["currency"], at=clock.now())
        except CurrencyUnknown as refusal:
            raise CommandError(f"There is no currency {refusal.params['currency']}.") from refusal
        if options["verbosity"]:
            self.stdout.write(f"{opened} platform accounts opened.")
