"""check_ledger over many postings: how many a second, how much memory, and whether twice as many take twice as long."""

from __future__ import annotations

import resource
import sys
import time

from benchmarks._ledger import fund, judge, open_accounts, say, sizes
from benchmarks.ledger_history import fill

BAR_PER_SECOND, BAR_MEGABYTES, LINEAR = 150_000, 300, 1.3


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(postings=5_000_000, accounts=20_000)
    import django

    django.setup()
    from benchmarks._copy import fresh_database

    with fresh_database():
        accounts = open_accounts(size.accounts)
        fund(accounts)
        fill(accounts, size.postings // 2)
        half = rate()
        fill(accounts, size.postings)
        whole = rate()
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        good = [
            judge("check_ledger: postings a second on one core", ours=whole, reference=BAR_PER_SECOND, bar=1),
            judge("check_ledger: half the postings", ours=half, reference=whole, bar=LINEAR, at_most=True),
            judge("check_ledger: memory, MB", ours=megabytes, reference=BAR_MEGABYTES, bar=1, at_most=True),
        ]
        return 0 if all(good) else 1


def rate() -> float:
    """Postings per second of processor time, ours and the database's, of one look; the books must be right.

    Processor time is what one core can do, however many others the machine serves meanwhile.
    """
    from django.db import connection, connections

    from benchmarks._copy import cpu_of
    from ledger import services
    from wallet_project.lib import clock

    with connections["owner"].cursor() as cursor:
        for table in ("account", "account_event", "balance", "entry", "posting"):
            cursor.execute(f"ANALYZE ledger_{table}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    began, used = time.perf_counter(), cpu_of(backend) + time.process_time()
    look = services.check_books(at=clock.now())
    took, cost = time.perf_counter() - began, cpu_of(backend) + time.process_time() - used
    if look.problems:
        raise SystemExit(f"the books are wrong: {look.problems}")
    say(postings=look.postings, seconds=round(took, 1), processor_seconds=round(cost, 1))
    return look.postings / cost


if __name__ == "__main__":
    sys.exit(main())
