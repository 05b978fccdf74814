"""Are the books right? Every promise of the ledger, asked of the rows themselves. First wrong rows are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from ledger import book, chart, currencies, selectors, signing, store
from ledger.integrity import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

Progress = Callable[[str, int, int], None]
NAMED_MAX = 20
ENTRIES_AT_ONCE = 100_000
POSTINGS_AT_ONCE = 100_000
LEAVES_AT_ONCE = 5_000
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong row: which check, where, and what was found."""

    check: str
    where: str
    found: str


def check(
    *, account_id: int | None = None, since: datetime | None = None, progress: Progress | None = None
) -> list[Problem]:
    """The first wrong rows, up to twenty; an empty list when the books are right.

    Read one snapshot: call it in a transaction with repeatable reads. The database compares, piece by piece, and
    answers wrong rows only, so that any number of postings needs the same memory. With ``account_id`` only what belongs
    to that account is asked; with ``since`` only entries and postings recorded since, trusting what was before.
    """
    wrong: list[Problem] = []
    for name, sql, params in _steps(account_id, since, progress or _quiet):
        given = {"book": book.current(), "since": since, "limit": NAMED_MAX - len(wrong), **params}
        wrong.extend(Problem(name, where, found) for where, found in store.fetch_all(sql, given))
        if len(wrong) >= NAMED_MAX:
            return wrong
    if account_id is None:
        wrong.extend(islice(_checkpoints(progress or _quiet), NAMED_MAX - len(wrong)))
    return wrong


def compare_with_export(checkpoint: signing.SignedCheckpoint, leaves: Iterable[signing.Leaf]) -> list[Problem]:
    """Balances whose posting at the export's seq is not the one that was signed (the first twenty)."""
    wrong: list[Problem] = []
    rows = iter(leaves)
    while piece := list(islice(rows, LEAVES_AT_ONCE)):
        found = store.fetch_all(
            "SELECT l.id, l.seq, p.hash FROM unnest(%s::bigint[], %s::bigint[]) AS l (id, seq)"
            " LEFT JOIN LATERAL (SELECT * FROM ledger_posting p WHERE p.book = %s AND p.account = l.id / 64"
            " AND p.stripe = l.id %% 64 AND p.seq = l.seq OFFSET 0) p ON true ORDER BY l.id",
            [[leaf.balance_id for leaf in piece], [leaf.seq for leaf in piece], checkpoint.book],
        )
        for leaf, (balance_id, seq, head) in zip(piece, found, strict=True):
            if head is None or bytes(head) != leaf.head:
                where = f"account {balance_id // 64} stripe {balance_id % 64} seq {seq}"
                said = "is not there any more" if head is None else "is not the posting that was signed"
                wrong.append(Problem("export", where, said))
                if len(wrong) >= NAMED_MAX:
                    return wrong
    return wrong


def postings_count() -> int:
    """How many postings there are, by the balances."""
    (count,) = store.fetch_one(
        "SELECT coalesce(sum(seq), 0)::bigint FROM ledger_balance WHERE book = %s", [book.current()]
    )
    return int(count)


def _steps(
    account_id: int | None, since: datetime | None, progress: Progress
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if account_id is None:
        yield "chart", statements.CHART, _chart()
    yield "account", statements.ACCOUNTS, {"account": account_id}
    yield "hold", statements.HOLDS, {"account": account_id}
    pieces = list(_pieces(account_id))
    for done, (after, upto) in enumerate(pieces):
        progress("balances", done, len(pieces))
        if account_id is not None or since is not None:
            yield "chain", statements.CHAINS_OF_BALANCES, {"after": after, "upto": upto}
        yield "balance", statements.BALANCES, {"after": after, "upto": upto}
    if account_id is not None:
        yield "entry", statements.ENTRIES_OF_ACCOUNT, {"account": account_id}
        return
    # Both sides of a piece are read once and put together, however old the planner's counts are.
    store.execute("SET LOCAL enable_nestloop = off")
    for entry_after, entry_upto in _entry_pieces(progress):
        if since is None:
            yield "chain", statements.CHAINS, {"after": entry_after, "upto": entry_upto}
        yield "entry", statements.ENTRIES, {"after": entry_after, "upto": entry_upto}
    store.execute("SET LOCAL enable_nestloop = DEFAULT")


def _chart() -> dict[str, Any]:
    rows = chart.PLATFORM_ACCOUNTS
    known = list(currencies.CURRENCIES)
    base = {row.code: chart.platform_account_id(row.code, known[0]) - currencies.number(known[0]) for row in rows}
    return {
        "codes": [row.code for row in rows],
        "kinds": [row.kind for row in rows],
        "bases": list(base.values()),
        "currencies": known,
        "numbers": [currencies.number(code) for code in known],
        "owner_kind": chart.PLATFORM_KIND,
        "owner": chart.PLATFORM_ID,
    }


def _pieces(account_id: int | None) -> Iterator[tuple[int, int]]:
    """Balance ids in pieces of so many postings: an account's stripes are neighbours (id = account * 64 + stripe)."""
    if account_id is not None:
        yield account_id * 64 - 1, account_id * 64 + 63
        return
    after = -1
    for (upto,) in store.fetch_all(statements.PIECES, [POSTINGS_AT_ONCE, book.current()]):
        yield after, upto
        after = upto


def _entry_pieces(progress: Progress) -> Iterator[tuple[UUID, UUID]]:
    (estimate,) = store.fetch_one("SELECT reltuples::bigint FROM pg_class WHERE oid = 'ledger_entry'::regclass", [])
    after, done = FIRST, 0
    while True:
        progress("entries", done, max(int(estimate), done))
        ends = store.fetch_all(statements.NEXT_ENTRY, [book.current(), after, ENTRIES_AT_ONCE - 1])
        if not ends:
            yield after, LAST
            return
        yield after, ends[0][0]
        after, done = ends[0][0], done + ENTRIES_AT_ONCE


def _checkpoints(progress: Progress) -> Iterator[Problem]:
    """The row of checkpoints, each signature, and the newest root against the postings themselves."""
    keys = [signing.public_key(settings.LEDGER_SIGNING_KEY), *signing.decoded_keys(settings.LEDGER_FORMER_KEYS)]
    known = selectors.checkpoints()
    before: signing.SignedCheckpoint | None = None
    for no, signed in enumerate(known, start=1):
        where = f"checkpoint {signed.no}"
        previous_root, watermark = (before.root, before.watermark) if before else (None, 0)
        if (signed.no, signed.previous_root) != (no, previous_root) or signed.watermark < watermark:
            yield Problem("checkpoint", where, "it does not follow the one before it")
        if not any(signed.is_signed_by(key) for key in keys):
            yield Problem("checkpoint", where, "none of our keys signed this")
        before = signed
    if before is not None:
        progress("checkpoint", 0, 1)
        tree = signing.tree_of(selectors.leaves(before.watermark))
        if (tree.root(), tree.count) != (before.root, before.count):
            found = f"the books have another root or count ({tree.count}): compare them with an export"
            yield Problem("checkpoint", f"checkpoint {before.no}", found)


def _quiet(check: str, done: int, total: int) -> None:
    """Nobody is watching."""
