"""Questions about the inbox."""

from __future__ import annotations

from django.db.models import Count, Min

from payments.inbox.models import InboxState, ProviderEvent
from wallet_project.lib.desk import Waiting


def unmatched() -> Waiting:
    """How many notices fit no row of ours, and since when."""
    row = ProviderEvent.objects.filter(state=InboxState.UNMATCHED).aggregate(
        count=Count("pk"), oldest=Min("received_at")
    )
    return Waiting(count=row["count"], oldest_at=row["oldest"])
