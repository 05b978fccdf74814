"""Money as people read and type it. Babel shows; our own table knows the decimals. No Django, no floats."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import NumberFormatError, get_currency_symbol, parse_decimal

from ledger import currencies
from ledger.errors import LedgerError
from ledger.money import BIGINT_MAX, Money

if TYPE_CHECKING:
    from typing import ClassVar

_LOCALES = {"en": "en_US", "zh": "zh_Hans_CN"}
_TYPED = re.compile(r"[0-9][0-9.,'\u00a0\u202f ]*|[.,][0-9]+")
_TYPED_MAX = 40
MINUS = "\u2212"


class AmountNotUnderstood(LedgerError):
    """A typed amount that is no amount. Params: ``currency`` and ``decimals`` (how many it may have)."""

    code: ClassVar[str] = "amount_invalid"


class AmountMissing(AmountNotUnderstood):
    """Nothing was typed."""

    code = "amount_missing"


class AmountNotPositive(AmountNotUnderstood):
    """Zero."""

    code = "amount_not_positive"


class AmountTooPrecise(AmountNotUnderstood):
    """More decimals than the currency has."""

    code = "amount_too_precise"


class AmountTooLarge(AmountNotUnderstood):
    """More than the books can hold."""

    code = "amount_too_large"


def format_money(money: Money, locale: str = "en_US", *, with_code: bool = False, sign: bool = False) -> str:
    """``$1,234.50``, ``¥1,235``, minus ``€3.00``: the sign before the symbol, decimals by currency, never rounded.

    ``with_code`` names the ISO code instead of the symbol: ``1,234.50 USD``. ``sign`` also shows a plus.
    """
    decimals = currencies.exponent(money.currency)
    digits = str(abs(money.amount_minor)).zfill(decimals + 1)
    whole, fraction = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    symbols = _symbols(_full_locale(locale))
    grouped = _grouped(whole, symbols[1])
    number = f"{grouped}{symbols[0]}{fraction}" if fraction else grouped
    prefix = MINUS if money.amount_minor < 0 else "+" if sign and money.amount_minor > 0 else ""
    if with_code:
        return f"{prefix}{number}\u00a0{money.currency}"
    symbol = get_currency_symbol(money.currency, locale=_full_locale(locale))
    gap = "\u00a0" if symbol[-1].isalpha() else ""
    return f"{prefix}{symbol}{gap}{number}"


def parse_amount(text: str, currency: str, locale: str = "en_US") -> Money:
    """What a person typed, as money above zero. Raises AmountNotUnderstood (or a subclass) and CurrencyUnknown.

    Full-width digits and surrounding spaces are fine on a page (NFKC, trimmed); signs, exponents, words, wrong grouping
    and more decimals than the currency has are not. JSON amounts never come here: they are whole minor units.
    """
    allowed = {"currency": currency, "decimals": currencies.exponent(currency)}
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        raise AmountMissing(**allowed)
    if len(typed) > _TYPED_MAX or not _TYPED.fullmatch(typed):
        raise AmountNotUnderstood(**allowed)
    try:
        value = parse_decimal(typed, locale=_full_locale(locale), strict=True)
    except NumberFormatError:
        raise AmountNotUnderstood(**allowed) from None
    if len(typed.partition(".")[2]) > currencies.exponent(currency):  # 1.000 may have been meant as a thousand
        raise AmountTooPrecise(**allowed)
    minor = value.scaleb(currencies.exponent(currency))
    if minor == 0:
        raise AmountNotPositive(**allowed)
    if minor > BIGINT_MAX:
        raise AmountTooLarge(**allowed)
    return Money(int(minor), currency)


def _full_locale(locale: str) -> str:
    """``en``, ``zh-hans`` and full names alike; Babel shows in full locales only."""
    return _LOCALES.get(locale[:2].lower(), "en_US")


@lru_cache(maxsize=8)
def _symbols(locale: str) -> tuple[str, str]:
    numbers = Locale.parse(locale).number_symbols["latn"]
    return str(numbers["decimal"]), str(numbers["group"])


def _grouped(whole: str, group: str) -> str:
    return f"{int(whole):,}".replace(",", group)
