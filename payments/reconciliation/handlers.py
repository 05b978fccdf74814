"""What lower rooms tell this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.approvals.registry import ApprovalPurpose, purposes
from payments.payouts.contradictions import Contradiction, listeners
from payments.reconciliation import corrections
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.policy import Finding
from payments.reconciliation.services import as_booked, not_paid
from payments.reconciliation.services.breaks import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def connect() -> None:
    """A message that contradicts what we know is a break; two officers may correct a payment."""
    listeners.register("reconciliation", keep_contradictions)
    purposes.register(
        not_paid.PURPOSE,
        ApprovalPurpose(
            title=_("Release a withdrawal the bank never paid"),
            permission=not_paid.CORRECT,
            maker_permission=not_paid.CORRECT,
            payload=not_paid.payload,
            execute=not_paid.execute,
            lock=not_paid.lock,
            look_first=not_paid.look_first,
            lines=corrections.lines,
            evidence=corrections.evidence_of_not_paid,
            url=corrections.desk_page,
        ),
    )
    purposes.register(
        as_booked.PURPOSE,
        ApprovalPurpose(
            title=_("Settle a withdrawal as the bank booked it"),
            permission=not_paid.CORRECT,
            maker_permission=not_paid.CORRECT,
            payload=as_booked.payload,
            execute=as_booked.execute,
            lock=as_booked.lock,
            look_first=as_booked.look_first,
            lines=corrections.lines,
            url=corrections.desk_page,
        ),
    )


def keep_contradictions(contradictions: Sequence[Contradiction], *, at: datetime) -> None:
    """One break each, of the kind of the same name. Requires the caller's transaction."""
    note([Finding(BreakKind(one.kind.value), one.subject, one.details) for one in contradictions], at=at)
