"""Top-ups that do not match: two officers credit what was received, or close what the provider gave back."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError

from accounts.activity.models import ActivityItem
from accounts.approvals import services as approvals
from accounts.approvals.errors import ApprovalVoid, NotPermitted, ReasonMissing, SelfApproval
from accounts.approvals.models import Approval
from accounts.wallets.selectors import wallet_of
from ledger import integrity
from ledger import selectors as books
from ledger import services as ledger
from ledger.errors import AccountClosed
from payments.funding.models import TopUp
from payments.funding.selectors import mismatched
from payments.funding.services import deciding
from payments.funding.services.deciding import CREDIT, GIVEN_BACK, NotAsSaid, NotWaiting
from payments.funding.services.stopping import ProviderUnavailable
from payments.reconciliation.services import check_clearing
from tests.factories.people import ORIGIN, now
from tests.factories.sessions import browser
from tests.factories.staff import desk, make_officer
from tests.factories.top_ups import enter_card, euros, limit_used, moves, paid, settle, start, told
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator

pytestmark = pytest.mark.django_db

WORDS = {"reason": "Another amount arrived.", "evidence": "The provider's page of the payment"}


@pytest.fixture
def grace(db: None) -> User:
    return make_officer("grace", "treasury")


@pytest.fixture
def henry(db: None) -> User:
    return make_officer("henry", "treasury")


def change(cards: Simulator, object_id: str, **fields: Any) -> None:
    """What the provider holds: it is read from its state folder, so change it there."""
    with sqlite3.connect(cards.state / "simulator.sqlite3") as store:
        ((body,),) = store.execute("SELECT body FROM object WHERE id = ?", [object_id]).fetchall()
        store.execute("UPDATE object SET body = ? WHERE id = ?", [json.dumps(json.loads(body) | fields), object_id])


def intent_of(cards: Simulator, top_up: TopUp) -> dict[str, Any]:
    (session,) = [one for one in cards.tell("sessions") if one["id"] == top_up.provider_id]
    found: dict[str, Any] = next(one for one in cards.tell("payment_intents") if one["id"] == session["payment_intent"])
    return found


@pytest.fixture
def wrong(cards: Simulator, bob: User) -> TopUp:
    """Bob asked for EUR 25.00; the provider received EUR 24.00."""
    top_up = start(bob, 2_500)
    enter_card(cards, top_up)
    change(cards, intent_of(cards, top_up)["id"], amount_received=2_400)
    assert settle(top_up).status == "MISMATCH"
    return top_up


def given_back(cards: Simulator, top_up: TopUp, minor: int) -> None:
    """Somebody refunds at the provider."""
    change(cards, intent_of(cards, top_up)["latest_charge"], amount_refunded=minor)


def propose(top_up: TopUp, by: User, purpose: str = CREDIT, **words: str) -> Approval:
    said = WORDS | words
    return deciding.propose(
        purpose=purpose,
        top_up_id=top_up.pk,
        by=by,
        reason=said["reason"],
        evidence=said["evidence"],
        origin=ORIGIN,
        at=now(),
    )


def approve(proposal: Approval, by: User) -> Approval:
    return approvals.approve(approval_id=proposal.pk, checker=by, origin=ORIGIN, at=now())


def status(top_up: TopUp) -> tuple[str, str]:
    return TopUp.objects.values_list("status", "reason").get(pk=top_up.pk)


class TestCreditWhatWasReceived:
    def test_two_officers_credit_it(self, bob: User, wrong: TopUp, grace: User, henry: User) -> None:
        proposal = propose(wrong, grace)
        assert (proposal.payload["amount_minor"], proposal.payload["received_minor"]) == (2_500, 2_400)
        assert (status(wrong)[0], euros(bob)) == ("MISMATCH", (0, 0))
        approve(proposal, henry)
        assert (status(wrong), euros(bob), mismatched().count) == (("CREDITED", ""), (2_400, 0), 0)
        entry = books.entry_with_postings(ids.derive(wrong.pk, "credit"))
        assert sorted(leg.amount_minor for leg in books.own_legs(entry)) == [-2_400, 2_400]
        assert not list(integrity.check())
        assert not any(check.unexplained_minor for check in check_clearing(at=now()))
        item = ActivityItem.objects.get(subject_id=wrong.pk)
        assert (item.state, item.amount_minor) == ("CREDITED", 2_400)
        assert moves(wrong)[-2:] == ["MISMATCH", "CREDITED"]
        assert "top_up.credited" in told(wrong)
        assert "€24.00 was added" in browser(bob).get(f"/top-ups/{ids.public('top', wrong.pk)}/").content.decode()

    def test_more_than_asked_matures_by_the_same_rule(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User, henry: User
    ) -> None:
        change(cards, intent_of(cards, wrong)["id"], amount_received=15_000)
        approve(propose(wrong, grace), henry)
        assert (status(wrong)[0], euros(bob)) == ("CREDITED", (10_000, 5_000))

    def test_the_same_officer_is_refused(self, bob: User, wrong: TopUp, grace: User) -> None:
        proposal = propose(wrong, grace)
        with pytest.raises(SelfApproval):
            approve(proposal, grace)
        with pytest.raises(DatabaseError, match="approval_maker_is_not_checker"), db.transaction():
            Approval.objects.filter(pk=proposal.pk).update(status="APPROVED", checker=grace, decided_at=now())
        assert (status(wrong)[0], euros(bob)) == ("MISMATCH", (0, 0))

    def test_the_provider_says_something_else_before_the_second_agrees(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User, henry: User
    ) -> None:
        proposal = propose(wrong, grace)
        given_back(cards, wrong, 100)
        with pytest.raises(ApprovalVoid):
            approve(proposal, henry)
        assert (status(wrong)[0], euros(bob)) == ("MISMATCH", (0, 0))
        with pytest.raises(NotAsSaid) as refused:
            propose(wrong, grace)
        assert refused.value.params["why"] == "given_back"

    def test_another_currency_is_not_credited(self, cards: Simulator, bob: User, wrong: TopUp, grace: User) -> None:
        change(cards, intent_of(cards, wrong)["id"], currency="usd")
        with pytest.raises(NotAsSaid) as refused:
            propose(wrong, grace)
        assert refused.value.params["why"] == "other_currency"
        assert not Approval.objects.exists()

    def test_a_payment_that_names_another_top_up_is_not_credited(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User
    ) -> None:
        change(cards, wrong.provider_id, client_reference_id=str(ids.uuid7()))
        with pytest.raises(NotAsSaid) as refused:
            propose(wrong, grace)
        assert refused.value.params["why"] == "other_reference"
        assert not Approval.objects.exists()

    def test_disputed_before_the_second_agrees(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User, henry: User
    ) -> None:
        proposal = propose(wrong, grace)
        change(cards, intent_of(cards, wrong)["latest_charge"], disputed=True)
        with pytest.raises(NotAsSaid) as refused:
            approve(proposal, henry)
        assert refused.value.params["why"] == "disputed"
        assert (status(wrong)[0], euros(bob)) == ("MISMATCH", (0, 0))

    def test_a_closed_wallet_takes_nothing_and_the_proposal_stays(
        self, bob: User, wrong: TopUp, grace: User, henry: User
    ) -> None:
        wallet = wallet_of(bob, "EUR")
        assert wallet is not None
        proposal = propose(wrong, grace)
        ledger.close_account(account_id=wallet.id, at=now())
        with pytest.raises(AccountClosed):
            approve(proposal, henry)
        proposal.refresh_from_db()
        assert (proposal.status, status(wrong)[0]) == ("PROPOSED", "MISMATCH")

    def test_without_an_answer_of_the_provider_nothing_is_proposed(
        self, wrong: TopUp, grace: User, settings: SettingsWrapper
    ) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"
        with pytest.raises(ProviderUnavailable):
            propose(wrong, grace)
        assert not Approval.objects.exists()

    @pytest.mark.parametrize("role", ["support", "compliance", "compliance_lead"])
    def test_others_neither_propose_nor_approve(self, role: str, wrong: TopUp, grace: User) -> None:
        other = make_officer("other", role)
        with pytest.raises(NotPermitted):
            propose(wrong, other)
        with pytest.raises(NotPermitted):
            approve(propose(wrong, grace), other)
        assert status(wrong)[0] == "MISMATCH"

    def test_says_why_and_is_only_for_those_that_do_not_match(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User
    ) -> None:
        with pytest.raises(ReasonMissing):
            propose(wrong, grace, evidence=" ")
        with pytest.raises(NotWaiting):
            propose(paid(cards, bob), grace)


class TestGivenBack:
    def test_is_closed_once_everything_went_back(
        self, cards: Simulator, bob: User, wrong: TopUp, grace: User, henry: User
    ) -> None:
        given_back(cards, wrong, 2_300)
        with pytest.raises(NotAsSaid) as refused:
            propose(wrong, grace, GIVEN_BACK)
        assert refused.value.params["why"] == "not_given_back"
        given_back(cards, wrong, 2_400)
        assert limit_used(bob) == 2_500
        approve(propose(wrong, grace, GIVEN_BACK), henry)
        assert (status(wrong), euros(bob), limit_used(bob)) == (("FAILED", "given_back"), (0, 0), 0)
        assert "top_up.closed" in told(wrong)
        page = browser(bob).get(f"/top-ups/{ids.public('top', wrong.pk)}/").content.decode()
        assert "The payment did not match what you asked for, so it was given back to your card." in page
        assert "No money moved." not in page


class TestTheDesk:
    def words(self, answer: Any) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())

    def test_proposed_by_one_and_decided_by_another(self, bob: User, wrong: TopUp, grace: User, henry: User) -> None:
        page = f"/admin/payments/topup/{wrong.pk}/"
        assert "Ask the provider and propose" in self.words(desk(grace).get(f"{page}change/"))
        empty = desk(grace).post(f"{page}propose/", WORDS | {"purpose": ""})
        assert (empty.status_code, Approval.objects.count()) == (422, 0)
        early = desk(grace).post(f"{page}propose/", WORDS | {"purpose": GIVEN_BACK})
        assert early.status_code == 409
        assert "The card provider says something else" in self.words(early)
        shown = self.words(desk(grace).post(f"{page}propose/", WORDS | {"purpose": CREDIT}, follow=True))
        for line in ("Status Does not match Credited", "Asked for €25.00", "Received €24.00"):
            assert line in shown
        proposal = Approval.objects.get()
        decide = f"/admin/accounts/approval/{proposal.pk}/decide/"
        assert desk(grace).post(decide, {"decision": "approve"}).status_code == 403
        assert "Proposed. Another officer decides." in self.words(desk(henry).get(f"{page}change/"))
        assert desk(henry).post(decide, {"decision": "approve"}).status_code == 302
        assert (status(wrong)[0], euros(bob)) == ("CREDITED", (2_400, 0))

    def test_support_only_looks(self, wrong: TopUp) -> None:
        officer = make_officer("somebody", "support")
        page = f"/admin/payments/topup/{wrong.pk}/"
        assert "Your role cannot decide about this." in self.words(desk(officer).get(f"{page}change/"))
        assert desk(officer).post(f"{page}propose/", WORDS | {"purpose": CREDIT}).status_code == 403
        assert not Approval.objects.exists()
