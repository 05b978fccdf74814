"""Messages leave by their transport, and in development they can be read."""

from __future__ import annotations

import json
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.core import mail

from accounts.identity.mfa_adapter import sealing_for
from tests.factories.people import make_person, make_staff
from wallet_project.lib import db, messaging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User

TO = "mei@example.com"


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    messaging.empty_outbox()
    yield
    messaging.empty_outbox()


def _send(**fields: Any) -> None:
    messaging.send(**({"channel": "email", "to": TO, "subject": "Hello", "text": "BCDF-GHJK"} | fields))


class TestOutbox:
    def test_keeps_exactly_the_promised_fields_newest_first(self) -> None:
        _send(text="first")
        _send(text="second", channel="sms", subject="")
        second, first = messaging.outbox(TO)
        assert sorted(second) == ["channel", "created_at", "subject", "text", "to"]
        assert (second["channel"], second["to"], second["subject"], second["text"]) == ("sms", TO, "", "second")
        assert first["text"] == "first"
        assert second["created_at"].endswith("Z")
        assert len(second["created_at"]) == len("2026-05-04T10:00:00.123456Z")
        assert datetime.fromisoformat(first["created_at"]) <= datetime.fromisoformat(second["created_at"])

    def test_a_recipient_sees_only_their_own(self) -> None:
        _send(to="+4915123456789", channel="sms")
        assert messaging.outbox(TO) == []
        assert len(messaging.outbox("+4915123456789")) == 1
        assert len(messaging.outbox()) == 1

    def test_the_same_message_id_is_kept_once(self) -> None:
        for _ in range(3):
            _send(message_id="one")
        _send(message_id="two")
        assert len(messaging.outbox(TO)) == 2

    def test_many_to_others_do_not_push_ones_own_out(self) -> None:
        _send()
        for number in range(600):
            _send(to=f"other{number}@example.com")
        assert len(messaging.outbox(TO)) == 1
        assert len(messaging.outbox()) == 500

    def test_is_bounded(self) -> None:
        for number in range(120):
            _send(text=str(number))
        assert [item["text"] for item in messaging.outbox(TO)] == [str(number) for number in range(119, 19, -1)]

    def test_says_when_it_cannot_keep(self, settings: SettingsWrapper) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        messaging._outbox.cache_clear()
        try:
            with pytest.raises(messaging.NotSent):
                _send()
        finally:
            messaging._outbox.cache_clear()


class TestSend:
    def test_refuses_an_unknown_channel(self) -> None:
        with pytest.raises(ValueError, match="pigeon"):
            _send(channel="pigeon")

    @pytest.mark.django_db
    def test_refuses_to_send_inside_a_transaction(self) -> None:
        with pytest.raises(db.AlreadyInTransaction), db.transaction():
            _send()
        assert messaging.outbox(TO) == []


class TestSmtp:
    @pytest.fixture(autouse=True)
    def _smtp(self, settings: SettingsWrapper) -> None:
        settings.MESSAGE_TRANSPORTS = {"email": "wallet_project.lib.messaging.by_smtp"}

    def test_sends_text_and_html_under_its_own_id(self) -> None:
        _send(html="<p>Hello</p>", message_id="0194235c")
        (sent,) = mail.outbox
        assert (sent.to, sent.subject, sent.body) == ([TO], "Hello", "BCDF-GHJK")
        assert sent.extra_headers["Message-ID"].startswith("<0194235c@")
        assert [part.mimetype for part in sent.alternatives] == ["text/html"]

    def test_a_server_that_is_away_is_told_as_not_sent(self, settings: SettingsWrapper) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        with pytest.raises(messaging.NotSent) as failed:
            _send()
        assert TO not in str(failed.value)


class _Gateway(BaseHTTPRequestHandler):
    status = 202
    received: list[tuple[dict[str, str], Any]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).received.append((dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class TestSmsGateway:
    @pytest.fixture(autouse=True)
    def _gateway(self, settings: SettingsWrapper) -> Iterator[None]:
        _Gateway.received, _Gateway.status = [], 202
        server = HTTPServer(("127.0.0.1", 0), _Gateway)
        Thread(target=server.serve_forever, daemon=True).start()
        settings.MESSAGE_TRANSPORTS = {"sms": "wallet_project.lib.messaging.by_sms_gateway"}
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/messages"
        settings.SMS_GATEWAY_TOKEN = "gateway-token"
        yield
        server.shutdown()
        server.server_close()

    def test_posts_recipient_text_and_id(self) -> None:
        _send(channel="sms", to="+4915123456789", message_id="one")
        ((headers, body),) = _Gateway.received
        assert body == {"to": "+4915123456789", "text": "BCDF-GHJK", "id": "one"}
        assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer gateway-token", "one")

    @pytest.mark.parametrize("status", [302, 400, 429, 500])
    def test_any_answer_but_success_is_not_sent(self, status: int) -> None:
        _Gateway.status = status
        with pytest.raises(messaging.NotSent, match=str(status)):
            _send(channel="sms", to="+4915123456789")

    def test_no_gateway_is_not_sent(self, settings: SettingsWrapper) -> None:
        settings.SMS_GATEWAY_URL = ""
        with pytest.raises(messaging.NotSent):
            _send(channel="sms", to="+4915123456789")


@pytest.mark.django_db
class TestPages:
    def test_json_for_one_recipient(self, client: Client) -> None:
        _send()
        _send(to="other@example.com")
        answer = client.get("/dev/outbox.json", {"to": TO})
        assert answer.status_code == 200
        (item,) = answer.json()
        assert (item["to"], item["text"], item["channel"]) == (TO, "BCDF-GHJK", "email")
        assert len(client.get("/dev/outbox.json").json()) == 2
        assert client.get("/dev/outbox.json", {"to": "nobody@example.com"}).json() == []

    def test_page_shows_text_as_text(self, client: Client) -> None:
        _send(text="<script>alert(1)</script> BCDF-GHJK")
        html = client.get("/dev/outbox/", {"to": TO}).content.decode()
        assert "BCDF-GHJK" in html
        assert "<script>alert(1)" not in html

    def test_demo_staff_find_their_current_code(self, client: Client) -> None:
        secret = _with_authenticator(make_staff("grace"))
        (item,) = client.get("/dev/outbox.json", {"to": "grace@example.com"}).json()
        assert (item["channel"], item["to"]) == ("totp", "grace@example.com")
        assert len(item["text"]) == 6
        assert validate_totp_code(secret, item["text"])

    def test_customers_and_staff_of_another_domain_do_not(self, client: Client) -> None:
        _with_authenticator(make_person("mei", pin=None))
        real = make_staff("real")
        real.email = "real@bank.eu"
        real.save(update_fields=["email"])
        _with_authenticator(real)
        assert client.get("/dev/outbox.json").json() == []


def _with_authenticator(user: User) -> str:
    secret = generate_totp_secret()
    with sealing_for(user):
        TOTP.activate(user, secret)
    return secret


def test_production_does_not_mount_it(settings: SettingsWrapper) -> None:
    from importlib import import_module, reload

    roof = import_module("wallet_project.urls")
    settings.DEV_OUTBOX = False
    try:
        assert not any(str(pattern.pattern).startswith("dev/") for pattern in reload(roof).urlpatterns)
    finally:
        settings.DEV_OUTBOX = True
        reload(roof)
