"""Money as it is read and typed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import currencies
from ledger.errors import CurrencyUnknown
from ledger.formatting import (
    AmountMissing,
    AmountNotPositive,
    AmountNotUnderstood,
    AmountTooLarge,
    AmountTooPrecise,
    format_money,
    parse_amount,
)
from ledger.money import BIGINT_MAX, BIGINT_MIN, Money

NBSP = "\u00a0"


class TestFormat:
    @pytest.mark.parametrize(
        ("money", "english", "chinese"),
        [
            (Money(123_450, "USD"), "$1,234.50", "US$1,234.50"),
            (Money(-300, "EUR"), "−€3.00", "−€3.00"),
            (Money(5, "CNY"), "CN¥0.05", "¥0.05"),
            (Money(1_235, "JPY"), "¥1,235", "JP¥1,235"),
            (Money(1_005, "KWD"), f"KWD{NBSP}1.005", f"KWD{NBSP}1.005"),
            (Money(1, "BTC"), f"BTC{NBSP}0.00000001", f"BTC{NBSP}0.00000001"),
            (Money(0, "EUR"), "€0.00", "€0.00"),
        ],
    )
    def test_by_language_and_currency(self, money: Money, english: str, chinese: str) -> None:
        assert format_money(money) == format_money(money, "en") == english
        assert format_money(money, "zh_Hans_CN") == format_money(money, "zh-hans") == chinese

    def test_code_and_sign(self) -> None:
        assert format_money(Money(-123_450, "EUR"), with_code=True) == f"−1,234.50{NBSP}EUR"
        assert format_money(Money(5, "EUR"), sign=True) == "+€0.05"
        assert format_money(Money(0, "EUR"), sign=True) == "€0.00"

    @pytest.mark.parametrize("amount", [BIGINT_MIN, BIGINT_MAX])
    def test_never_rounds(self, amount: int) -> None:
        shown = format_money(Money(amount, "EUR"), with_code=True)
        digits = "".join(letter for letter in shown if letter.isdigit())
        assert digits == str(abs(amount))


class TestParse:
    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("12", "EUR", 1200),
            ("12.5", "EUR", 1250),
            ("12.50", "EUR", 1250),
            (" 5", "EUR", 500),
            ("5 ", "EUR", 500),
            ("１２", "EUR", 1200),
            ("１２．５", "EUR", 1250),
            ("1,234.50", "EUR", 123_450),
            (".5", "EUR", 50),
            ("0.01", "EUR", 1),
            ("100", "JPY", 100),
            ("1.005", "KWD", 1005),
            ("0.00000001", "BTC", 1),
            ("92233720368547758.07", "EUR", BIGINT_MAX),
        ],
    )
    def test_reads(self, text: str, currency: str, minor: int) -> None:
        assert parse_amount(text, currency) == parse_amount(text, currency, "zh-hans") == Money(minor, currency)

    @pytest.mark.parametrize(
        ("text", "currency", "refusal"),
        [
            ("", "EUR", AmountMissing),
            (" \t", "EUR", AmountMissing),
            ("0", "EUR", AmountNotPositive),
            ("0.00", "EUR", AmountNotPositive),
            ("1.001", "EUR", AmountTooPrecise),
            ("1.000", "EUR", AmountTooPrecise),
            ("1.5", "JPY", AmountTooPrecise),
            ("92233720368547758.08", "EUR", AmountTooLarge),
            ("-1", "EUR", AmountNotUnderstood),
            ("−1", "EUR", AmountNotUnderstood),
            ("+1", "EUR", AmountNotUnderstood),
            ("1e3", "EUR", AmountNotUnderstood),
            ("9e99", "EUR", AmountNotUnderstood),
            ("NaN", "EUR", AmountNotUnderstood),
            ("Infinity", "EUR", AmountNotUnderstood),
            ("∞", "EUR", AmountNotUnderstood),
            ("½", "EUR", AmountNotUnderstood),
            ("0x10", "EUR", AmountNotUnderstood),
            ("1_000", "EUR", AmountNotUnderstood),
            ("12,5", "EUR", AmountNotUnderstood),
            ("1,23,456", "EUR", AmountNotUnderstood),
            ("1.2.3", "EUR", AmountNotUnderstood),
            ("5 5", "EUR", AmountNotUnderstood),
            ("١٢", "EUR", AmountNotUnderstood),
            ("€5", "EUR", AmountNotUnderstood),
            ("five", "EUR", AmountNotUnderstood),
            ("1\x00", "EUR", AmountNotUnderstood),
            ("9" * 10_000, "EUR", AmountNotUnderstood),
        ],
    )
    def test_refuses(self, text: str, currency: str, refusal: type[AmountNotUnderstood]) -> None:
        for locale in ("en", "zh-hans"):
            with pytest.raises(AmountNotUnderstood) as refused:
                parse_amount(text, currency, locale)
            assert type(refused.value) is refusal
            assert refused.value.params == {"currency": currency, "decimals": currencies.exponent(currency)}

    def test_refuses_an_unknown_currency_first(self) -> None:
        with pytest.raises(CurrencyUnknown):
            parse_amount("5", "XXX")

    @given(st.text(max_size=60))
    def test_anything_typed_is_money_or_a_refusal(self, text: str) -> None:
        with contextlib.suppress(AmountNotUnderstood):
            assert parse_amount(text, "EUR").amount_minor > 0

    @given(st.integers(1, BIGINT_MAX), st.sampled_from(["EUR", "JPY", "KWD", "BTC"]))
    def test_reads_back_what_it_shows(self, amount: int, currency: str) -> None:
        shown = format_money(Money(amount, currency), with_code=True).removesuffix(f"{NBSP}{currency}")
        assert parse_amount(shown, currency) == Money(amount, currency)
