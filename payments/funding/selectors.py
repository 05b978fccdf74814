"""Questions about top-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min, Sum
from django.db.models.functions import Coalesce

from accounts.jurisdictions.rates import from_euro_cents
from ledger.money import Money
from payments.funding.models import MaturedAtOnce, TopUp, TopUpEvent
from payments.funding.policy import PAGE_LIFE, in_order, matures_at_once_minor
from payments.funding.records import get
from payments.funding.states import TopUpStatus
from wallet_project.lib.desk import Waiting

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


CREDITED_MINOR = Coalesce("received_minor", "amount_minor")
"""What a credited top-up brought: what was asked, or what the desk found to be received."""


def top_up_of(*, user: User, top_up_id: UUID) -> TopUp:
    """The person's own top-up. Raises NotFound, also for somebody else's."""
    return get(top_up_id, user=user)


def matures_at_once(user: User, currency: str) -> Money:
    """How much of the person's next card money can be sent as soon as it arrives."""
    used = MaturedAtOnce.objects.filter(user=user).values_list("used_minor", flat=True).first() or 0
    return Money(from_euro_cents(matures_at_once_minor(used_minor=used), currency), currency)


def credited_since(user_id: UUID, *, currency: str, since: datetime) -> int:
    """How much card money (minor units) arrived in the person's wallet after ``since``."""
    rows = TopUp.objects.filter(
        user_id=user_id,
        currency=currency,
        status=TopUpStatus.CREDITED,
        updated_at__gt=since,
        created_at__gt=since - PAGE_LIFE,
    )
    return int(rows.aggregate(total=Sum(CREDITED_MINOR))["total"] or 0)


def history(top_up: TopUp) -> list[TopUpEvent]:
    """Every move, oldest first. Several may share one moment; a top-up passes each state once."""
    return sorted(top_up.events.all(), key=lambda event: in_order(event.to_status))


def mismatched() -> Waiting:
    """How many top-ups wait for a decision of the desk, and since when."""
    row = TopUp.objects.filter(status=TopUpStatus.MISMATCH).aggregate(count=Count("pk"), oldest=Min("updated_at"))
    return Waiting(count=row["count"], oldest_at=row["oldest"])
