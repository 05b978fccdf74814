"""Telling people: the inbox row first, the message after it, each exactly once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef

from support.notifications.models import NoticeMessage, NoticeState, Notification
from support.notifications.policy import ATTEMPTS_MAX, KINDS, SENDING_LEASE_SECONDS
from support.notifications.wording import message_for
from wallet_project.lib import db, ids, messaging

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """What one person is to be told of one event. ``facts`` holds ids, ``amount_minor``, ``currency`` and codes."""

    user: User
    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    counterparty_shown: str = ""


def notify(*, event_id: UUID, notices: Sequence[NewNotice], at: datetime) -> None:
    """Puts notices of one event into inboxes and queues their messages, in two statements of the caller's transaction.

    Row ids are derived from event, person and channel, so the same event again changes nothing.
    """
    db.transaction_required()
    rows = [_row(event_id, notice, at) for notice in notices]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    NoticeMessage.objects.bulk_create(
        [
            NoticeMessage(id=ids.derive(row.pk, channel), notification=row, channel=channel, next_attempt_at=at)
            for row, notice in zip(rows, notices, strict=True)
            if KINDS[notice.kind].leaves
            for channel in _channels(notice.user, everywhere=KINDS[notice.kind].everywhere)
        ],
        ignore_conflicts=True,
    )


def _row(event_id: UUID, notice: NewNotice, at: datetime) -> Notification:
    if notice.kind not in KINDS:
        raise KeyError(notice.kind)
    return Notification(
        id=ids.derive(event_id, notice.user.pk.hex),
        event_id=event_id,
        user=notice.user,
        kind=notice.kind,
        facts=dict(notice.facts),
        counterparty_shown=notice.counterparty_shown,
        created_at=at,
    )


def _channels(user: User, *, everywhere: bool) -> list[str]:
    """One channel is enough: e-mail where there is one, else the phone. ``everywhere``: e-mail and verified phone."""
    if everywhere and user.email and user.phone and user.phone_verified_at:
        return ["email", "sms"]
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


def forget_notices(*, before: datetime, limit: int) -> int:
    """Deletes at most ``limit`` notices of before a moment, and their messages; returns how many notices.

    One whose message is on its way stays for another night.
    """
    with db.transaction():
        on_its_way = NoticeMessage.objects.filter(
            notification=OuterRef("pk"), state__in=[NoticeState.QUEUED, NoticeState.SENDING]
        )
        old = Notification.objects.filter(~Exists(on_its_way), created_at__lt=before)
        doomed = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
        NoticeMessage.objects.filter(notification_id__in=doomed).delete()
        Notification.objects.filter(pk__in=doomed).delete()
    return len(doomed)
