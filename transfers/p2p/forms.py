"""Shape of the pages' input. The amount stays the text that was typed; the view reads it with the ledger's parser."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from transfers.p2p.policy import NOTE_LENGTH_MAX
from wallet_project.lib.widgets import AmountInput

AMOUNT_TEXT_MAX = 32


class AmountForm(forms.Form):
    """How much, in which of the person's currencies, and what for."""

    amount = forms.CharField(
        label=_("Amount"),
        max_length=AMOUNT_TEXT_MAX,
        strip=False,
        widget=AmountInput,
        error_messages={
            "required": _("Enter an amount, such as 12.50."),
            "max_length": _("Enter a shorter amount, such as 12.50."),
        },
    )
    currency = forms.ChoiceField(label=_("Currency"), error_messages={"required": _("Choose a currency.")})
    note = forms.CharField(
        label=_("Note"),
        help_text=_("They will see it. Up to 140 characters."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type; it was declared above
        field.choices = [(code, code) for code in currencies]
        if len(currencies) == 1:
            field.widget = forms.HiddenInput()
            self.initial["currency"] = currencies[0]
        self.note_length_max = NOTE_LENGTH_MAX


class ReviewForm(forms.Form):
    """What the person saw when they pressed the button: another tab may have changed the draft since."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
