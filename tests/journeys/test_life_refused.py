"""What goes wrong is said in a sentence, in the person's language, and nothing moves."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import F

from accounts.devices.session_engine import SessionStore
from accounts.stepup.models import Challenge
from payments.funding.models import TopUp
from payments.funding.states import TopUpStatus
from tests.journeys.matrix import Window, sampled
from transfers.p2p.models import Status, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ENGLISH, CHINESE = Window("en"), Window("zh-hans", phone=False, javascript=False)
BOTH = pytest.mark.parametrize("window", [ENGLISH, CHINESE], ids=str)


def one_of_both(salt: str) -> pytest.MarkDecorator:
    """One of the two by the seed, with ``--full`` both."""
    return pytest.mark.parametrize("window", sampled([ENGLISH, CHINESE], more=1, salt=salt), ids=str)


WRONG_AMOUNTS = ("0", "-1", "1.001", "1e3", "NaN", "9e99", "", "abc", "1,2,3")
STRANGE_NAMES = ("👩‍👩‍👧‍👦🎉", "مريم \u202eabc", "Z̷̧͎͂͝a̸l̶g̷o̵", "<b>Bo</b>")


def nothing_left(person: Person, balance: str) -> None:
    """No transfer of theirs was completed and the balance is what it was."""
    assert not Transfer.objects.filter(sender__handle=person.handle, status=Status.COMPLETED).exists()
    assert person.balance == balance


@one_of_both("amounts that")
def test_amounts_that_are_none(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.chooses(f"@{ben.handle}")
    for wrong in WRONG_AMOUNTS:
        ann.fill(amount=wrong)
        assert ann.press("amount").status == 422, wrong
        ann.sees(ann.say("There is a problem"))
        assert ann.page.locator("[name=amount]").get_attribute("aria-invalid") == "true"
        assert ann.page.locator(".field--bad").inner_text().strip()
    ann.go("/add-money/")
    for wrong in WRONG_AMOUNTS:
        ann.fill(amount=wrong)
        assert ann.press("amount").status in (400, 422), wrong
        ann.sees(ann.say("There is a problem"))
    assert TopUp.objects.filter(user__handle=ann.handle).count() == 0
    nothing_left(ann, "€100.00")


def test_full_width_digits_and_spaces_are_read_as_what_they_mean(member: Callable[..., Person]) -> None:
    ann, ben = member("ann", cents=10_000), member("ben")
    ann.prepares(f"@{ben.handle}", "１２")
    ann.sees("€12.00")
    ann.prepares(f"@{ben.handle}", " 5")
    ann.sees("€5.00")


@one_of_both("whom money")
def test_whom_money_cannot_go_to(member: Callable[..., Person], window: Window) -> None:
    ann = member("ann", window, cents=10_000)
    for typed, sentence in (
        (f"@{ann.handle}", "This is your own handle, e-mail address or phone number."),
        (ann.contact, "This is your own handle, e-mail address or phone number."),
        ("not a person", "This is neither a handle, nor an e-mail address, nor a phone number."),
    ):
        ann.chooses(typed)
        ann.sees(ann.say("There is a problem"), ann.say(sentence))
    ann.prepares("nobody.here@example.org", "10")  # not told apart until the money would go
    ann.press("seen")
    ann.sees(ann.say("No money has moved."))
    assert Transfer.objects.filter(sender__handle=ann.handle).count() == 0
    nothing_left(ann, "€100.00")


@one_of_both("more than")
def test_more_than_there_is_and_more_than_is_allowed(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.chooses(f"@{ben.handle}")
    for much in ("100.01", "500.01", "999999999"):
        ann.fill(amount=much)
        assert ann.press("amount").status == 422, much
        ann.sees(ann.say("There is a problem"))
    ann.go("/add-money/")
    ann.fill(amount="1000.01")
    assert ann.press("amount").status == 422
    nothing_left(ann, "€100.00")


def test_a_note_of_ten_thousand_characters(member: Callable[..., Person]) -> None:
    ann, ben = member("ann", cents=10_000), member("ben")
    ann.chooses(f"@{ben.handle}")
    ann.fill(amount="10", note="n" * 10_000)
    assert ann.press("amount").status == 422
    ann.sees(ann.say("There is a problem"))
    nothing_left(ann, "€100.00")


def test_names_from_everywhere_are_shown_as_text(member: Callable[..., Person]) -> None:
    ann, ben = member("ann", cents=10_000), member("ben")
    for number, name in enumerate(STRANGE_NAMES, 1):
        ben.go("/settings/")
        ben.fill(shown_name=name)
        answer = ben.press("shown_name")
        assert answer.status in (200, 422)
        ann.sends(f"@{ben.handle}", f"{number}.00", note=name)
        assert ann.page.locator("main b").count() == 0 or "<b>" not in name
    assert ann.balance == "€90.00"
    assert ben.balance == "€10.00"


@BOTH
def test_five_wrong_pins_lock_sending_but_not_receiving(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben", cents=10_000)
    ann.prepares(f"@{ben.handle}", "40")
    ann.press("seen")
    for left in (4, 3, 2, 1):
        assert ann.confirms("000000").status == 422
        ann.sees(
            ann.say(
                "What you entered is not right, and no money has moved. Tries left: %(tries_left)s.", tries_left=left
            )
        )
    assert ann.confirms("000000").status == 403
    ann.sees(ann.say("Your payment PIN is locked"), ann.say("No money has moved."))
    assert ann.page.locator("[name=code]").count() == 0
    nothing_left(ann, "€60.00")  # still held for the payment that waits
    ben.sends(f"@{ann.handle}", "5")
    assert ann.balance == "€65.00"
    ann.go("/activity/")
    ann.follow("/activity/act_")
    ann.go(f"{ann.page.url}")
    assert ben.balance == "€95.00"


@BOTH
def test_a_confirmation_that_came_too_late(member: Callable[..., Person], window: Window) -> None:
    ann, ben = member("ann", window, cents=10_000), member("ben")
    ann.prepares(f"@{ben.handle}", "40")
    ann.press("seen")
    ann.is_at("/confirm/*/")
    late = timedelta(minutes=6)
    Challenge.objects.filter(user__handle=ann.handle).update(
        created_at=F("created_at") - late, expires_at=F("expires_at") - late
    )
    assert ann.confirms().status == 409
    ann.sees(ann.say("Too late to confirm"), ann.say("No money has moved."))
    assert not Transfer.objects.filter(sender__handle=ann.handle, status=Status.COMPLETED).exists()
    ann.click(ann.page.locator("form[action*='/renew/'] button"))
    ann.confirms()
    ann.is_at("/transfers/*/")
    assert (ann.balance, ben.balance) == ("€60.00", "€40.00")


@one_of_both("five wrong")
def test_five_wrong_codes_end_a_sign_up(stranger: Callable[..., Person], window: Window) -> None:
    ann = stranger("ann", window, refusals=True)
    ann.starts_to_sign_up()
    ann.newest_code()
    for _try in range(4):
        ann.fill(code="BBBB-BBBB")
        ann.press("code")
        ann.sees(ann.say("There is a problem"))
    ann.fill(code="BBBB-BBBB")
    ann.press("code")
    ann.is_at("/account/login/")
    ann.sees(ann.say("That was wrong too many times. Sign in or sign up again to get a new code."))
    ann.go("/account/confirm-email/")  # for the right one there is no page any more
    ann.is_at("/account/login/")
    ann.sees(ann.say("This code can no longer be used. Sign in or sign up again to get a new one."))
    ann.go("/home/")
    ann.is_at("/account/login/")


@one_of_both("a code")
def test_a_code_that_is_too_old_ends_a_sign_up(stranger: Callable[..., Person], window: Window) -> None:
    ann = stranger("ann", window, refusals=True)
    ann.starts_to_sign_up()
    code = ann.newest_code()
    (cookie,) = [cookie for cookie in ann.page.context.cookies() if cookie["name"] == "sessionid"]
    session = SessionStore(cookie["value"])
    session["account_email_verification_code"] |= {"at": time.time() - 601}
    session.save()
    ann.fill(code=code)
    ann.press("code")
    ann.is_at("/account/login/")
    ann.sees(ann.say("This code can no longer be used. Sign in or sign up again to get a new one."))
    ann.go("/home/")
    ann.is_at("/account/login/")


@pytest.mark.parametrize(
    ("card", "sentence"),
    sampled(
        [
            ("4000 0000 0000 0002", "Your bank declined the card."),
            ("4000 0000 0000 9995", "There is not enough money on the card."),
            ("4000 0000 0000 0069", "The card has expired."),
            ("4000 0000 0000 0127", "The security code did not match."),
        ],
        always=[("4000 0000 0000 0002", "Your bank declined the card.")],
        more=1,
    ),
)
@one_of_both("declined")
def test_a_card_that_is_declined(member: Callable[..., Person], window: Window, card: str, sentence: str) -> None:
    ann = member("ann", window)
    ann.adds_money("30", card)
    ann.is_at("/top-ups/*/")
    ann.sees(ann.say("%(sum)s was not added", sum="€30.00"), ann.say(sentence), ann.say("No money moved."))
    assert [row.status for row in TopUp.objects.filter(user__handle=ann.handle)] == [TopUpStatus.FAILED]
    assert ann.balance == "€0.00"


@pytest.mark.parametrize(
    ("answer", "status", "balance"),
    [("approve", TopUpStatus.CREDITED, "€30.00"), ("fail", TopUpStatus.FAILED, "€0.00")],
)
def test_a_bank_that_asks(member: Callable[..., Person], answer: str, status: str, balance: str) -> None:
    ann = member("ann")
    ann.adds_money("30", "4000 0025 0000 3155")
    ann.is_at_provider()
    ann.click(ann.page.locator(f"button[value={answer}]"))
    ann.is_at("/top-ups/*/")
    assert [row.status for row in TopUp.objects.filter(user__handle=ann.handle)] == [status]
    assert ann.balance == balance


def test_a_bank_that_is_never_answered(member: Callable[..., Person]) -> None:
    ann = member("ann")
    ann.adds_money("30", "4000 0025 0000 3155")
    ann.is_at_provider()
    ann.click(ann.page.locator("button[value=abandon]"))
    assert [row.status for row in TopUp.objects.filter(user__handle=ann.handle)] == [TopUpStatus.AWAITING_ACTION]
    assert ann.balance == "€0.00"
