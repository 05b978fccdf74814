"""Questions about a person's payment PIN and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ObjectDoesNotExist

from accounts.identity.policy import mask_email, mask_phone
from accounts.mfa.attempts import Standing
from accounts.mfa.models import EmailDevice, PaymentPinDevice, SMSDevice

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


def pin_device(user: User) -> PaymentPinDevice | None:
    """The person's PIN row. No query when ``user`` was loaded with ``select_related("pin_device")``."""
    try:
        device: PaymentPinDevice = user.pin_device
    except ObjectDoesNotExist:
        return None
    return device


def pin_device_now(user: User) -> PaymentPinDevice | None:
    """The same, read anew: for pages that show where it stands after a try."""
    return PaymentPinDevice.objects.filter(user=user).first()


def has_pin(user: User) -> bool:
    """Whether a payment PIN is set."""
    device = pin_device(user)
    return device is not None and device.set_at is not None


def standing_of(user: User) -> Standing:
    """Where guessing this person's PIN stands."""
    device = pin_device(user)
    return device.standing if device is not None else Standing()


def has_reduced_limits(user: User, *, at: datetime) -> bool:
    """Whether outgoing limits are reduced because the PIN was reset less than 24 hours ago."""
    device = pin_device(user)
    return device is not None and device.reduced_limits_until is not None and at < device.reduced_limits_until


def contacts(user: User) -> dict[str, str]:
    """Where a code may go: method (``email``, ``sms``) → the verified address, the primary one first."""
    found = {"email": user.email} if user.email else {}
    if user.phone and user.phone_verified_at is not None:
        found["sms"] = user.phone
    return found


def last_code_method(challenge_id: UUID) -> str:
    """How the latest code for a challenge was sent (``email``, ``sms``), or ""."""
    sent = [
        (device.sent_at, method)
        for method, model in (("email", EmailDevice), ("sms", SMSDevice))
        for device in model.objects.filter(challenge_id=challenge_id)
    ]
    return max(sent)[1] if sent else ""


def masked_contacts(user: User) -> dict[str, str]:
    """The same as their owner is reminded of them: ``a•••@e•••.com``."""
    masks = {"email": mask_email, "sms": mask_phone}
    return {method: masks[method](address) for method, address in contacts(user).items()}
