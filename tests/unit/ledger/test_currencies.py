"""The table of decimals."""

from __future__ import annotations

import pytest
from babel import Locale

from ledger import currencies
from ledger.errors import CurrencyUnknown


@pytest.mark.parametrize(
    ("code", "exponent", "number"),
    [
        ("JPY", 0, 392),
        ("EUR", 2, 978),
        ("USD", 2, 840),
        ("CNY", 2, 156),
        ("ISK", 0, 352),
        ("KWD", 3, 414),
        ("TND", 3, 788),
        ("CLF", 4, 990),
        ("BTC", 8, 1000),
    ],
)
def test_exponent_and_number(code: str, exponent: int, number: int) -> None:
    assert (currencies.exponent(code), currencies.number(code)) == (exponent, number)


def test_no_two_currencies_share_a_number() -> None:
    numbers = [row.number for row in currencies.CURRENCIES.values()]
    assert len(numbers) == len(set(numbers)) > 160


def test_iso_numbers_and_exponents_are_in_range() -> None:
    iso = [row for row in currencies.CURRENCIES.values() if row.number < 1000]
    assert {row.exponent for row in iso} == {0, 2, 3, 4}
    assert all(0 < row.number < 1000 and len(row.code) == 3 for row in iso)
    assert all(row.exponent <= 8 for row in currencies.CURRENCIES.values())


def test_every_iso_code_has_a_name_in_both_languages() -> None:
    iso = {code for code, row in currencies.CURRENCIES.items() if row.number < 1000}
    for locale in ("en_US", "zh_Hans_CN"):
        assert iso - set(Locale.parse(locale).currencies) <= {"UYW", "VED", "XCG", "ZWG"}  # younger than some CLDRs


@pytest.mark.parametrize("code", ["eur", "", "XXX", "EUR\n"])
def test_unknown(code: str) -> None:
    with pytest.raises(CurrencyUnknown) as refusal:
        currencies.exponent(code)
    assert refusal.value.params == {"currency": code}
