"""What every way of signing up shares: allauth mixes this class under its page form **and** its headless input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.identity import selectors
from accounts.jurisdictions.policy import COUNTRIES, country

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.models import User


class ContactOfChoice(forms.Form):
    """E-mail is required unless a phone is given (hole 8); only a *verified* contact is taken.

    allauth's settings say ``email*``, because two of its checks and its verification need it; the person decides.
    """

    country = forms.CharField(label=_("Country"), required=False, max_length=2)
    terms = forms.NullBooleanField(label=_("I accept the terms and have read the privacy notice."), required=False)
    """An app shows both before it signs anybody up; one that says nothing here says that it did. The page asks."""

    def full_clean(self) -> None:
        """With a phone number the e-mail address is optional."""
        if self.is_bound and str(self.data.get("phone") or "").strip():
            self.fields["email"].required = False
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """Decides whether the contact is taken; then hashes the password all the same, so that both take as long."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        email, phone = str(cleaned.get("email") or ""), str(cleaned.get("phone") or "")
        self.account_already_exists = bool(email) and selectors.is_email_taken(email)
        if self.account_already_exists or (phone and selectors.user_by_phone(phone) is not None):
            make_password(cleaned.get("password1") or cleaned.get("password") or "")
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        """Language from the request, country as chosen, the time zone of that country."""
        chosen = str(self.cleaned_data.get("country") or "").upper()
        home = country(chosen if chosen in COUNTRIES else "")
        user.language = translation.get_language() or "en"
        user.country, user.time_zone = home.code, home.time_zone
        user.save(update_fields=["language", "country", "time_zone"])

    def clean_terms(self) -> bool | None:
        """Whoever does not accept opens no account."""
        accepted: bool | None = self.cleaned_data["terms"]
        if accepted is False:
            raise forms.ValidationError(_("Accept the terms to open a wallet."), code="required")
        return accepted
