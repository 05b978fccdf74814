"""A challenge's life: bound to its payload, answered in time, used once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError

from accounts.identity.models import OneTimeMessage
from accounts.mfa.errors import CodeWrong, PinLocked, PinRequired
from accounts.mfa.models import EmailDevice, PaymentPinDevice, PendingPin
from accounts.stepup import selectors, services
from accounts.stepup.errors import ChallengeExpired, ChallengeLocked, ChallengeUsed, ChallengeVoid
from accounts.stepup.models import Challenge, ChallengeEvent
from tests.factories.people import PIN
from tests.factories.stepup import AT, WEB, StateConflict, Things, again, person, registered_things
from wallet_project.lib import db, ids
from wallet_project.lib.errors import Invalid, NotFound
from wallet_project.lib.ratelimit import RateLimited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


@pytest.fixture
def alice() -> User:
    return person()


def answer(challenge: Challenge, user: User, code: str = PIN, *, method: str = "pin", at: datetime = AT) -> Any:
    return services.answer(challenge_id=challenge.pk, user=user, method=method, code=code, at=at, origin=WEB)


def send(challenge: Challenge, user: User, *, method: str = "email", at: datetime = AT) -> str:
    """Asks for a code and reads it where it waits to leave."""
    services.send_code(challenge_id=challenge.pk, user=user, method=method, at=at, origin=WEB)
    message = OneTimeMessage.objects.order_by("-created_at", "-id").first()
    assert message is not None
    (code,) = re.findall(r"\b\d{6}\b", message.body)
    return code


def moves(challenge: Challenge) -> list[tuple[str, str, str]]:
    rows = ChallengeEvent.objects.filter(challenge=challenge).order_by("id")
    return [(row.from_state, row.to_state, row.cause) for row in rows]


class TestAnswer:
    def test_the_right_pin_carries_the_thing_out_once(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        outcome = answer(challenge, alice).outcome
        assert outcome.resource == {"id": str(challenge.subject_id), "status": "COMPLETED"}
        assert things.done == [(challenge.subject_id, challenge.public_id)]
        challenge.refresh_from_db()
        assert (challenge.state, challenge.method_used) == ("CONSUMED", "pin")
        assert moves(challenge) == [
            ("", "OPEN", "opened"),
            ("OPEN", "ANSWERED", "pin"),
            ("ANSWERED", "CONSUMED", "confirmed"),
        ]

    def test_a_second_answer_says_it_was_used(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        answer(challenge, alice)
        with pytest.raises(ChallengeUsed):
            answer(challenge, alice)
        assert len(things.done) == 1

    def test_a_wrong_pin_does_nothing_and_counts(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        with pytest.raises(CodeWrong) as refusal:
            answer(challenge, alice, "000001")
        assert refusal.value.params == {"tries_left": 4}
        assert things.done == []
        assert PaymentPinDevice.objects.get(user=alice).failures == 1

    def test_a_failing_payment_takes_no_count_back_and_leaves_the_challenge_usable(
        self, things: Things, alice: User
    ) -> None:
        challenge = things.ask(alice)
        with pytest.raises(CodeWrong):
            answer(challenge, alice, "000001")
        things.failure = StateConflict()
        with pytest.raises(StateConflict):
            answer(challenge, alice)
        assert things.done == []
        challenge.refresh_from_db()
        assert (challenge.state, challenge.consumed_at) == ("ANSWERED", None)
        things.failure = None
        answer(challenge, alice)
        assert len(things.done) == 1

    def test_after_five_minutes_it_is_too_late(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        with pytest.raises(ChallengeExpired):
            answer(challenge, alice, at=AT + 5 * MINUTE)
        assert things.done == []
        answer(challenge, alice, at=AT + 5 * MINUTE - timedelta(microseconds=1))
        assert len(things.done) == 1

    def test_somebody_elses_challenge_does_not_exist(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        mallory = person("mallory")
        with pytest.raises(NotFound):
            answer(challenge, mallory)
        assert things.done == []

    def test_a_method_that_was_not_offered_is_refused(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        with pytest.raises(Invalid) as refusal:
            answer(challenge, alice, method="email")
        assert refusal.value.fields == {"method": "method_not_offered"}

    def test_refuses_to_run_inside_a_transaction(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        with pytest.raises(db.AlreadyInTransaction), db.transaction():
            answer(challenge, alice)
        assert things.done == []

    def test_five_wrong_lock_the_challenge_with_the_pin(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        for left in (4, 3, 2, 1):
            with pytest.raises(CodeWrong) as refusal:
                answer(challenge, alice, "000001")
            assert refusal.value.params == {"tries_left": left}
        with pytest.raises(PinLocked) as locked:
            answer(challenge, alice, "000001")
        assert locked.value.params == {"locked_until": AT + timedelta(minutes=30)}
        with pytest.raises(PinLocked):
            answer(challenge, alice)
        challenge.refresh_from_db()
        assert challenge.state == "LOCKED"
        assert things.done == []


class TestOpen:
    def test_needs_a_pin(self, things: Things) -> None:
        with pytest.raises(PinRequired):
            things.ask(person("bob", pin=None))
        assert Challenge.objects.count() == 0

    def test_a_locked_account_cannot_open_one(self, things: Things, alice: User) -> None:
        PaymentPinDevice.objects.filter(user=alice).update(rounds=1, locked_until=AT + MINUTE)
        with pytest.raises(PinLocked):
            things.ask(again(alice))

    def test_a_newer_one_voids_the_older(self, things: Things, alice: User) -> None:
        old = things.ask(alice)
        with db.transaction():
            services.open_challenge(
                user=alice,
                purpose="test",
                subject_id=old.subject_id,
                payload=things.payloads[old.subject_id],
                at=AT + MINUTE,
            )
        with pytest.raises(ChallengeExpired):
            answer(old, alice, at=AT + MINUTE)
        assert moves(old)[-1] == ("OPEN", "EXPIRED", "replaced")

    def test_a_newer_one_also_voids_one_that_was_answered_but_not_used(self, things: Things, alice: User) -> None:
        old = things.ask(alice)
        things.failure = StateConflict()
        with pytest.raises(StateConflict):
            answer(old, alice)
        things.failure = None
        services.renew(challenge_id=old.pk, user=alice, at=AT + MINUTE, origin=WEB)
        with pytest.raises(ChallengeExpired):
            answer(old, alice, at=AT + MINUTE)
        assert things.done == []

    def test_needs_the_callers_transaction(self, things: Things, alice: User) -> None:
        with pytest.raises(db.NotInTransaction):
            services.open_challenge(user=alice, purpose="test", subject_id=things.add(), payload={}, at=AT)

    def test_an_unknown_purpose_is_a_defect(self, alice: User) -> None:
        with pytest.raises(KeyError), db.transaction():
            services.open_challenge(user=alice, purpose="nobody", subject_id=alice.pk, payload={}, at=AT)


class TestConsume:
    def test_any_edit_voids_the_answer(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        things.payloads[challenge.subject_id]["amount_minor"] = 4_250_000
        with pytest.raises(ChallengeVoid):
            answer(challenge, alice)
        assert things.done == []
        challenge.refresh_from_db()
        assert challenge.consumed_at is None

    def test_an_unanswered_one_gives_no_authority(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        with pytest.raises(ChallengeExpired), db.transaction():
            services.consume(challenge_id=challenge.pk, payload=things.payloads[challenge.subject_id], at=AT)

    def test_gives_the_challenge_as_authority(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        answer(challenge, alice)
        assert things.done[0][1] == challenge.public_id

    def test_needs_the_callers_transaction(self, things: Things, alice: User) -> None:
        with pytest.raises(db.NotInTransaction):
            services.consume(challenge_id=things.ask(alice).pk, payload={}, at=AT)

    def test_an_unknown_one_does_not_exist(self) -> None:
        with pytest.raises(NotFound), db.transaction():
            services.consume(challenge_id=ids.uuid7(), payload={}, at=AT)


class TestCodes:
    def test_nothing_is_sent_before_somebody_asks(self, things: Things, alice: User) -> None:
        things.ask(alice, methods=("email",))
        assert OneTimeMessage.objects.count() == 0

    def test_the_message_names_amount_and_payee_and_the_code_once(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        code = send(challenge, alice)
        message = OneTimeMessage.objects.get()
        assert (message.channel, message.to) == ("email", "alice@example.com")
        assert "42.50" in message.body
        assert "Bob B•••" in message.body
        assert message.body.count(code) == 1

    def test_the_code_answers(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        code = send(challenge, alice)
        answer(challenge, alice, f"{code[:3]} {code[3:]}", method="email")
        assert len(things.done) == 1

    def test_a_code_of_another_challenge_does_not(self, things: Things, alice: User) -> None:
        first, second = things.ask(alice, methods=("email",)), things.ask(alice, methods=("email",))
        code_of_first = send(first, alice)
        send(second, alice, at=AT + MINUTE)
        with pytest.raises(CodeWrong):
            answer(second, alice, code_of_first, method="email", at=AT + MINUTE)
        assert things.done == []

    def test_a_newer_code_replaces_the_older(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        old = send(challenge, alice)
        new = send(challenge, alice, at=AT + MINUTE)
        if old != new:
            with pytest.raises(CodeWrong):
                answer(challenge, alice, old, method="email", at=AT + MINUTE)
        answer(challenge, alice, new, method="email", at=AT + MINUTE)
        assert len(things.done) == 1

    def test_asking_again_within_thirty_seconds_sends_nothing(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        send(challenge, alice)
        again_at = services.send_code(
            challenge_id=challenge.pk, user=alice, method="email", at=AT + timedelta(seconds=10), origin=WEB
        )
        assert again_at == AT + timedelta(seconds=30)
        assert OneTimeMessage.objects.count() == 1

    def test_five_messages_per_challenge_and_no_more(self, things: Things, alice: User, settings) -> None:
        challenge = things.ask(alice, methods=("email",))
        for turn in range(5):
            settings.RATELIMIT_PREFIX = f"test:{ids.uuid7()}"  # the pace per address has its own test
            send(challenge, alice, at=AT + timedelta(seconds=30 * turn))
        with pytest.raises(RateLimited):
            send(challenge, alice, at=AT + timedelta(seconds=150))
        assert OneTimeMessage.objects.count() == 5

    def test_five_wrong_lock_it_and_the_right_one_comes_too_late(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        code = send(challenge, alice)
        wrong = "000000" if code != "000000" else "000001"
        for left in (4, 3, 2, 1, 0):
            with pytest.raises(CodeWrong) as refusal:
                answer(challenge, alice, wrong, method="email")
            assert refusal.value.params == {"tries_left": left}
        with pytest.raises(ChallengeLocked):
            answer(challenge, alice, code, method="email")
        assert moves(challenge)[-1] == ("OPEN", "LOCKED", "too_many_tries")
        assert things.done == []

    def test_a_new_challenge_gives_no_new_tries_to_the_account(self, things: Things, alice: User) -> None:
        first = things.ask(alice, methods=("email",))
        send(first, alice)
        for _ in range(5):
            with pytest.raises(CodeWrong):
                answer(first, alice, "abcdef", method="email")
        second = things.ask(alice, methods=("email",))
        code = send(second, alice, at=AT + MINUTE)
        with pytest.raises(RateLimited) as refusal:
            answer(second, alice, code, method="email", at=AT + MINUTE)
        assert refusal.value.params["retry_after"] > 0
        assert things.done == []

    def test_the_database_holds_no_code(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        code = send(challenge, alice)
        assert code not in EmailDevice.objects.get().code_hmac

    def test_a_way_without_contact_is_refused(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice, methods=("email",))
        with pytest.raises(Invalid):
            services.send_code(challenge_id=challenge.pk, user=alice, method="sms", at=AT, origin=WEB)


class TestRenew:
    def test_opens_another_for_the_thing_as_it_is_now(self, things: Things, alice: User) -> None:
        old = things.ask(alice)
        things.payloads[old.subject_id]["amount_minor"] = 5000
        fresh = services.renew(challenge_id=old.pk, user=alice, at=AT + 6 * MINUTE, origin=WEB)
        assert fresh.pk != old.pk
        assert fresh.expires_at == AT + 11 * MINUTE
        assert selectors.open_challenge_of(old.subject_id) == fresh
        answer(fresh, alice, at=AT + 7 * MINUTE)
        assert things.done == [(old.subject_id, fresh.public_id)]

    def test_not_for_what_happened(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        answer(challenge, alice)
        with pytest.raises(ChallengeUsed):
            services.renew(challenge_id=challenge.pk, user=alice, at=AT, origin=WEB)

    def test_not_for_what_waits_no_more(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        things.released.append(challenge.subject_id)
        with pytest.raises(StateConflict):
            services.renew(challenge_id=challenge.pk, user=alice, at=AT, origin=WEB)

    def test_not_for_somebody_else(self, things: Things, alice: User) -> None:
        with pytest.raises(NotFound):
            services.renew(challenge_id=things.ask(alice).pk, user=person("mallory"), at=AT, origin=WEB)


class TestCancel:
    def test_releases_the_thing_and_closes_the_challenge(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        services.cancel(challenge_id=challenge.pk, user=alice, at=AT, origin=WEB)
        assert things.released == [challenge.subject_id]
        with pytest.raises(ChallengeExpired):
            answer(challenge, alice)

    def test_not_after_it_happened(self, things: Things, alice: User) -> None:
        challenge = things.ask(alice)
        answer(challenge, alice)
        with pytest.raises(ChallengeUsed):
            services.cancel(challenge_id=challenge.pk, user=alice, at=AT, origin=WEB)
        assert things.released == []

    def test_not_on_the_page_before_when_a_newer_one_was_used(self, things: Things, alice: User) -> None:
        old = things.ask(alice)
        new = services.renew(challenge_id=old.pk, user=alice, at=AT + MINUTE, origin=WEB)
        answer(new, alice)
        with pytest.raises(ChallengeUsed):
            services.cancel(challenge_id=old.pk, user=alice, at=AT + MINUTE, origin=WEB)
        assert things.released == []


class TestExpire:
    def test_closes_what_nobody_answered_and_forgets_codes_and_pins(self, things: Things, alice: User) -> None:
        late, used = things.ask(alice, methods=("email",)), things.ask(alice)
        send(late, alice)
        answer(used, alice)
        PendingPin.objects.create(
            user=alice, kind="CHANGE", pin_hash="x", is_current=False, created_at=AT, expires_at=AT + MINUTE
        )
        in_time = things.ask(alice, at=AT + 3 * MINUTE)
        assert services.expire_challenges(at=AT + 5 * MINUTE) == 1
        states = dict(Challenge.objects.values_list("pk", "state"))
        assert states == {late.pk: "EXPIRED", used.pk: "CONSUMED", in_time.pk: "OPEN"}
        assert moves(late)[-1] == ("OPEN", "EXPIRED", "time")
        assert EmailDevice.objects.count() == 0
        assert PendingPin.objects.count() == 0
        assert services.expire_challenges(at=AT + 5 * MINUTE) == 0


class TestWaitingFor:
    def test_lists_what_can_still_be_confirmed(self, things: Things, alice: User, django_assert_num_queries) -> None:
        first, second = things.ask(alice), things.ask(alice, at=AT + MINUTE)
        things.ask(person("bob"))
        answer(first, alice)
        with django_assert_num_queries(1):
            assert selectors.waiting_for(alice, at=AT + 2 * MINUTE) == [second]
        assert selectors.waiting_for(alice, at=AT + 6 * MINUTE) == []


class TestConstraints:
    @pytest.mark.parametrize(
        "change",
        [
            {"expires_at": AT + timedelta(minutes=5, microseconds=1)},
            {"state": "DONE"},
            {"state": "CONSUMED"},
            {"consumed_at": AT},
            {"state": "ANSWERED"},
        ],
    )
    def test_impossible_rows_are_refused(self, things: Things, alice: User, change: dict[str, object]) -> None:
        challenge = things.ask(alice)
        with pytest.raises(IntegrityError), db.transaction():
            Challenge.objects.filter(pk=challenge.pk).update(**change)

    @pytest.mark.parametrize(("before", "after"), [("CONSUMED", "OPEN"), ("OPEN", "CONSUMED"), ("EXPIRED", "ANSWERED")])
    def test_impossible_moves_are_refused(self, things: Things, alice: User, before: str, after: str) -> None:
        challenge = things.ask(alice)
        with pytest.raises(IntegrityError), db.transaction():
            ChallengeEvent.objects.create(
                challenge=challenge, actor="x", cause="x", from_state=before, to_state=after, occurred_at=AT
            )
