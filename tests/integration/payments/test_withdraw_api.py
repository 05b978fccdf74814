"""Bank accounts and withdrawals through the API: statuses, shapes, idempotency, refusals, others' ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from ledger.money import Money
from payments.banking.api.serializers import BankAccountShape, TermsShape, WithdrawalRow, WithdrawalShape
from payments.banking.models import BankAccount, Withdrawal
from tests.factories.people import PIN, available_minor, give_money
from tests.factories.sessions import app_token
from tests.factories.staff import make_officer
from tests.factories.withdrawals import (
    IBAN,
    OTHER_IBAN,
    NothingMoved,
    add_account,
    ask,
    confirmed,
    freeze,
    public,
    reject,
    requested,
    returned,
    sent,
    settled,
)

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User


@pytest.fixture(autouse=True)
def _fresh_limits(settings: SettingsWrapper) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


class Api:
    """One person's app."""

    def __init__(self, user: User) -> None:
        self.headers = {"X-Session-Token": app_token(user)}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return Client().generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=self.headers | headers,
        )

    def withdraw(self, account: BankAccount, minor: Any, *, key: str | None = None, **fields: Any) -> Any:
        body = {"bank_account": public(account), "amount_minor": minor, "currency": "EUR"} | fields
        return self.call("POST", "withdrawals/", body, **{"Idempotency-Key": key or uuid4().hex})

    def pin(self, body: dict[str, Any]) -> Any:
        challenge = body["next_action"]["challenge"]
        return self.call("POST", f"step-up/{challenge}/", {"method": "pin", "code": PIN})


@pytest.fixture
def app(alice: User) -> Api:
    return Api(alice)


@pytest.fixture
def erin(db: None) -> User:
    """An officer with the role's permissions."""
    return make_officer("erin", "compliance")


@pytest.fixture
def account(alice: User) -> BankAccount:
    return add_account(alice)


class TestBankAccounts:
    def test_adds_lists_reads_and_removes(self, app: Api, alice: User) -> None:
        asked = {"iban": "DE89 3704 0044 0532 0130 00", "holder_name": "Alice Example"}
        made = app.call("POST", "bank-accounts/", asked)
        body = made.json()
        assert made.status_code == 202
        assert set(body) == set(BankAccountShape().fields)
        assert body | {"id": "", "added_at": "", "next_action": ""} == {
            "id": "",
            "status": "AWAITING_STEP_UP",
            "currency": "EUR",
            "shown_iban": "DE•• •••• 3000",
            "country": "DE",
            "bic": "COBADEFFXXX",
            "bank_name": "Commerzbank",
            "holder_name": "Alice Example",
            "added_at": "",
            "cool_off_until": None,
            "next_action": "",
        }
        assert body["next_action"]["methods"] == ["pin"]
        waiting = app.call("GET", f"bank-accounts/{body['id']}/").json()
        assert waiting == body
        confirmed = app.pin(body)
        assert (confirmed.status_code, confirmed.json()["status"]) == (200, "ACTIVE")
        assert confirmed.json()["cool_off_until"]
        listed = app.call("GET", "bank-accounts/").json()
        assert [(row["id"], row["next_action"]) for row in listed["results"]] == [(body["id"], None)]
        assert IBAN not in json.dumps(listed)
        assert app.call("DELETE", f"bank-accounts/{body['id']}/").status_code == 204
        assert app.call("GET", "bank-accounts/").json() == {"results": [], "next": None}

    @pytest.mark.parametrize(
        ("fields", "status", "code", "field"),
        [
            ({"iban": "DE98370400440532013000"}, 400, "iban_invalid", "iban_checksum"),
            ({"iban": "DE8937040044053201300"}, 400, "iban_invalid", "iban_length"),
            ({"iban": "ZZ89370400440532013000"}, 400, "iban_invalid", "iban_country"),
            ({"iban": "DE8937040044053201300!"}, 400, "iban_invalid", "iban_characters"),
            ({"iban": ""}, 400, "invalid", "blank"),
            ({"iban": 89}, 400, "invalid", "invalid"),
            ({"iban": None}, 400, "invalid", "null"),
            ({"iban": "DE\x0089"}, 400, "invalid", "null_characters_not_allowed"),
            ({"iban": "\ud800"}, 400, "invalid", ""),
            ({"iban": "1" * 65}, 400, "invalid", "max_length"),
            ({"iban": "BR1800360305000010009795493C1"}, 400, "iban_invalid", "iban_not_reached"),
            ({"bic": "COBA"}, 400, "bic_invalid", "bic_shape"),
            ({"bic": "BNPAFRPP"}, 400, "bic_invalid", "bic_other_bank"),
            ({"holder_name": "123"}, 400, "holder_name_invalid", "holder_name_invalid"),
            ({"holder_name": ""}, 400, "invalid", "blank"),
            ({"holder_name": "A" * 71}, 400, "invalid", "max_length"),
            ({"currency": "USD"}, 422, "currency_mismatch", ""),
            ({"user": "x"}, 400, "unknown_field", "unknown_field"),
            ({"status": "ACTIVE"}, 400, "unknown_field", "unknown_field"),
        ],
    )
    def test_refuses(self, app: Api, fields: dict[str, Any], status: int, code: str, field: str) -> None:
        asked = {"iban": IBAN, "holder_name": "Alice Example"} | fields
        response = app.call("POST", "bank-accounts/", asked)
        body = response.json()
        assert (response.status_code, body["code"], body["money_moved"]) == (status, code, False)
        assert [error["code"] for error in body["errors"]] == ([field] if field else [])
        assert body["detail"]
        assert body["next_step"]
        assert BankAccount.objects.count() == 0

    def test_refuses_a_second_one_with_the_same_iban(self, app: Api, account: BankAccount) -> None:
        response = app.call("POST", "bank-accounts/", {"iban": IBAN, "holder_name": "Alice Example"})
        assert (response.status_code, response.json()["code"]) == (409, "bank_account_exists")

    def test_asks_for_a_pin_where_none_is_set(self, mallory: User) -> None:
        response = Api(mallory).call("POST", "bank-accounts/", {"iban": IBAN, "holder_name": "Mallory Example"})
        assert (response.status_code, response.json()["code"]) == (403, "pin_required")

    def test_is_404_for_others(self, account: BankAccount, mallory: User) -> None:
        stranger = Api(mallory)
        for method in ("GET", "DELETE"):
            assert stranger.call(method, f"bank-accounts/{public(account)}/").status_code == 404
        account.refresh_from_db()
        assert account.status == "ACTIVE"

    @pytest.mark.parametrize("name", ["ban_x", "wdr_aaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "ban_" + "a" * 26])
    def test_is_404_for_what_is_no_account(self, app: Api, name: str) -> None:
        assert app.call("GET", f"bank-accounts/{name}/").status_code == 404


class TestWithdraw:
    def test_waits_for_the_pin_and_is_approved_with_it(self, app: Api, alice: User, account: BankAccount) -> None:
        made = app.withdraw(account, 2_550)
        body = made.json()
        assert made.status_code == 202
        assert "Idempotent-Replayed" not in made
        assert set(body) == set(WithdrawalShape().fields)
        exact = {
            "status": "AWAITING_STEP_UP",
            "amount_minor": 2_550,
            "fee_minor": 50,
            "total_minor": 2_600,
            "currency": "EUR",
            "bank_account": public(account),
            "shown_target": "DE•• •••• 3000",
            "reason": None,
            "can_cancel": True,
            "is_final": False,
            "sent_at": None,
            "settled_at": None,
            "review": None,
            "question": None,
            "explanation": None,
            "returned": None,
            "arrived_minor": None,
        }
        assert {key: body[key] for key in exact} == exact
        assert [(step["code"], step["state"]) for step in body["timeline"]] == [
            ("requested", "done"),
            ("confirm", "now"),
            ("checking", "todo"),
            ("approved", "todo"),
            ("sent", "todo"),
            ("arrived", "todo"),
        ]
        assert available_minor(alice) == 30_000 - 2_600
        done = app.pin(body)
        assert (done.status_code, done.json()["status"], done.json()["id"]) == (200, "APPROVED", body["id"])
        assert app.pin(body).json()["code"] == "challenge_used"
        read = app.call("GET", f"withdrawals/{body['id']}/").json()
        assert read == done.json()
        assert read["next_action"] is None

    def test_a_new_account_is_looked_at(self, app: Api, alice: User) -> None:
        done = app.pin(app.withdraw(add_account(alice, cooled_off=False), 2_550).json())
        assert done.status_code == 202
        assert done.json()["status"] == "UNDER_REVIEW"
        assert done.json()["review"]["reason"] == "The bank account was added or changed less than two days ago."
        assert done.json()["review"]["expected_by"]

    def test_replays(self, app: Api, alice: User, account: BankAccount) -> None:
        first, again = app.withdraw(account, 2_550, key="k1"), app.withdraw(account, 2_550, key='"k1"')
        assert (first.status_code, again.status_code) == (202, 202)
        assert again["Idempotent-Replayed"] == "true"
        assert first.json() == again.json()
        app.pin(first.json())
        later = app.withdraw(account, 2_550, key="k1")
        assert (later.status_code, later.json()["status"]) == (200, "APPROVED")
        assert Withdrawal.objects.count() == 1
        assert available_minor(alice) == 30_000 - 2_600

    def test_refuses_another_body_under_the_key(self, app: Api, alice: User, account: BankAccount) -> None:
        app.withdraw(account, 2_550, key="k")
        with NothingMoved(alice):
            response = app.withdraw(account, 2_551, key="k")
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")

    @pytest.mark.parametrize("key", ["", " ", '""', "ключ", "a\x7f", "k" * 256])
    def test_refuses_a_bad_key(self, app: Api, alice: User, account: BankAccount, key: str) -> None:
        body = {"bank_account": public(account), "amount_minor": 2_550, "currency": "EUR"}
        with NothingMoved(alice):
            assert app.call("POST", "withdrawals/", body, **{"Idempotency-Key": key}).status_code == 400
            response = app.call("POST", "withdrawals/", body)
        assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")

    @pytest.mark.parametrize(
        "amount", [0, -1, 1.001, 12.5, "1250", "", " 5", "１２", "1e3", True, None, [], {}, 2**63, 10**30]
    )
    def test_refuses_amounts_that_are_none(self, app: Api, alice: User, account: BankAccount, amount: Any) -> None:
        with NothingMoved(alice):
            response = app.withdraw(account, amount)
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert response.json()["errors"][0]["field"] == "amount_minor"

    @pytest.mark.parametrize("raw", ["1e3", "NaN", "9e99", "Infinity", "-0", "01"])
    def test_refuses_numbers_json_would_let_pass(self, app: Api, alice: User, account: BankAccount, raw: str) -> None:
        body = f'{{"bank_account": "{public(account)}", "amount_minor": {raw}, "currency": "EUR"}}'
        headers = app.headers | {"Idempotency-Key": "k"}
        with NothingMoved(alice):
            response = Client().generic(
                "POST", "/api/v1/withdrawals/", body, content_type="application/json", headers=headers
            )
        assert (response.status_code, response.json()["code"]) == (400, "invalid")

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({"amount_minor": 99}, 422, "amount_too_small"),
            ({"amount_minor": 1_000_001}, 422, "over_limit"),
            ({"amount_minor": 2**63 - 1}, 422, "over_limit"),
            ({"amount_minor": 29_951}, 422, "insufficient_funds"),
            ({"amount_minor": 30_000}, 422, "insufficient_funds"),
            ({"currency": "USD"}, 422, "currency_mismatch"),
            ({"currency": "EU"}, 400, "invalid"),
            ({"bank_account": "ban_nothing"}, 404, "not_found"),
            ({"bank_account": "wdr_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, 404, "not_found"),
            ({"bank_account": 7}, 400, "invalid"),
            ({"fee_minor": 0}, 400, "unknown_field"),
            ({"status": "APPROVED"}, 400, "unknown_field"),
            ({"auto_approved": True}, 400, "unknown_field"),
        ],
    )
    def test_refuses(
        self, app: Api, alice: User, account: BankAccount, fields: dict[str, Any], status: int, code: str
    ) -> None:
        with NothingMoved(alice):
            response = app.withdraw(account, 2_550, **fields)
        body = response.json()
        assert (response.status_code, body["code"], body["money_moved"]) == (status, code, False)
        assert body["detail"]
        assert body["next_step"]

    def test_takes_the_last_cent(self, app: Api, alice: User, account: BankAccount) -> None:
        assert app.withdraw(account, 29_950).status_code == 202
        assert available_minor(alice) == 0

    def test_over_limit_says_what_is_left(self, app: Api, alice: User, account: BankAccount) -> None:
        give_money(alice, Money(2_000_000, "EUR"))
        app.withdraw(account, 600_000)
        assert app.withdraw(account, 500_000).json()["remaining_minor"] == 400_000

    def test_refuses_accounts_that_cannot_be_used(self, app: Api, alice: User, bob: User) -> None:
        theirs = add_account(bob, iban=OTHER_IBAN[0])
        waiting = add_account(alice, is_confirmed=False)
        removed = add_account(alice, iban=OTHER_IBAN[1])
        app.call("DELETE", f"bank-accounts/{public(removed)}/")
        with NothingMoved(alice):
            assert app.withdraw(theirs, 2_550).status_code == 404
            for account in (waiting, removed):
                response = app.withdraw(account, 2_550)
                assert (response.status_code, response.json()["code"]) == (422, "bank_account_not_usable")

    def test_lets_nobody_in_who_is_frozen(self, app: Api, alice: User, account: BankAccount) -> None:
        freeze(alice)
        with NothingMoved(alice):
            response = app.withdraw(account, 2_550)
        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")

    def test_speaks_chinese(self, app: Api, alice: User) -> None:
        made = app.pin(app.withdraw(add_account(alice, cooled_off=False), 2_550).json()).json()
        told = app.call("GET", f"withdrawals/{made['id']}/", **{"Accept-Language": "zh-Hans"}).json()
        assert told["review"]["reason"] != made["review"]["reason"]
        assert "银行" in told["review"]["reason"]


class TestTerms:
    def test_says_what_it_costs_and_when_it_arrives(self, app: Api, alice: User, account: BankAccount) -> None:
        with NothingMoved(alice):
            response = app.call("GET", "withdrawals/terms/?amount_minor=2550&currency=EUR")
        body = response.json()
        assert response.status_code == 200
        assert set(body) == set(TermsShape().fields)
        assert (body["fee_minor"], body["total_minor"]) == (50, 2_600)
        assert body["arrives_on"]

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ("", 400, "invalid"),
            ("amount_minor=0&currency=EUR", 400, "invalid"),
            ("amount_minor=-1&currency=EUR", 400, "invalid"),
            ("amount_minor=1e3&currency=EUR", 400, "invalid"),
            ("amount_minor=%EF%BC%91%EF%BC%92&currency=EUR", 400, "invalid"),
            ("amount_minor=9999999999999999999&currency=EUR", 400, "invalid"),
            ("amount_minor=2550&currency=USD", 422, "currency_mismatch"),
            ("amount_minor=2550&currency=EUR&fee=0", 400, "unknown_field"),
        ],
    )
    def test_refuses(self, app: Api, query: str, status: int, code: str) -> None:
        response = app.call("GET", f"withdrawals/terms/?{query}")
        assert (response.status_code, response.json()["code"]) == (status, code)


class TestRead:
    def test_lists_by_pages_newest_first(self, app: Api, alice: User, account: BankAccount) -> None:
        made = [public(requested(alice, account, minor)) for minor in (1_000, 2_000, 3_000)]
        first = app.call("GET", "withdrawals/?page_size=2").json()
        assert [row["id"] for row in first["results"]] == [made[2], made[1]]
        assert set(first["results"][0]) == set(WithdrawalRow().fields)
        second = app.call("GET", first["next"].split("/api/v1/")[1]).json()
        assert [row["id"] for row in second["results"]] == [made[0]]
        assert second["next"] is None

    @pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page_size=x", "cursor=x", "cursor=e30"])
    def test_refuses_odd_pages(self, app: Api, account: BankAccount, query: str) -> None:
        assert app.call("GET", f"withdrawals/?{query}").status_code == 400

    def test_the_list_takes_the_same_queries_for_one_and_for_many(
        self, app: Api, alice: User, account: BankAccount, django_assert_max_num_queries: Any
    ) -> None:
        requested(alice, account, 1_000)
        app.call("GET", "withdrawals/")
        with django_assert_max_num_queries(40) as first:
            app.call("GET", "withdrawals/")
            taken = len(first.captured_queries)
        for _ in range(5):
            requested(alice, account, 1_000)
        with django_assert_max_num_queries(taken):
            assert len(app.call("GET", "withdrawals/").json()["results"]) == 6

    def test_tells_the_whole_way(self, app: Api, alice: User, account: BankAccount) -> None:
        row = confirmed(alice, account, 2_550)
        sent(row)
        settled(row)
        body = app.call("GET", f"withdrawals/{public(row)}/").json()
        assert [(step["code"], step["state"]) for step in body["timeline"]] == [
            ("requested", "done"),
            ("checking", "done"),
            ("approved", "done"),
            ("sent", "done"),
            ("arrived", "done"),
        ]
        assert (body["status"], body["is_final"], body["can_cancel"]) == ("SETTLED", True, False)
        returned(row, "AC04")
        body = app.call("GET", f"withdrawals/{public(row)}/").json()
        assert body["returned"] | {"returned_at": ""} == {
            "amount_minor": 2_550,
            "fee_returned": False,
            "reason": "AC04",
            "returned_at": "",
        }
        assert body["explanation"]["title"] == "The bank account is closed."
        assert body["timeline"][-1]["code"] == "came_back"

    def test_tells_why_it_was_rejected(self, app: Api, alice: User, erin: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        reject(row, erin, "name_mismatch", "The name is another.")
        body = app.call("GET", f"withdrawals/{public(row)}/").json()
        assert (body["status"], body["reason"]) == ("REJECTED", "name_mismatch")
        assert body["explanation"]["note"] == "The name is another."
        assert body["timeline"][-1]["code"] == "rejected"
        assert available_minor(alice) == 30_000

    def test_is_404_for_others(self, alice: User, account: BankAccount, mallory: User) -> None:
        row, stranger = requested(alice, account, 2_550), Api(mallory)
        assert stranger.call("GET", f"withdrawals/{public(row)}/").status_code == 404
        assert stranger.call("POST", f"withdrawals/{public(row)}/cancel/").status_code == 404
        assert stranger.call("POST", f"withdrawals/{public(row)}/answer/", {"text": "x"}).status_code == 404
        assert stranger.call("GET", "withdrawals/").json()["results"] == []
        row.refresh_from_db()
        assert row.status == "AWAITING_STEP_UP"


class TestAct:
    def test_cancels_until_the_bank_has_it(self, app: Api, alice: User, account: BankAccount) -> None:
        row = confirmed(alice, account, 2_550)
        first = app.call("POST", f"withdrawals/{public(row)}/cancel/")
        again = app.call("POST", f"withdrawals/{public(row)}/cancel/")
        assert (first.status_code, again.status_code) == (200, 200)
        assert (first.json()["status"], first.json()["can_cancel"]) == ("CANCELLED", False)
        assert available_minor(alice) == 30_000
        other = confirmed(alice, account, 2_550)
        sent(other)
        late = app.call("POST", f"withdrawals/{public(other)}/cancel/")
        assert (late.status_code, late.json()["code"]) == (409, "state_conflict")

    def test_answers_what_is_asked(self, app: Api, alice: User, erin: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        path = f"withdrawals/{public(row)}/answer/"
        early = app.call("POST", path, {"text": "Hello"})
        assert (early.status_code, early.json()["code"]) == (409, "state_conflict")
        ask(row, erin, "Where does it come from?")
        asked = app.call("GET", f"withdrawals/{public(row)}/").json()
        assert (asked["status"], asked["question"]["text"]) == ("AWAITING_CUSTOMER", "Where does it come from?")
        for body in ({}, {"text": ""}, {"text": 5}, {"text": "x" * 1001}, {"text": "x", "by": "y"}):
            assert app.call("POST", path, body).status_code == 400
        done = app.call("POST", path, {"text": "My salary."})
        assert (done.status_code, done.json()["status"], done.json()["question"]) == (200, "UNDER_REVIEW", None)
