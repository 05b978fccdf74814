"""Choosing a currency to add."""

from __future__ import annotations

from collections.abc import Collection

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.jurisdictions.policy import CURRENCY_NAMES


class AddCurrencyForm(forms.Form):
    """One of the currencies the person does not have yet."""

    currency = forms.ChoiceField(label=_("Currency"))

    def __init__(self, *args: object, has: Collection[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through
        offered = [(code, f"{name} ({code})") for code, name in CURRENCY_NAMES.items() if code not in has]
        self.fields["currency"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def has_choices(self) -> bool:
        """Whether anything is left to add."""
        return bool(self.fields["currency"].choices)  # type: ignore[attr-defined]  # a ChoiceField
