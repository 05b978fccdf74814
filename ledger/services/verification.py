"""Looking at the whole ledger, and keeping what was found where the desk shows it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import book, integrity, store
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One look at everything: how much there was, how long it took, and the first wrong rows."""

    postings: int
    took_ms: int
    problems: tuple[integrity.Problem, ...]


def check_books(
    *,
    at: datetime,
    since: datetime | None = None,
    account_id: int | None = None,
    progress: integrity.Progress | None = None,
) -> Look:
    """Checks the books on one snapshot and notes the result (not of a single account). Opens its own transactions."""
    began = time.monotonic()
    with db.transaction():
        store.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        store.execute("SET LOCAL statement_timeout = 0")
        store.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        store.execute("SET LOCAL work_mem = '64MB'")  # a piece is sorted without a file
        problems = tuple(integrity.check(account_id=account_id, since=since, progress=progress))
        postings = integrity.postings_count()
    look = Look(postings, int((time.monotonic() - began) * 1000), problems)
    if account_id is None:
        wrong = json.dumps([[problem.check, problem.where, problem.found] for problem in problems])
        with db.transaction():
            store.execute(
                "SELECT ledger_note_check(%s, %s::timestamptz, %s::bigint, %s::bigint, %s::timestamptz, %s::jsonb)",
                [book.current(), at, look.took_ms, look.postings, since, wrong],
            )
    return look
