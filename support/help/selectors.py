"""Questions about requests for help."""

from __future__ import annotations

from django.db.models import Count, Min

from support.help.models import HelpRequest, HelpState
from wallet_project.lib.desk import Waiting


def waiting() -> Waiting:
    """How many requests wait for an answer, and since when."""
    row = HelpRequest.objects.filter(state=HelpState.OPEN).aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Waiting(count=row["count"], oldest_at=row["oldest"])
