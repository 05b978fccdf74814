"""A statement of 100,000 entries as CSV, and the longest PDF: seconds, and the peak memory of who makes it.

Each is made by a process of its own, as by a worker. The figures are checked against the ledger.
"""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from benchmarks._ledger import judge, say, sizes

SECONDS_MAX, MEGABYTES_MAX = 60, 300
PDF_SECONDS_MAX, PDF_MEGABYTES_MAX = 30, 800
LINEAR_MAX = 1.3
DAYS = (date(2020, 1, 1), date(2100, 12, 30))


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(entries=100_000, few=10_000)
    import django

    django.setup()
    from benchmarks._copy import fresh_database

    with fresh_database():
        from accounts.statements.policy import PDF_ENTRIES_MAX

        few = _measured(_history(size.few), "csv")
        many = _measured(_history(size.entries), "csv")
        pdf = _measured(_history(PDF_ENTRIES_MAX), "pdf")
    per_entry = [run["cpu_seconds"] / run["entries"] * 1_000_000 for run in (many, few)]
    good = [
        judge("csv, cpu seconds", ours=many["cpu_seconds"], reference=SECONDS_MAX, bar=1, at_most=True),
        judge("csv, peak megabytes", ours=many["megabytes"], reference=MEGABYTES_MAX, bar=1, at_most=True),
        judge("csv, cpu µs an entry", ours=per_entry[0], reference=per_entry[1], bar=LINEAR_MAX, at_most=True),
        judge("pdf, cpu seconds", ours=pdf["cpu_seconds"], reference=PDF_SECONDS_MAX, bar=1, at_most=True),
        judge(
            "pdf, peak megabytes", ours=pdf["typesetter_megabytes"], reference=PDF_MEGABYTES_MAX, bar=1, at_most=True
        ),
    ]
    return 0 if all(good) else 1


def _history(entries: int) -> Any:
    """A person with so many transfers, each with its row of the feed."""
    from accounts.activity.services import record
    from accounts.wallets.selectors import wallet_of
    from ledger import services as ledger
    from ledger.chart import platform_account_id
    from ledger.entries import EntryDraft, Leg
    from tests.factories.activity import new_item
    from tests.factories.people import make_person
    from wallet_project.lib import db, ids

    user = make_person(f"reader{uuid4().hex[:12]}", pin=None)
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    clearing = platform_account_id("clearing.stripe", "EUR")
    at = datetime.now(UTC)
    for start in range(0, entries, 1000):
        subjects = [uuid4() for _ in range(min(1000, entries - start))]
        drafts = [
            EntryDraft(
                subject, "pay", "transfer", (Leg(wallet.id, 125, "EUR"), Leg(clearing, -125, "EUR")), at, "bench",
                ids.public("trf", subject),
            )
            for subject in subjects
        ]  # fmt: skip
        with db.transaction():
            record(*(new_item(user, 125, subject_id=subject, reference=ids.public("trf", subject), note="Lunch, thanks")
                     for subject in subjects))  # fmt: skip
            ledger.post_many(drafts)
    return user


def _measured(user: Any, file_format: str) -> dict[str, Any]:
    """Asks for it here, makes it in a process of its own; says how long it took and how much memory."""
    from accounts.statements.models import Statement
    from accounts.statements.policy import LEASE
    from tests.factories.statements import asked

    statement = asked(user, *DAYS, format=file_format)
    queue: Any = multiprocessing.get_context("spawn").Queue()
    worker = multiprocessing.get_context("spawn").Process(target=_make, args=(statement.pk, queue))
    worker.start()
    took = queue.get(timeout=LEASE.total_seconds())
    worker.join()
    made = Statement.objects.get(pk=statement.pk)
    assert made.status == "READY", made.failure
    assert made.closing_minor == made.in_minor == 125 * made.entries
    measured = {"entries": made.entries, **took}
    say(format=file_format, file_kb=made.size_bytes // 1024, **measured)
    return measured


def _make(statement_id: Any, queue: Any) -> None:
    import resource

    import django

    django.setup()
    from accounts.statements import services

    began, worked = time.perf_counter(), time.process_time()
    services.make(statement_id=statement_id, at=datetime.now(UTC) + timedelta(minutes=1))
    seconds = round(time.perf_counter() - began, 2)
    ours, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = time.process_time() - worked + children.ru_utime + children.ru_stime
    queue.put(
        {
            "seconds": seconds,
            "cpu_seconds": round(cpu, 2),
            "megabytes": ours.ru_maxrss // 1024,
            "typesetter_megabytes": children.ru_maxrss // 1024,
        }
    )


if __name__ == "__main__":
    raise SystemExit(main())
