"""What happens without anybody asking: quiet top-ups are looked at, matured money is set free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import services as ledger
from payments.funding import policy
from payments.funding.models import TopUp
from payments.funding.services.settling import settle_from_provider
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


def check_due(*, at: datetime, limit: int = 50) -> int:
    """Asks the provider about top-ups that have been quiet; returns how many were looked at.

    Each is claimed alone, just before it is asked about: two workers never ask about the same one, and one that
    fails does not hold up the others.
    """
    looked = 0
    while looked < limit:
        top_up = _claim_next(at=at)
        if top_up is None:
            break
        settle_from_provider(top_up_id=top_up.pk, at=at, cause="sweep")
        looked += 1
    return looked


def _claim_next(*, at: datetime) -> TopUp | None:
    with db.transaction():
        due = TopUp.objects.select_for_update(skip_locked=True).filter(next_check_at__lte=at)
        top_up = due.order_by("next_check_at").first()
        if top_up is None:
            return None
        top_up.next_check_at, top_up.checks = at + policy.check_again_in(top_up.checks), top_up.checks + 1
        top_up.save(update_fields=["next_check_at", "checks"])
    return top_up


def release_matured(*, at: datetime) -> int:
    """Ends the holds whose time is over, so that matured money shows as available; returns how many.

    Correctness does not wait for it: the ledger lets an account that is short use what has matured.
    """
    return ledger.expire_holds(at=at)
