"""Statements as pages: asking, waiting, taking the file; and the public check."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client

from accounts.statements import links, policy, services
from accounts.statements.models import Statement, Status
from accounts.wallets.selectors import balances_of
from tests.factories.people import make_person, now
from tests.factories.sessions import browser
from tests.factories.statements import asked, booked, csv_totals, made, pdf_totals
from wallet_project.lib import ratelimit

if TYPE_CHECKING:
    from pytest_django import DjangoAssertMaxNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


def _text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def _totals_of_page(text: str) -> dict[str, int]:
    """The figures that the page shows, in cents."""
    amount = r"(−?)€([\d,]+)\.(\d\d)"
    found = re.search(
        rf"Opening balance {amount} Money in {amount} Money out {amount} Closing balance {amount} Entries (\d+)", text
    )
    assert found is not None, text
    *parts, entries = found.groups()
    names = ("opening", "in", "out", "closing")
    cents = {
        name: int(f"{sign.replace('−', '-')}{whole.replace(',', '')}{rest}")
        for name, sign, whole, rest in zip(names, parts[::3], parts[1::3], parts[2::3], strict=True)
    }
    return cents | {"entries": int(entries)}


def _form(user: User, **changes: str) -> dict[str, str]:
    day = now() + timedelta(hours=1)
    wish = {
        "wallet": balances_of(user)[0].id,
        "period": f"{day:%Y-%m}",
        "format": "pdf",
        "idempotency_key": str(uuid4()),
    }
    return wish | changes


class TestAsking:
    @pytest.mark.parametrize(("file_format", "totals"), [("pdf", pdf_totals), ("csv", csv_totals)])
    def test_from_the_form_to_the_file(self, alice: User, file_format: str, totals: Any) -> None:
        booked(alice, -1_250)
        booked(alice, 575)
        web = browser(alice)
        answer = web.post("/statements/new/", _form(alice, format=file_format))
        assert answer.status_code == 302
        page = web.get(answer.headers["Location"])
        assert "Your statement is ready" in _text(page)
        link = re.search(r'href="(/statements/stm_\w+/download/)"', page.content.decode())
        assert link is not None
        to_file = web.get(link[1])
        assert to_file.status_code == 302
        file = web.get(to_file.headers["Location"])
        statement = Statement.objects.get()
        assert _totals_of_page(_text(page)) == totals(file.content)
        assert totals(file.content)["closing"] == 29_325
        assert hashlib.sha256(file.content).hexdigest() == statement.sha256
        assert statement.sha256 in page.content.decode()
        assert file.headers["Content-Disposition"].startswith('attachment; filename="statement-EUR-')
        assert "no-store" in file.headers["Cache-Control"]
        assert file.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"wallet": "wal_" + "a" * 26}, "valid choice"),
            ({"wallet": ""}, "Choose a wallet."),
            ({"period": ""}, "Choose a month, a year, or days."),
            ({"period": "1999-01"}, "valid choice"),
            ({"period": "custom"}, "Enter the first day."),
            (
                {"period": "custom", "since": "2026-02-02", "until": "2026-02-01"},
                "The last day is before the first one.",
            ),
            ({"period": "custom", "since": "1899-01-01", "until": "2026-02-01"}, "Enter a date between 2000 and 2100."),
            ({"period": "custom", "since": "2099-01-01", "until": "2099-02-01"}, "The first day has not come yet."),
            ({"format": "docx"}, "valid choice"),
            ({"format": ""}, "Choose PDF or CSV."),
            ({"idempotency_key": "x"}, ""),
        ],
    )
    def test_mistakes_are_said_and_make_nothing(self, alice: User, changes: dict[str, str], said: str) -> None:
        answer = browser(alice).post("/statements/new/", _form(alice, **changes))
        assert answer.status_code == 422
        assert said in _text(answer)
        assert not Statement.objects.exists()

    def test_somebody_elses_wallet_is_no_choice(self, alice: User, bob: User) -> None:
        answer = browser(bob).post("/statements/new/", _form(bob, wallet=balances_of(alice)[0].id))
        assert answer.status_code == 422
        assert not Statement.objects.exists()

    def test_the_same_form_twice_is_one_statement_and_another_wish_asks_again(self, alice: User) -> None:
        web, form = browser(alice), _form(alice, format="csv")
        first, second = web.post("/statements/new/", form), web.post("/statements/new/", form)
        assert first.headers["Location"] == second.headers["Location"]
        assert web.post("/statements/new/", form | {"format": "pdf"}).status_code == 422
        assert Statement.objects.count() == 1

    def test_too_long_for_a_pdf_says_what_to_do(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(policy, "PDF_ENTRIES_MAX", 0)
        answer = browser(alice).post("/statements/new/", _form(alice))
        assert answer.status_code == 422
        assert "Choose CSV, or fewer days." in _text(answer)

    def test_has_a_limit(self, alice: User) -> None:
        web = browser(alice)
        answers = [web.post("/statements/new/", {}).status_code for _ in range(62)]
        assert answers.count(429) in {1, 2}

    def test_reading_the_address_of_the_form_leads_to_the_page(self, alice: User) -> None:
        assert browser(alice).get("/statements/new/").headers["Location"] == "/statements/"


class TestList:
    def test_newest_first_and_further(self, alice: User, bob: User) -> None:
        day = now().date()
        for number in range(26):
            asked(alice, day - timedelta(days=number), day, at=now() + timedelta(seconds=number))
        asked(bob, day, day)
        web = browser(alice)
        html = web.get("/statements/").content.decode()
        assert html.count("/statements/stm_") == 25
        way_on = re.search(r'class="load-more"><a[^>]* href="([^"]+)"', html)
        assert way_on is not None
        fragment = web.get(way_on[1], headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        assert fragment.count("/statements/stm_") == 1

    @pytest.mark.parametrize("history", [1, 25])
    def test_costs_the_same_with_a_long_history(
        self, alice: User, history: int, django_assert_max_num_queries: DjangoAssertMaxNumQueries
    ) -> None:
        day = now().date()
        for _ in range(history):
            asked(alice, day, day)
        web = browser(alice)
        web.get("/statements/")
        with django_assert_max_num_queries(7):
            assert web.get("/statements/").status_code == 200

    def test_begins_with_the_wallet_it_was_opened_for(self, alice: User) -> None:
        html = browser(alice).get(f"/statements/?wallet={balances_of(alice)[0].id}").content.decode()
        assert f'value="{balances_of(alice)[0].id}" selected' in html

    @pytest.mark.parametrize("path", ["/home/", "/activity/", "/wallets/", "/settings/"])
    def test_is_found_from(self, alice: User, path: str) -> None:
        assert 'href="/statements/' in browser(alice).get(path).content.decode()


class TestWaiting:
    def test_tells_how_far_it_is_and_stops_when_it_is_made(self, alice: User) -> None:
        statement = asked(alice, now().date(), now().date())
        Statement.objects.filter(pk=statement.pk).update(rows_total=4_000)
        web, path = browser(alice), f"/statements/{statement.public_id}/"
        page = web.get(path)
        assert "0 of 4000 entries" in _text(page)
        state = re.search(r'hx-get="([^"]+)"', page.content.decode())
        assert state is not None
        assert web.get(state[1]).status_code == 204
        Statement.objects.filter(pk=statement.pk).update(status=Status.WORKING, rows_done=2_000)
        moved = web.get(state[1])
        assert (moved.status_code, "2000 of 4000 entries" in _text(moved)) == (200, True)
        Statement.objects.filter(pk=statement.pk).update(status=Status.REQUESTED)
        assert services.make(statement_id=statement.pk, at=now())
        done = web.get(state[1])
        assert (done.status_code, "hx-get" in done.content.decode()) == (286, False)

    @pytest.mark.parametrize(
        ("status", "said"), [("FAILED", "This statement could not be made"), ("EXPIRED", "The file is deleted")]
    )
    def test_says_why_there_is_no_file(self, alice: User, status: str, said: str) -> None:
        statement = (
            made(alice, now().date(), now().date()) if status == "EXPIRED" else asked(alice, now().date(), now().date())
        )
        Statement.objects.filter(pk=statement.pk).update(
            status=status, **({"failure": "not_set"} if status == "FAILED" else {})
        )
        web = browser(alice)
        assert said in _text(web.get(f"/statements/{statement.public_id}/"))
        refused = web.get(f"/statements/{statement.public_id}/download/").status_code
        assert refused == (410 if status == "EXPIRED" else 409)


class TestFile:
    def test_only_by_a_fresh_address_made_for_it(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        mine, other = made(alice, now().date(), now().date()), made(alice, now().date(), now().date(), format="pdf")
        web, path = browser(alice), f"/statements/{mine.public_id}/file/"
        assert web.get(path, {"key": links.key_for(mine)}).status_code == 200
        for key in ("", "x", links.key_for(other), links.key_for(mine)[:-1]):
            assert web.get(path, {"key": key}).status_code == 410
        key = links.key_for(mine)
        later = signing.time.time() + policy.LINK_SECONDS + 2
        monkeypatch.setattr("django.core.signing.time.time", lambda: later)
        assert web.get(path, {"key": key}).status_code == 410

    def test_the_address_opens_nothing_for_anybody_else(self, alice: User, mallory: User) -> None:
        statement = made(alice, now().date(), now().date())
        path = f"/statements/{statement.public_id}/file/?key={links.key_for(statement)}"
        assert browser(mallory).get(path).status_code == 404
        assert urlsplit(Client().get(path).headers["Location"]).path == "/account/login/"

    def test_others_see_nothing_of_it(self, alice: User, mallory: User) -> None:
        statement = made(alice, now().date(), now().date())
        web = browser(mallory)
        for part in ("", "state/", "download/", "file/"):
            assert web.get(f"/statements/{statement.public_id}/{part}").status_code == 404

    def test_frozen_people_read_theirs(self, alice: User) -> None:
        statement = made(alice, now().date(), now().date())
        alice.state = "FROZEN"
        alice.save(update_fields=["state"])
        web = browser(alice)
        assert web.get("/statements/").status_code == 200
        to_file = web.get(f"/statements/{statement.public_id}/download/")
        assert web.get(to_file.headers["Location"]).status_code == 200

    def test_staff_have_none(self, dave: User) -> None:
        assert browser(dave).get("/statements/").status_code == 403


class TestVerify:
    @pytest.fixture
    def issued(self, alice: User) -> Statement:
        return made(alice, now().date(), now().date())

    def test_anybody_learns_that_it_was_issued_and_nothing_else(self, issued: Statement) -> None:
        answer = Client().post("/statements/verify/", {"number": issued.public_id, "sha256": issued.sha256})
        told = _text(answer)
        assert answer.status_code == 200
        assert "We issued this file" in told
        for secret in ("Alice", "300.00", "EUR", "30000"):
            assert secret not in told

    def test_spaces_and_capitals_do_not_matter(self, issued: Statement) -> None:
        typed = " ".join(re.findall("........", issued.sha256.upper()))
        answer = Client().post("/statements/verify/", {"number": f" {issued.public_id} ", "sha256": typed})
        assert "We issued this file" in _text(answer)

    @pytest.mark.parametrize("number", ["", "stm_" + "a" * 26, "trf_" + "a" * 26, "x", "\u0000stm"])
    def test_another_number_or_hash_is_not_issued(self, issued: Statement, number: str) -> None:
        body = {"number": number or issued.public_id, "sha256": "0" * 64 if not number else issued.sha256}
        told = _text(Client().post("/statements/verify/", body))
        assert "We issued this file" not in told

    def test_unknown_number_and_wrong_hash_read_alike(self, issued: Statement) -> None:
        wrong = Client().post("/statements/verify/", {"number": issued.public_id, "sha256": "0" * 64})
        unknown = Client().post("/statements/verify/", {"number": "stm_" + "a" * 26, "sha256": issued.sha256})
        assert "We did not issue this file" in _text(wrong)
        assert "We did not issue this file" in _text(unknown)

    def test_what_was_only_asked_for_is_not_issued(self, alice: User) -> None:
        waiting = asked(alice, now().date(), now().date())
        told = _text(Client().post("/statements/verify/", {"number": waiting.public_id, "sha256": "0" * 64}))
        assert "We did not issue this file" in told

    def test_a_hash_of_another_shape_is_said(self) -> None:
        answer = Client().post("/statements/verify/", {"number": "stm_" + "a" * 26, "sha256": "abc"})
        assert answer.status_code == 422
        assert "A SHA-256 has 64 digits and letters from a to f." in _text(answer)

    def test_has_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(ratelimit.RATES, "lookup", ratelimit.Rate(3, 3600, "person"))
        client = Client()
        body = {"number": "stm_" + "a" * 26, "sha256": "0" * 64}
        answers = [client.post("/statements/verify/", body).status_code for _ in range(5)]
        assert answers == [200, 200, 200, 429, 429]

    def test_in_chinese(self) -> None:
        told = _text(Client().get("/statements/verify/", headers={"Accept-Language": "zh-Hans"}))
        assert "核对对账单" in told


def test_a_person_without_a_wallet_is_told_when_it_opens(db: None) -> None:
    user = make_person("later")
    user.verified_at = None
    user.save(update_fields=["verified_at"])
    assert browser(user).get("/statements/").status_code == 200
