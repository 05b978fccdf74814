"""What the bank's own statements and answers say about one payment: enough to say that it was never paid, or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db.models import Q

from payments.banking.states import WithdrawalStatus
from payments.payouts.models import BankMessage
from payments.payouts.policy import NEVER_ARRIVED_AFTER, execution_day
from payments.payouts.states import MessageState
from payments.providers.bank.facts import MessageKind, Standing
from payments.reconciliation import policy
from payments.reconciliation.kinds import BreakKind, BreakStatus
from payments.reconciliation.models import BankStatement, ReconciliationBreak

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from payments.payouts.models import PayoutItem


class Obstacle(StrEnum):
    """Why nobody may say that a payment was never made."""

    UNREAD = "unread_messages"
    """A message of the bank is not read to its end."""
    MENTIONED = "mentioned"
    """A finding speaks of the payment."""
    UNCLEAR = "unclear_movement"
    """A movement that nobody has explained may be it."""
    GAP = "statement_gap"
    """The statements since it was sent have a gap, or do not add up."""
    BEHIND = "statements_behind"
    """They do not reach the last bank day."""
    NOT_ASKED = "not_asked"
    """The bank has not just said that it does not have it, and the time for booking it is not over."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """``statements`` from ``since`` up to ``until`` (None without any); ``obstacle`` is None when they are enough."""

    since: date
    until: date | None
    statements: int
    answer: str
    asked_at: datetime | None
    obstacle: Obstacle | None


_BOOKED = (BreakKind.WRONG_AMOUNT, BreakKind.PAID_TWICE, BreakKind.REVERSED, BreakKind.PAID_AFTER_FAILURE)


def evidence_about(item: PayoutItem, *, at: datetime) -> Evidence:
    """What is known now about a payment of which the bank has not spoken."""
    since = item.execute_on
    rows = BankStatement.objects.filter(currency=item.currency).order_by("day", "number", "id")
    rows = rows.select_related("message").defer("message__body")
    before = rows.filter(day__lt=since).last()
    after = _newest(rows.filter(day__gte=since))
    until = after[-1].day if after else None
    return Evidence(
        since=since,
        until=until,
        statements=len(after),
        answer=item.answer,
        asked_at=item.asked_at,
        obstacle=_in_the_messages(item) or _in_the_statements(item, before, after, at=at),
    )


def _newest(statements: Iterable[BankStatement]) -> list[BankStatement]:
    """Of one the bank sent again with other contents only the newest. What an older one said stays a finding."""
    found: dict[object, BankStatement] = {}
    for one in statements:
        name = one.identification or one.pk if one.number is None else (one.number, one.day.year)
        if name not in found or found[name].message.number < one.message.number:
            found[name] = one
    return list(found.values())


def has_unread_messages() -> bool:
    """Whether a message of the bank waits to be followed, could not be read, or is a statement not yet compared."""
    waits = Q(state=MessageState.RECEIVED.value) | Q(state=MessageState.FAILED.value, is_closed=False)
    statement = Q(kind=MessageKind.STATEMENT.value, state=MessageState.HANDLED.value, reconciled_at__isnull=True)
    return BankMessage.objects.filter(waits | statement & Q(is_closed=False)).exists()


def _in_the_messages(item: PayoutItem) -> Obstacle | None:
    if has_unread_messages():
        return Obstacle.UNREAD
    speaks_of_it = ReconciliationBreak.objects.filter(details__end_to_end_id=item.end_to_end_id)
    is_booked = Q(kind__in=[kind.value for kind in _BOOKED])
    is_open = Q(status=BreakStatus.OPEN.value) & ~Q(kind=BreakKind.NOT_BOOKED.value)
    if item.notice_id is not None or speaks_of_it.filter(is_booked | is_open).exists():
        return Obstacle.MENTIONED
    # Of any amount: the bank may have booked it in one sum with others, or less its charges.
    unknown = Q(kind=BreakKind.UNKNOWN_ENTRY.value, details__direction="debit")
    unclear = ReconciliationBreak.objects.filter(
        unknown | Q(kind=BreakKind.UNREADABLE_ENTRY.value), status=BreakStatus.OPEN.value
    )
    return Obstacle.UNCLEAR if unclear.exists() else None


def _in_the_statements(
    item: PayoutItem, before: BankStatement | None, after: list[BankStatement], *, at: datetime
) -> Obstacle | None:
    today = execution_day(at)
    if not after or after[-1].day < policy.last_bank_day_before(today):
        return Obstacle.BEHIND
    if before is None and after[0].day > policy.first_bank_day_from(item.execute_on):
        return Obstacle.GAP
    chain = after if before is None else [before, *after]
    if not all(_adds_up(one) for one in after) or not all(_follows(*pair) for pair in pairwise(chain)):
        return Obstacle.GAP
    is_over = after[-1].day >= item.execute_on + policy.BOOKED_WITHIN and item.answer in ("", Standing.NOT_THERE)
    is_unknown = item.withdrawal.status == WithdrawalStatus.UNKNOWN
    return None if is_over or (is_unknown and _was_just_denied(item, at=at)) else Obstacle.NOT_ASKED


def _was_just_denied(item: PayoutItem, *, at: datetime) -> bool:
    """Not while the file may still be on the wire: then the bank does not have it yet."""
    unknown_at = item.batch.unknown_at
    arrived = unknown_at is not None and at - unknown_at >= NEVER_ARRIVED_AFTER
    is_fresh = item.asked_at is not None and at - item.asked_at <= policy.ANSWER_FRESH_FOR
    return arrived and is_fresh and item.answer == Standing.NOT_THERE


def _adds_up(one: BankStatement) -> bool:
    """A statement without balances proves nothing."""
    if one.opening_minor is None or one.closing_minor is None:
        return False
    return one.opening_minor + one.sum_minor == one.closing_minor


def _follows(one: BankStatement, following: BankStatement) -> bool:
    """By its balance, and by its number where both have one; a bank may begin its numbers again with the year."""
    if one.closing_minor is None or following.opening_minor != one.closing_minor:
        return False
    if one.number is None or following.number is None:
        return True
    begins_again = following.number == 1 and following.day.year > one.day.year
    return following.number == one.number + 1 or begins_again
