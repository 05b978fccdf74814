"""What becomes of a transfer that waits: confirmed, cancelled, expired, reviewed. Exactly one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.limits.models import LimitUsage
from accounts.limits.policy import CAPS, Cap
from accounts.mfa.errors import CodeWrong
from accounts.risk import engine
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired, ChallengeUsed
from accounts.stepup.models import Challenge
from ledger.errors import LedgerError
from ledger.money import Money
from tests.factories.people import ORIGIN, available_minor, give_money, make_staff, now
from tests.factories.transfers import confirm, send
from transfers.p2p import services
from transfers.p2p.errors import StateConflict
from transfers.p2p.models import Transfer, TransferEvent
from transfers.p2p.policy import payload
from transfers.payees.errors import PayeeCannotReceive
from transfers.payees.services import resolve
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User
    from transfers.p2p.services import Sent
    from transfers.payees.models import Payee


def moves(transfer: Transfer) -> list[tuple[str, str]]:
    return list(
        TransferEvent.objects.filter(transfer=transfer)
        .order_by("occurred_at", "pk")
        .values_list("from_status", "to_status")
    )


@pytest.fixture
def waiting(alice: User, bob_known: Payee) -> Sent:
    """EUR 42.50 from Alice to Bob, waiting for her PIN."""
    return send(alice, bob_known, 4_250, note="dinner")


class TestConfirm:
    def test_moves_the_held_money(self, alice: User, bob: User, bob_known: Payee, waiting: Sent) -> None:
        answered = confirm(alice, waiting)
        waiting.transfer.refresh_from_db()
        assert waiting.transfer.status == "COMPLETED"
        assert (available_minor(alice), available_minor(bob)) == (25_750, 4_250)
        assert answered.outcome.resource["status"] == "COMPLETED"
        assert waiting.transfer.authority_kind == "challenge"
        assert waiting.transfer.authority_reference == waiting.challenge.public_id
        bob_known.refresh_from_db()
        assert bob_known.paid_count == 2

    def test_goes_through_grace_of_no_seconds(self, alice: User, waiting: Sent) -> None:
        confirm(alice, waiting)
        assert set(moves(waiting.transfer)) == {
            ("", "AWAITING_STEP_UP"),
            ("AWAITING_STEP_UP", "GRACE"),
            ("GRACE", "COMPLETED"),
        }

    def test_tells_the_receiver_only_now(self, alice: User, bob: User, waiting: Sent) -> None:
        assert not ActivityItem.objects.filter(user=bob).exists()
        confirm(alice, waiting)
        row = ActivityItem.objects.get(user=bob)
        assert (row.amount_minor, row.shown_name, row.note, row.state) == (4_250, "Alice E•••", "dinner", "COMPLETED")
        assert ActivityItem.objects.get(user=alice, subject_id=waiting.transfer.pk).state == "COMPLETED"
        names = list(RecordedEvent.objects.filter(subject_id=waiting.transfer.pk).values_list("name", flat=True))
        assert sorted(names) == ["transfer.awaits_step_up", "transfer.completed"]

    def test_is_done_once(self, alice: User, bob: User, waiting: Sent) -> None:
        confirm(alice, waiting)
        with pytest.raises(ChallengeUsed):
            confirm(alice, waiting)
        assert available_minor(bob) == 4_250

    def test_needs_the_right_pin(self, alice: User, bob: User, waiting: Sent) -> None:
        with pytest.raises(CodeWrong) as refusal:
            confirm(alice, waiting, pin="000001")
        assert refusal.value.params["tries_left"] == 4
        assert (available_minor(alice), available_minor(bob)) == (25_750, 0)

    def test_is_not_for_somebody_else(self, bob: User, waiting: Sent) -> None:
        with pytest.raises(NotFound):
            confirm(bob, waiting)

    def test_refuses_a_challenge_after_five_minutes_but_takes_a_new_one(
        self, alice: User, bob: User, waiting: Sent
    ) -> None:
        later = now() + timedelta(minutes=6)
        with pytest.raises(ChallengeExpired):
            confirm(alice, waiting, at=later)
        fresh = stepup.renew(challenge_id=waiting.challenge.pk, user=alice, at=later, origin=ORIGIN)
        confirm(alice, waiting, challenge_id=fresh.pk, at=later + timedelta(minutes=1))
        assert available_minor(bob) == 4_250

    def test_refuses_after_fifteen_minutes_whatever_the_challenge(self, alice: User, bob: User, waiting: Sent) -> None:
        late = now() + timedelta(minutes=14)
        fresh = stepup.renew(challenge_id=waiting.challenge.pk, user=alice, at=late, origin=ORIGIN)
        with pytest.raises(ChallengeExpired):
            confirm(alice, waiting, challenge_id=fresh.pk, at=late + timedelta(minutes=2))
        assert available_minor(bob) == 0

    def test_refuses_when_the_receiver_was_frozen_meanwhile(self, alice: User, bob: User, waiting: Sent) -> None:
        type(bob).objects.filter(pk=bob.pk).update(state="FROZEN")
        with pytest.raises(PayeeCannotReceive):
            confirm(alice, waiting)
        waiting.transfer.refresh_from_db()
        assert (waiting.transfer.status, available_minor(bob)) == ("AWAITING_STEP_UP", 0)

    def test_is_bound_to_payee_name_and_amount(self, waiting: Sent) -> None:
        bound = payload(waiting.transfer)
        assert set(bound) == {"payer", "payee", "person", "shown_name", "amount_minor", "currency", "fee_minor"}
        assert (bound["shown_name"], bound["amount_minor"], bound["fee_minor"]) == ("Bob E•••", 4_250, 0)

    def test_starts_the_count_of_small_payments_anew(self, alice: User, bob_known: Payee) -> None:
        for _ in range(5):
            send(alice, bob_known, 100)
        confirm(alice, send(alice, bob_known, 100))
        assert send(alice, bob_known, 100).transfer.status == "COMPLETED"


class TestCancel:
    def cancel(self, user: User, sent: Sent) -> Transfer:
        return services.cancel_transfer(sender=user, transfer_id=sent.transfer.pk, origin=ORIGIN, at=now())

    def test_releases_the_money_and_the_limit(self, alice: User, bob: User, waiting: Sent) -> None:
        assert self.cancel(alice, waiting).status == "CANCELLED"
        assert (available_minor(alice), available_minor(bob)) == (30_000, 0)
        assert LimitUsage.objects.get(user=alice).used_minor == 0
        assert ActivityItem.objects.get(user=alice, subject_id=waiting.transfer.pk).state == "CANCELLED"

    def test_twice_changes_nothing(self, alice: User, waiting: Sent) -> None:
        self.cancel(alice, waiting)
        assert self.cancel(alice, waiting).status == "CANCELLED"
        assert available_minor(alice) == 30_000
        assert len(moves(waiting.transfer)) == 2

    def test_closes_the_challenge(self, alice: User, waiting: Sent) -> None:
        self.cancel(alice, waiting)
        assert Challenge.objects.get(pk=waiting.challenge.pk).state == "EXPIRED"
        with pytest.raises(ChallengeExpired):
            confirm(alice, waiting)
        with pytest.raises(StateConflict):
            stepup.renew(challenge_id=waiting.challenge.pk, user=alice, at=now(), origin=ORIGIN)

    def test_from_the_confirmation_page(self, alice: User, waiting: Sent) -> None:
        stepup.cancel(challenge_id=waiting.challenge.pk, user=alice, at=now(), origin=ORIGIN)
        waiting.transfer.refresh_from_db()
        assert (waiting.transfer.status, available_minor(alice)) == ("CANCELLED", 30_000)

    def test_is_refused_once_it_is_done(self, alice: User, bob: User, waiting: Sent) -> None:
        confirm(alice, waiting)
        with pytest.raises(StateConflict):
            self.cancel(alice, waiting)
        assert available_minor(bob) == 4_250

    def test_is_the_senders_alone(self, bob: User, mallory: User, waiting: Sent) -> None:
        for stranger in (bob, mallory):
            with pytest.raises(NotFound):
                self.cancel(stranger, waiting)


class TestExpire:
    def test_ends_what_nobody_confirmed(self, alice: User, waiting: Sent) -> None:
        assert services.expire_transfers(at=now() + timedelta(minutes=14)) == 0
        assert services.expire_transfers(at=now() + timedelta(minutes=16)) == 1
        waiting.transfer.refresh_from_db()
        assert (waiting.transfer.status, available_minor(alice)) == ("EXPIRED", 30_000)
        assert LimitUsage.objects.get(user=alice).used_minor == 0

    def test_runs_twice_and_ends_it_once(self, alice: User, waiting: Sent) -> None:
        late = now() + timedelta(minutes=16)
        assert [services.expire_transfers(at=late), services.expire_transfers(at=late)] == [1, 0]
        assert moves(waiting.transfer)[-1] == ("AWAITING_STEP_UP", "EXPIRED")

    def test_leaves_what_was_confirmed(self, alice: User, bob: User, waiting: Sent) -> None:
        confirm(alice, waiting)
        assert services.expire_transfers(at=now() + timedelta(hours=1)) == 0
        assert available_minor(bob) == 4_250

    def test_copes_with_a_hold_the_ledger_ended_first(self, alice: User, waiting: Sent) -> None:
        from ledger.services import expire_holds

        late = now() + timedelta(minutes=16)
        assert expire_holds(at=late) == 1
        assert services.expire_transfers(at=late) == 1
        assert available_minor(alice) == 30_000


class TestReview:
    @pytest.fixture
    def reviewed(self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> Sent:
        """EUR 1,000.00 to somebody new, under review (a higher tier's limits)."""
        monkeypatch.setitem(CAPS, (0, "SEND"), Cap(per_payment_minor=200_000, per_day_minor=200_000))
        monkeypatch.setattr(engine, "BLOCK_FROM", 1_000)
        give_money(alice, Money(70_000, "EUR"))
        payee = resolve(payer=alice, identifier="@bob", at=now()).payee
        sent = send(alice, payee, 100_000, origin=ORIGIN)
        assert sent.transfer.status == "UNDER_REVIEW"
        return sent

    def test_lets_it_go_on_the_word_of_staff(self, bob: User, reviewed: Sent) -> None:
        erin = make_staff("erin")
        done = services.release_from_review(transfer_id=reviewed.transfer.pk, by=erin, origin=ORIGIN, at=now())
        assert (done.status, done.authority_kind, done.authority_reference) == (
            "COMPLETED",
            "approval",
            f"staff:{erin.pk}",
        )
        assert available_minor(bob) == 100_000

    def test_or_gives_the_money_back(self, alice: User, bob: User, reviewed: Sent) -> None:
        erin = make_staff("erin")
        done = services.decline_in_review(transfer_id=reviewed.transfer.pk, by=erin, origin=ORIGIN, at=now())
        assert (done.status, done.reason) == ("DECLINED", "review_declined")
        assert (available_minor(alice), available_minor(bob)) == (100_000, 0)
        with pytest.raises(StateConflict):
            services.release_from_review(transfer_id=reviewed.transfer.pk, by=erin, origin=ORIGIN, at=now())

    def test_cannot_be_cancelled_or_expired_by_time(self, alice: User, reviewed: Sent) -> None:
        with pytest.raises(StateConflict):
            services.cancel_transfer(sender=alice, transfer_id=reviewed.transfer.pk, origin=ORIGIN, at=now())
        assert services.expire_transfers(at=now() + timedelta(days=2)) == 0


class TestTheDatabase:
    """Impossible states are refused whoever writes them."""

    def refuses(self, **change: object) -> None:
        with pytest.raises((DatabaseError, LedgerError)), db.transaction():
            Transfer.objects.update(**change)

    def test_refuses_to_change_what_is_settled(self, alice: User, waiting: Sent) -> None:
        confirm(alice, waiting)
        self.refuses(status="CANCELLED", completed_at=None)

    @pytest.mark.parametrize(
        "change",
        [{"amount_minor": 1}, {"fee_minor": 1}, {"currency": "USD"}, {"idempotency_key": "x"}, {"expires_at": None}],
    )
    def test_refuses_to_change_what_it_is_about(self, waiting: Sent, change: dict[str, object]) -> None:
        self.refuses(**change)

    def test_refuses_to_complete_without_authority(self, waiting: Sent) -> None:
        self.refuses(status="COMPLETED", completed_at=now(), authority_kind="")

    def test_refuses_to_delete(self, waiting: Sent) -> None:
        with pytest.raises(DatabaseError), db.transaction():
            TransferEvent.objects.all().delete()

    @pytest.mark.parametrize(("before", "after"), [("COMPLETED", "CANCELLED"), ("EXPIRED", "GRACE"), ("", "CANCELLED")])
    def test_refuses_moves_that_are_not_in_the_table(self, waiting: Sent, before: str, after: str) -> None:
        with pytest.raises(DatabaseError), db.transaction():
            TransferEvent.objects.create(
                transfer=waiting.transfer,
                from_status=before,
                to_status=after,
                actor="x",
                cause="x",
                occurred_at=now(),
            )

    def test_keeps_a_payee_who_they_are(self, alice: User, mallory: User, bob_known: Payee) -> None:
        with pytest.raises(DatabaseError), db.transaction():
            type(bob_known).objects.filter(pk=bob_known.pk).update(user=mallory)
