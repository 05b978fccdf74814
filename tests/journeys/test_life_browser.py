"""The first life of money, in a real browser: a stranger signs up, adds money, sends some to a friend who gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.matrix import WINDOWS, Window, sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ALWAYS = (Window("en", phone=True, javascript=True), Window("zh-hans", phone=False, javascript=False))


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS, more=1), ids=str)
def test_from_stranger_to_stranger(stranger: Callable[..., Person], window: Window) -> None:
    ann, ben = stranger("ann", window), stranger("ben", window)
    handle = ben.contact.partition("@")[0]

    ben.signs_up(handle=handle, name="Ben Okafor")
    assert ben.balance == "€0.00"

    ann.signs_up(handle=ann.contact.partition("@")[0], name="Ann Lee")
    ann.follow("/security/pin/")
    ann.sets_pin()
    ann.sees(ann.say("Your payment PIN is set."))

    ann.adds_money("80")
    ann.is_at("/top-ups/*/")
    ann.sees(ann.say("%(sum)s was added", sum="€80.00"), "4242")
    assert ann.balance == "€80.00"

    ann.chooses(f"@{handle}")
    ann.is_at("/send/*/amount/")
    ann.says_how_much("42.50", note="Dinner 晚饭")
    ann.sees(ann.say("You have never paid this person."), "Ben O•••", "€42.50", "Dinner 晚饭")
    ann.press("seen")
    ann.confirms()
    ann.is_at("/transfers/*/")
    assert ann.title == ann.say("You sent %(sum)s to %(name)s", sum="€42.50", name="Ben O•••")
    assert ann.balance == "€37.50"
    assert ann.activity() == [("Ben O•••", "−42.50"), (ann.say("Added money"), "+80.00")]

    assert ben.balance == "€42.50"
    assert ben.activity() == [("Ann L•••", "+42.50")]
    ben.follow("/activity/act_")
    ben.is_at("/transfers/*/")
    assert ben.title == ben.say("%(name)s sent you %(sum)s", sum="€42.50", name="Ann L•••")
    ben.sees("Dinner 晚饭")
    ben.waits_for_message("€42.50")
    ben.go("/notifications/")
    ben.sees(ben.say("%(name)s sent you %(sum)s", sum="€42.50", name="Ann L•••"))


@pytest.mark.parametrize("window", sampled(WINDOWS, always=ALWAYS[:1], more=0), ids=str)
def test_a_phone_number_is_enough(stranger: Callable[..., Person], window: Window) -> None:
    ann = stranger("ann", window, phone_number=f"+49151234{40000 + WINDOWS.index(window)}")
    ann.signs_up()
    ann.follow("/security/pin/")
    ann.sets_pin()
    ann.sees(ann.say("Your payment PIN is set."))
    ann.adds_money("20")
    ann.is_at("/top-ups/*/")
    assert ann.balance == "€20.00"
