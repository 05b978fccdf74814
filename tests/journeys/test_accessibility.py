"""Every page of the wallet as axe-core sees it, in both themes, both languages, on a phone and on a desktop.

Each page must also keep its console silent (a broken content security policy speaks there), fit its window, and
say in which language it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from ledger.money import Money
from tests.factories.people import give_money, make_person
from tests.journeys.conftest import BROWSER_LANGUAGES
from tests.journeys.matrix import sampled
from tests.journeys.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext

    from tests.servers import WalletServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HTML_LANGUAGES = {"en": "en", "zh-hans": "zh-Hans"}
EXPECTED_IN_CONSOLE = "the server responded with a status of 4"


@dataclass(frozen=True, slots=True)
class View:
    """How the pages are looked at."""

    language: str
    theme: str
    width: int

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


VIEWS = tuple(View(*values) for values in product(("en", "zh-hans"), ("light", "dark"), (360, 1280)))
ALWAYS = (View("en", "light", 360), View("zh-hans", "dark", 1280))
PUBLIC = (
    "/",
    "/help/",
    "/statements/verify/",
    "/account/login/",
    "/account/login/code/",
    "/account/signup/",
    "/account/password/reset/",
    "/api/v1/docs/",
    "/nothing-here/",
    "/admin/",
)
SIGNED_IN = (
    "/home/",
    "/activity/",
    "/activity/?type=sent&q=nothing",
    "/send/",
    "/add-money/",
    "/wallets/",
    "/statements/",
    "/statements/stm_aaaaaaaaaaaaaaaaaaaaaaaaaa/",
    "/bank-accounts/",
    "/bank-accounts/add/",
    "/withdraw/",
    "/withdraw/gone/",
    "/withdrawals/wdr_aaaaaaaaaaaaaaaaaaaaaaaaaa/",
    "/notifications/",
    "/security/",
    "/security/pin/",
    "/security/pin/reset/",
    "/settings/",
    "/settings/welcome/",
    "/settings/limits/",
    "/help/",
    "/account/email/",
    "/account/phone/change/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/reauthenticate/",
    "/account/logout/",
    "/nothing-here/",
    "/transfers/trf_aaaaaaaaaaaaaaaaaaaaaaaaaa/",
)


class Inspector:
    """Looks at every page it is shown and keeps what is wrong with it."""

    def __init__(self, person: Person, view: View) -> None:
        self.person, self.view, self.axe, self.found = person, view, Axe(), []  # type: ignore[var-annotated]

    def visit(self, path: str) -> None:
        """Opens a page and looks at it."""
        answer = self.person.go(path)
        assert answer.status < 500, path
        self.look(path)

    def look(self, name: str) -> None:
        """Looks at the page as it is now."""
        page = self.person.page
        for violation in self.axe.run(page).response["violations"]:
            nodes = [f"{node['target']} {node['html'][:160]}" for node in violation["nodes"][:3]]
            self.found.append(f"{name}: {violation['id']}: {violation['help']}: {nodes}")
        language = page.locator("html").get_attribute("lang")
        if language != HTML_LANGUAGES[self.view.language]:
            self.found.append(f"{name}: lang={language}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.found.append(f"{name}: {wide} px wider than its window")
        if page.locator("h1").count() != 1:
            self.found.append(f"{name}: {page.locator('h1').count()} main headings")


@pytest.fixture
def inspect(wallet_server: WalletServer, browser: Browser) -> Any:
    """``inspect(view, contact)`` opens a window; what was found and what the console said fails the test at its end."""
    contexts: list[BrowserContext] = []
    inspectors: list[Inspector] = []

    def opened(view: View, contact: str = "") -> Inspector:
        context = browser.new_context(
            locale=BROWSER_LANGUAGES[view.language],
            color_scheme=view.theme,  # type: ignore[arg-type]  # one of two words
            viewport={"width": view.width, "height": 800},
            reduced_motion="reduce",
        )
        contexts.append(context)
        inspector = Inspector(Person(context.new_page(), wallet_server, contact, view.language), view)
        inspectors.append(inspector)

        def hear(message: Any) -> None:
            if message.type == "error" and EXPECTED_IN_CONSOLE not in message.text:
                inspector.found.append(f"{inspector.person.page.url}: console: {message.text}")

        inspector.person.page.on("console", hear)
        inspector.person.page.on("pageerror", lambda error: inspector.found.append(f"error: {error}"))
        return inspector

    yield opened
    for context in contexts:
        context.close()
    found = [line for inspector in inspectors for line in inspector.found]
    assert found == [], "\n".join(found)


@pytest.fixture
def people(clone_db: str, settings: Any, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Two members for one test; the first has money. Their handles."""
    from wallet_project.settings import auth

    settings.PASSWORD_HASHERS = auth.PASSWORD_HASHERS
    view = request.getfixturevalue("view")
    ann, ben = (f"{name}_{str(view).replace('-', '_')}"[:20] for name in ("an", "be"))
    user = make_person(ann, language=view.language)
    give_money(user, Money(30_000, "EUR"))
    make_person(ben, shown_name="Ben Okafor-Featherstonehaugh the Younger of Nowhere", language=view.language)
    return ann, ben


@pytest.mark.parametrize("view", sampled(VIEWS, always=ALWAYS, more=0), ids=str)
def test_public_pages(inspect: Callable[..., Inspector], view: View) -> None:
    inspector = inspect(view)
    for path in PUBLIC:
        inspector.visit(path)
    person = inspector.person
    person.contact = f"axe{view}@example.org".lower()
    person.go("/account/signup/")
    person.press("contact")
    inspector.look("sign-up with errors")
    person.starts_to_sign_up()
    inspector.look("code")
    person.fill(code="BBBB-BBBB")
    person.press("code")
    inspector.look("code with an error")
    person.fill(code=person.newest_code())
    person.press("code")
    inspector.look("welcome")
    inspector.visit("/home/")
    inspector.visit("/security/pin/")
    person.sets_pin_up_to_the_code()
    inspector.look("code of a first PIN")


@pytest.mark.parametrize("view", sampled(VIEWS, always=ALWAYS, more=0), ids=str)
def test_pages_behind_sign_in(inspect: Callable[..., Inspector], people: tuple[str, str], view: View) -> None:
    ann, ben = people
    inspector = inspect(view, f"{ann}@example.com")
    person = inspector.person
    person.signs_in()
    for path in SIGNED_IN:
        inspector.visit(path)
    _send(inspector, ben)
    _add_money(inspector)
    _withdraw(inspector)
    inspector.visit("/home/")
    inspector.visit("/activity/")
    inspector.visit("/notifications/")
    other = inspect(view, f"{ben}@example.com")
    other.person.signs_in()
    other.visit("/activity/")
    other.person.follow("/activity/act_")
    other.look("receipt of who receives")


def _send(inspector: Inspector, to: str) -> None:
    person = inspector.person
    person.chooses("???")
    inspector.look("recipient with an error")
    person.chooses(f"@{to}")
    inspector.look("amount")
    person.says_how_much("nothing")
    inspector.look("amount with an error")
    person.says_how_much("40", note="A note that is as long as many people write when they send money to friends")
    inspector.look("review")
    person.press("seen")
    inspector.look("confirm")
    person.confirms("000000")
    inspector.look("confirm with an error")
    inspector.visit("/home/")
    inspector.visit("/activity/")
    person.follow("/activity/act_")
    inspector.look("payment that waits")
    person.follow("/cancel/")
    inspector.look("cancel")
    person.go("/home/")
    person.follow("/confirm/")
    person.confirms()
    inspector.look("receipt")
    person.go("/send/")
    inspector.look("recipients paid before")


def _add_money(inspector: Inspector) -> None:
    person = inspector.person
    person.go("/add-money/")
    person.fill(amount="0")
    person.press("amount")
    inspector.look("add money with an error")
    person.adds_money("120")
    inspector.look("money added")
    person.adds_money("30", "4000 0000 0000 0002")
    inspector.look("card declined")
    person.go("/add-money/")
    person.fill(amount="30")
    person.press("amount")
    person.go("/activity/")
    person.follow("/activity/act_")
    inspector.look("top-up that waits")


def _withdraw(inspector: Inspector) -> None:
    person = inspector.person
    person.go("/bank-accounts/add/")
    person.fill(iban="DE98 3704 0044 0532 0130 00", holder_name="")
    person.press("iban")
    inspector.look("bank account with errors")
    person.fill(iban="DE89 3704 0044 0532 0130 00", holder_name="Ann Featherstonehaugh")
    person.press("iban")
    inspector.look("bank account to confirm")
    inspector.visit("/bank-accounts/")
    person.follow("/bank-accounts/ban_")
    inspector.look("bank account that waits")
    person.click(person.page.locator("form[action$='/confirm/'] button"))
    person.confirms()
    inspector.look("new bank account")
    inspector.visit("/bank-accounts/")
    person.go("/withdraw/")
    person.fill(amount="0")
    person.press("amount")
    inspector.look("withdraw with an error")
    person.asks_to_withdraw("20")
    inspector.look("withdraw review")
    person.press("seen")
    inspector.look("withdraw confirm")
    address = person.page.url
    person.go("/activity/?type=withdrawal")
    inspector.look("withdrawals")
    person.follow("/activity/act_")
    inspector.look("withdrawal that waits")
    person.go(address)
    person.confirms()
    inspector.look("withdrawal being checked")
    person.follow("/cancel/")
    inspector.look("cancel a withdrawal")
    person.click(person.page.locator("main form button[type=submit]"))
    inspector.look("withdrawal cancelled")
    person.go("/bank-accounts/")
    person.follow("/bank-accounts/ban_")
    person.follow("/remove/")
    inspector.look("remove a bank account")
