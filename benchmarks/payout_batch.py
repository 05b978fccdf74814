"""10,000 approved withdrawals → one pain.001 → the bank → a 10,000-entry camt.053 matched: ≤ 60 s, under 400 MB.

The bank is the mock bank in a process of its own; its time to move its clock is not ours. Each worker step runs in a
process that has done nothing else, so its peak memory is what a worker would need. Afterwards the books are checked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from wallet_project.local import places

SECONDS_MAX = 60
MEGABYTES_MAX = 400
PEOPLE = 100


def main() -> int:
    """The whole benchmark; its exit code."""
    count = int(os.environ.get("BENCH_WITHDRAWALS", "10000"))
    import django

    django.setup()
    from benchmarks._copy import fresh_database
    from tests.fakes.bank import Bank

    with fresh_database(), Bank() as bank:
        bank.post("/_mock/advance?to=2026-11-28")  # a Saturday: nothing books before the clock moves on
        ids = prepare(count)
        told = [*work(bank.url, "build", "send", "collect", "handle")]
        bank.advance(3)
        told += work(bank.url, "collect", "handle", "reconcile")
        seconds = round(sum(line.get("seconds", 0) for line in told), 2)
        megabytes = max(line.get("megabytes", 0) for line in told)
        good = [
            judge("total", seconds=seconds, limit=SECONDS_MAX, good=seconds <= SECONDS_MAX),
            judge("peak memory", megabytes=megabytes, limit=MEGABYTES_MAX, good=megabytes < MEGABYTES_MAX),
            right(ids, count),
        ]
    return 0 if all(good) else 1


def prepare(count: int) -> list[Any]:
    """People with money, and their approved withdrawals."""
    from ledger.money import Money
    from tests.factories.payouts import approved, bank_account
    from tests.factories.people import give_money, make_person, now

    at, each, ids = now(), count // PEOPLE, []
    for number in range(PEOPLE):
        person = make_person(f"payee{number}", pin=None)
        give_money(person, Money(each * 20_050, "EUR"))
        amounts = [10_000 + place for place in range(each)]
        ids += [row.pk for row in approved(bank_account(person, at=at), amounts, at=at)]
    say(what="prepared", withdrawals=len(ids))
    return ids


def work(bank_url: str, *steps: str) -> list[dict[str, Any]]:
    """The steps in one process; what it said."""
    environment = os.environ | {"BANK_URL": bank_url}
    command = [sys.executable, "-m", "benchmarks._payout_run", *steps]
    done = subprocess.run(command, env=environment, cwd=places.ROOT, stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout, end="", flush=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def right(ids: list[Any], count: int) -> bool:
    """All settled, all on the statement, nothing in flight, no break, the books whole."""
    from django.core.management import call_command

    from ledger import selectors
    from ledger.chart import platform_account_id
    from payments.banking.models import Withdrawal
    from payments.payouts.models import PayoutBatch, PayoutItem
    from payments.reconciliation.models import ReconciliationBreak

    call_command("check_ledger", verbosity=0)
    found = {
        "settled": Withdrawal.objects.filter(pk__in=ids, status="SETTLED").count(),
        "on_statement": PayoutItem.objects.filter(statement__isnull=False).count(),
        "files": PayoutBatch.objects.count(),
        "breaks": ReconciliationBreak.objects.count(),
        "in_flight_minor": selectors.balance_now(platform_account_id("clearing.bank", "EUR")).posted_minor,
    }
    wanted = {"settled": count, "on_statement": count, "files": 1, "breaks": 0, "in_flight_minor": 0}
    say(what="books", good=found == wanted, **found)
    return found == wanted


def judge(what: str, *, good: bool, **numbers: Any) -> bool:
    """One line with the limit beside the number."""
    say(what=what, good=good, **numbers)
    return good


def say(**line: Any) -> None:
    """One JSON line."""
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
