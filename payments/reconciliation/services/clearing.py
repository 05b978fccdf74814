"""Every cent in flight is on a clearing account: each day says which are not zero, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import selectors as ledger
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.models import ClearingCheck
from payments.reconciliation.policy import Finding, unexplained
from payments.reconciliation.selectors import EXPLAINS, explanation
from payments.reconciliation.services.breaks import note
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import datetime

CLEARING = "clearing."


def check_clearing(*, at: datetime) -> list[ClearingCheck]:
    """One row for each clearing account and currency that holds money or should; a rest is a break.

    Balances and explanations are read from one moment. Run again on the same day, the rows are made new.
    """
    with db.snapshot():
        # Books and withdrawals of one moment: a payment in between is in both or in neither.
        found = [_check(code, currency, balance, at=at) for (code, currency), balance in sorted(_balances().items())]
    checks = [check for check in found if check.balance_minor or any(check.explained.values())]
    with db.transaction():
        for check in checks:
            _keep(check)
        note([_finding(check) for check in checks if check.unexplained_minor], at=at)
    return checks


def _balances() -> dict[tuple[str, str], int]:
    rows = ledger.trial_balance()
    return {(row.code, row.currency): row.posted_minor for row in rows if row.code.startswith(CLEARING)}


def _check(account: str, currency: str, balance_minor: int, *, at: datetime) -> ClearingCheck:
    explained = explanation(account, currency) if account in EXPLAINS else {}
    return ClearingCheck(
        id=ids.uuid7(at),
        day=at.date(),
        account=account,
        currency=currency,
        balance_minor=balance_minor,
        explained=explained,
        unexplained_minor=unexplained(balance_minor, explained),
        checked_at=at,
    )


def _keep(check: ClearingCheck) -> None:
    ClearingCheck.objects.bulk_create(
        [check],
        update_conflicts=True,
        unique_fields=["day", "account", "currency"],
        update_fields=["balance_minor", "explained", "unexplained_minor", "checked_at"],
    )


def _finding(check: ClearingCheck) -> Finding:
    told: dict[str, int | str] = {
        "account": check.account,
        "currency": check.currency,
        "balance_minor": check.balance_minor,
        "unexplained_minor": check.unexplained_minor,
    }
    return Finding(BreakKind.CLEARING_UNEXPLAINED, f"{check.day}:{check.account}:{check.currency}", told)
