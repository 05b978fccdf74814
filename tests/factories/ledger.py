"""Accounts and entries for tests of the ledger itself, without people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ledger import selectors, services
from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from ledger.facts import AccountView, Posted

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def clearing(currency: str = "EUR") -> int:
    """Where money comes from."""
    return platform_account_id("clearing.stripe", currency)


def wallet(*, minor: int = 0, currency: str = "EUR", **options: Any) -> AccountView:
    """An account of a new person, with this much on it."""
    view = services.open_account(
        owner_kind="person",
        owner_id=options.pop("owner_id", None) or uuid4(),
        code=options.pop("code", "wallet"),
        currency=currency,
        at=AT,
        **options,
    )
    if minor:
        post(clearing(currency), view.id, minor, currency=currency)
    return view


def draft(
    source: int,
    target: int,
    minor: int,
    *,
    currency: str = "EUR",
    intent: UUID | None = None,
    step: str = "send",
    **options: Any,
) -> EntryDraft:
    """Moves ``minor`` from one account to another."""
    return EntryDraft(
        intent_id=intent or ids.uuid7(),
        step=step,
        kind=options.pop("kind", "transfer"),
        legs=options.pop("legs", None) or (Leg(source, -minor, currency), Leg(target, minor, currency)),
        effective_at=options.pop("effective_at", AT),
        actor=options.pop("actor", "user:test"),
        **options,
    )


def post(source: int, target: int, minor: int, **options: Any) -> Posted:
    """Posts such a draft in a transaction of its own."""
    with db.transaction_if_not_already():
        return services.post(draft(source, target, minor, **options))


def amounts(*account_ids: int) -> list[tuple[int, int]]:
    """(posted, held) of each account."""
    return [(now.posted_minor, now.held_minor) for now in map(selectors.balance_now, account_ids)]
