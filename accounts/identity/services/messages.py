"""Messages that carry a code: sealed at once, sent by a worker, gone afterwards. Never an event, never a log line."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation
from kombu.exceptions import OperationalError

from accounts.identity.models import OneTimeMessage
from wallet_project.lib import db, messaging, ratelimit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User

DELIVER_TASK = "accounts.deliver_one_time_message"
SWEEP_TASK = "accounts.sweep_one_time_messages"
LIFETIME = timedelta(minutes=10)
RETRY_AFTER = timedelta(seconds=10)
ATTEMPTS_MAX = 5
PREFIX_LENGTH = 7
"""``+49 151 2``: the numbers one operator's fraud would use come from few such blocks."""

logger = logging.getLogger(__name__)


def send_one_time_message(
    *,
    channel: str,
    to: str,
    template_code: str,
    context: Mapping[str, Any],
    user: User | None,
    at: datetime,
    ip_address: str = "",
) -> OneTimeMessage:
    """Seals a rendered message for ``to`` and tells a worker; it lives ten minutes.

    ``channel`` is email or sms; the texts are ``templates/sms/<template_code>.txt`` or
    ``templates/emails/<template_code>.txt`` with its ``.subject.txt``, in the person's language.
    Raises RateLimited when a budget is spent: per recipient and day, per number prefix, per address, or for all.
    """
    take_budget(channel=channel, to=to, ip_address=ip_address)
    subject, body = _render(channel, template_code, context, user)
    return _store(channel=channel, to=to, subject=subject, body=body, user=user, at=at, expires_at=at + LIFETIME)


def send_decoy(*, channel: str, to: str, at: datetime, ip_address: str = "") -> None:
    """What an unknown recipient costs: the same budgets and the same row, already expired, so nobody is written to.

    Sending to numbers that strangers type is how SMS fraud is paid; answering faster would tell who is a customer.
    """
    take_budget(channel=channel, to=to, ip_address=ip_address)
    _store(channel=channel, to=to, subject="", body=".", user=None, at=at, expires_at=at)


def take_budget(*, channel: str, to: str, ip_address: str) -> None:
    """Takes one message of every budget it counts against. Raises RateLimited, LimiterUnavailable."""
    scopes = {f"{channel}_pace": to, f"{channel}_recipient": to, f"{channel}_all": "all"}
    if ip_address:
        scopes[f"{channel}_address"] = ip_address
    if channel == OneTimeMessage.Channel.SMS:
        scopes["sms_prefix"] = to[:PREFIX_LENGTH]
    ratelimit.take(scopes)


def deliver_one_time_message(*, message_id: UUID, at: datetime) -> bool:
    """Hands one message to its transport and deletes it; True when this call sent it.

    Claims the message first (the next attempt is due later), so two workers never send it at the same time; a
    transport that fails is tried again by the sweep until the message expires.
    """
    db.refuse_in_transaction()
    due = OneTimeMessage.objects.filter(pk=message_id, next_attempt_at__lte=at)
    if not due.update(attempts=F("attempts") + 1, next_attempt_at=at + RETRY_AFTER):
        return False
    message = OneTimeMessage.objects.get(pk=message_id)
    live = message.expires_at > at
    if live:
        messaging.send(
            channel=message.channel,
            to=message.to,
            subject=message.subject,
            text=message.body,
            message_id=str(message.pk),
        )
    message.delete()
    return live


def sweep_one_time_messages(*, at: datetime, limit: int = 100) -> int:
    """Sends what a lost nudge or a failed transport left behind, and forgets what is too late; returns how many."""
    late = OneTimeMessage.objects.filter(next_attempt_at__lte=at).order_by("next_attempt_at")
    OneTimeMessage.objects.filter(next_attempt_at__lte=at, attempts__gte=ATTEMPTS_MAX).delete()
    waiting = list(late.values_list("pk", flat=True)[:limit])
    for message_id in waiting:
        try:
            deliver_one_time_message(message_id=message_id, at=at)
        except messaging.NotSent as error:
            logger.warning(
                "a one-time message waits", extra={"message_id": str(message_id), "error": type(error).__name__}
            )
    return len(waiting)


def _render(channel: str, code: str, context: Mapping[str, Any], user: User | None) -> tuple[str, str]:
    language = user.language if user is not None else translation.get_language()
    with translation.override(language):
        if channel == OneTimeMessage.Channel.SMS:
            return "", render_to_string(f"sms/{code}.txt", dict(context)).strip()
        subject = render_to_string(f"emails/{code}.subject.txt", dict(context))
        return " ".join(subject.split()), render_to_string(f"emails/{code}.txt", dict(context)).strip() + "\n"


def _store(**fields: Any) -> OneTimeMessage:
    at = fields.pop("at")
    message = OneTimeMessage.objects.create(created_at=at, next_attempt_at=at, **fields)
    if db.in_transaction():
        db.after_commit(lambda: _nudge(message.pk))
    else:
        _nudge(message.pk)
    return message


def _nudge(message_id: UUID) -> None:
    """Tells a worker. A broker that is down costs seconds: the sweep finds the message."""
    try:
        current_app.send_task(DELIVER_TASK, args=[str(message_id)], queue="notify", retry=False)
    except OperationalError as error:
        logger.warning("the broker cannot be reached; the sweep will send", extra={"error": type(error).__name__})
