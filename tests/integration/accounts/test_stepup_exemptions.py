"""Payments without step-up: PSD2 RTS art. 13 and 16."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accounts.mfa.errors import PinLocked
from accounts.mfa.models import PaymentPinDevice
from accounts.stepup.models import SmallAmountCounter
from accounts.stepup.policy import SMALL_AMOUNT, TRUSTED_PAYEE
from accounts.stepup.services import answer, exemption_for
from ledger.money import Money
from tests.factories.people import PIN
from tests.factories.stepup import AT, WEB, again, person, registered_things
from wallet_project.lib import db

if TYPE_CHECKING:
    from accounts.identity.models import User
    from accounts.stepup.policy import Authority

pytestmark = pytest.mark.django_db


def exempt(user: User, amount_minor: int, *, trusted: bool = False, currency: str = "EUR") -> Authority | None:
    with db.transaction():
        return exemption_for(user=again(user), amount=Money(amount_minor, currency), trusted=trusted, at=AT)


class TestTrustedPayee:
    def test_needs_no_step_up_whatever_the_amount(self) -> None:
        assert exempt(person(), 49_999, trusted=True) == TRUSTED_PAYEE

    def test_costs_no_query(self, django_assert_num_queries) -> None:
        alice, bob = again(person()), again(person("bob", pin=None))
        with django_assert_num_queries(0):
            for user in (alice, bob):
                exemption_for(user=user, amount=Money(4250, "EUR"), trusted=True, at=AT)

    def test_does_not_count_as_a_small_amount(self) -> None:
        exempt(person(), 1000, trusted=True)
        assert SmallAmountCounter.objects.count() == 0

    def test_a_locked_account_cannot_send_to_it(self) -> None:
        alice = person()
        PaymentPinDevice.objects.filter(user=alice).update(rounds=1, locked_until=AT.replace(hour=13))
        with pytest.raises(PinLocked):
            exempt(alice, 1000, trusted=True)


class TestSmallAmount:
    def test_thirty_euro_is_exempt_and_a_cent_more_is_not(self) -> None:
        alice = person()
        assert exempt(alice, 3001) is None
        assert exempt(alice, 3000) == SMALL_AMOUNT

    def test_five_in_a_row_and_no_sixth(self) -> None:
        alice = person()
        assert [exempt(alice, 100) for _ in range(6)] == [*[SMALL_AMOUNT] * 5, None]
        assert SmallAmountCounter.objects.get(user=alice).count == 5

    def test_a_hundred_euro_in_all_and_not_a_cent_more(self) -> None:
        alice = person()
        assert [exempt(alice, 3000) for _ in range(3)] == [SMALL_AMOUNT] * 3
        assert exempt(alice, 1001) is None
        assert exempt(alice, 1000) == SMALL_AMOUNT
        assert SmallAmountCounter.objects.get(user=alice).total_minor == 100_00

    def test_a_step_up_starts_the_count_anew(self) -> None:
        alice = person()
        for _ in range(5):
            exempt(alice, 100)
        with registered_things() as things:
            challenge = things.ask(alice)
            answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=AT, origin=WEB)
        counter = SmallAmountCounter.objects.get(user=alice)
        assert (counter.count, counter.total_minor) == (0, 0)
        assert exempt(alice, 100) == SMALL_AMOUNT
        counter.refresh_from_db()
        assert (counter.count, counter.total_minor) == (1, 100)

    def test_a_payment_that_rolls_back_does_not_count(self) -> None:
        alice = person()

        class Failed(Exception):
            pass

        with pytest.raises(Failed), db.transaction():
            exemption_for(user=again(alice), amount=Money(100, "EUR"), trusted=False, at=AT)
            raise Failed
        assert SmallAmountCounter.objects.count() == 0

    def test_costs_one_query(self, django_assert_num_queries) -> None:
        alice = again(person())
        with db.transaction(), django_assert_num_queries(1):
            exemption_for(user=alice, amount=Money(100, "EUR"), trusted=False, at=AT)

    def test_people_do_not_share_a_count(self) -> None:
        alice, bob = person(), person("bob")
        for _ in range(5):
            exempt(alice, 100)
        assert exempt(bob, 100) == SMALL_AMOUNT

    def test_a_currency_without_a_rule_is_never_exempt(self) -> None:
        assert exempt(person(), 100, currency="USD") is None
