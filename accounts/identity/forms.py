"""The shape of sign-up, sign-in and the profile. They check; they never act."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ConfirmEmailVerificationCodeForm,
    LoginForm,
    RequestLoginCodeForm,
    SignupForm,
)
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.models import EmailAddress
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.identity.fields import ContactField
from accounts.identity.policy import Identifier


class SignUpForm(SignupForm):
    """Sign-up on the page: one field for e-mail or phone, a password, the country, the terms."""

    contact = ContactField()
    country = forms.ChoiceField(label=_("Country"), required=False)
    terms = forms.BooleanField(
        label=_("I accept the terms and have read the privacy notice."),
        error_messages={"required": _("Accept the terms to open a wallet.")},
    )
    field_order = ["contact", "password1", "country", "terms"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from accounts.jurisdictions.policy import choices, default_country

        country: Any = self.fields["country"]
        country.choices = choices()
        country.initial = default_country().code
        self.fields["password1"].help_text = _("At least 12 characters. A few words in a row are easy to remember.")
        self.fields["email"].required = False
        for hidden in ("email", "phone"):
            self.fields[hidden].widget = forms.HiddenInput()

    def full_clean(self) -> None:
        """Reads the one field into the two that allauth knows; what is wrong with either is said at the one."""
        if self.is_bound:
            self.data: Any = self.data.copy()
            for name in ("email", "phone"):
                self.data[name] = ""
            found = self._contact()
            if found is not None:
                self.data[found.kind] = found.value
        super().full_clean()
        for name in ("email", "phone"):
            for error in self._errors.pop(name, []) if self._errors else []:
                if "contact" not in self._errors:
                    self.add_error("contact", error)

    def _contact(self) -> Identifier | None:
        try:
            found = self.fields["contact"].clean(self.data.get("contact", ""))
        except forms.ValidationError:
            return None
        return found if isinstance(found, Identifier) else None


class SignInForm(LoginForm):
    """Sign-in with a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""  # the page has the link
        login = self.fields["login"]
        login.label = _("E-mail or phone number")
        login.widget = forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        )
        login.max_length = 254


class RequestCodeForm(RequestLoginCodeForm):
    """Sign-in by code: one field for e-mail or phone."""

    contact = ContactField()
    field_order = ["contact"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = False
        for hidden in ("email", "phone"):
            self.fields[hidden].widget = forms.HiddenInput()

    def full_clean(self) -> None:
        """As at sign-up: one field becomes the two that allauth knows."""
        if self.is_bound:
            self.data: Any = self.data.copy()
            for name in ("email", "phone"):
                self.data[name] = ""
            try:
                found = self.fields["contact"].clean(self.data.get("contact", ""))
            except forms.ValidationError:
                found = ""
            if isinstance(found, Identifier):
                self.data[found.kind] = found.value
        super().full_clean()


class ResetPasswordForm(AllauthResetPasswordForm):
    """A forgotten password: the code goes to the e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")


class ConfirmEmailForm(ConfirmEmailVerificationCodeForm):
    """The code from the mail. Only somebody who verified the address stands in the way, not who merely claimed it."""

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong code, or an address verified elsewhere meanwhile."""
        code = str(super(ConfirmEmailVerificationCodeForm, self).clean_code())
        others = EmailAddress.objects.filter(email=(self.email or "").lower(), verified=True)
        if others.exclude(user=self.user).exists():
            raise get_adapter().validation_error("email_taken")
        return code


class HandleForm(forms.Form):
    """Onboarding: how others find and recognise you. Both may stay empty."""

    handle = forms.CharField(
        label=_("Handle"),
        required=False,
        max_length=21,
        help_text=_("3 to 20 letters, digits, dots or underscores. Friends can send to it."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "nickname"}),
    )
    shown_name = forms.CharField(
        label=_("Your name"),
        required=False,
        max_length=50,
        help_text=_("People you pay see it. Others see only the beginning."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class ProfileForm(HandleForm):
    """The settings page."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    theme = forms.ChoiceField(label=_("Appearance"), required=False, widget=forms.RadioSelect)
    discoverable_by_handle = forms.BooleanField(label=_("People who know my handle see my name"), required=False)
    discoverable_by_email = forms.BooleanField(label=_("People who know my e-mail address see my name"), required=False)
    discoverable_by_phone = forms.BooleanField(label=_("People who know my phone number see my name"), required=False)

    def __init__(self, *args: Any, choices: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, options in choices.items():
            field: Any = self.fields[name]
            field.choices = options
