"""Our answers to allauth's questions: where phones live, how messages leave, which stages a sign-in passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.devices.errors import StaffOwnNoWallet
from accounts.devices.origin import origin_of
from accounts.identity import selectors, services
from accounts.identity.fields import PhoneField
from accounts.identity.policy import IdentifierMalformed, normalise_email, normalise_phone
from accounts.identity.proof import proven
from accounts.identity.refusals import APP_PREFIX
from wallet_project.lib import clock, db
from wallet_project.lib.client_ip import client_ip

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.identity.models import User

# allauth's mails that carry something somebody waits for → our template; everything else is a notice of ours.
TEMPLATES = {
    "account/email/email_confirmation_signup": "verify_email",
    "account/email/email_confirmation": "verify_email",
    "account/email/login_code": "sign_in_code",
    "account/email/password_reset_code": "password_reset_code",
    "account/email/account_already_exists": "account_already_exists",
}
UNKNOWN = "account/email/unknown_account"
STAGES = {"allauth.account.stages.EmailVerificationStage": "accounts.identity.stages.VerifyEmailStage"}


class AccountAdapter(DefaultAccountAdapter):
    """The account adapter. Everything it sends is a OneTimeMessage; everything it verifies opens the wallet."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("That was wrong too many times. Sign in or sign up again to get a new code."),
    }

    # --- sign-in

    def get_login_stages(self) -> list[str]:
        """allauth's stages, with ours where a verified phone suffices (hole 8)."""
        return [STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Once the secret was right: there is no app for staff, whose sessions are short. Raises StaffOwnNoWallet."""
        if user.is_staff and request.path.startswith(APP_PREFIX):
            raise StaffOwnNoWallet
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Signs in. A contact proven on a road around our hooks opens the wallet here, before anything is answered."""
        if user.verified_at is None and not user.is_staff:
            self._open_if_proven(request, user)
        super().login(request, user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """After sign-up: choose a handle and a name, or skip it."""
        return reverse("welcome")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Customers go home, staff to the desk."""
        return reverse("admin:index") if request.user.is_staff else settings.LOGIN_REDIRECT_URL

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseRedirect:
        """A closed account gets its own page."""
        return HttpResponseRedirect(reverse("account_inactive"))

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """A new account and what it agreed to are one transaction, on every way of signing up."""
        with db.transaction_if_not_already():
            saved: User = super().save_user(request, user, form, commit=commit)
            if commit:
                services.signed_up(user=saved, at=clock.now(), origin=origin_of(request))
        return saved

    # --- contacts

    def clean_email(self, email: str) -> str:
        """In lower case and no longer than an address may be. Raises ValidationError."""
        if not email:
            return email
        try:
            return normalise_email(email)
        except IdentifierMalformed as error:
            raise ValidationError(PhoneField.email_message, code="invalid") from error

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Verified, noted on the person and opened in one transaction (identity.handlers listens inside it)."""
        with db.transaction():
            confirmed = bool(super().confirm_email(request, email_address))
        proven(request)
        return confirmed

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The last contact stays: without one nobody could sign in again."""
        owner: Any = email_address.user
        others = EmailAddress.objects.filter(user=owner, verified=True).exclude(pk=email_address.pk)
        return owner.phone_verified_at is not None or others.exists()

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        """A field that also reads national numbers."""
        return PhoneField(**kwargs)

    def clean_phone(self, phone: str) -> str:
        """E.164. Raises ValidationError."""
        try:
            return normalise_phone(phone, settings.DEFAULT_COUNTRY)
        except IdentifierMalformed as error:
            raise ValidationError(PhoneField.message, code="invalid_phone") from error

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Keeps the number given at sign-up; verified ones come through ``set_phone_verified``."""
        services.give_phone(user=user, phone=phone)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """The number and whether it was proven."""
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Proven: noted on the person, and the wallet opens, in one transaction."""
        services.verify_phone(user=user, phone=phone, at=clock.now(), origin=origin_of(self.request))
        proven(self.request)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Whose verified number it is. An unproven claim of a number is nobody's, so it can block nobody."""
        try:
            return selectors.user_by_phone(normalise_phone(phone, settings.DEFAULT_COUNTRY))
        except IdentifierMalformed:
            return None

    # --- passwords

    def set_password(self, user: User, password: str) -> None:
        """Stores the hash; sessions end when allauth says how it was changed (identity.handlers)."""
        super().set_password(user, password)
        proven(self.request)

    # --- messages

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A one-time message, or for an address nobody has a decoy of the same cost (hole 7)."""
        if template_prefix == UNKNOWN:
            services.send_decoy(channel="email", to=email, at=clock.now(), ip_address=self._address())
            return
        template_code = TEMPLATES.get(template_prefix)
        if template_code is None:
            return
        if template_code == "verify_email" and selectors.is_email_taken(email):
            template_code = "account_already_exists"  # its owner is told; whoever claims it gets no code
        self._send("email", email, template_code, context)

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        """A code to a number whose owner asked for it."""
        owner = selectors.user_by_phone(phone)
        if owner is not None and owner.pk != user.pk:
            self.send_account_already_exists_sms(phone)
            return
        self._send("sms", phone, "verification_code", {"code": code, "user": user})

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """A number nobody has: nothing is sent, and it takes as long (hole 7)."""
        services.send_decoy(channel="sms", to=phone, at=clock.now(), ip_address=self._address())

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Sign-up with a taken number: its owner is told how to sign in; the stranger sees the usual page."""
        self._send("sms", phone, "account_already_exists", {})

    def _send(self, channel: str, to: str, template_code: str, context: dict[str, Any]) -> None:
        user = context.get("user")
        services.send_one_time_message(
            channel=channel,
            to=to,
            template_code=template_code,
            context={key: context[key] for key in ("code",) if key in context},
            user=user if user is not None and user.pk else None,
            at=clock.now(),
            ip_address=self._address(),
        )

    def _address(self) -> str:
        return (client_ip(self.request) or "") if self.request is not None else ""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The one function for addresses, shared with axes and the limiter."""
        return client_ip(request) or "unknown"

    def _open_if_proven(self, request: HttpRequest, user: User) -> None:
        contact = "phone" if user.phone_verified_at else "email"
        if user.phone_verified_at or EmailAddress.objects.filter(user=user, verified=True).exists():
            services.verification_completed(user=user, contact=contact, at=clock.now(), origin=origin_of(request))
