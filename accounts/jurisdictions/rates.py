"""What an amount of another currency counts as in euro, for limits and risk only; nobody is charged by these.

Whole minor units on both sides, so that currencies without decimals need no special case. Reviewed with every
release; close is enough for a limit, and the same number must be used when a use is given back.
"""

from __future__ import annotations

EURO = "EUR"

# currency → (its minor units, euro cents): 110 US cents count as 100 euro cents.
REFERENCE: dict[str, tuple[int, int]] = {
    "EUR": (1, 1),
    "USD": (110, 100),
    "GBP": (86, 100),
    "CHF": (95, 100),
    "CNY": (790, 100),
    "HKD": (860, 100),
    "SGD": (148, 100),
    "JPY": (160, 100),
    "AUD": (168, 100),
    "CAD": (150, 100),
}


def in_euro_cents(amount_minor: int, currency: str) -> int:
    """``amount_minor`` as euro cents, rounded up, so that many small ones never slip under a limit.

    An unknown currency is a defect: KeyError.
    """
    units, cents = REFERENCE[currency]
    return -(-amount_minor * cents // units)


def from_euro_cents(cents_given: int, currency: str) -> int:
    """The largest amount of ``currency`` that counts as no more than ``cents_given`` euro cents."""
    units, cents = REFERENCE[currency]
    return cents_given * units // cents
