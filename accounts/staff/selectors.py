"""Questions about what staff did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.audit import selectors as audit
from accounts.staff.wording import ANY_DATA, ANY_REASON, ANY_ROLE, ROLE_NAMES, TOLD_DATA, TOLD_REASONS

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.utils.functional import Promise

    from accounts.audit.models import RecordedEvent


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody of ours read the person's data: when, in which role, what and why, in words for that person."""

    id: UUID
    at: datetime
    who: str | Promise
    what: str | Promise
    why: str | Promise


def readings_of(user_id: UUID, *, size: int, after: tuple[datetime, UUID] | None = None) -> list[Reading]:
    """Up to ``size`` times that staff read this person's data, newest first, from behind ``after``; one query."""
    rows = audit.readings_of(user_id)
    if after is not None:
        at, last = after
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=last))
    return [_reading(row) for row in rows[:size]]


def _reading(event: RecordedEvent) -> Reading:
    details = event.payload["details"]
    return Reading(
        id=event.pk,
        at=event.occurred_at,
        who=ROLE_NAMES.get(details.get("role", ""), ANY_ROLE),
        what=TOLD_DATA.get(details.get("what", ""), ANY_DATA),
        why=TOLD_REASONS.get(details.get("reason", ""), ANY_REASON),
    )
