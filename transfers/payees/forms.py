"""Shape of what a person types to find somebody."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

IDENTIFIER_LENGTH_MAX = 254


class RecipientForm(forms.Form):
    """A handle, an e-mail address or a phone number."""

    identifier = forms.CharField(
        label=_("Handle, e-mail or phone number"),
        help_text=_("For example @mei, mei@mail.com or +49 151 23456789"),
        max_length=IDENTIFIER_LENGTH_MAX,
        error_messages={
            "required": _("Enter a handle, an e-mail address or a phone number."),
            "max_length": _("This is too long for a handle, an e-mail address or a phone number."),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"}
        ),
    )
