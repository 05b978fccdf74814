"""POST /api/v1/transfers/ to trusted payees, beside an endpoint that only authenticates and parses the same body.

Prints JSON lines: the statements of one transfer by name, both rates of each round with the processor time of each
program per request (on a busy machine the truer number), then the result with its bars.
Afterwards the books are checked: acknowledged is present once, every sum is exact.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SENDERS = int(os.environ.get("BENCH_SENDERS", "2000"))
CONNECTIONS = 16
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
FUNDS_MINOR = 40_000
AMOUNTS_MINOR = (5, 10, 25, 50)
RATE_BAR, RATIO_BAR, QUERIES_BAR = 100, 0.2, 9

NAMES = (
    (r"FROM .accounts_apptoken.", "sign-in: token, session, person, PIN"),
    (r"FROM transfers_payee AS payee", "payee, receiver, earlier transfer of this key"),
    (r"FROM ledger_account", "ledger accounts of both"),
    (r"INTO accounts_limit_usage", "limit: take"),
    (r"INTO .?accounts_risk_decision", "risk: decision"),
    (r"INTO transfers_transfer ", "transfer, its move, the payee's counter"),
    (r"INTO .?accounts_activity_item", "activity of both sides"),
    (r"INTO accounts_recorded_event", "event and deliveries"),
    (r"ledger_post\(", "ledger: post"),
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody with money, a trusted payee and a signed-in app."""

    token: str
    payee: str


def main() -> int:
    """The whole benchmark; its exit code."""
    import django

    django.setup()
    from benchmarks._copy import fresh_database, running

    with fresh_database():
        senders = seed()
        queries = statements_of_one(senders[0])
        lines_for = {path: requests(senders, path) for path in ("/bench/parse/", "/api/v1/transfers/")}
        with running() as copy:
            for lines in lines_for.values():
                load(copy, lines, seconds=3)
            rounds = [{path: load(copy, lines) for path, lines in lines_for.items()} for _ in range(ROUNDS)]
        for measured in rounds:
            say(baseline=measured["/bench/parse/"], transfer=measured["/api/v1/transfers/"])
        return judge(rounds, queries)


# --- the people


def seed() -> list[Sender]:
    """Senders in a ring: each trusts the next and has paid them before."""
    from django.db import connection

    from accounts.identity.models import User, handle_skeleton
    from wallet_project.lib import clock, db

    at = clock.now() - timedelta(days=30)
    people = [
        User(
            handle=f"bench{number}",
            handle_skeleton=handle_skeleton(f"bench{number}"),
            shown_name=f"Person {number}",
            password="!" + secrets.token_urlsafe(24),
            date_joined=at,
            verified_at=at,
        )
        for number in range(SENDERS)
    ]
    with db.transaction():
        User.objects.bulk_create(people, batch_size=1000)
        _open_and_fund(people, at)
        payees = _payees(people, at)
        tokens = _tokens(people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")
    return [Sender(token, payee) for token, payee in zip(tokens, payees, strict=True)]


def _open_and_fund(people: list[Any], at: Any) -> None:
    from ledger import services as ledger
    from ledger.chart import platform_account_id
    from ledger.entries import EntryDraft, Leg

    equity = platform_account_id("equity.opening", "EUR")
    for person in people:
        account = ledger.open_account(owner_kind="person", owner_id=person.pk, code="wallet", currency="EUR", at=at)
        legs = (Leg(account.id, FUNDS_MINOR, "EUR"), Leg(equity, -FUNDS_MINOR, "EUR"))
        ledger.post(EntryDraft(person.pk, "opening", "opening", legs, at, "bench"))


def _payees(people: list[Any], at: Any) -> list[str]:
    from accounts.identity.policy import mask_name
    from transfers.payees.models import Payee
    from transfers.payees.policy import public_id
    from wallet_project.lib.crypto import blind_index

    rows = [
        Payee(
            payer=person,
            user=after,
            kind="handle",
            identifier=after.handle,
            identifier_index=blind_index(after.handle, "payee.handle"),
            shown_name=mask_name(after.shown_name),
            trusted_at=at,
            paid_count=1,
            first_paid_at=at,
            last_paid_at=at,
            created_at=at,
        )
        for person, after in zip(people, [*people[1:], people[0]], strict=True)
    ]
    return [public_id(row) for row in Payee.objects.bulk_create(rows, batch_size=1000)]


def _tokens(people: list[Any]) -> list[str]:
    from accounts.devices.models import AppToken, WalletSession
    from accounts.devices.selectors import hashed
    from accounts.mfa.models import PaymentPinDevice
    from wallet_project.lib import clock

    now = clock.now()
    at, until = now - timedelta(days=5), now + timedelta(days=25)
    tokens = [f"wlt_{secrets.token_urlsafe(32)}" for _ in people]
    sessions = [
        WalletSession(
            key_hash=secrets.token_hex(32),
            user=person,
            payload=b"",
            auth_hash=person.get_session_auth_hash(),
            kind="app",
            authenticated_at=at,
            created_at=at,
            last_seen_at=now,
            expires_at=until,
        )
        for person in people
    ]
    WalletSession.objects.bulk_create(sessions, batch_size=1000)
    AppToken.objects.bulk_create(
        [
            AppToken(
                token_hash=hashed(token),
                session=session,
                user=session.user,
                session_key=b"",
                created_at=at,
                expires_at=until,
            )
            for token, session in zip(tokens, sessions, strict=True)
        ],
        batch_size=1000,
    )
    PaymentPinDevice.objects.bulk_create(
        [PaymentPinDevice(user=person, pin_hash="no PIN opens this", set_at=at) for person in people], batch_size=1000
    )
    return tokens


# --- what one transfer asks the database


def statements_of_one(sender: Sender) -> int:
    """Makes one transfer in this process and prints its statements by name; how many there were."""
    from django.db import connection
    from django.test import Client

    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(" ".join(sql.split()))
        return execute(sql, params, many, context)

    body = {"payee": sender.payee, "amount_minor": 1, "currency": "EUR"}
    headers = {"X-Session-Token": sender.token, "Idempotency-Key": "first"}
    with connection.execute_wrapper(note):
        answer = Client().post("/api/v1/transfers/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    say(queries=[_name(sql) for sql in seen], count=len(seen), bar=QUERIES_BAR)
    return len(seen)


def _name(sql: str) -> str:
    return next((name for pattern, name in NAMES if re.search(pattern, sql)), sql[:120])


# --- load


def requests(senders: list[Sender], path: str) -> str:
    """One request per sender, as lines for the client."""
    return "\n".join(
        json.dumps(
            {
                "method": "POST",
                "path": path,
                "headers": {"X-Session-Token": sender.token, "Idempotency-Key": "bench-{n}"},
                "body": {
                    "payee": sender.payee,
                    "amount_minor": AMOUNTS_MINOR[place % len(AMOUNTS_MINOR)],
                    "currency": "EUR",
                    "note": "lunch",
                },
            }
        )
        for place, sender in enumerate(senders)
    )


def load(copy: Any, lines: str, *, seconds: float = SECONDS) -> dict[str, Any]:
    """One run of the client in its own process."""
    before = copy.cpu_seconds()
    command = [sys.executable, "-m", "benchmarks._load", copy.host, str(copy.port), str(CONNECTIONS), str(seconds)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    measured["cpu_ms"] = {
        name: round((seconds - before[name]) * 1000 / measured["requests"], 2)
        for name, seconds in copy.cpu_seconds().items()
    }
    _ACKNOWLEDGED.append((lines, measured["statuses"].get("201", 0)))
    return measured


_ACKNOWLEDGED: list[tuple[str, int]] = []


# --- judgement


def judge(rounds: list[dict[str, Any]], queries: int) -> int:
    """Prints the medians beside their bars, checks the books; 0 when everything holds."""
    transfers = [measured["/api/v1/transfers/"] for measured in rounds]
    rate = statistics.median(measured["rate"] for measured in transfers)
    ratio = statistics.median(
        measured["/api/v1/transfers/"]["rate"] / measured["/bench/parse/"]["rate"] for measured in rounds
    )
    refused = sum(count for measured in transfers for status, count in measured["statuses"].items() if status != "201")
    acknowledged = 1 + sum(count for lines, count in _ACKNOWLEDGED if '"/api/v1/transfers/"' in lines)
    wrong = wrong_books(acknowledged)
    passed = rate >= RATE_BAR and ratio >= RATIO_BAR and queries <= QUERIES_BAR and not refused and not wrong
    say(
        benchmark="api_transfer",
        senders=SENDERS,
        connections=CONNECTIONS,
        rate_per_second=rate,
        rate_bar=RATE_BAR,
        ratio=round(ratio, 3),
        ratio_bar=RATIO_BAR,
        p50_ms=statistics.median(measured["p50_ms"] for measured in transfers),
        p95_ms=statistics.median(measured["p95_ms"] for measured in transfers),
        queries=queries,
        queries_bar=QUERIES_BAR,
        refused=refused,
        acknowledged=acknowledged,
        wrong=wrong,
        passed=passed,
    )
    return 0 if passed else 1


def wrong_books(acknowledged: int) -> list[str]:
    """What does not add up, in words; nothing when every sum is exact."""
    checks = {
        "postings do not add up to zero": "SELECT coalesce(sum(amount), 0) FROM ledger_posting",
        "a balance is not the sum of its postings": (
            "SELECT count(*) FROM ledger_balance b WHERE b.posted <> (SELECT coalesce(sum(p.amount), 0)"
            " FROM ledger_posting p WHERE p.book = b.book AND p.account = b.account AND p.stripe = b.stripe)"
        ),
        "people have more or less than they were given": (
            "SELECT coalesce(sum(b.posted), 0) - count(*) * %(funds)s FROM ledger_account a JOIN ledger_balance b"
            " ON b.book = a.book AND b.account = a.id WHERE a.code = 'wallet'"
        ),
        "acknowledged transfers and rows differ": (
            "SELECT count(*) - %(acknowledged)s FROM transfers_transfer WHERE status = 'COMPLETED'"
        ),
        "transfers and entries differ": (
            "SELECT (SELECT count(*) FROM transfers_transfer)"
            " - (SELECT count(*) FROM ledger_entry WHERE kind = 'transfer')"
        ),
        "amounts of transfers and entries differ": (
            "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM transfers_transfer)"
            " - (SELECT coalesce(sum(p.amount), 0) FROM ledger_posting p"
            " JOIN ledger_entry e ON e.book = p.book AND e.id = p.entry"
            " WHERE e.kind = 'transfer' AND p.amount > 0)"
        ),
        "a side has no activity row": (
            "SELECT 2 * (SELECT count(*) FROM transfers_transfer) - count(*) FROM accounts_activity_item"
        ),
    }
    from django.db import connection

    wrong = []
    with connection.cursor() as cursor:
        for words, sql in checks.items():
            cursor.execute(sql, {"funds": FUNDS_MINOR, "acknowledged": acknowledged})
            (difference,) = cursor.fetchone()
            if difference:
                wrong.append(f"{words}: {difference}")
    return wrong


def say(**values: Any) -> None:
    """One line of JSON."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
