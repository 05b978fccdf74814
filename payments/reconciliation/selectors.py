"""Questions about breaks and about the money on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min, Sum

from payments.banking.models import Withdrawal, WithdrawalReturn
from payments.banking.states import WithdrawalStatus
from payments.funding.models import TopUp
from payments.funding.selectors import CREDITED_MINOR
from payments.funding.states import TopUpStatus
from payments.reconciliation.kinds import BreakStatus
from payments.reconciliation.models import ReconciliationBreak
from wallet_project.lib.desk import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable


def open_breaks() -> Waiting:
    """How many wait for a person, and since when."""
    row = ReconciliationBreak.objects.filter(status=BreakStatus.OPEN.value).aggregate(
        count=Count("pk"), oldest=Min("found_at")
    )
    return Waiting(count=row["count"], oldest_at=row["oldest"])


def explains_bank(currency: str) -> dict[str, int]:
    """clearing.bank: what was taken from wallets and is not on a statement yet, less what came back the same way."""
    sent = Withdrawal.objects.filter(status=WithdrawalStatus.SENT.value, currency=currency)
    returned = WithdrawalReturn.objects.filter(settled_at__isnull=True, currency=currency)
    return {
        "withdrawals_sent": sent.aggregate(total=Sum("amount_minor"))["total"] or 0,
        "returns_on_their_way": -(returned.aggregate(total=Sum("amount_minor"))["total"] or 0),
    }


def explains_stripe(currency: str) -> dict[str, int]:
    """clearing.stripe: what Stripe received for us. It stays there until its payouts are booked too."""
    credited = TopUp.objects.filter(status=TopUpStatus.CREDITED.value, currency=currency)
    return {"top_ups_credited": -(credited.aggregate(total=Sum(CREDITED_MINOR))["total"] or 0)}


def _nothing(currency: str) -> dict[str, int]:
    return {}


EXPLAINS: dict[str, Callable[[str], dict[str, int]]] = {
    "clearing.bank": explains_bank,
    "clearing.stripe": explains_stripe,
}


def explanation(account: str, currency: str) -> dict[str, int]:
    """What explains the balance of a clearing account, in minor units with the balance's sign."""
    return EXPLAINS.get(account, _nothing)(currency)
