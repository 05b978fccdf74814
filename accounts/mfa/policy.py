"""Rules of the payment PIN: which are too easy, and how long things last. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from accounts.mfa.errors import PinMalformed, PinTooEasy

if TYPE_CHECKING:
    from datetime import date

FRESH_SIGN_IN = timedelta(minutes=5)
REDUCED_LIMITS_AFTER_RESET = timedelta(hours=24)
PENDING_PIN_LIVES = timedelta(minutes=15)

_SHAPE = re.compile(r"[0-9]{6}")
_REPEATED_BLOCKS = re.compile(r"(\d{1,3})\1+")

# The most chosen six-digit PINs that no rule below catches.
# Source: Markert, Bailey, Golla, Dürmuth, Aviv: "This PIN Can Be Easily Guessed" (IEEE S&P 2020).
_COMMON = frozenset(
    {
        "112233", "445566", "778899", "332211", "102030", "123654", "147258", "159357", "159753", "258369",
        "321654", "456123", "456789", "789456", "741852", "963852", "852456", "520131", "520520", "142536",
        "987456", "246810", "101112", "131415", "123789", "789123", "741963", "369258", "123450", "012345",
    }
)  # fmt: skip


def check_pin(pin: str, *, phone: str | None = None, birth_date: date | None = None) -> None:
    """Refuses a PIN that is not six ASCII digits (PinMalformed) or too easy to guess (PinTooEasy with ``reason``).

    Too easy: equal steps (000000, 123456, 975319), repeated blocks (121212, 123123), two different digits only,
    the commonest choices, six neighbouring digits of the person's phone, their birth date written as six digits.
    Source: NIST SP 800-63B-4 §3.1.1.2 (blocklist).
    """
    if not _SHAPE.fullmatch(pin):
        raise PinMalformed({"pin": "pin_malformed"})
    reason = _weakness(pin, phone=phone, birth_date=birth_date)
    if reason is not None:
        raise PinTooEasy(reason=reason)


def _weakness(pin: str, *, phone: str | None, birth_date: date | None) -> str | None:
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    if len(steps) == 1:
        return "sequence"
    if _REPEATED_BLOCKS.fullmatch(pin) or len(set(digits)) < 3:
        return "repeats"
    if pin in _COMMON:
        return "common"
    if phone and pin in re.sub(r"\D", "", phone):
        return "phone"
    if birth_date and pin in _written(birth_date):
        return "birth_date"
    return None


def _written(day: date) -> set[str]:
    """A birth date in the ways people write it with six digits."""
    return {day.strftime(form) for form in ("%d%m%y", "%m%d%y", "%y%m%d", "%y%d%m", "%Y%m", "%m%Y")}
