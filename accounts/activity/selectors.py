"""The feed: newest first, by position, so that its length never matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Q, Sum, Value

from accounts.activity import words
from accounts.activity.models import PENDING_STATES, ActivityItem, Direction
from accounts.activity.policy import TYPES
from wallet_project.lib.api import moment_of
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to show; empty values do not filter. Amounts are minor units without sign, ``before`` is exclusive."""

    q: str = ""
    type: str = ""
    currency: str = ""
    min_minor: int | None = None
    max_minor: int | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the next one begins with the first older row."""

    occurred_at: datetime
    id: UUID

    def as_cursor(self) -> dict[str, str]:
        """The position as JSON values."""
        return {"at": self.occurred_at.isoformat(), "id": str(self.id)}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where to go on (None at the end)."""

    items: list[ActivityItem]
    next: Position | None


NO_FILTERS = Filters()


def position_from(cursor: Mapping[str, Any] | None) -> Position | None:
    """The position behind a cursor; one that was not made by ``as_cursor`` raises Invalid."""
    if cursor is None:
        return None
    try:
        row_id = UUID(cursor["id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error
    return Position(moment_of(cursor), row_id)


def page(user_id: UUID, *, after: Position | None = None, filters: Filters = NO_FILTERS, size: int = PAGE_SIZE) -> Page:
    """One page of a person's feed, one query. Costs the same on the first page and the thousandth."""
    rows = _filtered(user_id, ActivityItem.objects.filter(user_id=user_id), filters)
    if after is not None:
        # The first condition lets the index begin at the position; the second settles rows of the same moment.
        rows = rows.filter(occurred_at__lte=after.occurred_at)
        rows = rows.filter(Q(occurred_at__lt=after.occurred_at) | Q(id__lt=after.id))
    found = list(rows.order_by("-occurred_at", "-id")[: size + 1])
    items = found[:size]
    last = Position(items[-1].occurred_at, items[-1].pk) if len(found) > size else None
    return Page(items, last)


def item(user_id: UUID, item_id: UUID) -> ActivityItem:
    """One row of a person's own feed. Raises NotFound, also for somebody else's."""
    found = ActivityItem.objects.filter(user_id=user_id, pk=item_id).first()
    if found is None:
        raise NotFound
    return found


def pending_in(user_id: UUID) -> dict[str, int]:
    """What is on its way to a person and not theirs yet, in minor units by currency; one query."""
    rows = ActivityItem.objects.filter(user_id=user_id, direction=Direction.IN, state__in=PENDING_STATES)
    return dict(rows.order_by().values_list("currency").annotate(total=Sum("amount_minor")))


ASKED = "AWAITING_CUSTOMER"
ASKED_WITHIN = timedelta(days=60)
"""A question is answered or given up long before; the bound keeps the look at a long history short."""
NEEDING_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Front:
    """What a person sees first of their feed: the newest rows, and the rows that need them, however old."""

    newest: list[ActivityItem]
    needing: list[ActivityItem]


def front(user_id: UUID, subject_ids: Collection[UUID], *, size: int, at: datetime) -> Front:
    """The ``size`` newest rows, and those of the given operations or of what our team asked about; one query."""
    asked = Q(state=ASKED, occurred_at__gt=at - ASKED_WITHIN)
    rows = ActivityItem.objects.filter(user_id=user_id).order_by("-occurred_at", "-id")
    needing = rows.filter(Q(subject_id__in=subject_ids) | asked)[:NEEDING_AT_MOST]
    found = {row.pk: row for row in rows[:size].union(needing, all=True)}
    ordered = sorted(found.values(), key=lambda row: (row.occurred_at, row.pk), reverse=True)
    return Front(
        newest=ordered[:size],
        needing=[row for row in ordered if row.subject_id in subject_ids or row.state == ASKED],
    )


def _filtered(user_id: UUID, rows: QuerySet[ActivityItem], wanted: Filters) -> QuerySet[ActivityItem]:
    if wanted.type:
        kind, direction = TYPES[wanted.type]
        rows = rows.filter(kind=kind, **({"direction": direction} if direction else {}))
    if wanted.currency:
        rows = rows.filter(currency=wanted.currency)
    if wanted.min_minor is not None:
        rows = rows.filter(Q(amount_minor__gte=wanted.min_minor) | Q(amount_minor__lte=-wanted.min_minor))
    if wanted.max_minor is not None:
        rows = rows.filter(amount_minor__range=(-wanted.max_minor, wanted.max_minor))
    if wanted.since is not None:
        rows = rows.filter(occurred_at__gte=wanted.since)
    if wanted.before is not None:
        rows = rows.filter(occurred_at__lt=wanted.before)
    return _searched(user_id, rows, wanted.q) if wanted.q else rows


def _searched(user_id: UUID, rows: QuerySet[ActivityItem], query: str) -> QuerySet[ActivityItem]:
    marks = words.marks_of_query(user_id, query)
    by_reference = Q(reference=query.strip())
    if not marks:
        return rows.filter(by_reference)
    # As one typed value: a plain list is taken apart, and each number sent as a 32-bit integer, which marks are not.
    wanted = Value(marks, output_field=ArrayField(BigIntegerField()))
    return rows.filter(by_reference | Q(search_words__contains=wanted))
