"""Payment PINs and codes: set, verify, force. Verification always goes through ``django_otp.verify_token``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django_otp

from accounts.audit.services import record_security_event
from accounts.devices import services as devices
from accounts.identity.services import send_one_time_message
from accounts.mfa import policy, selectors
from accounts.mfa.attempts import Attempt, Standing, Verdict
from accounts.mfa.errors import CodeWrong, PinLocked, PinRequired, PinResetRequired, PinTooEasy
from accounts.mfa.hashing import hash_pin, keyed_code, new_code, pin_matches
from accounts.mfa.models import EmailDevice, PasswordDevice, PaymentPinDevice, PendingPin, SMSDevice
from wallet_project.lib import db
from wallet_project.lib.ratelimit import RateLimited, guess

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from typing import Any
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

_CODE_DEVICES: dict[str, type[EmailDevice] | type[SMSDevice]] = {"email": EmailDevice, "sms": SMSDevice}


# --- setting


def set_pin(*, user: User, pin: str, at: datetime, origin: Origin) -> None:
    """Sets a person's PIN on the word of the caller; for demo data and tests of other rooms.

    People set theirs through ``stepup.services.begin_pin``, which asks for proof. Raises PinMalformed, PinTooEasy.
    """
    check_pin(user=user, pin=pin)
    pin_hash = hash_pin(user.pk, pin)
    with db.transaction_if_not_already():
        _store(user=user, pin_hash=pin_hash, kind=PendingPin.Kind.FIRST, at=at, origin=origin)


def check_pin(*, user: User, pin: str) -> None:
    """Refuses a PIN that is not six digits or too easy for this person. Raises PinMalformed, PinTooEasy."""
    policy.check_pin(pin, phone=user.phone)


def prepare_pin(*, user: User, pin: str, kind: str, at: datetime) -> PendingPin:
    """Keeps the chosen PIN, as its encrypted hash, until it is confirmed; an earlier choice is dropped.

    Whether it is the current PIN is found out here but told only after the proof: else this would be an uncounted
    way to guess. Hashes before it opens its transaction. Raises PinMalformed, PinTooEasy.
    """
    db.refuse_in_transaction()
    check_pin(user=user, pin=pin)
    device = selectors.pin_device(user)
    pending = PendingPin(
        user=user,
        kind=kind,
        pin_hash=hash_pin(user.pk, pin),
        is_current=pin_matches(user.pk, pin, (device.pin_hash or "") if device else ""),
        created_at=at,
        expires_at=at + policy.PENDING_PIN_LIVES,
    )
    with db.transaction():
        PendingPin.objects.filter(user=user).delete()
        pending.save(force_insert=True)
    return pending


def apply_pending_pin(*, pending: PendingPin, at: datetime, origin: Origin) -> None:
    """Makes a confirmed choice the PIN. Requires the caller's transaction, in which the proof was consumed.

    Raises PinTooEasy when it is the PIN they already have.
    """
    db.transaction_required()
    if pending.is_current:
        raise PinTooEasy(reason="current")
    _store(user=pending.user, pin_hash=pending.pin_hash, kind=pending.kind, at=at, origin=origin)
    pending.delete()


def _store(*, user: User, pin_hash: str, kind: str, at: datetime, origin: Origin) -> None:
    PaymentPinDevice.objects.get_or_create(user=user)
    device = PaymentPinDevice.objects.select_for_update().get(user=user)
    device.pin_hash, device.set_at, device.standing = pin_hash, at, Standing()
    if kind == PendingPin.Kind.RESET:
        device.reduced_limits_until = at + policy.REDUCED_LIMITS_AFTER_RESET
        devices.revoke_all(user=user, at=at, origin=origin, except_session_id=origin.session_id)
    device.save()
    user.pin_device = device
    happened = {"FIRST": "pin_set", "CHANGE": "pin_changed", "RESET": "pin_reset"}[kind]
    record_security_event(kind=happened, user_id=user.pk, actor=f"person:{user.pk}", origin=origin, at=at)


def force_reset(*, user: User, by: User, at: datetime, origin: Origin) -> None:
    """Staff make the PIN unusable until its owner resets it; they never set or see one."""
    with db.transaction():
        PaymentPinDevice.objects.get_or_create(user=user)
        device = PaymentPinDevice.objects.select_for_update().get(user=user)
        device.standing = Standing.used_up()
        device.save(update_fields=["failures", "rounds", "locked_until"])
        record_security_event(kind="pin_reset_forced", user_id=user.pk, actor=f"staff:{by.pk}", origin=origin, at=at)


# --- verifying


def require_usable_pin(user: User, *, at: datetime) -> None:
    """Raises PinRequired without a PIN, PinLocked or PinResetRequired while it may not be tried."""
    refuse_if_locked(user, at=at)
    if not selectors.has_pin(user):
        raise PinRequired


def refuse_if_locked(user: User, *, at: datetime) -> None:
    """While the PIN is locked the account can receive and cannot send. Raises PinLocked, PinResetRequired."""
    standing = selectors.standing_of(user)
    if standing.is_locked(at):
        raise _locked(Verdict.refused(standing, at))


def verify(*, user: User, challenge_id: UUID, method: str, secret: str, at: datetime, origin: Origin) -> None:
    """Checks one answer to a challenge and returns when it is right. Must be called outside any transaction.

    The count is committed before this returns, so nothing that rolls back later takes a wrong answer back.
    Raises CodeWrong (``tries_left``), PinLocked (``locked_until``), PinResetRequired, RateLimited.
    """
    db.refuse_in_transaction()
    if method == "pin":
        verdict = _verify_pin(user=user, secret=secret, at=at)
    else:
        verdict = _verify_bound(
            user=user, challenge_id=challenge_id, method=method, secret=secret, at=at, origin=origin
        )
    if verdict.accepted:
        return
    is_locked = verdict.locked_until is not None or verdict.reset_required
    if verdict.judged:  # a try that a lock refused says nothing new, and must not send a notice each time
        kind = "pin_locked" if is_locked else "pin_wrong" if method == "pin" else "code_wrong"
        actor, details = f"person:{user.pk}", {"method": method}
        record_security_event(kind=kind, user_id=user.pk, actor=actor, origin=origin, at=at, details=details)
    raise _locked(verdict) if is_locked else CodeWrong(tries_left=verdict.tries_left)


def _verify_pin(*, user: User, secret: str, at: datetime) -> Verdict:
    device, _ = PaymentPinDevice.objects.get_or_create(user=user)
    return _ask(user, device.persistent_id, secret, at)


def _verify_bound(*, user: User, challenge_id: UUID, method: str, secret: str, at: datetime, origin: Origin) -> Verdict:
    """A code or the password. New challenges give new tries, so the account has its own count beside the row's."""
    model = PasswordDevice if method == "password" else _CODE_DEVICES[method]
    device = model.objects.filter(user=user, challenge_id=challenge_id).first()
    if device is None:
        return Verdict(False)
    attempt = guess("step_up", session=str(origin.session_id or ""), account=str(user.pk))
    verdict = _ask(user, device.persistent_id, secret, at)
    if verdict.accepted:
        attempt.succeeded()
    return verdict


def _ask(user: User, persistent_id: str, secret: str, at: datetime) -> Verdict:
    attempt = Attempt(secret=secret, at=at)
    django_otp.verify_token(user, persistent_id, attempt)
    return attempt.verdict or Verdict(False)


def _locked(verdict: Verdict) -> PinLocked | PinResetRequired:
    if verdict.locked_until is None:
        return PinResetRequired()
    return PinLocked(locked_until=verdict.locked_until)


# --- codes


def issue_code(
    *,
    user: User,
    challenge_id: UUID,
    method: str,
    context: Mapping[str, Any],
    expires_at: datetime,
    resend_after: timedelta,
    sends_max: int,
    at: datetime,
) -> datetime:
    """Sends a six-digit code that answers only this challenge, and returns when another may be asked for.

    Within ``resend_after`` of the last one nothing is sent and the same answer given. The wrong tries stay counted.
    Requires the caller's transaction, which holds the challenge's row. Raises RateLimited.
    """
    db.transaction_required()
    model = _CODE_DEVICES[method]
    device = model.objects.filter(user=user, challenge_id=challenge_id).first()
    again_at: datetime | None = device.sent_at + resend_after if device is not None else None
    if again_at is not None and at < again_at:
        return again_at
    if device is not None and device.sends >= sends_max:
        raise RateLimited(retry_after=max(1, int((expires_at - at).total_seconds())))
    code = new_code()
    values = {"code_hmac": keyed_code(challenge_id, method, code), "sent_at": at, "expires_at": expires_at}
    if device is None:
        model.objects.create(user=user, challenge_id=challenge_id, **values)
    else:
        model.objects.filter(pk=device.pk).update(**values, sends=device.sends + 1)
    send_one_time_message(
        channel=method,
        to=selectors.contacts(user)[method],
        template_code="step_up_code",
        context={**context, "code": code},
        user=user,
        at=at,
    )
    return at + resend_after


def ask_password(*, user: User, challenge_id: UUID, expires_at: datetime) -> None:
    """Lets the sign-in password answer this challenge, with counted tries. Requires the caller's transaction."""
    db.transaction_required()
    PasswordDevice.objects.create(user=user, challenge_id=challenge_id, expires_at=expires_at)


def forget_expired(*, at: datetime) -> int:
    """Deletes codes and unconfirmed PINs whose time is over; returns how many rows went."""
    gone = 0
    for model in (EmailDevice, SMSDevice, PasswordDevice, PendingPin):
        gone += model.objects.filter(expires_at__lte=at).delete()[0]
    return gone
