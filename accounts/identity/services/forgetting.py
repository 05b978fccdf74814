"""What identity forgets after a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axes.models import AccessAttempt

from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


def forget_failed_sign_ins(*, before: datetime, limit: int) -> int:
    """Deletes at most ``limit`` failed sign-ins of before a moment: each holds an address (IP) and a browser.

    A lock-out lasts minutes, so none is lifted by it. Returns how many.
    """
    with db.transaction():
        doomed = list(AccessAttempt.objects.filter(attempt_time__lt=before).values_list("pk", flat=True)[:limit])
        AccessAttempt.objects.filter(pk__in=doomed).delete()
    return len(doomed)
