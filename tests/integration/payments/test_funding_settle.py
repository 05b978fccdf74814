"""Settling a top-up: credited exactly once from what was received, whoever looks first and however often."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from accounts.activity.models import ActivityItem
from accounts.identity.services import freeze
from accounts.wallets.selectors import wallet_of
from accounts.wallets.services import open_wallet
from ledger import selectors as books
from ledger import services as ledger
from ledger.money import Money
from payments.funding import services
from payments.funding.models import MaturedAtOnce, TopUp
from payments.funding.policy import PAGE_LIFE
from payments.funding.selectors import history, mismatched
from tests.factories.people import ORIGIN, make_person, now
from tests.factories.top_ups import (
    DECLINED_CARD,
    SECURE_CARD,
    NothingMoves,
    answer_bank,
    enter_card,
    euros,
    limit_used,
    moves,
    paid,
    settle,
    start,
    told,
    wish,
)
from wallet_project.lib import ids
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator


def change_at_provider(cards: Simulator, top_up: TopUp, **fields: Any) -> None:
    """What the provider holds differs from what we asked: it is read from its state folder, so change it there."""
    (session,) = [one for one in cards.tell("sessions") if one["id"] == top_up.provider_id]
    with sqlite3.connect(cards.state / "simulator.sqlite3") as store:
        ((body,),) = store.execute("SELECT body FROM object WHERE id = ?", [session["payment_intent"]]).fetchall()
        store.execute(
            "UPDATE object SET body = ? WHERE id = ?",
            [json.dumps(json.loads(body) | fields), session["payment_intent"]],
        )


class TestCredit:
    def test_books_what_was_received_and_tells_it(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob, 2_500)
        enter_card(cards, top_up)
        done = settle(top_up, cause="return")
        entry = books.entry_with_postings(ids.derive(top_up.pk, "credit"))
        assert sorted(leg.amount_minor for leg in books.own_legs(entry)) == [-2_500, 2_500]
        assert (done.status, done.card_brand, done.card_last4) == ("CREDITED", "visa", "4242")
        assert (euros(bob), limit_used(bob)) == ((2_500, 0), 2_500)
        assert moves(done) == ["DRAFT", "AWAITING_METHOD", "AWAITING_ACTION", "PROCESSING", "CREDITED"]
        assert told(done) == ["top_up.started", "top_up.credited"]
        assert ActivityItem.objects.get(subject_id=top_up.pk).state == "CREDITED"

    def test_looking_again_changes_nothing(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob)
        with NothingMoves(bob):
            for cause in ("return", "webhook", "sweep"):
                assert settle(done, cause=cause).status == "CREDITED"

    def test_nothing_paid_changes_nothing(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        with NothingMoves(bob):
            assert settle(top_up).status == "AWAITING_ACTION"

    @pytest.mark.parametrize("fault", ["error_before", "error_after", "drop_before", "drop_after"])
    def test_no_answer_changes_nothing_and_the_next_look_credits(self, cards: Simulator, bob: User, fault: str) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        cards.order("faults", kind=fault, times=1, status=500)
        with NothingMoves(bob):
            silent = services.settle_from_provider(top_up_id=top_up.pk, at=now(), cause="return")
        assert (silent.is_known, silent.top_up.status) == (False, "AWAITING_ACTION")
        assert settle(top_up).status == "CREDITED"
        assert euros(bob) == (2_500, 0)

    def test_paid_before_our_row_knows_its_page(self, cards: Simulator, bob: User) -> None:
        """The answer that opened the page was lost; the same key brings the same, by now paid, page."""
        cards.order("faults", kind="error_after", times=1, status=500)
        top_up = start(bob)
        assert top_up.status == "DRAFT"
        session = next(one for one in cards.tell("sessions") if one["client_reference_id"] == str(top_up.pk))
        cards.order("pay", session=session["id"], card="4242424242424242")
        assert settle(top_up, cause="webhook").status == "CREDITED"
        assert euros(bob) == (2_500, 0)

    def test_an_unknown_top_up_is_not_found(self, db: None) -> None:
        with pytest.raises(NotFound):
            services.settle_from_provider(top_up_id=ids.uuid7(), at=now(), cause="webhook")

    def test_a_frozen_person_still_gets_what_was_paid(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        freeze(user=bob, by="staff:test", at=now(), origin=ORIGIN)
        enter_card(cards, top_up)
        assert settle(top_up).status == "CREDITED"
        assert euros(bob) == (2_500, 0)


class TestMismatch:
    @pytest.mark.parametrize("fields", [{"amount_received": 2_400}, {"amount_received": 250_000}, {"currency": "usd"}])
    def test_another_sum_or_currency_is_not_credited(self, cards: Simulator, bob: User, fields: dict[str, Any]) -> None:
        top_up = start(bob, 2_500)
        enter_card(cards, top_up)
        change_at_provider(cards, top_up, **fields)
        found = settle(top_up)
        assert (found.status, found.reason, found.next_check_at) == ("MISMATCH", "amount_or_reference", None)
        assert (euros(bob), told(found)) == ((0, 0), ["top_up.started", "top_up.mismatched"])
        assert mismatched().count == 1
        with NothingMoves(bob):
            assert settle(top_up).status == "MISMATCH"

    def test_a_wallet_that_takes_nothing_leaves_the_money_to_the_desk(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        wallet = wallet_of(bob, "EUR")
        assert wallet is not None
        ledger.close_account(account_id=wallet.id, at=now())
        found = settle(top_up)
        assert (found.status, found.reason) == ("MISMATCH", "account_closed")
        assert not MaturedAtOnce.objects.filter(user=bob).exists()
        assert told(found) == ["top_up.started", "top_up.mismatched"]


class TestDecline:
    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            ("4000000000000002", "card_declined"),
            ("4000000000009995", "insufficient_funds"),
            ("4000000000009987", "card_declined"),
            ("4000000000009979", "card_declined"),
            ("4000000000000069", "expired_card"),
            ("4000000000000127", "incorrect_cvc"),
            ("4000000000000119", "processing_error"),
            ("4242424242424241", "incorrect_number"),
            ("4000000000006975", "card_velocity_exceeded"),
            ("4000000000000341", "card_declined"),
            ("4100000000000019", "card_declined"),
            ("4000000000004954", "card_declined"),
            ("4000008400001280", "bank_unreachable"),
            ("4111111111111111", "test_cards_only"),
        ],
    )
    def test_each_card_fails_for_its_own_reason(self, cards: Simulator, bob: User, card: str, reason: str) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, card)
        failed = settle(top_up)
        assert (failed.status, failed.reason) == ("FAILED", reason)
        assert (euros(bob), limit_used(bob)) == ((0, 0), 0)
        assert told(failed) == ["top_up.started", "top_up.closed"]

    def test_the_page_is_closed_first_so_no_second_try_can_be_paid(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        assert settle(top_up).status == "FAILED"
        assert enter_card(cards, top_up).status_code == 409
        with NothingMoves(bob):
            assert settle(top_up).status == "FAILED"

    def test_without_an_answer_to_closing_it_has_not_failed(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        cards.order("faults", kind="error_before", times=1, status=500, method="POST")
        with NothingMoves(bob):
            assert settle(top_up).status == "AWAITING_ACTION"
        enter_card(cards, top_up)  # the page is still open: the second try pays
        assert settle(top_up).status == "CREDITED"
        assert euros(bob) == (2_500, 0)

    def test_closed_although_the_answer_was_lost(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, DECLINED_CARD)
        cards.order("faults", kind="error_after", times=1, status=500, method="POST")
        assert settle(top_up).status == "AWAITING_ACTION"
        assert settle(top_up).status == "FAILED"


class TestThreeDSecure:
    @pytest.mark.parametrize("card", ["4000002500003155", "4000002760003184", "4000000000003220"])
    def test_approved_is_credited(self, cards: Simulator, bob: User, card: str) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, card)
        assert settle(top_up).status == "AWAITING_ACTION"
        answer_bank(cards, top_up, "approve")
        assert settle(top_up).status == "CREDITED"

    def test_failed_is_a_decline(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, SECURE_CARD)
        answer_bank(cards, top_up, "fail")
        failed = settle(top_up)
        assert (failed.status, failed.reason) == ("FAILED", "authentication_failed")

    @pytest.mark.parametrize(
        ("card", "reason"), [("4000008260003178", "insufficient_funds"), ("4000008400001629", "card_declined")]
    )
    def test_confirmed_and_then_declined(self, cards: Simulator, bob: User, card: str, reason: str) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, card)
        answer_bank(cards, top_up, "approve")
        failed = settle(top_up)
        assert (failed.status, failed.reason) == ("FAILED", reason)

    def test_abandoned_waits_and_the_retry_is_the_same_top_up(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up, SECURE_CARD)
        answer_bank(cards, top_up, "abandon")
        with NothingMoves(bob):
            assert settle(top_up).status == "AWAITING_ACTION"
        enter_card(cards, top_up)
        assert settle(top_up).status == "CREDITED"
        assert TopUp.objects.filter(user=bob).count() == 1

    @pytest.mark.parametrize("tried", [True, False])
    def test_abandoned_for_a_day_expires_and_is_no_decline(self, cards: Simulator, bob: User, tried: bool) -> None:
        top_up = start(bob)
        if tried:
            enter_card(cards, top_up, SECURE_CARD)
        cards.order("clock", seconds=24 * 3600)
        try:
            expired = settle(top_up)
        finally:
            cards.order("clock", reset=True)
        assert (expired.status, expired.reason) == ("EXPIRED", "page_expired")
        assert (limit_used(bob), euros(bob)) == (0, (0, 0))


class TestMaturing:
    def test_the_first_hundred_euro_are_free_the_rest_waits_three_days(self, cards: Simulator, bob: User) -> None:
        at = now()
        assert paid(cards, bob, 6_000).maturing_minor == 0
        second = paid(cards, bob, 6_000)
        assert second.maturing_minor == 2_000
        assert second.matures_at is not None
        assert timedelta(days=3) <= second.matures_at - at < timedelta(days=3, minutes=1)
        assert paid(cards, bob, 1_000).maturing_minor == 1_000
        assert euros(bob) == (10_000, 3_000)
        assert MaturedAtOnce.objects.get(user=bob).used_minor == 10_000

    def test_it_is_there_when_its_time_has_come(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob, 15_000)
        assert euros(bob) == (10_000, 5_000)
        assert done.matures_at is not None
        services.release_matured(at=done.matures_at - timedelta(seconds=1))
        assert euros(bob) == (10_000, 5_000)
        services.release_matured(at=done.matures_at + timedelta(seconds=1))
        assert euros(bob) == (15_000, 0)

    def test_a_failed_top_up_uses_nothing_of_it(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob, 10_000)
        enter_card(cards, top_up, DECLINED_CARD)
        settle(top_up)
        assert paid(cards, bob, 10_000).maturing_minor == 0

    def test_other_currencies_count_by_the_reference_rates(self, cards: Simulator, bob: User) -> None:
        open_wallet(user=bob, currency="USD", at=now(), origin=ORIGIN)
        top_up = paid(cards, bob, amount=Money(20_000, "USD"))
        assert (top_up.status, top_up.maturing_minor) == ("CREDITED", 9_000)
        assert paid(cards, bob, 1_000).maturing_minor == 1_000

    def test_a_higher_tier_waits_less(self, cards: Simulator, db: None) -> None:
        carla = make_person("carla", tier=3)
        done = paid(cards, carla, 20_000)
        assert (done.maturing_minor, done.matures_at, euros(carla)) == (0, None, (20_000, 0))


class TestHistory:
    def test_reads_in_the_order_things_happened(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob)
        assert [move.to_status for move in history(done)] == [
            "DRAFT",
            "AWAITING_METHOD",
            "AWAITING_ACTION",
            "PROCESSING",
            "CREDITED",
        ]

    def test_what_has_ended_cannot_be_changed(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob)
        for change in ({"status": "FAILED"}, {"maturing_minor": 1}, {"provider_payment_id": "pi_other"}):
            with pytest.raises(DatabaseError, match="has ended"), transaction.atomic():
                TopUp.objects.filter(pk=done.pk).update(**change)

    def test_reading_costs_no_more_queries_when_it_is_done(
        self, cards: Simulator, bob: User, django_assert_num_queries: Any
    ) -> None:
        done = paid(cards, bob)
        with django_assert_num_queries(1):
            settle(done)
        assert connection.in_atomic_block  # the test's own


class TestCheckDue:
    def test_finds_what_was_paid_when_no_webhook_came(self, cards: Simulator, bob: User) -> None:
        at = now()
        top_up = start(bob, at=at)
        enter_card(cards, top_up)
        assert services.check_due(at=at + timedelta(seconds=14)) == 0
        assert services.check_due(at=at + timedelta(seconds=31)) == 1
        top_up.refresh_from_db()
        assert (top_up.status, euros(bob)) == ("CREDITED", (2_500, 0))
        assert services.check_due(at=at + PAGE_LIFE) == 0

    def test_asks_ever_more_rarely(self, cards: Simulator, bob: User) -> None:
        at = now()
        start(bob, at=at)
        gaps = []
        for _ in range(10):
            due = TopUp.objects.get(user=bob).next_check_at
            assert due is not None
            assert services.check_due(at=due - timedelta(seconds=1)) == 0
            assert services.check_due(at=due) == 1
            gaps.append((due - at).total_seconds())
            at = due
        assert gaps == [15, 15, 30, 60, 120, 240, 480, 900, 900, 900]

    def test_opens_the_page_of_a_draft(self, cards: Simulator, bob: User) -> None:
        at = now()
        draft = wish(bob, at=at).top_up
        assert services.check_due(at=at + timedelta(minutes=1)) == 1
        draft.refresh_from_db()
        assert draft.status == "AWAITING_ACTION"

    def test_one_that_gets_no_answer_holds_up_no_other(self, cards: Simulator, bob: User) -> None:
        at = now()
        first, second = start(bob, at=at), start(bob, at=at + timedelta(milliseconds=5))
        enter_card(cards, first)
        enter_card(cards, second)
        cards.order("faults", kind="error_before", times=1, status=500)
        assert services.check_due(at=at + timedelta(minutes=1)) == 2
        states = set(TopUp.objects.filter(user=bob).values_list("status", flat=True))
        assert states == {"CREDITED", "AWAITING_ACTION"}
        assert services.check_due(at=at + timedelta(minutes=3)) == 1
        assert set(TopUp.objects.filter(user=bob).values_list("status", flat=True)) == {"CREDITED"}
        assert euros(bob) == (5_000, 0)


class TestCancel:
    def test_closes_the_page_and_gives_the_limit_back(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        stopped = services.cancel_top_up(top_up_id=top_up.pk, user=bob, at=now())
        assert (stopped.status, stopped.reason, limit_used(bob)) == ("CANCELLED", "by_person", 0)
        assert enter_card(cards, top_up).status_code == 409
        with NothingMoves(bob):
            assert services.cancel_top_up(top_up_id=top_up.pk, user=bob, at=now()).status == "CANCELLED"

    def test_credits_instead_when_it_was_paid(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        enter_card(cards, top_up)
        assert services.cancel_top_up(top_up_id=top_up.pk, user=bob, at=now()).status == "CREDITED"
        assert euros(bob) == (2_500, 0)

    def test_a_draft_is_cancelled_without_the_provider(self, cards: Simulator, bob: User) -> None:
        draft = wish(bob).top_up
        assert services.cancel_top_up(top_up_id=draft.pk, user=bob, at=now()).status == "CANCELLED"
        assert services.open_page(top_up_id=draft.pk, at=now()).redirect_url == ""

    def test_without_an_answer_nothing_changes(self, cards: Simulator, bob: User) -> None:
        top_up = start(bob)
        cards.order("faults", kind="error_before", times=1, status=500)
        with NothingMoves(bob), pytest.raises(services.ProviderUnavailable):
            services.cancel_top_up(top_up_id=top_up.pk, user=bob, at=now())

    def test_what_has_ended_stays(self, cards: Simulator, bob: User) -> None:
        done = paid(cards, bob)
        with NothingMoves(bob), pytest.raises(services.TopUpNotCancellable):
            services.cancel_top_up(top_up_id=done.pk, user=bob, at=now())

    def test_somebody_elses_is_not_found(self, cards: Simulator, bob: User, mallory: User) -> None:
        top_up = start(bob)
        with NothingMoves(bob), pytest.raises(NotFound):
            services.cancel_top_up(top_up_id=top_up.pk, user=mallory, at=now())
