"""A transfer as the two people's feeds show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity.services import NewItem
from transfers.p2p.policy import public_id

if TYPE_CHECKING:
    from datetime import datetime

    from transfers.p2p.models import Transfer

KIND = "transfer"


def sender_item(transfer: Transfer, *, at: datetime) -> NewItem:
    """The sender's row: money out, to the payee as the sender knows them."""
    return NewItem(
        user_id=transfer.sender_id,
        kind=KIND,
        direction="OUT",
        state=transfer.status,
        amount_minor=-(transfer.amount_minor + transfer.fee_minor),
        currency=transfer.currency,
        shown_name=transfer.payee_shown_name,
        note=transfer.note,
        category=transfer.category,
        subject_kind=KIND,
        subject_id=transfer.pk,
        reference=public_id(transfer),
        url_name=KIND,
        occurred_at=at,
    )


def receiver_item(transfer: Transfer, *, at: datetime) -> NewItem:
    """The receiver's row: money in, from the sender as the receiver may see them. Only once it is theirs."""
    return NewItem(
        user_id=transfer.receiver_id,
        kind=KIND,
        direction="IN",
        state=transfer.status,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        shown_name=transfer.sender_shown_name,
        note=transfer.note,
        subject_kind=KIND,
        subject_id=transfer.pk,
        reference=public_id(transfer),
        url_name=KIND,
        occurred_at=at,
    )
