"""Where the money of payments came from, and whether it can come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.wallets.policy import CODE
from ledger.selectors import accounts_for_owners
from payments.payouts.models import PayoutItem
from payments.payouts.states import NOT_PAID, BatchStatus, ItemOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """``was_paid``: its file may have left, and it was not refused. ``has_come_back``: its return is recorded.
    ``booked_otherwise``: officers settled it with what the bank booked; the rest is in the wallet already.

    Who posts for several goes by ``wallet_account_id``, the order in which the books lock accounts.
    """

    wallet_account_id: int
    was_paid: bool
    has_come_back: bool
    booked_otherwise: bool


def origins_of(items: Sequence[PayoutItem]) -> dict[UUID, Origin]:
    """By the items' ids. The items are locked by the caller and count as they are in its hands."""
    if not items:
        return {}
    columns = (
        "pk",
        "withdrawal__user_id",
        "withdrawal__status",
        "withdrawal__money_back__id",
        "withdrawal__booked_minor",
    )
    rows = {row[0]: row for row in PayoutItem.objects.filter(pk__in=[one.pk for one in items]).values_list(*columns)}
    wallets = {
        currency: accounts_for_owners(
            owner_ids=list({rows[one.pk][1] for one in items if one.currency == currency}), code=CODE, currency=currency
        )
        for currency in {one.currency for one in items}
    }
    found = {}
    for one in items:
        _, user_id, status, return_id, booked_minor = rows[one.pk]
        was_refused = one.outcome == ItemOutcome.REJECTED and one.booked_on is None
        is_here = one.batch.status == BatchStatus.PREPARED
        found[one.pk] = Origin(
            wallet_account_id=wallets[one.currency][user_id].id,
            was_paid=status not in NOT_PAID and not was_refused and not is_here,
            has_come_back=return_id is not None,
            booked_otherwise=booked_minor is not None,
        )
    return found
