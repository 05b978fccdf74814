"""The three answers of a rail, through Stripe's own SDK over HTTP: no, not now, and nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ledger.money import Money
from payments.providers.base import MoneyState, PageState, Refused, Retryable, Unknown
from payments.providers.stripe import adapter
from payments.providers.stripe.adapter import StripeCards
from tests.factories.people import now
from tests.factories.top_ups import Page
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from payments.providers.base import HostedPage
    from tests.fakes.simulator import Simulator

RAIL = StripeCards()

pytestmark = pytest.mark.django_db


def open_page(**changes: Any) -> HostedPage:
    asked: dict[str, Any] = {
        "top_up_id": ids.uuid7(),
        "amount": Money(2_500, "EUR"),
        "expires_at": now() + timedelta(hours=23),
        "return_url": "http://wallet.test/back",
        "cancel_url": "http://wallet.test/left",
    }
    return RAIL.open_page(**(asked | changes))


class TestAnswers:
    @pytest.mark.parametrize(
        ("fault", "answer"),
        [
            ({"kind": "error_before", "status": 400}, Refused),
            ({"kind": "error_before", "status": 402}, Refused),
            ({"kind": "error_before", "status": 404}, Refused),
            ({"kind": "error_before", "status": 401}, Retryable),
            ({"kind": "error_before", "status": 403}, Retryable),
            ({"kind": "error_before", "status": 409}, Retryable),
            ({"kind": "error_before", "status": 429}, Retryable),
            ({"kind": "error_before", "status": 500}, Unknown),
            ({"kind": "error_before", "status": 503}, Unknown),
            ({"kind": "error_after", "status": 500}, Unknown),
            ({"kind": "drop_before"}, Unknown),
            ({"kind": "drop_after"}, Unknown),
        ],
    )
    def test_are_never_mixed_up(self, cards: Simulator, fault: dict[str, Any], answer: type[Exception]) -> None:
        cards.order("faults", times=1, **fault)
        with pytest.raises(answer):
            open_page()

    def test_a_slow_answer_is_no_answer(self, cards: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(adapter, "TIMEOUT_SECONDS", 0.2)
        adapter._client_of.cache_clear()
        cards.order("faults", kind="slow_answer", seconds=2, times=1)
        with pytest.raises(Unknown):
            open_page()
        adapter._client_of.cache_clear()

    def test_a_provider_that_is_not_there_is_unknown(self, settings: SettingsWrapper) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"
        with pytest.raises(Unknown):
            open_page()

    def test_is_never_asked_inside_a_transaction(self, cards: Simulator) -> None:
        with pytest.raises(db.AlreadyInTransaction), db.transaction():
            open_page()


class TestReading:
    def test_an_open_page(self, cards: Simulator) -> None:
        top_up_id = ids.uuid7()
        page = open_page(top_up_id=top_up_id)
        now_read = RAIL.read(provider_id=page.provider_id)
        assert (now_read.page, now_read.money, now_read.reference, now_read.received) == (
            PageState.OPEN,
            MoneyState.NONE,
            str(top_up_id),
            None,
        )

    def test_a_paid_one(self, cards: Simulator) -> None:
        page = open_page()
        cards.enter_card(Page(page.url), "5555555555554444")
        read = RAIL.read(provider_id=page.provider_id)
        assert (read.page, read.money, read.received) == (
            PageState.COMPLETE,
            MoneyState.RECEIVED,
            Money(2_500, "EUR"),
        )
        assert (read.card_brand, read.card_last4) == ("mastercard", "4444")
        assert read.payment_id.startswith("pi_")

    def test_a_declined_try_on_an_open_page(self, cards: Simulator) -> None:
        page = open_page()
        cards.enter_card(Page(page.url), "4000000000009995")
        read = RAIL.read(provider_id=page.provider_id)
        assert (read.page, read.money, read.failure_code) == (
            PageState.OPEN,
            MoneyState.FAILED,
            "insufficient_funds",
        )

    def test_a_closed_page_remembers_a_decline_but_not_a_three_d_secure_left_open(self, cards: Simulator) -> None:
        declined, left = open_page(), open_page()
        cards.enter_card(Page(declined.url), "4000000000000002")
        cards.enter_card(Page(left.url), "4000002500003155")
        assert RAIL.read(provider_id=left.provider_id).money is MoneyState.ACTION
        for page in (declined, left):
            RAIL.close_page(provider_id=page.provider_id)
        read = [RAIL.read(provider_id=page.provider_id) for page in (declined, left)]
        assert [(one.page, one.money) for one in read] == [
            (PageState.EXPIRED, MoneyState.FAILED),
            (PageState.EXPIRED, MoneyState.NONE),
        ]

    def test_closing_what_is_not_open_is_refused(self, cards: Simulator) -> None:
        page = open_page()
        RAIL.close_page(provider_id=page.provider_id)
        with pytest.raises(Refused):
            RAIL.close_page(provider_id=page.provider_id)

    def test_the_same_top_up_is_the_same_page(self, cards: Simulator) -> None:
        asked = {"top_up_id": ids.uuid7(), "expires_at": now() + timedelta(hours=1)}
        assert open_page(**asked) == open_page(**asked)
