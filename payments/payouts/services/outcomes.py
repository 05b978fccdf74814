"""What the bank said about single payments, applied to our rows, the withdrawals and the books.

Each verb takes a chunk and is one transaction. All are safe to repeat and indifferent to order: a booking may come
before the status report, a return before the booking.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from ledger.money import Money
from payments.banking import services as banking
from payments.payouts.contradictions import Contradiction, ContradictionKind, tell
from payments.payouts.models import PayoutItem
from payments.payouts.records import lock_items, save_items
from payments.payouts.services.origins import origins_of
from payments.payouts.states import ItemOutcome
from payments.providers.bank.facts import (
    ACCEPTED_STATUSES,
    DUPLICATE,
    REJECTED_STATUSES,
    MessageKind,
    Standing,
)
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from payments.payouts.models import BankMessage
    from payments.providers.bank.facts import Movement, PaymentAtBank, PaymentStatus, ReturnedPayment

    Line = TypeVar("Line", PaymentStatus, ReturnedPayment)

OUR_ACCOUNT_REFUSED = "our_account_refused"
OUR_SIDE = frozenset({"AC02", "AM02", "AM04"})
"""Reasons about the account that pays, ours: people are told to try again, the desk is told to look at once."""
REJECTED_AFTER_BOOKING = "rejected_after_booking"
RETURN_OF_ANOTHER_AMOUNT = "return_of_another_amount"


def apply_answers(answers: Sequence[tuple[str, PaymentAtBank]], *, at: datetime) -> None:
    """What the bank answered when it was asked about payments, by EndToEndId."""
    if not answers:
        return
    with db.transaction():
        items = lock_items(end_to_end_id for end_to_end_id, _ in answers)
        accepted = [(items[one], now.bank_reference) for one, now in answers if now.standing is Standing.ACCEPTED]
        rejected = [(items[one], now.reason) for one, now in answers if now.standing is Standing.REJECTED]
        _accept(accepted, at=at)
        _reject(rejected, message=None, at=at)


def apply_statuses(statuses: Sequence[PaymentStatus], *, message: BankMessage, at: datetime) -> None:
    """Lines of a pain.002. Statuses that say only "I am looking" change nothing; those of another file are breaks."""
    with db.transaction():
        items = lock_items(status.end_to_end_id for status in statuses)
        known = _of_our_file(statuses, items, message=message, at=at)
        _accept([(item, s.bank_reference) for item, s in known if s.status in ACCEPTED_STATUSES], at=at)
        rejected = [
            (item, s.reason or "NARR")
            for item, s in known
            if s.status in REJECTED_STATUSES and s.reason not in DUPLICATE
        ]
        _reject(rejected, message=message, at=at)


def _of_our_file(
    lines: Sequence[Line], items: dict[str, PayoutItem], *, message: BankMessage, at: datetime
) -> list[tuple[PayoutItem, Line]]:
    """The lines about payments of ours, with them. An EndToEndId is no proof: the line must name the payment's file."""
    known = [(items[line.end_to_end_id], line) for line in lines if line.end_to_end_id in items]
    foreign = [(item, line) for item, line in known if line.message_id != item.batch.message_id]
    tell([_contradiction(ContradictionKind.FOREIGN_FILE, item, line, message) for item, line in foreign], at=at)
    return [(item, line) for item, line in known if line.message_id == item.batch.message_id]


def _contradiction(
    kind: ContradictionKind, item: PayoutItem, line: PaymentStatus | ReturnedPayment, message: BankMessage
) -> Contradiction:
    told: dict[str, int | str] = {
        "end_to_end_id": item.end_to_end_id,
        "amount_minor": item.amount_minor,
        "currency": item.currency,
        "bank_reference": line.bank_reference,
        "message_number": message.number,
    }
    return Contradiction(kind, f"{item.end_to_end_id}.{message.pk}", told)


def accept_rest(item_ids: Sequence[UUID], *, at: datetime) -> None:
    """Payments of a file that was accepted as a whole."""
    with db.transaction():
        rows = PayoutItem.objects.select_for_update().filter(pk__in=item_ids).order_by("id")
        _accept([(item, "") for item in rows], at=at)


def reject_rest(item_ids: Sequence[UUID], *, reason: str, message: BankMessage, at: datetime) -> None:
    """Payments of a file that was rejected as a whole after some were accepted."""
    with db.transaction():
        rows = PayoutItem.objects.select_for_update().filter(pk__in=item_ids).order_by("id")
        _reject([(item, reason) for item in rows], message=message, at=at)


def _accept(answers: Iterable[tuple[PayoutItem, str]], *, at: datetime) -> None:
    fresh = [(item, reference) for item, reference in answers if not item.outcome]
    for item, reference in fresh:
        item.outcome = ItemOutcome.ACCEPTED.value
        item.bank_reference = reference or item.bank_reference
    save_items([item for item, _ in fresh])
    if fresh:
        banking.mark_sent(items=[(item.withdrawal_id, reference) for item, reference in fresh], at=at)


def _reject(answers: Iterable[tuple[PayoutItem, str]], *, message: BankMessage | None, at: datetime) -> None:
    """Before it was accepted: it failed, the hold is released. After: money we called sent comes back."""
    failed: list[tuple[PayoutItem, str]] = []
    taken_back: list[tuple[PayoutItem, str]] = []
    for item, reason in answers:
        if item.outcome == ItemOutcome.REJECTED:
            continue
        if item.booked_on is not None:
            _note(message, REJECTED_AFTER_BOOKING)
            continue
        if reason in OUR_SIDE:
            _note(message, OUR_ACCOUNT_REFUSED)
        (taken_back if item.outcome else failed).append((item, reason[:35]))
        item.outcome, item.reason = ItemOutcome.REJECTED.value, reason[:35]
    save_items([item for item, _ in (*failed, *taken_back)])
    if failed:
        banking.mark_failed(items=[(item.withdrawal_id, reason) for item, reason in failed], at=at)
    for item, reason in taken_back:
        _record_return(item, reason, message, at=at)


def apply_movements(movements: Sequence[Movement], *, message: BankMessage, first: int, at: datetime) -> None:
    """Booked lines of a notice, report or statement: debits settle, credits bring returns home.

    A credit is a return only if the bank says so, here or in a pacs.004 before it: anybody may pay us quoting a
    reference of ours. Of one that was settled with another amount a person decides (a break).

    ``first`` is the place of the chunk in its message: with the message's id it names the chunk's entry in the books,
    the same whenever the message is read again. A line of another amount than ours settles nothing (a break).
    """
    with db.transaction():
        items = lock_items(movement.end_to_end_id for movement in movements)
        ours = [(items[one.end_to_end_id], one) for one in movements if _is_ours(one, items)]
        _settle([pair for pair in ours if not pair[1].is_credit], message=message, first=first, at=at)
        came_in = [(item, movement) for item, movement in ours if movement.is_credit]
        origins = origins_of([item for item, _ in came_in])
        for item, movement in sorted(came_in, key=lambda pair: origins[pair[0].pk].wallet_account_id):
            origin = origins[item.pk]
            is_return = movement.is_reversal or movement.return_reason or origin.has_come_back
            if is_return and origin.was_paid and not origin.booked_otherwise:
                _bring_home(item, movement, message=message, at=at)


def _is_ours(movement: Movement, items: dict[str, PayoutItem]) -> bool:
    item = items.get(movement.end_to_end_id)
    if item is None or not movement.is_booked or (movement.is_reversal and not movement.is_credit):
        return False
    same_file = movement.message_id in ("", item.batch.message_id)
    return same_file and movement.amount == Money(item.amount_minor, item.currency)


def _settle(pairs: Sequence[tuple[PayoutItem, Movement]], *, message: BankMessage, first: int, at: datetime) -> None:
    by_day: defaultdict[date, list[PayoutItem]] = defaultdict(list)
    for item, movement in pairs:
        item.booked_on = item.booked_on or movement.booked_on or at.date()
        item.outcome = item.outcome or ItemOutcome.ACCEPTED.value
        item.bank_reference = movement.bank_reference or item.bank_reference
        if message.kind == MessageKind.STATEMENT:
            item.statement = item.statement or message
        else:
            item.notice = item.notice or message
        by_day[movement.value_on or item.booked_on].append(item)
    save_items({item.pk: item for item, _ in pairs}.values())
    for value_date, items in sorted(by_day.items()):
        banking.mark_settled(
            withdrawal_ids=[item.withdrawal_id for item in items],
            message_id=ids.derive(message.pk, f"settled {first} {value_date}"),
            value_date=value_date,
            at=at,
        )


def _bring_home(item: PayoutItem, movement: Movement, *, message: BankMessage, at: datetime) -> None:
    item.returned_on = item.returned_on or movement.booked_on or at.date()
    if message.kind == MessageKind.STATEMENT:
        item.return_statement = item.return_statement or message
    item.save(update_fields=["returned_on", "return_statement"])
    _record_return(item, movement.return_reason or "NARR", message, at=at)
    banking.settle_return(withdrawal_id=item.withdrawal_id, message_id=message.pk, at=at)


def apply_returns(returns: Sequence[ReturnedPayment], *, message: BankMessage, at: datetime) -> None:
    """Lines of a pacs.004: the person has the money at once, the bank's credit follows.

    What never left or was refused cannot come back: nothing moves, a break.
    """
    with db.transaction():
        items = lock_items(back.end_to_end_id for back in returns)
        ours = _of_our_file(returns, items, message=message, at=at)
        origins = origins_of([item for item, _ in ours])
        unpaid = [(item, back) for item, back in ours if not origins[item.pk].was_paid]
        tell([_contradiction(ContradictionKind.RETURNED_UNPAID, *pair, message) for pair in unpaid], at=at)
        paid = [(item, back) for item, back in ours if origins[item.pk].was_paid]
        for item, back in sorted(paid, key=lambda pair: origins[pair[0].pk].wallet_account_id):
            if origins[item.pk].booked_otherwise or back.amount != Money(item.amount_minor, item.currency):
                # Part of it came back: how much is the person's and what is a charge, a person decides.
                _note(message, RETURN_OF_ANOTHER_AMOUNT)
                continue
            _record_return(item, back.reason, message, at=at)


def _record_return(item: PayoutItem, reason: str, message: BankMessage | None, *, at: datetime) -> None:
    if not item.outcome:
        # It came back, so it had left: the books follow the same way.
        item.outcome = ItemOutcome.ACCEPTED.value
        item.save(update_fields=["outcome"])
    banking.mark_sent(items=[(item.withdrawal_id, item.bank_reference)], at=at)
    banking.record_return(
        withdrawal_id=item.withdrawal_id,
        reason_code=reason,
        amount=Money(item.amount_minor, item.currency),
        message_id=message.pk if message is not None else item.pk,
        at=at,
    )


def _note(message: BankMessage | None, problem: str) -> None:
    """Shown on the desk beside the message."""
    if message is not None and message.problem != problem:
        message.problem = problem
        message.save(update_fields=["problem"])
