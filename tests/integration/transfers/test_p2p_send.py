"""send_money: what moves, what waits, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.limits.models import LimitUsage
from accounts.limits.policy import CAPS, Cap
from accounts.limits.services import OverLimit
from accounts.mfa.errors import PinLocked, PinRequired
from accounts.mfa.models import PaymentPinDevice
from accounts.risk import engine
from accounts.risk.models import RiskDecision
from accounts.stepup.models import Challenge
from ledger import services as ledger
from ledger.errors import AccountFrozen, CurrencyMismatch, InsufficientFunds
from ledger.money import Money
from tests.factories.people import ORIGIN, available_minor, give_money, make_person, now
from tests.factories.transfers import known_payee, send
from transfers.p2p.errors import AmountNotPositive, CategoryUnknown, NoteTooLong
from transfers.p2p.models import Transfer, TransferEvent
from transfers.payees.errors import PayeeCannotReceive
from transfers.payees.services import resolve
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from accounts.identity.models import User
    from transfers.payees.models import Payee


class Untouched:
    """After a refusal: no row, no feed, no event, no hold, no limit used, the same balance."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.before = self.look()

    def look(self) -> tuple[object, ...]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), coalesce(sum(amount), 0) FROM ledger_hold WHERE state = 'OPEN'")
            holds = cursor.fetchone()
        return (
            Transfer.objects.count(),
            TransferEvent.objects.count(),
            ActivityItem.objects.count(),
            RecordedEvent.objects.count(),
            RiskDecision.objects.count(),
            Challenge.objects.count(),
            list(LimitUsage.objects.values_list("used_minor", "uses")),
            available_minor(self.user),
            holds,
        )

    def __enter__(self) -> None:
        self.before = self.look()

    def __exit__(self, *_: object) -> None:
        assert self.look() == self.before


class TestToATrustedPayee:
    def test_completes_at_once(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        sent = send(alice, bob_trusted, 4_250, note="dinner", category="food")
        transfer = Transfer.objects.get(pk=sent.transfer.pk)
        assert (transfer.status, transfer.authority_kind, transfer.authority_reference) == (
            "COMPLETED",
            "exemption",
            "trusted_payee",
        )
        assert (available_minor(alice), available_minor(bob)) == (25_750, 4_250)
        assert (sent.challenge, sent.replayed) == (None, False)
        assert transfer.note == "dinner"

    def test_writes_one_activity_row_per_side(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        transfer = send(alice, bob_trusted, 4_250, note="dinner", category="food").transfer
        out = ActivityItem.objects.get(user=alice, subject_id=transfer.pk)
        into = ActivityItem.objects.get(user=bob, subject_id=transfer.pk)
        assert (out.amount_minor, out.shown_name, out.note, out.state) == (-4_250, "Bob E•••", "dinner", "COMPLETED")
        assert (into.amount_minor, into.shown_name, into.note, into.state) == (
            4_250,
            "Alice E•••",
            "dinner",
            "COMPLETED",
        )
        assert (out.category, into.category) == ("food", "")

    def test_records_the_move_the_event_and_the_decision(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        transfer = send(alice, bob_trusted, 4_250, note="dinner").transfer
        moves = list(
            TransferEvent.objects.filter(transfer=transfer).values_list("from_status", "to_status", "actor", "cause")
        )
        assert moves == [("", "COMPLETED", f"person:{alice.pk}", "trusted_payee")]
        event = RecordedEvent.objects.get(subject_id=transfer.pk)
        assert event.name == "transfer.completed"
        assert event.payload == {
            "transfer_id": str(transfer.pk),
            "sender_id": str(alice.pk),
            "receiver_id": str(bob.pk),
            "amount_minor": 4_250,
            "currency": "EUR",
        }
        decision = RiskDecision.objects.get(subject_id=transfer.pk)
        assert (decision.outcome, decision.facts["trusted_payee"], decision.facts["spent_today_minor"]) == (
            "ALLOW",
            True,
            0,
        )

    def test_counts_the_payee_as_paid_again(self, alice: User, bob_trusted: Payee) -> None:
        sent = send(alice, bob_trusted, 100)
        bob_trusted.refresh_from_db()
        assert (bob_trusted.paid_count, bob_trusted.last_paid_at) == (2, sent.transfer.completed_at)

    def test_takes_eight_statements(
        self, alice: User, bob_trusted: Payee, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """Nine in all with the one that reads token, session, person and PIN; savepoint and release are the test's."""
        from accounts.identity.models import User as Person

        loaded = Person.objects.select_related("pin_device").get(pk=alice.pk)
        with django_assert_num_queries(8 + 2):
            send(loaded, bob_trusted, 100)


class TestSmallAmounts:
    def test_need_no_pin_five_times_in_a_row(self, alice: User, bob_known: Payee) -> None:
        statuses = [send(alice, bob_known, 1_000).transfer.status for _ in range(6)]
        assert statuses == ["COMPLETED"] * 5 + ["AWAITING_STEP_UP"]

    def test_need_one_above_thirty_euro(self, alice: User, bob_known: Payee) -> None:
        assert send(alice, bob_known, 3_000).transfer.status == "COMPLETED"
        assert send(alice, bob_known, 3_001).transfer.status == "AWAITING_STEP_UP"

    def test_need_one_for_the_first_payment(self, alice: User, bob: User) -> None:
        payee = resolve(payer=alice, identifier="@bob", at=now()).payee
        assert send(alice, payee, 1).transfer.status == "AWAITING_STEP_UP"


class TestWaiting:
    def test_holds_the_money_and_tells_only_the_sender(self, alice: User, bob: User, bob_known: Payee) -> None:
        sent = send(alice, bob_known, 4_250)
        assert sent.transfer.status == "AWAITING_STEP_UP"
        assert (available_minor(alice), available_minor(bob)) == (25_750, 0)
        assert ActivityItem.objects.filter(user=bob).count() == 0
        assert ActivityItem.objects.get(user=alice, subject_id=sent.transfer.pk).state == "AWAITING_STEP_UP"
        assert sent.challenge is not None
        assert (sent.challenge.purpose, sent.challenge.methods) == ("transfer", ["pin"])
        assert (sent.transfer.expires_at - sent.transfer.created_at).total_seconds() == 900

    def test_asks_for_a_pin_to_be_set_first(self, mallory: User, bob: User) -> None:
        give_money(mallory, Money(1_000, "EUR"))
        payee = resolve(payer=mallory, identifier="@bob", at=now()).payee
        with Untouched(mallory), pytest.raises(PinRequired):
            send(mallory, payee, 100)


class TestReviewAndBlock:
    """Tier 0 cannot reach them: its payments are too small. A higher tier's table does."""

    @pytest.fixture(autouse=True)
    def _higher_tier(self, monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
        monkeypatch.setitem(CAPS, (0, "SEND"), Cap(per_payment_minor=200_000, per_day_minor=200_000))
        give_money(alice, Money(170_000, "EUR"))

    def test_holds_a_thousand_euro_to_a_stranger_for_staff(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine, "BLOCK_FROM", 1_000)
        payee = resolve(payer=alice, identifier="@bob", at=now()).payee
        sent = send(alice, payee, 100_000, origin=ORIGIN)
        assert (sent.transfer.status, sent.challenge) == ("UNDER_REVIEW", None)
        assert (available_minor(alice), available_minor(bob)) == (100_000, 0)

    def test_declines_with_a_reason_and_gives_the_limit_back(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine, "BLOCK_FROM", 100)
        payee = resolve(payer=alice, identifier="@bob", at=now()).payee
        sent = send(alice, payee, 100_000, origin=ORIGIN)
        assert (sent.transfer.status, sent.transfer.reason) == ("DECLINED", "AMOUNT_LARGE")
        assert (available_minor(alice), available_minor(bob)) == (200_000, 0)
        assert LimitUsage.objects.get(user=alice).used_minor == 0
        assert RiskDecision.objects.get(subject_id=sent.transfer.pk).outcome == "BLOCK"
        assert ActivityItem.objects.get(subject_id=sent.transfer.pk).state == "DECLINED"


class TestIdempotency:
    def test_gives_the_same_transfer_for_the_same_request(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        first = send(alice, bob_trusted, 4_250, idempotency_key="k")
        again = send(alice, bob_trusted, 4_250, idempotency_key="k")
        assert (again.transfer.pk, again.replayed) == (first.transfer.pk, True)
        assert (available_minor(alice), available_minor(bob)) == (25_750, 4_250)
        assert LimitUsage.objects.get(user=alice).used_minor == 4_250

    def test_gives_the_open_challenge_and_never_a_new_one(self, alice: User, bob_known: Payee) -> None:
        first = send(alice, bob_known, 4_250, idempotency_key="k")
        again = send(alice, bob_known, 4_250, idempotency_key="k")
        assert first.challenge is not None
        assert again.challenge is not None
        assert again.challenge.pk == first.challenge.pk
        assert Challenge.objects.count() == 1

    @pytest.mark.parametrize("change", [{"note": "other"}, {"category": "gift"}, {"amount": Money(4_251, "EUR")}])
    def test_refuses_another_request_under_the_key(
        self, alice: User, bob_trusted: Payee, change: dict[str, object]
    ) -> None:
        send(alice, bob_trusted, 4_250, idempotency_key="k")
        with Untouched(alice), pytest.raises(IdempotencyKeyReused):
            send(alice, bob_trusted, 4_250, idempotency_key="k", **change)

    def test_refuses_another_payee_under_the_key_even_an_unknown_one(self, alice: User, bob_trusted: Payee) -> None:
        send(alice, bob_trusted, 4_250, idempotency_key="k")
        with pytest.raises(IdempotencyKeyReused):
            send(alice, bob_trusted, 4_250, idempotency_key="k", payee_id=uuid4())

    def test_replays_although_the_limit_is_used_up_now(self, alice: User, bob_trusted: Payee) -> None:
        give_money(alice, Money(30_000, "EUR"))
        first = send(alice, bob_trusted, 24_000, idempotency_key="k")
        send(alice, bob_trusted, 24_900)
        assert send(alice, bob_trusted, 24_000, idempotency_key="k").transfer.pk == first.transfer.pk

    def test_keeps_keys_of_two_people_apart(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        give_money(bob, Money(1_000, "EUR"))
        alice_known = known_payee(bob, alice, trusted=True)
        assert send(alice, bob_trusted, 100, idempotency_key="k").transfer.sender_id == alice.pk
        assert send(bob, alice_known, 100, idempotency_key="k").transfer.sender_id == bob.pk

    def test_lets_a_refused_request_try_again_with_its_key(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(InsufficientFunds):
            send(alice, bob_trusted, 30_001, idempotency_key="k", amount=Money(30_001, "EUR"))
        give_money(alice, Money(1, "EUR"))
        assert send(alice, bob_trusted, 30_001, idempotency_key="k").transfer.amount_minor == 30_001


class TestRefusals:
    """Each leaves no row, and may be tried again with its key."""

    @pytest.fixture(autouse=True)
    def _nothing_moves(self, alice: User, bob: User, bob_trusted: Payee) -> Iterator[None]:
        with Untouched(alice):
            yield

    def test_more_than_the_balance(self, alice: User, bob_trusted: Payee) -> None:
        """The amount needs a confirmation: the hold is what finds the money missing."""
        with pytest.raises(InsufficientFunds):
            send(alice, bob_trusted, 30_001)

    def test_more_than_the_limit_before_funds(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(OverLimit) as refusal:
            send(alice, bob_trusted, 50_001)
        assert refusal.value.params["remaining_minor"] == 50_000

    @pytest.mark.parametrize("minor", [2**62, 2**63 - 1])
    def test_more_than_numbers_can_hold(self, alice: User, bob_trusted: Payee, minor: int) -> None:
        with pytest.raises(OverLimit):
            send(alice, bob_trusted, minor)

    @pytest.mark.parametrize("minor", [0, -1, -(2**63)])
    def test_nothing_or_less(self, alice: User, bob_trusted: Payee, minor: int) -> None:
        with pytest.raises(AmountNotPositive):
            send(alice, bob_trusted, minor)

    def test_a_payee_that_is_not_there(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(NotFound):
            send(alice, bob_trusted, 100, payee_id=uuid4())

    def test_somebody_elses_payee(self, bob: User, bob_trusted: Payee) -> None:
        with pytest.raises(NotFound):
            send(bob, bob_trusted, 100)

    def test_a_contact_without_a_wallet(self, alice: User, bob_trusted: Payee) -> None:
        nobody = resolve(payer=alice, identifier="nobody@example.org", at=now()).payee
        with pytest.raises(PayeeCannotReceive):
            send(alice, nobody, 100)

    def test_a_frozen_person(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        type(bob).objects.filter(pk=bob.pk).update(state="FROZEN")
        with pytest.raises(PayeeCannotReceive):
            send(alice, bob_trusted, 100)

    def test_a_closed_person(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        type(bob).objects.filter(pk=bob.pk).update(state="CLOSED", is_active=False)
        with pytest.raises(PayeeCannotReceive):
            send(alice, bob_trusted, 100)

    def test_a_payee_whose_account_takes_no_money(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        from accounts.wallets.selectors import wallet_of

        wallet = wallet_of(bob, "EUR")
        assert wallet is not None
        ledger.freeze(account_id=wallet.id, debit=False, credit=True, at=now())
        with pytest.raises(PayeeCannotReceive):
            send(alice, bob_trusted, 100)

    def test_a_currency_the_sender_has_no_wallet_in(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(CurrencyMismatch):
            send(alice, bob_trusted, 100, amount=Money(100, "USD"))

    def test_a_frozen_sender(self, alice: User, bob_trusted: Payee) -> None:
        alice.state = "FROZEN"
        with pytest.raises(AccountFrozen):
            send(alice, bob_trusted, 100)

    def test_a_sender_frozen_after_they_signed_in(self, alice: User, bob: User, bob_trusted: Payee) -> None:
        before = available_minor(alice)
        type(alice).objects.filter(pk=alice.pk).update(state="FROZEN")
        assert alice.state == "ACTIVE"  # what the request read when it began
        with pytest.raises(AccountFrozen):
            send(alice, bob_trusted, 100)
        assert (available_minor(alice), available_minor(bob)) == (before, 0)
        assert not Transfer.objects.filter(sender=alice).exists()

    def test_a_sender_whose_pin_is_locked(self, alice: User, bob_trusted: Payee) -> None:
        from datetime import timedelta

        PaymentPinDevice.objects.filter(user=alice).update(locked_until=now() + timedelta(minutes=30), rounds=1)
        locked = type(alice).objects.get(pk=alice.pk)
        with pytest.raises(PinLocked):
            send(locked, bob_trusted, 100)

    def test_a_note_of_ten_thousand_characters(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(NoteTooLong):
            send(alice, bob_trusted, 100, note="x" * 10_000)

    def test_a_category_of_ones_own(self, alice: User, bob_trusted: Payee) -> None:
        with pytest.raises(CategoryUnknown):
            send(alice, bob_trusted, 100, category="bribe")


def test_shows_the_receiver_a_masked_contact_when_the_sender_has_no_name(db: None, bob: User) -> None:
    sender = make_person("noname", shown_name="")
    give_money(sender, Money(1_000, "EUR"))
    transfer = send(sender, known_payee(sender, bob, trusted=True), 100).transfer
    assert ActivityItem.objects.get(user=bob, subject_id=transfer.pk).shown_name == "@noname"
