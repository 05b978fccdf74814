"""Starting a top-up: one row per wish, one page per row, nothing left after a refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError

from accounts.identity.services import freeze
from accounts.limits.services import OverLimit
from accounts.wallets.services import open_wallet
from ledger.errors import AccountFrozen
from ledger.money import Money
from payments.funding import services
from payments.funding.models import TopUp, TopUpEvent
from payments.funding.policy import PAGE_LIFE
from tests.factories.people import ORIGIN, now
from tests.factories.top_ups import NothingMoves, euros, limit_used, moves, settle, start, told, wish
from wallet_project.lib import ids
from wallet_project.lib.api import IdempotencyKeyReused

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator


class TestStartTopUp:
    def test_writes_the_wish_and_moves_nothing(self, alice: User) -> None:
        at = now()
        started = wish(alice, 2_500, at=at)
        row = TopUp.objects.get(pk=started.top_up.pk)
        assert not started.is_replay
        assert (row.status, row.amount_minor, row.currency, row.method) == ("DRAFT", 2_500, "EUR", "card")
        assert row.expires_at == at + PAGE_LIFE
        assert (moves(row), told(row)) == (["DRAFT"], ["top_up.started"])
        assert (euros(alice), limit_used(alice)) == ((30_000, 0), 2_500)

    def test_the_same_key_and_body_is_the_same_top_up(self, alice: User) -> None:
        first = wish(alice, idempotency_key="k")
        with NothingMoves(alice):
            again = wish(alice, idempotency_key="k")
        assert (again.top_up.pk, again.is_replay) == (first.top_up.pk, True)

    def test_the_same_key_with_another_sum_is_refused(self, alice: User) -> None:
        wish(alice, 2_500, idempotency_key="k")
        with NothingMoves(alice), pytest.raises(IdempotencyKeyReused):
            wish(alice, 2_501, idempotency_key="k")

    def test_two_people_may_use_the_same_key(self, alice: User, bob: User) -> None:
        assert wish(alice, idempotency_key="k").top_up.pk != wish(bob, idempotency_key="k").top_up.pk

    def test_less_than_a_card_payment_can_be_is_refused(self, alice: User) -> None:
        with NothingMoves(alice), pytest.raises(services.BelowMinimum) as refusal:
            wish(alice, 99)
        assert refusal.value.params == {"minimum": Money(100, "EUR")}
        assert wish(alice, 100).top_up.status == "DRAFT"

    @pytest.mark.parametrize("currency", ["USD", "JPY"])
    def test_a_currency_without_a_wallet_is_refused(self, alice: User, currency: str) -> None:
        with NothingMoves(alice), pytest.raises(services.WalletMissing):
            wish(alice, amount=Money(2_500, currency))

    def test_a_currency_that_cards_cannot_add_is_refused_even_with_a_wallet(self, alice: User) -> None:
        open_wallet(user=alice, currency="JPY", at=now(), origin=ORIGIN)
        with NothingMoves(alice), pytest.raises(services.WalletMissing):
            wish(alice, amount=Money(2_500, "JPY"))

    def test_more_than_the_day_allows_is_refused_and_says_what_is_left(self, alice: User) -> None:
        wish(alice, 90_000)
        with NothingMoves(alice), pytest.raises(OverLimit) as refusal:
            wish(alice, 10_001, idempotency_key="late")
        assert refusal.value.params["remaining_minor"] == 10_000
        assert wish(alice, 10_000, idempotency_key="late").is_replay is False

    def test_a_frozen_person_adds_no_money(self, alice: User) -> None:
        freeze(user=alice, by="staff:test", at=now(), origin=ORIGIN)
        with NothingMoves(alice), pytest.raises(AccountFrozen):
            wish(alice)


class TestOpenPage:
    def test_opens_one_page_that_names_our_row(self, cards: Simulator, alice: User) -> None:
        top_up = start(alice, 2_500)
        (session,) = [one for one in cards.tell("sessions") if one["id"] == top_up.provider_id]
        assert (top_up.status, top_up.redirect_url) == ("AWAITING_ACTION", session["url"])
        assert session["client_reference_id"] == str(top_up.pk)
        assert (session["amount_total"], session["currency"]) == (2_500, "eur")
        public = ids.public("top", top_up.pk)
        assert session["success_url"].endswith(f"/top-ups/{public}/return/")
        assert session["cancel_url"].endswith(f"/top-ups/{public}/return/?stopped=1")
        assert moves(top_up) == ["DRAFT", "AWAITING_METHOD", "AWAITING_ACTION"]

    def test_opened_again_it_is_the_same_page(self, cards: Simulator, alice: User) -> None:
        top_up = start(alice)
        again = services.open_page(top_up_id=top_up.pk, at=now())
        assert again.redirect_url == top_up.redirect_url
        assert [one["id"] for one in cards.tell("sessions")].count(top_up.provider_id) == 1

    @pytest.mark.parametrize("fault", ["error_before", "error_after", "drop_before", "drop_after"])
    def test_without_an_answer_it_stays_a_draft_and_opens_later_exactly_once(
        self, cards: Simulator, alice: User, fault: str
    ) -> None:
        known = {one["id"] for one in cards.tell("sessions")}
        cards.order("faults", kind=fault, times=1, status=500)
        top_up = start(alice)
        assert (top_up.status, top_up.redirect_url) == ("DRAFT", "")
        later = settle(top_up)
        assert later.status == "AWAITING_ACTION"
        assert {one["id"] for one in cards.tell("sessions")} - known == {later.provider_id}

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_busy_provider_is_asked_again(self, cards: Simulator, alice: User, status: int) -> None:
        cards.order("faults", kind="error_before", times=1, status=status)
        top_up = start(alice)
        assert top_up.status == "DRAFT"
        assert settle(top_up).status == "AWAITING_ACTION"

    def test_a_wrong_key_of_ours_fails_nobodys_top_up(self, cards: Simulator, alice: User, settings: object) -> None:
        right, settings.STRIPE_API_KEY = settings.STRIPE_API_KEY, "sk_test_wrong"
        top_up = start(alice)
        assert top_up.status == "DRAFT"
        settings.STRIPE_API_KEY = right
        assert settle(top_up).status == "AWAITING_ACTION"

    def test_a_silent_provider_expires_it_in_the_end_and_gives_the_limit_back(
        self, cards: Simulator, alice: User
    ) -> None:
        cards.order("faults", kind="drop_before", times=0)
        at = now()
        top_up = start(alice, at=at)
        settled = settle(top_up, at=at + PAGE_LIFE - timedelta(minutes=30))
        assert (settled.status, settled.reason) == ("EXPIRED", "page_never_opened")
        assert (limit_used(alice), euros(alice)) == (0, (30_000, 0))
        assert told(settled) == ["top_up.started", "top_up.closed"]

    def test_a_refusal_of_the_provider_ends_it(self, cards: Simulator, alice: User) -> None:
        cards.order("faults", kind="error_before", times=1, status=400)
        top_up = start(alice)
        assert (top_up.status, top_up.reason, limit_used(alice)) == ("FAILED", "provider_refused", 0)


class TestTheDatabaseRefuses:
    def test_a_second_row_for_a_key(self, alice: User) -> None:
        row = wish(alice, idempotency_key="k").top_up
        twin = TopUp.objects.get(pk=row.pk)
        twin.pk = ids.uuid7()
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save(force_insert=True)

    @pytest.mark.parametrize("change", [{"amount_minor": 0}, {"amount_minor": -1}, {"status": "HOPED_FOR"}])
    def test_impossible_rows(self, alice: User, change: dict[str, object]) -> None:
        row = wish(alice).top_up
        with pytest.raises(DatabaseError), transaction.atomic():
            TopUp.objects.filter(pk=row.pk).update(**change)

    @pytest.mark.parametrize("change", [{"amount_minor": 9}, {"currency": "USD"}, {"idempotency_key": "x"}])
    def test_a_change_of_what_it_is_about(self, alice: User, change: dict[str, object]) -> None:
        row = wish(alice).top_up
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            TopUp.objects.filter(pk=row.pk).update(**change)

    def test_an_impossible_move(self, alice: User) -> None:
        row = wish(alice).top_up
        with pytest.raises(IntegrityError), transaction.atomic():
            TopUpEvent.objects.create(
                top_up=row, from_status="CREDITED", to_status="DRAFT", actor="x", cause="x", occurred_at=now()
            )

    def test_rewriting_or_forgetting_history(self, alice: User) -> None:
        row = wish(alice).top_up
        for act in (
            lambda: TopUpEvent.objects.filter(top_up=row).update(cause="other"),
            lambda: TopUpEvent.objects.filter(top_up=row).delete(),
            lambda: TopUp.objects.filter(pk=row.pk)._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
