"""A member of staff at a browser: signing in with the second factor, and the verbs of the desk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from tests.factories.people import PASSWORD
from tests.journeys.person import Person
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Response

CODE_SECONDS = 30
WITHDRAWALS = "/admin/payments/withdrawal/"


@dataclass
class Officer(Person):
    """One window of one officer; ``secret`` is that of the authenticator app."""

    secret: str = ""

    def signs_in_at_the_desk(self) -> None:
        """With password and second factor."""
        self.go("/account/login/")
        self.fill(login=self.contact, password=PASSWORD)
        self.press("password")
        self.is_at("/account/2fa/authenticate/")
        assert until(lambda: time.time() % CODE_SECONDS < CODE_SECONDS - 10, CODE_SECONDS)  # it lasts until it is read
        counter = next(iter(yield_hotp_counters_from_time()))
        self.fill(code=format_hotp_value(hotp_value(self.secret, counter)))
        self.click(self.page.locator("form:has([name=code]) button[type=submit]").first)  # the last one gives up
        self.is_at("/admin/")

    def finds(self, withdrawal_id: UUID, tab: str = "") -> None:
        """From the desk's first page through the queue to the withdrawal's own."""
        self.go(f"{WITHDRAWALS}?tab={tab}" if tab else WITHDRAWALS)
        self.click(self.page.locator(f"a[href*='{withdrawal_id}']").first)
        self.is_at(f"{WITHDRAWALS}{withdrawal_id}/change/")

    def acts(self, act: str, **values: str) -> Response:
        """Presses the button of one act; ``values`` are typed or chosen in its form first."""
        form = self.page.locator(f"form[action$='/act/{act}/']")
        if values:
            self.page.locator("details.act", has=form).locator("summary").click()
        for name, value in values.items():
            control = form.locator(f"[name={name}]")
            if control.evaluate("control => control.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        return self.click(form.locator("button[type=submit]"))
