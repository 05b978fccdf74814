"""``activity/`` and ``me/limits/`` for apps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest

from accounts.activity.presentation import public_id
from accounts.limits.services import check
from accounts.wallets.services import add_wallet
from ledger.money import Money
from tests.factories.activity import happened
from tests.factories.people import ORIGIN, now
from tests.factories.sessions import app_token
from tests.integration.accounts.app import App
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from pytest_django import DjangoAssertMaxNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 4, 10, 0, 0, 123456, tzinfo=UTC)


def _app(user: User) -> App:
    app = App()
    app.token = app_token(user)
    return app


def _get(app: App, path: str, **query: Any) -> Any:
    return app.call("GET", f"/api/v1/{path}" + (f"?{urlencode(query)}" if query else ""))


class TestList:
    def test_shows_exactly_the_promised_fields(self, bob: User) -> None:
        made = happened(bob, -4_250, note="Dinner", category="food", occurred_at=AT)
        answer = _get(_app(bob), "activity/")
        assert answer.status_code == 200
        assert answer.data == {
            "results": [
                {
                    "id": public_id(made),
                    "type": "transfer",
                    "direction": "OUT",
                    "status": "COMPLETED",
                    "amount_minor": -4_250,
                    "currency": "EUR",
                    "shown_name": "Mei C•••",
                    "note": "Dinner",
                    "category": "food",
                    "reference": made.reference,
                    "occurred_at": "2026-05-04T10:00:00.123456Z",
                    "updated_at": "2026-05-04T10:00:00.123456Z",
                }
            ],
            "next": None,
        }

    def test_goes_on_by_cursor_and_keeps_the_filters(self, bob: User) -> None:
        for number in range(5):
            happened(bob, -100 - number, occurred_at=AT + timedelta(minutes=number))
        happened(bob, 5)
        app, seen = _app(bob), []
        answer = _get(app, "activity/", page_size=2, type="sent")
        while True:
            seen += [row["amount_minor"] for row in answer.data["results"]]
            if answer.data["next"] is None:
                break
            parts = urlsplit(answer.data["next"])
            answer = app.call("GET", f"{parts.path}?{parts.query}")
        assert seen == [-104, -103, -102, -101, -100]

    def test_filters_as_documented(self, bob: User) -> None:
        happened(bob, -2_000, note="dinner", occurred_at=AT)
        happened(bob, 5_000, note="rent", occurred_at=AT + timedelta(days=1))
        app = _app(bob)

        def notes(**query: Any) -> list[str]:
            answer = _get(app, "activity/", **query)
            assert answer.status_code == 200, answer.content
            return [row["note"] for row in answer.data["results"]]

        assert notes(q="din") == ["dinner"]
        assert notes(type="received") == ["rent"]
        assert notes(type="transfer") == ["rent", "dinner"]
        assert notes(min_minor=2_001) == ["rent"]
        assert notes(max_minor=2_000) == ["dinner"]
        assert notes(**{"from": "2026-05-05T00:00:00Z"}) == ["rent"]
        assert notes(to="2026-05-05T00:00:00+00:00") == ["dinner"]

    def test_filters_by_a_wallet_of_ones_own(self, bob: User, alice: User) -> None:
        dollars = add_wallet(user=bob, currency="USD", at=now(), origin=ORIGIN).account
        happened(bob, -1, note="euro")
        happened(bob, -1, note="dollar", currency="USD")
        app = _app(bob)
        answer = _get(app, "activity/", wallet=ids.public("wal", dollars.public_id))
        assert [row["note"] for row in answer.data["results"]] == ["dollar"]
        hers = _get(_app(alice), "wallets/").data["results"][0]["id"]
        for other in (hers, "wal_x", ids.public("wal", uuid4())):
            assert _get(app, "activity/", wallet=other).status_code == 404

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"type": "magic"}, "type"),
            ({"min_minor": "1.5"}, "min_minor"),
            ({"min_minor": "-1"}, "min_minor"),
            ({"max_minor": "9" * 30}, "max_minor"),
            ({"from": "yesterday"}, "since"),
            ({"to": "0001-01-01T00:00:00Z"}, "to"),
            ({"to": "9999-12-31T23:59:59Z"}, "to"),
            ({"q": "x" * 101}, "q"),
            ({"page_size": "0"}, "page_size"),
            ({"page_size": "101"}, "page_size"),
            ({"cursor": "x"}, "cursor"),
        ],
    )
    def test_refuses_bad_filters(self, bob: User, query: dict[str, str], field: str) -> None:
        answer = _get(_app(bob), "activity/", **query)
        assert (answer.status_code, answer.data["code"]) == (400, "invalid")
        assert [problem["field"] for problem in answer.data["errors"]] == [field]

    def test_takes_few_queries_whatever_the_history(
        self, bob: User, django_assert_max_num_queries: DjangoAssertMaxNumQueries
    ) -> None:
        for _ in range(40):
            happened(bob)
        app = _app(bob)
        _get(app, "activity/")
        with django_assert_max_num_queries(3):
            _get(app, "activity/")


class TestDetail:
    def test_shows_ones_own(self, bob: User) -> None:
        made = happened(bob, note="Dinner")
        answer = _get(_app(bob), f"activity/{public_id(made)}/")
        assert (answer.status_code, answer.data["note"]) == (200, "Dinner")

    def test_of_somebody_else_is_not_found(self, alice: User, mallory: User) -> None:
        made = happened(alice)
        answer = _get(_app(mallory), f"activity/{public_id(made)}/")
        assert (answer.status_code, answer.data["code"]) == (404, "not_found")


class TestLimits:
    def test_says_what_is_left_today(self, bob: User) -> None:
        with db.transaction():
            check(
                user_id=bob.pk,
                tier=0,
                product="SEND",
                amount=Money(12_345, "EUR"),
                at=now(),
                time_zone=bob.time_zone,
            )
        answer = _get(_app(bob), "me/limits/")
        assert answer.status_code == 200
        assert answer.data["next"] is None
        top_up, send, withdraw = answer.data["results"]
        assert top_up | {"resets_at": ""} == {
            "product": "TOP_UP",
            "currency": "EUR",
            "per_payment_minor": 100_000,
            "per_day_minor": 100_000,
            "used_today_minor": 0,
            "remaining_minor": 100_000,
            "resets_at": "",
        }
        assert (send["used_today_minor"], send["remaining_minor"]) == (12_345, 37_655)
        assert (withdraw["product"], withdraw["remaining_minor"]) == ("WITHDRAW", 1_000_000)


@pytest.mark.parametrize("path", ["activity/", "me/limits/", "activity/act_x/"])
def test_strangers_are_refused(path: str) -> None:
    answer = _get(App(), path)
    assert (answer.status_code, answer.data["code"]) == (401, "not_authenticated")
    assert "WWW-Authenticate" in answer.headers
