"""Every address with an id × somebody else: 404, and not one row of the database is another."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.activity.models import ActivityItem
from accounts.activity.presentation import public_id as activity_id
from accounts.devices.models import WalletSession
from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import wallet_of
from ledger.money import Money
from payments.funding.models import TopUp
from payments.funding.services import cancel_top_up
from tests.architecture.walk import Address, addresses
from tests.factories.people import ORIGIN, PIN, give_money, make_person, now
from tests.factories.sessions import app_token, browser
from tests.factories.statements import made as made_statement
from tests.factories.top_ups import wish
from tests.factories.transfers import known_payee, send
from tests.factories.withdrawals import add_account, confirmed, public, requested
from transfers.payees.policy import public_id as payee_id
from transfers.payees.services import ask_to_trust
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

ELSEWHERE = ("/admin/", "/account/", "/_allauth/", "/dev/")
"""The desk and sign-in have no ids of customers in their addresses, or tests of their own."""

NOT_HERE = {
    "legal": "public: terms and privacy notice are everybody's",
    "top_up_return": "public: an app's person comes back without a web session; the page shows nothing of the top-up",
}
BODIES: dict[str, dict[str, Any]] = {
    "api_step_up": {"method": "pin", "code": PIN},
    "api_step_up_send": {"method": "email"},
    "confirm": {"method": "pin", "code": PIN},
    "confirm_send": {"method": "email"},
    "send_amount": {"amount": "1", "currency": "EUR", "note": ""},
    "api_withdrawal_answer": {"text": "Mine."},
    "withdrawal_answer": {"answer": "Mine."},
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REFUSED = {404, 405}


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def theirs(alice: User, bob: User) -> dict[str, list[str]]:
    """What alice has, by the name of the address's parameter."""
    give_money(alice, Money(5_000, "EUR"))
    payee = known_payee(alice, bob)
    waiting = send(alice, payee, 4_000)
    arrived = send(alice, known_payee(alice, make_person("mei"), trusted=True), 500)
    assert waiting.challenge is not None
    assert arrived.challenge is None
    _, trust = ask_to_trust(payer=alice, payee_id=payee.pk, at=now())
    assert trust is not None
    top_up = wish(alice).top_up
    item = ActivityItem.objects.filter(user=alice, subject_kind="transfer").first()
    app_token(alice)
    device = WalletSession.objects.filter(user=alice).get()
    assert item is not None
    web = browser(alice)
    draft = web.post("/send/", {"payee": payee_id(payee)}).headers["Location"].split("/")[2]
    account = add_account(alice)
    wish_out = {"amount": "1", "account": public(account)}
    withdrawal_draft = web.post("/withdraw/", wish_out).headers["Location"].split("/")[2]
    return {
        "statement_id": [made_statement(alice, now().date(), now().date()).public_id],
        "item_id": [activity_id(item)],
        "device": [device.public_id],
        "challenge": [waiting.challenge.public_id, trust.public_id],
        "top_up": [ids.public("top", top_up.pk)],
        "draft_id": [draft],
        "withdrawal_draft": [withdrawal_draft],
        "account_id": [public(account)],
        "withdrawal_id": [public(requested(alice, account, 200)), public(confirmed(alice, account, 100))],
        "transfer_id": [ids.public("trf", waiting.transfer.pk), ids.public("trf", arrived.transfer.pk)],
        "payee_id": [payee_id(payee)],
    }


def with_an_id() -> list[Address]:
    return [
        address
        for address in addresses()
        if "<" in address.route and "(?P" not in address.route and not address.route.startswith(ELSEWHERE)
    ]


def filled(route: str, theirs: Mapping[str, list[str]]) -> list[str]:
    """The address with each of alice's ids in it. A parameter this file does not know fails: give it a row."""
    (name,) = re.findall(r"<(?:\w+:)?(\w+)>", route)
    return [re.sub(r"<[^>]+>", value, route) for value in theirs[name]]


def every_row() -> dict[str, str]:
    """A fingerprint per table; of sessions only which there are, because being seen changes them."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            what = "t.id::text" if table == "accounts_walletsession" else "t::text"
            cursor.execute(f'SELECT {what} FROM "{table}" t ORDER BY 1')  # names from the catalogue
            found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


def test_somebody_elses_id_is_nobodys(mallory: User, theirs: dict[str, list[str]]) -> None:
    web, token = browser(mallory), app_token(mallory)
    before = every_row()
    wrong = []
    for address in with_an_id():
        if address.name in NOT_HERE:
            continue
        for path in filled(address.route, theirs):
            for method in METHODS:
                status = call(web, token, method, path, BODIES.get(address.name, {}))
                if status not in REFUSED:
                    wrong.append((method, path, status))
    assert wrong == []
    assert every_row() == before


def test_the_same_ids_let_their_owner_in(alice: User, theirs: dict[str, list[str]]) -> None:
    """Else the matrix above would prove nothing."""
    web, token = browser(alice), app_token(alice)
    readable = {"activity_item", "confirm", "top_up", "transfer", "transfer_cancel", "top_up_state"}
    readable |= {"bank_account", "bank_account_remove"}
    readable |= {"withdrawal", "withdrawal_cancel", "withdrawal_state", "api_bank_account", "api_withdrawal"}
    readable |= {"api_step_up", "api_activity_item", "api_top_up", "api_transfer"}
    readable |= {"statement", "statement_download", "api_statement"}
    tried = [address for address in with_an_id() if address.name in readable]
    assert {address.name for address in tried} == readable
    for address in tried:
        for path in filled(address.route, theirs):
            assert call(web, token, "GET", path, {}) in (200, 302), path


def test_a_malformed_id_is_nobodys(mallory: User) -> None:
    """Other spellings of an id, bytes no id has, and ids of another kind: never an error, never a row."""
    web, token = browser(mallory), app_token(mallory)
    odd = (
        "x",
        "%00",
        "a%00b",
        "%F0%9F%98%80",
        "%ED%A0%80",
        "trf_" + "a" * 26,
        "TRF_" + "a" * 26,
        "chl_" + "%EF%BD%81" * 26,
    )
    before = every_row()
    for address in with_an_id():
        for text in odd:
            path = re.sub(r"<[^>]+>", text, address.route)
            for method in ("GET", "POST"):
                assert call(web, token, method, path, BODIES.get(address.name, {})) in REFUSED, (method, path)
    assert every_row() == before


def test_ids_in_bodies_and_queries_are_nobodys_either(mallory: User, alice: User, theirs: dict[str, list[str]]) -> None:
    token, web = app_token(mallory), browser(mallory)
    give_money(mallory, Money(5_000, "EUR"))
    (payee,) = theirs["payee_id"]
    wallet = wallet_of(alice, "EUR")
    assert wallet is not None
    before = every_row()
    sent = {"payee": payee, "amount_minor": 100, "currency": "EUR"}
    assert call(web, token, "POST", "/api/v1/transfers/", sent) == 404
    assert call(web, token, "POST", "/api/v1/payees/", {"payee": payee}) == 404
    asked = {"wallet": ids.public("wal", wallet.public_id), "from": "2026-01-01", "to": "2026-01-31", "format": "csv"}
    assert call(web, token, "POST", "/api/v1/statements/", asked) == 404
    assert call(web, token, "GET", f"/api/v1/activity/?wallet={ids.public('wal', wallet.public_id)}", {}) == 404
    assert call(web, token, "POST", "/send/", {"payee": payee}) == 404
    assert every_row() == before


def test_the_public_way_back_shows_nothing_of_a_top_up(mallory: User, alice: User) -> None:
    """Settled already, so that nobody has to be asked: a stranger sees the same page whatever became of it."""
    top_up = wish(alice, 4_321).top_up
    cancel_top_up(top_up_id=top_up.pk, user=alice, at=now())
    assert TopUp.objects.get(pk=top_up.pk).status == "CANCELLED"
    answer = browser(mallory).get(f"/top-ups/{ids.public('top', top_up.pk)}/return/")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert not any(private in shown for private in ("43.21", "CANCELLED", "Cancelled", "alice"))


def test_an_answered_challenge_of_another_purpose_moves_no_money(alice: User, theirs: dict[str, list[str]]) -> None:
    """Trusting bob confirms that alone: the payment that waits beside it goes on waiting."""
    waiting, trust = theirs["challenge"]
    stepup.answer(challenge_id=ids.parse("chl", trust), user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
    transfer = ids.parse("trf", theirs["transfer_id"][0])
    still = open_challenge_of(transfer)
    assert still is not None
    assert (still.public_id, still.state) == (waiting, "OPEN")


def call(web: Client, token: str, method: str, path: str, body: Mapping[str, Any]) -> int:
    if path.startswith("/api/"):
        headers = {"X-Session-Token": token, "Idempotency-Key": uuid4().hex}
        sent = None if method in ("GET", "HEAD") else dict(body)
        return (
            Client()
            .generic(
                method, path, "" if sent is None else json.dumps(sent), content_type="application/json", headers=headers
            )
            .status_code
        )
    if method == "POST":
        return web.post(path, dict(body)).status_code
    return web.generic(method, path).status_code
