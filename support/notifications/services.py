"""Telling people: the inbox row first, the message after it, each exactly once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F

from support.notifications.models import NoticeMessage, NoticeState, Notification
from support.notifications.policy import ATTEMPTS_MAX, KINDS, SENDING_LEASE_SECONDS
from support.notifications.wording import message_for
from wallet_project.lib import db, messaging

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


def notify(
    *, user: User, event_id: UUID, kind: str, facts: Mapping[str, Any], counterparty_shown: str = "", at: datetime
) -> Notification:
    """Puts one notice into ``user``'s inbox and queues its message; the same event again changes nothing.

    ``facts`` holds ids, ``amount_minor``, ``currency`` and codes. Needs the caller's transaction.
    """
    db.transaction_required()
    notice, created = Notification.objects.get_or_create(
        event_id=event_id,
        user=user,
        defaults={"kind": kind, "facts": dict(facts), "counterparty_shown": counterparty_shown, "created_at": at},
    )
    if created and KINDS[kind].leaves:
        channels = _channels(user)
        NoticeMessage.objects.bulk_create(
            [NoticeMessage(notification=notice, channel=channel, next_attempt_at=at) for channel in channels]
        )
    return notice


def _channels(user: User) -> list[str]:
    """One channel is enough: e-mail where there is one, else the phone."""
    if user.email:
        return ["email"]
    return ["sms"] if user.phone else []


def send_due(*, at: datetime, limit: int = 50) -> int:
    """Sends messages that are due; returns how many left. Every message is claimed and committed before it leaves."""
    sent = 0
    for message in _claim(at=at, limit=limit):
        sent += _send(message, at=at)
    return sent


def _claim(*, at: datetime, limit: int) -> list[NoticeMessage]:
    """Marks due messages SENDING under a lease, so two workers never take one and a dead worker's come back."""
    with db.transaction():
        due = list(
            NoticeMessage.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("notification__user")
            .filter(state__in=[NoticeState.QUEUED, NoticeState.SENDING], next_attempt_at__lte=at)
            .order_by("next_attempt_at")[:limit]
        )
        NoticeMessage.objects.filter(pk__in=[message.pk for message in due]).update(
            state=NoticeState.SENDING,
            attempts=F("attempts") + 1,
            next_attempt_at=at + timedelta(seconds=SENDING_LEASE_SECONDS),
        )
    return due


def _send(message: NoticeMessage, *, at: datetime) -> bool:
    """Hands one message to its transport. A failure is tried again later; after the last try it is DEAD."""
    worded = message_for(message.notification)
    user = message.notification.user
    to = user.email if message.channel == "email" else user.phone
    try:
        messaging.send(
            channel=message.channel, to=to, subject=worded.subject, text=worded.text, message_id=str(message.pk)
        )
    except messaging.NotSent:
        _try_later(message, at=at)
        return False
    NoticeMessage.objects.filter(pk=message.pk, state=NoticeState.SENDING).update(state=NoticeState.SENT, sent_at=at)
    return True


def _try_later(message: NoticeMessage, *, at: datetime) -> None:
    attempts = message.attempts + 1
    if attempts >= ATTEMPTS_MAX:
        NoticeMessage.objects.filter(pk=message.pk).update(state=NoticeState.DEAD)
        return
    wait_seconds = min(2**attempts, 3600) + secrets.randbelow(10)
    NoticeMessage.objects.filter(pk=message.pk).update(
        state=NoticeState.QUEUED, next_attempt_at=at + timedelta(seconds=wait_seconds)
    )


def mark_all_read(*, user: User, at: datetime) -> int:
    """Marks every unread notice of ``user`` as read; returns how many there were."""
    return Notification.objects.filter(user=user, read_at__isnull=True).update(read_at=at)
