"""Many entries in one round trip: settlement, payouts, imports. Some thousands at a time are well; so are two."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ledger import book, errors, store
from ledger.entries import Capture, EntryDraft, canonical_json
from ledger.errors import EntryIdReused, LedgerError
from ledger.facts import BalanceAfter, Posted
from ledger.services.holds import require_same_currency
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

_POST_MANY = """
SELECT entry, state, detail::text, account, stripe, posted, held FROM ledger_post_many(
    %s, %s::uuid[], %s::text[], %s::bytea[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[]::jsonb[],
    %s::integer[], %s::smallint[], %s::bigint[], %s::bigint[], %s::text[], %s::uuid[], %s::bigint[],
    %s::timestamptz, %s, %s::uuid, %s)
"""


def post_many(drafts: Iterable[EntryDraft], *, despite_freeze: bool = False) -> list[Posted]:
    """Posts entries in their order, all or none; money an earlier entry brings can be spent by a later one.

    The same draft again, now or later, is answered as a replay. Raises what ``post`` raises, for the first entry that
    is refused. Who meets another batch or ``post`` of the same id may have to try again (SQLSTATE 40001, 40P01).
    """
    return _raise_refusals(_post_batch([(draft, None) for draft in drafts], None, despite_freeze, each=False))


def post_each(drafts: Iterable[EntryDraft], *, despite_freeze: bool = False) -> list[Posted | LedgerError]:
    """Posts entries in their order, each for itself: one answer per draft, ``Posted`` or the refusal (not raised).

    What is refused has moved nothing and spoils nothing; the transaction goes on. AlreadyReversed, UnknownEntry and
    ReversalReversed are raised all the same, for the whole batch.
    """
    return _post_batch([(draft, None) for draft in drafts], None, despite_freeze, each=True)


def capture_many(captures: Iterable[Capture], *, at: datetime, despite_freeze: bool = False) -> list[Posted]:
    """``capture_hold`` for many (a payout run captures 10,000): all or none, in one round trip.

    ``at`` is the moment at which holds must be open. Several captures may take parts of one hold; a capture takes from
    one hold. Raises what ``capture_hold`` raises, for the first that is refused.
    """
    return _raise_refusals(_capture_batch(captures, at, despite_freeze, each=False))


def capture_each(
    captures: Iterable[Capture], *, at: datetime, despite_freeze: bool = False
) -> list[Posted | LedgerError]:
    """As ``capture_many``, each for itself: one answer per capture, ``Posted`` or the refusal (not raised).

    A refused capture leaves its hold as it was: release it or try again. CurrencyMismatch of a named amount is raised,
    for the whole batch, and so is what ``post_each`` raises.
    """
    return _capture_batch(captures, at, despite_freeze, each=True)


def _capture_batch(
    captures: Iterable[Capture], at: datetime, despite_freeze: bool, *, each: bool
) -> list[Posted | LedgerError]:
    db.transaction_required()
    wanted = list(captures)
    require_same_currency((capture.hold_id, capture.amount) for capture in wanted)
    return _post_batch([(capture.draft, capture) for capture in wanted], at, despite_freeze, each=each)


def _post_batch(
    entries: Sequence[tuple[EntryDraft, Capture | None]], at: datetime | None, despite_freeze: bool, *, each: bool
) -> list[Posted | LedgerError]:
    db.transaction_required()
    distinct: dict[UUID, tuple[EntryDraft, Capture | None]] = {}
    order = [(draft.entry_id, draft) for draft, _ in entries]
    for (entry_id, _), entry in zip(order, entries, strict=True):
        distinct.setdefault(entry_id, entry)
    if not distinct:
        return []
    moment = at or max(draft.effective_at for draft, _ in distinct.values())
    rows = store.fetch_all(
        _POST_MANY,
        [book.current(), *_entries(distinct), *_legs(distinct), moment, despite_freeze, ids.uuid7(moment), each],
    )
    answers = _answers(rows)
    results: list[Posted | LedgerError] = []
    seen: set[UUID] = set()
    for entry_id, draft in order:
        results.append(
            _again(answers[entry_id], draft, distinct[entry_id][0]) if entry_id in seen else answers[entry_id]
        )
        seen.add(entry_id)
    return results


def _entries(distinct: dict[UUID, tuple[EntryDraft, Capture | None]]) -> list[list[Any]]:
    drafts = [draft for draft, _ in distinct.values()]
    return [
        list(distinct),
        [draft.kind for draft in drafts],
        [draft.request_hash for draft in drafts],
        [draft.reverses for draft in drafts],
        [draft.effective_at for draft in drafts],
        [draft.actor for draft in drafts],
        [draft.reference for draft in drafts],
        [canonical_json(draft.details) for draft in drafts],
    ]


def _legs(distinct: dict[UUID, tuple[EntryDraft, Capture | None]]) -> list[list[Any]]:
    legs = [
        (
            no,
            line,
            leg.account_id,
            leg.amount_minor,
            leg.currency,
            None if capture is None else capture.hold_id,
            None if capture is None or capture.amount is None else capture.amount.amount_minor,
        )
        for no, (draft, capture) in enumerate(distinct.values(), start=1)
        for line, leg in enumerate(draft.legs, start=1)
    ]
    return [list(column) for column in zip(*legs, strict=True)]


def _answers(rows: list[tuple[Any, ...]]) -> dict[UUID, Posted | LedgerError]:
    refused: dict[UUID, Posted | LedgerError] = {}
    balances: defaultdict[UUID, dict[tuple[int, int], BalanceAfter]] = defaultdict(dict)
    replayed: set[UUID] = set()
    for entry_id, state, detail, account, stripe, posted, held in rows:
        if account is None:
            refusal = errors.from_database(sqlstate=state, constraint=None, detail=detail)
            refused[entry_id] = refusal or LedgerError()
            continue
        balances[entry_id][account, stripe] = BalanceAfter(account, stripe, posted, held)
        if state == "REPLAYED":
            replayed.add(entry_id)
    posted_now = {
        entry_id: Posted(entry_id, entry_id in replayed, tuple(after.values())) for entry_id, after in balances.items()
    }
    return {**refused, **posted_now}


def _again(answer: Posted | LedgerError, draft: EntryDraft, first: EntryDraft) -> Posted | LedgerError:
    """The same id a second time in one batch."""
    if draft.request_hash != first.request_hash:
        return EntryIdReused(entry_id=str(draft.entry_id))
    return replace(answer, replayed=True) if isinstance(answer, Posted) else answer


def _raise_refusals(results: list[Posted | LedgerError]) -> list[Posted]:
    posted: list[Posted] = []
    for result in results:
        if isinstance(result, LedgerError):
            raise result
        posted.append(result)
    return posted
