"""Top-ups through the API: statuses, shapes, idempotency, refusals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from payments.funding.models import TopUp
from tests.factories.sessions import app_token
from tests.factories.top_ups import (
    DECLINED_CARD,
    NothingMoves,
    enter_card,
    euros,
    paid,
    settle,
    start,
    wish,
)
from wallet_project.lib import ids, ratelimit

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator

GOOD = {"amount_minor": 2_500, "currency": "EUR", "method": "card"}
SHAPE = {
    "id",
    "status",
    "amount_minor",
    "currency",
    "fee_minor",
    "method",
    "reason",
    "maturing_minor",
    "matures_at",
    "created_at",
    "next_action",
}


class Api:
    """One person's app."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.headers = {"X-Session-Token": app_token(user)}

    def raw(self, body: bytes, **headers: str) -> Any:
        sent = self.headers | {"Idempotency-Key": uuid4().hex} | headers
        return Client().generic(
            "POST",
            "/api/v1/top-ups/",
            body,
            content_type="application/json",
            headers={k: v for k, v in sent.items() if v},
        )

    def add(self, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        keyed = {"Idempotency-Key": uuid4().hex if key is None else key}
        return self.raw(json.dumps(GOOD if body is None else body).encode(), **(keyed | headers))

    def get(self, top_up: str) -> Any:
        return Client().get(f"/api/v1/top-ups/{top_up}/", headers=self.headers)

    def cancel(self, top_up: str) -> Any:
        return Client().post(f"/api/v1/top-ups/{top_up}/cancel/", headers=self.headers)


@pytest.fixture
def app(cards: Simulator, bob: User) -> Api:
    return Api(bob)


def code_of(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


class TestCreate:
    def test_answers_202_with_the_providers_own_page(self, app: Api, cards: Simulator) -> None:
        response = app.add()
        body = response.json()
        assert response.status_code == 202
        assert set(body) == SHAPE
        assert (body["status"], body["amount_minor"], body["currency"], body["fee_minor"], body["method"]) == (
            "AWAITING_ACTION",
            2_500,
            "EUR",
            0,
            "card",
        )
        assert body["id"].startswith("top_")
        assert body["next_action"]["type"] == "redirect"
        assert body["next_action"]["url"].startswith(cards.url)
        assert "Idempotent-Replayed" not in response

    def test_the_whole_life(self, app: Api, cards: Simulator) -> None:
        made = app.add().json()
        cards.enter_card(type("Page", (), {"url": made["next_action"]["url"]})(), "4242424242424242")
        Client().get(f"/top-ups/{made['id']}/return/")
        after = app.get(made["id"]).json()
        assert (after["status"], after["next_action"], after["reason"]) == ("CREDITED", None, None)
        assert (after["maturing_minor"], after["matures_at"]) == (0, None)
        assert euros(app.user) == (2_500, 0)

    def test_a_silent_provider_is_202_and_draft_and_get_shows_it_later(self, app: Api, cards: Simulator) -> None:
        cards.order("faults", kind="drop_before", times=1)
        response = app.add(key="k")
        made = response.json()
        assert (response.status_code, made["status"], made["next_action"]) == (202, "DRAFT", None)
        settle(TopUp.objects.get(pk=ids.parse("top", made["id"])))
        later = app.get(made["id"]).json()
        assert (later["status"], later["next_action"]["type"]) == ("AWAITING_ACTION", "redirect")

    def test_ended_at_once_is_201(self, app: Api, cards: Simulator) -> None:
        cards.order("faults", kind="error_before", times=1, status=400)
        response = app.add()
        assert (response.status_code, response.json()["status"]) == (201, "FAILED")
        assert response.json()["reason"] == "provider_refused"


class TestIdempotency:
    def test_the_same_key_and_body_is_the_same_resource(self, app: Api, cards: Simulator) -> None:
        first = app.add(key="one")
        with NothingMoves(app.user):
            again = app.add(key="one")
        assert (again.status_code, again["Idempotent-Replayed"]) == (202, "true")
        assert again.json() == first.json()

    @pytest.mark.parametrize("key", ['"one"', " one ", "one"])
    def test_quoted_and_bare_are_the_same_key(self, app: Api, key: str) -> None:
        first = app.add(key="one").json()
        assert app.add(key=key).json()["id"] == first["id"]

    def test_a_replay_shows_the_resource_as_it_is_now(self, app: Api, cards: Simulator) -> None:
        made = app.add(key="one").json()
        row = TopUp.objects.get(pk=ids.parse("top", made["id"]))
        enter_card(cards, row)
        settle(row)
        again = app.add(key="one")
        assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
        assert (again.json()["status"], again.json()["next_action"]) == ("CREDITED", None)

    def test_a_replay_of_a_silent_one_opens_its_page(self, app: Api, cards: Simulator) -> None:
        cards.order("faults", kind="drop_before", times=1)
        made = app.add(key="one").json()
        again = app.add(key="one")
        assert (again.status_code, again.json()["status"]) == (202, "AWAITING_ACTION")
        assert again.json()["id"] == made["id"]

    @pytest.mark.parametrize("change", [{"amount_minor": 2_501}, {"currency": "USD"}])
    def test_another_body_is_refused(self, app: Api, change: dict[str, Any]) -> None:
        app.add(key="one")
        with NothingMoves(app.user):
            assert code_of(app.add(GOOD | change, key="one")) == (422, "idempotency_key_reused")

    def test_a_refused_request_leaves_the_key_free(self, app: Api) -> None:
        assert code_of(app.add(GOOD | {"amount_minor": 100_001}, key="one")) == (422, "over_limit")
        assert app.add(key="one").status_code == 202

    @pytest.mark.parametrize(
        ("key", "code"),
        [
            ("", "idempotency_key_missing"),
            (" ", "idempotency_key_missing"),
            ('""', "invalid"),
            ("k" * 256, "invalid"),
            ("schl\u00fcssel", "invalid"),
            ("a\tb", "invalid"),
        ],
    )
    def test_a_missing_or_odd_key_is_refused(self, app: Api, key: str, code: str) -> None:
        with NothingMoves(app.user):
            assert code_of(app.add(key=key)) == (400, code)

    def test_255_characters_are_a_key(self, app: Api) -> None:
        assert app.add(key="k" * 255).status_code == 202

    def test_another_persons_key_is_another_key(self, app: Api, alice: User) -> None:
        mine = app.add(key="one").json()
        assert Api(alice).add(key="one").json()["id"] != mine["id"]


class TestBadInput:
    @pytest.mark.parametrize(
        "amount",
        [0, -1, 1.001, "1e3", "１２", 9e99, "", " 5", True, False, None, [], {}, "1250", 12.0, 2**63, 10**30],
    )
    def test_an_amount_that_is_none(self, app: Api, amount: Any) -> None:
        with NothingMoves(app.user):
            response = app.add(GOOD | {"amount_minor": amount})
        assert code_of(response) == (400, "invalid")
        assert response.json()["errors"][0]["field"] == "amount_minor"
        assert response.json()["money_moved"] is False

    @pytest.mark.parametrize(
        "literal",
        [b"1e3", b"NaN", b"Infinity", b"-Infinity", b"9e99", b"1.0", b"0x10", b"01", b"1" * 5_000, b"-0", b"1_000"],
    )
    def test_a_number_as_other_programs_write_it(self, app: Api, literal: bytes) -> None:
        with NothingMoves(app.user):
            response = app.raw(b'{"amount_minor": ' + literal + b', "currency": "EUR", "method": "card"}')
        assert code_of(response) == (400, "invalid")

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"amount_minor": 99}, 422, "below_minimum"),
            ({"amount_minor": 100_001}, 422, "over_limit"),
            ({"amount_minor": 2**63 - 1}, 422, "over_limit"),
            ({"currency": "USD"}, 422, "currency_mismatch"),
            ({"currency": "JPY"}, 422, "currency_mismatch"),
            ({"currency": "ZZZ"}, 400, "currency_unknown"),
            ({"currency": "eur"}, 400, "currency_unknown"),
            ({"currency": ""}, 400, "invalid"),
            ({"currency": "EURO"}, 400, "invalid"),
            ({"currency": 978}, 400, "invalid"),
            ({"currency": None}, 400, "invalid"),
            ({"currency": "E\x00R"}, 400, "invalid"),
            ({"currency": "E\ud800R"}, 400, "invalid"),
            ({"method": "paypal"}, 400, "invalid"),
            ({"method": "cash"}, 400, "invalid"),
            ({"method": "\ud800"}, 400, "invalid"),
            ({"method": ["card"]}, 400, "invalid"),
            ({"method": {}}, 400, "invalid"),
            ({"user": "usr_x"}, 400, "unknown_field"),
            ({"status": "CREDITED"}, 400, "unknown_field"),
            ({"\ud800": 1}, 400, "invalid"),
        ],
    )
    def test_each_has_its_code(self, app: Api, change: dict[str, Any], status: int, code: str) -> None:
        with NothingMoves(app.user):
            assert code_of(app.add(GOOD | change)) == (status, code)

    @pytest.mark.parametrize("missing", ["amount_minor", "currency", "method"])
    def test_each_field_is_needed(self, app: Api, missing: str) -> None:
        with NothingMoves(app.user):
            response = app.add({key: value for key, value in GOOD.items() if key != missing})
        assert code_of(response) == (400, "invalid")
        assert [error["field"] for error in response.json()["errors"]] == [missing]

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"1", b'{"a":' * 200_000])
    def test_a_body_that_is_no_object(self, app: Api, body: bytes) -> None:
        with NothingMoves(app.user):
            assert code_of(app.raw(body)) == (400, "invalid")

    def test_over_the_limit_says_what_is_left(self, app: Api) -> None:
        wish(app.user, 90_000)
        with NothingMoves(app.user):
            body = app.add(GOOD | {"amount_minor": 10_001}).json()
        assert (body["code"], body["remaining_minor"], body["currency"]) == ("over_limit", 10_000, "EUR")
        assert "€100.00" in body["next_step"]

    @pytest.mark.parametrize(("language", "words"), [("en", "€1.00"), ("zh-Hans", "€1.00")])
    def test_sentences_follow_accept_language(self, app: Api, language: str, words: str) -> None:
        body = app.add(GOOD | {"amount_minor": 1}, **{"Accept-Language": language}).json()
        assert words in body["detail"]

    def test_a_frozen_person_is_refused(self, app: Api) -> None:
        type(app.user).objects.filter(pk=app.user.pk).update(state="FROZEN")
        with NothingMoves(app.user):
            assert code_of(app.add()) == (422, "account_frozen")

    def test_without_a_session_it_is_401(self, cards: Simulator, db: None) -> None:
        response = Client().post("/api/v1/top-ups/", json.dumps(GOOD), content_type="application/json")
        assert code_of(response) == (401, "not_authenticated")
        assert response["WWW-Authenticate"]


class TestRead:
    def test_somebody_elses_is_404(self, app: Api, alice: User) -> None:
        theirs = ids.public("top", start(alice).pk)
        assert code_of(app.get(theirs)) == (404, "not_found")
        assert code_of(app.cancel(theirs)) == (404, "not_found")

    @pytest.mark.parametrize(
        "name",
        ["top_", "x", "top_" + "a" * 26, "top_" + "A" * 26, "trf_" + "a" * 26, "0193a000-0000-7000-8000-000000000001"],
    )
    def test_what_is_no_top_up_is_404(self, app: Api, name: str) -> None:
        assert code_of(app.get(name)) == (404, "not_found")

    def test_says_why_it_failed(self, app: Api, cards: Simulator) -> None:
        top_up = start(app.user)
        enter_card(cards, top_up, "4000000000009995")
        settle(top_up)
        body = app.get(ids.public("top", top_up.pk)).json()
        assert (body["status"], body["reason"], body["next_action"]) == ("FAILED", "insufficient_funds", None)

    def test_says_what_matures_and_when(self, app: Api, cards: Simulator) -> None:
        body = app.get(ids.public("top", paid(cards, app.user, 15_000).pk)).json()
        assert body["maturing_minor"] == 5_000
        assert body["matures_at"].endswith("Z")


class TestCancel:
    def test_stops_it_and_says_so_twice(self, app: Api) -> None:
        made = app.add().json()["id"]
        for _ in range(2):
            response = app.cancel(made)
            assert (response.status_code, response.json()["status"]) == (200, "CANCELLED")

    def test_what_was_paid_is_credited(self, app: Api, cards: Simulator) -> None:
        top_up = start(app.user)
        enter_card(cards, top_up)
        response = app.cancel(ids.public("top", top_up.pk))
        assert (response.status_code, response.json()["status"]) == (200, "CREDITED")

    def test_what_failed_stays(self, app: Api, cards: Simulator) -> None:
        top_up = start(app.user)
        enter_card(cards, top_up, DECLINED_CARD)
        settle(top_up)
        with NothingMoves(app.user):
            assert code_of(app.cancel(ids.public("top", top_up.pk))) == (409, "state_conflict")

    def test_without_an_answer_it_is_503(self, app: Api, cards: Simulator) -> None:
        made = app.add().json()["id"]
        cards.order("faults", kind="error_before", times=1, status=500)
        with NothingMoves(app.user):
            assert code_of(app.cancel(made)) == (503, "provider_unavailable")


def test_a_limit_by_the_minute_answers_429(app: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ratelimit.RATES["money"].count, ratelimit.RATES["money"].seconds) == (300, 60)
    monkeypatch.setitem(ratelimit.RATES, "money", ratelimit.Rate(1, 60, "person"))
    assert app.add().status_code == 202
    with NothingMoves(app.user):
        response = app.add()
    assert code_of(response) == (429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 60
