"""What other rooms know about one person, put together: limits, PIN, sessions, what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from accounts.mfa.selectors import has_pin
from accounts.stepup.selectors import waiting_for

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.identity.models import User


@dataclass(frozen=True, slots=True)
class Need:
    """One thing the person should do. ``challenge`` is the public id of what waits to be confirmed, if it is that."""

    code: str
    sentence: str | Promise
    url_name: str
    challenge: str | None = None


def needs_of(user: User, *, at: datetime) -> list[Need]:
    """What needs doing, the most urgent first."""
    confirm = _("A payment is waiting for you to confirm it.")
    needs = [Need("confirm_payment", confirm, "confirm", challenge.public_id) for challenge in waiting_for(user, at=at)]
    if not has_pin(user):
        needs.append(Need("set_pin", _("Set a payment PIN before you send money."), "security_pin"))
    if not user.handle:
        needs.append(Need("choose_handle", _("Choose a handle, so that friends can find you."), "settings"))
    if not user.shown_name:
        needs.append(Need("say_name", _("Add your name, so that people you pay know who you are."), "settings"))
    return needs


def second_factors(user: User) -> set[str]:
    """Which second factors of sign-in are set up: totp, recovery_codes, webauthn."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
