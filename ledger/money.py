"""Money: a whole number of minor units of one currency. No floats, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import currencies
from ledger.errors import AmountOutOfRange, CurrencyMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

BIGINT_MIN = -(2**63)
BIGINT_MAX = 2**63 - 1


def require_minor(amount_minor: object) -> int:
    """A whole number of minor units that fits a bigint: TypeError for anything but int, else AmountOutOfRange."""
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise TypeError(f"An amount is an int of minor units, not {type(amount_minor).__name__}.")
    if not BIGINT_MIN <= amount_minor <= BIGINT_MAX:
        raise AmountOutOfRange
    return amount_minor


@dataclass(frozen=True, slots=True)
class Money:
    """An amount. Adds and compares only with the same currency (CurrencyMismatch); never becomes a float."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        require_minor(self.amount_minor)
        currencies.currency(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount_minor), self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount_minor * require_minor(times), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount_minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount_minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount_minor >= self._same(other)

    def allocate(self, ratios: Sequence[int]) -> tuple[Money, ...]:
        """Shares in these ratios that add up exactly; what rounding leaves goes, one minor unit each, to the largest
        remainders, the earlier share first. Ratios are whole numbers ≥ 0, at least one above 0."""
        for ratio in ratios:
            if require_minor(ratio) < 0:
                raise ValueError("Ratios are not negative.")
        total = sum(ratios)
        if total == 0:
            raise ValueError("At least one ratio is above zero.")
        sign = -1 if self.amount_minor < 0 else 1
        parts = [divmod(abs(self.amount_minor) * ratio, total) for ratio in ratios]
        left = abs(self.amount_minor) - sum(whole for whole, _ in parts)
        first = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))[:left]
        return tuple(Money(sign * (whole + (place in first)), self.currency) for place, (whole, _) in enumerate(parts))

    def _same(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money only works with Money, not {type(other).__name__}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(currency=self.currency, other=other.currency)
        return other.amount_minor
