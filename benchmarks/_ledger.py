"""What the ledger's benchmarks share: accounts, a load from several processes, one line of JSON per figure.

Sizes come from the command line (``python -m benchmarks.ledger_post --seconds 2``) or, under ``bin/bench``, from
``BENCH_ACCOUNTS``, ``BENCH_PROCESSES``, ``BENCH_SECONDS``, ``BENCH_ROUNDS``, ``BENCH_BATCH``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FUNDS_MINOR = 1_000_000_000


def sizes(**defaults: int) -> argparse.Namespace:
    """The sizes of this run: flags, else the environment, else these."""
    parser = argparse.ArgumentParser()
    for name, default in defaults.items():
        value = int(os.environ.get(f"BENCH_{name.upper()}", default))
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def say(**values: object) -> None:
    """One line of JSON."""
    print(json.dumps(values), flush=True)


def judge(what: str, *, ours: float, reference: float, bar: float, at_most: bool = False, **more: object) -> bool:
    """Prints ours beside the reference and says whether the bar is reached."""
    ratio = ours / reference
    good = ratio <= bar if at_most else ratio >= bar
    say(
        what=what, ours=round(ours, 1), reference=round(reference, 1), ratio=round(ratio, 3), bar=bar, good=good, **more
    )
    return good


def open_accounts(count: int, *, code: str = "wallet", stripes: int = 1, floor_minor: int | None = 0) -> list[int]:
    """New accounts without money; one statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ledger_open_account(1, NULL, gen_random_uuid(), 'bench', gen_random_uuid(), %s::text, 'liability',"
            " 'EUR', %s, %s::bigint, NULL, %s::timestamptz) FROM generate_series(1, %s)",
            [code, stripes, floor_minor, AT, count],
        )
        return [account_id for (account_id,) in cursor.fetchall()]


def fund(account_ids: list[int], *, minor: int = FUNDS_MINOR) -> None:
    """Money for each, in batches."""
    from django.db import connection

    from ledger import services
    from ledger.chart import platform_account_id
    from ledger.entries import EntryDraft, Leg
    from wallet_project.lib import db

    equity = platform_account_id("equity.opening", "EUR")
    for start in range(0, len(account_ids), 1000):
        drafts = [
            EntryDraft(
                uuid4(), "opening", "opening", (Leg(account_id, minor, "EUR"), Leg(equity, -minor, "EUR")), AT, "bench"
            )
            for account_id in account_ids[start : start + 1000]
        ]
        with db.transaction():
            services.post_many(drafts)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of work: transfers from ``payers`` to ``payees`` (else among the payers), ``batch`` at a time."""

    payers: list[int]
    payees: list[int] | None = None
    batch: int = 1


def transfers(load: Load, luck: random.Random) -> list[Any]:
    """A batch of two-leg drafts."""
    from ledger.entries import EntryDraft, Leg
    from wallet_project.lib import ids

    drafts = []
    for _ in range(load.batch):
        source = luck.choice(load.payers)
        target = luck.choice(load.payees or load.payers)
        while target == source:
            target = luck.choice(load.payers)
        legs = (Leg(source, -1, "EUR"), Leg(target, 1, "EUR"))
        drafts.append(EntryDraft(ids.uuid7(), "send", "transfer", legs, AT, "bench"))
    return drafts


def measure(load: Load, *, processes: int, seconds: float) -> float:
    """Entries per second that the processes post together, in transactions of their own."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=_work, args=(load, number, seconds, barrier, results)) for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    rates = [results.get(timeout=seconds + 120) for _ in workers]
    for worker in workers:
        worker.join()
    return float(sum(rates))


def _work(load: Load, number: int, seconds: float, barrier: Barrier, results: Any) -> None:
    import django

    django.setup()
    from django.db import connection

    from ledger import services
    from wallet_project.lib import db

    luck = random.Random(number)  # noqa: S311  # which accounts pay is no secret
    connection.ensure_connection()
    for _ in range(max(1, 10 // load.batch)):
        with db.transaction():
            _post(services, transfers(load, luck))
    barrier.wait(120)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        drafts = transfers(load, luck)
        with db.transaction():
            _post(services, drafts)
        count += len(drafts)
    results.put(count / (time.perf_counter() - began))
    connection.close()


def _post(services: Any, drafts: list[Any]) -> None:
    if len(drafts) == 1:
        services.post(drafts[0])
    else:
        services.post_many(drafts)
