"""What taking money out does to the books: pure.

The request holds amount and fee. SENT takes both from the wallet; the amount is then between us and the bank
(``clearing.bank``) until the statement has it. What comes back goes the same way in the other direction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.chart import platform_account_id
from ledger.entries import Capture, EntryDraft, Leg
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from ledger.money import Money

KIND = "withdrawal"
HOLD_REASON = "WITHDRAWAL"
CLEARING, FEES, OPERATING = "clearing.bank", "income.fees", "bank.operating"
LOSSES = "losses"


@dataclass(frozen=True, slots=True)
class Movement:
    """One withdrawal between a wallet's account and the bank; amounts in minor units."""

    withdrawal_id: UUID
    wallet_account_id: int
    amount_minor: int
    fee_minor: int
    currency: str


def hold_id(withdrawal_id: UUID) -> UUID:
    """The one hold of a withdrawal: amount and fee."""
    return ids.derive(withdrawal_id, "hold")


def sent(movement: Movement, *, at: datetime, actor: str) -> Capture:
    """The hold is paid out: the amount into clearing, the fee is ours."""
    legs = [
        Leg(movement.wallet_account_id, -(movement.amount_minor + movement.fee_minor), movement.currency),
        Leg(platform_account_id(CLEARING, movement.currency), movement.amount_minor, movement.currency),
    ]
    if movement.fee_minor:
        legs.append(Leg(platform_account_id(FEES, movement.currency), movement.fee_minor, movement.currency))
    draft = _draft(movement.withdrawal_id, "sent", f"{KIND}.sent", legs, at=at, actor=actor)
    return Capture(hold_id=hold_id(movement.withdrawal_id), draft=draft)


def settled(
    *, message_id: UUID, withdrawal_ids: Iterable[UUID], total: Money, value_date: date, at: datetime, actor: str
) -> EntryDraft:
    """What a message of the bank says has left our account there, in one entry for all its payments.

    The step names exactly these withdrawals: the same ones again are the same entry, others of the message another.
    """
    named = hashlib.sha256(b"".join(sorted(one.bytes for one in withdrawal_ids))).hexdigest()[:32]
    legs = [
        Leg(platform_account_id(CLEARING, total.currency), -total.amount_minor, total.currency),
        Leg(platform_account_id(OPERATING, total.currency), total.amount_minor, total.currency),
    ]
    return EntryDraft(
        intent_id=message_id,
        step=f"settled:{named}",
        kind=f"{KIND}.settled",
        legs=tuple(legs),
        effective_at=at,
        actor=actor,
        reference=str(message_id),
        details={"value_date": value_date.isoformat()},
    )


def settled_as_booked(movement: Movement, *, booked_minor: int, at: datetime, actor: str) -> EntryDraft:
    """The bank booked another amount: what it did not pay is the person's again, what it paid too much is our loss."""
    legs = [
        Leg(platform_account_id(CLEARING, movement.currency), -movement.amount_minor, movement.currency),
        Leg(platform_account_id(OPERATING, movement.currency), booked_minor, movement.currency),
    ]
    difference = movement.amount_minor - booked_minor
    if difference > 0:
        legs.append(Leg(movement.wallet_account_id, difference, movement.currency))
    elif difference:
        legs.append(Leg(platform_account_id(LOSSES, movement.currency), difference, movement.currency))
    return _draft(movement.withdrawal_id, "settled_as_booked", f"{KIND}.settled_as_booked", legs, at=at, actor=actor)


def returned(movement: Movement, *, returned_minor: int, fee_returned: bool, at: datetime, actor: str) -> EntryDraft:
    """What the bank sends back is the person's again, and the fee where it is given back."""
    fee = movement.fee_minor if fee_returned else 0
    legs = [
        Leg(movement.wallet_account_id, returned_minor + fee, movement.currency),
        Leg(platform_account_id(CLEARING, movement.currency), -returned_minor, movement.currency),
    ]
    if fee:
        legs.append(Leg(platform_account_id(FEES, movement.currency), -fee, movement.currency))
    return _draft(movement.withdrawal_id, "returned", f"{KIND}.returned", legs, at=at, actor=actor)


def return_settled(*, withdrawal_id: UUID, back: Money, at: datetime, actor: str) -> EntryDraft:
    """The returned money is on our account at the bank."""
    legs = [
        Leg(platform_account_id(CLEARING, back.currency), back.amount_minor, back.currency),
        Leg(platform_account_id(OPERATING, back.currency), -back.amount_minor, back.currency),
    ]
    return _draft(withdrawal_id, "return_settled", f"{KIND}.return_settled", legs, at=at, actor=actor)


def _draft(withdrawal_id: UUID, step: str, kind: str, legs: list[Leg], *, at: datetime, actor: str) -> EntryDraft:
    return EntryDraft(
        intent_id=withdrawal_id,
        step=step,
        kind=kind,
        legs=tuple(legs),
        effective_at=at,
        actor=actor,
        reference=ids.public("wdr", withdrawal_id),
    )
