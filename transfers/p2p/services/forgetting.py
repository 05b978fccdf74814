"""What p2p forgets after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from transfers.p2p.models import Transfer
from transfers.payees.models import Payee
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


def forget_looked_up(*, before: datetime, limit: int) -> int:
    """Deletes at most ``limit`` payees that were looked up before a moment and led to nothing; returns how many.

    Trusted ones stay, and so does each that a transfer names, however it ended.
    """
    with db.transaction():
        unused = Payee.objects.filter(
            ~Exists(Transfer.objects.filter(payee=OuterRef("pk"))),
            created_at__lt=before,
            paid_count=0,
            trusted_at__isnull=True,
        )
        doomed = list(unused.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        Payee.objects.filter(pk__in=doomed).delete()
    return len(doomed)
