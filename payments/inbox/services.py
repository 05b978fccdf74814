"""Taking in providers' notices and acting on each once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from payments.funding import services as funding
from payments.inbox.models import InboxState, ProviderEvent
from payments.inbox.policy import ATTEMPT_LEASE_SECONDS, ATTEMPTS_MAX, TOP_UP_KINDS, wait_seconds
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from payments.providers.stripe.webhook import ProviderNotice


def receive(*, provider: str, notice: ProviderNotice, at: datetime) -> UUID | None:
    """Stores a verified notice; returns its row id, or None when it was here before."""
    row = ProviderEvent(
        provider=provider,
        event_id=notice.event_id,
        kind=notice.kind,
        object_id=notice.object_id,
        reference=notice.reference,
        provider_created_at=notice.created_at,
        received_at=at,
        next_attempt_at=at,
    )
    with db.transaction():
        ProviderEvent.objects.bulk_create([row], ignore_conflicts=True)
        stored = (
            ProviderEvent.objects.filter(provider=provider, event_id=notice.event_id).values_list("pk", flat=True).get()
        )
    return row.pk if stored == row.pk else None


def process_due(*, at: datetime, limit: int = 100) -> int:
    """Acts on the notices that are due; returns how many are done. Two workers never take the same one.

    Each is claimed alone, just before it is acted on, so that one that fails does not hold up the others.
    """
    done = 0
    for _ in range(limit):
        event = _claim_next(at=at)
        if event is None:
            break
        done += _process(event, at=at)
    return done


def _claim_next(*, at: datetime) -> ProviderEvent | None:
    """Takes the next one that is due, and lets others have it again if we do not come back from it."""
    with db.transaction():
        due = ProviderEvent.objects.select_for_update(skip_locked=True).filter(state=InboxState.RECEIVED)
        event = due.filter(next_attempt_at__lte=at).order_by("next_attempt_at").first()
        if event is not None:
            event.attempts, event.next_attempt_at = event.attempts + 1, at + timedelta(seconds=ATTEMPT_LEASE_SECONDS)
            event.save(update_fields=["attempts", "next_attempt_at"])
    return event


def _process(event: ProviderEvent, *, at: datetime) -> bool:
    """Lets the owner of the money look again. The order of notices does not matter: each only says "look"."""
    row = ProviderEvent.objects.filter(pk=event.pk, state=InboxState.RECEIVED)
    if event.kind not in TOP_UP_KINDS:
        return bool(row.update(state=InboxState.DONE, done_at=at))
    try:
        settled = funding.settle_from_provider(top_up_id=_reference(event), at=at, cause=f"stripe:{event.event_id}")
    except NotFound:
        _look_again_later(event, at=at)
        return False
    if not settled.is_known:
        row.update(next_attempt_at=at + timedelta(seconds=wait_seconds(event.attempts)))
        return False
    return bool(row.update(state=InboxState.DONE, done_at=at))


def _reference(event: ProviderEvent) -> UUID:
    try:
        return UUID(event.reference)
    except ValueError as error:
        raise NotFound from error


def _look_again_later(event: ProviderEvent, *, at: datetime) -> None:
    """A notice for a row we do not have is kept and tried again; after the last try a person looks at it."""
    row = ProviderEvent.objects.filter(pk=event.pk, state=InboxState.RECEIVED)
    if event.attempts >= ATTEMPTS_MAX:
        row.update(state=InboxState.UNMATCHED)
    else:
        row.update(next_attempt_at=at + timedelta(seconds=wait_seconds(event.attempts)))
