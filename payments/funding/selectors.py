"""Questions about top-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.funding.models import TopUp, TopUpEvent
from payments.funding.records import get

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.identity.models import User


def top_up_of(*, user: User, top_up_id: UUID) -> TopUp:
    """The person's own top-up. Raises NotFound, also for somebody else's."""
    return get(top_up_id, user=user)


def history(top_up: TopUp) -> list[TopUpEvent]:
    """Every move, oldest first."""
    return list(top_up.events.order_by("occurred_at", "id"))
