"""Money is whole minor units of one currency, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountOutOfRange, CurrencyMismatch, CurrencyUnknown
from ledger.money import BIGINT_MAX, BIGINT_MIN, Money

EUR_10 = Money(1000, "EUR")


class TestMaking:
    @pytest.mark.parametrize("amount", [True, False, 1.0, Decimal(1), "1", None, float("nan")])
    def test_takes_only_whole_numbers(self, amount: object) -> None:
        with pytest.raises(TypeError):
            Money(amount, "EUR")  # type: ignore[arg-type]

    @pytest.mark.parametrize("amount", [BIGINT_MAX + 1, BIGINT_MIN - 1, 10**99])
    def test_refuses_what_a_bigint_cannot_hold(self, amount: int) -> None:
        with pytest.raises(AmountOutOfRange):
            Money(amount, "EUR")

    @pytest.mark.parametrize("currency", ["eur", "XXX", "", "EURO", "ＥＵＲ", "EUR ", None])
    def test_refuses_unknown_currencies(self, currency: str) -> None:
        with pytest.raises(CurrencyUnknown):
            Money(1, currency)

    def test_does_not_change(self) -> None:
        with pytest.raises(AttributeError):
            EUR_10.amount_minor = 5  # type: ignore[misc]


class TestArithmetic:
    def test_adds_and_takes_away(self) -> None:
        assert EUR_10 + Money(5, "EUR") == Money(1005, "EUR")
        assert EUR_10 - Money(1001, "EUR") == Money(-1, "EUR")
        assert Money(-1000, "EUR") == -EUR_10
        assert abs(Money(-7, "EUR")) == Money(7, "EUR")
        assert EUR_10 * 3 == 3 * EUR_10 == Money(3000, "EUR")

    @pytest.mark.parametrize("factor", [1.5, True, Decimal(2), "2"])
    def test_multiplies_only_by_whole_numbers(self, factor: object) -> None:
        with pytest.raises(TypeError):
            EUR_10 * factor  # type: ignore[operator]

    def test_leaving_the_range_is_refused(self) -> None:
        with pytest.raises(AmountOutOfRange):
            Money(BIGINT_MAX, "EUR") + Money(1, "EUR")
        with pytest.raises(AmountOutOfRange):
            -Money(BIGINT_MIN, "EUR")

    @pytest.mark.parametrize("act", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
    def test_never_mixes_currencies(self, act: str) -> None:
        with pytest.raises(CurrencyMismatch):
            getattr(EUR_10, act)(Money(1000, "USD"))

    def test_never_mixes_with_numbers(self) -> None:
        with pytest.raises(TypeError):
            EUR_10 + 5  # type: ignore[operator]
        with pytest.raises(TypeError):
            sum([EUR_10])  # type: ignore[list-item]

    def test_equal_amounts_of_two_currencies_differ(self) -> None:
        assert Money(1000, "USD") != EUR_10

    def test_orders(self) -> None:
        assert Money(1, "EUR") < Money(2, "EUR") <= Money(2, "EUR")
        assert Money(2, "EUR") > Money(1, "EUR") >= Money(1, "EUR")


class TestAllocate:
    @pytest.mark.parametrize(
        ("amount", "ratios", "shares"),
        [
            (100, (1, 1, 1), (34, 33, 33)),
            (5, (3, 7), (2, 3)),
            (1, (1, 1), (1, 0)),
            (-100, (1, 1, 1), (-34, -33, -33)),
            (10, (0, 1), (0, 10)),
            (0, (1, 2), (0, 0)),
        ],
    )
    def test_shares(self, amount: int, ratios: tuple[int, ...], shares: tuple[int, ...]) -> None:
        assert [part.amount_minor for part in Money(amount, "EUR").allocate(ratios)] == list(shares)

    @pytest.mark.parametrize("ratios", [(), (0, 0), (-1, 2)])
    def test_refuses_senseless_ratios(self, ratios: tuple[int, ...]) -> None:
        with pytest.raises(ValueError):
            EUR_10.allocate(ratios)

    @given(
        amount=st.integers(BIGINT_MIN + 1, BIGINT_MAX),
        ratios=st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any),
    )
    def test_nothing_is_lost_and_no_share_is_off_by_more_than_one(self, amount: int, ratios: list[int]) -> None:
        shares = [part.amount_minor for part in Money(amount, "EUR").allocate(ratios)]
        assert sum(shares) == amount
        assert all(
            abs(share * sum(ratios) - amount * ratio) < sum(ratios) for share, ratio in zip(shares, ratios, strict=True)
        )
