"""The pages of withdrawing: back, reload, double click and a closed tab included; no JavaScript anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ledger.money import Money
from payments.banking.models import BankAccount, Withdrawal
from tests.factories.people import PIN, available_minor, give_money
from tests.factories.sessions import browser
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
    submitted,
)

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User

SEEN = re.compile(r'name="seen" value="([\w-]+)"')


@pytest.fixture(autouse=True)
def _fresh_limits(settings: SettingsWrapper) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def web(alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def erin(db: None) -> User:
    """An officer with the role's permissions."""
    return make_officer("erin", "compliance")


@pytest.fixture
def account(alice: User) -> BankAccount:
    return add_account(alice)


def text(response: Any) -> str:
    """The page, its masked IBANs with ordinary spaces."""
    return str(response.content.decode()).replace("\u00a0", " ")


def main_of(response: Any) -> str:
    return text(response).split('id="main"')[1]


def at_review(web: Client, account: BankAccount, amount: str = "25.50") -> str:
    """Up to the review; its address."""
    response = web.post("/withdraw/", {"amount": amount, "account": public(account)})
    assert response.status_code == 302, text(response)
    return str(response["Location"])


def press(web: Client, review: str) -> Any:
    found = SEEN.search(text(web.get(review)))
    assert found is not None
    return web.post(review, {"seen": found.group(1)})


class TestBankAccounts:
    def test_begins_empty_and_leads_to_adding_one(self, web: Client) -> None:
        page = text(web.get("/bank-accounts/"))
        assert "No bank account yet" in page
        assert 'href="/bank-accounts/add/"' in page

    def test_adds_one_with_spaces_and_the_pin(self, web: Client, alice: User) -> None:
        form = {"iban": "de89 3704 0044 0532 0130 00", "holder_name": "Alice Example", "bic": ""}
        response = web.post("/bank-accounts/add/", form)
        assert response.status_code == 302, text(response)
        row = BankAccount.objects.get(user=alice)
        assert (row.status, row.bic, row.bank_name) == ("AWAITING_STEP_UP", "COBADEFFXXX", "Commerzbank")
        assert "Alice Example" in text(web.get(response["Location"]))
        confirmed = web.post(response["Location"], {"method": "pin", "code": PIN})
        assert confirmed.status_code == 302, text(confirmed)
        page = text(web.get(confirmed["Location"]))
        assert "DE•• •••• 3000" in page
        assert "You can use it at once." in page
        assert IBAN not in page.replace(" ", "")
        row.refresh_from_db()
        assert row.status == "ACTIVE"

    def test_comes_back_to_the_withdrawal(self, web: Client, alice: User) -> None:
        form = {"iban": IBAN, "holder_name": "Alice Example"}
        response = web.post("/bank-accounts/add/?then=withdraw", form)
        onward = web.post(response["Location"], {"method": "pin", "code": PIN})
        assert onward["Location"] == f"/withdraw/?account={public(BankAccount.objects.get(user=alice))}"
        assert "DE•• •••• 3000" in text(web.get(onward["Location"]))

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize(
        ("field", "typed", "words"),
        [
            ("iban", "", "Enter the IBAN of your bank account."),
            ("iban", "DE89 3704 0044 0532 0130 0", "too short or too long"),
            ("iban", "DE89 3704 0044 0532 0130 001", "too short or too long"),
            ("iban", "DE98 3704 0044 0532 0130 00", "do not fit together"),
            ("iban", "QQ89 3704 0044 0532 0130 00", "two letters of its country"),
            ("iban", "DE89 3704 0044 0532 0130 0!", "only letters and digits"),
            ("iban", "hello", ""),
            ("iban", "\u202e" + IBAN, "only letters and digits"),
            ("iban", "<script>alert(1)</script>", ""),
            ("iban", "D" * 65, "Enter the IBAN alone"),
            ("iban", "BR1800360305000010009795493C1", "We cannot pay into accounts of this country yet."),
            ("holder_name", "", "Enter the name of the account holder."),
            ("holder_name", "   ", "Enter the name of the account holder."),
            ("holder_name", "12345", ""),
            ("holder_name", "A" * 71, "Enter a name of up to 70 characters."),
            ("bic", "COBA", ""),
            ("bic", "BNPAFRPP", "This BIC is of another country than the IBAN."),
        ],
    )
    def test_says_at_the_field_what_is_wrong(
        self, web: Client, alice: User, field: str, typed: str, words: str, language: str
    ) -> None:
        web.cookies["django_language"] = language
        form = {"iban": IBAN, "holder_name": "Alice Example", "bic": ""} | {field: typed}
        response = web.post("/bank-accounts/add/", form, headers={"Accept-Language": language})
        page = text(response)
        assert response.status_code == 422, page
        assert f'id="id_{field}_error"' in page
        assert "<script>alert" not in page
        if language == "en":
            assert words in page
        assert BankAccount.objects.count() == 0

    def test_refuses_one_that_is_there_already(self, web: Client, account: BankAccount) -> None:
        response = web.post("/bank-accounts/add/", {"iban": IBAN, "holder_name": "Alice Example"})
        assert response.status_code in {409, 422}
        assert 'id="id_iban_error"' in text(response)
        assert BankAccount.objects.count() == 1

    def test_without_a_pin_sets_one_first(self, mallory: User) -> None:
        response = browser(mallory).post("/bank-accounts/add/", {"iban": IBAN, "holder_name": "Mallory Example"})
        assert response["Location"] == "/security/pin/?next=%2Fbank-accounts%2Fadd%2F"
        assert BankAccount.objects.count() == 0

    def test_is_new_for_two_days(self, web: Client, alice: User) -> None:
        new = add_account(alice, cooled_off=False)
        assert "a person looks at what you withdraw to it" in text(web.get(f"/bank-accounts/{public(new)}/"))

    def test_is_not_new_later(self, web: Client, account: BankAccount) -> None:
        page = text(web.get(f"/bank-accounts/{public(account)}/"))
        assert "a person looks at what you withdraw to it" not in page
        assert "Withdraw to it" in page

    def test_removes_after_asking(self, web: Client, account: BankAccount) -> None:
        address = f"/bank-accounts/{public(account)}/remove/"
        assert "You can no longer withdraw to DE•• •••• 3000." in text(web.get(address))
        account.refresh_from_db()
        assert account.status == "ACTIVE"
        assert web.post(address)["Location"] == "/bank-accounts/"
        page = text(web.get("/bank-accounts/"))
        assert "The bank account is removed." in page
        assert "No bank account yet" in page
        account.refresh_from_db()
        assert account.status == "REMOVED"
        assert web.post(address).status_code == 302  # a second click changes nothing

    def test_is_404_for_others(self, account: BankAccount, mallory: User) -> None:
        stranger = browser(mallory)
        for part in ("", "remove/"):
            assert stranger.get(f"/bank-accounts/{public(account)}/{part}").status_code == 404
        for part in ("remove/", "confirm/"):
            assert stranger.post(f"/bank-accounts/{public(account)}/{part}").status_code == 404
        account.refresh_from_db()
        assert account.status == "ACTIVE"

    def test_the_list_takes_the_same_queries_for_one_and_for_five(
        self, web: Client, alice: User, account: BankAccount, django_assert_max_num_queries: Any
    ) -> None:
        web.get("/bank-accounts/")
        with django_assert_max_num_queries(40) as first:
            web.get("/bank-accounts/")
            taken = len(first.captured_queries)
        for iban in OTHER_IBAN:
            add_account(alice, iban=iban)
        with django_assert_max_num_queries(taken):
            page = text(web.get("/bank-accounts/"))
        assert page.count("•• ••••") == 1 + len(OTHER_IBAN)


class TestAmount:
    def test_without_an_account_leads_to_adding_one(self, web: Client) -> None:
        assert 'href="/bank-accounts/add/?then=withdraw"' in text(web.get("/withdraw/"))

    def test_says_what_can_be_withdrawn_and_what_it_costs(self, web: Client, account: BankAccount) -> None:
        page = text(web.get("/withdraw/"))
        assert "You can withdraw up to €299.50, plus a fee of €0.50." in page
        assert "Commerzbank · DE•• •••• 3000" in page

    @pytest.mark.parametrize("query", ["account=nobody", "amount=" + "9" * 500, "account=%00", "amount=%ff"])
    def test_an_odd_address_is_the_form(self, web: Client, account: BankAccount, query: str) -> None:
        assert web.get(f"/withdraw/?{query}").status_code == 200

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    @pytest.mark.parametrize(
        "typed",
        ["0", "-1", "1.001", "1e3", "NaN", "9e99", "", "   ", "9" * 41, "9" * 32, "abc", "1,2,3", "€25", "٢٥",
         "\u202e25", "0.99", "299.51", "300", "10000.01", "<script>alert(1)</script>"],
    )  # fmt: skip
    def test_what_is_wrong_is_said_at_the_field_and_nothing_moves(
        self, web: Client, alice: User, account: BankAccount, typed: str, language: str
    ) -> None:
        web.cookies["django_language"] = language
        with NothingMoved(alice):
            response = web.post(
                "/withdraw/", {"amount": typed, "account": public(account)}, headers={"Accept-Language": language}
            )
        assert response.status_code == 422
        assert 'id="id_amount_error"' in text(response)
        assert "<script>alert" not in text(response)

    def test_more_than_there_is_says_how_much_is_possible(self, web: Client, account: BankAccount) -> None:
        page = text(web.post("/withdraw/", {"amount": "299.51", "account": public(account)}))
        assert "With the fee, you can withdraw at most €299.50." in page

    def test_more_than_the_limit_says_how_much_is_left(self, web: Client, alice: User, account: BankAccount) -> None:
        give_money(alice, Money(2_000_000, "EUR"))
        page = text(web.post("/withdraw/", {"amount": "10000.01", "account": public(account)}))
        assert "More than your limit: you can withdraw at most €10,000.00 now." in page

    def test_somebody_elses_account_is_not_a_choice(self, web: Client, bob: User, account: BankAccount) -> None:
        theirs = add_account(bob, iban=OTHER_IBAN[0])
        response = web.post("/withdraw/", {"amount": "10", "account": public(theirs)})
        assert response.status_code == 422
        assert 'id="id_account_error"' in text(response)

    def test_full_width_digits_are_digits(self, web: Client, account: BankAccount) -> None:
        assert "€12.50" in text(web.get(at_review(web, account, "１２．５０")))

    def test_change_brings_what_was_typed_back(self, web: Client, account: BankAccount) -> None:
        review = at_review(web, account, "25.50")
        page = text(web.get(review.removesuffix("review/")))
        assert 'value="25.50"' in page


class TestReview:
    def test_shows_everything_before_anything_moves(self, web: Client, alice: User, account: BankAccount) -> None:
        with NothingMoved(alice):
            page = text(web.get(at_review(web, account)))
        for words in ("€25.50", "€0.50", "€26.00", "DE•• •••• 3000", "Withdraw €25.50 to DE•• •••• 3000"):
            assert words in page
        assert "A person will probably look at this first." not in page

    def test_says_when_a_person_will_look(self, web: Client, alice: User) -> None:
        page = text(web.get(at_review(web, add_account(alice, cooled_off=False))))
        assert "A person will probably look at this first." in page

    def test_leads_to_the_pin_and_then_to_its_page(self, web: Client, alice: User, account: BankAccount) -> None:
        response = press(web, at_review(web, account))
        row = Withdrawal.objects.get(user=alice)
        assert (row.status, row.amount_minor, row.fee_minor) == ("AWAITING_STEP_UP", 2_550, 50)
        assert available_minor(alice) == 30_000 - 2_600
        assert "€25.50" in text(web.get(response["Location"]))
        onward = web.post(response["Location"], {"method": "pin", "code": PIN})
        assert onward["Location"] == f"/withdrawals/{public(row)}/"
        row.refresh_from_db()
        assert row.status == "APPROVED"
        assert "€25.50 to DE•• •••• 3000 is approved" in text(web.get(onward["Location"]))

    def test_a_double_click_is_one_withdrawal(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account)
        seen = SEEN.search(text(web.get(review)))
        assert seen is not None
        first, second = (web.post(review, {"seen": seen.group(1)}) for _ in range(2))
        assert (first.status_code, second.status_code) == (302, 302)
        assert Withdrawal.objects.filter(user=alice).count() == 1
        assert available_minor(alice) == 30_000 - 2_600

    def test_back_after_it_was_made_leads_to_it(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account)
        press(web, review)
        row = Withdrawal.objects.get(user=alice)
        for address in (review, review.removesuffix("review/")):
            assert web.get(address)["Location"] == f"/withdrawals/{public(row)}/"

    def test_a_draft_changed_in_another_tab_is_shown_again(
        self, web: Client, alice: User, account: BankAccount
    ) -> None:
        review = at_review(web, account)
        seen = SEEN.search(text(web.get(review)))
        assert seen is not None
        web.post(review.removesuffix("review/"), {"amount": "30", "account": public(account)})
        with NothingMoved(alice):
            response = web.post(review, {"seen": seen.group(1)})
        assert response.status_code == 409
        assert "This withdrawal was changed in another tab." in text(response)
        assert "€30.00" in text(response)

    def test_a_draft_of_another_session_is_gone(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account)
        response = browser(alice).get(review)
        assert response.status_code == 404
        assert "no money has moved" in text(response)

    def test_an_account_removed_meanwhile_is_refused(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account)
        seen = SEEN.search(text(web.get(review)))
        assert seen is not None
        web.post(f"/bank-accounts/{public(account)}/remove/")
        with NothingMoved(alice):
            response = web.post(review, {"seen": seen.group(1)})
        assert response.status_code in {302, 409, 422}
        assert Withdrawal.objects.count() == 0

    def test_money_spent_meanwhile_is_refused_in_words(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account, "299.50")
        requested(alice, account, 10_000)
        with NothingMoved(alice):
            response = press(web, review)
        assert response.status_code == 422
        assert "There is not enough money available for this." in text(response)
        assert "No money has moved." in text(response)

    def test_a_frozen_person_is_refused(self, web: Client, alice: User, account: BankAccount) -> None:
        review = at_review(web, account)
        seen = SEEN.search(text(web.get(review)))
        assert seen is not None
        freeze(alice)
        with NothingMoved(alice):
            web.post(review, {"seen": seen.group(1)})
        assert Withdrawal.objects.count() == 0


class TestPage:
    def test_waiting_for_the_pin_can_be_confirmed_and_cancelled(
        self, web: Client, alice: User, account: BankAccount
    ) -> None:
        row = requested(alice, account, 2_550)
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "is waiting for you to confirm it" in page
        assert web.post(f"/withdrawals/{public(row)}/confirm/")["Location"].startswith("/confirm/chl_")
        assert "is available again at once, the fee included" in text(web.get(f"/withdrawals/{public(row)}/cancel/"))
        assert web.post(f"/withdrawals/{public(row)}/cancel/")["Location"] == f"/withdrawals/{public(row)}/"
        assert available_minor(alice) == 30_000
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "You cancelled your withdrawal of €25.50" in page
        assert "€26.00 is available again." in page

    def test_under_review_says_why_and_until_when(self, web: Client, alice: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "We are checking your withdrawal of €25.50" in page
        assert "The bank account was added or changed less than two days ago." in page
        assert "A person looks at it, usually by" in page
        assert "Cancel the withdrawal" in page

    def test_a_question_is_answered_on_the_page(self, web: Client, alice: User, erin: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        ask(row, erin, "Where does the money come from?\n<b>Really?</b>")
        address = f"/withdrawals/{public(row)}/"
        page = text(web.get(address))
        assert "Where does the money come from?" in page
        assert "<b>Really?" not in page
        assert "We have a question about €26.00 to DE•• •••• 3000" in text(web.get("/home/"))
        empty = web.post(f"{address}answer/", {"answer": "  "})
        assert empty.status_code == 422
        assert 'id="id_answer_error"' in text(empty)
        assert web.post(f"{address}answer/", {"answer": "From my salary."})["Location"] == address
        row.refresh_from_db()
        assert row.status == "UNDER_REVIEW"
        assert "From my salary." in text(web.get(address))
        assert web.post(f"{address}answer/", {"answer": "Again."})["Location"] == address  # answered in another tab

    def test_rejected_says_why_and_what_to_do(self, web: Client, alice: User, erin: User) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        reject(row, erin, "account_not_yours", "The statement names somebody else.")
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        for words in (
            "Your withdrawal of €25.50 was not approved",
            "We could not see that the bank account is yours.",
            "The statement names somebody else.",
            "No money has moved. €26.00 is available again.",
            "Use an account in your own name.",
        ):
            assert words in page

    def test_sent_and_arrived(self, web: Client, alice: User, account: BankAccount) -> None:
        row = confirmed(alice, account, 2_550)
        sent(row)
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "€25.50 is on its way to DE•• •••• 3000" in page
        assert row.end_to_end_id in page
        assert "Cancel the withdrawal" not in page
        settled(row)
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "€25.50 arrived at DE•• •••• 3000" in page
        assert "hx-get" not in main_of(web.get(f"/withdrawals/{public(row)}/"))
        assert available_minor(alice) == 30_000 - 2_600

    def test_cancelling_too_late_shows_how_it_stands(self, web: Client, alice: User, account: BankAccount) -> None:
        row = confirmed(alice, account, 2_550)
        submitted(row)
        address = f"/withdrawals/{public(row)}/"
        assert web.get(f"{address}cancel/")["Location"] == address
        with NothingMoved(alice):
            assert web.post(f"{address}cancel/")["Location"] == address
        assert "It cannot be cancelled any more." in text(web.get(address))

    def test_came_back_says_what_to_fix_and_what_became_of_the_fee(
        self, web: Client, alice: User, account: BankAccount
    ) -> None:
        row = confirmed(alice, account, 2_550)
        sent(row)
        settled(row)
        returned(row, "AC04")
        page = text(web.get(f"/withdrawals/{public(row)}/"))
        assert "€25.50 to DE•• •••• 3000 came back" in page
        assert "The bank account is closed." in page
        assert "€25.50 is back in your wallet. We keep the fee" in page
        assert "Add another bank account and start a new withdrawal." in page
        assert available_minor(alice) == 30_000 - 50
        feed = text(web.get("/activity/?type=withdrawal"))
        assert "Came back" in feed

    def test_is_404_for_others(self, alice: User, account: BankAccount, mallory: User) -> None:
        row, stranger = requested(alice, account, 2_550), browser(mallory)
        for part in ("", "state/", "cancel/"):
            assert stranger.get(f"/withdrawals/{public(row)}/{part}").status_code == 404
        for part in ("confirm/", "cancel/", "answer/"):
            assert stranger.post(f"/withdrawals/{public(row)}/{part}", {"answer": "x"}).status_code == 404
        row.refresh_from_db()
        assert row.status == "AWAITING_STEP_UP"

    def test_home_balances_and_settings_lead_here(self, web: Client) -> None:
        for page in ("/home/", "/wallets/"):
            assert 'href="/withdraw/"' in main_of(web.get(page))
        assert 'href="/bank-accounts/"' in main_of(web.get("/settings/"))

    def test_the_feed_leads_to_it(self, web: Client, alice: User, account: BankAccount) -> None:
        row = requested(alice, account, 2_550)
        page = main_of(web.get("/activity/"))
        assert "DE•• •••• 3000" in page
        assert "−26.00" in page
        found = re.search(r'href="(/activity/act_\w+/)"', page)
        assert found is not None
        assert web.get(found.group(1))["Location"] == f"/withdrawals/{public(row)}/"

    def test_the_page_takes_the_same_queries_however_much_happened(
        self, web: Client, alice: User, erin: User, django_assert_max_num_queries: Any
    ) -> None:
        row = confirmed(alice, add_account(alice, cooled_off=False), 2_550)
        web.get(f"/withdrawals/{public(row)}/")
        with django_assert_max_num_queries(40) as first:
            web.get(f"/withdrawals/{public(row)}/")
            taken = len(first.captured_queries)
        for number in range(3):
            ask(row, erin, f"Question {number}?")
            web.post(f"/withdrawals/{public(row)}/answer/", {"answer": "Answer."})
        with django_assert_max_num_queries(taken):
            web.get(f"/withdrawals/{public(row)}/")


class TestState:
    def test_says_nothing_while_nothing_changed(self, web: Client, alice: User, account: BankAccount) -> None:
        row = requested(alice, account, 2_550)
        address = f"/withdrawals/{public(row)}/state/"
        assert web.get(f"{address}?seen={row.revision}").status_code == 204
        assert web.get(f"{address}?seen=0").status_code == 200

    def test_stops_when_it_is_final(self, web: Client, alice: User, account: BankAccount) -> None:
        row = requested(alice, account, 2_550)
        web.post(f"/withdrawals/{public(row)}/cancel/")
        response = web.get(f"/withdrawals/{public(row)}/state/?seen={row.revision}")
        assert response.status_code == 286
        assert "hx-get" not in text(response)
        assert "<html" not in text(response)
