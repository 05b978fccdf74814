"""A payment the bank booked with another amount: two officers settle it as booked.

What did not leave is the person's again, what left too much is our loss (``banking.settle_as_booked``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.approvals import services as approvals
from accounts.audit.services import publish
from ledger.money import Money
from payments.banking import policy as banking
from payments.banking import services as withdrawals
from payments.banking.errors import StateConflict
from payments.banking.models import WithdrawalReturn
from payments.banking.states import AT_THE_BANK, WithdrawalStatus
from payments.payouts.services.correcting import item_of, lock_payment, note_booked_otherwise
from payments.payouts.states import ItemOutcome
from payments.reconciliation.errors import MayBePaid
from payments.reconciliation.events import PayoutSettledAsBooked
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.models import BankStatement, ReconciliationBreak
from payments.reconciliation.policy import words_of
from payments.reconciliation.services.breaks import lock_about, resolve_rows
from payments.reconciliation.services.evidence import Obstacle, has_unread_messages
from payments.reconciliation.services.not_paid import LEFT, require_corrector, require_not_own
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from payments.payouts.models import PayoutItem
    from wallet_project.lib.origin import Origin

PURPOSE = "payout_settle_as_booked"


@dataclass(frozen=True, slots=True)
class Booked:
    """What the statements have under one payment's reference, with another amount than ours: debits less credits.

    Of a statement that was sent again with other contents the newest counts.
    """

    findings: tuple[ReconciliationBreak, ...]
    amount: Money


def propose_as_booked(
    *, withdrawal_id: UUID, by: User, reason: str, evidence: str, origin: Origin, at: datetime
) -> Approval:
    """Asks for a second officer. Nothing moves.

    Raises NotPermitted, SelfApproval (it is one's own), NotFound, ReasonMissing, StateConflict when it is settled or
    nothing was booked, MayBePaid while messages of the bank are unread, AlreadyProposed.
    """
    require_corrector(by)
    said = words_of(reason, evidence)
    with db.transaction():
        item = lock_payment(withdrawal_id)
        require_not_own(item, by=by)
        _require_read()
        booked = require_booked_otherwise(item)
        return approvals.propose(
            purpose=PURPOSE,
            subject_id=withdrawal_id,
            maker=by,
            reason=said,
            before=_payload(item, booked) | {"status": item.withdrawal.status},
            origin=origin,
            at=at,
        )


def require_booked_otherwise(item: PayoutItem) -> Booked:
    """What the bank booked instead. Raises StateConflict unless it can be settled so."""
    rows = ReconciliationBreak.objects.filter(
        kind=BreakKind.WRONG_AMOUNT.value, details__end_to_end_id=item.end_to_end_id
    )
    findings = tuple(row for row in rows.order_by("found_at", "key") if not _was_told_anew(_statement_of(row)))
    currencies = {row.details["currency"] for row in findings}
    sign = {"debit": 1, "credit": -1}
    total = sum(sign[row.details["direction"]] * row.details["amount_minor"] for row in findings)
    waits = item.withdrawal.status in {*AT_THE_BANK, WithdrawalStatus.SENT} and item.batch.status in LEFT
    came_back = WithdrawalReturn.objects.filter(withdrawal_id=item.withdrawal_id).exists()
    was_booked = item.booked_on is not None or item.outcome == ItemOutcome.REJECTED
    if not waits or came_back or was_booked or currencies != {item.currency} or total <= 0:
        raise StateConflict(status=str(item.withdrawal.status))
    return Booked(findings, Money(total, item.currency))


def _require_read() -> None:
    if has_unread_messages():
        raise MayBePaid(why=Obstacle.UNREAD.value)


# --- what accounts/approvals calls


def lock(subject_id: UUID) -> object:
    """File, payment and withdrawal come before the proposal."""
    return lock_payment(subject_id)


def payload(subject_id: UUID) -> dict[str, Any]:
    """What would happen; another finding about the payment changes it. Raises NotFound, StateConflict."""
    item = item_of(subject_id)
    return _payload(item, require_booked_otherwise(item))


def _payload(item: PayoutItem, booked: Booked) -> dict[str, Any]:
    difference = item.amount_minor - booked.amount.amount_minor
    return {
        "status": WithdrawalStatus.SETTLED.value,
        "withdrawal": banking.public_id(item.withdrawal),
        "person": str(item.withdrawal.user_id),
        "file": item.batch.message_id,
        "amount_minor": item.amount_minor,
        "booked_minor": booked.amount.amount_minor,
        "rest_minor": max(difference, 0),
        "loss_minor": max(-difference, 0),
        "currency": item.currency,
        "findings": [row.key for row in booked.findings],
    }


def look_first(*, subject_id: UUID, approval: Approval, checker: User, origin: Origin, at: datetime) -> None:
    """Nobody decides about their own money. Raises SelfApproval."""
    require_not_own(item_of(subject_id), by=checker)


def execute(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
    """SETTLED as booked, its findings resolved. Raises StateConflict, MayBePaid."""
    db.transaction_required()
    checker = approval.checker
    if checker is None:
        raise AssertionError("an approval that is carried out has a checker")
    item = lock_payment(subject_id)
    _require_read()
    booked = require_booked_otherwise(item)
    if _payload(item, booked) != approval.payload:
        raise StateConflict(status=str(item.withdrawal.status))  # compared while they agreed: look again
    statement = _statement_of(booked.findings[0])
    note_booked_otherwise(item, statement=statement.message, day=statement.day, at=at)
    spoken = lock_about(item.end_to_end_id, kinds=[BreakKind.WRONG_AMOUNT, BreakKind.NOT_BOOKED])
    resolve_rows(spoken, by=checker, note=approval.reason, origin=origin, at=at)
    actor = f"staff:{checker.pk}"
    event = PayoutSettledAsBooked(
        withdrawal_id=subject_id,
        approval_id=approval.pk,
        booked_minor=booked.amount.amount_minor,
        currency=booked.amount.currency,
    )
    publish(event, actor=actor, subject_id=subject_id, origin=origin, at=at)
    withdrawals.settle_as_booked(withdrawal_id=subject_id, booked=booked.amount, actor=actor, origin=origin, at=at)


def _statement_of(finding: ReconciliationBreak) -> BankStatement:
    """The statement a finding is of: its key ends in number, hash, position and line."""
    _payment, number, sha256, position, _line = finding.key.rsplit(".", 4)
    rows = BankStatement.objects.select_related("message").defer("message__body")
    return rows.get(message__number=int(number), message__sha256__startswith=sha256, position=int(position))


def _was_told_anew(statement: BankStatement) -> bool:
    """The bank sent the same statement again with other contents: what the newer one says counts, once."""
    newer = BankStatement.objects.filter(currency=statement.currency, message__number__gt=statement.message.number)
    if statement.number is not None:
        return newer.filter(number=statement.number, day__year=statement.day.year).exists()
    return bool(statement.identification) and newer.filter(identification=statement.identification).exists()
