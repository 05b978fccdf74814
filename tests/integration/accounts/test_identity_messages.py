"""Codes on their way out: sealed, sent once, deleted; nothing for strangers, and nothing without a budget (hole 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection

from accounts.audit.models import RecordedEvent
from accounts.identity import services
from accounts.identity.models import OneTimeMessage, User
from tests.factories.people import make_person, now
from tests.integration.accounts.app import App, code_for, live_messages_to, messages_to
from wallet_project.lib import messaging, ratelimit
from wallet_project.lib.errors import WalletError
from wallet_project.lib.ratelimit import RateLimited

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db

PHONE = "+4915123456789"


def send(
    to: str = PHONE, channel: str = "sms", at: datetime | None = None, code: str = "BCDF-GHJK", user: User | None = None
) -> OneTimeMessage:
    return services.send_one_time_message(
        channel=channel,
        to=to,
        template_code="verification_code" if channel == "sms" else "sign_in_code",
        context={"code": code},
        user=user,
        at=at or now(),
        ip_address="192.0.2.1",
    )


class TestDelivery:
    def test_sends_once_and_leaves_nothing(self) -> None:
        to, at = f"+4915{uuid4().int % 10**9:09}", now()
        message = send(to, at=at)
        assert services.deliver_one_time_message(message_id=message.pk, at=at) is True
        assert services.deliver_one_time_message(message_id=message.pk, at=at) is False
        sent = messaging.outbox(to)
        assert [(item["channel"], item["to"]) for item in sent] == [("sms", to)]
        assert sent[0]["text"].count("BCDF-GHJK") == 1
        assert OneTimeMessage.objects.count() == 0

    def test_an_expired_message_is_deleted_unsent(self) -> None:
        to, at = f"+4915{uuid4().int % 10**9:09}", now()
        message = send(to, at=at)
        assert services.deliver_one_time_message(message_id=message.pk, at=at + timedelta(minutes=10)) is False
        assert messaging.outbox(to) == []
        assert OneTimeMessage.objects.count() == 0

    def test_the_sweep_finds_what_no_worker_was_told_of(self) -> None:
        to = f"{uuid4().hex}@example.com"
        at = now()
        send(to, "email", at=at)
        assert services.sweep_one_time_messages(at=at + timedelta(seconds=5)) == 1
        assert messaging.outbox(to)[0]["subject"] == "Your sign-in code"

    def test_a_transport_that_fails_is_tried_again_and_given_up_in_the_end(self, settings: SettingsWrapper) -> None:
        settings.MESSAGE_TRANSPORTS = {"sms": "tests.integration.accounts.test_identity_messages.broken"}
        at = now()
        message = send(at=at)
        with pytest.raises(messaging.NotSent):
            services.deliver_one_time_message(message_id=message.pk, at=at)
        assert services.sweep_one_time_messages(at=at + timedelta(seconds=1)) == 0
        for attempt in range(1, 5):
            assert services.sweep_one_time_messages(at=at + timedelta(seconds=11 * attempt)) == 1
        assert services.sweep_one_time_messages(at=at + timedelta(seconds=60)) == 0
        assert OneTimeMessage.objects.count() == 0

    def test_is_written_in_the_persons_language(self) -> None:
        person = make_person("mei", pin=None, language="zh-hans")
        assert send(user=person).user == person

    def test_a_copied_cell_does_not_open(self) -> None:
        one, two = send(), send("+4915123456780", code="XXXX-XXXX")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_onetimemessage a SET body = b.body FROM accounts_onetimemessage b "
                "WHERE b.id = %s AND a.id = %s",
                [two.pk, one.pk],
            )
        from wallet_project.lib.crypto import CannotDecrypt

        with pytest.raises(CannotDecrypt):
            _ = OneTimeMessage.objects.get(pk=one.pk).body

    def test_no_code_is_in_an_event_or_in_a_log(self, caplog: pytest.LogCaptureFixture) -> None:
        app = App()
        app.sign_up(email="ada@example.com")
        code = code_for("ada@example.com")
        app.auth("auth/email/verify", {"key": code})
        assert code not in str(list(RecordedEvent.objects.values_list("payload", flat=True)))
        assert code not in caplog.text
        assert "ada@example.com" not in caplog.text


def broken(message: messaging.Message) -> None:
    """A gateway that does not answer."""
    raise messaging.NotSent("down")


class TestStrangers:
    @pytest.mark.parametrize("contact", [{"phone": "+4915100000001"}, {"email": "eve@example.com"}])
    def test_a_code_for_nobody_is_never_sent_and_answers_the_same(self, contact: dict[str, str]) -> None:
        make_person("ada", pin=None, phone=PHONE, phone_verified_at=now())
        known = App().auth(
            "auth/code/request", {key: {"phone": PHONE, "email": "ada@example.com"}[key] for key in contact}
        )
        unknown = App().auth("auth/code/request", contact)
        assert (unknown.status_code, unknown.data["data"]) == (known.status_code, known.data["data"])
        address = next(iter(contact.values()))
        assert live_messages_to(address) == []
        decoy = messages_to(address)[0]
        assert services.deliver_one_time_message(message_id=decoy.pk, at=now()) is False
        assert messaging.outbox(address) == []

    def test_a_password_reset_for_nobody_too(self) -> None:
        make_person("ada", pin=None)
        known = App().auth("auth/password/request", {"email": "ada@example.com"})
        unknown = App().auth("auth/password/request", {"email": "eve@example.com"})
        assert (unknown.status_code, unknown.data["data"]) == (known.status_code, known.data["data"])
        assert live_messages_to("eve@example.com") == []


class TestBudgets:
    def test_three_in_half_a_minute_to_one_number_then_429_known_or_not(self) -> None:
        make_person("ada", pin=None, email="", phone=PHONE, phone_verified_at=now())
        for phone in (PHONE, "+4915100000001"):
            answers = [App().auth("auth/code/request", {"phone": phone}) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
            assert int(answers[3]["Retry-After"]) > 0
            assert len(messages_to(phone)) == 3

    @pytest.mark.parametrize(
        ("scope", "principal"),
        [("sms_recipient", PHONE), ("sms_prefix", PHONE[:7]), ("sms_address", "192.0.2.1"), ("sms_all", "all")],
    )
    def test_each_budget_stops_messages_by_itself(
        self, scope: str, principal: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(ratelimit.RATES, scope, replace(ratelimit.RATES[scope], count=1, seconds=3600))
        ratelimit.take({scope: principal})
        with pytest.raises(RateLimited) as refused:
            send()
        assert refused.value.params["retry_after"] > 0
        assert OneTimeMessage.objects.count() == 0

    def test_without_the_limiter_nothing_is_sent(
        self, monkeypatch: pytest.MonkeyPatch, settings: SettingsWrapper
    ) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        ratelimit._client.cache_clear()
        ratelimit._script.cache_clear()
        try:
            with pytest.raises(WalletError) as refused:
                send()
        finally:
            ratelimit._client.cache_clear()
            ratelimit._script.cache_clear()
        assert refused.value.code == "temporarily_unavailable"
        assert OneTimeMessage.objects.count() == 0
