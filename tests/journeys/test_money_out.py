"""Money out, in a real browser: two people, two officers and a bank, from the IBAN to the money's arrival or return."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from schwifty import IBAN

from accounts.identity.mfa_adapter import sealing_for
from accounts.identity.models import User
from payments.banking.models import Withdrawal
from tests.factories.staff import make_officer
from tests.factories.withdrawals import add_account
from tests.fakes.bank import Bank
from tests.journeys.conftest import BROWSER_LANGUAGES, numbers
from tests.journeys.matrix import WINDOWS, Window, sampled
from tests.journeys.officer import Officer
from tests.journeys.waiting import until
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journeys.person import Person
    from tests.servers import WalletServer

pytestmark = pytest.mark.browser

ALWAYS = (Window("en", phone=True, javascript=True), Window("zh-hans", phone=False, javascript=False))
DESKTOP = Window(phone=False)
TARGET = "DE•• •••• 3000"
A_WHILE_SECONDS = 60
"""The jobs send, collect and settle every few seconds; the machine may be busy."""


@pytest.fixture
def bank(wallet_server: WalletServer) -> Bank:
    """The running copy's bank: only its orders are used here, it was started with the copy."""
    orders = Bank()
    orders.url = wallet_server.bank_url
    return orders


@pytest.fixture
def officer(
    wallet_server: WalletServer, open_page: Callable[..., Page], member: Callable[..., Person]
) -> Callable[..., Officer]:
    """``officer("erin", "compliance")`` is signed in at the desk, in the window's language."""

    def made(name: str, role: str, window: Window = DESKTOP) -> Officer:
        handle = f"{name}{next(numbers)}"
        user = make_officer(handle, role, language=window.language)
        secret = generate_totp_secret()
        with sealing_for(user):
            TOTP.activate(user, secret)
        page = open_page(
            phone=window.phone,
            language=BROWSER_LANGUAGES[window.language],
            javascript=window.javascript,
            expected=("the server responded with a status of 4",),
        )
        one = Officer(page, wallet_server, user.email, window.language, secret=secret)
        one.signs_in_at_the_desk()
        return one

    return made


def user_of(person: Person) -> User:
    return User.objects.get(handle=person.handle)


def holder_of(person: Person) -> str:
    return user_of(person).shown_name


def withdrawal_of(person: Person) -> UUID:
    """The withdrawal whose page the person is on."""
    return ids.parse("wdr", person.page.url.rstrip("/").rsplit("/", 1)[-1])


def waits_to_see(person: Person, sentence: str) -> None:
    """The page says so after a while: by itself with JavaScript, else whenever it is opened again."""
    address = person.page.url

    def said() -> bool:
        if not person.page.locator("script[src*=htmx]").count() or not _runs_scripts(person):
            person.go(address)
        return sentence in person.page.locator("main").inner_text().replace("\u00a0", " ")

    assert until(said, seconds=A_WHILE_SECONDS), (sentence, person.page.locator("main").inner_text())


def _runs_scripts(person: Person) -> bool:
    return person.page.locator(".js-hidden:visible").count() == 0


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS, more=1), ids=str)
def test_a_large_one_is_asked_about_approved_by_two_and_arrives(
    member: Callable[..., Person], officer: Callable[..., Officer], bank: Bank, window: Window
) -> None:
    alice = member("alice", window, cents=300_000)
    erin = officer("erin", "compliance", Window(window.language, phone=False, javascript=window.javascript))
    frank = officer("frank", "compliance_lead", Window(window.language, phone=False, javascript=window.javascript))

    alice.adds_bank_account("DE89 3704 0044 0532 0130 00", holder_of(alice))
    alice.sees(alice.say("You can use it at once."), TARGET)
    alice.waits_for_message(alice.say("Bank account %(who)s was added", who=TARGET))

    alice.asks_to_withdraw("2100")
    alice.sees("€2,100.00", "€0.50", "€2,100.50", alice.say("A person will probably look at this first."))
    alice.press("seen")
    alice.confirms()
    alice.is_at("/withdrawals/*/")
    wanted = withdrawal_of(alice)
    page = alice.page.url
    alice.sees(
        alice.say("We are checking your withdrawal of %(sum)s", sum="€2,100.00"),
        alice.say("The bank account was added or changed less than two days ago."),
    )
    assert alice.balance == "€899.50"

    erin.finds(wanted)
    erin.acts("claim")
    erin.acts("ask", question="Where does the money come from?")
    alice.waits_for_message(alice.say("We have a question about your withdrawal of %(amount)s", amount="€2,100.00"))
    alice.go("/home/")
    alice.follow("/withdrawals/wdr_")
    alice.sees("Where does the money come from?")
    alice.fill(answer="My salary. 工资。")
    alice.press("answer")
    alice.sees(alice.say("We are checking your withdrawal of %(sum)s", sum="€2,100.00"), "My salary. 工资。")

    erin.finds(wanted)
    erin.sees("My salary. 工资。")
    erin.acts("approve")
    assert Withdrawal.objects.get(pk=wanted).status == "AWAITING_SECOND_APPROVAL"
    alice.go(page)
    alice.sees(alice.say("We are checking your withdrawal of %(sum)s", sum="€2,100.00"))
    frank.finds(wanted)
    frank.acts("second")

    alice.go(page)
    on_its_way = alice.say("%(sum)s is on its way to %(account)s", sum="€2,100.00", account=TARGET)
    waits_to_see(alice, on_its_way)
    bank.advance(days=5)  # a bank day, whatever today is
    waits_to_see(alice, alice.say("%(sum)s arrived at %(account)s", sum="€2,100.00", account=TARGET))
    row = Withdrawal.objects.get(pk=wanted)
    assert (row.status, row.approved_by.handle, row.second_approved_by.handle) == (  # type: ignore[union-attr]
        "SETTLED",
        erin.handle,
        frank.handle,
    )
    assert [payment["amount"] for payment in bank.payments(row.end_to_end_id)] == [210_000]
    assert alice.balance == "€899.50"
    alice.waits_for_message(alice.say("%(amount)s arrived at %(who)s", amount="€2,100.00", who=TARGET))


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS[:1], more=1), ids=str)
def test_one_to_somebody_elses_account_is_rejected_with_a_reason(
    member: Callable[..., Person], officer: Callable[..., Officer], window: Window
) -> None:
    bob, erin = member("bob", window, cents=5_000), officer("erin", "compliance")
    bob.adds_bank_account("DE89370400440532013000", "Robert Stone")
    bob.withdraws("20")
    wanted, page = withdrawal_of(bob), bob.page.url
    erin.finds(wanted)
    erin.acts("claim")
    erin.acts("reject", reason="account_not_yours", note="The account is Robert Stone's.")
    bob.waits_for_message(bob.say("Your withdrawal of %(amount)s was not approved", amount="€20.00"))
    bob.go(page)
    bob.sees(
        bob.say("Your withdrawal of %(sum)s was not approved", sum="€20.00"),
        bob.say("We could not see that the bank account is yours."),
        "The account is Robert Stone's.",
        bob.say("Use an account in your own name."),
    )
    assert bob.balance == "€50.00"


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS[:1], more=1), ids=str)
def test_one_that_comes_back_says_what_to_fix(member: Callable[..., Person], bank: Bank, window: Window) -> None:
    alice = member("alice", window, cents=10_000)
    iban = str(IBAN.generate("DE", bank_code="37040044", account_code=str(next(numbers))))
    add_account(user_of(alice), iban=iban)  # nobody else's: that would be looked at
    target = f"DE•• •••• {iban[-4:]}"
    alice.withdraws("40")
    row = Withdrawal.objects.get(pk=withdrawal_of(alice))
    bank.behave("return-later", days=1, reason="AC04", end_to_end_id=row.end_to_end_id)
    try:
        assert until(lambda: Withdrawal.objects.get(pk=row.pk).status in {"SENT", "SETTLED"}, seconds=A_WHILE_SECONDS)
        assert alice.balance == "€59.50"
        bank.advance(days=7)  # paid out on the first bank day, back on the next
        alice.waits_for_message(alice.say("%(amount)s came back from %(who)s", amount="€40.00", who=target))
    finally:
        bank.behave("accept")
    alice.go("/activity/?type=withdrawal")
    alice.follow("/activity/act_")
    alice.sees(
        alice.say("%(sum)s to %(account)s came back", sum="€40.00", account=target),
        alice.say("The bank account is closed."),
        alice.say("Add another bank account and start a new withdrawal."),
    )
    assert alice.balance == "€99.50"


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS[:1], more=0), ids=str)
def test_back_reload_and_a_second_tab_make_one_withdrawal(member: Callable[..., Person], window: Window) -> None:
    alice = member("alice", window, cents=10_000)
    add_account(user_of(alice))
    alice.asks_to_withdraw("30")
    review = alice.page.url
    alice.reopens_the_tab()
    alice.press("seen")
    alice.is_at("/confirm/*/")
    alice.page.go_back()
    alice.opens_a_tab(review)
    alice.is_at("/withdrawals/*/")
    alice.sees(alice.say("%(sum)s to %(account)s is waiting for you to confirm it", sum="€30.00", account=TARGET))
    assert Withdrawal.objects.filter(user=user_of(alice)).count() == 1
    alice.follow("/cancel/")
    alice.click(alice.page.locator("main form button[type=submit]"))
    alice.sees(alice.say("You cancelled your withdrawal of %(sum)s", sum="€30.00"))
    assert alice.balance == "€100.00"
