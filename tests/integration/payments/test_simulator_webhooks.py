"""The simulator's webhooks as they reach somebody: signed, retried, on bad days dropped, doubled, late or shuffled."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from tests.fakes.simulator import TIMEOUT_SECONDS, WEBHOOK_SECRET, Simulator
from tests.fakes.webhook_receiver import WebhookReceiver

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
STORY = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.updated",
]


def pay(simulator: Simulator, number: str = GOOD) -> str:
    session = simulator.open_session()
    simulator.enter_card(session, number)
    return str(session.id)


def states(simulator: Simulator) -> list[str]:
    """How the newest deliveries stand, in order of creation."""
    return [delivery["state"] for delivery in reversed(simulator.tell("deliveries"))]


class TestDelivery:
    def test_is_signed_over_the_raw_bytes(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        pay(simulator)
        simulator.settle()
        received = receiver.received[0]
        assert received.event(WEBHOOK_SECRET)["type"] == "payment_intent.created"
        with pytest.raises(stripe.SignatureVerificationError):
            received.event("whsec_of_somebody_else")
        with pytest.raises(stripe.SignatureVerificationError):
            received._replace(body=received.body + b" ").event(WEBHOOK_SECRET)
        assert received.path == "/webhooks/stripe/"
        assert received.headers["Content-Type"] == "application/json; charset=utf-8"

    def test_comes_in_order_without_anybody_following_the_redirect(
        self, simulator: Simulator, receiver: WebhookReceiver
    ) -> None:
        session_id = pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == STORY
        completed = receiver.received[3].event(WEBHOOK_SECRET)
        session = completed["data"]["object"]
        assert (session["id"], session["payment_status"], completed["livemode"]) == (session_id, "paid", False)
        assert session["client_reference_id"] == "0193a000-0000-7000-8000-000000000001"
        intent = receiver.received[2].event(WEBHOOK_SECRET)["data"]["object"]
        assert (intent["amount_received"], intent["metadata"]["top_up"]) == (10_000, session["client_reference_id"])

    def test_tells_of_a_decline(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        pay(simulator, DECLINED)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
        ]
        error = receiver.received[2].event(WEBHOOK_SECRET)["data"]["object"]["last_payment_error"]
        assert (error["code"], error["decline_code"]) == ("card_declined", "generic_decline")

    def test_carries_things_as_they_were(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        pay(simulator)
        simulator.settle()
        created = receiver.received[0].event(WEBHOOK_SECRET)["data"]["object"]
        assert (created["status"], created["amount_received"]) == ("requires_payment_method", 0)
        succeeded, updated = (receiver.received[place].event(WEBHOOK_SECRET) for place in (1, 4))
        assert succeeded["data"]["object"]["balance_transaction"] is None
        assert updated["data"]["object"]["balance_transaction"].startswith("txn_")
        assert updated["data"]["previous_attributes"] == {"balance_transaction": None}

    def test_names_the_request_that_caused_it(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        session = simulator.open_session()
        expired = simulator.client().v1.checkout.sessions.expire(session.id, options={"idempotency_key": "cause-1"})
        simulator.settle()
        event = receiver.received[0].event(WEBHOOK_SECRET)
        assert event["type"] == "checkout.session.expired"
        assert event["request"] == {
            "id": expired.last_response.headers["Request-Id"],
            "idempotency_key": "cause-1",
        }

    def test_what_the_api_lists_is_what_was_delivered(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        pay(simulator)
        simulator.settle()
        listed = simulator.client().v1.events.list({"limit": 5}).data
        told = [received.event(WEBHOOK_SECRET) for received in receiver.received]
        assert [event.id for event in listed] == [event["id"] for event in reversed(told)]
        assert listed[0].data.object.to_dict() == told[-1]["data"]["object"]
        assert (simulator.client().v1.events.retrieve(listed[0].id).pending_webhooks, told[0]["pending_webhooks"]) == (
            0,
            1,
        )


class TestRetries:
    @pytest.mark.parametrize("status", [500, 400, 404, 302])
    def test_goes_on_until_somebody_takes_it(
        self, simulator: Simulator, receiver: WebhookReceiver, status: int
    ) -> None:
        receiver.answers = [status]
        session = simulator.open_session()
        simulator.client().v1.checkout.sessions.expire(session.id)

        receiver.wait_for(2)  # by itself, half a second after the first

        simulator.settle()
        first, second = (received.event(WEBHOOK_SECRET) for received in receiver.received)
        assert (first["type"], second["id"]) == ("checkout.session.expired", first["id"])
        [delivery] = simulator.tell("deliveries")[:1]
        assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 2, 200)

    def test_does_not_keep_the_others_waiting(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        receiver.answers = [500]
        simulator.order("webhooks", hold=True)
        pay(simulator)
        simulator.order("webhooks/release")
        simulator.settle()
        receiver.wait_for(6)
        kinds = receiver.kinds(WEBHOOK_SECRET)
        assert kinds[:2] == STORY[:2]
        assert sorted(kinds) == sorted([STORY[0], *STORY])

    def test_is_signed_anew_each_time(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        receiver.answers = [500]
        session = simulator.open_session()
        simulator.client().v1.checkout.sessions.expire(session.id)
        simulator.settle()
        simulator.order("webhooks/retry")
        simulator.settle()
        first, second = (received.event(WEBHOOK_SECRET) for received in receiver.received)
        assert first == second

    def test_outlives_a_kill_and_a_receiver_that_was_away(self, tmp_path: Path) -> None:
        with WebhookReceiver() as receiver:
            url = receiver.url
        with Simulator(tmp_path, url) as simulator:
            session_id = pay(simulator)
            simulator.settle()
            assert set(states(simulator)) == {"pending"}
            assert "refused" in simulator.tell("deliveries")[-1]["last_error"]
            simulator.stop(kill=True)
            with WebhookReceiver() as receiver:
                simulator.webhook_url = receiver.url
                simulator.start()
                simulator.order("webhooks/retry")
                simulator.settle()
                assert receiver.kinds(WEBHOOK_SECRET) == STORY
                assert receiver.received[3].event(WEBHOOK_SECRET)["data"]["object"]["id"] == session_id

    def test_waits_longer_each_time(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        receiver.answers = [500] * 20
        session = simulator.open_session()
        simulator.client().v1.checkout.sessions.expire(session.id)
        waits: dict[int, float] = {}
        while max(waits, default=0) < 8:
            simulator.settle()
            [delivery] = simulator.tell("deliveries")[:1]
            waits[delivery["attempts"]] = delivery["next_attempt_at"] - time.time()
            simulator.order("webhooks/retry")
        assert 5 < waits[5] <= 10 < 20 < waits[6] <= 30 < 50 < waits[7] <= 60
        assert 50 < waits[8] <= 60

    def test_a_rolled_secret_signs_with_both(self, tmp_path: Path) -> None:
        with WebhookReceiver() as receiver, Simulator(tmp_path, receiver.url, "whsec_new,whsec_old") as simulator:
            pay(simulator)
            simulator.settle()
            assert receiver.kinds("whsec_new") == receiver.kinds("whsec_old") == STORY


class TestMishaps:
    def test_dropped_ones_never_come_but_can_be_sent_again(
        self, simulator: Simulator, receiver: WebhookReceiver
    ) -> None:
        simulator.order("webhooks", drop=4)
        pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == ["charge.updated"]
        completed = simulator.tell("events")[1]
        simulator.order("webhooks/resend", event=completed["id"])
        simulator.settle()
        assert receiver.received[1].event(WEBHOOK_SECRET)["id"] == completed["id"]

    def test_doubled_ones_come_twice_with_the_same_id(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        simulator.order("webhooks", double=2)
        pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == [STORY[0], STORY[0], STORY[1], *STORY[1:]]
        first, second = (received.event(WEBHOOK_SECRET)["id"] for received in receiver.received[:2])
        assert first == second

    def test_delayed_ones_come_later(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        simulator.order("webhooks", delay=3, delay_seconds=3600)
        pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == STORY[3:]
        simulator.order("webhooks/retry")
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == STORY[3:] + STORY[:3]

    @pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [3, 0, 1, 2, 4], [1, 0]])
    def test_reordered_ones_come_in_the_order_asked_for(
        self, simulator: Simulator, receiver: WebhookReceiver, order: list[int]
    ) -> None:
        simulator.order("webhooks", reorder=order)
        pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == [STORY[place] for place in order] + STORY[len(order) :]
        receiver.forget()
        pay(simulator)
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == STORY

    def test_held_ones_wait_for_their_release(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        simulator.order("webhooks", hold=True)
        session_id = pay(simulator)
        simulator.settle()
        assert receiver.received == []
        events = {event["type"]: event["id"] for event in simulator.events_about(session_id)}
        chosen = [events["checkout.session.completed"], events["payment_intent.created"]]

        assert simulator.order("webhooks/release", events=chosen)["released"] == 2
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET) == ["checkout.session.completed", "payment_intent.created"]

        assert simulator.order("webhooks/release")["released"] == 3
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET)[2:] == ["charge.succeeded", "payment_intent.succeeded", "charge.updated"]

    def test_holding_also_stops_retries(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        receiver.answers = [500]
        session = simulator.open_session()
        simulator.client().v1.checkout.sessions.expire(session.id)
        simulator.settle()
        simulator.order("webhooks", hold=True)
        simulator.order("webhooks/retry")
        simulator.settle()
        assert len(receiver.received) == 1

    @pytest.mark.parametrize("orders", [[0, 0], [1, 2], ["x"], "1 1", 7])
    def test_what_is_no_permutation_is_refused(self, simulator: Simulator, orders: Any) -> None:
        answer = requests.post(f"{simulator.url}/_control/webhooks", json={"reorder": orders}, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 400
        assert simulator.tell("plan")["reorder"] == []

    def test_releasing_what_is_not_held_is_refused(self, simulator: Simulator) -> None:
        body = {"events": ["evt_nobody"]}
        answer = requests.post(f"{simulator.url}/_control/webhooks/release", json=body, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 400
        assert "evt_nobody" in answer.json()["error"]


class TestDelayedMethods:
    @pytest.fixture
    def session(self, simulator: Simulator) -> Iterator[Any]:
        session = simulator.open_session(payment_method_types=["card", "sepa_debit"])
        simulator.order("pay", session=session.id, method="sepa_debit")
        return session

    def test_complete_is_not_yet_paid(self, simulator: Simulator, receiver: WebhookReceiver, session: Any) -> None:
        simulator.settle()
        completed = receiver.received[-1].event(WEBHOOK_SECRET)
        assert completed["type"] == "checkout.session.completed"
        assert completed["data"]["object"]["payment_status"] == "unpaid"
        read = simulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
        assert (read.status, read.payment_status) == ("complete", "unpaid")
        assert (read.payment_intent.status, read.payment_intent.amount_received) == ("processing", 0)

    def test_the_money_comes_days_later(self, simulator: Simulator, receiver: WebhookReceiver, session: Any) -> None:
        simulator.order("debit", session=session.id, outcome="succeeded")
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET)[-4:] == [
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
            "charge.updated",
        ]
        read = simulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
        assert (read.payment_status, read.payment_intent.amount_received) == ("paid", 10_000)

    def test_or_it_does_not(self, simulator: Simulator, receiver: WebhookReceiver, session: Any) -> None:
        simulator.order("debit", session=session.id, outcome="failed")
        simulator.settle()
        assert receiver.kinds(WEBHOOK_SECRET)[-2:] == [
            "payment_intent.payment_failed",
            "checkout.session.async_payment_failed",
        ]
        read = simulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
        assert (read.payment_status, read.payment_intent.amount_received) == ("unpaid", 0)


class TestTheControlPage:
    def test_pays_and_sends_again_with_ordinary_forms(self, simulator: Simulator, receiver: WebhookReceiver) -> None:
        session = simulator.open_session()
        page = f"{simulator.url}/_control/"
        form = {"session": session.id, "card": "4000002500003155"}
        paid = requests.post(f"{page}pay", data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        assert (paid.status_code, paid.headers["Location"]) == (303, "/_control/")
        simulator.settle()
        assert "payment_intent.requires_action" in receiver.kinds(WEBHOOK_SECRET)
        shown = requests.get(page, timeout=TIMEOUT_SECONDS)
        assert session.id in shown.text
        assert receiver.received[0].event(WEBHOOK_SECRET)["id"] in shown.text
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]

    def test_pays_once(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        assert simulator.order("pay", session=session.id, card="4242424242424242")["outcome"] == "paid"
        again = requests.post(f"{simulator.url}/_control/pay", json={"session": session.id}, timeout=TIMEOUT_SECONDS)
        assert again.status_code == 409

    def test_takes_no_orders_from_other_sites(self, simulator: Simulator) -> None:
        headers = {"Origin": "https://evil.test", "Content-Type": "text/plain"}
        body = json.dumps({"hold": True})
        answer = requests.post(
            f"{simulator.url}/_control/webhooks", data=body, headers=headers, timeout=TIMEOUT_SECONDS
        )
        assert answer.status_code == 403
        assert simulator.tell("plan")["hold"] is False

    def test_names_what_it_does_not_know(self, simulator: Simulator) -> None:
        for method, path in (("GET", "nothing"), ("POST", "nothing")):
            answer = requests.request(method, f"{simulator.url}/_control/{path}", json={}, timeout=TIMEOUT_SECONDS)
            assert answer.status_code == 404
