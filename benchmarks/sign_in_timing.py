"""How long a refused sign-in takes for an address that has an account, and for one that has none.

Who could tell them apart by the clock would learn who is a customer. Each try comes from a network address of its own,
so that no limit answers in its place; the two kinds take turns. Prints JSON lines with the medians and their ratio.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import statistics
import sys
import time
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLES = int(os.environ.get("BENCH_SAMPLES", "30"))
WARM_UP = 4
RATIO_BAR = 1.15
KNOWN = {"email": "known@example.com", "phone": "+4915112345678"}
WRONG = "wrong-heron-reads-42"


def main() -> int:
    """The whole benchmark; its exit code."""
    import django

    django.setup()
    logging.disable(logging.INFO)  # only lines of results
    from benchmarks._copy import fresh_database, running
    from tests.factories.people import make_person, now

    with fresh_database():
        make_person("known", email=KNOWN["email"], phone=KNOWN["phone"], phone_verified_at=now())
        with running() as copy:
            door = Door(copy.host, copy.port)
            results = [
                compare("page, e-mail", lambda known, no: door.by_page(address_of("email", known, no))),
                compare("page, phone", lambda known, no: door.by_page(address_of("phone", known, no))),
                compare("app, e-mail", lambda known, no: door.by_app("email", address_of("email", known, no))),
                compare("app, phone", lambda known, no: door.by_app("phone", address_of("phone", known, no))),
            ]
    return 0 if all(results) else 1


def address_of(kind: str, known: bool, number: int) -> str:
    """The customer's, or another one that nobody has."""
    if known:
        return KNOWN[kind]
    return f"nobody{number}@example.com" if kind == "email" else f"+49151{20_000_000 + number}"


class Door:
    """The two ways to sign in. Each try answers its milliseconds and comes from another address of this machine."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._addresses: Iterator[str] = (f"127.8.{n // 250}.{n % 250 + 1}" for n in count())

    def by_page(self, login: str) -> float:
        """The form, with the cookie and the token that its page brought."""
        connection = self._connect()
        connection.request("GET", "/account/login/", headers={"Accept-Language": "en"})
        answer = connection.getresponse()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())
        cookies = "; ".join(line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or [])
        assert token is not None, answer.status
        body = urlencode({"login": login, "password": WRONG, "csrfmiddlewaretoken": token[1]})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"Origin": f"http://{self._host}:{self._port}"}
        return self._timed(connection, "/account/login/", body, headers, expected=(200, 422))

    def by_app(self, kind: str, value: str) -> float:
        """One call of the app."""
        body = json.dumps({kind: value, "password": WRONG})
        headers = {"Content-Type": "application/json"}
        return self._timed(self._connect(), "/_allauth/app/v1/auth/login", body, headers, expected=(400,))

    def _connect(self) -> http.client.HTTPConnection:
        source = (next(self._addresses), 0)
        connection = http.client.HTTPConnection(self._host, self._port, timeout=10, source_address=source)
        connection.connect()
        return connection

    @staticmethod
    def _timed(
        connection: http.client.HTTPConnection,
        path: str,
        body: str,
        headers: dict[str, str],
        *,
        expected: tuple[int, ...],
    ) -> float:
        started = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        took = (time.perf_counter() - started) * 1000
        connection.close()
        assert answer.status in expected, answer.status
        return took


def compare(way: str, attempt: Callable[[bool, int], float]) -> bool:
    """Both kinds in turns; whether their medians are near enough."""
    for number in range(WARM_UP):
        attempt(number % 2 == 0, 9_000 + number)
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(SAMPLES):
        for known in (number % 2 == 0, number % 2 == 1):
            took[known].append(attempt(known, number))
    known_ms, unknown_ms = (statistics.median(took[known]) for known in (True, False))
    ratio = max(known_ms, unknown_ms) / min(known_ms, unknown_ms)
    holds = ratio <= RATIO_BAR
    say(
        benchmark="sign_in_timing",
        way=way,
        samples=SAMPLES,
        known_ms=round(known_ms, 1),
        unknown_ms=round(unknown_ms, 1),
        ratio=round(ratio, 2),
        ratio_bar=RATIO_BAR,
        passed=holds,
    )
    return holds


def say(**values: Any) -> None:
    """One line of JSON."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
