"""Numbers and small rules of statements."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "stm"
AT_ONCE_MAX = 1_000
"""Fewer entries than this are made while the person waits; more are a worker's."""
PDF_ENTRIES_MAX = 5_000
"""About 130 pages and 570 MB while it is set; nobody reads a longer one, and CSV has no such end."""
FILE_KEPT = timedelta(days=365)
"""The file; a new one of the same days has the same figures, which are kept for good."""
LINK_SECONDS = 300
ATTEMPTS_MAX = 5
LEASE = timedelta(minutes=5)
"""A statement that is WORKING for longer belonged to a worker that died."""
AT_ONCE_LEAD = timedelta(seconds=10)
"""How long the workers leave a small one to the request that asked for it."""
PENDING_WITHIN = timedelta(days=60)
"""What waits is answered or given up long before; the bound keeps the look at a long history short."""
PENDING_MAX = 200

FEE_CODE = "income.fees"
FEE_KINDS: Sequence[str] = ("withdrawal.sent", "withdrawal.returned")
"""Kinds of entries whose fee is the wallet's own. A new movement with a fee for its person adds its kind here."""

WAITING_STATES = (
    "AWAITING_STEP_UP",
    "AWAITING_CLAIM",
    "GRACE",
    "PROCESSING",
    "SCREENING",
    "UNDER_REVIEW",
    "MISMATCH",
    "AWAITING_CUSTOMER",
    "AWAITING_SECOND_APPROVAL",
    "APPROVED",
    "SUBMITTED",
    "UNKNOWN",
)
"""States of the feed in which the books have not moved yet."""


def begins(first_day: date, time_zone: str) -> datetime:
    """The first moment of a day of a zone: its midnight, or what follows where clocks skip it."""
    return datetime.combine(first_day, time.min, tzinfo=ZoneInfo(time_zone))


def ends(last_day: date, time_zone: str) -> datetime:
    """The first moment after a day of a zone."""
    return begins(last_day + timedelta(days=1), time_zone)


def pause_after(attempts: int) -> timedelta:
    """How long after a failed attempt the next one may begin."""
    return timedelta(seconds=5 * 2**attempts)
