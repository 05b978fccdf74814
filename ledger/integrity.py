"""Are the books right? Every promise of the ledger, asked of the rows themselves. First wrong rows are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger import book, chart, store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

Progress = Callable[[str, int, int], None]
BALANCES_AT_ONCE = 2_000
NAMED_MAX = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong row: which check, where, and what was found."""

    check: str
    where: str
    found: str


_ZERO_SUM = """
SELECT e.id::text, coalesce(string_agg(p.currency || ' ' || p.total, ', '), 'no postings')
  FROM ledger_entry e
  LEFT JOIN (SELECT entry, currency, sum(amount) AS total, count(*) AS lines FROM ledger_posting
              WHERE book = %(book)s GROUP BY entry, currency) p ON p.entry = e.id
 WHERE e.book = %(book)s AND (p.total IS NULL OR p.total <> 0)
   AND (%(since)s::timestamptz IS NULL OR e.created_at >= %(since)s::timestamptz)
 GROUP BY e.id ORDER BY e.id LIMIT %(limit)s
"""

# Each posting against the one before it on the same balance, and against its entry and account.
_CHAIN = """
SELECT format('account %%s stripe %%s seq %%s', c.account, c.stripe, c.seq),
       CASE WHEN c.e_id IS NULL THEN 'its entry is missing'
            WHEN c.seq <> c.seq_before + 1 THEN format('the posting before it has seq %%s', c.seq_before)
            WHEN c.posted_after <> c.posted_before + c.amount
              THEN format('%%s and %%s is not %%s', c.posted_before, c.amount, c.posted_after)
            WHEN c.currency <> c.a_currency THEN format('%%s on an account in %%s', c.currency, c.a_currency)
            WHEN c.created_at < c.created_before OR c.effective_at <> c.e_effective_at THEN 'its time is wrong'
            ELSE 'its hash does not follow' END
  FROM (
    SELECT p.*, a.currency AS a_currency, e.id AS e_id, e.effective_at AS e_effective_at,
           coalesce(lag(p.seq) OVER w, 0) AS seq_before, coalesce(lag(p.posted_after) OVER w, 0) AS posted_before,
           lag(p.created_at) OVER w AS created_before,
           ledger_link(coalesce(lag(p.hash) OVER w,
                                ledger_genesis(p.book, p.account, p.stripe, a.public_id, a.currency)),
                       ledger_seal(e.id, e.tx, e.request_hash, e.effective_at, e.created_at, e.actor),
                       p.seq, p.line, p.amount, p.posted_after, p.held_after, p.created_at) AS hash_due
      FROM ledger_balance b
      JOIN ledger_account a ON a.book = b.book AND a.id = b.account
      JOIN ledger_posting p ON p.book = b.book AND p.account = b.account AND p.stripe = b.stripe
      LEFT JOIN ledger_entry e ON e.book = p.book AND e.id = p.entry
     WHERE b.book = %(book)s AND b.id > %(after)s AND b.id <= %(upto)s
    WINDOW w AS (PARTITION BY p.book, p.account, p.stripe ORDER BY p.seq)) c
 WHERE c.e_id IS NULL OR c.seq <> c.seq_before + 1 OR c.posted_after <> c.posted_before + c.amount
    OR c.currency <> c.a_currency OR c.created_at < c.created_before OR c.effective_at <> c.e_effective_at
    OR c.hash <> c.hash_due
 ORDER BY c.account, c.stripe, c.seq LIMIT %(limit)s
"""

# Each balance against its last posting, the number of its postings, and its open holds.
_BALANCE = """
SELECT format('account %%s stripe %%s', b.account, b.stripe),
       format('posted %%s, postings end at %%s; seq %%s, postings %%s; held %%s, open holds %%s',
              b.posted, l.posted_after, b.seq, coalesce(l.seq, 0), b.held, h.held)
       || CASE WHEN l.hash IS DISTINCT FROM b.head AND l.seq IS NOT NULL
               THEN '; the head is not the last hash' ELSE '' END
  FROM ledger_balance b
  JOIN ledger_account a ON a.book = b.book AND a.id = b.account
  LEFT JOIN LATERAL (SELECT p.seq, p.posted_after, p.hash FROM ledger_posting p
                      WHERE p.book = b.book AND p.account = b.account AND p.stripe = b.stripe
                      ORDER BY p.seq DESC LIMIT 1) l ON true
  CROSS JOIN LATERAL (SELECT coalesce(sum(h.amount - h.captured - h.released), 0) AS held FROM ledger_hold h
                       WHERE h.book = b.book AND h.account = b.account AND h.state = 'OPEN' AND b.stripe = 0) h
 WHERE b.book = %(book)s AND b.id > %(after)s AND b.id <= %(upto)s
   AND (b.posted <> coalesce(l.posted_after, 0) OR b.seq <> coalesce(l.seq, 0) OR b.held <> h.held
        OR b.head <> coalesce(l.hash, ledger_genesis(b.book, b.account, b.stripe, a.public_id, a.currency)))
 ORDER BY b.id LIMIT %(limit)s
"""

_HOLD = """
SELECT h.id::text, format('captured %%s by events %%s, released %%s by events %%s, %%s events of %%s',
                          h.captured, e.captured, h.released, e.released, e.count, h.version)
  FROM ledger_hold h
  CROSS JOIN LATERAL (
    SELECT count(*) AS count, coalesce(sum(amount) FILTER (WHERE kind = 'CAPTURED'), 0) AS captured,
           coalesce(sum(amount) FILTER (WHERE kind IN ('RELEASED', 'EXPIRED')), 0) AS released
      FROM ledger_hold_event e WHERE e.book = h.book AND e.hold = h.id) e
 WHERE h.book = %(book)s AND (%(account)s::bigint IS NULL OR h.account = %(account)s::bigint)
   AND (h.captured, h.released, h.version) IS DISTINCT FROM (e.captured, e.released, e.count)
 ORDER BY h.id LIMIT %(limit)s
"""

_STRIPES = """
SELECT format('account %%s', a.id), format('%%s stripes, %%s balances', a.stripes, count(b.id))
  FROM ledger_account a LEFT JOIN ledger_balance b ON b.book = a.book AND b.account = a.id
 WHERE a.book = %(book)s AND (%(account)s::bigint IS NULL OR a.id = %(account)s::bigint)
 GROUP BY a.id, a.stripes HAVING a.stripes <> count(b.id) ORDER BY a.id LIMIT %(limit)s
"""

_CHART = """
SELECT c.code || ' ' || u.currency, 'not opened'
  FROM (SELECT DISTINCT currency FROM ledger_account WHERE book = %(book)s) u
  CROSS JOIN unnest(%(codes)s::text[]) AS c (code)
 WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.book = %(book)s AND a.owner_kind = %(kind)s
                      AND a.owner_id = %(owner)s AND a.code = c.code AND a.currency = u.currency)
 ORDER BY 1 LIMIT %(limit)s
"""


def check(
    *, account_id: int | None = None, since: datetime | None = None, progress: Progress | None = None
) -> list[Problem]:
    """The first wrong rows, up to twenty; an empty list when the books are right.

    Read one snapshot: call it in a transaction with repeatable reads. With ``account_id`` only what belongs to that
    account is asked; with ``since`` the zero sums only of entries recorded since.
    """
    wrong: list[Problem] = []
    for name, sql, params in _steps(account_id, since, progress or _quiet):
        rows = store.fetch_all(sql, {"book": book.current(), "limit": NAMED_MAX - len(wrong), **params})
        wrong.extend(Problem(name, where, found) for where, found in rows)
        if len(wrong) >= NAMED_MAX:
            break
    return wrong


def _steps(
    account_id: int | None, since: datetime | None, progress: Progress
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if account_id is None:
        progress("zero sum", 0, 1)
        yield "zero sum", _ZERO_SUM, {"since": since}
        yield (
            "chart",
            _CHART,
            {
                "codes": [row.code for row in chart.PLATFORM_ACCOUNTS],
                "kind": chart.PLATFORM_KIND,
                "owner": chart.PLATFORM_ID,
            },
        )
    yield "stripes", _STRIPES, {"account": account_id}
    yield "hold", _HOLD, {"account": account_id}
    ranges = list(_ranges(account_id))
    for done, (after, upto) in enumerate(ranges):
        progress("balances", done, len(ranges))
        yield "chain", _CHAIN, {"after": after, "upto": upto}
        yield "balance", _BALANCE, {"after": after, "upto": upto}


def _ranges(account_id: int | None) -> Iterator[tuple[int, int]]:
    """Balance ids in pieces: an account's stripes are neighbours (id = account * 64 + stripe)."""
    if account_id is not None:
        yield account_id * 64 - 1, account_id * 64 + 63
        return
    rows = store.fetch_all(
        """
        SELECT max(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS piece
                               FROM ledger_balance WHERE book = %s) b
         GROUP BY piece ORDER BY piece
        """,
        [BALANCES_AT_ONCE, book.current()],
    )
    after = -1
    for (upto,) in rows:
        yield after, upto
        after = upto


def _quiet(check: str, done: int, total: int) -> None:
    """Nobody is watching."""
