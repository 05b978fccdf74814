"""Form fields for contacts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.identity.policy import (
    IDENTIFIER_LENGTH_MAX,
    Identifier,
    IdentifierMalformed,
    normalise_identifier,
    normalise_phone,
)


class PhoneField(forms.CharField):
    """A phone number, national or international; its value is E.164."""

    message = _("Enter a phone number, with the country code if it is from abroad, such as +49 151 23456789.")
    email_message = _("Enter an e-mail address, such as name@example.com.")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Phone number"))
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """E.164, or empty where not required. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            return normalise_phone(text, settings.DEFAULT_COUNTRY)
        except IdentifierMalformed as error:
            raise ValidationError(self.message, code="invalid_phone") from error


class ContactField(forms.CharField):
    """One field for an e-mail address or a phone number; its value is an Identifier."""

    message = _("Enter an e-mail address, such as name@example.com, or a phone number, such as +49 151 23456789.")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("E-mail or phone number"))
        kwargs.setdefault("max_length", IDENTIFIER_LENGTH_MAX)
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attributes))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Identifier | str:
        """Raises ValidationError for anything that is neither."""
        text = super().clean(value)
        if not text:
            return ""
        try:
            found = normalise_identifier(text, settings.DEFAULT_COUNTRY)
        except IdentifierMalformed as error:
            raise ValidationError(self.message, code="invalid_contact") from error
        if found.kind == "handle":
            raise ValidationError(self.message, code="invalid_contact")
        return found
