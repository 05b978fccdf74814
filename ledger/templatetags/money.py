"""``{% load money %}``: every amount on a page goes through here."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from ledger import currencies
from ledger.formatting import format_money
from ledger.money import Money

register = template.Library()


@register.simple_tag
def money(value: Money | int, currency: str = "", *, code: bool = False, signed: bool = False) -> str:
    """``{% money transfer.amount %}`` or ``{% money row.amount_minor row.currency %}``, in the reader's language.

    ``code=True`` writes the ISO code instead of the symbol; ``signed=True`` puts a plus before what came in.
    """
    amount = value if isinstance(value, Money) else Money(value, currency)
    return format_money(amount, get_language() or "en", with_code=code, sign=signed)


@register.simple_tag
def decimals(currency: str) -> int:
    """How many decimals a person may type in this currency."""
    return currencies.exponent(currency)
