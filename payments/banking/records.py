"""The rows of a withdrawal: made once, locked to change, every move written down and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from payments.banking import policy
from payments.banking.errors import StateConflict
from payments.banking.models import BankAccount, Withdrawal, WithdrawalEvent
from payments.banking.states import CREATED, TERMINAL, WithdrawalStatus, may_move
from wallet_project.lib import db, ids, rows
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from ledger.money import Money

EVENTS_PER_INSERT = 1_000

# One statement for any number of withdrawals that are locked and stand where the move begins.
_MOVE_MANY = """
UPDATE payments_withdrawal AS withdrawal
   SET status = %(to)s::text, revision = withdrawal.revision + 1, updated_at = %(at)s,
       reason = CASE WHEN item.reason = '' THEN withdrawal.reason ELSE item.reason END,
       bank_reference = CASE WHEN item.reference = '' THEN withdrawal.bank_reference ELSE item.reference END,
       submitted_at = CASE WHEN %(to)s::text = 'SUBMITTED' THEN %(at)s::timestamptz ELSE withdrawal.submitted_at END,
       sent_at = CASE WHEN %(to)s::text = 'SENT' THEN %(at)s::timestamptz ELSE withdrawal.sent_at END,
       settled_at = CASE WHEN %(to)s::text = 'SETTLED' THEN %(at)s::timestamptz ELSE withdrawal.settled_at END,
       settled_entry_id = coalesce(%(entry)s::uuid, withdrawal.settled_entry_id),
       closed_at = CASE WHEN %(ends)s THEN %(at)s::timestamptz ELSE withdrawal.closed_at END
  FROM unnest(%(ids)s::uuid[], %(reasons)s::text[], %(references)s::text[]) AS item (id, reason, reference)
 WHERE withdrawal.id = item.id
"""


def new_withdrawal(
    *, user: User, account: BankAccount, amount: Money, fee: Money, key: str, fingerprint: str, at: datetime
) -> Withdrawal:
    """A row that is not written yet."""
    withdrawal_id = ids.uuid7(at)
    return Withdrawal(
        id=withdrawal_id,
        user=user,
        bank_account=account,
        bank_account_revision=account.revision,
        idempotency_key=key,
        fingerprint=fingerprint,
        amount_minor=amount.amount_minor,
        fee_minor=fee.amount_minor,
        currency=amount.currency,
        shown_target=f"{account.country}•• •••• {account.iban_last4}",
        end_to_end_id=policy.end_to_end_id(withdrawal_id),
        status=WithdrawalStatus.AWAITING_STEP_UP.value,
        second_approval_needed=policy.needs_second_approval(amount),
        held_at=at,
        created_at=at,
        updated_at=at,
        expires_at=at + policy.CONFIRM_WITHIN,
    )


def insert(withdrawal: Withdrawal, *, actor: str, at: datetime) -> bool:
    """Writes a new row with its first event; False when a twin with the same key was faster (committed by then)."""
    db.transaction_required()
    Withdrawal.objects.bulk_create([withdrawal], ignore_conflicts=True)
    if not Withdrawal.objects.filter(pk=withdrawal.pk).exists():
        return False
    _write_events([_event(withdrawal, CREATED, actor=actor, cause="asked", reference="", at=at)])
    return True


def lock(withdrawal_id: UUID, *, user: User | None = None) -> Withdrawal:
    """The row, locked until the transaction ends: everything that happens to a withdrawal queues here.

    Raises NotFound, also for somebody else's (``user`` None: anybody's).
    """
    db.transaction_required()
    found = Withdrawal.objects.select_for_update(of=("self",)).select_related("user").filter(pk=withdrawal_id).first()
    if found is None or (user is not None and found.user_id != user.pk):
        raise NotFound
    return found


def account_of(withdrawal: Withdrawal) -> BankAccount:
    """The target as it is now: read after the withdrawal's lock, so an officer's correction is seen."""
    return BankAccount.objects.get(pk=withdrawal.bank_account_id)


def lock_account(account_id: UUID, *, user: User | None = None) -> BankAccount:
    """A bank account, locked; new withdrawals to it need not wait. Raises NotFound, also for somebody else's."""
    db.transaction_required()
    found = BankAccount.objects.select_for_update(of=("self",), no_key=True).filter(pk=account_id).first()
    if found is None or (user is not None and found.user_id != user.pk):
        raise NotFound
    return found


def move(withdrawal: Withdrawal, to: WithdrawalStatus, *, actor: str, cause: str, at: datetime) -> None:
    """Takes a locked withdrawal one step and saves it with whatever else was set on it. Raises StateConflict."""
    db.transaction_required()
    before = withdrawal.status
    if not may_move(before, to):
        raise StateConflict(status=str(before))
    withdrawal.status = to.value
    withdrawal.revision += 1
    withdrawal.updated_at = at
    if to in TERMINAL:
        withdrawal.closed_at = at
    withdrawal.save()
    _write_events([_event(withdrawal, before, actor=actor, cause=cause, reference="", at=at)])


def lock_many(withdrawal_ids: Collection[UUID], *, in_status: Collection[str]) -> list[Withdrawal]:
    """Those of these withdrawals that stand in one of the states, locked in one order: two bulks never wait in a
    circle. Others are left out."""
    db.transaction_required()
    found = Withdrawal.objects.select_for_update(of=("self",)).filter(pk__in=withdrawal_ids, status__in=list(in_status))
    return list(found.order_by("pk"))


def move_many(
    withdrawals: Sequence[Withdrawal],
    to: WithdrawalStatus,
    *,
    actor: str,
    cause: str,
    at: datetime,
    references: Mapping[UUID, str] | None = None,
    reasons: Mapping[UUID, str] | None = None,
    entry_ids: Mapping[str, UUID] | None = None,
) -> None:
    """One step for all of these locked rows, in one UPDATE, with one event each.

    ``references`` are the bank's, ``reasons`` its codes, ``entry_ids`` the settlement's entry by currency.
    """
    db.transaction_required()
    references, reasons = references or {}, reasons or {}
    befores = [withdrawal.status for withdrawal in withdrawals]
    if not withdrawals:
        return
    for before in befores:
        if not may_move(before, to):
            raise StateConflict(status=str(before))
    by_entry: dict[UUID | None, list[Withdrawal]] = {}
    for withdrawal in withdrawals:
        by_entry.setdefault((entry_ids or {}).get(withdrawal.currency), []).append(withdrawal)
    for entry_id, group in by_entry.items():
        _update(group, to, entry_id=entry_id, references=references, reasons=reasons, at=at)
    events = []
    for withdrawal, before in zip(withdrawals, befores, strict=True):
        withdrawal.status = to.value
        withdrawal.revision += 1
        withdrawal.reason = reasons.get(withdrawal.pk) or withdrawal.reason
        reference = references.get(withdrawal.pk, "")
        events.append(
            _event(
                withdrawal, before, actor=actor, cause=reasons.get(withdrawal.pk) or cause, reference=reference, at=at
            )
        )
    _write_events(events)


def _update(
    withdrawals: Sequence[Withdrawal],
    to: WithdrawalStatus,
    *,
    entry_id: UUID | None,
    references: Mapping[UUID, str],
    reasons: Mapping[UUID, str],
    at: datetime,
) -> None:
    values: dict[str, Any] = {
        "to": to.value,
        "at": at,
        "entry": entry_id,
        "ends": to in TERMINAL,
        "ids": [withdrawal.pk for withdrawal in withdrawals],
        "reasons": [reasons.get(withdrawal.pk, "")[:40] for withdrawal in withdrawals],
        "references": [references.get(withdrawal.pk, "")[:100] for withdrawal in withdrawals],
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_MANY, values)


def _event(
    withdrawal: Withdrawal, before: str, *, actor: str, cause: str, reference: str, at: datetime
) -> WithdrawalEvent:
    return WithdrawalEvent(
        id=ids.derive(withdrawal.pk, f"event:{withdrawal.revision}"),
        withdrawal_id=withdrawal.pk,
        no=withdrawal.revision,
        from_status=str(before),
        to_status=str(withdrawal.status),
        actor=actor,
        cause=cause[:120],
        provider_reference=reference[:100],
        occurred_at=at,
    )


def _write_events(events: Sequence[WithdrawalEvent]) -> None:
    for start in range(0, len(events), EVENTS_PER_INSERT):
        rows.insert(*events[start : start + EVENTS_PER_INSERT])
