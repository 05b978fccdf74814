"""What the bank says became of withdrawals, for any number at once. Each verb may run twice: what has moved on is
skipped, and the ids that moved are returned. Each requires the caller's transaction; the books come last.

Rows of several people are locked in the order in which everybody locks them, or a customer's transfer and a message of
the bank wait for each other: withdrawals by id, then limits by person, then balances by account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish_many
from accounts.limits import services as limits
from accounts.wallets.policy import CODE
from ledger import services as ledger
from ledger.money import Money
from ledger.selectors import accounts_for_owners
from payments.banking import events, policy, postings, records
from payments.banking.services.submitting import BANK
from payments.banking.states import AT_THE_BANK
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from payments.banking.models import Withdrawal

ORIGIN = Origin(channel="provider")
_AT_THE_BANK = sorted(status.value for status in AT_THE_BANK)


def mark_sent(*, items: Sequence[tuple[UUID, str]], at: datetime) -> list[UUID]:
    """SUBMITTED or UNKNOWN → SENT: the bank took them. ``items``: (withdrawal, the bank's reference or "").

    Each hold is paid out: the amount into clearing, the fee is ours. A frozen wallet changes nothing: the money has
    left. Raises AccountClosed, HoldNotOpen (defects: a held wallet cannot close).
    """
    db.transaction_required()
    references = dict(items)
    rows = records.lock_many(list(references), in_status=_AT_THE_BANK)
    _send(rows, references, at=at)
    if rows:
        activity.change_states(subject_ids=[row.pk for row in rows], state=Status.SENT.value, at=at)
        _capture(rows, at=at)
    return [row.pk for row in rows]


def mark_settled(*, withdrawal_ids: Collection[UUID], message_id: UUID, value_date: date, at: datetime) -> list[UUID]:
    """SENT → SETTLED: a message of the bank has them booked; what was SUBMITTED or UNKNOWN is SENT by that first.

    One entry per message, currency and set of withdrawals takes the sum out of clearing; the rows carry its id.
    """
    db.transaction_required()
    rows = records.lock_many(withdrawal_ids, in_status=[*_AT_THE_BANK, Status.SENT.value])
    unsent = [row for row in rows if row.status != Status.SENT]
    _send(unsent, {}, at=at)
    drafts = {}
    for currency in sorted({row.currency for row in rows}):
        same = [row for row in rows if row.currency == currency]
        drafts[currency] = postings.settled(
            message_id=message_id,
            withdrawal_ids=[row.pk for row in same],
            total=Money(sum(row.amount_minor for row in same), currency),
            value_date=value_date,
            at=at,
            actor=BANK,
        )
    entry_ids = {currency: draft.entry_id for currency, draft in drafts.items()}
    records.move_many(rows, Status.SETTLED, actor=BANK, cause="booked", entry_ids=entry_ids, at=at)
    if rows:
        activity.change_states(subject_ids=[row.pk for row in rows], state=Status.SETTLED.value, at=at)
        facts = [(events.WithdrawalSettled(**events.about(row)), row.pk) for row in rows]
        publish_many(facts, actor=BANK, origin=ORIGIN, at=at)
        _capture(unsent, at=at)
        ledger.post_many(drafts.values())
    return [row.pk for row in rows]


def mark_failed(*, items: Sequence[tuple[UUID, str]], at: datetime, actor: str = BANK) -> list[UUID]:
    """SUBMITTED or UNKNOWN → FAILED: the bank said no. ``items``: (withdrawal, the bank's reason code).

    ``actor`` is who says so, if not the bank. The whole hold and the day's limit are given back. What was SENT already
    comes back by ``record_return``.
    """
    db.transaction_required()
    reasons = {withdrawal_id: reason or "NARR" for withdrawal_id, reason in items}
    rows = records.lock_many(list(reasons), in_status=_AT_THE_BANK)
    records.move_many(rows, Status.FAILED, actor=actor, cause="refused", reasons=reasons, at=at)
    for row in sorted(rows, key=lambda row: (row.user_id, row.created_at)):
        limits.give_back(
            user_id=row.user_id, product="WITHDRAW", amount=policy.amount_of(row), at_of_use=row.created_at
        )
    if rows:
        activity.change_states(subject_ids=[row.pk for row in rows], state=Status.FAILED.value, at=at)
        facts = [(events.WithdrawalFailed(**events.about(row), reason=reasons[row.pk][:40]), row.pk) for row in rows]
        publish_many(facts, actor=actor, origin=ORIGIN, at=at)
    for movement in sorted(movements(rows), key=lambda movement: movement.wallet_account_id):
        ledger.release_hold(hold_id=postings.hold_id(movement.withdrawal_id), at=at)
    return [row.pk for row in rows]


def _send(rows: Sequence[Withdrawal], references: dict[UUID, str], *, at: datetime) -> None:
    records.move_many(rows, Status.SENT, actor=BANK, cause="accepted", references=references, at=at)
    if rows:
        facts = [(events.WithdrawalSent(**events.about(row)), row.pk) for row in rows]
        publish_many(facts, actor=BANK, origin=ORIGIN, at=at)


def _capture(rows: Sequence[Withdrawal], *, at: datetime) -> None:
    captures = [postings.sent(movement, at=at, actor=BANK) for movement in movements(rows)]
    ledger.capture_many(captures, at=at, despite_freeze=True)


def movements(rows: Sequence[Withdrawal]) -> list[postings.Movement]:
    """The withdrawals between their wallets' accounts and the bank; one question per currency."""
    wallets = {
        currency: accounts_for_owners(
            owner_ids=list({row.user_id for row in rows if row.currency == currency}), code=CODE, currency=currency
        )
        for currency in {row.currency for row in rows}
    }
    return [
        postings.Movement(
            withdrawal_id=row.pk,
            wallet_account_id=wallets[row.currency][row.user_id].id,
            amount_minor=row.amount_minor,
            fee_minor=row.fee_minor,
            currency=row.currency,
        )
        for row in rows
    ]
