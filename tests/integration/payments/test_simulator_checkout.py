"""What a person's card does on the simulator's payment page, seen through Stripe's own SDK."""

import re
import threading
from typing import Any

import pytest

from tests.fakes.simulator import CANCEL_URL, SUCCESS_URL, TIMEOUT_SECONDS, Simulator

GOOD = "4242 4242 4242 4242"
CHALLENGED = "4000 0025 0000 3155"


def intent_of(simulator: Simulator, session: Any) -> Any:
    read = simulator.client().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    return read.payment_intent


def charges_of(simulator: Simulator, session: Any) -> list[dict[str, Any]]:
    intent = intent_of(simulator, session)
    return [charge for charge in simulator.tell("charges") if intent and charge["payment_intent"] == intent.id]


class TestASuccessfulCard:
    def test_pays_the_session_and_returns_the_person(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)

        answer = simulator.enter_card(session, GOOD)

        assert answer.status_code == 302
        assert answer.headers["Location"] == SUCCESS_URL.replace("{CHECKOUT_SESSION_ID}", session.id)
        paid = simulator.client().v1.checkout.sessions.retrieve(session.id)
        assert (paid.status, paid.payment_status, paid.url, paid.amount_total) == ("complete", "paid", None, 10_000)
        assert paid.client_reference_id == "0193a000-0000-7000-8000-000000000001"

    def test_leaves_an_intent_and_a_charge_that_say_what_was_received(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)

        intent = intent_of(simulator, session)

        assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 10_000, "eur")
        assert intent.metadata["top_up"] == "0193a000-0000-7000-8000-000000000001"
        charge = intent.latest_charge
        assert (charge.status, charge.paid, charge.amount_captured) == ("succeeded", True, 10_000)
        card = charge.payment_method_details.card
        assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 12, 2040)
        assert card.three_d_secure is None

    def test_tells_it_in_order(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        assert simulator.kinds_about(session.id) == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
            "charge.updated",
        ]

    @pytest.mark.parametrize(
        ("number", "status"), [("4242424242424242", "pending"), ("4000 0000 0000 0077", "available")]
    )
    def test_is_booked_with_the_fee_kept(self, simulator: Simulator, number: str, status: str) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, number)
        charge = intent_of(simulator, session).latest_charge
        line = simulator.client().v1.balance_transactions.retrieve(charge.balance_transaction)
        assert (line.amount, line.fee, line.net, line.type) == (10_000, 175, 9_825, "charge")
        assert (line.status, line.source) == (status, charge.id)

    def test_the_same_number_always_has_the_same_fingerprint(self, simulator: Simulator) -> None:
        def fingerprint(number: str) -> str:
            session = simulator.open_session()
            simulator.enter_card(session, number)
            return str(intent_of(simulator, session).latest_charge.payment_method_details.card.fingerprint)

        assert fingerprint(GOOD) == fingerprint("4242424242424242") != fingerprint("5555 5555 5555 4444")


class TestADecline:
    @pytest.mark.parametrize(
        ("number", "code", "decline_code"),
        [
            ("4000 0000 0000 0002", "card_declined", "generic_decline"),
            ("4000 0000 0000 9995", "card_declined", "insufficient_funds"),
            ("4000 0000 0000 9987", "card_declined", "lost_card"),
            ("4000 0000 0000 9979", "card_declined", "stolen_card"),
            ("4000 0000 0000 0069", "expired_card", None),
            ("4000 0000 0000 0127", "incorrect_cvc", None),
            ("4000 0000 0000 0119", "processing_error", None),
            ("4242 4242 4242 4241", "incorrect_number", None),
            ("4000 0000 0000 6975", "card_declined", "card_velocity_exceeded"),
            ("4000 0000 0000 0341", "card_declined", "generic_decline"),
            ("4100 0000 0000 0019", "card_declined", "fraudulent"),
            ("4000 0000 0000 4954", "card_declined", "fraudulent"),
            ("4000 0084 0000 1280", "card_declined", "authentication_not_handled"),
            ("4111 1111 1111 1111", "card_declined", "test_mode_live_card"),
            ("4111 1111 1111 1112", "incorrect_number", None),
        ],
    )
    def test_takes_nothing_and_leads_to_the_cancel_page(
        self, simulator: Simulator, number: str, code: str, decline_code: str | None
    ) -> None:
        session = simulator.open_session()

        answer = simulator.enter_card(session, number)

        assert (answer.status_code, answer.headers["Location"]) == (302, CANCEL_URL)
        read = simulator.client().v1.checkout.sessions.retrieve(session.id)
        assert (read.status, read.payment_status) == ("open", "unpaid")
        intent = intent_of(simulator, session)
        assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
        assert intent.last_payment_error.code == code
        assert intent.last_payment_error.to_dict().get("decline_code") == decline_code
        kinds = simulator.kinds_about(session.id)
        assert (kinds[0], kinds[-1]) == ("payment_intent.created", "payment_intent.payment_failed")
        assert all(charge["paid"] is False for charge in charges_of(simulator, session))

    def test_by_the_issuer_leaves_a_failed_charge(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4000 0000 0000 9995")
        assert simulator.kinds_about(session.id) == [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
        ]
        [charge] = charges_of(simulator, session)
        assert (charge["status"], charge["amount_captured"]) == ("failed", 0)
        assert (charge["outcome"]["type"], charge["outcome"]["reason"]) == ("issuer_declined", "insufficient_funds")

    def test_can_be_followed_by_a_good_card_on_the_same_page(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4000 0000 0000 0002")
        first = intent_of(simulator, session).id
        simulator.enter_card(session, GOOD)
        intent = intent_of(simulator, session)
        assert (intent.id, intent.status, intent.last_payment_error) == (first, "succeeded", None)
        assert [charge["status"] for charge in charges_of(simulator, session)] == ["succeeded", "failed"]

    def test_shows_the_page_again_where_no_cancel_page_was_named(self, simulator: Simulator) -> None:
        price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": "x"}}
        session = simulator.client().v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"quantity": 1, "price_data": price}],
                "success_url": SUCCESS_URL,
            }
        )
        answer = simulator.enter_card(session, "4000 0000 0000 0002")
        assert answer.status_code == 402
        assert "Your card was declined. Try another card." in answer.text

    def test_a_number_that_is_no_test_card_is_never_written_down(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, "4111 1111 1111 1111")
        kept = b"".join(file.read_bytes() for file in simulator.state.iterdir())
        assert b"4111111111111111" not in kept
        assert b'"last4": "1111"' in kept


class TestThreeDSecure:
    @pytest.mark.parametrize("number", [CHALLENGED, "4000 0027 6000 3184", "4000 0000 0000 3220"])
    def test_asks_first_and_takes_the_money_when_approved(self, simulator: Simulator, number: str) -> None:
        session = simulator.open_session()

        asked = simulator.enter_card(session, number)

        assert (asked.status_code, asked.headers["Location"]) == (302, f"{session.url}/authenticate")
        intent = intent_of(simulator, session)
        assert (intent.status, intent.next_action.type, intent.latest_charge) == (
            "requires_action",
            "redirect_to_url",
            None,
        )
        page = simulator.http.get(asked.headers["Location"], timeout=TIMEOUT_SECONDS)
        assert re.findall(r'name="answer" value="(\w+)"', page.text) == ["approve", "fail", "abandon"]
        approved = simulator.answer_bank(session, "approve")
        assert approved.status_code == 302
        assert approved.headers["Location"] == SUCCESS_URL.replace("{CHECKOUT_SESSION_ID}", session.id)
        intent = intent_of(simulator, session)
        assert (intent.status, intent.amount_received, intent.next_action) == ("succeeded", 10_000, None)
        assert intent.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"
        assert simulator.kinds_about(session.id) == [
            "payment_intent.created",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
            "charge.updated",
        ]

    def test_failed_takes_nothing(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, CHALLENGED)
        answer = simulator.answer_bank(session, "fail")
        assert (answer.status_code, answer.headers["Location"]) == (302, CANCEL_URL)
        intent = intent_of(simulator, session)
        assert (intent.status, intent.latest_charge) == ("requires_payment_method", None)
        assert intent.last_payment_error.code == "payment_intent_authentication_failure"
        assert simulator.kinds_about(session.id)[-1] == "payment_intent.payment_failed"

    def test_abandoned_changes_nothing_and_can_be_taken_up_again(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, CHALLENGED)
        told = simulator.kinds_about(session.id)

        left = simulator.answer_bank(session, "abandon")

        assert (left.status_code, left.headers["Location"]) == (302, CANCEL_URL)
        assert intent_of(simulator, session).status == "requires_action"
        assert simulator.kinds_about(session.id) == told
        simulator.enter_card(session, CHALLENGED)
        simulator.answer_bank(session, "approve")
        assert intent_of(simulator, session).status == "succeeded"
        assert len(charges_of(simulator, session)) == 1

    @pytest.mark.parametrize(
        ("number", "decline_code"),
        [("4000 0082 6000 3178", "insufficient_funds"), ("4000 0084 0000 1629", "generic_decline")],
    )
    def test_approved_can_still_be_declined(self, simulator: Simulator, number: str, decline_code: str) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, number)
        answer = simulator.answer_bank(session, "approve")
        assert (answer.status_code, answer.headers["Location"]) == (302, CANCEL_URL)
        assert intent_of(simulator, session).last_payment_error.decline_code == decline_code

    def test_page_leads_back_when_nothing_is_asked(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        page = f"{session.url}/authenticate"
        answer = simulator.http.get(page, allow_redirects=False, timeout=TIMEOUT_SECONDS)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/c/pay/{session.id}")
        assert simulator.answer_bank(session, "approve").status_code == 409
        assert intent_of(simulator, session) is None


class TestThePage:
    def test_is_an_ordinary_form_with_three_fields(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        page = simulator.http.get(session.url, timeout=TIMEOUT_SECONDS)
        assert page.status_code == 200
        assert re.findall(r'<input[^>]* name="([^"]+)"', page.text) == ["card_number", "expiry", "cvc"]
        assert '<form method="post">' in page.text
        assert "Set-Cookie" not in page.headers
        for absent in ("hidden", "<script", "<style", " style=", "csrf"):
            assert absent not in page.text
        assert "Test payment page" in page.text
        assert "Pay €100.00" in page.text

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"card_number": "4242"}, "Enter the digits on the front of the card."),
            ({"card_number": "not a number"}, "Enter the digits on the front of the card."),
            ({"expiry": "13/40"}, "Enter the expiry date as month and year, like 12/34."),
            ({"expiry": "12/20"}, "This card&#x27;s expiry date is in the past."),
            ({"cvc": ""}, "Enter the 3 or 4 digits on the card."),
            ({"cvc": "12345"}, "Enter the 3 or 4 digits on the card."),
        ],
    )
    def test_says_what_is_mistyped_and_sends_nothing(
        self, simulator: Simulator, changes: dict[str, str], sentence: str
    ) -> None:
        session = simulator.open_session()
        answer = simulator.enter_card(session, changes.get("card_number", GOOD), **changes)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert 'value="4242' not in answer.text
        assert intent_of(simulator, session) is None
        assert simulator.kinds_about(session.id) == []

    @pytest.mark.parametrize("typed", ["１２/４０", "1240", "12 / 40", "12/2040"])
    def test_takes_an_expiry_as_people_type_it(self, simulator: Simulator, typed: str) -> None:
        session = simulator.open_session()
        assert simulator.enter_card(session, GOOD, expiry=typed).status_code == 302
        assert intent_of(simulator, session).status == "succeeded"

    def test_speaks_the_language_it_is_asked_for(self, simulator: Simulator) -> None:
        asked = simulator.open_session(locale="zh")
        auto = simulator.open_session()
        chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
        for session, headers in ((asked, {}), (auto, chinese)):
            page = simulator.http.get(session.url, headers=headers, timeout=TIMEOUT_SECONDS)
            assert '<html lang="zh-Hans">' in page.text
            assert "支付 €100.00" in page.text

    def test_escapes_what_the_merchant_wrote(self, simulator: Simulator) -> None:
        price = {"currency": "eur", "unit_amount": 100, "product_data": {"name": "<b>$name</b>"}}
        session = simulator.open_session(line_items=[{"quantity": 1, "price_data": price}])
        page = simulator.http.get(session.url, timeout=TIMEOUT_SECONDS)
        assert "&lt;b&gt;$name&lt;/b&gt;" in page.text

    def test_of_an_unknown_session_says_so(self, simulator: Simulator) -> None:
        answer = simulator.http.get(f"{simulator.url}/c/pay/cs_test_nobody", timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 404
        assert "There is no such payment page" in answer.text


class TestAnEndedSession:
    def test_that_was_paid_takes_no_second_payment(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, GOOD)
        told = simulator.kinds_about(session.id)
        assert "This payment is already done" in simulator.http.get(session.url, timeout=TIMEOUT_SECONDS).text

        answer = simulator.enter_card(session, GOOD)

        assert answer.status_code == 409
        assert "Nothing was charged again." in answer.text
        assert len(charges_of(simulator, session)) == 1
        assert simulator.kinds_about(session.id) == told

    def test_double_click_pays_once(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        barrier, statuses = threading.Barrier(6), []

        def click() -> None:
            barrier.wait()
            statuses.append(simulator.enter_card(session, GOOD).status_code)

        threads = [threading.Thread(target=click) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [302, 409, 409, 409, 409, 409]
        assert len(charges_of(simulator, session)) == 1

    def test_that_the_merchant_expired_takes_no_payment(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        expired = simulator.client().v1.checkout.sessions.expire(session.id)
        assert (expired.status, expired.url) == ("expired", None)
        answer = simulator.enter_card(session, GOOD)
        assert answer.status_code == 409
        assert "This payment page has expired" in answer.text
        assert simulator.kinds_about(session.id) == ["checkout.session.expired"]

    def test_expired_during_three_d_secure_cancels_the_intent(self, simulator: Simulator) -> None:
        session = simulator.open_session()
        simulator.enter_card(session, CHALLENGED)
        simulator.client().v1.checkout.sessions.expire(session.id)
        assert simulator.answer_bank(session, "approve").status_code == 409
        intent = intent_of(simulator, session)
        assert (intent.status, intent.latest_charge) == ("canceled", None)
        assert simulator.kinds_about(session.id)[-2:] == ["payment_intent.canceled", "checkout.session.expired"]
