"""Questions about the trail and the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min

from accounts.audit.models import Delivery, DeliveryState, RecordedEvent
from wallet_project.lib.desk import Waiting

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet


def events_of(subject_id: UUID) -> QuerySet[RecordedEvent]:
    """What was recorded about one subject, oldest first."""
    return RecordedEvent.objects.filter(subject_id=subject_id).order_by("occurred_at", "id")


def dead_deliveries() -> Waiting:
    """How many deliveries wait for a person, and since when the oldest one's event."""
    found = Delivery.objects.filter(state=DeliveryState.DEAD).aggregate(n=Count("pk"), oldest=Min("event__occurred_at"))
    return Waiting(count=found["n"], oldest_at=found["oldest"])
