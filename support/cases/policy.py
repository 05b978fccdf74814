"""Rules of the withdrawals queue: its tabs, its deadlines, why personal data may be read. No queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.banking.states import TERMINAL, BankAccountStatus
from payments.banking.states import WithdrawalStatus as Status

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

PAGE_SIZE = 25
MOVEMENTS_SHOWN = 10
SOON = timedelta(hours=2)
"""A deadline nearer than this is marked."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the queue. ``waits``: it is staff's turn, so deadlines count."""

    title: str | Promise
    statuses: tuple[Status, ...]
    waits: bool = False


TABS: dict[str, Tab] = {
    "decide": Tab(gettext_lazy("To decide"), (Status.UNDER_REVIEW, Status.AWAITING_SECOND_APPROVAL), waits=True),
    "customer": Tab(gettext_lazy("Customer asked"), (Status.AWAITING_CUSTOMER,)),
    "bank": Tab(gettext_lazy("With the bank"), (Status.APPROVED, Status.SUBMITTED, Status.UNKNOWN, Status.SENT)),
    "ended": Tab(gettext_lazy("Ended"), tuple(sorted(TERMINAL))),
}
FIRST_TAB = "decide"

OWNERS: dict[str, str | Promise] = {
    "all": gettext_lazy("Everyone’s"),
    "mine": gettext_lazy("Mine"),
    "free": gettext_lazy("Unclaimed"),
}

STATUS_WORDS: dict[str, tuple[str, str | Promise]] = {
    Status.AWAITING_STEP_UP: ("quiet", gettext_lazy("Not confirmed")),
    Status.SCREENING: ("wait", gettext_lazy("Screening")),
    Status.UNDER_REVIEW: ("needs", gettext_lazy("Review")),
    Status.AWAITING_CUSTOMER: ("wait", gettext_lazy("Customer asked")),
    Status.AWAITING_SECOND_APPROVAL: ("needs", gettext_lazy("Second approval")),
    Status.APPROVED: ("ok", gettext_lazy("Approved")),
    Status.SUBMITTED: ("wait", gettext_lazy("Submitted")),
    Status.UNKNOWN: ("needs", gettext_lazy("Bank has not answered")),
    Status.SENT: ("wait", gettext_lazy("Sent by the bank")),
    Status.SETTLED: ("ok", gettext_lazy("Settled")),
    Status.REJECTED: ("bad", gettext_lazy("Rejected")),
    Status.CANCELLED: ("quiet", gettext_lazy("Cancelled")),
    Status.FAILED: ("bad", gettext_lazy("Refused by the bank")),
    Status.EXPIRED: ("quiet", gettext_lazy("Expired")),
}


ACCOUNT_WORDS: dict[str, str | Promise] = {
    BankAccountStatus.AWAITING_STEP_UP: gettext_lazy("Not confirmed"),
    BankAccountStatus.ACTIVE: gettext_lazy("In use"),
    BankAccountStatus.REMOVED: gettext_lazy("No longer in use"),
    BankAccountStatus.EXPIRED: gettext_lazy("Expired"),
}
"""The states of a bank account as the desk says them."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """How much time is left, in a tag's words."""

    tone: str
    words: str


def deadline(due_at: datetime | None, at: datetime) -> Deadline | None:
    """``Due in 1 h 12 min`` or ``2 d late``; None where nothing is due."""
    if due_at is None:
        return None
    left = due_at - at
    if left < timedelta(0):
        return Deadline("bad", _("%(span)s late") % {"span": span(-left)})
    return Deadline("needs" if left <= SOON else "wait", _("Due in %(span)s") % {"span": span(left)})


def span(time: timedelta) -> str:
    """A time in its two largest units: ``2 d``, ``1 h 12 min``, ``4 min``; less than a minute counts as one."""
    minutes = max(int(time.total_seconds()) // 60, 1)
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return ngettext("%(count)d d", "%(count)d d", days) % {"count": days}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return ngettext("%(count)d min", "%(count)d min", minutes) % {"count": minutes}
