"""The desk's queue of withdrawals as an officer opens it, with a hundred thousand withdrawals in the database.

Prints JSON lines: the statements of each part of the queue by name, how long each takes, and the case behind it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test import Client

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
IN_REVIEW = int(os.environ.get("BENCH_IN_REVIEW", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
QUERIES_BAR = 10
CASE_QUERIES_BAR = 20
MEDIAN_MS_BAR = 500
"""A quiet machine needs 50 to 90; noise of a busy one included."""

NAMES = (
    (r"accounts_walletsession", "session and officer"),
    (r"FROM .accounts_user. WHERE", "officer"),
    (r"mfa_authenticator|accounts_authenticatordevice", "second factor"),
    (r"auth_permission|auth_group", "permissions and role"),
    (r"COUNT.*payments_withdrawal", "how many in each part"),
    (r"payments_withdrawalcondition", "what was found"),
    (r"payments_withdrawal", "the page of withdrawals"),
)


def main() -> int:
    """The whole benchmark; its exit code."""
    import django

    django.setup()
    logging.disable(logging.INFO)  # only lines of results
    from benchmarks._copy import fresh_database

    with fresh_database():
        client = seed()
        return judge(client)


# --- the rows


def seed() -> Client:
    """One customer with an account, one real withdrawal in review, and copies of it in every state."""
    from ledger.money import Money
    from tests.factories.people import give_money, make_person
    from tests.factories.staff import desk, make_officer
    from tests.factories.withdrawals import add_account, confirmed

    user = make_person("customer")
    give_money(user, Money(600_000, "EUR"))
    row = confirmed(user, add_account(user), 60_000)
    _multiply(str(row.pk))
    return desk(make_officer("erin", "compliance"))


def _multiply(first: str) -> None:
    """As the owner and with the triggers off: a hundred thousand lives of withdrawals are not what is measured."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE payments_withdrawal DISABLE TRIGGER USER")
        cursor.execute(
            """
            WITH numbered AS (
                SELECT n, lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 10 * n), 12, '0')
                          || '7000800' || lpad(to_hex(n), 13, '0') AS hex
                FROM generate_series(1, %s) AS n
            )
            INSERT INTO payments_withdrawal
            SELECT (jsonb_populate_record(model, jsonb_build_object(
                'id', hex::uuid,
                'idempotency_key', 'copy-' || n,
                'end_to_end_id', 'copy' || n,
                'auto_approved', n %% 50 = 0 AND n > %s,
                'status', CASE WHEN n <= %s THEN 'UNDER_REVIEW' WHEN n %% 50 = 0 THEN 'SENT' ELSE 'CANCELLED' END,
                'created_at', model.created_at - n * interval '10 ms'
            ))).* FROM payments_withdrawal AS model, numbered WHERE model.id = %s
            """,
            [ROWS, IN_REVIEW, IN_REVIEW, first],
        )
        cursor.execute(
            """
            INSERT INTO payments_withdrawalcondition
                (id, withdrawal_id, screening_no, code, passed, details, checked_at)
            SELECT gen_random_uuid(), w.id, c.screening_no, c.code, c.passed, c.details, c.checked_at
            FROM payments_withdrawal w, payments_withdrawalcondition c
            WHERE c.withdrawal_id = %s AND w.id <> %s AND w.status IN ('UNDER_REVIEW', 'SENT')
            """,
            [first, first],
        )
        cursor.execute("ALTER TABLE payments_withdrawal ENABLE TRIGGER USER")
        cursor.execute("ANALYZE payments_withdrawal, payments_withdrawalcondition")


# --- what a page costs


def judge(client: Client) -> int:
    """One line per page, beside its bars; 0 when everything holds."""
    from payments.banking.models import Withdrawal

    queue = "/admin/payments/withdrawal/"
    newest = Withdrawal.objects.filter(status="UNDER_REVIEW").order_by("-pk").values_list("pk", flat=True)[0]
    middle = re.search(r"after=(wdr_\w+)", client.get(queue).content.decode())
    assert middle is not None, "a queue of one page measures nothing"
    pages = {
        "to decide": (queue, QUERIES_BAR),
        "to decide, next page": (f"{queue}?after={middle[1]}", QUERIES_BAR),
        "mine": (f"{queue}?owner=mine", QUERIES_BAR),
        "unclaimed": (f"{queue}?owner=free", QUERIES_BAR),
        "with the bank": (f"{queue}?tab=bank", QUERIES_BAR),
        "ended": (f"{queue}?tab=ended", QUERIES_BAR),
        "one case": (f"{queue}{newest}/change/", CASE_QUERIES_BAR),
    }
    passed = [_measured(client, name, path, bar) for name, (path, bar) in pages.items()]
    return 0 if all(passed) else 1


def _measured(client: Client, name: str, path: str, bar: int) -> bool:
    from django.db import connection

    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(" ".join(sql.split()))
        return execute(sql, params, many, context)

    times = []
    for _ in range(ROUNDS):
        seen.clear()
        started = time.perf_counter()
        with connection.execute_wrapper(note):
            answer = client.get(path)
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer
    median = round(statistics.median(times), 1)
    passed = len(seen) <= bar and median <= MEDIAN_MS_BAR
    say(
        benchmark="page_queue",
        page=name,
        rows=ROWS,
        queries=len(seen),
        queries_bar=bar,
        p50_ms=median,
        p50_ms_bar=MEDIAN_MS_BAR,
        statements=[_name(sql) for sql in seen] if bar == QUERIES_BAR else len(seen),
        passed=passed,
    )
    return passed


def _name(sql: str) -> str:
    return next((name for pattern, name in NAMES if re.search(pattern, sql)), sql[:120])


def say(**values: Any) -> None:
    """One line of JSON."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
