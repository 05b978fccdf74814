"""Back, reload, a closed tab, a double click: on no step is money sent twice, and nothing that was begun is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payments.funding.models import TopUp
from payments.funding.states import TopUpStatus
from tests.journeys.matrix import Window, sampled
from transfers.p2p.models import Status, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SCRIPTS = (Window(javascript=True), Window(javascript=False))
WITH_AND_WITHOUT = pytest.mark.parametrize("window", SCRIPTS, ids=str)


def one_of_both(salt: str) -> pytest.MarkDecorator:
    """With or without JavaScript by the seed, with ``--full`` both."""
    return pytest.mark.parametrize("window", sampled(SCRIPTS, more=1, salt=salt), ids=str)


def transfers_of(person: Person) -> list[tuple[str, int]]:
    """What the books know, oldest first."""
    rows = Transfer.objects.filter(sender__handle=person.handle).order_by("created_at")
    return [(row.status, row.amount_minor) for row in rows]


def top_ups_of(person: Person) -> list[tuple[str, int]]:
    rows = TopUp.objects.filter(user__handle=person.handle).order_by("created_at")
    return [(row.status, row.amount_minor) for row in rows]


@WITH_AND_WITHOUT
def test_sending_and_confirming_with_double_clicks(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.prepares(f"@{ben.handle}", "60")
    ann.button("seen").dblclick()
    ann.is_at("/confirm/*/")
    assert transfers_of(ann) == [(Status.AWAITING_STEP_UP, 6_000)]
    ann.fill(code=ann.pin)
    ann.button("code").dblclick()
    ann.is_at("/transfers/*/")
    assert transfers_of(ann) == [(Status.COMPLETED, 6_000)]
    assert (ann.balance, ben.balance) == ("€40.00", "€60.00")


@WITH_AND_WITHOUT
def test_going_back_and_sending_again_shows_what_was_sent(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.prepares(f"@{ben.handle}", "40", note="once")
    review = ann.page.url
    ann.press("seen")
    confirm = ann.page.url
    ann.confirms()
    ann.is_at("/transfers/*/")
    receipt = ann.page.url
    ann.page.go_back()
    if ann.page.url == confirm and ann.page.locator("[name=code]").count():  # shown again as it was left
        ann.fill(code=ann.pin)
        ann.press("code")
    for address in (confirm, review, review.replace("/review/", "/amount/"), receipt):
        ann.go(address)
        assert ann.page.url == receipt
    ann.page.reload()
    assert transfers_of(ann) == [(Status.COMPLETED, 4_000)]
    assert (ann.balance, ben.balance) == ("€60.00", "€40.00")


@one_of_both("closing")
def test_closing_the_tab_on_every_step_of_sending(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.chooses(f"@{ben.handle}")
    ann.reopens_the_tab()
    ann.says_how_much("40", note="kept")
    ann.reopens_the_tab()
    ann.sees("€40.00", "kept")
    ann.go(ann.page.url.replace("/review/", "/amount/"))
    assert ann.page.input_value("[name=amount]") == "40"
    ann.press("amount")
    ann.press("seen")
    ann.is_at("/confirm/*/")
    ann.reopens_the_tab(at="/home/")
    assert transfers_of(ann) == [(Status.AWAITING_STEP_UP, 4_000)]
    assert ann.balance == "€60.00"
    ann.follow("/confirm/")
    ann.reopens_the_tab()
    ann.confirms()
    ann.is_at("/transfers/*/")
    ann.reopens_the_tab()
    ann.is_at("/transfers/*/")
    assert transfers_of(ann) == [(Status.COMPLETED, 4_000)]
    assert (ann.balance, ben.balance) == ("€60.00", "€40.00")


def test_reloading_every_step_of_sending(member: Callable[..., Person]) -> None:
    ann, ben = member("ann", cents=10_000), member("ben")
    ann.go("/send/")
    ann.page.reload()
    ann.chooses(f"@{ben.handle}")
    ann.page.reload()
    ann.says_how_much("0")
    ann.page.reload()  # the browser posts the refused form once more
    ann.sees(ann.say("There is a problem"))
    ann.says_how_much("40")
    ann.page.reload()
    ann.press("seen")
    ann.page.reload()
    ann.confirms("000000")
    ann.page.reload()
    ann.confirms()
    ann.page.reload()
    ann.is_at("/transfers/*/")
    assert transfers_of(ann) == [(Status.COMPLETED, 4_000)]
    assert (ann.balance, ben.balance) == ("€60.00", "€40.00")


def test_two_tabs_of_one_payment_never_send_what_was_not_shown(member: Callable[..., Person]) -> None:
    ann, ben = member("ann", cents=10_000), member("ben")
    ann.prepares(f"@{ben.handle}", "40")
    shown, review = ann.page, ann.page.url
    ann.opens_a_tab(review.replace("/review/", "/amount/"))
    ann.says_how_much("50")
    ann.page = shown
    ann.press("seen")
    ann.sees(
        ann.say("This payment was changed in another tab."),
        ann.say("No money has moved. Check it again before you send it."),
    )
    assert transfers_of(ann) == []
    ann.sees("€50.00")
    ann.press("seen")
    ann.confirms()
    assert transfers_of(ann) == [(Status.COMPLETED, 5_000)]


@one_of_both("adding")
def test_adding_money_with_a_double_click_and_a_reload(member: Callable[..., Person], window: Window) -> None:
    ann = member("ann", window)
    ann.go("/add-money/")
    ann.page.reload()
    ann.fill(amount="30")
    ann.button("amount").dblclick()
    ann.is_at_provider()
    assert top_ups_of(ann) == [(TopUpStatus.AWAITING_ACTION, 3_000)]
    ann.page.reload()
    ann.pays_by_card()
    ann.is_at("/top-ups/*/")
    ann.page.reload()
    assert top_ups_of(ann) == [(TopUpStatus.CREDITED, 3_000)]
    assert ann.balance == "€30.00"


@one_of_both("card page")
def test_going_back_from_the_card_page_adds_only_what_is_paid(member: Callable[..., Person], window: Window) -> None:
    ann = member("ann", window)
    ann.go("/add-money/")
    ann.fill(amount="30")
    ann.press("amount")
    first_card_page = ann.page.url
    ann.page.go_back()
    ann.is_at("/add-money/")
    ann.fill(amount="50")
    ann.press("amount")
    card_page = ann.page.url
    ann.pays_by_card()
    ann.is_at("/top-ups/*/")
    receipt = ann.page.url
    ann.go(card_page)  # paying a second time is not offered
    assert ann.page.locator("[name=card_number]").count() == 0
    ann.go(receipt)
    assert top_ups_of(ann) == [(TopUpStatus.AWAITING_ACTION, 3_000), (TopUpStatus.CREDITED, 5_000)]
    assert ann.balance == "€50.00"

    ann.go("/activity/")
    ann.click(ann.page.locator("main a[href*='/activity/act_']").nth(1))
    ann.click(ann.page.locator("form[action$='/cancel/'] button"))
    ann.is_at("/top-ups/*/")
    assert top_ups_of(ann) == [(TopUpStatus.CANCELLED, 3_000), (TopUpStatus.CREDITED, 5_000)]
    ann.go(first_card_page)
    assert ann.page.locator("[name=card_number]").count() == 0
    assert ann.balance == "€50.00"


@one_of_both("found again")
def test_a_tab_closed_on_the_card_page_is_found_again(member: Callable[..., Person], window: Window) -> None:
    ann = member("ann", window)
    ann.go("/add-money/")
    ann.fill(amount="30")
    ann.press("amount")
    ann.is_at_provider()
    ann.reopens_the_tab(at="/activity/")
    ann.follow("/activity/act_")
    ann.is_at("/top-ups/*/")
    assert ann.balance == "€0.00"
    ann.go("/activity/")
    ann.follow("/activity/act_")
    ann.click(ann.page.locator(f"main a[href^='{ann.server.simulator_url}']"))
    ann.pays_by_card()
    ann.reopens_the_tab(at="/home/")
    assert top_ups_of(ann) == [(TopUpStatus.CREDITED, 3_000)]
    assert ann.balance == "€30.00"


def test_a_tab_closed_after_paying_loses_nothing(member: Callable[..., Person]) -> None:
    """The signed notice alone is enough: nobody ever comes back to the return page."""
    ann = member("ann")
    ann.go("/add-money/")
    ann.fill(amount="30")
    ann.press("amount")
    ann.is_at_provider()
    ann.pays_without_coming_back()
    ann.waits_for_message("€30.00")
    assert top_ups_of(ann) == [(TopUpStatus.CREDITED, 3_000)]
    assert ann.balance == "€30.00"
