"""Somebody who takes webhooks: keeps what came, answers what it is told to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

import stripe


class Received(NamedTuple):
    """One POST as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    def event(self, secret: str) -> dict[str, Any]:
        """The event, verified by Stripe's SDK on the raw bytes. Raises when the signature is wrong."""
        signature = self.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(self.body, signature, secret)
        return dict(event.to_dict())


class WebhookReceiver:
    """Listens on a port of its own. `answers`: the next status codes; 200 when there are none left."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._came:
                    receiver.received.append(Received(self.path, dict(self.headers), body))
                    receiver._came.notify_all()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/stripe/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self) -> None:
        """As if nothing had come."""
        self.received.clear()
        self.answers.clear()

    def wait_for(self, number: int, seconds: float = 30) -> None:
        """Wait until so many have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= number, seconds), f"only {len(self.received)} came"

    def kinds(self, secret: str) -> list[str]:
        """The event types in the order they came, each signature verified."""
        return [received.event(secret)["type"] for received in self.received]
