"""The step-up purpose "pin": what the challenge of a chosen PIN is bound to, and how it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.mfa.models import PendingPin
from accounts.stepup.errors import ChallengeExpired
from accounts.stepup.registry import Shown

if TYPE_CHECKING:
    from uuid import UUID

PURPOSE = "pin"

_TITLES = {
    PendingPin.Kind.FIRST: _("Set your payment PIN"),
    PendingPin.Kind.CHANGE: _("Change your payment PIN"),
    PendingPin.Kind.RESET: _("Reset your payment PIN"),
}


def payload_of(pending: PendingPin) -> dict[str, Any]:
    """A choice of PIN: which one, of what kind, and how far its proof has come."""
    return {"pending_pin": pending.pk, "kind": pending.kind, "possession": pending.possession_proved_at is not None}


def payload(subject_id: UUID) -> dict[str, Any]:
    """The same by id. Raises ChallengeExpired when the choice was confirmed, replaced or forgotten."""
    return payload_of(_pending(subject_id))


def show(subject_id: UUID) -> Shown:
    """What the person confirms; once it is confirmed or forgotten, only where to go on."""
    pending = PendingPin.objects.filter(pk=subject_id).first()
    return Shown(
        title=_TITLES[PendingPin.Kind(pending.kind)] if pending else _("Your payment PIN"),
        lines=(),
        amount=None,
        payee="",
        after_url=reverse("security"),
    )


def _pending(subject_id: UUID) -> PendingPin:
    pending = PendingPin.objects.filter(pk=subject_id).first()
    if pending is None:
        raise ChallengeExpired
    return pending
