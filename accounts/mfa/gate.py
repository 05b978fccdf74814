"""The desk's gate: what lets a signed-in member of staff pass, judged anew at every request.

allauth stores and checks second factors; django-otp asks on every page whether this session was verified by a device
that still exists. The bridge joins them: the session's own record "an authenticator was used here" becomes a device
tied one to one to that authenticator. A password alone leaves no such record; removing the factor removes the device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_otp
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator

from accounts.devices.policy import Kind
from accounts.devices.session_engine import KIND
from accounts.mfa.models import AuthenticatorDevice

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.models import User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_staff_session(request: HttpRequest) -> bool:
    """Whether this session was signed in by staff as staff, with its short life."""
    return bool(request.session.get(KIND) == Kind.STAFF.value)


def has_second_factor(user: User) -> bool:
    """Whether the person has enrolled one."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def adopt_second_factor(request: HttpRequest, user: User) -> bool:
    """Marks the session verified if an authenticator that still exists was used in it; whether it is verified now."""
    if _is_verified(user):
        return True
    records = get_authentication_records(request, user)
    used = [record["id"] for record in records if record.get("method") == "mfa" and "id" in record]
    authenticator = Authenticator.objects.filter(user=user, pk__in=used).first()
    if authenticator is None:
        return False
    device, _ = AuthenticatorDevice.objects.get_or_create(authenticator_id=authenticator.pk, defaults={"user": user})
    django_otp.login(request, device)
    return _is_verified(user)


def _is_verified(user: User) -> bool:
    """What django-otp's middleware found out about this request."""
    return getattr(user, "otp_device", None) is not None
