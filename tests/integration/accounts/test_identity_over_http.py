"""The same through a real server and a real worker: what a phone does, and what reaches the outbox."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests

from tests.integration.accounts.app import CODE, PASSWORD

if TYPE_CHECKING:
    from tests.servers import WalletServer

AUTH = "/_allauth/app/v1/auth"
SECONDS_MAX = 20


def post(server: WalletServer, path: str, body: dict[str, Any], token: str = "") -> requests.Response:
    headers = {"X-Session-Token": token} if token else {}
    return requests.post(f"{server.url}{path}", json=body, headers=headers, timeout=30)


def code_from_outbox(server: WalletServer, to: str) -> str:
    """Polls the development outbox until the worker has sent the code."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        sent = requests.get(f"{server.url}/dev/outbox.json", params={"to": to}, timeout=10).json()
        if sent:
            assert CODE.findall(sent[0]["text"]) == [CODE.search(sent[0]["text"]).group()]
            return str(CODE.search(sent[0]["text"]).group())
    raise AssertionError(f"no message to {to} within {SECONDS_MAX} s")


@pytest.mark.slow
class TestOverHttp:
    @pytest.mark.parametrize("kind", ["email", "phone"])
    def test_sign_up_verify_and_read(self, wallet_server: WalletServer, kind: str) -> None:
        to = f"{uuid4().hex}@example.com" if kind == "email" else f"+4915{uuid4().int % 10**9:09}"
        started = post(wallet_server, f"{AUTH}/signup", {kind: to, "password": PASSWORD})
        assert started.status_code == 401
        first = started.json()["meta"]["session_token"]
        field = {"email": "key", "phone": "code"}[kind]
        verified = post(wallet_server, f"{AUTH}/{kind}/verify", {field: code_from_outbox(wallet_server, to)}, first)
        assert verified.status_code == 200
        token = verified.json()["meta"]["session_token"]
        assert token.startswith("wlt_")
        assert token != first
        for path in ("me/", "me/profile/", "me/devices/", "wallets/"):
            answer = requests.get(f"{wallet_server.url}/api/v1/{path}", headers={"X-Session-Token": token}, timeout=10)
            assert answer.status_code == 200, path
        assert answer.json()["results"][0]["currency"] == "EUR"

    def test_of_forty_wrong_codes_at_once_at_most_five_are_compared(self, wallet_server: WalletServer) -> None:
        to = f"{uuid4().hex}@example.com"
        token = post(wallet_server, f"{AUTH}/signup", {"email": to, "password": PASSWORD}).json()["meta"][
            "session_token"
        ]
        with ThreadPoolExecutor(40) as pool:
            guesses = [
                pool.submit(post, wallet_server, f"{AUTH}/email/verify", {"key": "BBBB-BBBB"}, token) for _ in range(40)
            ]
            statuses = [guess.result().status_code for guess in guesses]
        assert statuses.count(400) <= 5
        assert statuses.count(429) >= 35

    def test_neither_codes_nor_addresses_are_in_the_logs(self, wallet_server: WalletServer) -> None:
        to = f"{uuid4().hex}@example.com"
        post(wallet_server, f"{AUTH}/signup", {"email": to, "password": PASSWORD})
        code = code_from_outbox(wallet_server, to)
        said = wallet_server.log("web") + wallet_server.log("worker")
        assert code not in said
        assert to not in said
        assert PASSWORD not in said
        assert not re.search(r"wlt_[A-Za-z0-9_-]{20}", said)
