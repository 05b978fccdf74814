"""The pages of sending: every step survives back, reload, a second tab and a double click; no JavaScript anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.factories.people import PIN, available_minor
from tests.factories.transfers import known_payee, send
from transfers.p2p import policy
from transfers.p2p.models import Transfer
from transfers.payees.policy import public_id

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User


@pytest.fixture(autouse=True)
def _fresh_limits(settings: SettingsWrapper) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.identity.backends.WalletBackend")
    return client


@pytest.fixture
def web(alice: User) -> Client:
    return browser(alice)


def text(response: Any) -> str:
    return str(response.content.decode())


def seen(response: Any) -> str:
    found = re.search(r'name="seen" value="(\w+)"', text(response))
    assert found is not None
    return found.group(1)


def at_amount(web: Client, typed: str = "@bob") -> str:
    """Names somebody; the address of the next step."""
    response = web.post("/send/", {"identifier": typed})
    assert response.status_code == 302, text(response)
    return str(response.url)


def at_review(web: Client, amount: str = "42.50", note: str = "dinner") -> str:
    """Up to the review; its address."""
    response = web.post(at_amount(web), {"amount": amount, "currency": "EUR", "note": note})
    assert response.status_code == 302, text(response)
    return str(response.url)


def press_send(web: Client, review: str) -> Any:
    return web.post(review, {"seen": seen(web.get(review))})


class TestWhom:
    def test_begins_with_the_people_paid_before(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob)
        page = text(web.get("/send/"))
        assert "Bob E•••" in page
        assert "Paid once" in page

    def test_takes_somebody_paid_before(self, web: Client, alice: User, bob: User) -> None:
        response = web.post("/send/", {"payee": public_id(known_payee(alice, bob))})
        assert "How much do you want to send to Bob E•••?" in text(web.get(response.url))

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "Enter a handle"),
            ("@alice", "your own handle"),
            ("x" * 300, "too long"),
            ("??", "handle"),
        ],
    )
    def test_says_what_is_wrong(self, web: Client, typed: str, words: str) -> None:
        response = web.post("/send/", {"identifier": typed})
        assert response.status_code == 422
        assert words in text(response)
        assert "<title>Error:" in text(response)

    def test_does_not_tell_whether_a_stranger_has_a_wallet(self, web: Client, bob: User) -> None:
        known = web.get(at_amount(web, "bob@example.com"))
        unknown = web.get(at_amount(web, "rob@example.com"))
        words = [
            re.sub(r'[br]•••@|/send/[^/"]+/|csrfmiddlewaretoken" value="\w+"|>[BR]<', "", text(page))
            for page in (known, unknown)
        ]
        assert words[0] == words[1]

    def test_is_404_for_somebody_elses_payee(self, alice: User, bob: User, mallory: User) -> None:
        payee = known_payee(alice, bob)
        assert browser(mallory).post("/send/", {"payee": public_id(payee)}).status_code == 404


class TestHowMuch:
    @pytest.mark.parametrize(
        "amount", ["", "0", "-1", "1.001", "1e3", "NaN", "9e99", "abc", "1,2,3", "1.2.3", "9" * 40, "+5", "∞"]
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, web: Client, bob: User, amount: str) -> None:
        response = web.post(at_amount(web), {"amount": amount, "currency": "EUR", "note": "for you"})
        page = text(response)
        assert response.status_code == 422
        assert "There is a problem" in page
        assert 'value="for you"' in page
        assert Transfer.objects.count() == 0

    def test_says_how_much_there_is(self, web: Client, bob: User) -> None:
        response = web.post(at_amount(web), {"amount": "300.01", "currency": "EUR", "note": ""})
        assert response.status_code == 422
        assert "You have €300.00 to send." in text(response)

    def test_refuses_a_note_of_ten_thousand_characters(self, web: Client, bob: User) -> None:
        response = web.post(at_amount(web), {"amount": "1", "currency": "EUR", "note": "x" * 10_000})
        assert response.status_code == 422
        assert "up to 140 characters" in text(response)

    def test_refuses_a_currency_without_a_wallet(self, web: Client, bob: User) -> None:
        assert web.post(at_amount(web), {"amount": "1", "currency": "USD", "note": ""}).status_code == 422

    def test_comes_back_with_everything_after_the_tab_was_closed(self, web: Client, bob: User) -> None:
        review = at_review(web)
        page = text(web.get(review.replace("review", "amount")))
        assert 'value="42.50"' in page
        assert 'value="dinner"' in page

    def test_shows_what_is_left_before_typing(self, web: Client, bob: User) -> None:
        page = text(web.get(at_amount(web)))
        assert "You can send up to €500.00 more today." in page
        assert "Available in EUR: €300.00" in page


class TestReview:
    def test_says_whom_how_much_the_fee_and_that_it_is_the_first_time(self, web: Client, bob: User) -> None:
        page = text(web.get(at_review(web)))
        for words in ("Send €42.50 to Bob E•••", "€0.00", "At once", "You have never paid this person.", "dinner"):
            assert words in page

    def test_escapes_what_was_typed(self, web: Client, bob: User) -> None:
        page = text(web.get(at_review(web, note="<script>alert(1)</script>")))
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_leads_to_the_confirmation_and_sends_with_the_pin(self, web: Client, alice: User, bob: User) -> None:
        response = press_send(web, at_review(web))
        assert response.status_code == 302
        assert response.url.startswith("/confirm/chl_")
        assert "€42.50" in text(web.get(response.url))
        assert web.post(response.url, {"method": "pin", "code": PIN}).status_code == 302
        assert (available_minor(alice), available_minor(bob)) == (25_750, 4_250)

    def test_sends_at_once_to_a_trusted_payee(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob, trusted=True)
        response = press_send(web, at_review(web))
        made = Transfer.objects.get()
        assert response.url == f"/transfers/{policy.public_id(made)}/"
        assert "You sent €42.50 to Bob E•••" in text(web.get(response.url))

    def test_sends_once_however_often_it_is_pressed(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob, trusted=True)
        review = at_review(web)
        mark = seen(web.get(review))
        answers = [web.post(review, {"seen": mark}).url for _ in range(3)]
        assert len(set(answers)) == 1
        assert (Transfer.objects.count(), available_minor(bob)) == (1, 4_250)

    def test_leads_back_to_the_receipt_from_every_earlier_step(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob, trusted=True)
        review = at_review(web)
        receipt = press_send(web, review).url
        assert web.get(review).url == receipt
        assert web.get(review.replace("review", "amount")).url == receipt
        assert web.post(review.replace("review", "amount"), {"amount": "1", "currency": "EUR"}).url == receipt

    def test_asks_again_when_another_tab_changed_the_amount(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob, trusted=True)
        review = at_review(web, amount="10")
        mark = seen(web.get(review))
        web.post(review.replace("review", "amount"), {"amount": "200", "currency": "EUR", "note": "dinner"})
        response = web.post(review, {"seen": mark})
        assert response.status_code == 409
        assert "changed in another tab" in text(response)
        assert Transfer.objects.count() == 0

    def test_says_when_they_cannot_receive(self, web: Client, alice: User) -> None:
        review = str(web.post(at_amount(web, "@nobody"), {"amount": "5", "currency": "EUR", "note": ""}).url)
        response = press_send(web, review)
        assert response.status_code == 422
        for words in ("receive money", "No money has moved"):
            assert words in text(response)
        assert available_minor(alice) == 30_000

    def test_leads_to_the_pin_when_none_is_set_and_back(self, mallory: User, bob: User) -> None:
        from ledger.money import Money
        from tests.factories.people import give_money

        give_money(mallory, Money(10_000, "EUR"))
        web = browser(mallory)
        review = at_review(web)
        response = press_send(web, review)
        assert response.url == f"/security/pin/?next={review.replace('/', '%2F')}"
        assert web.get(review).status_code == 200


class TestADraftThatIsGone:
    @pytest.mark.parametrize("step", ["amount", "review"])
    def test_is_a_clear_page(self, web: Client, step: str) -> None:
        for response in (web.get(f"/send/nothing/{step}/"), web.post(f"/send/nothing/{step}/", {"seen": "x"})):
            assert response.status_code == 404
            assert "no money has moved" in text(response)

    def test_is_the_same_for_somebody_elses(self, web: Client, bob: User, mallory: User) -> None:
        assert browser(mallory).get(at_review(web)).status_code == 404

    def test_finds_the_receipt_when_only_the_session_forgot(self, web: Client, alice: User, bob: User) -> None:
        known_payee(alice, bob, trusted=True)
        review = at_review(web)
        receipt = press_send(web, review).url
        assert browser(alice).get(review).url == receipt


class TestReceipt:
    def test_shows_each_side_its_own(self, web: Client, alice: User, bob: User) -> None:
        made = send(alice, known_payee(alice, bob, trusted=True), 4_250, note="dinner").transfer
        address = f"/transfers/{policy.public_id(made)}/"
        mine, theirs = text(web.get(address)), text(browser(bob).get(address))
        for words in ("You sent €42.50 to Bob E•••", "dinner", policy.public_id(made), "Fee", "Arrived"):
            assert words in mine
        for words in ("Alice E••• sent you €42.50", "dinner", policy.public_id(made)):
            assert words in theirs
        assert "Example" not in theirs.replace("Bob Example", "")
        assert "alice@" not in theirs

    def test_is_404_for_strangers_and_for_the_receiver_while_it_waits(
        self, web: Client, alice: User, bob: User, mallory: User
    ) -> None:
        waits = send(alice, known_payee(alice, bob), 4_250).transfer
        address = f"/transfers/{policy.public_id(waits)}/"
        assert web.get(address).status_code == 200
        for stranger in (bob, mallory):
            for path in (address, f"{address}cancel/"):
                assert browser(stranger).get(path).status_code == 404
            for path in (f"{address}cancel/", f"{address}confirm/"):
                assert browser(stranger).post(path).status_code == 404
        waits.refresh_from_db()
        assert waits.status == "AWAITING_STEP_UP"

    def test_of_what_waits_offers_to_confirm_or_cancel(self, web: Client, alice: User, bob: User) -> None:
        sent = send(alice, known_payee(alice, bob), 4_250)
        address = f"/transfers/{policy.public_id(sent.transfer)}/"
        page = text(web.get(address))
        assert "is waiting for you to confirm it" in page
        assert web.post(f"{address}confirm/").url == f"/confirm/{sent.challenge.public_id}/"
        assert "Cancel this payment?" in text(web.get(f"{address}cancel/"))
        assert web.post(f"{address}cancel/").url == address
        assert "You cancelled €42.50 to Bob E•••" in text(web.get(address))
        assert available_minor(alice) == 30_000

    def test_reads_in_chinese_dates_and_all(self, web: Client, alice: User, bob: User) -> None:
        made = send(alice, known_payee(alice, bob, trusted=True), 100).transfer
        response = web.get(f"/transfers/{policy.public_id(made)}/", headers={"Accept-Language": "zh-Hans"})
        assert response.status_code == 200

    def test_needs_a_login(self, db: None) -> None:
        for path in ("/send/", "/send/x/amount/", "/send/x/review/", "/transfers/trf_x/"):
            assert Client().get(path).status_code == 302
