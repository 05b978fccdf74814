"""A withdrawal as its person's feed shows it; money that came back is a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity.services import NewItem
from wallet_project.lib import ids

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.banking.models import Withdrawal

KIND = "withdrawal"
RETURNED = "RETURNED"
"""The state of the row of money that came back."""


def withdrawal_item(withdrawal: Withdrawal, *, at: datetime) -> NewItem:
    """Money out, fee included, to the bank account as it was shown when the person asked."""
    return NewItem(
        user_id=withdrawal.user_id,
        kind=KIND,
        direction="OUT",
        state=withdrawal.status,
        amount_minor=-(withdrawal.amount_minor + withdrawal.fee_minor),
        currency=withdrawal.currency,
        shown_name=withdrawal.shown_target,
        subject_kind=KIND,
        subject_id=withdrawal.pk,
        reference=ids.public("wdr", withdrawal.pk),
        url_name=KIND,
        occurred_at=at,
    )


def return_item(withdrawal: Withdrawal, *, return_id: UUID, amount_minor: int, at: datetime) -> NewItem:
    """Money back: ``amount_minor`` is what the wallet got again, the fee included where it is given back."""
    return NewItem(
        user_id=withdrawal.user_id,
        kind=KIND,
        direction="IN",
        state=RETURNED,
        amount_minor=amount_minor,
        currency=withdrawal.currency,
        shown_name=withdrawal.shown_target,
        subject_kind="withdrawal_return",
        subject_id=return_id,
        reference=ids.public("wdr", withdrawal.pk),
        url_name=KIND,
        occurred_at=at,
    )


def rest_item(withdrawal: Withdrawal, *, amount_minor: int, at: datetime) -> NewItem:
    """What the bank did not pay of it: back in the wallet."""
    return NewItem(
        user_id=withdrawal.user_id,
        kind=KIND,
        direction="IN",
        state=RETURNED,
        amount_minor=amount_minor,
        currency=withdrawal.currency,
        shown_name=withdrawal.shown_target,
        subject_kind="withdrawal_rest",
        subject_id=ids.derive(withdrawal.pk, "rest"),
        reference=ids.public("wdr", withdrawal.pk),
        url_name=KIND,
        occurred_at=at,
    )
