"""Balance, balance at a moment and first activity page of one account, with few postings in the books and with many.

The reference is the same question at the smaller size; it may not take more than 1.3 times as long.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks._ledger import Load, fund, judge, open_accounts, say, sizes, transfers

if TYPE_CHECKING:
    from collections.abc import Callable

BAR = 1.3
FILLERS, BATCH, ROUNDS = 2, 5_000, 5


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(few=10_000, postings=5_000_000, times=400)
    import django

    django.setup()
    from benchmarks._copy import fresh_database

    with fresh_database():
        accounts = open_accounts(1_000)
        fund(accounts)
        fill(accounts, size.few)
        small = ask(accounts[0], size.times)
        fill(accounts, size.postings)
        large = ask(accounts[0], size.times)
        good = [
            judge(what, ours=large[what], reference=small[what], bar=BAR, at_most=True, unit="µs, median")
            for what in small
        ]
        return 0 if all(good) else 1


def fill(accounts: list[int], wanted: int) -> None:
    """Posts until there are so many postings, a sixth of them on the account that is asked.

    Two processes: while one makes its next batch, the database writes the other's.
    """
    from django.db import connection

    from ledger import integrity

    began, there = time.perf_counter(), integrity.postings_count()
    share = -(-(wanted - there) // 2 // FILLERS)
    context = multiprocessing.get_context("spawn")
    fillers = [context.Process(target=_post_batches, args=(accounts, share, wanted + no)) for no in range(FILLERS)]
    for filler in fillers:
        filler.start()
    for filler in fillers:
        filler.join()
        if filler.exitcode:
            raise SystemExit("the books could not be filled")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(seq)::bigint FROM ledger_balance WHERE account = %s", [accounts[0]])
        (of_this,) = cursor.fetchone()
    seconds = round(time.perf_counter() - began, 1)
    say(postings=integrity.postings_count(), of_this_account=of_this, filled_in_seconds=seconds)


def _post_batches(accounts: list[int], entries: int, seed: int) -> None:
    """The work of one filler: everybody pays three of the accounts."""
    import random

    import django

    django.setup()
    from ledger import services
    from wallet_project.lib import db

    luck = random.Random(seed)  # noqa: S311  # which accounts pay is no secret
    while entries > 0:
        drafts = transfers(Load(accounts, accounts[:3], batch=min(entries, BATCH)), luck)
        with db.transaction():
            services.post_many(drafts)
        entries -= len(drafts)


def ask(account_id: int, times: int) -> dict[str, float]:
    """The median of each question, in microseconds."""
    from ledger import selectors

    half_way = selectors.postings_page(account_id=account_id, limit=1).postings[0].created_at
    past = datetime.fromtimestamp(half_way.timestamp() - 1, UTC)
    return {
        "balance now": timed(lambda: selectors.balance_now(account_id), times),
        "balance a second ago": timed(lambda: selectors.balance_at(account_id=account_id, at=past), times),
        "first page": timed(lambda: selectors.postings_page(account_id=account_id), times),
    }


def timed(question: Callable[[], object], times: int) -> float:
    """The median duration in microseconds, of the best of some rounds: other work on the machine comes and goes."""
    return min(_median(question, -(-times // ROUNDS)) for _ in range(ROUNDS))


def _median(question: Callable[[], object], times: int) -> float:
    taken = []
    for number in range(times + 10):
        began = time.perf_counter_ns()
        question()
        if number >= 10:
            taken.append((time.perf_counter_ns() - began) / 1_000)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
