"""Inputs that phones treat well: the right keyboard, the right autofill, no zoom, no spelling check."""

from __future__ import annotations

from typing import Any

from django import forms


class AmountInput(forms.TextInput):
    """A typed amount. Text, not number: the server reads what the person wrote, and says what is wrong with it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {"inputmode": "decimal", "autocomplete": "off", "class": "amount", "data-amount": True, "maxlength": 32}
        super().__init__(usual | (attrs or {}))


class CodeInput(forms.TextInput):
    """A one-time code in one field, so that phones can fill it and screen readers can read it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "class": "code",
            "maxlength": 12,
            "spellcheck": "false",
        }
        super().__init__(usual | (attrs or {}))


class PinInput(forms.PasswordInput):
    """A payment PIN: digits keyboard, hidden, never offered to the password manager, never sent back to the page."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        usual = {"inputmode": "numeric", "autocomplete": "off", "class": "code", "maxlength": 6}
        super().__init__(usual | (attrs or {}), render_value=False)
