"""The rules of adding money, without a database."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.formatting import parse_amount
from ledger.money import Money
from payments.funding import policy
from payments.funding.postings import card_credit
from payments.funding.states import FORWARD, LEFT_ALONE, MOVES, STOPPABLE, TERMINAL, TopUpStatus
from payments.funding.wording import REASONS, decimal_text, reason_of
from payments.providers.base import MoneyState, PageState, PaymentNow
from tests.factories.people import now
from wallet_project.lib.ids import uuid7

ASKED = Money(2_500, "EUR")
STATES = st.sampled_from(list(TopUpStatus))
SILENT_ENDS = {"provider_refused", "page_expired", "page_never_opened", "by_person", policy.GIVEN_BACK}


def reading(**changes: object) -> PaymentNow:
    values: dict[str, object] = {"page": PageState.OPEN, "money": MoneyState.NONE, "reference": "ref"}
    return PaymentNow(**(values | changes))


def step(**changes: object) -> policy.Step:
    return policy.next_step(reading(**changes), asked=ASKED, reference="ref")


class TestPath:
    @given(before=STATES, after=STATES)
    def test_is_made_of_allowed_moves_or_refused(self, before: TopUpStatus, after: TopUpStatus) -> None:
        try:
            way = policy.path(before, after)
        except ValueError:
            assert before in TERMINAL or before == after or (before, after) not in MOVES
            return
        assert way[-1] is after
        assert all(move in MOVES for move in pairwise((before, *way)))
        assert len(set(way)) == len(way)

    @given(before=st.sampled_from(sorted(TERMINAL)), after=STATES)
    def test_leaves_no_terminal_state(self, before: TopUpStatus, after: TopUpStatus) -> None:
        with pytest.raises(ValueError):
            policy.path(before, after)

    @pytest.mark.parametrize("before", FORWARD[:-1])
    @pytest.mark.parametrize("after", [*sorted(TERMINAL), TopUpStatus.MISMATCH])
    def test_reaches_every_end_from_every_step(self, before: TopUpStatus, after: TopUpStatus) -> None:
        assert policy.path(before, after)[-1] is after

    def test_passes_every_step_on_the_way_to_the_money(self) -> None:
        assert policy.path(TopUpStatus.DRAFT, TopUpStatus.CREDITED) == FORWARD[1:]

    def test_never_goes_back(self) -> None:
        with pytest.raises(ValueError):
            policy.path(TopUpStatus.PROCESSING, TopUpStatus.AWAITING_ACTION)

    def test_every_move_goes_forward_in_the_order_of_the_history(self) -> None:
        assert all(policy.in_order(before) < policy.in_order(after) for before, after in MOVES)

    def test_nothing_that_ended_or_waits_for_the_desk_can_be_stopped_by_the_person(self) -> None:
        assert not STOPPABLE & LEFT_ALONE


class TestNextStep:
    def test_credits_what_was_received_for_the_right_row(self) -> None:
        assert step(money=MoneyState.RECEIVED, page=PageState.COMPLETE, received=ASKED).status is TopUpStatus.CREDITED

    @pytest.mark.parametrize(
        "received", [Money(2_499, "EUR"), Money(2_501, "EUR"), Money(2_500, "USD"), Money(250_000, "EUR"), None]
    )
    def test_gives_another_sum_to_a_person(self, received: Money | None) -> None:
        found = step(money=MoneyState.RECEIVED, page=PageState.COMPLETE, received=received)
        assert found == policy.Step(TopUpStatus.MISMATCH, "amount_or_reference")

    def test_gives_somebody_elses_money_to_a_person(self) -> None:
        found = step(money=MoneyState.RECEIVED, page=PageState.COMPLETE, received=ASKED, reference="other")
        assert found.status is TopUpStatus.MISMATCH

    @pytest.mark.parametrize("page", list(PageState))
    def test_received_money_counts_however_the_page_stands(self, page: PageState) -> None:
        assert step(money=MoneyState.RECEIVED, page=page, received=ASKED).status is TopUpStatus.CREDITED

    def test_a_declined_try_closes_the_page_before_it_counts(self) -> None:
        assert step(money=MoneyState.FAILED) == policy.Step(None, close_page=True)

    def test_a_declined_try_on_a_closed_page_failed(self) -> None:
        found = step(money=MoneyState.FAILED, page=PageState.EXPIRED, failure_code="insufficient_funds")
        assert found == policy.Step(TopUpStatus.FAILED, "insufficient_funds")

    @pytest.mark.parametrize("money", [MoneyState.NONE, MoneyState.ACTION])
    def test_a_page_that_closed_unpaid_expired_and_was_not_declined(self, money: MoneyState) -> None:
        assert step(page=PageState.EXPIRED, money=money) == policy.Step(TopUpStatus.EXPIRED, "page_expired")

    @pytest.mark.parametrize("money", [MoneyState.NONE, MoneyState.ACTION])
    def test_stays_while_the_person_is_at_it(self, money: MoneyState) -> None:
        assert step(money=money) == policy.STAY

    def test_waits_while_the_provider_is_at_it(self) -> None:
        assert step(money=MoneyState.PROCESSING).status is TopUpStatus.PROCESSING
        assert step(page=PageState.COMPLETE).status is TopUpStatus.PROCESSING

    @given(page=st.sampled_from(PageState), money=st.sampled_from(MoneyState), same=st.booleans())
    def test_credits_only_received_money(self, page: PageState, money: MoneyState, same: bool) -> None:
        received = (ASKED if same else Money(1, "EUR")) if money is MoneyState.RECEIVED else None
        credited = step(page=page, money=money, received=received).status is TopUpStatus.CREDITED
        assert credited == (money is MoneyState.RECEIVED and same)


class TestFailureReasons:
    def test_every_reason_has_words_of_its_own(self) -> None:
        assert set(REASONS) == policy.FAILURE_REASONS | SILENT_ENDS
        titles = [str(reason.title) for reason in REASONS.values()]
        assert len(set(titles)) == len(titles)
        assert all(str(reason.next_step) for reason in REASONS.values())

    @pytest.mark.parametrize(
        "code", ["lost_card", "stolen_card", "fraudulent", "pickup_card", "generic_decline", "", "?"]
    )
    def test_lost_stolen_fraud_and_unknown_look_like_any_decline(self, code: str) -> None:
        assert policy.failure_reason(code) == "card_declined"
        assert reason_of(policy.failure_reason(code)) == REASONS["card_declined"]

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("insufficient_funds", "insufficient_funds"),
            ("expired_card", "expired_card"),
            ("incorrect_cvc", "incorrect_cvc"),
            ("incorrect_number", "incorrect_number"),
            ("processing_error", "processing_error"),
            ("authentication_not_handled", "bank_unreachable"),
            ("payment_intent_authentication_failure", "authentication_failed"),
            ("card_velocity_exceeded", "card_velocity_exceeded"),
            ("test_mode_live_card", "test_cards_only"),
        ],
    )
    def test_knows_what_the_test_cards_say(self, code: str, reason: str) -> None:
        assert policy.failure_reason(code) == reason

    def test_an_unknown_stored_reason_reads_like_any_decline(self) -> None:
        assert reason_of("from_another_version") == REASONS["card_declined"]


class TestMaturing:
    @given(st.lists(st.integers(1, 100_000), max_size=30))
    def test_exactly_the_first_hundred_euro_of_a_life_mature_at_once(self, sums: list[int]) -> None:
        used = 0
        for minor in sums:
            used += min(minor, policy.matures_at_once_minor(used_minor=used))
        assert used == min(sum(sums), 10_000)

    @given(st.integers(0, 10**12))
    def test_never_gives_back_less_than_nothing(self, used: int) -> None:
        assert 0 <= policy.matures_at_once_minor(used_minor=used) <= 10_000

    @pytest.mark.parametrize(("tier", "days"), [(0, 3), (1, 2), (2, 1), (3, 0), (9, 0)])
    def test_days_by_tier(self, tier: int, days: int) -> None:
        assert policy.maturing_days(tier) == days


class TestAskingAgain:
    @given(st.integers(0, 10**6))
    def test_is_never_sooner_than_fifteen_seconds_nor_later_than_fifteen_minutes(self, checks: int) -> None:
        pause = policy.check_again_in(checks)
        assert timedelta(seconds=15) <= pause <= timedelta(minutes=15)
        assert policy.check_again_in(checks + 1) >= pause


class TestPosting:
    @given(minor=st.integers(1, 10**15))
    def test_owes_the_person_what_the_provider_owes_us(self, minor: int) -> None:
        draft = card_credit(
            top_up_id=uuid7(), wallet_account_id=7, received=Money(minor, "EUR"), actor="provider:stripe", at=now()
        )
        assert [(leg.amount_minor, leg.currency) for leg in draft.legs] == [(minor, "EUR"), (-minor, "EUR")]
        assert draft.legs[0].account_id == 7

    def test_is_the_same_entry_whoever_posts_it_and_whenever(self) -> None:
        top_up = uuid7()
        first, second = (
            card_credit(top_up_id=top_up, wallet_account_id=7, received=ASKED, actor=actor, at=now())
            for actor in ("provider:stripe", "worker")
        )
        assert (first.entry_id, first.request_hash) == (second.entry_id, second.request_hash)


@given(minor=st.integers(1, 10**12), currency=st.sampled_from(["EUR", "USD", "JPY"]))
def test_an_amount_for_the_form_reads_back_as_itself(minor: int, currency: str) -> None:
    assert parse_amount(decimal_text(minor, currency), currency) == Money(minor, currency)
