"""The mock bank as tests use it: a real process, spoken to over HTTP, its clock in the test's hands."""

import subprocess
import sys
import threading
from typing import Any, Self

import requests

from wallet_project.local import bank, places
from wallet_project.local.places import ROOT

TIMEOUT_SECONDS = 30
MONDAY = "2026-11-23T09:00"
ELSEWHERE_IBAN, ELSEWHERE_BIC = "DE89370400440532013000", "COBADEFFXXX"
"""An account at another bank: the mock bank pays it without asking."""
CLOSED_IBAN = "NL84MOCK0000000003"
"""INITECH's: closed, AC04."""
BAD_BANK_IBAN = "NL57MOCK0000000004"
"""EURODIS's: its bank cannot be found, RC01."""


class Bank:
    """A running mock bank with our account; forgets everything when it ends."""

    def __init__(self, clock: str = MONDAY) -> None:
        self.clock = clock
        self.http = requests.Session()
        self.http.trust_env = False
        self.url = ""

    def __enter__(self) -> Self:
        port = places.free_port()
        command = [sys.executable, "-m", "mockbank", "--port", str(port), "--clock", self.clock]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        ready = self.process.stderr.readline() if self.process.stderr else ""
        assert " listening on http://" in ready, ready or "the bank ended without a word"
        self.url = f"http://127.0.0.1:{port}"
        self.drain()
        bank.open_account(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(TIMEOUT_SECONDS)
        self.http.close()
        if self.process.stderr:
            self.process.stderr.close()

    def drain(self) -> None:
        """Nobody reads what it says from here on; a full pipe would stop it."""
        stream = self.process.stderr
        assert stream is not None
        threading.Thread(target=stream.read, daemon=True).start()

    def renew(self) -> None:
        """A new bank in the same process: accounts, clock and mailbox as at the start."""
        self.post("/_mock/reset")
        bank.open_account(self.url)

    def get(self, path: str) -> Any:
        """What the bank answers."""
        answer = self.http.get(f"{self.url}{path}", timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, values: dict[str, Any] | None = None) -> Any:
        """An order to the bank, which must not refuse it."""
        answer = self.http.post(f"{self.url}{path}", json=values, timeout=TIMEOUT_SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def change(self, account: str = bank.ACCOUNT["id"], **values: Any) -> None:
        """Changes an account: behaviour, parameters, balance, closed."""
        answer = self.http.patch(f"{self.url}/_mock/accounts/{account}", json=values, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text

    def behave(self, behaviour: str, account: str = bank.ACCOUNT["id"], **parameters: Any) -> None:
        """How the bank treats an account from now on."""
        self.change(account, behaviour=behaviour, parameters=parameters)

    def advance(self, days: int = 1) -> None:
        """Moves the bank's clock: books, notices, statements and returns follow."""
        self.post(f"/_mock/advance?days={days}")

    def balance(self) -> int:
        """What is on our account, in minor units."""
        return int(self.get(f"/_mock/accounts/{bank.ACCOUNT['id']}")["balance"])

    def payments(self, end_to_end_id: str) -> list[dict[str, Any]]:
        """Every payment the bank ever decided on under this id."""
        return [row for row in self.get("/_mock/payments") if row["end_to_end_id"] == end_to_end_id]

    def files(self) -> int:
        """How many payment files the bank has been handed."""
        return len(self.get("/_mock/requests?path=/payments"))
