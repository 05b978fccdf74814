"""Asking for help, reading what was asked, and closing what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from accounts.audit.services import publish
from accounts.staff.errors import ReadingNotAllowed, ReadingReasonMissing
from accounts.staff.services import may_reveal
from accounts.staff.wording import READ_REASONS
from support.help.events import HelpRequestClosed, HelpRequested, HelpRequestRead
from support.help.models import HelpRequest, HelpState
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound, WalletError

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin


class HelpRequestAlreadyClosed(WalletError):
    """Somebody closed it before."""

    code = "state_conflict"


def ask_for_help(
    *, submission: UUID, user: User | None, topic: str, contact: str, message: str, at: datetime, origin: Origin
) -> HelpRequest:
    """Stores a request for staff. The same ``submission`` again returns the first row and changes nothing."""
    with db.transaction():
        request, created = HelpRequest.objects.get_or_create(
            submission=submission,
            defaults={"user": user, "topic": topic, "contact": contact, "message": message, "created_at": at},
        )
        if created:
            event = HelpRequested(request_id=request.pk, user_id=user.pk if user else None, topic=topic)
            actor = f"person:{user.pk}" if user else "stranger"
            publish(event, actor=actor, subject_id=request.pk, origin=origin, at=at)
        elif request.user_id != (user.pk if user else None):
            raise NotFound
    return request


def forget_requests(*, before: datetime, limit: int) -> int:
    """Deletes at most ``limit`` requests that were closed before a moment; returns how many."""
    with db.transaction():
        closed = HelpRequest.objects.filter(state=HelpState.CLOSED, closed_at__lt=before)
        doomed = list(closed.order_by("closed_at").values_list("pk", flat=True)[:limit])
        HelpRequest.objects.filter(pk__in=doomed).delete()
    return len(doomed)


def close_request(*, request_id: UUID, by: User, at: datetime, origin: Origin) -> HelpRequest:
    """Marks a request as answered by ``by``. Raises HelpRequestAlreadyClosed, NotFound."""
    with db.transaction():
        request = HelpRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            raise NotFound
        if request.state == HelpState.CLOSED:
            raise HelpRequestAlreadyClosed
        request.state, request.closed_at, request.closed_by = HelpState.CLOSED, at, by
        request.save(update_fields=["state", "closed_at", "closed_by"])
        event = HelpRequestClosed(request_id=request.pk, staff_id=by.pk)
        publish(event, actor=f"staff:{by.pk}", subject_id=request.pk, origin=origin, at=at)
    return request


def note_reading(*, request_id: UUID, by: User, reason: str, at: datetime, origin: Origin) -> None:
    """Records that ``by`` reads what a stranger wrote, and why, before it is shown (security.md).

    What a customer wrote is recorded with that customer (``accounts.staff.services.reveal``).
    Raises ReadingNotAllowed, ReadingReasonMissing, NotFound.
    """
    if not may_reveal(by):
        raise ReadingNotAllowed
    if reason not in READ_REASONS:
        raise ReadingReasonMissing({"why": "reason_missing"})
    with db.transaction():
        if not HelpRequest.objects.filter(pk=request_id, user=None).exists():
            raise NotFound
        event = HelpRequestRead(request_id=request_id, user_id=None, staff_id=by.pk, reason=reason)
        publish(event, actor=f"staff:{by.pk}", subject_id=request_id, origin=origin, at=at)
