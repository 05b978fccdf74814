"""Choosing a payment PIN: the first one, a change, a reset. Each waits for its proof as a challenge.

First: a sign-in at most five minutes old, and a code to the verified contact. Change: the old PIN. Reset: a code
(possession) and then the password (knowledge), never one channel alone. Source: behaviour "Payment PIN".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.audit.selectors import events_of
from accounts.identity.events import ContactVerified, PasswordChanged
from accounts.mfa import selectors as mfa_selectors
from accounts.mfa import services as mfa
from accounts.mfa.errors import NoContact, PasswordRequired, PinResetTooSoon, ReauthenticationRequired
from accounts.mfa.models import PendingPin
from accounts.stepup.errors import ChallengeExpired, ChallengeVoid
from accounts.stepup.pin_purpose import PURPOSE, payload_of
from accounts.stepup.registry import Outcome
from accounts.stepup.selectors import is_fresh, was_answered_by
from accounts.stepup.services.challenges import answer, consume, open_challenge
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.stepup.models import Challenge
    from accounts.stepup.services.challenges import Answered
    from wallet_project.lib.origin import Origin

Kind = PendingPin.Kind
COOL_OFF = timedelta(hours=24)


def begin_pin(*, user: User, pin: str, signed_in_at: datetime | None, at: datetime) -> Challenge:
    """Keeps ``pin`` until the returned challenge is answered: by a code for the first PIN, by the old PIN later.

    ``signed_in_at`` is when this session last proved who its owner is. Raises PinMalformed, PinTooEasy,
    ReauthenticationRequired (first PIN, sign-in older than five minutes), NoContact, PinLocked, PinResetRequired.
    """
    mfa.check_pin(user=user, pin=pin)
    if mfa_selectors.has_pin(user):
        mfa.require_usable_pin(user, at=at)
        return _begin(user=user, pin=pin, kind=Kind.CHANGE, methods=["pin"], at=at)
    if not is_fresh(signed_in_at, at=at):
        raise ReauthenticationRequired
    return _begin(user=user, pin=pin, kind=Kind.FIRST, methods=_contact_methods(user), at=at)


def change_pin(*, user: User, old_pin: str, pin: str, at: datetime, origin: Origin) -> Answered:
    """Changes the PIN in one go, for who gives the old one with the new. Raises as ``begin_pin`` and ``answer``."""
    challenge = begin_pin(user=user, pin=pin, signed_in_at=None, at=at)
    return answer(challenge_id=challenge.pk, user=user, method="pin", code=old_pin, at=at, origin=origin)


def begin_reset(*, user: User, pin: str, at: datetime) -> Challenge:
    """Keeps ``pin`` until a code to the verified contact and then the password have been given.

    Works while the PIN is locked. A password that was reset by a code, or a contact that was changed, less than a
    day ago does not count: with both, one stolen mailbox would be enough. Raises PinMalformed, PinTooEasy, NoContact,
    PasswordRequired, PinResetTooSoon.
    """
    mfa.check_pin(user=user, pin=pin)
    if not user.has_usable_password():
        raise PasswordRequired
    recent = _changed_since(user, at - COOL_OFF)
    methods = [method for method in _contact_methods(user) if method not in recent]
    if not methods or "password" in recent:
        raise PinResetTooSoon
    return _begin(user=user, pin=pin, kind=Kind.RESET, methods=methods, at=at)


def confirm_pin(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """The purpose's ``confirm``: makes the chosen PIN the PIN, or asks a reset's second factor.

    Raises ChallengeExpired when the choice was replaced or is too old, ChallengeVoid when a first PIN was set
    meanwhile or a reset's second proof is not the password, PinTooEasy when it is the PIN they have, and what
    ``consume`` raises.
    """
    with db.transaction():
        pending = PendingPin.objects.select_for_update().filter(pk=subject_id, expires_at__gt=at).first()
        if pending is None:
            raise ChallengeExpired
        consume(challenge_id=challenge_id, payload=payload_of(pending), at=at)
        if pending.kind == Kind.RESET and pending.possession_proved_at is None:
            return _ask_knowledge(pending, at=at)
        if pending.kind == Kind.RESET and not was_answered_by(challenge_id, "password"):
            raise ChallengeVoid
        if pending.kind == Kind.FIRST and mfa_selectors.has_pin(pending.user):
            raise ChallengeVoid
        mfa.apply_pending_pin(pending=pending, at=at, origin=origin)
    return Outcome({"pin_set": True})


def _ask_knowledge(pending: PendingPin, *, at: datetime) -> Outcome:
    pending.possession_proved_at = at
    pending.save(update_fields=["possession_proved_at"])
    following = open_challenge(
        user=pending.user,
        purpose=PURPOSE,
        subject_id=pending.pk,
        payload=payload_of(pending),
        methods=["password"],
        at=at,
    )
    return Outcome({"pin_set": False}, challenge=following)


def _begin(*, user: User, pin: str, kind: str, methods: list[str], at: datetime) -> Challenge:
    pending = mfa.prepare_pin(user=user, pin=pin, kind=kind, at=at)
    with db.transaction():
        return open_challenge(
            user=user, purpose=PURPOSE, subject_id=pending.pk, payload=payload_of(pending), methods=methods, at=at
        )


def _changed_since(user: User, since: datetime) -> set[str]:
    """Which of email, sms, password were changed by a code since then."""
    events = events_of(user.pk).filter(name__in=[PasswordChanged.name, ContactVerified.name], occurred_at__gt=since)
    changed = set()
    for event in events:
        if event.name == ContactVerified.name:
            changed.add({"phone": "sms"}.get(event.payload["contact"], event.payload["contact"]))
        elif event.payload["how"] != "changed":
            changed.add("password")
    return changed


def _contact_methods(user: User) -> list[str]:
    methods = list(mfa_selectors.contacts(user))
    if not methods:
        raise NoContact
    return methods
