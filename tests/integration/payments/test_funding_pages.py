"""The pages of adding money: back, reload, double click, closed tab and an ended session included; no JavaScript."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.identity.models import User
from accounts.wallets.services import open_wallet
from payments.funding.models import TopUp
from tests.factories.people import ORIGIN, now
from tests.factories.sessions import browser
from tests.factories.top_ups import (
    NothingMoves,
    answer_bank,
    enter_card,
    euros,
    paid,
    settle,
    start,
    wish,
)
from wallet_project.lib import ids

if TYPE_CHECKING:
    from tests.fakes.simulator import Simulator

KEY = re.compile(r'name="idempotency_key" value="([0-9a-f-]{36})"')


@pytest.fixture
def web(cards: Simulator, bob: User) -> Client:
    return browser(bob)


def text(response: Any) -> str:
    return str(response.content.decode())


def key_in(response: Any) -> str:
    found = KEY.search(text(response))
    assert found is not None
    return found.group(1)


def page_of(top_up: TopUp, part: str = "") -> str:
    return f"/top-ups/{ids.public('top', top_up.pk)}/{part}"


def add(web: Client, amount: str, *, key: str | None = None, currency: str = "EUR", **headers: str) -> Any:
    form = {"amount": amount, "currency": currency, "idempotency_key": key or str(uuid4())}
    return web.post("/add-money/", form, headers=headers)


class TestForm:
    def test_says_what_is_left_and_what_can_be_sent_when(self, web: Client) -> None:
        page = text(web.get("/add-money/"))
        assert "You can add €1,000.00 more today." in page
        assert "€100.00 at once, the rest after 3 days" in page

    def test_says_it_as_it_is_now(self, web: Client, cards: Simulator, bob: User) -> None:
        paid(cards, bob, 15_000)
        page = text(web.get("/add-money/"))
        assert "You can add €850.00 more today." in page
        assert "After 3 days" in page

    def test_each_visit_has_a_key_of_its_own(self, web: Client) -> None:
        assert key_in(web.get("/add-money/")) != key_in(web.get("/add-money/"))

    def test_suggests_amounts_that_fill_the_field_without_javascript(self, web: Client) -> None:
        page = text(web.get("/add-money/"))
        assert 'href="?currency=EUR&amp;amount=20"' in page
        assert 'value="20"' in text(web.get("/add-money/?currency=EUR&amount=20"))

    def test_suggests_nothing_beyond_the_limit(self, web: Client, bob: User) -> None:
        wish(bob, 96_000)
        page = text(web.get("/add-money/"))
        assert "amount=20" in page
        assert "amount=50" not in page

    def test_a_second_wallet_can_be_chosen(self, web: Client, bob: User) -> None:
        open_wallet(user=bob, currency="USD", at=now(), origin=ORIGIN)
        page = text(web.get("/add-money/?currency=USD"))
        assert 'name="currency" value="USD"' in page
        assert "You can add $1,100.00 more today." in page

    @pytest.mark.parametrize("query", ["currency=ZZZ", "amount=" + "9" * 500, "amount=%00", "currency=%ff"])
    def test_an_odd_address_is_the_form(self, web: Client, query: str) -> None:
        response = web.get(f"/add-money/?{query}")
        assert response.status_code == 200
        assert 'name="currency" value="EUR"' in text(response)

    def test_somebody_without_a_wallet_is_told(self, cards: Simulator, db: None) -> None:
        response = browser(User.objects.create_user(handle="nobody")).get("/add-money/")
        assert response.status_code == 200
        assert "You have no wallet that cards can pay into." in text(response)
        assert "<form" not in text(response).split('id="main"')[1]

    def test_needs_a_session(self, db: None) -> None:
        response = Client().get("/add-money/")
        assert response.status_code == 302
        assert response["Location"] == "/account/login/?next=/add-money/"

    def test_may_lead_to_the_card_page_and_nowhere_else(self, web: Client, cards: Simulator) -> None:
        policy = web.get("/add-money/")["Content-Security-Policy"]
        (form_action,) = [part for part in policy.split("; ") if part.startswith("form-action")]
        assert "*" not in form_action
        assert "'self'" in form_action


class TestContinue:
    def test_leads_straight_to_the_providers_page(self, web: Client, cards: Simulator, bob: User) -> None:
        response = add(web, "25.50")
        row = TopUp.objects.get(user=bob)
        assert (response.status_code, response["Location"]) == (302, row.redirect_url)
        assert (row.amount_minor, row.status) == (2_550, "AWAITING_ACTION")

    def test_a_double_click_is_one_top_up(self, web: Client, bob: User) -> None:
        key = key_in(web.get("/add-money/"))
        first, second = add(web, "25", key=key), add(web, "25", key=key)
        assert first["Location"] == second["Location"]
        assert TopUp.objects.filter(user=bob).count() == 1

    def test_back_and_another_amount_asks_once_more_with_a_new_key(self, web: Client, bob: User) -> None:
        key = key_in(web.get("/add-money/"))
        add(web, "25", key=key)
        with NothingMoves(bob):
            response = add(web, "30", key=key)
        assert response.status_code == 422
        assert key_in(response) != key
        assert add(web, "30", key=key_in(response)).status_code == 302

    def test_back_after_it_was_credited_shows_it_and_adds_nothing(
        self, web: Client, cards: Simulator, bob: User
    ) -> None:
        key = key_in(web.get("/add-money/"))
        add(web, "25", key=key)
        row = TopUp.objects.get(user=bob)
        enter_card(cards, row)
        settle(row)
        with NothingMoves(bob):
            assert add(web, "25", key=key)["Location"] == page_of(row)

    def test_a_silent_provider_leads_to_the_page_that_waits(self, web: Client, cards: Simulator, bob: User) -> None:
        cards.order("faults", kind="drop_before", times=1)
        response = add(web, "25")
        row = TopUp.objects.get(user=bob)
        assert response["Location"] == page_of(row)
        assert "Our card partner has not answered yet. No money moved." in text(web.get(page_of(row)))
        settle(row)
        assert "Continue to the card page" in text(web.get(page_of(row)))

    def test_full_width_digits_are_digits(self, web: Client, bob: User) -> None:
        assert add(web, " １２．５０ ").status_code == 302
        assert TopUp.objects.get(user=bob).amount_minor == 1_250


class TestBadInput:
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize(
        "typed",
        [
            "0",
            "-1",
            "1.001",
            "1e3",
            "NaN",
            "9e99",
            "",
            "   ",
            "9" * 41,
            "9" * 32,
            "abc",
            "1,2,3",
            "1 000 000 000 000",
            "€25",
            "٢٥",
            "\u202e25",
            "0.99",
            "1000.01",
            "<script>alert(1)</script>",
        ],
    )
    def test_is_said_at_the_field_and_nothing_moves(self, web: Client, bob: User, typed: str, language: str) -> None:
        web.cookies["django_language"] = language
        with NothingMoves(bob):
            response = add(web, typed, **{"Accept-Language": language})
        assert response.status_code == 422, text(response)
        assert 'id="id_amount_error"' in text(response)
        assert "<script>alert" not in text(response)

    def test_the_limit_is_named_where_the_amount_was_typed(self, web: Client) -> None:
        page = text(add(web, "5000"))
        assert "More than your limit: you can add at most €1,000.00 now." in page
        assert 'value="5000"' in page

    def test_a_used_up_limit_is_said_as_that(self, web: Client, bob: User) -> None:
        wish(bob, 99_950)
        assert "You have reached your limit for today. It resets at midnight." in text(add(web, "5"))

    def test_the_smallest_amount_is_named(self, web: Client) -> None:
        assert "A card payment must be at least €1.00." in text(add(web, "0.50"))

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"currency": "ZZZ"}, 422),
            ({"currency": "USD"}, 422),
            ({"currency": "JPY"}, 422),
            ({"currency": ""}, 422),
            ({"currency": "E\x00R"}, 422),
            ({"idempotency_key": "x"}, 422),
            ({"idempotency_key": ""}, 422),
            ({"amount": "1\x00"}, 422),
        ],
    )
    def test_a_form_that_was_tampered_with_moves_nothing(
        self, web: Client, bob: User, change: dict[str, str], status: int
    ) -> None:
        form = {"amount": "25", "currency": "EUR", "idempotency_key": str(uuid4())} | change
        with NothingMoves(bob):
            assert web.post("/add-money/", form).status_code == status

    def test_a_broken_key_is_replaced_so_that_the_next_try_works(self, web: Client) -> None:
        response = add(web, "25", key="broken")
        assert "Send the form once more." in text(response)
        assert add(web, "25", key=key_in(response)).status_code == 302

    def test_a_frozen_person_is_told(self, web: Client, bob: User) -> None:
        type(bob).objects.filter(pk=bob.pk).update(state="FROZEN")
        with NothingMoves(bob):
            response = add(web, "25")
        assert response.status_code == 422
        assert "Wallet frozen" in text(response)


class TestReturn:
    def test_the_person_comes_back_and_the_money_is_there(self, web: Client, cards: Simulator, bob: User) -> None:
        add(web, "150")
        row = TopUp.objects.get(user=bob)
        back = enter_card(cards, row).headers["Location"]
        assert back.endswith(page_of(row, "return/"))
        response = web.get(page_of(row, "return/"))
        assert response["Location"] == page_of(row)
        page = text(web.get(page_of(row)))
        assert "€150.00 was added" in page
        assert "You can send €100.00 at once, and €50.00 from" in page
        assert "Visa •••• 4242" in page
        assert euros(bob) == (10_000, 5_000)

    def test_reloading_changes_nothing(self, web: Client, cards: Simulator, bob: User) -> None:
        row = paid(cards, bob)
        with NothingMoves(bob):
            for _ in range(3):
                assert web.get(page_of(row, "return/")).status_code == 302
                assert "€25.00 was added" in text(web.get(page_of(row)))

    @pytest.mark.parametrize(
        ("card", "sentence"),
        [
            ("4000000000000002", "Your bank declined the card."),
            ("4000000000009995", "There is not enough money on the card."),
            ("4000000000009987", "Your bank declined the card."),
            ("4000000000000069", "The card has expired."),
            ("4000000000000127", "The security code did not match."),
            ("4000000000000119", "The bank could not process the payment."),
            ("4242424242424241", "The card number is not valid."),
            ("4000000000006975", "The card was used too many times in a short while."),
            ("4000008400001280", "Your bank could not be reached."),
        ],
    )
    def test_each_decline_has_its_sentence(
        self, web: Client, cards: Simulator, bob: User, card: str, sentence: str
    ) -> None:
        row = start(bob)
        back = enter_card(cards, row, card).headers["Location"]
        assert back.endswith("return/?stopped=1")
        web.get(page_of(row, "return/?stopped=1"))
        page = text(web.get(page_of(row)))
        assert "€25.00 was not added" in page
        assert sentence in page
        assert "No money moved." in page
        assert "?currency=EUR&amp;amount=25" in page

    def test_going_back_from_the_card_page_keeps_it_open(self, web: Client, cards: Simulator, bob: User) -> None:
        row = start(bob)
        web.get(page_of(row, "return/?stopped=1"))
        page = text(web.get(page_of(row)))
        assert "No payment has reached us yet." in page
        assert row.redirect_url in page

    def test_three_d_secure_given_up_can_be_taken_up_again(self, web: Client, cards: Simulator, bob: User) -> None:
        row = start(bob)
        enter_card(cards, row, "4000002500003155")
        answer_bank(cards, row, "abandon")
        web.get(page_of(row, "return/?stopped=1"))
        assert "Continue to the card page" in text(web.get(page_of(row)))
        enter_card(cards, row, "4000002500003155")
        answer_bank(cards, row, "approve")
        web.get(page_of(row, "return/"))
        assert "€25.00 was added" in text(web.get(page_of(row)))

    def test_three_d_secure_refused_is_said(self, web: Client, cards: Simulator, bob: User) -> None:
        row = start(bob)
        enter_card(cards, row, "4000002500003155")
        answer_bank(cards, row, "fail")
        web.get(page_of(row, "return/?stopped=1"))
        assert "The payment was not confirmed with your bank." in text(web.get(page_of(row)))

    def test_a_provider_that_does_not_answer_is_never_a_failure(self, web: Client, cards: Simulator, bob: User) -> None:
        row = start(bob)
        enter_card(cards, row)
        cards.order("faults", kind="error_before", times=1, status=500)
        response = web.get(page_of(row, "return/"))
        assert response["Location"] == page_of(row, "?asking=1")
        page = text(web.get(response["Location"]))
        assert "If you have paid, this page updates by itself and you do not need to pay again." in page
        assert "was not added" not in page

    def test_without_a_session_the_money_is_credited_and_nothing_is_told(
        self, cards: Simulator, bob: User, mallory: User
    ) -> None:
        row = start(bob)
        enter_card(cards, row)
        for stranger in (Client(), browser(mallory)):
            page = text(stranger.get(page_of(row, "return/")))
            assert "You can go back to the app" in page
            assert "25" not in re.sub(r"<[^>]+>", "", page)
            assert f"next={page_of(row)}" in page.replace("%2F", "/")
        assert euros(bob) == (2_500, 0)

    def test_an_unknown_one_is_404(self, web: Client) -> None:
        for name in ("x", "top_" + "a" * 26, ids.public("top", ids.uuid7())):
            assert web.get(f"/top-ups/{name}/return/").status_code == 404
