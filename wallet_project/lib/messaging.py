"""How a message leaves the house: e-mail by SMTP, text messages by a gateway, and in development an outbox to read.

Nothing here is stored for long or logged: a message may carry a code. Callers keep their own row, claim it before
they send, and pass its id, so that a repeat after a crash can be recognised on the other side.
"""

from __future__ import annotations

import hashlib
import json
import smtplib
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Protocol

import redis
import requests
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from wallet_project.lib import clock
from wallet_project.lib.db import refuse_in_transaction

CHANNELS = ("email", "sms")
SECONDS_MAX = 10


class NotSent(Exception):
    """The transport did not take the message, or did not say so: try again later, under the same message id."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient. ``to`` is an e-mail address or an E.164 number; ``html`` is only for e-mail."""

    channel: str
    to: str
    subject: str
    text: str
    html: str | None = None
    message_id: str = ""


class Transport(Protocol):
    """Hands a message over or raises NotSent."""

    def __call__(self, message: Message) -> None: ...


def send(*, channel: str, to: str, subject: str, text: str, html: str | None = None, message_id: str = "") -> None:
    """Hands one message to the transport of its channel. Never inside a transaction. Raises NotSent."""
    refuse_in_transaction()
    if channel not in CHANNELS:
        raise ValueError(f"unknown channel {channel!r}")
    transport: Transport = import_string(settings.MESSAGE_TRANSPORTS[channel])
    transport(Message(channel=channel, to=to, subject=subject, text=text, html=html, message_id=message_id))


# --- transports


def by_smtp(message: Message) -> None:
    """E-mail through the server of Django's ``EMAIL_*`` settings."""
    headers = {"Message-ID": f"<{message.message_id}@{settings.EMAIL_DOMAIN}>"} if message.message_id else {}
    mail = EmailMultiAlternatives(
        message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to], headers=headers
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(type(error).__name__) from None


def by_sms_gateway(message: Message) -> None:
    """A text message: POST of ``{to, text, id}`` as JSON to ``SMS_GATEWAY_URL``, with a bearer token."""
    headers = {"Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}", "Idempotency-Key": message.message_id}
    body = {"to": message.to, "text": message.text, "id": message.message_id}
    try:
        answer = requests.post(
            settings.SMS_GATEWAY_URL, json=body, headers=headers, timeout=SECONDS_MAX, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NotSent(type(error).__name__) from None
    if not 200 <= answer.status_code < 300:
        raise NotSent(f"gateway answered {answer.status_code}")


# --- the development outbox: what would have left, kept in Valkey for a day

_ALL = "wallet:outbox:all"
_ALL_KEPT = 500
_EACH_KEPT = 100
_DAY_SECONDS = 86_400

# Both lists in one step; a message id that was seen is not added again.
_KEEP = """
if ARGV[2] ~= '' and not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[5]) then return 0 end
for i, kept in ipairs({ARGV[3], ARGV[4]}) do
  redis.call('LPUSH', KEYS[i], ARGV[1])
  redis.call('LTRIM', KEYS[i], 0, kept - 1)
  redis.call('EXPIRE', KEYS[i], ARGV[5])
end
return 1
"""


@cache
def _outbox() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _list_of(to: str) -> str:
    return f"wallet:outbox:to:{hashlib.sha256(to.encode()).hexdigest()[:32]}"


def to_outbox(message: Message) -> None:
    """Keeps the message where a developer or a test can read it, instead of sending it."""
    kept = asdict(message) | {"created_at": clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")}
    keys = [_ALL, _list_of(message.to), f"wallet:outbox:seen:{message.message_id}"]
    args: list[Any] = [json.dumps(kept), message.message_id, _ALL_KEPT, _EACH_KEPT, _DAY_SECONDS]
    try:
        _outbox().eval(_KEEP, len(keys), *keys, *args)
    except redis.RedisError as error:
        raise NotSent(type(error).__name__) from None


def outbox(to: str = "") -> list[dict[str, str]]:
    """What the outbox holds for one recipient (exact address or number), or for all, newest first."""
    raw: Any = _outbox().lrange(_list_of(to) if to else _ALL, 0, -1)
    shown = ("channel", "to", "subject", "text", "created_at")
    return [{name: item[name] for name in shown} for item in map(json.loads, raw)]


def empty_outbox() -> None:
    """Forgets every message; for tests."""
    client = _outbox()
    for key in client.scan_iter("wallet:outbox:*"):
        client.delete(key)
