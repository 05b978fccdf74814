"""What the simulator lets happen after a charge: refunds, disputes, inquiries, warnings, reviews."""

from typing import Any

import pytest
import stripe

from tests.fakes.simulator import Simulator

GOOD = "4242 4242 4242 4242"


def charged(simulator: Simulator, number: str = GOOD) -> Any:
    """The charge of a fresh session paid with this card."""
    session = simulator.open_session()
    assert simulator.enter_card(session, number).status_code == 302
    read = simulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    return read.payment_intent.latest_charge


def kinds_after(simulator: Simulator, charge: Any) -> list[str]:
    """The types of the events about what came of a charge, in order."""
    return [
        event["type"]
        for event in reversed(simulator.tell("events"))
        if event["data"]["object"].get("charge") == charge.id or event["type"] == "charge.refunded"
    ]


class TestRefunds:
    @pytest.fixture(autouse=True)
    def only_new_events(self, simulator: Simulator) -> None:
        self.seen = {event["id"] for event in simulator.tell("events")}

    def kinds(self, simulator: Simulator) -> list[str]:
        new = [event for event in reversed(simulator.tell("events")) if event["id"] not in self.seen]
        return [event["type"] for event in new if "refund" in event["type"]]

    def test_gives_back_in_parts_and_never_more_than_was_taken(self, simulator: Simulator) -> None:
        charge, refunds = charged(simulator), simulator.client().v1.refunds
        first = refunds.create(
            {"payment_intent": charge.payment_intent, "amount": 4_000}, {"idempotency_key": "part-1"}
        )
        assert (
            refunds.create({"payment_intent": charge.payment_intent, "amount": 4_000}, {"idempotency_key": "part-1"}).id
            == first.id
        )
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
            refunds.create({"charge": charge.id, "amount": 6_001})
        second = refunds.create({"charge": charge.id})
        assert (first.amount, first.status, second.amount, second.status) == (4_000, "succeeded", 6_000, "succeeded")
        with pytest.raises(stripe.InvalidRequestError) as refused:
            refunds.create({"charge": charge.id})
        assert refused.value.code == "charge_already_refunded"
        now = simulator.client().v1.charges.retrieve(charge.id)
        assert (now.amount_refunded, now.refunded) == (10_000, True)
        assert [refund.id for refund in refunds.list({"charge": charge.id}).data] == [second.id, first.id]
        assert self.kinds(simulator) == ["refund.created", "charge.refunded"] * 2

    def test_pending_succeeds_later(self, simulator: Simulator) -> None:
        charge = charged(simulator, "4000 0000 0000 7726")
        refund = simulator.client().v1.refunds.create({"charge": charge.id})
        assert refund.status == "pending"
        simulator.order("clock", seconds=60)
        assert simulator.client().v1.refunds.retrieve(refund.id).status == "succeeded"
        assert self.kinds(simulator)[2:] == ["refund.updated", "charge.refund.updated"]

    def test_succeeded_can_fail_later_and_the_money_is_back(self, simulator: Simulator) -> None:
        charge = charged(simulator, "4000 0000 0000 5126")
        refund = simulator.client().v1.refunds.create({"charge": charge.id})
        assert refund.status == "succeeded"
        simulator.order("clock", seconds=60)
        failed = simulator.client().v1.refunds.retrieve(refund.id)
        assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
        back = simulator.client().v1.balance_transactions.retrieve(failed.failure_balance_transaction)
        assert (back.amount, back.type) == (10_000, "refund_failure")
        assert simulator.client().v1.charges.retrieve(charge.id).amount_refunded == 0
        assert self.kinds(simulator)[2:] == ["refund.failed", "charge.refund.updated"]

    def test_of_nothing_or_of_a_failed_charge_is_refused(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4000 0000 0000 0002")
        failed = simulator.tell("charges")[0]["id"]
        for params in ({}, {"charge": "ch_nobody"}, {"charge": failed}, {"payment_intent": "pi_nobody"}):
            with pytest.raises(stripe.InvalidRequestError):
                simulator.client().v1.refunds.create(params)
        assert self.kinds(simulator) == []


class TestDisputes:
    @pytest.mark.parametrize(
        ("number", "reason"),
        [("4000 0000 0000 0259", "fraudulent"), ("4000 0000 0000 2685", "product_not_received")],
    )
    def test_take_the_money_at_once(self, simulator: Simulator, number: str, reason: str) -> None:
        charge = charged(simulator, number)
        assert charge.disputed is True
        [dispute] = simulator.client().v1.disputes.list({"charge": charge.id}).data
        assert (dispute.reason, dispute.status, dispute.amount) == (reason, "needs_response", 10_000)
        [line] = dispute.balance_transactions
        assert (line.amount, line.fee, line.net) == (-10_000, 2_000, -12_000)
        assert kinds_after(simulator, charge)[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.client().v1.refunds.create({"charge": charge.id})
        assert refused.value.code == "charge_disputed"

    @pytest.mark.parametrize(
        ("evidence", "status", "lines", "told"),
        [
            ("winning_evidence", "won", 2, ["charge.dispute.closed", "charge.dispute.funds_reinstated"]),
            ("losing_evidence", "lost", 1, ["charge.dispute.closed"]),
        ],
    )
    def test_end_by_the_evidence(
        self, simulator: Simulator, evidence: str, status: str, lines: int, told: list[str]
    ) -> None:
        charge = charged(simulator, "4000 0000 0000 0259")
        disputes = simulator.client().v1.disputes
        [dispute] = disputes.list({"charge": charge.id}).data
        closed = disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
        assert (closed.status, len(closed.balance_transactions)) == (status, lines)
        assert kinds_after(simulator, charge)[-len(told) :] == told
        with pytest.raises(stripe.InvalidRequestError):
            disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})

    def test_an_inquiry_takes_nothing(self, simulator: Simulator) -> None:
        charge = charged(simulator, "4000 0000 0000 1976")
        [inquiry] = simulator.client().v1.disputes.list({"charge": charge.id}).data
        assert (inquiry.status, inquiry.balance_transactions) == ("warning_needs_response", [])
        assert kinds_after(simulator, charge)[-1] == "charge.dispute.created"
        assert simulator.client().v1.refunds.create({"charge": charge.id, "amount": 1}).status == "succeeded"

    def test_any_charge_can_be_disputed_by_order(self, simulator: Simulator) -> None:
        charge = charged(simulator)
        dispute = simulator.order("dispute", charge=charge.id, reason="product_not_received")["dispute"]
        assert simulator.client().v1.disputes.retrieve(dispute["id"]).charge == charge.id


class TestWarnings:
    def test_early_fraud_warning(self, simulator: Simulator) -> None:
        charge = charged(simulator, "4000 0000 0000 5423")
        assert (charge.paid, charge.disputed) == (True, False)
        assert kinds_after(simulator, charge)[-1] == "radar.early_fraud_warning.created"

    def test_elevated_risk_is_taken_and_reviewed(self, simulator: Simulator) -> None:
        charge = charged(simulator, "4000 0000 0000 9235")
        assert (charge.paid, charge.outcome.risk_level, charge.outcome.type) == (True, "elevated", "manual_review")
        review = simulator.client().v1.reviews.retrieve(charge.review)
        assert (review.open, review.charge) == (True, charge.id)

    def test_highest_risk_is_blocked(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4000 0000 0000 4954")
        charge = simulator.tell("charges")[0]
        assert (charge["paid"], charge["outcome"]["type"], charge["outcome"]["risk_level"]) == (
            False,
            "blocked",
            "highest",
        )
