"""Shape of the pages' input. Amounts and IBANs stay the text that was typed; services read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.banking import details
from wallet_project.lib.describing import catalogue, together
from wallet_project.lib.errors import Invalid
from wallet_project.lib.widgets import AmountInput

if TYPE_CHECKING:
    from collections.abc import Callable

IBAN_TEXT_MAX = 64
NAME_MAX = 70
"""What a SEPA file can carry (ISO 20022 Max70Text)."""
ANSWER_MAX = 1_000


class BankAccountForm(forms.Form):
    """An account in one's own name."""

    iban = forms.CharField(
        label=_("IBAN"),
        help_text=_("On your card or statement. Spaces do not matter."),
        max_length=IBAN_TEXT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={
            "required": _("Enter the IBAN of your bank account."),
            "max_length": _("Enter the IBAN alone, without other words."),
        },
    )
    holder_name = forms.CharField(
        label=_("Account holder"),
        help_text=_("Your name, as your bank writes it."),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Enter the name of the account holder."),
            "max_length": _("Enter a name of up to 70 characters."),
        },
    )
    bic = forms.CharField(
        label=_("BIC"),
        help_text=_("Only if your bank asks for it. We find it from the IBAN."),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"max_length": _("A BIC has 8 or 11 letters and digits, such as COBADEFF.")},
    )

    def clean_iban(self) -> str:
        """What is wrong with it is said beside the other faults of the form; the service reads it again."""
        return self._read("iban", details.clean_iban)

    def clean_holder_name(self) -> str:
        """The same for the name."""
        return self._read("holder_name", details.clean_holder)

    def _read(self, name: str, clean: Callable[[str], str]) -> str:
        typed = str(self.cleaned_data[name])
        try:
            clean(typed)
        except Invalid as refusal:
            entry = catalogue()[refusal.fields[name]]
            raise forms.ValidationError(together(entry.detail, entry.next_step)) from refusal
        return typed


class WithdrawForm(forms.Form):
    """How much, and to which of the person's bank accounts."""

    amount = forms.CharField(
        label=_("Amount"),
        max_length=32,
        strip=False,
        widget=AmountInput,
        error_messages={
            "required": _("Enter the amount you want to withdraw."),
            "max_length": _("Enter a shorter amount, such as 12.50."),
        },
    )
    account = forms.ChoiceField(
        label=_("To your bank account"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one of your bank accounts."),
            "invalid_choice": _("Choose one of your bank accounts."),
        },
    )

    def __init__(self, *args: Any, accounts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type; it was declared above
        field.choices = accounts


class ReviewForm(forms.Form):
    """What the person saw when they pressed the button: another tab may have changed the draft since."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)


class AnswerForm(forms.Form):
    """The answer to what our team asked."""

    answer = forms.CharField(
        label=_("Your answer"),
        max_length=ANSWER_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Write an answer."),
            "max_length": _("Write an answer of up to 1,000 characters."),
        },
    )
