"""What identity listens to: allauth's and Django's signals about passwords and wrong answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import clear_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.app_settings import TOTP_PERIOD
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_login_failed
from django.utils.translation import gettext_lazy as _

from accounts.audit.services import record_security_event
from accounts.devices.origin import origin_of, session_row_of
from accounts.identity import selectors, services
from accounts.identity.exact_passwords import keep_spaces
from accounts.identity.mfa_adapter import owner_of
from accounts.identity.proof import disproven, proven
from accounts.identity.services.messages import SWEEP_TASK
from accounts.identity.services.people import FORGET_TASK
from accounts.identity.signin import identifier_of
from wallet_project.lib import clock
from wallet_project.lib.errors import WalletError
from wallet_project.lib.jobs import Job, jobs

if TYPE_CHECKING:
    from allauth.account.models import EmailAddress
    from django.http import HttpRequest

    from accounts.identity.models import User


class CodeAlreadyUsed(WalletError):
    """The authenticator's code was right, and was used before."""

    code = "code_already_used"


def connect() -> None:
    """Called once when the app is ready."""
    keep_spaces()
    for how in ("password_changed", "password_set", "password_reset"):
        getattr(account_signals, how).connect(_password_changed(how), weak=False, dispatch_uid=f"identity.{how}")
    for kind in ("login_code_rejected", "email_verification_code_rejected", "password_reset_code_rejected"):
        getattr(account_signals, kind).connect(_note(kind), weak=False, dispatch_uid=f"identity.{kind}")
    for kind in ("authenticator_added", "authenticator_removed", "authenticator_reset"):
        getattr(mfa_signals, kind).connect(_note(kind), weak=False, dispatch_uid=f"identity.{kind}")
    account_signals.user_logged_in.connect(_note("signed_in"), weak=False, dispatch_uid="identity.signed_in")
    account_signals.authentication_step_completed.connect(_secret_was_right, dispatch_uid="identity.proven")
    account_signals.email_confirmed.connect(_email_confirmed, dispatch_uid="identity.email_confirmed")
    account_signals.email_removed.connect(_email_removed, dispatch_uid="identity.email_removed")
    mfa_signals.authenticator_used.connect(_second_factor_used, dispatch_uid="identity.second_factor_used")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="identity.sign_in_failed")
    jobs.register(
        "identity.one_time_messages",
        Job(task=SWEEP_TASK, every_seconds=5, queue="notify", summary=_("Sends codes whose nudge was lost.")),
    )
    jobs.register(
        "identity.forget_unverified",
        Job(
            task=FORGET_TASK, every_seconds=3600, queue="reports", summary=_("Deletes accounts that proved no contact.")
        ),
    )


def _password_changed(how: str) -> Any:
    def handle(request: HttpRequest, user: User, **_: Any) -> None:
        here = session_row_of(request) if how != "password_reset" else None
        services.record_password_change(
            user=user,
            how=how.removeprefix("password_"),
            keep_session=here.pk if here is not None else None,
            at=clock.now(),
            origin=origin_of(request),
        )

    return handle


def _secret_was_right(request: HttpRequest, **_: Any) -> None:
    proven(request)


def _email_confirmed(request: HttpRequest, email_address: EmailAddress, **_: Any) -> None:
    """Inside the adapter's transaction: the person, the wallet and the event, or nothing."""
    user: Any = email_address.user
    services.verify_email(user=user, email=email_address.email, at=clock.now(), origin=origin_of(request))


def _email_removed(request: HttpRequest, user: User, email_address: EmailAddress, **_: Any) -> None:
    if user.email == email_address.email:
        services.forget_email(user=user)


def _second_factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A code works once, also when the cache was emptied; and a row moved to another account opens nothing."""
    sealed = authenticator.data.get("secret") or authenticator.data.get("seed") or ""
    foreign = bool(sealed) and owner_of(sealed) != str(user.pk)
    counter = int(clock.now().timestamp()) // TOTP_PERIOD
    is_totp = authenticator.type == Authenticator.Type.TOTP
    if foreign or (is_totp and not services.use_totp_counter(user_id=user.pk, counter=counter)):
        clear_authentication_records(request)
        disproven(request)
        raise CodeAlreadyUsed


def _note(kind: str) -> Any:
    def handle(request: HttpRequest, user: User, **_: Any) -> None:
        record_security_event(
            kind=kind, user_id=user.pk, actor=f"person:{user.pk}", origin=origin_of(request), at=clock.now()
        )

    return handle


def _sign_in_failed(request: HttpRequest | None = None, credentials: dict[str, Any] | None = None, **_: Any) -> None:
    """Only failures against somebody who exists: what strangers type is nobody's event."""
    identifier = identifier_of(credentials or {})
    if request is None or identifier is None:
        return
    for user in selectors.candidates_for_sign_in(identifier)[:1]:
        record_security_event(
            kind="sign_in_failed", user_id=user.pk, actor="stranger", origin=origin_of(request), at=clock.now()
        )
