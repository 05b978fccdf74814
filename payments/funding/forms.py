"""The shape of adding money."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.widgets import AmountInput


class AddMoneyForm(forms.Form):
    """``amount`` stays the text the person typed; the view parses it in the wallet's currency."""

    amount = forms.CharField(
        label=_("Amount"),
        max_length=40,
        widget=AmountInput,
        error_messages={
            "required": _("Enter the amount you want to add."),
            "max_length": _("Enter the amount as a number, such as 25 or 25.50."),
        },
    )
    currency = forms.CharField(min_length=3, max_length=3, widget=forms.HiddenInput)
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)


class ProposeForm(forms.Form):
    """What shall become of a top-up that does not match, why, and what shows it; the second officer reads it."""

    purpose = forms.ChoiceField(
        label=_("What to do"),
        choices=[
            ("", _("Choose what to do")),
            ("top_up_credit_received", _("Credit what was received")),
            ("top_up_given_back", _("Close it: the provider has given everything back")),
        ],
    )
    reason = forms.CharField(label=_("Reason"), max_length=240, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = forms.CharField(
        label=_("What shows it"),
        help_text=_("For example what the provider’s own page says about the payment."),
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
