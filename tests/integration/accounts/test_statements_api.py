"""``statements/`` for apps."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from accounts.statements import policy, services
from accounts.statements.models import Statement
from accounts.wallets.selectors import balances_of
from tests.factories.people import now
from tests.factories.sessions import app_token
from tests.factories.statements import booked, csv_totals, made
from tests.integration.accounts.app import App

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

PATH = "/api/v1/statements/"


def _app(user: User) -> App:
    app = App()
    app.token = app_token(user)
    return app


def _wish(user: User, **changes: Any) -> dict[str, Any]:
    day = (now() + timedelta(hours=1)).date()
    wish = {"wallet": balances_of(user)[0].id, "from": f"{day:%Y-%m-01}", "to": day.isoformat(), "format": "csv"}
    return {name: value for name, value in (wish | changes).items() if value is not None}


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


class TestAsking:
    def test_202_then_ready_with_an_address_that_gives_the_file(self, alice: User) -> None:
        booked(alice, -1_250)
        app = _app(alice)
        asked = app.call("POST", PATH, _wish(alice))
        assert asked.status_code == 202
        ready = app.call("GET", f"{PATH}{asked.data['id']}/")
        statement = Statement.objects.get()
        url = ready.data.pop("url")
        assert ready.data == {
            "id": statement.public_id,
            "status": "READY",
            "wallet": balances_of(alice)[0].id,
            "currency": "EUR",
            "from": statement.first_day.isoformat(),
            "to": statement.last_day.isoformat(),
            "time_zone": "Europe/Berlin",
            "format": "csv",
            "language": "en",
            "complete": False,
            "opening_minor": 0,
            "in_minor": 30_000,
            "out_minor": 1_250,
            "fees_minor": 0,
            "closing_minor": 28_750,
            "entries": 2,
            "entries_done": 2,
            "entries_total": 2,
            "sha256": statement.sha256,
            "size_bytes": statement.size_bytes,
            "requested_at": ready.data["requested_at"],
            "made_at": ready.data["made_at"],
            "file_expires_at": ready.data["file_expires_at"],
        }
        file = app.call("GET", _path(url), Accept="text/csv")
        assert file.status_code == 200
        assert hashlib.sha256(file.content).hexdigest() == statement.sha256
        assert len(file.content) == statement.size_bytes
        assert csv_totals(file.content)["closing"] == 28_750
        assert "attachment" in file.headers["Content-Disposition"]
        assert "no-store" in file.headers["Cache-Control"]

    def test_pdf_and_the_language_of_the_request(self, alice: User) -> None:
        app = _app(alice)
        asked = app.call("POST", PATH, _wish(alice, format="pdf"), **{"Accept-Language": "zh-Hans"})
        assert (asked.status_code, asked.data["language"]) == (202, "zh-hans")
        file = app.call("GET", _path(asked.data["url"]))
        assert (file.headers["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")

    def test_large_ones_have_no_address_until_a_worker_made_them(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policy, "AT_ONCE_MAX", 1)
        app = _app(alice)
        asked = app.call("POST", PATH, _wish(alice))
        assert (asked.status_code, asked.data["status"], asked.data["url"]) == (202, "REQUESTED", None)
        assert (asked.data["entries_done"], asked.data["entries_total"]) == (0, 1)
        assert services.make_due(at=now()) == 1
        assert app.call("GET", f"{PATH}{asked.data['id']}/").data["url"].startswith("http://testserver/api/v1/")

    def test_the_same_key_is_the_same_statement(self, alice: User) -> None:
        app, key = _app(alice), {"Idempotency-Key": "k1"}
        first = app.call("POST", PATH, _wish(alice), **key)
        again = app.call("POST", PATH, _wish(alice), **key)
        assert again.data["id"] == first.data["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
        other = app.call("POST", PATH, _wish(alice, format="pdf"), **key)
        assert (other.status_code, other.data["code"]) == (422, "idempotency_key_reused")
        assert app.call("POST", PATH, _wish(alice), **{"Idempotency-Key": "é"}).status_code == 202

    def test_with_a_byte_order_mark(self, alice: User) -> None:
        app = _app(alice)
        asked = app.call("POST", PATH, _wish(alice, bom=True))
        assert app.call("GET", _path(asked.data["url"])).content.startswith(b"\xef\xbb\xbf")

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"wallet": None}, "wallet", "required"),
            ({"from": None}, "from", "required"),
            ({"to": "2026-13-01"}, "to", "invalid"),
            ({"to": "20261101"}, "to", "invalid"),
            ({"to": 20261101}, "to", "invalid"),
            ({"from": "1999-12-31"}, "from", "invalid"),
            ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "statement_ends_before_start"),
            ({"from": "2099-01-01", "to": "2099-01-02"}, "from", "statement_not_begun"),
            ({"format": "xlsx"}, "format", "invalid_choice"),
            ({"bom": "yes"}, "bom", "invalid"),
            ({"extra": 1}, "extra", "unknown_field"),
        ],
    )
    def test_mistakes_are_named_by_field(self, alice: User, changes: dict[str, Any], field: str, code: str) -> None:
        answer = _app(alice).call("POST", PATH, _wish(alice, **changes))
        assert answer.status_code == 400
        assert [(one["field"], one["code"]) for one in answer.data["errors"]] == [(field, code)]
        assert not Statement.objects.exists()

    def test_only_of_ones_own_wallet(self, alice: User, bob: User) -> None:
        answer = _app(bob).call("POST", PATH, _wish(alice))
        assert (answer.status_code, answer.data["code"]) == (404, "not_found")
        assert not Statement.objects.exists()

    def test_too_long_for_a_pdf(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "PDF_ENTRIES_MAX", 0)
        answer = _app(alice).call("POST", PATH, _wish(alice, format="pdf"))
        assert (answer.status_code, answer.data["code"], answer.data["entries"]) == (422, "statement_too_long", 1)
        assert not Statement.objects.exists()


class TestReading:
    def test_a_list_newest_first_by_pages_without_addresses(self, alice: User, bob: User) -> None:
        day = now().date()
        ids = [made(alice, day, day, at=now() + timedelta(milliseconds=n)).public_id for n in range(3)]
        made(bob, day, day)
        app = _app(alice)
        first = app.call("GET", f"{PATH}?page_size=2")
        assert [one["id"] for one in first.data["results"]] == [ids[2], ids[1]]
        assert {one["url"] for one in first.data["results"]} == {None}
        rest = app.call("GET", _path(first.data["next"]))
        assert ([one["id"] for one in rest.data["results"]], rest.data["next"]) == ([ids[0]], None)

    def test_others_are_nobodys(self, alice: User, mallory: User) -> None:
        mine = _app(alice).call("POST", PATH, _wish(alice)).data
        app = _app(mallory)
        assert app.call("GET", f"{PATH}{mine['id']}/").status_code == 404
        assert app.call("GET", _path(mine["url"])).status_code == 404
        assert app.call("GET", PATH).data["results"] == []

    def test_the_address_needs_its_owners_session(self, alice: User) -> None:
        mine = _app(alice).call("POST", PATH, _wish(alice)).data
        assert App().call("GET", _path(mine["url"])).status_code == 401

    def test_the_address_is_short_lived(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        app = _app(alice)
        mine = app.call("POST", PATH, _wish(alice)).data
        bare = app.call("GET", f"{PATH}{mine['id']}/file/")
        assert (bare.status_code, bare.data["code"]) == (410, "statement_link_expired")
        monkeypatch.setattr("accounts.statements.links.LINK_SECONDS", -1)
        assert app.call("GET", _path(mine["url"])).status_code == 410

    def test_frozen_people_read_theirs(self, alice: User) -> None:
        statement = made(alice, now().date(), now().date())
        alice.state = "FROZEN"
        alice.save(update_fields=["state"])
        ready = _app(alice).call("GET", f"{PATH}{statement.public_id}/")
        assert _app(alice).call("GET", _path(ready.data["url"])).status_code == 200
