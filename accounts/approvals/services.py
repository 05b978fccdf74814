"""Propose, approve, refuse, void, expire: four eyes for everything that needs them.

Who locks: always the subject's row first (``purpose.lock``), the proposal's row second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError

from accounts.approvals import policy
from accounts.approvals.errors import AlreadyProposed, ApprovalClosed, ApprovalExpired, ApprovalVoid
from accounts.approvals.events import ApprovalEnded, ApprovalProposed
from accounts.approvals.models import CREATED, Approval, ApprovalEvent, Status
from accounts.approvals.registry import purposes
from accounts.audit.services import publish
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound, WalletError
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from accounts.approvals.registry import ApprovalPurpose
    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

EXPIRE_BATCH = 200


def propose(
    *,
    purpose: str,
    subject_id: UUID,
    maker: User,
    reason: str = "",
    origin: Origin,
    at: datetime,
    before: Mapping[str, Any] | None = None,
) -> Approval:
    """Asks for a second pair of eyes for what would happen to ``subject_id`` now; joins the caller's transaction.

    ``before`` is what is now, for the diff. The same maker proposing the same again gets the open proposal. Raises
    AlreadyProposed when something else is open for the subject, and what the purpose's ``payload`` raises.
    """
    registered = purposes[purpose]
    with db.transaction_if_not_already():
        payload = policy.plain(registered.payload(subject_id))
        bound = policy.payload_hash(purpose=purpose, subject_id=subject_id, payload=payload)
        existing = _open_locked(purpose, subject_id)
        if existing is not None and existing.expires_at <= at:
            _move(existing, Status.EXPIRED, actor="system", cause="expired", origin=origin, at=at)
            existing = None
        if existing is not None:
            if (existing.maker_id, existing.payload_hash) != (maker.pk, bound):
                raise AlreadyProposed
            return existing
        approval = Approval(
            purpose=purpose,
            subject_id=subject_id,
            payload=payload,
            payload_hash=bound,
            before=policy.plain(before or {}),
            maker=maker,
            reason=" ".join(reason.split())[: policy.REASON_LENGTH_MAX],
            proposed_at=at,
            expires_at=at + registered.expires_after,
        )
        return _stored(approval, origin=origin, at=at)


def approve(*, approval_id: UUID, checker: User, origin: Origin, at: datetime) -> Approval:
    """Agrees to exactly what was proposed, and does it, in one transaction. Must be called outside one.

    The same checker again gets what they did before. What has changed since, or whose maker may no longer propose it,
    is VOIDED and what was open too long is EXPIRED; both are committed, then said. Raises NotFound, NotPermitted,
    SelfApproval, ApprovalClosed, ApprovalExpired, ApprovalVoid, and what the purpose's ``look_first`` and ``execute``
    raise: then it is not done.
    """
    _look_first(approval_id, checker=checker, origin=origin, at=at)
    with db.transaction():
        approval, purpose = _locked(approval_id)
        policy.require_checker(approval, checker, permission=purpose.permission)
        if approval.status == Status.EXECUTED and approval.checker_id == checker.pk:
            return approval
        if approval.status != Status.PROPOSED:
            raise ApprovalClosed(status=str(approval.status))
        ended = _ended_by_itself(approval, purpose, origin=origin, at=at)
        if ended is None:
            _carry_out(approval, purpose, checker=checker, origin=origin, at=at)
    if ended is not None:
        raise ended
    return approval


def refuse(*, approval_id: UUID, checker: User, reason: str, origin: Origin, at: datetime) -> Approval:
    """Says no, with a reason; the room moves its row back. The same checker again changes nothing.

    Raises NotFound, NotPermitted, SelfApproval, ReasonMissing, ApprovalClosed.
    """
    note = policy.require_reason(reason)
    with db.transaction():
        approval, purpose = _locked(approval_id)
        policy.require_checker(approval, checker, permission=purpose.permission)
        if approval.status == Status.REFUSED and approval.checker_id == checker.pk:
            return approval
        if approval.status != Status.PROPOSED:
            raise ApprovalClosed(status=str(approval.status))
        approval.checker, approval.note = checker, note
        _move(approval, Status.REFUSED, actor=f"staff:{checker.pk}", cause="refused", origin=origin, at=at)
        _tell_room(approval, purpose, origin=origin, at=at)
    return approval


def void(
    *, purpose: str, subject_id: UUID, cause: str, at: datetime, actor: str = "system", origin: Origin = WORKER
) -> Approval | None:
    """Ends the open proposal for a subject that changed; None when there is none. Requires the caller's transaction.

    The caller holds the subject's lock and moves its own row.
    """
    db.transaction_required()
    approval = _open_locked(purpose, subject_id)
    if approval is not None:
        _move(approval, Status.VOIDED, actor=actor, cause=cause, origin=origin, at=at)
    return approval


def expire_due(*, at: datetime, limit: int = EXPIRE_BATCH) -> int:
    """Ends proposals whose time is over, each in its own transaction; returns how many."""
    due = Approval.objects.filter(status=Status.PROPOSED, expires_at__lte=at).order_by("expires_at")
    ended = 0
    for approval_id in list(due.values_list("pk", flat=True)[:limit]):
        with db.transaction():
            approval, purpose = _locked(approval_id)
            if approval.status == Status.PROPOSED:
                _move(approval, Status.EXPIRED, actor="system", cause="expired", origin=WORKER, at=at)
                _tell_room(approval, purpose, origin=WORKER, at=at)
                ended += 1
    return ended


def _look_first(approval_id: UUID, *, checker: User, origin: Origin, at: datetime) -> None:
    """What the room looks at outside the decision, for whoever may decide, while there is something to."""
    approval = Approval.objects.filter(pk=approval_id).first()
    if approval is None:
        raise NotFound
    purpose = purposes[approval.purpose]
    policy.require_checker(approval, checker, permission=purpose.permission)
    if purpose.look_first is not None and approval.status == Status.PROPOSED and approval.expires_at > at:
        purpose.look_first(subject_id=approval.subject_id, approval=approval, checker=checker, origin=origin, at=at)


def _stored(approval: Approval, *, origin: Origin, at: datetime) -> Approval:
    try:
        with db.savepoint():
            approval.save(force_insert=True)
    except IntegrityError as taken:
        raise AlreadyProposed from taken  # somebody proposed in the same moment
    maker = f"staff:{approval.maker_id}"
    _record(approval, before=CREATED, actor=maker, cause="proposed", at=at)
    proposed = ApprovalProposed(approval_id=approval.pk, purpose=approval.purpose, subject_id=approval.subject_id)
    publish(proposed, actor=maker, subject_id=approval.subject_id, origin=origin, at=at)
    return approval


def _ended_by_itself(
    approval: Approval, purpose: ApprovalPurpose, *, origin: Origin, at: datetime
) -> WalletError | None:
    """Closes what nobody may agree to any more; the refusal to raise once that is committed."""
    if approval.expires_at <= at:
        _move(approval, Status.EXPIRED, actor="system", cause="expired", origin=origin, at=at)
        _tell_room(approval, purpose, origin=origin, at=at)
        return ApprovalExpired()
    cause = _void_because(approval, purpose)
    if cause:
        _move(approval, Status.VOIDED, actor="system", cause=cause, origin=origin, at=at)
        _tell_room(approval, purpose, origin=origin, at=at)
        return ApprovalVoid()
    return None


def _void_because(approval: Approval, purpose: ApprovalPurpose) -> str:
    """Why the agreement no longer is one of these two about this; "" when it is."""
    if not policy.is_still_maker(approval.maker, permission=purpose.maker_permission):
        return "maker_left"
    return "payload_changed" if _hash_now(approval, purpose) != approval.payload_hash else ""


def _hash_now(approval: Approval, purpose: ApprovalPurpose) -> str:
    """The hash of what would happen now; "" when the subject waits no more."""
    try:
        payload = purpose.payload(approval.subject_id)
    except WalletError:
        return ""
    return policy.payload_hash(purpose=approval.purpose, subject_id=approval.subject_id, payload=payload)


def _carry_out(approval: Approval, purpose: ApprovalPurpose, *, checker: User, origin: Origin, at: datetime) -> None:
    actor = f"staff:{checker.pk}"
    approval.checker = checker
    _move(approval, Status.APPROVED, actor=actor, cause="approved", origin=origin, at=at)
    purpose.execute(subject_id=approval.subject_id, approval=approval, origin=origin, at=at)
    _move(approval, Status.EXECUTED, actor=actor, cause="executed", origin=origin, at=at)


def _tell_room(approval: Approval, purpose: ApprovalPurpose, *, origin: Origin, at: datetime) -> None:
    if purpose.refused is not None:
        purpose.refused(subject_id=approval.subject_id, approval=approval, origin=origin, at=at)


def _locked(approval_id: UUID) -> tuple[Approval, ApprovalPurpose]:
    """The proposal under lock, after its subject. What it is about never changes, so it may be read before."""
    found = Approval.objects.filter(pk=approval_id).values_list("purpose", "subject_id").first()
    if found is None:
        raise NotFound
    purpose = purposes[found[0]]
    if purpose.lock is not None:
        purpose.lock(found[1])
    return Approval.objects.select_for_update(of=("self",)).get(pk=approval_id), purpose


def _open_locked(purpose: str, subject_id: UUID) -> Approval | None:
    rows = Approval.objects.select_for_update().filter(purpose=purpose, subject_id=subject_id)
    return rows.filter(status=Status.PROPOSED).first()


def _move(approval: Approval, status: Status, *, actor: str, cause: str, origin: Origin, at: datetime) -> None:
    before = approval.status
    approval.status, approval.decided_at = status, at
    approval.save(update_fields=["status", "decided_at", "checker", "note"])
    _record(approval, before=before, actor=actor, cause=cause, at=at)
    if status != Status.APPROVED:
        ended = ApprovalEnded(
            approval_id=approval.pk,
            purpose=approval.purpose,
            subject_id=approval.subject_id,
            status=str(status),
            cause=cause,
        )
        publish(ended, actor=actor, subject_id=approval.subject_id, origin=origin, at=at)


def _record(approval: Approval, *, before: str, actor: str, cause: str, at: datetime) -> None:
    ApprovalEvent.objects.create(
        approval=approval,
        from_status=str(before),
        to_status=str(approval.status),
        actor=actor,
        cause=cause,
        occurred_at=at,
    )
