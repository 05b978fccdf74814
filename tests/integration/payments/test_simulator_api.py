"""The simulator's API through Stripe's own SDK: keys, errors, lists, idempotency, faults, clock, restarts."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from tests.fakes.simulator import API_KEY, ROOT, SUCCESS_URL, TIMEOUT_SECONDS, WEBHOOK_SECRET, Simulator
from tests.fakes.webhook_receiver import WebhookReceiver

GOOD = "4242 4242 4242 4242"
PRICE = {"currency": "eur", "unit_amount": 10_000, "product_data": {"name": "Wallet top-up"}}


def sessions(simulator: Simulator) -> Any:
    return simulator.client().v1.checkout.sessions


def count(simulator: Simulator) -> int:
    return len(simulator.tell("sessions"))


class TestTheCaller:
    def test_needs_the_right_key(self, simulator: Simulator) -> None:
        for wrong in ("sk_test_somebody_else", "sk_live_4f1c8be06d27a935"):
            with pytest.raises(stripe.AuthenticationError) as refused:
                simulator.client(wrong).v1.events.list()
            assert refused.value.http_status == 401
            assert wrong not in str(refused.value)

    def test_may_use_basic_authentication_but_not_none(self, simulator: Simulator) -> None:
        url = f"{simulator.url}/v1/events"
        assert requests.get(url, auth=(API_KEY, ""), timeout=TIMEOUT_SECONDS).status_code == 200
        refused = requests.get(url, timeout=TIMEOUT_SECONDS)
        assert refused.status_code == 401
        assert refused.json()["error"]["type"] == "invalid_request_error"

    def test_is_told_the_request_id_and_the_version(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        assert session.last_response.headers["Request-Id"].startswith("req_")
        assert session.last_response.headers["Stripe-Version"] == stripe.api_version
        headers = {"Authorization": f"Bearer {API_KEY}", "Stripe-Version": "yesterday"}
        refused = requests.get(f"{simulator.url}/v1/events", headers=headers, timeout=TIMEOUT_SECONDS)
        assert refused.status_code == 400

    def test_cannot_send_a_huge_body(self, simulator: Simulator) -> None:
        refused = requests.post(f"{simulator.url}/v1/refunds", data=b"x" * (1024 * 1024 + 1), timeout=TIMEOUT_SECONDS)
        assert refused.status_code == 413


class TestOpeningASession:
    @pytest.mark.parametrize(
        ("changes", "code", "param"),
        [
            ({"success_url": None}, "parameter_missing", "success_url"),
            ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
            ({"cancel_url": ""}, "parameter_invalid_empty", "cancel_url"),
            ({"line_items": []}, "parameter_missing", "line_items"),
            ({"colour": "red"}, "parameter_unknown", "colour"),
            ({"payment_intent_data": {"colour": "red"}}, "parameter_unknown", "payment_intent_data[colour]"),
            ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
            ({"payment_method_types": ["cheque"]}, None, "payment_method_types[0]"),
            ({"mode": "subscription"}, None, "mode"),
            ({"locale": "tlh"}, None, "locale"),
            ({"expires_at": 1}, None, "expires_at"),
        ],
    )
    def test_refuses_what_stripe_refuses(
        self, simulator: Simulator, changes: dict[str, Any], code: str | None, param: str
    ) -> None:
        before = count(simulator)
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.open_session(**changes)
        assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
        assert count(simulator) == before

    @pytest.mark.parametrize(
        ("price", "code", "param"),
        [
            ({"currency": "xxx"}, None, "line_items[0][price_data][currency]"),
            ({"unit_amount": 49}, "amount_too_small", None),
            ({"unit_amount": 100_000_000}, "amount_too_large", None),
            ({"unit_amount": -1}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
            ({"unit_amount": "1.5"}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
            ({"unit_amount": "１２"}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        ],
    )
    def test_refuses_an_impossible_price(
        self, simulator: Simulator, price: dict[str, Any], code: str | None, param: str | None
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            simulator.open_session(line_items=[{"quantity": 1, "price_data": {**PRICE, **price}}])
        assert (refused.value.code, refused.value.param) == (code, param)

    def test_adds_up_its_items(self, simulator: Simulator) -> None:
        items = [{"quantity": 3, "price_data": {**PRICE, "unit_amount": 250}}, {"quantity": 1, "price_data": PRICE}]
        session = simulator.open_session(line_items=items)
        assert session.amount_total == 10_750
        listed = sessions(simulator).line_items.list(session.id).data
        assert [(item.quantity, item.amount_total) for item in listed] == [(3, 750), (1, 10_000)]

    def test_lasts_a_day_unless_told(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        assert session.expires_at - session.created == 24 * 3600
        asked = session.created + 3600
        assert simulator.open_session(expires_at=asked).expires_at == asked


class TestReading:
    def test_something_that_is_not_there(self, simulator: Simulator) -> None:
        v1 = simulator.client().v1
        for read in (
            v1.checkout.sessions.retrieve,
            v1.payment_intents.retrieve,
            v1.charges.retrieve,
            v1.events.retrieve,
            v1.refunds.retrieve,
            v1.balance_transactions.retrieve,
            v1.disputes.retrieve,
        ):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                read("cs_test_nobody")
            assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")

    def test_the_wrong_kind_is_not_there_either(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        with pytest.raises(stripe.InvalidRequestError):
            simulator.client().v1.payment_intents.retrieve(session.id)

    def test_an_unknown_address(self, simulator: Simulator) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
            simulator.client().v1.customers.list()

    def test_expands_what_is_asked_for_and_refuses_the_rest(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        unpaid = sessions(simulator).retrieve(session.id, {"expand": ["payment_intent.latest_charge", "line_items"]})
        assert unpaid.payment_intent is None
        assert unpaid.line_items.data[0].amount_total == 10_000
        simulator.enter_card(session, GOOD)
        paid = sessions(simulator).retrieve(
            session.id,
            {"expand": ["payment_intent.latest_charge.balance_transaction", "payment_intent.payment_method"]},
        )
        assert paid.payment_intent.latest_charge.balance_transaction.net == 9_825
        assert paid.payment_intent.payment_method.card.last4 == "4242"
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            sessions(simulator).retrieve(session.id, {"expand": ["colour"]})

    def test_shows_nothing_of_its_inside(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        read = sessions(simulator).retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        assert '"_' not in str(read)

    def test_lists_page_by_page_both_ways(self, simulator: Simulator) -> None:
        made = [simulator.open_session().id for _ in range(5)]
        newest_first = made[::-1]
        page = sessions(simulator).list({"limit": 2})
        assert ([item.id for item in page.data], page.has_more) == (newest_first[:2], True)
        walked = [item.id for _, item in zip(range(5), page.auto_paging_iter(), strict=False)]
        assert walked == newest_first
        back = sessions(simulator).list({"limit": 2, "ending_before": newest_first[3]})
        assert ([item.id for item in back.data], back.has_more) == (newest_first[1:3], True)
        with pytest.raises(stripe.InvalidRequestError):
            sessions(simulator).list({"limit": 101})

    def test_finds_the_session_of_an_intent(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.open_session()
        simulator.enter_card(session, GOOD)
        intent_id = sessions(simulator).retrieve(session.id).payment_intent
        found = sessions(simulator).list({"payment_intent": intent_id})
        assert [item.id for item in found.data] == [session.id]

    def test_events_by_type(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        kinds = ["checkout.session.completed", "charge.updated"]
        found = simulator.client().v1.events.list({"types": kinds, "limit": 2}).data
        assert [event.type for event in found] == kinds[::-1]
        assert found[1].data.object.id == session.id
        assert simulator.client().v1.events.retrieve(found[1].id).created == found[1].created


class TestRefusals:
    def test_only_an_open_session_expires(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        with pytest.raises(stripe.InvalidRequestError, match="has a status of `complete`") as refused:
            sessions(simulator).expire(session.id)
        assert refused.value.http_status == 400
        assert sessions(simulator).retrieve(session.id).status == "complete"

    def test_an_intent_of_checkout_is_not_cancelled(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4000 0025 0000 3155")
        intent_id = sessions(simulator).retrieve(session.id).payment_intent
        with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
            simulator.client().v1.payment_intents.cancel(intent_id)
        assert simulator.client().v1.payment_intents.retrieve(intent_id).status == "requires_action"


class TestIdempotency:
    def test_same_key_and_body_give_the_same_answer(self, simulator: Simulator) -> None:
        before = count(simulator)
        first = simulator.open_session(idempotency_key="same-1")
        again = simulator.open_session(idempotency_key="same-1")
        assert again.to_dict() == first.to_dict()
        assert "Idempotent-Replayed" not in first.last_response.headers
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        assert again.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
        assert again.last_response.headers["Request-Id"] != first.last_response.headers["Request-Id"]
        assert count(simulator) == before + 1

    def test_the_answer_is_the_one_given_then_not_how_things_stand_now(self, simulator: Simulator) -> None:
        session = simulator.open_session(idempotency_key="then-1")
        simulator.enter_card(session, GOOD)
        assert simulator.open_session(idempotency_key="then-1").status == "open"

    def test_another_body_is_refused(self, simulator: Simulator) -> None:
        simulator.open_session(idempotency_key="other-1")
        before = count(simulator)
        with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
            simulator.open_session(idempotency_key="other-1", client_reference_id="another")
        assert refused.value.http_status == 400
        assert count(simulator) == before

    def test_another_endpoint_is_refused(self, simulator: Simulator) -> None:
        session = simulator.open_session(idempotency_key="place-1")
        with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
            sessions(simulator).expire(session.id, options={"idempotency_key": "place-1"})
        assert sessions(simulator).retrieve(session.id).status == "open"

    def test_two_at_once_do_the_work_once(self, simulator: Simulator) -> None:
        before = count(simulator)
        simulator.order("faults", kind="slow_work", seconds=1, times=2, path="/v1/checkout/sessions")
        barrier = threading.Barrier(2)
        opened: list[Any] = []
        refused: list[stripe.StripeError] = []

        def open_one() -> None:
            barrier.wait()
            try:
                opened.append(simulator.open_session(idempotency_key="twice-1"))
            except stripe.StripeError as error:
                refused.append(error)

        threads = [threading.Thread(target=open_one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 1
        [error] = refused
        assert (error.http_status, error.error.code) == (409, "idempotency_key_in_use")
        assert count(simulator) == before + 1
        assert simulator.open_session(idempotency_key="twice-1").id == opened[0].id

    def test_a_malformed_request_does_not_use_up_the_key(self, simulator: Simulator) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            simulator.open_session(idempotency_key="malformed-1", colour="red")
        assert simulator.open_session(idempotency_key="malformed-1").status == "open"

    def test_a_refusal_by_state_is_remembered(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        replayed = []
        for _ in range(2):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                sessions(simulator).expire(session.id, options={"idempotency_key": "state-1"})
            replayed.append((refused.value.headers or {}).get("Idempotent-Replayed"))
        assert replayed == [None, "true"]

    def test_the_clock_can_be_put_back_so_that_demo_data_has_a_past(self, simulator: Simulator) -> None:
        try:
            now = simulator.order("clock", seconds=0)["now"]
            assert now - 8 * 86_400 <= simulator.order("clock", seconds=8 * 86_400, back=True)["now"] < now - 7 * 86_400
        finally:
            simulator.order("clock", reset=True)

    def test_a_key_is_free_again_after_a_day(self, simulator: Simulator) -> None:
        first = simulator.open_session(idempotency_key="day-1")
        simulator.order("clock", seconds=24 * 3600 + 1)
        assert simulator.open_session(idempotency_key="day-1").id != first.id
        simulator.order("clock", reset=True)


class TestFaults:
    def test_500_after_the_work_and_the_same_key_finds_it_done(self, simulator: Simulator) -> None:
        before = count(simulator)
        simulator.order("faults", kind="error_after", path="/v1/checkout/sessions")
        with pytest.raises(stripe.APIError) as trouble:
            simulator.open_session(idempotency_key="after-1")
        assert trouble.value.http_status == 500
        assert count(simulator) == before + 1
        found = simulator.open_session(idempotency_key="after-1")
        assert found.id == simulator.tell("sessions")[0]["id"]
        assert count(simulator) == before + 1

    def test_500_before_the_work_does_nothing(self, simulator: Simulator) -> None:
        before = count(simulator)
        simulator.order("faults", kind="error_before", status=503)
        with pytest.raises(stripe.APIError) as trouble:
            simulator.open_session(idempotency_key="before-1")
        assert trouble.value.http_status == 503
        assert count(simulator) == before
        assert simulator.open_session(idempotency_key="before-1").status == "open"

    def test_too_many_requests(self, simulator: Simulator) -> None:
        simulator.order("faults", kind="error_before", status=429)
        with pytest.raises(stripe.RateLimitError):
            simulator.open_session()

    @pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
    def test_a_connection_that_breaks(self, simulator: Simulator, kind: str, made: int) -> None:
        before = count(simulator)
        simulator.order("faults", kind=kind)
        with pytest.raises(stripe.APIConnectionError):
            simulator.open_session(idempotency_key=kind)
        assert count(simulator) == before + made
        assert simulator.open_session(idempotency_key=kind).status == "open"
        assert count(simulator) == before + 1

    def test_a_slow_answer_comes_too_late_though_the_work_is_done(self, simulator: Simulator) -> None:
        before = count(simulator)
        simulator.order("faults", kind="slow_answer", seconds=3)
        impatient = stripe.StripeClient(
            API_KEY,
            base_addresses={"api": simulator.url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=1),
        )
        params: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": PRICE}],
            "success_url": SUCCESS_URL,
        }
        with pytest.raises(stripe.APIConnectionError):
            impatient.v1.checkout.sessions.create(params, {"idempotency_key": "slow-1"})
        assert count(simulator) == before + 1
        assert simulator.client().v1.checkout.sessions.create(params, {"idempotency_key": "slow-1"}).status == "open"
        assert count(simulator) == before + 1

    def test_lasts_as_often_as_told_and_only_where_told(self, simulator: Simulator) -> None:
        simulator.order("faults", kind="error_before", times=0, method="POST", path="/v1/checkout/sessions")
        for _ in range(3):
            with pytest.raises(stripe.APIError):
                simulator.open_session()
        assert simulator.client().v1.events.list({"limit": 1}).has_more in (True, False)
        simulator.order("clear")
        assert simulator.open_session().status == "open"

    @pytest.mark.parametrize(
        "fault", [{"kind": "earthquake"}, {"kind": "slow_work"}, {"kind": "error_before", "status": 200}, {}]
    )
    def test_a_senseless_fault_is_refused(self, simulator: Simulator, fault: dict[str, Any]) -> None:
        answer = requests.post(f"{simulator.url}/_control/faults", json=fault, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 400
        assert simulator.order("webhooks")["plan"]["drop"] == 0


class TestTheClock:
    def test_expires_sessions_that_nobody_paid(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        paid = simulator.open_session()
        simulator.enter_card(paid, GOOD)

        simulator.order("clock", seconds=24 * 3600)

        assert sessions(simulator).retrieve(session.id).status == "expired"
        assert simulator.kinds_about(session.id) == ["checkout.session.expired"]
        assert sessions(simulator).retrieve(paid.id).status == "complete"
        assert simulator.enter_card(session, GOOD).status_code == 409
        simulator.order("clock", reset=True)


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[Simulator]:
    with Simulator(tmp_path / "state") as simulator:
        yield simulator


class TestTheProcess:
    def test_is_up_in_well_under_a_second(self, tmp_path: Path) -> None:
        started = time.monotonic()
        with Simulator(tmp_path) as simulator:
            assert requests.get(f"{simulator.url}/_control/health", timeout=1).json()["status"] == "ok"
            assert time.monotonic() - started < 2  # a shared machine is given some room

    def test_loses_nothing_when_it_is_killed(self, own_simulator: Simulator) -> None:
        paid = own_simulator.open_session(idempotency_key="kept")
        own_simulator.enter_card(paid, GOOD)
        asked = own_simulator.open_session()
        own_simulator.enter_card(asked, "4000 0025 0000 3155")
        own_simulator.order("faults", kind="error_before", path="/v1/refunds")
        own_simulator.order("clock", seconds=600)
        told, now = own_simulator.tell("events"), own_simulator.order("clock", seconds=0)["now"]

        own_simulator.stop(kill=True)
        own_simulator.start()

        assert own_simulator.tell("events") == told
        assert own_simulator.order("clock", seconds=0)["now"] - now < 60
        assert own_simulator.open_session(idempotency_key="kept").id == paid.id
        with pytest.raises(stripe.APIError):
            own_simulator.client().v1.refunds.create({"charge": "ch_nobody"})
        asked.url = asked.url.replace(asked.url.split("/c/")[0], own_simulator.url)
        assert own_simulator.answer_bank(asked, "approve").status_code == 302

    def test_shares_its_state_with_no_second_one(self, own_simulator: Simulator) -> None:
        command = [sys.executable, "-m", "payments.providers.simulator", "--port", "0", "--state", own_simulator.state]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
        assert second.returncode == 1
        assert "Another simulator is already using" in second.stderr

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("http://localhost:8000/", "webhooks need a secret to be signed with: give --webhook-secret."),
            ("localhost:8000", "localhost:8000 is no address webhooks can be sent to."),
        ],
    )
    def test_says_why_it_does_not_start(self, tmp_path: Path, url: str, sentence: str) -> None:
        command = [sys.executable, "-m", "payments.providers.simulator", "--state", tmp_path, "--webhook-url", url]
        ended = subprocess.run(
            command, cwd=ROOT, env={}, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
        assert (ended.returncode, ended.stderr) == (1, f"simulator: {sentence}\n")

    def test_reads_its_secrets_from_a_file(self, tmp_path: Path) -> None:
        secrets = tmp_path / "secrets.json"
        secrets.write_text(json.dumps({"STRIPE_API_KEY": API_KEY, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET}))
        with (
            WebhookReceiver() as receiver,
            Simulator(tmp_path / "state", receiver.url, secrets_file=secrets) as simulator,
        ):
            session = simulator.open_session()
            simulator.client().v1.checkout.sessions.expire(session.id)
            simulator.settle()
            assert receiver.kinds(WEBHOOK_SECRET) == ["checkout.session.expired"]
            with pytest.raises(stripe.AuthenticationError):
                simulator.client("sk_test_somebody_else").v1.events.list()

    def test_without_an_address_for_webhooks_sends_nothing(self, own_simulator: Simulator) -> None:
        own_simulator.enter_card(own_simulator.open_session(), GOOD)
        own_simulator.settle()
        assert own_simulator.tell("deliveries") == []
        event_id = own_simulator.tell("events")[0]["id"]
        url = f"{own_simulator.url}/_control/webhooks/resend"
        assert requests.post(url, json={"event": event_id}, timeout=TIMEOUT_SECONDS).status_code == 400

    def test_knows_nothing_of_the_wallet(self) -> None:
        program = (
            "import sys, payments.providers.simulator.__main__\n"
            "allowed = ('payments', 'payments.providers')\n"
            "names = {'django', 'stripe', 'celery', 'wallet_project', 'ledger', 'accounts', 'transfers', 'support'}\n"
            "ours = [m for m in sys.modules if m.startswith('payments') and m not in allowed]\n"
            "print(sorted(m for m in ours if not m.startswith('payments.providers.simulator')))\n"
            "print(sorted(names & set(sys.modules)))\n"
        )
        command = [sys.executable, "-c", program]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True)
        assert ran.stdout.split("\n")[:2] == ["[]", "[]"]
