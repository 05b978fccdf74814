"""Verbs about people. Each opens its transaction, or joins the caller's, and publishes what happened."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q

from accounts.audit.services import publish, record_security_event
from accounts.devices import services as devices
from accounts.identity import policy, selectors
from accounts.identity.events import ContactVerified, PasswordChanged, PersonFrozen, PersonVerified, ProfileChanged
from accounts.identity.models import TotpUse, User
from accounts.identity.registry import discovery_changed, leaving_time_zone, signing_up
from accounts.jurisdictions.policy import COUNTRIES, currency_of
from accounts.wallets.services import allow_spending, open_wallet, stop_spending
from wallet_project.lib import db
from wallet_project.lib.errors import Invalid, WalletError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from wallet_project.lib.origin import Origin

FORGET_TASK = "accounts.forget_unverified"
UNVERIFIED_KEPT = timedelta(days=1)
DISCOVERY_FIELDS = ("discoverable_by_handle", "discoverable_by_email", "discoverable_by_phone")


class HandleTaken(WalletError):
    """Someone already has this handle, or one that looks like it."""

    code = "handle_taken"


class EmailTaken(WalletError):
    """The address was verified by another account in the meantime."""

    code = "email_taken"


class PhoneTaken(WalletError):
    """The number was verified by another account in the meantime."""

    code = "phone_taken"


def verification_completed(*, user: User, contact: str, at: datetime, origin: Origin) -> None:
    """The person proved ``contact`` (email or phone) theirs. The first time, their wallet opens.

    Joins the caller's transaction or opens one: the wallet, the mark and the event exist together or not at all.
    Staff get no wallet.
    """
    with db.transaction_if_not_already():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.verified_at is not None:
            event = ContactVerified(user_id=user.pk, contact=contact)
            publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)
            return
        User.objects.filter(pk=user.pk).update(verified_at=at)
        user.verified_at = at
        if locked.is_staff:
            return
        currency = currency_of(locked.country)
        open_wallet(user=locked, currency=currency, at=at, origin=origin)
        verified = PersonVerified(user_id=user.pk, contact=contact, country=locked.country, currency=currency)
        publish(verified, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)


def give_phone(*, user: User, phone: str) -> None:
    """Notes the number a person gives at sign-up (E.164); it counts for nothing before it is verified."""
    user.phone, user.phone_verified_at = phone, None
    user.save(update_fields=["phone", "phone_verified_at"])


def verify_phone(*, user: User, phone: str, at: datetime, origin: Origin) -> None:
    """The person proved ``phone`` theirs: it replaces the one before. Raises PhoneTaken."""
    try:
        with db.transaction_if_not_already():
            user.phone, user.phone_verified_at = phone, at
            user.save(update_fields=["phone", "phone_verified_at"])
            verification_completed(user=user, contact="phone", at=at, origin=origin)
    except IntegrityError as error:
        raise PhoneTaken from error


def verify_email(*, user: User, email: str, at: datetime, origin: Origin) -> None:
    """The person proved ``email`` theirs: it becomes the address of the account. Raises EmailTaken."""
    try:
        with db.transaction_if_not_already():
            user.email = email
            user.save(update_fields=["email"])
            verification_completed(user=user, contact="email", at=at, origin=origin)
    except IntegrityError as error:
        raise EmailTaken from error


def forget_email(*, user: User) -> None:
    """The address was removed from the account."""
    user.email = ""
    user.save(update_fields=["email"])


def update_profile(*, user: User, changes: Mapping[str, Any], at: datetime, origin: Origin) -> User:
    """Changes any of handle, shown_name, language, time_zone, country, theme and the three discoverable_by_….

    An empty handle or shown_name is left as it was asked: None clears neither. Raises Invalid per field, HandleTaken.
    """
    clean = {field: _clean(field, value) for field, value in changes.items()}
    changed = sorted(field for field, value in clean.items() if getattr(user, field) != value)
    if not changed:
        return user
    if "handle" in changed and selectors.is_handle_taken(clean["handle"], but=user.pk):
        raise HandleTaken
    before = {field: getattr(user, field) for field in changed}
    try:
        with db.transaction_if_not_already():
            if "time_zone" in changed:
                for _name, leave in leaving_time_zone.items():
                    leave(user_id=user.pk, at=at, time_zone=before["time_zone"])
            for field in changed:
                setattr(user, field, clean[field])
            user.save(update_fields=changed)
            if turned := {field: clean[field] for field in changed if field in DISCOVERY_FIELDS}:
                for _name, note in discovery_changed.items():
                    note(user_id=user.pk, turned=turned, at=at, origin=origin)
            event = ProfileChanged(user_id=user.pk, fields=changed)
            publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)
    except IntegrityError as error:
        for field, value in before.items():
            setattr(user, field, value)
        raise HandleTaken from error
    return user


def _clean(field: str, value: Any) -> Any:
    if field == "handle":
        return policy.normalise_handle(value)
    if field == "shown_name":
        return policy.clean_name(value)
    if field in DISCOVERY_FIELDS:
        return bool(value)
    return _choice(field, value)


def _choice(field: str, value: str) -> str:
    if field == "time_zone":
        return _time_zone(value)
    allowed = {
        "language": {code for code, _name in settings.LANGUAGES},
        "theme": set(User.Theme.values),
        "country": set(COUNTRIES),
    }
    if field not in allowed:
        raise Invalid({field: "unknown_field"})
    if value not in allowed[field]:
        raise Invalid({field: "choice_unknown"})
    return value


def _time_zone(value: str) -> str:
    try:
        return str(ZoneInfo(unicodedata.normalize("NFC", value[:64])))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid({"time_zone": "choice_unknown"}) from error


def set_language(*, user: User, language: str, at: datetime, origin: Origin) -> None:
    """The language of the person's pages and messages. Raises Invalid."""
    update_profile(user=user, changes={"language": language}, at=at, origin=origin)


def signed_up(*, user: User, at: datetime, origin: Origin) -> None:
    """Tells the rooms that keep something of a new account, in the transaction that makes it."""
    db.transaction_required()
    for _name, tell in signing_up.items():
        tell(user=user, at=at, origin=origin)


def accept_terms(*, user: User, at: datetime) -> None:
    """Notes that the terms of that day were accepted."""
    user.terms_accepted_at = at
    user.save(update_fields=["terms_accepted_at"])


def record_password_change(*, user: User, how: str, keep_session: UUID | None, at: datetime, origin: Origin) -> None:
    """A password was changed, set or reset: every other session ends in the same moment."""
    with db.transaction_if_not_already():
        devices.revoke_all(user=user, at=at, origin=origin, except_session_id=keep_session)
        event = PasswordChanged(user_id=user.pk, how=how)
        publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)


def freeze(*, user: User, by: str, at: datetime, origin: Origin) -> None:
    """Freezes an account: signed out everywhere at once; it can neither send nor be sent to. ``by`` is the actor."""
    with db.transaction_if_not_already():
        if not User.objects.filter(pk=user.pk, state=User.State.ACTIVE).update(state=User.State.FROZEN):
            return
        user.state = User.State.FROZEN
        devices.revoke_all(user=user, at=at, origin=origin)
        publish(PersonFrozen(user_id=user.pk), actor=by, subject_id=user.pk, origin=origin, at=at)
        stop_spending(user_id=user.pk, at=at)


def unfreeze(*, user: User, by: str, at: datetime, origin: Origin) -> None:
    """Ends a freeze."""
    with db.transaction_if_not_already():
        if not User.objects.filter(pk=user.pk, state=User.State.FROZEN).update(state=User.State.ACTIVE):
            return
        user.state = User.State.ACTIVE
        record_security_event(kind="account_unfrozen", user_id=user.pk, actor=by, origin=origin, at=at)
        allow_spending(user_id=user.pk, at=at)


def use_totp_counter(*, user_id: UUID, counter: int) -> bool:
    """Takes the TOTP step ``counter``; False when it, or a later one, was used before (RFC 6238 §5.2)."""
    with db.transaction_if_not_already():
        TotpUse.objects.bulk_create([TotpUse(user_id=user_id, last_counter=-1)], ignore_conflicts=True)
        return bool(TotpUse.objects.filter(user_id=user_id, last_counter__lt=counter).update(last_counter=counter))


def forget_unverified(*, at: datetime, limit: int = 500) -> int:
    """Deletes accounts that proved no contact within a day: nothing ever hung on them. Returns how many."""
    stale = Q(verified_at__isnull=True, is_staff=False, date_joined__lt=at - UNVERIFIED_KEPT, last_login__isnull=True)
    doomed = list(User.objects.filter(stale).values_list("pk", flat=True)[:limit])
    User.objects.filter(stale, pk__in=doomed).delete()
    return len(doomed)
