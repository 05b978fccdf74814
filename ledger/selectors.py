"""The questions to the ledger. Each is one statement, and each reads one book."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ledger import book, store
from ledger.errors import UnknownAccount, UnknownEntry, UnknownHold
from ledger.facts import (
    AccountView,
    Amounts,
    EntryView,
    HoldView,
    PostingsPage,
    PostingView,
    TrialRow,
    Turnover,
    WalletBalance,
)
from ledger.money import Money
from ledger.signing import Leaf, SignedCheckpoint
from wallet_project.lib.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

HOLD_COLUMNS = (
    "h.id, h.account, h.destination, h.amount, a.currency,"
    " h.captured, h.released, h.reason, h.state, h.expires_at, h.created_at"
)
HOLD_ACCOUNT = "JOIN ledger_account a ON a.book = h.book AND a.id = h.account"
_ACCOUNTS = """
SELECT a.id, a.public_id, a.owner_kind, a.owner_id, a.code, a.currency, b.flags, a.closed_at
  FROM ledger_account a JOIN ledger_balance b ON b.book = a.book AND b.account = a.id AND b.stripe = 0
 WHERE a.book = %s
"""
LOOKED_AT_TWICE = timedelta(hours=1)
CALLERS_LINES_MAX = 20_000  # ledger/sql/posting.sql numbers moves between stripes from here on
_CURSOR = re.compile(r"[0-9]{1,2}:[0-9]{1,18}(,[0-9]{1,2}:[0-9]{1,18}){0,63}")
_POSTING_COLUMNS = (
    "p.entry, p.line, p.account, p.stripe, p.seq, p.currency,"
    " p.amount, p.posted_after, p.held_after, p.effective_at, p.created_at"
)


def account(account_id: int) -> AccountView:
    """The account with this id. Raises UnknownAccount."""
    rows = store.fetch_all(f"{_ACCOUNTS} AND a.id = %s", [book.current(), account_id])
    if not rows:
        raise UnknownAccount(account_id=account_id)
    return AccountView(*rows[0])


def accounts(account_ids: Sequence[int]) -> dict[int, AccountView]:
    """These accounts by id; who is not there is missing."""
    rows = store.fetch_all(f"{_ACCOUNTS} AND a.id = ANY(%s::bigint[])", [book.current(), list(account_ids)])
    return {view.id: view for view in (AccountView(*row) for row in rows)}


def account_for(*, owner_kind: str, owner_id: UUID, code: str, currency: str) -> AccountView | None:
    """The account of an owner under a code, or None."""
    rows = store.fetch_all(
        f"{_ACCOUNTS} AND a.owner_id = %s AND a.owner_kind = %s AND a.code = %s AND a.currency = %s",
        [book.current(), owner_id, owner_kind, code, currency],
    )
    return AccountView(*rows[0]) if rows else None


def accounts_for_owners(*, owner_ids: Sequence[UUID], code: str, currency: str) -> dict[UUID, AccountView]:
    """The accounts of several owners under one code and currency, by owner; who has none is missing."""
    rows = store.fetch_all(
        f"{_ACCOUNTS} AND a.owner_id = ANY(%s::uuid[]) AND a.code = %s AND a.currency = %s",
        [book.current(), list(owner_ids), code, currency],
    )
    return {view.owner_id: view for view in (AccountView(*row) for row in rows)}


def wallets_of(
    *, owner_kind: str, owner_id: UUID, code: str = "wallet", at: datetime | None = None
) -> list[WalletBalance]:
    """The open accounts of an owner under a code with their money and what is held why, by currency; one statement.

    With ``at``, holds that have lapsed by then no longer count, as a payment would find it.
    """
    rows = store.fetch_all(
        """
        SELECT a.id, a.public_id, a.currency, b.flags, b.posted, b.held, h.lapsed, h.reasons
          FROM ledger_account a
          CROSS JOIN LATERAL (
            SELECT min(b.flags) AS flags, sum(b.posted)::bigint AS posted, sum(b.held)::bigint AS held
              FROM ledger_balance b WHERE b.book = a.book AND b.account = a.id) b
          CROSS JOIN LATERAL (
            SELECT coalesce(sum(r.lapsed), 0)::bigint AS lapsed,
                   jsonb_object_agg(r.reason, r.running) FILTER (WHERE r.running > 0) AS reasons
              FROM (SELECT h.reason,
                           coalesce(sum(h.amount - h.captured - h.released)
                             FILTER (WHERE h.expires_at <= %s::timestamptz), 0) AS lapsed,
                           coalesce(sum(h.amount - h.captured - h.released)
                             FILTER (WHERE (h.expires_at <= %s::timestamptz) IS NOT TRUE), 0)::bigint AS running
                      FROM ledger_hold h
                     WHERE h.book = a.book AND h.account = a.id AND h.state = 'OPEN' GROUP BY h.reason) r) h
         WHERE a.book = %s AND a.owner_id = %s AND a.owner_kind = %s AND a.code = %s AND a.closed_at IS NULL
         ORDER BY a.currency
        """,
        [at, at, book.current(), owner_id, owner_kind, code],
    )
    return [
        WalletBalance(account_id, public_id, currency, flags, posted, held - lapsed, _json(reasons))
        for account_id, public_id, currency, flags, posted, held, lapsed, reasons in rows
    ]


def balance_now(account_id: int) -> Amounts:
    """What is on an account and what of it is held, over all its stripes. Raises UnknownAccount."""
    ((posted, held),) = store.fetch_all(
        "SELECT sum(posted)::bigint, sum(held)::bigint FROM ledger_balance WHERE book = %s AND account = %s",
        [book.current(), account_id],
    )
    if posted is None:
        raise UnknownAccount(account_id=account_id)
    return Amounts(posted, held)


def balance_at(*, account_id: int, at: datetime) -> int:
    """What was posted on an account (minor units) at a moment of the ledger's own clock: some index look-ups."""
    (posted,) = store.fetch_one(
        "SELECT ledger_balance_at(%s, %s::bigint, %s::timestamptz)", [book.current(), account_id, at]
    )
    return int(posted)


def hold(hold_id: UUID) -> HoldView:
    """The hold with this id. Raises UnknownHold."""
    rows = store.fetch_all(
        f"SELECT {HOLD_COLUMNS} FROM ledger_hold h {HOLD_ACCOUNT} WHERE h.book = %s AND h.id = %s",
        [book.current(), hold_id],
    )
    if not rows:
        raise UnknownHold(hold_id=str(hold_id))
    return hold_view(rows[0])


def hold_currencies(hold_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The currency of each of these holds; who is not there is missing."""
    rows = store.fetch_all(
        f"SELECT h.id, a.currency FROM ledger_hold h {HOLD_ACCOUNT} WHERE h.book = %s AND h.id = ANY(%s::uuid[])",
        [book.current(), list(hold_ids)],
    )
    return dict(rows)


def open_hold_ids(hold_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these holds are open."""
    rows = store.fetch_all(
        "SELECT id FROM ledger_hold WHERE book = %s AND id = ANY(%s::uuid[]) AND state = 'OPEN'",
        [book.current(), list(hold_ids)],
    )
    return {hold_id for (hold_id,) in rows}


def open_holds(account_id: int) -> list[HoldView]:
    """The open holds of an account, the first to lapse first."""
    rows = store.fetch_all(
        f"SELECT {HOLD_COLUMNS} FROM ledger_hold h {HOLD_ACCOUNT}"
        " WHERE h.book = %s AND h.account = %s AND h.state = 'OPEN' ORDER BY h.expires_at NULLS LAST, h.id",
        [book.current(), account_id],
    )
    return [hold_view(row) for row in rows]


def entry_with_postings(entry_id: UUID) -> EntryView:
    """An entry and its lines. Raises UnknownEntry."""
    rows = store.fetch_all(
        f"""
        SELECT e.id, e.kind, e.actor, e.reference, e.details, e.reverses, e.effective_at, e.created_at,
               {_POSTING_COLUMNS}
          FROM ledger_entry e JOIN ledger_posting p ON p.book = e.book AND p.entry = e.id
         WHERE e.book = %s AND e.id = %s ORDER BY p.line
        """,
        [book.current(), entry_id],
    )
    if not rows:
        raise UnknownEntry(entry_id=str(entry_id))
    entry, kind, actor, reference, details, reverses, effective_at, created_at, *_ = rows[0]
    return EntryView(
        id=entry,
        kind=kind,
        actor=actor,
        reference=reference,
        details=_json(details),
        reverses=reverses,
        effective_at=effective_at,
        created_at=created_at,
        postings=tuple(PostingView(*row[8:]) for row in rows),
    )


def own_legs(entry: EntryView) -> tuple[PostingView, ...]:
    """The lines that the caller asked for, without the ledger's own moves between stripes."""
    return tuple(line for line in entry.postings if line.line <= CALLERS_LINES_MAX)


def postings_page(*, account_id: int, cursor: str | None = None, limit: int = 50) -> PostingsPage:
    """The lines of an account, newest first. The cursor is the page's own; another text raises Invalid."""
    seen = _read_cursor(cursor)
    rows = store.fetch_all(
        f"""
        SELECT {_POSTING_COLUMNS}
          FROM ledger_balance b
          LEFT JOIN unnest(%s::smallint[], %s::bigint[]) AS seen (stripe, seq) ON seen.stripe = b.stripe
          CROSS JOIN LATERAL (
            SELECT * FROM ledger_posting p
             WHERE p.book = b.book AND p.account = b.account AND p.stripe = b.stripe
               AND p.seq < coalesce(seen.seq, b.seq + 1)
             ORDER BY p.seq DESC LIMIT %s) p
         WHERE b.book = %s AND b.account = %s
         ORDER BY p.created_at DESC, p.stripe, p.seq DESC LIMIT %s
        """,
        [list(seen), list(seen.values()), limit + 1, book.current(), account_id, limit + 1],
    )
    page = [PostingView(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return PostingsPage(tuple(page), None)
    for line in page:
        seen[line.stripe] = line.seq
    return PostingsPage(tuple(page), ",".join(f"{stripe}:{seq}" for stripe, seq in sorted(seen.items())))


def trial_balance() -> list[TrialRow]:
    """All accounts by code and currency. The posted sums of a currency add up to zero, or the books are wrong."""
    rows = store.fetch_all(
        """
        SELECT a.code, a.kind, a.currency, count(DISTINCT a.id), sum(b.posted), sum(b.held)
          FROM ledger_account a JOIN ledger_balance b ON b.book = a.book AND b.account = a.id
         WHERE a.book = %s GROUP BY a.code, a.kind, a.currency ORDER BY a.currency, a.code
        """,
        [book.current()],
    )
    return [
        TrialRow(code, kind, currency, accounts, int(posted), int(held))
        for code, kind, currency, accounts, posted, held in rows
    ]


def turnover_since(*, account_id: int, since: datetime) -> Turnover:
    """What came in and went out by entries effective at or after a moment. Reads the account's whole history:
    for a person's page, not for a limit (accounts/limits counts its own windows)."""
    ((credited, debited, count),) = store.fetch_all(
        """
        SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0),
               coalesce(-sum(amount) FILTER (WHERE amount < 0), 0), count(*)
          FROM ledger_posting WHERE book = %s AND account = %s AND effective_at >= %s
        """,
        [book.current(), account_id, since],
    )
    return Turnover(int(credited), int(debited), count)


def leaves(watermark: int) -> Iterator[Leaf]:
    """The leaves of a checkpoint at this watermark, by balance id, streamed. In a transaction."""
    rows = store.stream(
        "SELECT id, seq, head FROM ledger_leaves(%s, %s::text::xid8) ORDER BY id", [book.current(), str(watermark)]
    )
    return (Leaf(balance_id, seq, bytes(head)) for balance_id, seq, head in rows)


def checkpoints() -> list[SignedCheckpoint]:
    """Every checkpoint, the first first."""
    return _checkpoints("ORDER BY no", [])


def checkpoint(no: int) -> SignedCheckpoint | None:
    """The checkpoint of this number."""
    return next(iter(_checkpoints("AND no = %s", [no])), None)


def checked_until() -> datetime | None:
    """Up to when the newest look at the books found nothing wrong, an hour early for what was still under way then;
    None when there was none, or it found something."""
    rows = store.fetch_all(
        "SELECT begun_at, wrong = '[]'::jsonb FROM ledger_check WHERE book = %s ORDER BY no DESC LIMIT 1",
        [book.current()],
    )
    return rows[0][0] - LOOKED_AT_TWICE if rows and rows[0][1] else None


def last_checkpoint() -> SignedCheckpoint | None:
    """The newest checkpoint."""
    return next(iter(_checkpoints("ORDER BY no DESC LIMIT 1", [])), None)


def _checkpoints(which: str, params: list[Any]) -> list[SignedCheckpoint]:
    rows = store.fetch_all(
        "SELECT book, no, watermark::text::bigint, count, root, previous_root, created_at, key_id, signature"
        f" FROM ledger_checkpoint WHERE book = %s {which}",
        [book.current(), *params],
    )
    return [
        SignedCheckpoint(
            number_of_book, no, watermark, count, bytes(root), None if previous is None else bytes(previous), at, key,
            bytes(signature),
        )
        for number_of_book, no, watermark, count, root, previous, at, key, signature in rows
    ]  # fmt: skip


def hold_view(row: Sequence[Any]) -> HoldView:
    """A row of HOLD_COLUMNS as a value."""
    hold_id, account_id, destination, amount, currency, *rest = row
    return HoldView(hold_id, account_id, destination, Money(amount, currency), *rest)


def _read_cursor(cursor: str | None) -> dict[int, int]:
    if not cursor:
        return {}
    if not _CURSOR.fullmatch(cursor):
        raise Invalid({"cursor": "cursor_invalid"})
    return {int(stripe): int(seq) for stripe, seq in (part.split(":") for part in cursor.split(","))}


def _json(value: Any) -> dict[str, Any]:
    """Django leaves jsonb to its fields: by hand it comes as text."""
    return dict(json.loads(value)) if isinstance(value, str) else dict(value or {})
