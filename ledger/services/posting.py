"""One entry: posted, with a hold on what it brought, paid out of a hold, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger import book, selectors, store
from ledger.entries import Capture, EntryDraft, Leg, canonical_json
from ledger.facts import BalanceAfter, HoldView, Posted
from ledger.services.holds import require_hold, require_same_currency
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.money import Money

_POST = """
SELECT account, stripe, posted, held, replayed FROM ledger_post(
    %s, %s::uuid, %s, %s::bytea, %s::uuid, %s::timestamptz, %s, %s, %s::jsonb, %s::bigint[], %s::bigint[], %s::text[],
    %s::uuid[], %s::bigint[], %s::timestamptz, %s)
"""

_POST_AND_HOLD = f"""
SELECT p.account, p.stripe, p.posted, p.held, p.replayed, {selectors.HOLD_COLUMNS}
  FROM ledger_post_and_hold(
    %s, %s::uuid, %s, %s::bytea, %s::uuid, %s::timestamptz, %s, %s, %s::jsonb, %s::bigint[], %s::bigint[], %s::text[],
    %s::uuid, %s::bigint, %s::bigint, %s, %s, %s::timestamptz, %s::timestamptz, %s::uuid) WITH ORDINALITY
    AS p (account, stripe, posted, held, replayed, hold, no)
  CROSS JOIN LATERAL (SELECT (p.hold).*) h
  LEFT JOIN ledger_account a ON a.book = h.book AND a.id = h.account
 ORDER BY p.no
"""


def post(draft: EntryDraft, *, despite_freeze: bool = False) -> Posted:
    """Posts one entry, once. The same intent and step again answers what it did then (``replayed``).

    ``despite_freeze`` is for what must be booked whoever is frozen: a charge-back, a repayment of debt, the law.
    Raises InsufficientFunds, AccountFrozen, AccountClosed, CeilingExceeded, CurrencyMismatch, UnknownAccount,
    EntryIdReused, AlreadyReversed, AmountOutOfRange.
    """
    return _post(draft, hold_ids=None, captures=None, at=None, despite_freeze=despite_freeze)


def post_and_hold(
    draft: EntryDraft,
    *,
    hold_id: UUID,
    account_id: int,
    amount: Money,
    reason: str,
    expires_at: datetime | None,
    at: datetime,
) -> tuple[Posted, HoldView]:
    """Posts an entry and holds part of what it brought, so that it is never available in between (maturing money).

    A frozen account still takes its money and the hold. Raises what ``post`` and ``place_hold`` raise.
    """
    require_hold(amount=amount, expires_at=expires_at, at=at)
    *rows, last = store.fetch_all(
        _POST_AND_HOLD,
        [
            *_body(draft),
            hold_id,
            account_id,
            amount.amount_minor,
            amount.currency,
            reason,
            expires_at,
            at,
            ids.derive(hold_id, "sweep"),
        ],
    )
    return _posted(draft, [row[:5] for row in rows]), selectors.hold_view(last[5:])


def reverse(
    *, entry_id: UUID, intent_id: UUID, step: str, at: datetime, actor: str, despite_freeze: bool = False
) -> Posted:
    """Takes an entry back by a new one with all amounts turned; an entry is reversed once.

    Raises UnknownEntry, AlreadyReversed (by another entry) and what ``post`` raises.
    """
    entry = selectors.entry_with_postings(entry_id)
    draft = EntryDraft(
        intent_id=intent_id,
        step=step,
        kind="reversal",
        legs=tuple(Leg(line.account_id, -line.amount_minor, line.currency) for line in selectors.own_legs(entry)),
        effective_at=at,
        actor=actor,
        reference=entry.reference,
        details={"reversed_kind": entry.kind},
        reverses=entry_id,
    )
    return post(draft, despite_freeze=despite_freeze)


def capture_hold(
    *, hold_id: UUID, draft: EntryDraft, amount: Money | None = None, at: datetime, despite_freeze: bool = False
) -> Posted:
    """Posts an entry that pays out (part of) a hold; what is available never dips in between.

    ``amount`` is how much of the hold this uses, at most what the entry takes from its account; None: exactly that.
    A hold can be captured in parts. The same draft again is a replay and leaves the hold alone.
    Raises UnknownHold, HoldNotOpen, CaptureExceedsHold, CaptureMismatch and what ``post`` raises.
    """
    db.transaction_required()
    capture = Capture(hold_id, draft, amount)
    require_same_currency([(hold_id, amount)])
    captures = [None if capture.amount is None else capture.amount.amount_minor]
    return _post(draft, hold_ids=[hold_id], captures=captures, at=at, despite_freeze=despite_freeze)


def _post(
    draft: EntryDraft,
    *,
    hold_ids: list[UUID] | None,
    captures: list[int | None] | None,
    at: datetime | None,
    despite_freeze: bool,
) -> Posted:
    db.transaction_required()
    return _posted(draft, store.fetch_all(_POST, [*_body(draft), hold_ids, captures, at, despite_freeze]))


def _body(draft: EntryDraft) -> list[Any]:
    """What every function that posts one entry takes first."""
    return [
        book.current(),
        draft.entry_id,
        draft.kind,
        draft.request_hash,
        draft.reverses,
        draft.effective_at,
        draft.actor,
        draft.reference,
        canonical_json(draft.details),
        store.numbers_array(leg.account_id for leg in draft.legs),
        store.numbers_array(leg.amount_minor for leg in draft.legs),
        store.texts_array(leg.currency for leg in draft.legs),
    ]


def _posted(draft: EntryDraft, rows: list[tuple[Any, ...]]) -> Posted:
    after = {(account, stripe): (posted, held) for account, stripe, posted, held, _ in rows}
    return Posted(
        entry_id=draft.entry_id,
        replayed=rows[0][4],
        balances=tuple(BalanceAfter(*key, *amounts) for key, amounts in after.items()),
    )
