"""Notices: one row per event and person, then one message, then the inbox."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from accounts.audit import services as audit
from accounts.identity.models import User
from ledger.money import Money
from support.notifications import selectors, services
from support.notifications.models import NoticeMessage, Notification
from support.notifications.policy import ATTEMPTS_MAX, KINDS, SENDING_LEASE_SECONDS
from support.notifications.services import NewNotice
from support.notifications.wording import message_for, worded
from tests.factories.people import ORIGIN, PIN, make_person, now
from transfers.p2p import services as p2p
from transfers.payees.services import resolve
from wallet_project.lib import db, messaging

pytestmark = pytest.mark.django_db
FACTS = {"subject_id": str(uuid4()), "amount_minor": 4250, "currency": "EUR"}


def _tell(user: User, *, event_id: UUID | None = None, kind: str = "money_received") -> Notification:
    event = event_id or uuid4()
    notice = NewNotice(user=user, kind=kind, facts=FACTS, counterparty_shown="Bob T•••")
    with db.transaction():
        services.notify(event_id=event, notices=[notice], at=now())
    return Notification.objects.get(event_id=event, user=user)


class TestNotify:
    def test_the_same_event_twice_is_one_notice_and_one_message(self, alice: User) -> None:
        event = uuid4()
        first, second = _tell(alice, event_id=event), _tell(alice, event_id=event)
        assert first.pk == second.pk
        assert NoticeMessage.objects.filter(notification=first).count() == 1

    def test_goes_by_e_mail_or_else_by_text_message(self, alice: User) -> None:
        by_phone = make_person("peter", email="", phone="+4915112345699", phone_verified_at=now())
        assert [message.channel for message in _tell(alice).messages.all()] == ["email"]
        assert [message.channel for message in _tell(by_phone).messages.all()] == ["sms"]

    @pytest.mark.parametrize("kind", sorted(KINDS))
    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_every_kind_reads_in_both_languages(self, alice: User, kind: str, language: str) -> None:
        alice.language = language
        alice.save(update_fields=["language"])
        message = message_for(_tell(alice, kind=kind))
        assert "%(" not in message.subject + message.text
        assert message.subject
        assert "http://" in message.text


class TestSendDue:
    @pytest.fixture
    def sent(self, settings: Any) -> list[dict[str, Any]]:
        settings.MESSAGE_TRANSPORTS = {"email": f"{__name__}.to_list", "sms": f"{__name__}.to_list"}
        OUT.clear()
        return OUT

    def test_sends_once(self, alice: User, sent: list[dict[str, Any]]) -> None:
        _tell(alice)
        at = now()
        assert services.send_due(at=at) >= 1
        assert services.send_due(at=at) == 0
        mine = [message for message in sent if "Bob T•••" in message["subject"]]
        assert [(message["to"], message["subject"]) for message in mine] == [
            ("alice@example.com", "Bob T••• sent you €42.50")
        ]

    def test_a_worker_that_died_while_sending_is_followed_by_another_under_the_same_id(
        self, alice: User, sent: list[dict[str, Any]]
    ) -> None:
        notice = _tell(alice)
        at = now()
        services._claim(at=at, limit=100)  # the worker dies here: claimed, committed, never sent
        assert services.send_due(at=at + timedelta(seconds=SENDING_LEASE_SECONDS - 1)) == 0
        assert services.send_due(at=at + timedelta(seconds=SENDING_LEASE_SECONDS + 1)) >= 1
        ids = [message["message_id"] for message in sent if message["message_id"] == str(notice.messages.get().pk)]
        assert len(ids) == 1

    def test_a_refusing_transport_is_tried_again_and_given_up_at_last(self, alice: User, settings: Any) -> None:
        settings.MESSAGE_TRANSPORTS = {"email": f"{__name__}.refuse", "sms": f"{__name__}.refuse"}
        notice = _tell(alice)
        at = now()
        for _ in range(ATTEMPTS_MAX):
            at += timedelta(hours=2)
            assert services.send_due(at=at, limit=100) == 0
        assert notice.messages.get().state == "DEAD"
        assert services.send_due(at=at + timedelta(days=1), limit=100) == 0


OUT: list[dict[str, Any]] = []


def to_list(message: messaging.Message) -> None:
    """A transport that keeps what it is given."""
    OUT.append(asdict(message))


def refuse(message: messaging.Message) -> None:
    """A transport that never delivers."""
    raise messaging.NotSent


class TestTransferNotices:
    def test_both_sides_hear_of_it_and_nobody_else(self, alice: User, bob: User) -> None:
        payee = resolve(payer=alice, identifier="bob", at=now()).payee
        sent = p2p.send_money(
            sender=alice, payee_id=payee.pk, amount=Money(1_000, "EUR"), idempotency_key="k", origin=ORIGIN, at=now()
        )
        from accounts.stepup import selectors as stepup_selectors
        from accounts.stepup import services as stepup

        challenge = stepup_selectors.open_challenge_of(sent.transfer.pk)
        assert challenge is not None
        stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        while audit.dispatch_due(at=now() + timedelta(seconds=1)):
            pass
        told = {(notice.user_id, notice.kind) for notice in Notification.objects.filter(kind__startswith="money")}
        assert told == {(alice.pk, "money_sent"), (bob.pk, "money_received")}
        received = Notification.objects.get(kind="money_received")
        assert worded(received).title == "Alice E••• sent you €10.00"
        assert worded(received).url.startswith("/transfers/trf_")


class TestInbox:
    def test_shows_newest_first_and_marks_as_read(self, alice: User, client: Client) -> None:
        _tell(alice, kind="welcome")
        _tell(alice)
        assert selectors.unread_count(alice) == 2
        client.force_login(alice, backend="accounts.identity.backends.WalletBackend")
        page = client.get("/notifications/").content.decode()
        assert page.index("sent you €42.50") < page.index("Your wallet is ready")
        assert selectors.unread_count(alice) == 0

    def test_others_are_not_shown(self, alice: User, mallory: User, client: Client) -> None:
        _tell(alice)
        client.force_login(mallory, backend="accounts.identity.backends.WalletBackend")
        assert "€42.50" not in client.get("/notifications/").content.decode()

    def test_pages_meet_without_gap_or_repeat(self, alice: User) -> None:
        made = [_tell(alice).pk for _ in range(7)]
        seen, position = [], None
        while True:
            page, position = selectors.inbox(alice, after=position, size=3)
            seen += [notice.pk for notice in page]
            if position is None:
                break
        assert seen == made[::-1]

    @pytest.mark.parametrize("cursor", ["x", "e30", "eyJhdCI6IjEiLCJpZCI6IjIifQ", "W10"])
    def test_a_cursor_of_somebody_elses_making_is_refused(self, alice: User, client: Client, cursor: str) -> None:
        client.force_login(alice, backend="accounts.identity.backends.WalletBackend")
        assert client.get("/notifications/", {"cursor": cursor}).status_code == 400
