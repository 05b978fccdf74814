"""Questions about challenges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.mfa import selectors as mfa_selectors
from accounts.mfa.attempts import Standing, Verdict
from accounts.mfa.policy import FRESH_SIGN_IN
from accounts.stepup.models import Challenge
from accounts.stepup.registry import purposes
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.stepup.registry import Shown


def challenge_of(user: User, challenge_id: UUID) -> Challenge:
    """One of the person's own challenges. Raises NotFound, also for somebody else's."""
    challenge = Challenge.objects.filter(pk=challenge_id, user=user).first()
    if challenge is None:
        raise NotFound
    return challenge


def open_challenge_of(subject_id: UUID) -> Challenge | None:
    """The newest challenge of a subject that was not consumed. Its time may be over: renewing starts from it."""
    rows = Challenge.objects.filter(subject_id=subject_id).exclude(state=Challenge.State.CONSUMED)
    return rows.order_by("-created_at", "-id").first()


def was_answered_by(challenge_id: UUID, method: str) -> bool:
    """Whether this is how the challenge was answered."""
    return Challenge.objects.filter(pk=challenge_id, method_used=method).exists()


def waiting_for(user: User, *, at: datetime) -> list[Challenge]:
    """Payments this person can still confirm, newest first: what the home page calls "needs you"."""
    rows = Challenge.objects.filter(user=user, state=Challenge.State.OPEN, expires_at__gt=at)
    return list(rows.exclude(purpose="pin").order_by("-created_at")[:10])


def shown(challenge: Challenge) -> Shown:
    """What the challenge confirms, for people. Raises what the purpose raises when it waits no more."""
    return purposes[challenge.purpose].show(challenge.subject_id)


def next_action(challenge: Challenge) -> dict[str, Any]:
    """How the API says that a step-up is awaited."""
    return {
        "type": "step_up",
        "challenge": challenge.public_id,
        "methods": list(challenge.methods),
        "expires_at": challenge.expires_at,
    }


def status_of(challenge: Challenge, *, at: datetime) -> str:
    """Its state as a person would say it: an open one whose time is over counts as EXPIRED already."""
    unanswered = challenge.state in (Challenge.State.OPEN, Challenge.State.ANSWERED)
    return Challenge.State.EXPIRED.value if unanswered and at >= challenge.expires_at else str(challenge.state)


def contacts_for(challenge: Challenge) -> dict[str, str]:
    """Where a code for this challenge may go: method → masked address."""
    masked = mfa_selectors.masked_contacts(challenge.user)
    return {method: masked[method] for method in challenge.methods if method in masked}


def sent_by(challenge: Challenge) -> str:
    """The way the latest code of this challenge went, or "" when none was sent."""
    return mfa_selectors.last_code_method(challenge.pk)


def can_cancel(challenge: Challenge) -> bool:
    """Whether giving up releases something, rather than only leaving the page."""
    return purposes[challenge.purpose].release is not None


def is_fresh(signed_in_at: datetime | None, *, at: datetime) -> bool:
    """Whether a session proved who its owner is recently enough for a first PIN."""
    return signed_in_at is not None and at - signed_in_at <= FRESH_SIGN_IN


def pin_state(user: User, *, at: datetime) -> dict[str, Any]:
    """Where the person's own PIN stands. The tries read the same whether or not there is a PIN."""
    device = mfa_selectors.pin_device_now(user)
    verdict = Verdict.refused(device.standing if device else Standing(), at)
    return {
        "pin_set": device is not None and device.set_at is not None,
        "tries_left": verdict.tries_left,
        "locked_until": verdict.locked_until,
        "reset_required": verdict.reset_required,
    }
