"""Reading Stripe's signed notices: the raw bytes are verified before anything is believed or stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings

from wallet_project.lib.errors import WalletError

TOLERANCE_SECONDS = 300


class WebhookRefused(WalletError):
    """The signature, the shape or the mode of the notice is wrong."""

    code = "webhook_refused"


@dataclass(frozen=True, slots=True)
class ProviderNotice:
    """One notice: a hint that ``reference`` (our id, if the object carries it) may have changed."""

    event_id: str
    kind: str
    object_id: str
    reference: str
    created_at: datetime


def read_notice(*, body: bytes, signature: str) -> ProviderNotice:
    """Verifies and reads a notice. Raises WebhookRefused; a replay is caught later, by event id."""
    event = _verified(body=body, signature=signature)
    if bool(event.get("livemode")) is not settings.STRIPE_LIVEMODE:
        raise WebhookRefused
    try:
        subject = event["data"]["object"]
        notice = ProviderNotice(
            event_id=str(event["id"])[:100],
            kind=str(event["type"])[:100],
            object_id=str(subject.get("id", ""))[:100],
            reference=str(subject.get("client_reference_id") or (subject.get("metadata") or {}).get("top_up") or "")[
                :100
            ],
            created_at=datetime.fromtimestamp(int(event["created"]), UTC),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise WebhookRefused from error
    if not _can_be_stored(f"{notice.event_id}{notice.kind}{notice.object_id}{notice.reference}"):
        raise WebhookRefused
    return notice


def _can_be_stored(text: str) -> bool:
    """Neither a NUL nor half a character: no database column holds those."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _verified(*, body: bytes, signature: str) -> dict[str, Any]:
    failure: Exception | None = None
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            event = stripe.Webhook.construct_event(body, signature, secret, tolerance=TOLERANCE_SECONDS)
            return dict(event.to_dict())
        except (stripe.SignatureVerificationError, ValueError, AttributeError, TypeError, RecursionError) as error:
            failure = error
    raise WebhookRefused from failure
