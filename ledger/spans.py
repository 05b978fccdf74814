"""A stretch of one account's history: what was on it before and after, and every line between, in pieces.

A stretch is held by sequence numbers, not by time: lines are never changed and their numbers have no gaps, so the
same stretch reads the same for ever, without a long transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger import book, store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

BATCH = 2_000
"""Lines read at once: few enough to hold, enough that their number of queries does not matter."""
_TICK = timedelta(microseconds=1)

_SPAN = """
SELECT low.seq, high.seq, coalesce(opening.posted_after, 0), coalesce(closing.posted_after, 0)
  FROM ledger_balance b
  CROSS JOIN LATERAL (SELECT ledger_seq_at(b.book, b.account, b.stripe, %s::timestamptz) AS seq) low
  CROSS JOIN LATERAL (SELECT ledger_seq_at(b.book, b.account, b.stripe, %s::timestamptz) AS seq) high
  LEFT JOIN ledger_posting opening ON opening.book = b.book AND opening.account = b.account
                                  AND opening.stripe = b.stripe AND opening.seq = low.seq
  LEFT JOIN ledger_posting closing ON closing.book = b.book AND closing.account = b.account
                                  AND closing.stripe = b.stripe AND closing.seq = high.seq
 WHERE b.book = %s AND b.account = %s
"""
_LINES = """
SELECT p.seq, p.entry, p.amount, p.posted_after, p.effective_at, p.created_at, e.kind, e.reference,
       e.reverses IS NOT NULL,
       CASE WHEN e.kind = ANY(%s) THEN
         (SELECT coalesce(sum(f.amount), 0) FROM ledger_posting f
           WHERE f.book = p.book AND f.entry = p.entry AND f.account = %s) ELSE 0 END
  FROM ledger_posting p JOIN ledger_entry e ON e.book = p.book AND e.id = p.entry
 WHERE p.book = %s AND p.account = %s AND p.stripe = 0 AND p.seq > %s AND p.seq <= %s
 ORDER BY p.seq LIMIT %s
"""
_SETTLED = """
SELECT clock_timestamp() >= %s::timestamptz
   AND NOT EXISTS (SELECT FROM pg_stat_activity a
                    WHERE a.datname = current_database() AND a.backend_type = 'client backend'
                      AND a.pid <> pg_backend_pid()
                      AND a.xact_start < %s::timestamptz)
"""


class SeveralBalances(RuntimeError):
    """A defect: accounts of several stripes have no single order of lines. People's wallets have one."""


@dataclass(frozen=True, slots=True)
class Span:
    """The lines with ``after_seq`` < seq ≤ ``to_seq``, and the balance (minor units) before and after them."""

    account_id: int
    after_seq: int
    to_seq: int
    opening_minor: int
    closing_minor: int

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.to_seq - self.after_seq


@dataclass(frozen=True, slots=True)
class SpanEntry:
    """What one entry did to the account. ``booked_at`` is the ledger's clock, ``effective_at`` the caller's.

    ``beside_minor`` is what the same entry put on the account that was asked about beside this one (fees).
    """

    entry_id: UUID
    amount_minor: int
    balance_minor: int
    effective_at: datetime
    booked_at: datetime
    kind: str
    reference: str
    is_reversal: bool
    beside_minor: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Another account to look at in entries of these kinds."""

    account_id: int
    kinds: Sequence[str]


def is_settled(*, before: datetime) -> bool:
    """Whether everything booked before this moment is visible: its time is over, and nobody who began then still works.

    A line takes its time under the lock of its balance and is seen when its transaction commits, a little later.
    """
    (settled,) = store.fetch_one(_SETTLED, [before, before])
    return bool(settled)


def span_of(*, account_id: int, since: datetime, before: datetime) -> Span:
    """The lines booked from ``since`` on (included) and before ``before``; a handful of index look-ups.

    Raises SeveralBalances for an account of more than one stripe.
    """
    rows = store.fetch_all(_SPAN, [since - _TICK, before - _TICK, book.current(), account_id])
    if len(rows) != 1:
        raise SeveralBalances(account_id)
    after_seq, to_seq, opening, closing = rows[0]
    return Span(account_id, after_seq, max(after_seq, to_seq), opening, closing)


def entries_of(span: Span, *, beside: Beside, batch: int = BATCH) -> Iterator[SpanEntry]:
    """Every entry of the span once, oldest first; one query for each ``batch`` lines, bounded memory."""
    for _, lines in groupby(_lines(span, beside, batch), key=lambda row: row[1]):
        rows = list(lines)
        _seq, entry, _amount, balance, effective_at, booked_at, kind, reference, is_reversal, beside_minor = rows[-1]
        amount = sum(row[2] for row in rows)
        yield SpanEntry(
            entry, amount, balance, effective_at, booked_at, kind, reference, is_reversal, int(beside_minor)
        )


def _lines(span: Span, beside: Beside, batch: int) -> Iterator[tuple[Any, ...]]:
    seen = span.after_seq
    while seen < span.to_seq:
        rows = store.fetch_all(
            _LINES,
            [list(beside.kinds), beside.account_id, book.current(), span.account_id, seen, span.to_seq, batch],
        )
        yield from rows
        seen = rows[-1][0]
