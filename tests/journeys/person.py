"""A person at a browser: the verbs of the wallet as somebody does them, in either language, with or without JavaScript.

Fields are found by their names and places by their addresses, so that the same steps work in every language;
sentences are looked up in the catalogue of the person's language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import expect

from tests.factories.people import PASSWORD, PIN
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Response

    from tests.servers import WalletServer

CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b|\b\d{6}\b")
GOOD_CARD = "4242 4242 4242 4242"


@dataclass
class Person:
    """One window of one person. ``language`` is ours ("en", "zh-hans"); the browser asks for it in its own way."""

    page: Page
    server: WalletServer
    contact: str
    language: str = "en"
    pin: str = PIN
    _codes_read: int = field(default=0, init=False)

    # --- the hands

    def go(self, path: str) -> Response:
        """Opens an address of the wallet."""
        answer = self.page.goto(path if path.startswith("http") else f"{self.server.url}{path}")
        assert answer is not None
        return answer

    def fill(self, **values: str) -> None:
        """Types into fields, by name."""
        for name, value in values.items():
            self.page.fill(f"[name={name}]", value)

    def button(self, holding: str) -> Locator:
        """The button of the form that has a field of this name."""
        return self.page.locator(f"form:has([name={holding}])").last.locator("button[type=submit]").last

    def press(self, holding: str) -> Response:
        """Presses it, and waits for the page that answers."""
        return self.click(self.button(holding))

    def click(self, target: Locator) -> Response:
        """Clicks something that leads to another page, and waits for that page."""
        with self.page.expect_navigation() as moved:
            target.click()
        answer = moved.value
        assert answer is not None
        assert answer.status < 500, self.server.log("web")[-5000:]
        return answer

    def follow(self, path_part: str) -> Response:
        """Follows the first link of the page's content whose address has this part."""
        return self.click(self.page.locator(f"main a[href*='{path_part}']").first)

    def reopens_the_tab(self, at: str = "") -> None:
        """Closes it and comes back in a new one, at the same address or another; the cookies are still there."""
        address = at or self.page.url
        closed = self.page
        self.opens_a_tab(address)
        closed.close()

    def opens_a_tab(self, path: str) -> None:
        """A second tab of the same browser; what follows happens there."""
        self.page = self.page.context.new_page()
        self.go(path)

    # --- the eyes

    def say(self, sentence: str, **values: Any) -> str:
        """A sentence of ours in this person's language."""
        with translation.override(self.language):
            return gettext(sentence) % values

    def sees(self, *texts: str) -> None:
        """Each of these is on the page."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def is_at(self, path: str) -> None:
        """The address bar shows this path; ``*`` stands for an id."""
        pattern = re.escape(self.server.url + path).replace(r"\*", "[^/?]+") + r"(\?.*)?$"
        expect(self.page).to_have_url(re.compile(pattern))

    def is_at_provider(self) -> None:
        """The address bar shows the provider's own page."""
        expect(self.page).to_have_url(re.compile("^" + re.escape(self.server.simulator_url)))

    @property
    def handle(self) -> str:
        """The handle that goes with the contact."""
        return self.contact.partition("@")[0]

    @property
    def title(self) -> str:
        """The heading of the page."""
        return self.page.locator("h1").first.inner_text().replace("\n", " ").strip()

    @property
    def balance(self) -> str:
        """What home shows as available."""
        self.go("/home/")
        return self.page.locator(".hero__amount").inner_text().strip()

    def activity(self) -> list[tuple[str, str]]:
        """Names and amounts on the activity page, newest first."""
        self.go("/activity/")
        rows = self.page.locator(".rows > li")
        return [
            (row.locator(".row__title").inner_text().strip(), row.locator(".money").inner_text().strip())
            for row in rows.all()
        ]

    # --- the post

    def messages(self) -> list[dict[str, str]]:
        """What was sent to this person's contact, newest first."""
        answer = requests.get(f"{self.server.url}/dev/outbox.json", params={"to": self.contact}, timeout=10)
        found: list[dict[str, str]] = answer.json()
        return found

    def newest_code(self) -> str:
        """Waits for a code that was not read before."""
        codes: list[str] = []

        def arrived() -> bool:
            codes[:] = [hit[0] for message in self.messages() if (hit := CODE.search(message["text"]))]
            return len(codes) > self._codes_read

        assert until(arrived), f"no code for {self.contact}"
        self._codes_read = len(codes)
        return codes[0]

    def waits_for_message(self, part: str) -> None:
        """A message with these words in its subject or text comes."""
        assert until(lambda: any(part in item["subject"] + item["text"] for item in self.messages()), seconds=60), part

    # --- the verbs

    def starts_to_sign_up(self) -> None:
        """From the landing page to the page that asks for the code."""
        self.go("/")
        self.follow("/account/signup/")
        self.fill(contact=self.contact, password1=PASSWORD)
        self.page.check("[name=terms]")
        self.press("contact")

    def signs_up(self, *, handle: str = "", name: str = "") -> None:
        """To an open wallet; the handle and the name are asked afterwards and may wait."""
        self.starts_to_sign_up()
        self.fill(code=self.newest_code())
        self.press("code")
        self.is_at("/settings/welcome/")
        if handle or name:
            self.fill(handle=handle, shown_name=name)
            self.press("handle")
        else:
            self.follow("/home/")
        self.is_at("/home/")

    def signs_in(self) -> None:
        """With the password."""
        self.go("/account/login/")
        self.fill(login=self.contact, password=PASSWORD)
        self.press("password")
        self.is_at("/home/")

    def sets_pin_up_to_the_code(self) -> None:
        """From the page that asks for a first PIN to the one that asks for the code."""
        self.fill(pin=self.pin, again=self.pin)
        self.press("again")
        self.is_at("/confirm/*/")

    def sets_pin(self) -> None:
        """From the page that asks for a first PIN to the code that sets it."""
        self.sets_pin_up_to_the_code()
        self.fill(code=self.newest_code())
        self.press("code")

    def adds_money(self, amount: str, card: str = GOOD_CARD) -> None:
        """To the provider's page and through it; ends where that leads."""
        self.go("/add-money/")
        self.fill(amount=amount)
        self.press("amount")
        self.pays_by_card(card)

    def pays_by_card(self, card: str = GOOD_CARD) -> None:
        """On the provider's page."""
        self.is_at_provider()
        self.fill(card_number=card, expiry="12/34", cvc="123")
        self.press("cvc")

    def pays_without_coming_back(self) -> None:
        """Pays, and the browser is gone before the answer."""
        card = {"card_number": GOOD_CARD, "expiry": "12/34", "cvc": "123"}
        answer = requests.post(self.page.url, data=card, allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        self.page.close()
        self.page = self.page.context.new_page()

    def chooses(self, identifier: str) -> None:
        """The first step of sending: whom."""
        self.go("/send/")
        self.fill(identifier=identifier)
        self.press("identifier")

    def says_how_much(self, amount: str, note: str = "") -> None:
        """The second step of sending."""
        self.fill(amount=amount, note=note)
        self.press("amount")

    def prepares(self, identifier: str, amount: str, note: str = "") -> None:
        """Everything up to the page that shows it once more."""
        self.chooses(identifier)
        self.is_at("/send/*/amount/")
        self.says_how_much(amount, note)
        self.is_at("/send/*/review/")

    def confirms(self, pin: str = PIN) -> Response:
        """Types the PIN on the page that asks for it."""
        self.is_at("/confirm/*/")
        self.fill(code=pin)
        return self.press("code")

    def sends(self, identifier: str, amount: str, note: str = "") -> None:
        """All of it, with the PIN; ends on the receipt."""
        self.prepares(identifier, amount, note)
        self.press("seen")
        self.confirms()
        self.is_at("/transfers/*/")

    def adds_bank_account(self, iban: str, holder: str) -> None:
        """With the PIN; ends on the account's page."""
        self.go("/bank-accounts/")
        self.follow("/bank-accounts/add/")
        self.fill(iban=iban, holder_name=holder)
        self.press("iban")
        self.confirms()
        self.is_at("/bank-accounts/*/")

    def asks_to_withdraw(self, amount: str) -> None:
        """From home to the page that shows it once more."""
        self.go("/home/")
        self.follow("/withdraw/")
        self.fill(amount=amount)
        self.press("amount")
        self.is_at("/withdraw/*/review/")

    def withdraws(self, amount: str) -> None:
        """All of it, with the PIN; ends on the page that follows it to the bank."""
        self.asks_to_withdraw(amount)
        self.press("seen")
        self.confirms()
        self.is_at("/withdrawals/*/")
