"""Payees and transfers through the API: statuses, shapes, idempotency, refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.identity.models import User
from tests.factories.people import PIN, available_minor
from tests.factories.sessions import app_token
from tests.factories.transfers import known_payee
from transfers.p2p.api.serializers import TransferShape
from transfers.p2p.models import Transfer
from transfers.payees.policy import public_id

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import DjangoAssertNumQueries, SettingsWrapper

    from transfers.payees.models import Payee


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

    def send(self, to: Payee, minor: Any, *, key: str | None = None, **fields: Any) -> HttpResponse:
        body = {"payee": public_id(to), "amount_minor": minor, "currency": "EUR"} | fields
        return self.call("POST", "transfers/", body, **{"Idempotency-Key": key or uuid4().hex})


@pytest.fixture
def app(alice: User) -> Api:
    return Api(alice)


class TestResolve:
    def test_answers_with_payee_name_and_first_time(self, app: Api, bob: User) -> None:
        response = app.call("POST", "payees/resolve/", {"identifier": "@bob"})
        assert response.status_code == 200
        assert response.json()["payee"].startswith("pye_")
        assert response.json() | {"payee": ""} == {"payee": "", "shown_name": "Bob E•••", "first_time": True}

    def test_answers_alike_for_known_and_unknown(self, app: Api, bob: User) -> None:
        known = app.call("POST", "payees/resolve/", {"identifier": "bob@example.com"})
        unknown = app.call("POST", "payees/resolve/", {"identifier": "rob@example.com"})
        assert (known.status_code, unknown.status_code) == (200, 200)
        assert {**known.json(), "payee": ""} == {"payee": "", "shown_name": "b•••@e•••.com", "first_time": True}
        assert {**unknown.json(), "payee": ""} == {"payee": "", "shown_name": "r•••@e•••.com", "first_time": True}

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"identifier": "@alice"}, 422, "self_transfer"),
            ({"identifier": "alice@example.com"}, 422, "self_transfer"),
            ({"identifier": "??"}, 400, "identifier_malformed"),
            ({"identifier": ""}, 400, "invalid"),
            ({"identifier": 12}, 400, "invalid"),
            ({"identifier": None}, 400, "invalid"),
            ({"identifier": "a" * 300}, 400, "invalid"),
            ({"identifier": "bob\x00"}, 400, "invalid"),
            ({"identifier": "\ud800"}, 400, "invalid"),
            ({}, 400, "invalid"),
            ({"identifier": "@bob", "user": "x"}, 400, "unknown_field"),
            ([], 400, "invalid"),
        ],
    )
    def test_refuses(self, app: Api, body: Any, status: int, code: str) -> None:
        response = app.call("POST", "payees/resolve/", body)
        assert (response.status_code, response.json()["code"]) == (status, code)

    def test_needs_a_session(self, db: None) -> None:
        response = Client().post("/api/v1/payees/resolve/", {"identifier": "@bob"}, content_type="application/json")
        assert response.status_code == 401
        assert response["WWW-Authenticate"]


class TestPayees:
    def test_lists_removes_and_trusts(self, app: Api, alice: User, bob: User) -> None:
        payee = known_payee(alice, bob)
        listed = app.call("GET", "payees/").json()
        assert [(row["id"], row["times_paid"], row["trusted"]) for row in listed["results"]] == [
            (public_id(payee), 1, False)
        ]
        asked = app.call("POST", "payees/", {"payee": public_id(payee)})
        assert asked.status_code == 202
        challenge = asked.json()["next_action"]["challenge"]
        confirmed = app.call("POST", f"step-up/{challenge}/", {"method": "pin", "code": PIN})
        assert (confirmed.status_code, confirmed.json()["trusted"]) == (200, True)
        assert app.call("DELETE", f"payees/{public_id(payee)}/").status_code == 204
        assert app.call("GET", "payees/").json() == {"results": [], "next": None}

    def test_pages(self, app: Api, alice: User, bob: User, carol: User) -> None:
        known_payee(alice, bob)
        known_payee(alice, carol)
        first = app.call("GET", "payees/?page_size=1").json()
        assert len(first["results"]) == 1
        second = app.call("GET", first["next"].split("/api/v1/")[1]).json()
        assert (len(second["results"]), second["next"]) == (1, None)
        assert first["results"][0]["id"] != second["results"][0]["id"]

    def test_is_404_for_somebody_elses(self, bob: User, mallory: User, alice: User) -> None:
        payee = known_payee(alice, bob)
        assert Api(mallory).call("DELETE", f"payees/{public_id(payee)}/").status_code == 404
        assert Api(mallory).call("POST", "payees/", {"payee": public_id(payee)}).status_code == 404


class TestSend:
    def test_trusted_is_201_and_done(self, app: Api, alice: User, bob: User, bob_trusted: Payee) -> None:
        response = app.send(bob_trusted, 4_250, note="dinner", category="food")
        body = response.json()
        assert response.status_code == 201
        assert "Idempotent-Replayed" not in response
        assert body | {"id": "", "created_at": "", "completed_at": ""} == {
            "id": "",
            "status": "COMPLETED",
            "direction": "OUT",
            "payee": public_id(bob_trusted),
            "shown_name": "Bob E•••",
            "amount_minor": 4_250,
            "fee_minor": 0,
            "currency": "EUR",
            "note": "dinner",
            "category": "food",
            "reason": None,
            "created_at": "",
            "completed_at": "",
            "expires_at": None,
            "next_action": None,
        }
        assert set(body) == set(TransferShape().fields)
        assert (available_minor(alice), available_minor(bob)) == (25_750, 4_250)

    def test_takes_nine_statements_in_all(
        self, app: Api, bob_trusted: Payee, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Eleven here: the transaction is a savepoint of the test's own."""
        with django_assert_num_queries(9 + 2) as captured:
            response = app.send(bob_trusted, 4_250)
        assert response.status_code == 201, response.content
        assert sum("SAVEPOINT" in query["sql"] for query in captured.captured_queries) == 2

    def test_waits_for_the_pin_and_completes_with_it(self, app: Api, alice: User, bob: User, bob_known: Payee) -> None:
        response = app.send(bob_known, 4_250)
        body = response.json()
        assert (response.status_code, body["status"], body["next_action"]["type"]) == (
            202,
            "AWAITING_STEP_UP",
            "step_up",
        )
        assert body["next_action"]["methods"] == ["pin"]
        challenge = body["next_action"]["challenge"]
        wrong = app.call("POST", f"step-up/{challenge}/", {"method": "pin", "code": "000001"})
        assert (wrong.status_code, wrong.json()["code"], wrong.json()["tries_left"]) == (403, "code_wrong", 4)
        right = app.call("POST", f"step-up/{challenge}/", {"method": "pin", "code": PIN})
        assert (right.status_code, right.json()["status"], right.json()["id"]) == (200, "COMPLETED", body["id"])
        again = app.call("POST", f"step-up/{challenge}/", {"method": "pin", "code": PIN})
        assert (again.status_code, again.json()["code"]) == (409, "challenge_used")
        assert available_minor(bob) == 4_250

    def test_replays(self, app: Api, bob: User, bob_trusted: Payee, bob_known: Payee) -> None:
        first, again = app.send(bob_trusted, 100, key="k1"), app.send(bob_trusted, 100, key='"k1"')
        assert (first.status_code, again.status_code) == (201, 200)
        assert again["Idempotent-Replayed"] == "true"
        assert first.json() == again.json()
        assert available_minor(bob) == 100

    def test_replays_what_waits_with_its_challenge(self, app: Api, bob_known: Payee) -> None:
        first, again = app.send(bob_known, 4_250, key="k"), app.send(bob_known, 4_250, key="k")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["next_action"] == again.json()["next_action"]

    def test_refuses_another_body_under_the_key(self, app: Api, bob_trusted: Payee) -> None:
        app.send(bob_trusted, 100, key="k")
        response = app.send(bob_trusted, 101, key="k")
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
        assert response.json()["money_moved"] is False

    @pytest.mark.parametrize("key", ["", " ", '""', "ключ", "a\x7f", "k" * 256])
    def test_refuses_a_bad_key(self, app: Api, bob_trusted: Payee, key: str) -> None:
        body = {"payee": public_id(bob_trusted), "amount_minor": 100, "currency": "EUR"}
        response = app.call("POST", "transfers/", body, **{"Idempotency-Key": key})
        assert response.status_code == 400
        assert Transfer.objects.count() == 0

    def test_refuses_a_missing_key(self, app: Api, bob_trusted: Payee) -> None:
        body = {"payee": public_id(bob_trusted), "amount_minor": 100, "currency": "EUR"}
        response = app.call("POST", "transfers/", body)
        assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_missing")

    @pytest.mark.parametrize(
        "amount", [0, -1, 1.001, 12.5, "1250", "", " 5", "１２", "1e3", True, None, [], {}, 2**63, 10**30]
    )
    def test_refuses_amounts_that_are_none(self, app: Api, alice: User, bob_trusted: Payee, amount: Any) -> None:
        response = app.send(bob_trusted, amount)
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert response.json()["errors"][0]["field"] == "amount_minor"
        assert (Transfer.objects.count(), available_minor(alice)) == (0, 30_000)

    @pytest.mark.parametrize("raw", ["1e3", "NaN", "9e99", "Infinity", "-0", "01"])
    def test_refuses_numbers_json_would_let_pass(self, app: Api, bob_trusted: Payee, raw: str) -> None:
        body = f'{{"payee": "{public_id(bob_trusted)}", "amount_minor": {raw}, "currency": "EUR"}}'
        headers = app.headers | {"Idempotency-Key": "k"}
        response = Client().generic(
            "POST", "/api/v1/transfers/", body, content_type="application/json", headers=headers
        )
        assert (response.status_code, response.json()["code"]) == (400, "invalid")
        assert Transfer.objects.count() == 0

    @pytest.mark.parametrize(
        ("fields", "status", "code"),
        [
            ({"amount_minor": 50_001}, 422, "over_limit"),
            ({"amount_minor": 2**63 - 1}, 422, "over_limit"),
            ({"amount_minor": 30_001}, 422, "insufficient_funds"),
            ({"currency": "USD"}, 422, "currency_mismatch"),
            ({"note": "x" * 10_000}, 400, "invalid"),
            ({"note": 5}, 400, "invalid"),
            ({"category": "bribe"}, 400, "invalid"),
            ({"payee": "pye_nothing"}, 404, "not_found"),
            ({"payee": "trf_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, 404, "not_found"),
            ({"payee": 7}, 400, "invalid"),
            ({"fee_minor": 0}, 400, "unknown_field"),
            ({"status": "COMPLETED"}, 400, "unknown_field"),
            ({"sender": "x"}, 400, "unknown_field"),
        ],
    )
    def test_refuses(
        self, app: Api, alice: User, bob: User, bob_trusted: Payee, fields: dict[str, Any], status: int, code: str
    ) -> None:
        response = app.send(bob_trusted, 100, **fields)
        body = response.json()
        assert (response.status_code, body["code"], body["money_moved"]) == (status, code, False)
        assert body["detail"]
        assert body["next_step"]
        assert (Transfer.objects.count(), available_minor(alice), available_minor(bob)) == (0, 30_000, 0)

    def test_over_limit_says_what_is_left(self, app: Api, bob_trusted: Payee) -> None:
        app.send(bob_trusted, 10_000)
        assert app.send(bob_trusted, 49_000).json()["remaining_minor"] == 40_000

    def test_refuses_a_payee_without_a_wallet(self, app: Api, bob: User) -> None:
        found = app.call("POST", "payees/resolve/", {"identifier": "nobody@example.com"}).json()
        response = app.call(
            "POST",
            "transfers/",
            {"payee": found["payee"], "amount_minor": 100, "currency": "EUR"},
            **{"Idempotency-Key": "k"},
        )
        assert (response.status_code, response.json()["code"]) == (422, "payee_cannot_receive")

    def test_asks_for_a_pin_where_none_is_set(self, mallory: User, bob: User) -> None:
        response = Api(mallory).send(known_payee(mallory, bob), 4_000)
        assert (response.status_code, response.json()["code"]) == (403, "pin_required")

    def test_speaks_chinese(self, app: Api, bob_trusted: Payee) -> None:
        response = app.send(bob_trusted, 100, key="k")
        assert response.status_code == 201
        refused = app.call("POST", "transfers/", {}, **{"Idempotency-Key": "k2", "Accept-Language": "zh-Hans"})
        assert refused.status_code == 400


class TestRead:
    def test_shows_each_side_its_own(self, app: Api, alice: User, bob: User, bob_trusted: Payee) -> None:
        made = app.send(bob_trusted, 4_250, note="dinner", category="food").json()
        mine = app.call("GET", f"transfers/{made['id']}/").json()
        theirs = Api(bob).call("GET", f"transfers/{made['id']}/").json()
        assert mine == made
        assert (theirs["direction"], theirs["shown_name"], theirs["note"]) == ("IN", "Alice E•••", "dinner")
        assert (theirs["payee"], theirs["fee_minor"], theirs["category"], theirs["next_action"]) == (
            None,
            None,
            None,
            None,
        )

    def test_hides_what_waits_from_the_receiver_and_all_from_strangers(
        self, app: Api, bob: User, mallory: User, bob_known: Payee
    ) -> None:
        made = app.send(bob_known, 4_250).json()
        for stranger in (bob, mallory):
            api = Api(stranger)
            assert api.call("GET", f"transfers/{made['id']}/").status_code == 404
            assert api.call("POST", f"transfers/{made['id']}/cancel/").status_code == 404

    @pytest.mark.parametrize("name", ["trf_x", "pye_aaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "trf_" + "a" * 26])
    def test_is_404_for_what_is_not_there(self, app: Api, name: str) -> None:
        assert app.call("GET", f"transfers/{name}/").status_code == 404


class TestCancel:
    def test_releases_the_money(self, app: Api, alice: User, bob_known: Payee) -> None:
        made = app.send(bob_known, 4_250).json()
        response = app.call("POST", f"transfers/{made['id']}/cancel/")
        assert (response.status_code, response.json()["status"]) == (200, "CANCELLED")
        assert available_minor(alice) == 30_000

    def test_is_409_once_it_is_done(self, app: Api, bob_trusted: Payee) -> None:
        made = app.send(bob_trusted, 100).json()
        response = app.call("POST", f"transfers/{made['id']}/cancel/")
        assert (response.status_code, response.json()["code"]) == (409, "state_conflict")
