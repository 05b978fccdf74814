"""Home and activity as pages: what they show, what they cost, and what they do with bad input."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.activity.models import ActivityItem
from accounts.activity.presentation import public_id
from accounts.stepup import services as stepup
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from tests.factories.activity import happened
from tests.factories.people import give_money, now
from tests.factories.sessions import browser
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from pytest_django import DjangoAssertMaxNumQueries

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


def _text(response: object) -> str:
    """The words of a page, without markup and with single spaces."""
    html = response.content.decode()  # type: ignore[attr-defined]  # a response
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestHome:
    def test_shows_the_balance_the_actions_and_the_newest(self, alice: User) -> None:
        happened(alice, -4_250, note="Dinner")
        page = browser(alice).get("/home/")
        told = _text(page)
        assert page.status_code == 200
        assert "Available €300.00" in told
        assert "All of it can be used now." in told
        assert "Mei C••• Sent · Dinner −42.50 EUR" in told
        assert "Added money" in told
        for address in ("/send/", "/add-money/", "/withdraw/", "/activity/"):
            assert f'href="{address}"' in page.content.decode()

    def test_says_why_money_is_not_available(self, alice: User) -> None:
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        with db.transaction():
            ledger.place_hold(
                hold_id=uuid4(),
                account_id=wallet.id,
                amount=Money(4_250, "EUR"),
                reason="TRANSFER",
                expires_at=None,
                at=now(),
            )
        told = _text(browser(alice).get("/home/"))
        assert "Available €257.50" in told
        assert "€42.50 more is not available yet" in told
        assert "€42.50 is held for payments that are not finished." in told

    def test_asks_for_a_pin_where_there_is_none(self, alice: User, mallory: User) -> None:
        assert "Set your payment PIN" in _text(browser(mallory).get("/home/"))
        assert "Set your payment PIN" not in _text(browser(alice).get("/home/"))

    @pytest.mark.parametrize("newer", [0, 20])
    def test_shows_a_payment_that_waits_also_below_newer_ones(self, alice: User, newer: int) -> None:
        challenge = _awaiting(alice)
        for _ in range(newer):
            happened(alice)
        page = browser(alice).get("/home/")
        told = _text(page)
        assert "Confirm €42.50 to Mei C•••" in told
        assert "Dinner" in told
        assert f'href="/confirm/{challenge}/"' in page.content.decode()

    def test_groups_by_the_persons_own_days(self, alice: User) -> None:
        happened(alice, note="earlier", occurred_at=now() - timedelta(days=1))
        told = _text(browser(alice).get("/home/"))
        assert told.index("Today") < told.index("Yesterday") < told.index("earlier")

    def test_an_empty_wallet_says_what_to_do(self, bob: User) -> None:
        told = _text(browser(bob).get("/home/"))
        assert "Available €0.00" in told
        assert "Nothing here yet" in told

    def test_staff_without_a_wallet_see_none(self, dave: User) -> None:
        page = browser(dave).get("/home/")
        assert page.status_code == 403
        assert "€" not in _text(page)

    @pytest.mark.parametrize("history", [0, 60])
    def test_takes_at_most_eight_queries(
        self, alice: User, history: int, django_assert_max_num_queries: DjangoAssertMaxNumQueries
    ) -> None:
        _awaiting(alice)
        for _ in range(history):
            happened(alice)
        client = browser(alice)
        client.get("/home/")
        with django_assert_max_num_queries(8):
            assert client.get("/home/").status_code == 200

    def test_strangers_are_sent_to_sign_in(self) -> None:
        answer = Client().get("/home/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/account/login/?next=/home/")


class TestFeed:
    @pytest.fixture(autouse=True)
    def _history(self, bob: User) -> None:
        for number in range(60):
            happened(bob, -100 - number, note=f"note{number}", occurred_at=now() - timedelta(minutes=number))

    def test_shows_a_page_and_the_way_on(self, bob: User) -> None:
        client = browser(bob)
        seen: list[str] = []
        address = "/activity/"
        while address:
            html = client.get(address).content.decode()
            seen += re.findall(r"note\d+", html)
            way_on = re.search(r'class="load-more"><a[^>]* href="([^"]+)"', html)
            address = way_on[1].replace("&amp;", "&") if way_on else ""
        assert seen == [f"note{number}" for number in range(60)]

    def test_htmx_gets_rows_alone_and_no_second_heading_of_a_day(self, bob: User) -> None:
        ActivityItem.objects.filter(user=bob).update(occurred_at=now() - timedelta(hours=1))
        client = browser(bob)
        html = client.get("/activity/").content.decode()
        address = re.search(r'hx-get="([^"]+)"', html)
        assert address is not None
        fragment = client.get(address[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in fragment
        assert "<h3" not in fragment
        assert fragment.count('class="row"') == 25

    def test_filters_stand_in_the_address_and_stay_on_the_way_on(self, bob: User) -> None:
        html = browser(bob).get("/activity/", {"type": "sent", "min": "1.10"}).content.decode()
        assert html.count('class="row"') == 25
        assert "note9<" not in html
        assert re.search(r'href="/activity/\?type=sent&amp;min=1\.10&amp;cursor=', html)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({"q": "note7"}, ["note7"]),
            ({"q": "nothing"}, []),
            ({"type": "received"}, []),
            ({"min": "1.58", "max": "1.59"}, ["note58", "note59"]),
            ({"since": "2001-01-01", "until": "2001-01-02"}, []),
        ],
    )
    def test_filters(self, bob: User, query: dict[str, str], found: list[str]) -> None:
        page = browser(bob).get("/activity/", query)
        assert page.status_code == 200
        assert re.findall(r"(?<=· )note\d+", page.content.decode()) == found
        assert ("Nothing matches" in _text(page)) is (not found)

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ({"type": "magic"}, "magic"),
            ({"min": "abc"}, ""),
            ({"min": "-1"}, ""),
            ({"max": "1.001"}, ""),
            ({"min": "9e99"}, ""),
            ({"min": "5", "max": "4"}, "The upper amount is less than the lower one."),
            ({"since": "31.12.2026"}, ""),
            ({"since": "9999-12-31"}, "Enter a date between 2000 and 2100."),
            ({"until": "0001-01-01"}, "Enter a date between 2000 and 2100."),
            ({"since": "2026-02-02", "until": "2026-02-01"}, "The last day is before the first one."),
            ({"q": "x" * 101}, ""),
        ],
    )
    def test_bad_filters_are_said_and_show_nothing(self, bob: User, query: dict[str, str], said: str) -> None:
        page = browser(bob).get("/activity/", query)
        assert page.status_code == 422
        assert said in _text(page)
        assert "note1" not in page.content.decode()

    @pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "W10", "=" * 10, "\x00"])
    def test_a_bad_position_is_refused(self, bob: User, cursor: str) -> None:
        assert browser(bob).get("/activity/", {"cursor": cursor}).status_code == 400

    def test_takes_at_most_eight_queries(
        self, bob: User, django_assert_max_num_queries: DjangoAssertMaxNumQueries
    ) -> None:
        client = browser(bob)
        client.get("/activity/")
        with django_assert_max_num_queries(8):
            assert client.get("/activity/", {"q": "note"}).status_code == 200


class TestItem:
    def test_leads_to_the_operations_own_page(self, alice: User) -> None:
        made = happened(alice)
        answer = browser(alice).get(f"/activity/{public_id(made)}/")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/transfers/{made.reference}/")

    def test_shows_an_operation_without_a_page(self, alice: User) -> None:
        made = happened(alice, -4_250, url_name="", note="Dinner")
        told = _text(browser(alice).get(f"/activity/{public_id(made)}/"))
        for word in ("Mei C•••", "−€42.50", "Completed", "Dinner", made.reference):
            assert word in told

    @pytest.mark.parametrize("name", ["act_x", "trf_aaaaaaaaaaaaaaaaaaaaaaaaaa", ids.public("act", UUID(int=7))])
    def test_of_nobody_is_not_found(self, alice: User, name: str) -> None:
        assert browser(alice).get(f"/activity/{name}/").status_code == 404

    def test_of_somebody_else_is_not_found(self, alice: User, mallory: User) -> None:
        assert browser(mallory).get(f"/activity/{public_id(happened(alice))}/").status_code == 404


class TestLimitsPage:
    def test_says_what_is_left(self, alice: User) -> None:
        told = _text(browser(alice).get("/settings/limits/"))
        assert "€1,000.00 left today" in told
        assert "€500.00 left today" in told


def test_in_chinese(alice: User) -> None:
    alice.language = "zh-hans"
    alice.save(update_fields=["language"])
    give_money(alice, Money(1, "EUR"))
    client = browser(alice)
    client.cookies["language"] = "zh-hans"
    page = client.get("/home/")
    assert page.status_code == 200
    assert 'lang="zh-hans"' in page.content.decode().lower()


def _awaiting(user: User) -> str:
    """A payment of EUR 42.50 that waits for its PIN; the challenge's public id."""
    item = happened(user, -4_250, note="Dinner", state="AWAITING_STEP_UP", occurred_at=now() - timedelta(minutes=1))
    with db.transaction():
        challenge = stepup.open_challenge(
            user=user, purpose="transfer", subject_id=item.subject_id, payload={"amount_minor": 4_250}, at=now()
        )
    return challenge.public_id
