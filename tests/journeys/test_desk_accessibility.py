"""The desk's own pages as axe-core sees them: both themes, both languages, on a phone and on a desktop.

Each page must fit its window, keep the console silent (the content security policy speaks there) and work without
JavaScript.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from accounts.approvals.models import Approval
from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD
from ledger.money import Money
from payments.banking import services as banking
from payments.banking.models import Withdrawal
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawals import add_account, confirmed, seen
from tests.journeys.matrix import sampled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.servers import WalletServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

QUEUE = "/admin/payments/withdrawal/"


@dataclass(frozen=True, slots=True)
class View:
    """How the pages are looked at."""

    language: str
    theme: str
    width: int

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


VIEWS = tuple(View(*values) for values in product(("en", "zh-hans"), ("light", "dark"), (360, 1360)))
ALWAYS = (View("en", "light", 1360), View("zh-hans", "dark", 360))


@dataclass(frozen=True, slots=True)
class Scene:
    """One large withdrawal that waits for its second approval, one small one in review."""

    large: Withdrawal
    small: Withdrawal
    approval: Approval
    officers: dict[str, str]


@pytest.fixture
def scene(wallet_server: WalletServer) -> Scene:
    name = uuid4().hex[:8]
    customer = make_person(f"c{name}")
    give_money(customer, Money(900_000, "EUR"))
    account = add_account(customer)
    large, small = confirmed(customer, account, 480_000), confirmed(customer, account, 60_000)
    erin, frank = make_officer(f"e{name}", COMPLIANCE), make_officer(f"f{name}", COMPLIANCE_LEAD)
    banking.approve(withdrawal_id=large.pk, by=erin, seen=seen(large), origin=ORIGIN, at=now())
    banking.ask(withdrawal_id=small.pk, by=erin, question="Whose account is it?", origin=ORIGIN, at=now())
    banking.answer_question(user=customer, withdrawal_id=small.pk, text="Mine.", origin=ORIGIN, at=now())
    cookies = {
        who: desk(user).cookies[settings.SESSION_COOKIE_NAME].value for who, user in (("erin", erin), ("frank", frank))
    }
    return Scene(large, small, Approval.objects.get(subject_id=large.pk), cookies)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    assert found == [], "\n".join(found)


def window(browser: Browser, server: WalletServer, view: View, cookie: str, *, javascript: bool = True) -> Page:
    context = browser.new_context(
        color_scheme=view.theme,  # type: ignore[arg-type]  # one of two words
        viewport={"width": view.width, "height": 900},
        reduced_motion="reduce",
        java_script_enabled=javascript,
    )
    context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url},
            {"name": "language", "value": view.language, "url": server.url},
        ]
    )
    return context.new_page()


def look(page: Page, name: str, complaints: list[str]) -> None:
    """What axe finds, whether it fits, and whether it has one heading."""
    for violation in Axe().run(page).response["violations"]:
        nodes = [f"{node['target']} {node['html'][:160]}" for node in violation["nodes"][:3]]
        complaints.append(f"{name}: {violation['id']}: {violation['help']}: {nodes}")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        complaints.append(f"{name}: {wide} px wider than its window")
    if page.locator("h1").count() != 1:
        complaints.append(f"{name}: {page.locator('h1').count()} main headings")


@pytest.mark.parametrize("view", sampled(VIEWS, always=ALWAYS, more=1), ids=str)
def test_pages_of_the_desk(
    wallet_server: WalletServer, browser: Browser, scene: Scene, view: View, complaints: list[str]
) -> None:
    page = window(browser, wallet_server, view, scene.officers["frank"])

    def hear(message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(f"{page.url}: console: {message.text}")

    page.on("console", hear)
    for path in (
        QUEUE,
        f"{QUEUE}?tab=bank&owner=mine",
        f"{QUEUE}{scene.large.pk}/change/",
        f"{QUEUE}{scene.small.pk}/change/",
        f"/admin/payments/bankaccount/{scene.large.bank_account_id}/change/",
        "/admin/accounts/approval/",
        f"/admin/accounts/approval/{scene.approval.pk}/change/",
        "/admin/accounts/jobrun/",
    ):
        answer = page.goto(f"{wallet_server.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        for details in page.locator("details.act").all():
            details.evaluate("details => { details.open = true }")
        look(page, path, complaints)
    page.goto(f"{wallet_server.url}{QUEUE}{scene.small.pk}/change/")
    page.locator("form[action$='/act/reject/']").evaluate("form => form.closest('details').open = true")
    page.locator("form[action$='/act/reject/'] button").click()
    look(page, "a refused rejection", complaints)
    page.context.close()


def test_two_officers_without_javascript(wallet_server: WalletServer, browser: Browser, scene: Scene) -> None:
    phone = View("en", "light", 360)
    page = window(browser, wallet_server, phone, scene.officers["frank"], javascript=False)
    page.goto(f"{wallet_server.url}{QUEUE}")
    page.locator(f"a[href*='{scene.large.pk}']").click()
    page.get_by_role("button", name="Approve (2 of 2)").click()
    assert page.get_by_text("You gave the second approval.").is_visible()
    page.go_back()
    page.reload()
    assert page.get_by_text("There is nothing to decide now.").is_visible()
    page.goto(f"{wallet_server.url}{QUEUE}{scene.small.pk}/change/")
    page.get_by_text("Reject…").click()
    page.get_by_label("Reason").select_option("source_of_funds")
    page.get_by_label("Note to the customer").fill("Please write to us.")
    page.get_by_role("button", name="Reject and release the money").click()
    assert page.get_by_text("It is rejected and the money is released.").is_visible()
    page.context.close()
    states = {row.pk: row.status for row in Withdrawal.objects.filter(pk__in=[scene.large.pk, scene.small.pk])}
    assert states[scene.small.pk] == "REJECTED"
    assert states[scene.large.pk] not in {"UNDER_REVIEW", "AWAITING_SECOND_APPROVAL"}
