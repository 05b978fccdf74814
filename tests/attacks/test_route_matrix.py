"""Every route × who must not get through: an ended session, a frozen person, staff without a second factor.

Strangers are walked in tests/architecture/test_addresses.py, other people in tests/attacks/test_mallory_matrix.py.
"""

from __future__ import annotations

import os
import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from accounts.devices.models import AppToken, WalletSession
from payments.banking.models import BankAccount, Withdrawal
from payments.funding.models import TopUp
from tests.architecture.test_addresses import PUBLIC, PUBLIC_PREFIXES, SAMPLE
from tests.architecture.walk import Address, addresses
from tests.attacks.test_mallory_matrix import (
    BODIES,
    METHODS,
    call,
    every_row,
    filled,
    theirs,  # noqa: F401  # a fixture, asked for by its name
)
from tests.factories.people import PIN, make_staff, now
from tests.factories.sessions import app_token, browser
from tests.factories.withdrawals import IBAN, freeze
from transfers.p2p.models import Transfer
from transfers.payees.models import Payee

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

MONEY_BODIES: dict[str, dict[str, Any]] = BODIES | {
    "api_transfers": {"payee": "", "amount_minor": 100, "currency": "EUR"},
    "api_top_ups": {"amount_minor": 2_500, "currency": "EUR", "method": "card"},
    "api_withdrawals": {"bank_account": "", "amount_minor": 100, "currency": "EUR"},
    "api_bank_accounts": {"iban": IBAN, "holder_name": "Alice Example", "currency": "EUR"},
    "api_payees": {"identifier": "bob"},
    "api_pin": {"pin": "739155", "current_pin": PIN},
    "add_money": {"amount": "25", "currency": "EUR", "method": "card"},
    "withdraw": {"amount": "1"},
    "send": {"identifier": "bob"},
}
KEPT_OUT = {"accounts_walletsession", "accounts_apptoken"}
"""What an ended session may change: the row of the session itself goes."""


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def sampled(every: list[Address], salt: str) -> list[Address]:
    """All of them in a full run; else a third, drawn by the run's seed, so that a week of runs meets each."""
    if os.environ.get("WALLET_TEST_FULL") == "1":
        return every
    drawn = random.Random(os.environ.get("WALLET_TEST_SEED", "0") + salt)
    return drawn.sample(every, len(every) // 3)


def closed() -> list[Address]:
    """Every address behind the sign-in of customers, pages and endpoints."""
    return [
        address
        for address in addresses()
        if address.name not in PUBLIC
        and "(?P" not in address.route
        and not address.route.startswith((*PUBLIC_PREFIXES, "/admin/"))
    ]


def changed(before: dict[str, str]) -> set[str]:
    return {table for table, rows in every_row().items() if rows != before[table]} - KEPT_OUT


class TestAnEndedSession:
    """Over, signed out, or of somebody whose password changed: the route answers as to a stranger."""

    @pytest.mark.parametrize("how", ["over", "deleted", "password"])
    def test_opens_nothing(self, how: str, alice: User, request: pytest.FixtureRequest) -> None:
        owned, wrong = request.getfixturevalue("theirs"), []
        web, token = browser(alice), app_token(alice)
        cookie, mine = web.cookies["sessionid"].value, WalletSession.objects.filter(user=alice)
        if how == "over":
            mine.update(expires_at=now() - timedelta(seconds=1))
        elif how == "deleted":
            mine.delete()
        else:
            alice.set_password("another-otter-swims-77")
            alice.save(update_fields=["password"])
        assert mine.exists() == (how != "deleted")
        before = every_row()
        for address in sampled(closed(), how):
            for path in filled(address.route, owned) if "<" in address.route else [address.route]:
                for method in METHODS:
                    web.cookies["sessionid"] = cookie
                    status = call(web, token, method, path, MONEY_BODIES.get(address.name, {}))
                    expected = {401} if path.startswith("/api/") else {302, 405}
                    if status not in expected:
                        wrong.append((method, path, status))
        assert wrong == []
        assert changed(before) == set()


class TestStaffWithoutASecondFactor:
    def test_are_sent_to_get_one_wherever_they_go_on_the_desk(self) -> None:
        client, wrong = browser(make_staff("dave", is_superuser=True)), []
        before = every_row()
        for address in addresses():
            if not address.route.startswith("/admin/") or address.name in {"logout", "login"}:
                continue
            path = re.sub(r"\(\?P.*", "anything/", re.sub(r"<[^>]+>", SAMPLE, address.route))
            for method in ("GET", "POST"):
                answer = client.generic(method, path)
                leads = answer.headers.get("Location", "")
                if not ((answer.status_code == 302 and "/admin/login/" in leads) or answer.status_code in {403, 404}):
                    wrong.append((method, path, answer.status_code, leads))
        assert wrong == []
        assert changed(before) == set()
        assert "/account/2fa/totp/activate/" in client.get("/admin/login/").headers["Location"]


class TestAFrozenPerson:
    READS = {"GET", "HEAD"}
    MAY = {
        "settings": "their own settings",
        "sign_out_others": "ends sessions",
        "confirm": "the room refuses what they sent before; the challenge alone notes the answer",
        "confirm_renew": "another challenge for what is refused in the end",
        "api_step_up_renew": "the same in the app",
        "api_step_up": "the same in the app",
        "api_step_up_cancel": "takes back what has not left",
        "api_transfer_cancel": "takes back what has not left",
        "api_withdrawal_cancel": "takes back what has not left",
        "api_top_up_cancel": "stops what was not paid",
        "api_bank_account": "takes away, gives nothing",
        "api_payees": "looks somebody up",
        "api_profile": "their own settings",
        "privacy": "their own settings",
        "welcome": "their own settings",
        "api_consents": "says what they agree to",
        "privacy_copy_file": "everybody may ask for their own data (GDPR art. 15)",
        "confirm_send": "a code for what is refused in the end",
        "api_step_up_send": "a code for what is refused in the end",
        "api_device": "ends sessions",
        "api_devices": "ends sessions",
        "sign_out_device": "ends sessions",
        "notifications": "marks as read",
        "api_payee_resolve": "looks somebody up",
        "statements": "a statement of their own",
        "api_statements": "a statement of their own",
        "withdrawal_answer": "answers a question of staff",
        "api_withdrawal_answer": "answers a question of staff",
        "privacy_copy": "everybody may ask for their own data (GDPR art. 15)",
        "confirm_cancel": "takes back what has not left",
        "transfer_cancel": "takes back what has not left",
        "withdrawal_cancel": "takes back what has not left",
        "top_up_cancel": "stops what was not paid",
        "bank_account_remove": "takes away, gives nothing",
        "api_payee": "takes away, gives nothing",
        "send": "looks somebody up",
    }
    NEVER = {
        "account_emailaddress", "accounts_paymentpindevice", "accounts_pendingpin", "ledger_entry", "ledger_posting",
        "mfa_authenticator",
    }  # fmt: skip

    def test_reads_everything_and_moves_nothing(self, alice: User, request: pytest.FixtureRequest) -> None:
        owned = request.getfixturevalue("theirs")
        freeze(alice)
        began = now()
        alice.refresh_from_db()
        assert not AppToken.objects.filter(user=alice).exists()
        wrong, moved, opened = [], {}, 0
        for address in sampled(closed(), "frozen"):
            for path in filled(address.route, owned) if "<" in address.route else [address.route]:
                web, token = browser(alice), app_token(alice)
                before = every_row()
                for method in METHODS:
                    status = call(web, token, method, path, MONEY_BODIES.get(address.name, {}))
                    opened += method == "GET" and status == 200
                    if status >= 500 or (status == 401 and method in self.READS):
                        wrong.append((method, path, status))
                    if method not in self.READS and (tables := changed(before)):
                        moved[f"{method} {address.name} {status}"] = tables
                        before = every_row()
        assert wrong == []
        assert {name.split()[1] for name in moved} <= set(self.MAY)
        assert {table for tables in moved.values() for table in tables} & self.NEVER == set()
        assert opened > 10
        assert not Payee.objects.filter(payer=alice, hidden_at=None, trusted_at__gte=began).exists()
        assert not Transfer.objects.filter(sender=alice, completed_at__gte=began).exists()
        assert not Withdrawal.objects.filter(user=alice, created_at__gte=began).exists()
        assert not BankAccount.objects.filter(user=alice, added_at__gte=began).exists()
        assert not TopUp.objects.filter(user=alice, created_at__gte=began).exists()
