"""Reading each statement a second time, after the payouts room settled what it says: does everything fit?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.db import DataError

from payments.payouts.models import BankMessage, PayoutItem
from payments.payouts.states import NOT_PAID, BatchStatus, ItemOutcome, MessageState
from payments.providers.bank.client import our_account
from payments.providers.bank.facts import MessageKind, Movement, StatementHead, UnreadableEntry
from payments.providers.bank.reader import Unreadable, read_account
from payments.reconciliation import policy
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.models import BankStatement
from payments.reconciliation.policy import Finding
from payments.reconciliation.services.breaks import note
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import date, datetime
    from hashlib import _Hash as Hash
    from uuid import UUID


NOT_COMPARED = "not_compared"
"""The problem of a statement whose numbers no book can hold."""


class _Ours(NamedTuple):
    """What of a payment is compared."""

    end_to_end_id: str
    amount_minor: int
    currency: str
    outcome: str
    statement_id: UUID | None
    message_id: str
    withdrawal_status: str
    batch_status: str
    booked_on: date | None
    return_statement_id: UUID | None


_COLUMNS = (
    "end_to_end_id",
    "amount_minor",
    "currency",
    "outcome",
    "statement_id",
    "batch__message_id",
    "withdrawal__status",
    "batch__status",
    "booked_on",
    "return_statement_id",
)


@dataclass
class _Reading:
    """One statement as it is read: its head, its sums, what does not fit."""

    head: StatementHead
    position: int
    label: str
    entries: int = 0
    sum_minor: int = 0
    findings: list[Finding] = field(default_factory=list)
    debited: set[str] = field(default_factory=set)
    credited: set[str] = field(default_factory=set)
    digest: Hash = field(default_factory=hashlib.sha256)


def reconcile_due(*, at: datetime, limit: int = policy.STATEMENTS_PER_RUN) -> int:
    """Compares the statements that have been handled, oldest first; returns how many were compared.

    Repeating it finds the same and writes it once.
    """
    done = 0
    while done < limit:
        rows = BankMessage.objects.filter(kind=MessageKind.STATEMENT.value, state=MessageState.HANDLED.value)
        message = rows.filter(reconciled_at__isnull=True).exclude(problem=NOT_COMPARED).order_by("number").first()
        if message is None:
            break
        try:
            _reconcile(message, at=at)
        except (Unreadable, OverflowError, DataError):
            # It will not fit the next time either: a person looks at it, the others go on.
            BankMessage.objects.filter(pk=message.pk).update(problem=NOT_COMPARED)
            continue
        done += 1
    return done


def _reconcile(message: BankMessage, *, at: datetime) -> None:
    readings = _read(message)
    with db.transaction():
        locked = BankMessage.objects.select_for_update().defer("body").get(pk=message.pk)
        if locked.reconciled_at is not None:
            return
        for reading in readings:
            if _is_known(reading):
                continue
            _conclude(reading, message, at=at)
        locked.reconciled_at = at
        locked.save(update_fields=["reconciled_at"])


def _read(message: BankMessage) -> list[_Reading]:
    readings: list[_Reading] = []
    current: _Reading | None = None
    pending: list[Movement] = []
    for fact in read_account(message.body.encode()):
        if isinstance(fact, StatementHead):
            _compare(current, pending, message)
            is_ours = fact.account in ("", our_account().iban)
            position = len(readings)
            current = _Reading(fact, position, f"{message.number}.{message.sha256[:8]}.{position}") if is_ours else None
            if current is not None:
                current.digest.update(repr(fact).encode())
                readings.append(current)
        elif current is not None and isinstance(fact, UnreadableEntry):
            _compare(current, pending, message)
            current.entries += 1
            current.digest.update(repr(fact).encode())
            place = f"{current.label}.{current.entries}"
            current.findings.append(Finding(BreakKind.UNREADABLE_ENTRY, place, {"problem": fact.problem}))
        elif current is not None and isinstance(fact, Movement) and fact.is_booked:
            pending.append(fact)
            if len(pending) >= policy.LATE_PER_STATEMENT:
                _compare(current, pending, message)
    _compare(current, pending, message)
    return readings


def _compare(reading: _Reading | None, movements: list[Movement], message: BankMessage) -> None:
    """Each movement against our payments; empties ``movements``."""
    if reading is not None:
        wanted = [movement.end_to_end_id for movement in movements if movement.end_to_end_id]
        rows = PayoutItem.objects.filter(end_to_end_id__in=wanted).values_list(*_COLUMNS)
        items = {ours.end_to_end_id: ours for ours in (_Ours(*row) for row in rows)}
        for movement in movements:
            reading.entries += 1
            signed = movement.amount.amount_minor if movement.is_credit else -movement.amount.amount_minor
            reading.sum_minor += signed
            reading.digest.update(repr(movement).encode())
            finding = _fault(movement, items.get(movement.end_to_end_id), reading, message)
            if finding is not None:
                reading.findings.append(finding)
    movements.clear()


def _fault(movement: Movement, item: _Ours | None, reading: _Reading, message: BankMessage) -> Finding | None:
    told: dict[str, int | str] = {
        "amount_minor": movement.amount.amount_minor,
        "currency": movement.amount.currency,
        "direction": "credit" if movement.is_credit else "debit",
        "bank_reference": movement.bank_reference,
    }
    if item is None or movement.message_id not in ("", item.message_id):
        return Finding(BreakKind.UNKNOWN_ENTRY, f"{reading.label}.{reading.entries}", told)
    told |= {"end_to_end_id": item.end_to_end_id}
    place = f"{item.end_to_end_id}.{reading.label}.{reading.entries}"
    if (movement.amount.amount_minor, movement.amount.currency) != (item.amount_minor, item.currency):
        return Finding(BreakKind.WRONG_AMOUNT, place, told | {"ours_minor": item.amount_minor})
    if movement.is_reversal and not movement.is_credit:
        return Finding(BreakKind.REVERSED, place, told)
    if movement.is_credit:
        return _fault_of_return(item, reading, message, told)
    elsewhere = item.statement_id not in (None, message.pk)
    if elsewhere or item.end_to_end_id in reading.debited:
        return Finding(BreakKind.PAID_TWICE, place, told)
    reading.debited.add(item.end_to_end_id)
    if item.withdrawal_status in NOT_PAID or item.outcome == ItemOutcome.REJECTED:
        return Finding(BreakKind.PAID_AFTER_FAILURE, place, told)
    return None


def _fault_of_return(
    item: _Ours, reading: _Reading, message: BankMessage, told: dict[str, int | str]
) -> Finding | None:
    """A credit with our reference and amount: a return once, if the payouts room took it for one."""
    place = f"{item.end_to_end_id}.{reading.label}.{reading.entries}"
    was_refused = item.outcome == ItemOutcome.REJECTED and item.booked_on is None
    if was_refused or item.batch_status == BatchStatus.PREPARED or item.withdrawal_status in NOT_PAID:
        return Finding(BreakKind.RETURNED_UNPAID, place, told)
    if item.return_statement_id is None:
        return Finding(BreakKind.UNKNOWN_ENTRY, f"{reading.label}.{reading.entries}", told)
    if item.return_statement_id != message.pk or item.end_to_end_id in reading.credited:
        return Finding(BreakKind.RETURNED_TWICE, place, told)
    reading.credited.add(item.end_to_end_id)
    return None


def _is_known(reading: _Reading) -> bool:
    """The same statement came before in another message: what it says has been compared."""
    head = reading.head
    told = BankStatement.objects.filter(identification=head.identification, number=_number(head))
    return bool(head.identification) and told.filter(digest=reading.digest.hexdigest()).exists()


def _number(head: StatementHead) -> int | None:
    written = head.number
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None


def _conclude(reading: _Reading, message: BankMessage, *, at: datetime) -> None:
    head = reading.head
    day = head.day or at.date()
    statement = BankStatement.objects.create(
        id=ids.uuid7(at),
        message=message,
        position=reading.position,
        identification=head.identification,
        number=_number(head),
        currency=head.currency,
        day=day,
        opening_minor=head.opening_minor,
        closing_minor=head.closing_minor,
        digest=reading.digest.hexdigest(),
        entries=reading.entries,
        sum_minor=reading.sum_minor,
    )
    findings = [*reading.findings, *_balances(statement, reading.label), *_absent(day)]
    note(findings, at=at)


def _balances(statement: BankStatement, label: str) -> list[Finding]:
    """Does it open where the last one closed, with the next number, and add up?"""
    found: list[Finding] = []
    told: dict[str, int | str] = {"day": statement.day.isoformat(), "currency": statement.currency}
    opening, closing = statement.opening_minor, statement.closing_minor
    if opening is not None and closing is not None and opening + statement.sum_minor != closing:
        difference = closing - opening - statement.sum_minor
        found.append(Finding(BreakKind.SUM_DIFFERS, label, told | {"difference_minor": difference}))
    before = (
        BankStatement.objects.filter(currency=statement.currency, day__lte=statement.day)
        .exclude(pk=statement.pk)
        .order_by("-day", "-number", "-id")
        .first()
    )
    if before is None:
        return found
    if opening is not None and before.closing_minor is not None and opening != before.closing_minor:
        difference = opening - before.closing_minor
        found.append(Finding(BreakKind.OPENING_DIFFERS, label, told | {"difference_minor": difference}))
    if statement.number is not None and before.number is not None and statement.number > before.number + 1:
        missing = statement.number - before.number - 1
        found.append(Finding(BreakKind.STATEMENT_MISSING, label, told | {"missing": missing}))
    return found


def _absent(day: date) -> list[Finding]:
    """What should be on this statement or an earlier one, and is not."""
    found: list[Finding] = []
    told = PayoutItem.objects.filter(booked_on__lte=day, statement__isnull=True)
    for item in told.order_by("booked_on", "id")[: policy.LATE_PER_STATEMENT]:
        found.append(_about(BreakKind.MISSING_ENTRY, item, item.end_to_end_id, "debit"))
    back = PayoutItem.objects.filter(returned_on__lte=day, return_statement__isnull=True)
    for item in back.order_by("returned_on", "id")[: policy.LATE_PER_STATEMENT]:
        found.append(_about(BreakKind.MISSING_ENTRY, item, f"{item.end_to_end_id}.back", "credit"))
    owed = PayoutItem.objects.filter(
        withdrawal__money_back__settled_at__isnull=True,
        withdrawal__money_back__returned_at__date__lt=policy.late_before(day),
    ).exclude(outcome=ItemOutcome.REJECTED.value, booked_on__isnull=True)  # taken back before any money moved
    for item in owed.order_by("id")[: policy.LATE_PER_STATEMENT]:
        found.append(_about(BreakKind.NOT_BOOKED, item, f"{item.end_to_end_id}.back", "credit"))
    late = PayoutItem.objects.filter(
        outcome=ItemOutcome.ACCEPTED.value, booked_on__isnull=True, execute_on__lt=policy.late_before(day)
    )
    for item in late.order_by("execute_on", "id")[: policy.LATE_PER_STATEMENT]:
        found.append(_about(BreakKind.NOT_BOOKED, item, item.end_to_end_id, "debit"))
    unheard = PayoutItem.objects.filter(
        batch__status=BatchStatus.ANSWERED.value,
        batch__reported_at__isnull=True,
        outcome="",
        booked_on__isnull=True,
        execute_on__lt=policy.late_before(day),
    )
    for item in unheard.order_by("execute_on", "id")[: policy.LATE_PER_STATEMENT]:
        found.append(_about(BreakKind.NOT_BOOKED, item, item.end_to_end_id, "debit"))
    return found


def _about(kind: BreakKind, item: PayoutItem, subject: str, direction: str) -> Finding:
    return Finding(
        kind,
        subject,
        {
            "end_to_end_id": item.end_to_end_id,
            "amount_minor": item.amount_minor,
            "currency": item.currency,
            "direction": direction,
        },
    )
