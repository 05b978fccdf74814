"""``manage.py check_clearing``: which clearing accounts are not zero, and why. Exits 1 when a rest is unexplained."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from ledger.formatting import format_money
from ledger.money import Money
from payments.reconciliation.services import check_clearing
from wallet_project.lib import clock


class Command(BaseCommand):
    """One paragraph for each account that holds money."""

    help = "Explains every cent on the clearing accounts, keeps the result, and opens a break for what is left."

    def handle(self, *args: Any, **options: Any) -> None:
        """Checks, prints, exits."""
        checks = check_clearing(at=clock.now())
        for check in checks:
            self.stdout.write(f"{check.account} {check.currency}: {self._shown(check.balance_minor, check.currency)}")
            for why, amount_minor in check.explained.items():
                self.stdout.write(f"  {why}: {self._shown(amount_minor, check.currency)}")
            self.stdout.write(f"  unexplained: {self._shown(check.unexplained_minor, check.currency)}")
        if not checks:
            self.stdout.write("Every clearing account is zero.")
        if any(check.unexplained_minor for check in checks):
            sys.exit(1)

    @staticmethod
    def _shown(amount_minor: int, currency: str) -> str:
        return str(format_money(Money(amount_minor, currency)))
