"""What happened to a withdrawal, move by move, as an officer reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.identity.models import User
from payments.banking.states import TERMINAL
from payments.banking.states import WithdrawalStatus as Status
from support.cases import selectors
from support.cases.policy import STATUS_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from payments.banking.models import Withdrawal, WithdrawalEvent, WithdrawalQuestion


@dataclass(frozen=True, slots=True)
class Moment:
    """One line; ``state`` is done, now or bad; ``said`` is what somebody wrote then."""

    title: str
    at: datetime
    state: str
    when: str = ""
    detail: str = ""
    said: str = ""


def when(moment: datetime, at: datetime) -> str:
    """``Today 09:12`` or the day and the time, in the reader's own time zone and language."""
    local = timezone.localtime(moment)
    if local.date() == timezone.localtime(at).date():
        return _("Today %(time)s") % {"time": date_format(local, "TIME_FORMAT")}
    return date_format(local, "SHORT_DATETIME_FORMAT")


def moments_of(
    withdrawal: Withdrawal, *, questions: Sequence[WithdrawalQuestion], may_read: bool, total: str, at: datetime
) -> list[Moment]:
    """Moves, the claim, questions and answers, oldest first; the words of both only where ``may_read``."""
    events = selectors.events_of(withdrawal)
    names = _handles(events)
    moments = [_moment(event, names, withdrawal, total) for event in events]
    if withdrawal.claimed_by is not None and withdrawal.claimed_at is not None:
        claimed = _("Claimed by %(who)s") % {"who": withdrawal.claimed_by.handle}
        moments.append(Moment(claimed, withdrawal.claimed_at, "done"))
    for asked in questions:
        by = _("%(who)s asked") % {"who": asked.asked_by.handle}
        moments.append(Moment(by, asked.asked_at, "done", said=asked.question if may_read else ""))
        if asked.answered_at is not None:
            moments.append(
                Moment(_("The customer answered"), asked.answered_at, "done", said=asked.answer if may_read else "")
            )
    ordered = sorted(moments, key=lambda moment: moment.at)
    return [replace(moment, when=when(moment.at, at)) for moment in ordered]


def _moment(event: WithdrawalEvent, names: dict[str, str], withdrawal: Withdrawal, total: str) -> Moment:
    who = names.get(event.actor, "")
    bad = event.to_status in TERMINAL and event.to_status != Status.SETTLED
    return Moment(_title(event, who, total), event.occurred_at, "bad" if bad else "done", detail=_detail(event))


def _title(event: WithdrawalEvent, who: str, total: str) -> str:
    """What the move was; moves by an officer name them."""
    to = event.to_status
    if to == Status.AWAITING_STEP_UP:
        return _("Held %(sum)s") % {"sum": total}
    if to == Status.SCREENING:
        return _("Confirmed by the customer")
    if to == Status.UNDER_REVIEW:
        return _back_to_review(event, who)
    by_officer = {
        Status.AWAITING_SECOND_APPROVAL: _("Approved by %(who)s (1 of 2)"),
        Status.APPROVED: _("Approved by %(who)s"),
        Status.REJECTED: _("Rejected by %(who)s"),
        Status.AWAITING_CUSTOMER: _("Sent to the customer by %(who)s"),
        Status.FAILED: _("Released: the bank did not pay it (approved by %(who)s)"),
        Status.SETTLED: _("Settled as the bank booked it (approved by %(who)s)"),
    }
    if who and to in by_officer:
        return by_officer[Status(to)] % {"who": who}
    return _("Approved by the rules") if to == Status.APPROVED else str(STATUS_WORDS[to][1])


def _back_to_review(event: WithdrawalEvent, who: str) -> str:
    if event.cause == "approval_refused" and who:
        return _("%(who)s did not agree") % {"who": who}
    words = {
        "approval_expired": _("Nobody gave the second approval in time"),
        "approval_voided": _("The second approval became void: something changed"),
        "recheck_failed": _("A condition no longer held"),
        "account_corrected": _("The bank account was corrected"),
        "answered": _("Back with us"),
    }
    return words.get(event.cause, _("Screened: a person must look"))


def _detail(event: WithdrawalEvent) -> str:
    return event.provider_reference


def _handles(events: Sequence[WithdrawalEvent]) -> dict[str, str]:
    """The handles of officers among the actors, by actor."""
    staff = {}
    for event in events:
        kind, _separator, actor_id = event.actor.partition(":")
        if kind == "staff":
            staff[event.actor] = UUID(actor_id)
    found = dict(User.objects.filter(pk__in=set(staff.values())).values_list("pk", "handle")) if staff else {}
    return {actor: found.get(user_id) or "" for actor, user_id in staff.items()}
