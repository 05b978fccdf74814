"""When a delivery that failed is tried again."""

from __future__ import annotations

import secrets
from datetime import timedelta

ATTEMPTS_MAX = 10
FIRST_PAUSE_SECONDS = 2
PAUSE_SECONDS_MAX = 3600


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the given number of failures: doubling from 2 s to at most 1 h, plus up to a quarter.

    The extra spreads retries, so that what failed together does not come back together.
    """
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), PAUSE_SECONDS_MAX)
    return timedelta(milliseconds=seconds * 1000 + secrets.randbelow(seconds * 250 + 1))


def is_dead(attempts: int) -> bool:
    """Whether a person must look at it now."""
    return attempts >= ATTEMPTS_MAX
