"""The feed as people read it: rows with words, grouped by the days of their own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.activity.models import Direction
from accounts.activity.policy import STATES, Shown, icon, title
from ledger.formatting import format_money
from ledger.money import Money
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import Promise

    from accounts.activity.models import ActivityItem

PREFIX = "act"
# People are shown by their initials, things by an icon.
_PEOPLE_KINDS = frozenset({"transfer"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the feed. ``amount`` carries its sign; ``currency`` says in what."""

    title: str
    detail: str
    amount: str
    currency: str
    url: str
    icon: str
    incoming: bool
    undone: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day heading and its rows. An empty heading continues the day of the page before."""

    heading: str
    rows: list[Row]


def public_id(item: ActivityItem) -> str:
    """``act_…``"""
    return ids.public(PREFIX, item.pk)


def state_of(item: ActivityItem) -> Shown:
    """How the item's state reads; a state that is not in the table is a defect."""
    return STATES[item.state]


def row_of(item: ActivityItem) -> Row:
    """One item as a line, in the active language."""
    shown = state_of(item)
    what = title(item.kind, item.direction)
    # Without a name the title says what happened already.
    status: str | Promise = what if shown.tone == "ok" and item.shown_name else shown.label
    return Row(
        title=item.shown_name or str(what),
        detail=" · ".join(str(part) for part in (status, item.note) if part),
        amount=_number(Money(item.amount_minor, item.currency)),
        currency=item.currency,
        url=reverse("activity_item", args=[public_id(item)]),
        icon="" if item.kind in _PEOPLE_KINDS else icon(item.kind, item.direction),
        incoming=item.direction == Direction.IN and shown.tone == "ok",
        undone=shown.void,
    )


def _number(money: Money) -> str:
    """The sum with its sign and without its currency, which stands below it."""
    return format_money(money, get_language() or "en", with_code=True, sign=True).rpartition("\u00a0")[0]


def by_day(
    items: Iterable[ActivityItem], *, time_zone: str, now: datetime, continues: datetime | None = None
) -> list[Day]:
    """Rows under the days of ``time_zone``.

    ``continues`` is when the page before ended: its day gets no new heading.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    open_day = continues.astimezone(zone).date() if continues is not None else None

    def local_day(item: ActivityItem) -> date:
        return item.occurred_at.astimezone(zone).date()

    return [
        Day("" if day == open_day else heading(day, today), [row_of(item) for item in rows])
        for day, rows in groupby(items, key=local_day)
    ]


def heading(day: date, today: date) -> str:
    """Today, Yesterday, the weekday and date of this year, or the full date."""
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    # Translators: Django date format for a day of this year, such as "Monday, 3 March".
    return date_format(day, _("l, j F")) if day.year == today.year else date_format(day, "DATE_FORMAT")
