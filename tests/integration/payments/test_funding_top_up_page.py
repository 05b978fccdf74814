"""One top-up's own page: it follows the money by itself, and lets the person stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from payments.funding.services import outcomes
from tests.factories.people import now
from tests.factories.sessions import browser
from tests.factories.top_ups import NothingMoves, enter_card, limit_used, paid, settle, start
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.funding.models import TopUp
    from tests.fakes.simulator import Simulator


@pytest.fixture
def web(cards: Simulator, bob: User) -> Client:
    return browser(bob)


def text(response: Any) -> str:
    return str(response.content.decode())


def page_of(top_up: TopUp, part: str = "") -> str:
    return f"/top-ups/{ids.public('top', top_up.pk)}/{part}"


class TestState:
    def test_polls_until_it_is_final_and_then_stops(self, web: Client, cards: Simulator, bob: User) -> None:
        row = start(bob)
        asked = page_of(row, "state/?seen=AWAITING_ACTION")
        assert asked.split("?")[0] in text(web.get(page_of(row)))
        assert web.get(asked).status_code == 204
        enter_card(cards, row)
        settle(row)
        final = web.get(asked)
        assert final.status_code == 286
        assert "€25.00 was added" in text(final)
        assert 'id="moves" hx-swap-oob="true"' in text(final)
        assert "hx-get" not in text(final)

    def test_the_history_reads_in_order(self, web: Client, cards: Simulator, bob: User) -> None:
        page = text(web.get(page_of(paid(cards, bob))))
        steps = ["Requested", "Card page opened", "Paid by card", "Added to your wallet"]
        titles = re.findall(r'<span class="timeline__title">([^<]+)', page)
        assert titles == steps

    def test_money_being_checked_is_said_calmly(self, web: Client, bob: User) -> None:
        row = start(bob)
        with db.transaction():
            outcomes.break_off(top_up=row, reason="amount_or_reference", cause="test", at=now())
        page = text(web.get(page_of(row)))
        assert "We are checking your payment of €25.00" in page
        assert "There is nothing you need to do" in page

    def test_somebody_elses_is_404(self, web: Client, alice: User) -> None:
        theirs = start(alice)
        for part in ("", "state/"):
            assert web.get(page_of(theirs, part)).status_code == 404
        assert web.post(page_of(theirs, "cancel/")).status_code == 404

    def test_an_ended_session_signs_in_and_comes_back(self, cards: Simulator, bob: User) -> None:
        row = start(bob)
        assert Client().get(page_of(row))["Location"] == f"/account/login/?next={page_of(row)}"


class TestCancel:
    def test_stops_it(self, web: Client, bob: User) -> None:
        row = start(bob)
        assert web.post(page_of(row, "cancel/"))["Location"] == page_of(row)
        assert "You stopped this payment." in text(web.get(page_of(row)))
        assert limit_used(bob) == 0

    def test_too_late_shows_how_it_stands(self, web: Client, cards: Simulator, bob: User) -> None:
        row = paid(cards, bob)
        with NothingMoves(bob):
            assert web.post(page_of(row, "cancel/"))["Location"] == page_of(row)

    def test_a_link_cannot_do_it(self, web: Client, bob: User) -> None:
        row = start(bob)
        with NothingMoves(bob):
            assert web.get(page_of(row, "cancel/")).status_code == 405

    def test_another_site_cannot_do_it(self, cards: Simulator, bob: User) -> None:
        row = start(bob)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(bob, backend="accounts.identity.backends.WalletBackend")
        with NothingMoves(bob):
            assert strict.post(page_of(row, "cancel/")).status_code == 403
            assert strict.post("/add-money/", {"amount": "25"}).status_code == 403
