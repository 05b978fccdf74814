"""Shapes of the confirm and PIN pages. What a PIN may be is decided by the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.widgets import CodeInput, PinInput

PIN_HINT = _("Six digits. Not a sequence, not your birth date, not part of your phone number.")


def _pin_field(label: Any, *, missing: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        widget=PinInput,
        max_length=32,
        strip=False,
        error_messages={"required": missing, "max_length": _("A payment PIN has exactly six digits, 0 to 9.")},
    )


class AnswerForm(forms.Form):
    """One answer. ``method`` says what kind; the label and the keyboard follow it."""

    method = forms.CharField(widget=forms.HiddenInput, max_length=10)
    code = forms.CharField(label=_("Code"), max_length=200, strip=False)

    _LABELS = {
        "pin": _("Payment PIN"),
        "password": _("Password"),
        "sms": _("Code from the text message"),
        "email": _("Code from the e-mail"),
    }
    _MISSING = {
        "pin": _("Enter your payment PIN."),
        "password": _("Enter your password."),
        "sms": _("Enter the code we sent you."),
        "email": _("Enter the code we sent you."),
    }
    _WIDGETS: dict[str, Any] = {
        "pin": PinInput,
        "password": lambda: forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    }

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = self._LABELS[kind]
        field.widget = self._WIDGETS.get(kind, CodeInput)()
        field.widget.is_required = True
        field.error_messages["required"] = self._MISSING[kind]
        self.initial["method"] = kind


class _TwicePin(forms.Form):
    """A new PIN, typed twice."""

    pin = _pin_field(_("New payment PIN"), hint=PIN_HINT, missing=_("Choose a payment PIN."))
    again = _pin_field(_("The same PIN again"), missing=_("Type the PIN a second time."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("pin") and cleaned.get("again") and cleaned["pin"] != cleaned["again"]:
            self.add_error("again", _("The two PINs are not the same."))
        return cleaned


class FirstPinForm(_TwicePin):
    """The first PIN."""


class ResetPinForm(_TwicePin):
    """A new PIN for who forgot theirs."""


class ChangePinForm(_TwicePin):
    """A new PIN and the old one."""

    old_pin = _pin_field(_("Current payment PIN"), missing=_("Enter your current PIN."))
    field_order = ["old_pin", "pin", "again"]
