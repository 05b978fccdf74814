"""The shape of what officers send. Everything else is decided by services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.banking.policy import HOLDER_LENGTH_MAX, REJECT_REASONS

NOTE_LENGTH_MAX = 500
_REJECT_WORDS = {
    "name_mismatch": _("The holder’s name does not match"),
    "account_not_yours": _("The bank account is not the customer’s"),
    "source_of_funds": _("The source of the money is not clear"),
    "no_answer": _("The customer did not answer"),
    "security": _("To protect the customer"),
    "other": _("Another reason (write it below)"),
}


def reject_choices() -> list[tuple[str, object]]:
    """The room's reasons with the desk's words; one without words is offered as its code."""
    return [("", _("Choose a reason")), *((code, _REJECT_WORDS.get(code, code)) for code in REJECT_REASONS)]


class RejectForm(forms.Form):
    """Why, and what the customer is told."""

    reason = forms.ChoiceField(label=_("Reason"), choices=reject_choices)
    note = forms.CharField(
        label=_("Note to the customer"),
        help_text=_("The customer reads this. Leave it empty if the reason says enough."),
        required=False,
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AskForm(forms.Form):
    """A question to the customer."""

    question = forms.CharField(
        label=_("Your question"), max_length=NOTE_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )


class RefuseForm(forms.Form):
    """Why a second officer does not agree."""

    refusal = forms.CharField(
        label=_("Why you do not agree"), max_length=NOTE_LENGTH_MAX, widget=forms.Textarea(attrs={"rows": 2})
    )


class ProposeForm(forms.Form):
    """Why a payment is to be corrected, and what shows it; the second officer reads both."""

    reason = forms.CharField(label=_("Reason"), max_length=240, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = forms.CharField(
        label=_("What shows it"),
        help_text=_("For example the bank’s letter or call: who said what, and when."),
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CorrectForm(forms.Form):
    """What may be corrected of a bank account. The IBAN never is: another one is another account."""

    holder_name = forms.CharField(
        label=_("Account holder"),
        help_text=_("The whole name as the bank has it. Leave it empty to keep the name."),
        required=False,
        max_length=HOLDER_LENGTH_MAX,
    )
    bic = forms.CharField(
        label=_("BIC"),
        help_text=_("Leave it empty to take the one of the IBAN’s bank."),
        required=False,
        max_length=11,
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[
            ("", _("Choose a reason")),
            ("customer_asked", _("The customer asked for it")),
            ("bank_asked", _("The bank asked for it")),
            ("typing_mistake", _("A typing mistake")),
        ],
    )
