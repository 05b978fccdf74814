"""The payment PIN's row: set, guess, lock, force."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection

from accounts.audit.models import RecordedEvent
from accounts.mfa import selectors, services
from accounts.mfa.errors import CodeWrong, PinLocked, PinRequired, PinResetRequired, PinTooEasy
from accounts.mfa.models import PaymentPinDevice
from tests.factories.people import make_staff
from tests.factories.stepup import AT, OTHER_PIN, PIN, WEB, again, person
from wallet_project.lib import db, ids
from wallet_project.lib.crypto import CannotDecrypt

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


def guess(user: User, pin: str, *, at: datetime = AT) -> None:
    services.verify(user=user, challenge_id=ids.uuid7(), method="pin", secret=pin, at=at, origin=WEB)


def wrong_times(user: User, times: int, *, at: datetime = AT) -> Exception:
    for _ in range(times):
        with pytest.raises((CodeWrong, PinLocked, PinResetRequired)) as refusal:
            guess(user, "000001", at=at)
    return refusal.value


def kinds_of(user: User) -> list[str]:
    events = RecordedEvent.objects.filter(subject_id=user.pk, name="security_event")
    return sorted(event.payload["kind"] for event in events)


class TestSetPin:
    def test_keeps_no_pin_in_the_database(self) -> None:
        alice = person()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pin_hash FROM accounts_paymentpindevice WHERE user_id = %s", [alice.pk])
            (stored,) = cursor.fetchone()
        assert PIN not in stored
        assert "argon2" not in stored
        assert PaymentPinDevice.objects.get(user=alice).pin_hash.startswith("$argon2id$")

    def test_a_hash_copied_to_another_person_cannot_be_read(self) -> None:
        alice, mallory = person(), person("mallory", pin=OTHER_PIN)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_paymentpindevice SET pin_hash ="
                " (SELECT pin_hash FROM accounts_paymentpindevice WHERE user_id = %s) WHERE user_id = %s",
                [mallory.pk, alice.pk],
            )
        with pytest.raises(CannotDecrypt):
            guess(alice, OTHER_PIN)

    def test_tells_the_security_log(self) -> None:
        assert kinds_of(person()) == ["pin_set"]

    def test_refuses_digits_of_the_phone(self) -> None:
        alice = person(pin=None, phone="+4915129367788", phone_verified_at=AT)
        with pytest.raises(PinTooEasy):
            services.set_pin(user=alice, pin="293677", at=AT, origin=WEB)
        assert not selectors.has_pin(again(alice))


class TestVerify:
    def test_the_right_pin_passes_and_starts_the_count_anew(self) -> None:
        alice = person()
        wrong_times(alice, 4)
        guess(alice, PIN)
        assert PaymentPinDevice.objects.get(user=alice).failures == 0
        assert wrong_times(alice, 1).params == {"tries_left": 4}

    def test_counts_down_and_locks_for_thirty_minutes(self) -> None:
        alice = person()
        lefts = [wrong_times(alice, 1).params["tries_left"] for _ in range(4)]
        assert lefts == [4, 3, 2, 1]
        locked = wrong_times(alice, 1)
        assert isinstance(locked, PinLocked)
        assert locked.params == {"locked_until": AT + timedelta(minutes=30)}

    def test_while_locked_the_right_pin_is_refused_and_nothing_counts(self) -> None:
        alice = person()
        wrong_times(alice, 5)
        with pytest.raises(PinLocked):
            guess(alice, PIN, at=AT + timedelta(minutes=29, seconds=59))
        guess(alice, PIN, at=AT + timedelta(minutes=30))

    def test_the_second_round_locks_for_a_day_and_the_third_for_good(self) -> None:
        alice = person()
        at = AT
        assert wrong_times(alice, 5, at=at).params == {"locked_until": at + timedelta(minutes=30)}
        at += timedelta(minutes=30)
        assert wrong_times(alice, 5, at=at).params == {"locked_until": at + timedelta(hours=24)}
        at += timedelta(hours=24)
        assert isinstance(wrong_times(alice, 5, at=at), PinResetRequired)
        with pytest.raises(PinResetRequired):
            guess(alice, PIN, at=at + timedelta(days=3650))

    def test_nobody_can_tell_whether_there_is_a_pin(self) -> None:
        with_pin, without = person(), person("bob", pin=None)
        for _ in range(4):
            assert wrong_times(with_pin, 1).params == wrong_times(without, 1).params
        assert (
            wrong_times(with_pin, 1).params
            == wrong_times(without, 1).params
            == {"locked_until": AT + timedelta(minutes=30)}
        )

    def test_refuses_to_run_inside_a_transaction(self) -> None:
        alice = person()
        with pytest.raises(db.AlreadyInTransaction), db.transaction():
            guess(alice, PIN)
        assert PaymentPinDevice.objects.get(user=alice).failures == 0

    def test_each_wrong_try_is_a_security_event_without_the_pin(self) -> None:
        alice = person()
        wrong_times(alice, 5)
        assert kinds_of(alice) == ["pin_locked", "pin_set", *["pin_wrong"] * 4]
        wrong_times(alice, 3)  # refused by the lock: nothing new to tell
        assert kinds_of(alice).count("pin_locked") == 1
        assert "000001" not in str(list(RecordedEvent.objects.values_list("payload", flat=True)))


class TestRequireUsablePin:
    def test_says_that_one_is_needed(self) -> None:
        with pytest.raises(PinRequired):
            services.require_usable_pin(again(person(pin=None)), at=AT)

    def test_says_that_it_is_locked(self) -> None:
        alice = person()
        wrong_times(alice, 5)
        with pytest.raises(PinLocked):
            services.require_usable_pin(again(alice), at=AT)

    def test_asks_nothing_of_the_database_for_a_person_loaded_with_their_pin(self, django_assert_num_queries) -> None:
        alice, bob = again(person()), again(person("bob", pin=None))
        with django_assert_num_queries(0):
            services.require_usable_pin(alice, at=AT)
            services.refuse_if_locked(bob, at=AT)


class TestForceReset:
    def test_makes_the_pin_useless_and_records_who(self) -> None:
        alice, dave = person(), make_staff("dave")
        services.force_reset(user=alice, by=dave, at=AT, origin=WEB)
        with pytest.raises(PinResetRequired):
            guess(alice, PIN)
        event = RecordedEvent.objects.get(payload__kind="pin_reset_forced")
        assert (event.actor_kind, event.actor_id) == ("staff", str(dave.pk))


class TestConstraints:
    @pytest.mark.parametrize(
        "change", [{"failures": 5}, {"rounds": 4}, {"set_at": None}], ids=["failures", "rounds", "hash without time"]
    )
    def test_impossible_rows_are_refused(self, change: dict[str, object]) -> None:
        alice = person()
        with pytest.raises(IntegrityError), db.transaction():
            PaymentPinDevice.objects.filter(user=alice).update(**change)
