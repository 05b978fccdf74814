"""django-hordak's side of ledger_hordak, run by its own virtual environment: it knows nothing of this project.

    python _hordak_run.py prepare ACCOUNTS
    python _hordak_run.py post PROCESSES SECONDS

Its database is in HORDAK_DATABASE_URL, with the connection settings of ours. Prints one line of JSON.
"""

# mypy: disable-error-code="import-not-found"
# hordak and what it needs are not installed where this project is.

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from typing import TYPE_CHECKING, Any

import dj_database_url
import django
from django.conf import settings

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

WARM_UP = 10


def set_up() -> None:
    """The settings that django-hordak's documentation asks for, and nothing else."""
    database = dj_database_url.parse(os.environ["HORDAK_DATABASE_URL"], conn_max_age=None)
    database["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 5}
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DEFAULT_CURRENCY="EUR",
        HORDAK_CURRENCIES=["EUR"],
        USE_TZ=True,
    )
    django.setup()


def prepare(count: int) -> dict[str, Any]:
    """Its tables, and accounts: wallets of one type, each a tree of its own as ``Account.save`` makes it."""
    from django.core.management import call_command
    from hordak.models import Account, AccountType

    call_command("migrate", interactive=False, verbosity=0)
    began = time.perf_counter()
    Account.objects.bulk_create(
        [
            Account(
                name=f"wallet {number}", type=AccountType.liability, currencies=["EUR"],
                lft=1, rght=2, tree_id=number, level=0,
            )
            for number in range(1, count + 1)
        ],
        batch_size=1_000,
    )  # fmt: skip
    return {"accounts": Account.objects.count(), "seconds": round(time.perf_counter() - began, 1)}


def post(processes: int, seconds: float) -> dict[str, Any]:
    """Transfers per second of all processes together."""
    from django.db import connection
    from hordak.models import Transaction

    before = Transaction.objects.count()
    connection.close()
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    workers = [context.Process(target=work, args=(number, seconds, barrier, results)) for number in range(processes)]
    for worker in workers:
        worker.start()
    rates = [results.get(timeout=seconds + 120) for _ in workers]
    for worker in workers:
        worker.join()
    return {"per_second": sum(rates), "transactions": Transaction.objects.count() - before}


def work(number: int, seconds: float, barrier: Barrier, results: Any) -> None:
    """One process: the documented verb, between accounts that it has read before, until the time is up."""
    set_up()
    from hordak.models import Account
    from moneyed import Money

    luck = random.Random(number)  # noqa: S311  # which accounts pay is no secret
    accounts, cent = list(Account.objects.all()), Money("0.01", "EUR")

    def transfer() -> None:
        payer, payee = luck.sample(accounts, 2)
        payer.transfer_to(payee, cent, description="bench")

    for _ in range(WARM_UP):
        transfer()
    barrier.wait(120)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        transfer()
        count += 1
    results.put(count / (time.perf_counter() - began))


if __name__ == "__main__":
    set_up()
    _step, *_sizes = sys.argv[1:]
    _answer = prepare(int(_sizes[0])) if _step == "prepare" else post(int(_sizes[0]), float(_sizes[1]))
    print(json.dumps(_answer), flush=True)
