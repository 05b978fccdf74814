"""Balance, balance at a moment and first activity page of one account, with few postings in the books and with many.

The reference is the same question at the smaller size; it may not take more than 1.3 times as long.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks._ledger import Load, fund, judge, open_accounts, say, sizes, transfers

if TYPE_CHECKING:
    from collections.abc import Callable

BAR = 1.3


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
    """Posts until there are so many postings, a third of them on the account that is asked."""
    import random

    from django.db import connection

    from ledger import integrity, services
    from wallet_project.lib import db

    luck = random.Random(wanted)  # noqa: S311  # which accounts pay is no secret
    load = Load(accounts, [accounts[0], *accounts[1:3]], batch=5_000)
    while (missing := wanted - integrity.postings_count()) > 0:
        drafts = transfers(load, luck)[: max(1, missing // 2)]
        with db.transaction():
            services.post_many(drafts)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(seq)::bigint FROM ledger_balance WHERE account = %s", [accounts[0]])
        say(postings=integrity.postings_count(), of_this_account=cursor.fetchone()[0])


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
    """The median duration after a warm-up, in microseconds."""
    taken = []
    for number in range(times + 20):
        began = time.perf_counter_ns()
        question()
        if number >= 20:
            taken.append((time.perf_counter_ns() - began) / 1_000)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
