"""Breaks: found once, open until a person says what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.approvals.errors import NotPermitted
from accounts.approvals.policy import require_reason
from accounts.audit.services import publish
from payments.reconciliation.events import BreakFound, BreakResolved
from payments.reconciliation.kinds import BreakKind, BreakStatus
from payments.reconciliation.models import ReconciliationBreak
from wallet_project.lib import db, ids
from wallet_project.lib.errors import NotFound, WalletError
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from payments.reconciliation.policy import Finding
    from wallet_project.lib.origin import Origin

RESOLVE = "payments.resolve_reconciliationbreak"


class BreakClosed(WalletError):
    """Somebody resolved it before."""

    code = "state_conflict"


def note(findings: Sequence[Finding], *, at: datetime) -> int:
    """Writes down what was found and is not known yet; returns how many are new. Joins the caller's transaction."""
    db.transaction_required()
    rows = [
        ReconciliationBreak(
            id=ids.uuid7(at),
            kind=finding.kind.value,
            key=finding.key,
            status=BreakStatus.OPEN.value,
            details=finding.details,
            found_at=at,
        )
        for finding in findings
    ]
    ReconciliationBreak.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
    new = ReconciliationBreak.objects.filter(pk__in=[row.pk for row in rows])
    for row in new:
        event = BreakFound(break_id=row.pk, kind=row.kind)
        publish(event, actor="worker", subject_id=row.pk, origin=WORKER, at=at)
    return len(new)


def resolve_break(*, break_id: UUID, by: User, note: str, origin: Origin, at: datetime) -> ReconciliationBreak:
    """Closes a break with a note that says what it was. Moves no money: corrections are their own entries.

    Raises NotFound, NotPermitted, ReasonMissing, BreakClosed.
    """
    if not (by.is_staff and by.has_perm(RESOLVE)):
        raise NotPermitted
    said = require_reason(note)
    with db.transaction():
        row = ReconciliationBreak.objects.select_for_update().filter(pk=break_id).first()
        if row is None:
            raise NotFound
        if row.status != BreakStatus.OPEN:
            raise BreakClosed
        resolve_rows([row], by=by, note=said, origin=origin, at=at)
    return row


def resolve_rows(rows: Sequence[ReconciliationBreak], *, by: User, note: str, origin: Origin, at: datetime) -> None:
    """Closes locked, open breaks; ``note`` says what they were. Requires the caller's transaction."""
    db.transaction_required()
    for row in rows:
        row.status, row.note, row.resolved_by, row.resolved_at = BreakStatus.RESOLVED.value, note, by, at
        row.save(update_fields=["status", "note", "resolved_by", "resolved_at"])
        event = BreakResolved(break_id=row.pk, kind=row.kind)
        publish(event, actor=f"staff:{by.pk}", subject_id=row.pk, origin=origin, at=at)


def lock_about(end_to_end_id: str, *, kinds: Sequence[BreakKind]) -> list[ReconciliationBreak]:
    """The open breaks of these kinds that speak of a payment, locked in one order."""
    rows = ReconciliationBreak.objects.select_for_update().filter(status=BreakStatus.OPEN.value)
    wanted = rows.filter(details__end_to_end_id=end_to_end_id, kind__in=[kind.value for kind in kinds])
    return list(wanted.order_by("id"))
