"""django-hordak's side of ledger_hordak, run by its own virtual environment: it knows nothing of this project.

    python _hordak_run.py prepare ACCOUNTS
    python _hordak_run.py post PROCESSES SECONDS
    python _hordak_run.py post_within_funds PROCESSES SECONDS

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
FLOOR = -1_000_000
"""Deep enough that nobody is refused: the look at the balance is what costs."""


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


def post(processes: int, seconds: float, *, within_funds: bool) -> dict[str, Any]:
    """Transfers per second of all processes together."""
    from django.db import connection
    from hordak.models import Transaction

    before = Transaction.objects.count()
    connection.close()
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=work, args=(number, seconds, within_funds, barrier, results))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    rates = [results.get(timeout=seconds + 120) for _ in workers]
    for worker in workers:
        worker.join()
    return {"per_second": sum(rates), "transactions": Transaction.objects.count() - before}


def work(number: int, seconds: float, within_funds: bool, barrier: Barrier, results: Any) -> None:
    """One process: transfers between two accounts known by their ids, as ours are, until the time is up."""
    set_up()
    from hordak.models import Account

    luck = random.Random(number)  # noqa: S311  # which accounts pay is no secret
    ids = list(Account.objects.values_list("pk", flat=True))
    transfer = transfer_within_funds if within_funds else plain_transfer
    for _ in range(WARM_UP):
        transfer(*luck.sample(ids, 2))
    barrier.wait(120)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        transfer(*luck.sample(ids, 2))
        count += 1
    results.put(count / (time.perf_counter() - began))


def plain_transfer(payer: int, payee: int) -> None:
    """The documented verb. Of two liabilities, the one that is called grows and the one that is named shrinks."""
    from hordak.models import Account
    from moneyed import Money

    accounts = Account.objects.in_bulk((payer, payee))
    accounts[payee].transfer_to(accounts[payer], Money("0.01", "EUR"), description="bench")


def transfer_within_funds(payer: int, payee: int) -> None:
    """The same, where nobody may spend what is not there: the payer is locked and their balance asked for first."""
    from django.db import transaction
    from hordak.models import Account
    from moneyed import Money

    amount = Money("0.01", "EUR")
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=payer)
        accounts = Account.objects.with_balances().in_bulk((payer, payee))
        if accounts[payer].balance["EUR"].amount - amount.amount < FLOOR:
            raise SystemExit("nobody is refused in this benchmark")
        accounts[payee].transfer_to(accounts[payer], amount, description="bench")


if __name__ == "__main__":
    set_up()
    _step, *_sizes = sys.argv[1:]
    if _step == "prepare":
        _answer = prepare(int(_sizes[0]))
    else:
        _answer = post(int(_sizes[0]), float(_sizes[1]), within_funds=_step == "post_within_funds")
    print(json.dumps(_answer), flush=True)
