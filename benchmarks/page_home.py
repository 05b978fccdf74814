"""Home and activity, as a person opens them in a browser, while their history grows from ten rows to ten thousand.

Prints JSON lines: the statements of each page by name, its times over HTTP, and whether they stay what they were.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

HISTORIES = tuple(int(size) for size in os.environ.get("BENCH_HISTORIES", "10 100 1000 10000").split())
PAGES = ("/home/", "/activity/")
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
QUERIES_BAR = 8
GROWTH_BAR = 2.0
"""The longest history may take so many times the shortest's median; noise of a busy machine included."""

NAMES = (
    (r"FROM .accounts_walletsession.", "session and person"),
    (r"FROM .accounts_user.", "person"),
    (r"ledger_account", "balances of all wallets"),
    (r"SUM.* FROM .accounts_activity_item.", "money on its way in"),
    (r"FROM .accounts_activity_item.", "newest activity"),
    (r"FROM .accounts_challenge.", "payments that wait"),
    (r"FROM .accounts_paymentpindevice.|FROM .accounts_mfa", "whether there is a PIN"),
    (r"FROM .support_notification.", "unread notices"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a history, signed in."""

    history: int
    cookie: str


def main() -> int:
    """The whole benchmark; its exit code."""
    import django

    django.setup()
    logging.disable(logging.INFO)  # only lines of results
    from benchmarks._copy import fresh_database, running

    with fresh_database():
        readers = [seed(history) for history in HISTORIES]
        queries = {(reader.history, path): statements_of(reader, path) for reader in readers for path in PAGES}
        with running() as copy:
            for reader in readers:
                load(copy, reader, PAGES[0], seconds=1)
            measured = {(reader.history, path): load(copy, reader, path) for path in PAGES for reader in readers}
    return judge(queries, measured)


# --- the people


def seed(history: int) -> Reader:
    """A person with EUR 300.00, so many rows of the last two years, and notices."""
    from django.conf import settings
    from django.db import connection

    from accounts.activity.services import record
    from ledger.money import Money
    from tests.factories.activity import new_item
    from tests.factories.people import give_money, make_person, now
    from tests.factories.sessions import browser
    from wallet_project.lib import db

    user = make_person(f"reader{history}")
    give_money(user, Money(30_000, "EUR"))
    latest = now()
    for start in range(0, history, 1000):
        items = [
            new_item(
                user,
                (-1) ** place * (1_000 + place),
                shown_name=f"Person {place % 40}",
                note=f"lunch {place}",
                occurred_at=latest - timedelta(minutes=100 * place),
            )
            for place in range(start, min(start + 1000, history))
        ]
        with db.transaction():
            record(*items)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_activity_item")
    cookie = browser(user).cookies[settings.SESSION_COOKIE_NAME].value
    return Reader(history, cookie)


# --- what one page asks the database


def statements_of(reader: Reader, path: str) -> int:
    """Opens a page in this process and prints its statements by name; how many there were."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = reader.cookie
    client.get(path)  # fills what a process keeps: templates, the chart of accounts
    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(" ".join(sql.split()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = client.get(path)
    assert answer.status_code == 200, answer
    say(page=path, history=reader.history, queries=[_name(sql) for sql in seen], count=len(seen), bar=QUERIES_BAR)
    return len(seen)


def _name(sql: str) -> str:
    return next((name for pattern, name in NAMES if re.search(pattern, sql)), sql[:120])


# --- over HTTP


def load(copy: Any, reader: Reader, path: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """One person reloading one page, with a client in its own process."""
    from django.conf import settings

    line = {
        "method": "GET",
        "path": path,
        "headers": {"Cookie": f"{settings.SESSION_COOKIE_NAME}={reader.cookie}", "Accept-Language": "en"},
        "body": None,
    }
    command = [sys.executable, "-m", "benchmarks._load", copy.host, str(copy.port), "1", str(seconds)]
    done = subprocess.run(command, input=json.dumps(line), capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    if seconds == SECONDS:
        say(page=path, history=reader.history, **measured)
    return measured


# --- judgement


def judge(queries: dict[tuple[int, str], int], measured: dict[tuple[int, str], dict[str, Any]]) -> int:
    """One line per page, beside its bars; 0 when everything holds."""
    passed = True
    for path in PAGES:
        first, last = (measured[history, path] for history in (min(HISTORIES), max(HISTORIES)))
        most = max(queries[history, path] for history in HISTORIES)
        growth = round(last["p50_ms"] / first["p50_ms"], 2)
        answered = all(set(measured[history, path]["statuses"]) == {"200"} for history in HISTORIES)
        holds = most <= QUERIES_BAR and growth <= GROWTH_BAR and answered
        passed = passed and holds
        say(
            benchmark="page_home",
            page=path,
            queries=most,
            queries_bar=QUERIES_BAR,
            p50_ms=last["p50_ms"],
            p95_ms=last["p95_ms"],
            history=max(HISTORIES),
            growth=growth,
            growth_bar=GROWTH_BAR,
            passed=holds,
        )
    return 0 if passed else 1


def say(**values: Any) -> None:
    """One line of JSON."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
