"""The rows of a top-up: made once, locked to change, every move written down."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ledger.money import Money
from payments.funding.models import TopUp, TopUpEvent
from payments.funding.policy import PAGE_LIFE, check_again_in, path
from payments.funding.states import TopUpStatus
from wallet_project.lib import db, ids
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


def fingerprint(amount: Money, method: str) -> str:
    """What makes two requests the same request."""
    body = json.dumps([amount.amount_minor, amount.currency, method])
    return hashlib.sha256(body.encode()).hexdigest()


def insert(user: User, amount: Money, method: str, key: str, at: datetime) -> TopUp | None:
    """A new DRAFT, or None when a twin with the same key was faster (it is committed by then)."""
    row = TopUp(
        id=ids.uuid7(at),
        user=user,
        idempotency_key=key,
        fingerprint=fingerprint(amount, method),
        method=method,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        status=TopUpStatus.DRAFT,
        created_at=at,
        updated_at=at,
        expires_at=at + PAGE_LIFE,
        next_check_at=at + check_again_in(0),
    )
    TopUp.objects.bulk_create([row], ignore_conflicts=True)
    return row if TopUp.objects.filter(pk=row.pk).exists() else None


def get(top_up_id: UUID, *, user: User | None = None) -> TopUp:
    """The row, if it exists and is ``user``'s (None: anybody's). Raises NotFound."""
    rows = TopUp.objects.select_related("user").filter(pk=top_up_id)
    row = rows.first() if user is None else rows.filter(user=user).first()
    if row is None:
        raise NotFound
    return row


def lock(top_up_id: UUID) -> TopUp:
    """The row, locked until the transaction ends. Raises NotFound."""
    db.transaction_required()
    row = TopUp.objects.select_for_update(of=("self",)).select_related("user").filter(pk=top_up_id).first()
    if row is None:
        raise NotFound
    return row


def move(top_up: TopUp, to: TopUpStatus, *, actor: str, cause: str, at: datetime) -> None:
    """Walks the row to ``to``, one event per step; the caller saves it."""
    for status in path(TopUpStatus(top_up.status), to):
        write_event(top_up, top_up.status, status, actor=actor, cause=cause, at=at)
        top_up.status = status.value
    top_up.updated_at = at


def write_event(top_up: TopUp, before: str, after: TopUpStatus, *, actor: str, cause: str, at: datetime) -> None:
    """One line of the row's history."""
    TopUpEvent.objects.create(
        top_up=top_up, from_status=before, to_status=after.value, actor=actor, cause=cause[:120], occurred_at=at
    )


def asked(top_up: TopUp) -> Money:
    """The amount the person asked to add."""
    return Money(top_up.amount_minor, top_up.currency)


def brought(top_up: TopUp) -> Money:
    """What it brought, or would: what was asked, unless the desk credited what was received instead."""
    by_desk = top_up.status == TopUpStatus.CREDITED and top_up.received_minor is not None
    return Money(top_up.received_minor or 0, top_up.currency) if by_desk else asked(top_up)
