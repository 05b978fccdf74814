"""The provider simulator as tests use it: a real process, spoken to over HTTP and through Stripe's own SDK."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import requests
import stripe

ROOT = Path(__file__).resolve().parent.parent.parent
API_KEY = "sk_test_4f1c8be06d27a935"
WEBHOOK_SECRET = "whsec_93bd07e1fa5c2846"
SUCCESS_URL = "http://wallet.test/back?session={CHECKOUT_SESSION_ID}"
CANCEL_URL = "http://wallet.test/left"
TIMEOUT_SECONDS = 30


class Simulator:
    """A running simulator. Its port is its own choice, its state a folder that survives it."""

    def __init__(
        self,
        state: Path,
        webhook_url: str = "",
        webhook_secret: str = WEBHOOK_SECRET,
        *,
        secrets_file: Path | None = None,
    ) -> None:
        self.state, self.webhook_url, self.webhook_secret = state, webhook_url, webhook_secret
        self.secrets_file = secrets_file
        self.http = requests.Session()
        self.http.trust_env = False
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.http.close()

    def start(self) -> None:
        """Start the process and wait until it says where it listens."""
        command = [sys.executable, "-m", "payments.providers.simulator", "--port", "0", "--state", str(self.state)]
        command += ["--webhook-url", self.webhook_url]
        if self.secrets_file:
            command += ["--secrets", str(self.secrets_file)]
        else:
            command += ["--api-key", API_KEY, "--webhook-secret", self.webhook_secret]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline() if self.process.stdout else ""
        assert ready.startswith("simulator: ready on "), ready or "the simulator ended without a word"
        self.url = ready.split()[-1].replace("localhost", "127.0.0.1")

    def stop(self, *, kill: bool = False) -> None:
        """End the process: politely, or as a power cut would."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(TIMEOUT_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()

    def client(self, api_key: str = API_KEY) -> stripe.StripeClient:
        """Stripe's SDK, with the simulator where api.stripe.com would be; it repeats nothing by itself."""
        return stripe.StripeClient(api_key, base_addresses={"api": self.url}, max_network_retries=0)

    def order(self, name: str, **values: Any) -> dict[str, Any]:
        """Give an order to the control API; the answer, which must not be a refusal."""
        answer = self.http.post(f"{self.url}/_control/{name}", json=values, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def tell(self, name: str) -> Any:
        """What the control API knows: sessions, charges, events, deliveries, …; newest first."""
        answer = self.http.get(f"{self.url}/_control/{name}", timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()[name]

    def settle(self) -> None:
        """Wait until every webhook that is due was tried."""
        assert self.order("webhooks/settle", timeout=TIMEOUT_SECONDS)["settled"] is True

    def events_about(self, session_id: str) -> list[dict[str, Any]]:
        """The events of one session, its intent and its charges, in order of creation."""
        session = next(item for item in self.tell("sessions") if item["id"] == session_id)
        mine = {session_id, session["payment_intent"]}
        return [
            event
            for event in reversed(self.tell("events"))
            if mine & {event["data"]["object"].get(field) for field in ("id", "payment_intent")} - {None}
        ]

    def kinds_about(self, session_id: str) -> list[str]:
        """The types of those events."""
        return [event["type"] for event in self.events_about(session_id)]

    def open_session(self, *, idempotency_key: str | None = None, **changes: Any) -> Any:
        """Open a Checkout Session over EUR 100.00 as the wallet does."""
        price = {"currency": "eur", "unit_amount": 10_000, "product_data": {"name": "Wallet top-up"}}
        params = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": SUCCESS_URL,
            "cancel_url": CANCEL_URL,
            "client_reference_id": "0193a000-0000-7000-8000-000000000001",
            "payment_intent_data": {"metadata": {"top_up": "0193a000-0000-7000-8000-000000000001"}},
            "payment_method_types": ["card"],
            **changes,
        }
        options: Any = {"idempotency_key": idempotency_key} if idempotency_key else {}
        return self.client().v1.checkout.sessions.create(params, options)

    def enter_card(self, session: Any, number: str, **changes: str) -> requests.Response:
        """Fill in the hosted page and press the button; redirects are not followed."""
        form = {"card_number": number, "expiry": "12/40", "cvc": "123", **changes}
        return self.http.post(session.url, data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS)

    def answer_bank(self, session: Any, answer: str) -> requests.Response:
        """Press a button of the 3-D Secure page: approve, fail or abandon."""
        page = f"{session.url}/authenticate"
        return self.http.post(page, data={"answer": answer}, allow_redirects=False, timeout=TIMEOUT_SECONDS)
