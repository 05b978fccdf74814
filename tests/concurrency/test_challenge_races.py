"""Forty at once: PINs, codes, challenges, exemptions. Real threads, real commits."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts.audit.models import RecordedEvent
from accounts.identity.models import OneTimeMessage
from accounts.mfa import services as mfa
from accounts.mfa.errors import CodeWrong, PinLocked
from accounts.mfa.models import EmailDevice, PaymentPinDevice
from accounts.stepup import services
from accounts.stepup.errors import ChallengeUsed
from accounts.stepup.models import Challenge, ChallengeEvent, SmallAmountCounter
from accounts.stepup.policy import SMALL_AMOUNT
from ledger.money import Money
from tests.factories.people import PIN
from tests.factories.stepup import AT, WEB, Things, again, person, registered_things
from wallet_project.lib import db, ids
from wallet_project.lib.ratelimit import RateLimited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from accounts.identity.models import User

pytestmark = pytest.mark.usefixtures("clone_db")
THREADS = 40


@pytest.fixture(autouse=True)
def fresh_limits(settings) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


@pytest.fixture
def alice() -> User:
    return person(f"alice{uuid4().hex[:8]}")


def at_once(act: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Runs ``act`` in many threads that start together; what each returned or raised."""
    barrier = threading.Barrier(threads)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return act(number)
        except (CodeWrong, PinLocked, ChallengeUsed, RateLimited) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def guess(user: User, pin: str) -> None:
    mfa.verify(user=user, challenge_id=ids.uuid7(), method="pin", secret=pin, at=AT, origin=WEB)


class TestPin:
    def test_forty_right_ones_all_succeed(self, alice: User) -> None:
        assert at_once(lambda _: guess(alice, PIN)) == [None] * THREADS
        assert PaymentPinDevice.objects.get(user=alice).failures == 0

    def test_forty_wrong_ones_count_one_by_one_to_the_lock(self, alice: User) -> None:
        results = at_once(lambda _: guess(alice, "000001"))
        lefts = sorted(result.params["tries_left"] for result in results if isinstance(result, CodeWrong))
        locks = [result for result in results if isinstance(result, PinLocked)]
        assert lefts == [1, 2, 3, 4]
        assert len(locks) == THREADS - 4
        assert {lock.params["locked_until"] for lock in locks} == {AT + timedelta(minutes=30)}
        device = PaymentPinDevice.objects.get(user=alice)
        assert (device.failures, device.rounds) == (0, 1)
        told = RecordedEvent.objects.filter(subject_id=alice.pk, payload__kind="pin_locked")
        assert told.count() == 1

    def test_of_forty_different_guesses_at_most_five_are_compared(self, alice: User) -> None:
        """The right PIN is among the forty: it must not slip past the lock more often than five tries allow."""
        results = at_once(lambda number: guess(alice, PIN if number == 39 else f"{number:06}"))
        compared = [result for result in results if result is None or isinstance(result, CodeWrong)]
        assert len(compared) <= 4 + 1 + 4
        assert any(isinstance(result, PinLocked) for result in results)

    def test_a_person_without_a_pin_row_gets_one_row_and_one_count(self) -> None:
        bob = person(f"bob{uuid4().hex[:8]}", pin=None)
        results = at_once(lambda _: guess(bob, "000001"))
        assert sorted(r.params["tries_left"] for r in results if isinstance(r, CodeWrong)) == [1, 2, 3, 4]
        assert PaymentPinDevice.objects.filter(user=bob).count() == 1


class TestChallenge:
    def test_forty_right_answers_carry_the_thing_out_once(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)

        def answer(_: int) -> Any:
            return services.answer(
                challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=AT, origin=WEB
            ).outcome.resource["status"]

        results = at_once(answer)
        assert results.count("COMPLETED") == 1
        assert sum(isinstance(result, ChallengeUsed) for result in results) == THREADS - 1
        assert things.done == [(challenge.subject_id, challenge.public_id)]
        causes = list(ChallengeEvent.objects.filter(challenge=challenge).order_by("id").values_list("cause", flat=True))
        assert causes == ["opened", "pin", "confirmed"]

    def test_of_forty_guesses_at_a_code_at_most_five_are_compared(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        services.send_code(challenge_id=challenge.pk, user=alice, method="email", at=AT, origin=WEB)
        message = next(m for m in OneTimeMessage.objects.filter(user=alice))
        (code,) = re.findall(r"\b\d{6}\b", message.body)
        wrong = [f"{number:06}" for number in range(THREADS + 1) if f"{number:06}" != code]

        def answer(number: int) -> Any:
            return services.answer(
                challenge_id=challenge.pk, user=alice, method="email", code=wrong[number], at=AT, origin=WEB
            )

        results = at_once(answer)
        compared = [result for result in results if isinstance(result, CodeWrong)]
        assert 1 <= len(compared) <= 5
        assert EmailDevice.objects.get(challenge=challenge).failures == len(compared)
        assert things.done == []

    def test_forty_renewals_leave_one_open(self, things: Things, alice: User) -> None:
        old = things.ask(alice)
        at_once(lambda _: services.renew(challenge_id=old.pk, user=alice, at=AT, origin=WEB))
        states = list(Challenge.objects.filter(subject_id=old.subject_id).values_list("state", flat=True))
        assert states.count("OPEN") == 1
        assert len(states) == THREADS + 1

    def test_forty_requests_for_a_code_send_one(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        at_once(lambda _: services.send_code(challenge_id=challenge.pk, user=alice, method="email", at=AT, origin=WEB))
        assert OneTimeMessage.objects.filter(user=alice).count() == 1
        assert EmailDevice.objects.get(challenge=challenge).sends == 1


class TestSmallAmounts:
    def test_forty_small_payments_at_once_get_five_exemptions(self, alice: User) -> None:
        payer = again(alice)

        def pay(_: int) -> Any:
            with db.transaction():
                return services.exemption_for(user=payer, amount=Money(100, "EUR"), trusted=False, at=AT)

        results = at_once(pay)
        assert results.count(SMALL_AMOUNT) == 5
        assert results.count(None) == THREADS - 5
        counter = SmallAmountCounter.objects.get(user=alice)
        assert (counter.count, counter.total_minor) == (5, 500)

    def test_the_sum_holds_too(self, alice: User) -> None:
        payer = again(alice)

        def pay(_: int) -> Any:
            with db.transaction():
                return services.exemption_for(user=payer, amount=Money(2600, "EUR"), trusted=False, at=AT)

        assert at_once(pay).count(SMALL_AMOUNT) == 3
        assert SmallAmountCounter.objects.get(user=alice).total_minor == 7800
