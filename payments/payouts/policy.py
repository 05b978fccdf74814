"""The rules of paying out: how many a file, how long we wait, when we ask again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date, datetime

FILE_PAYMENTS_MAX = 10_000
BATCHES_PER_RUN = 5
CHUNK = 500
"""How many payments one transaction settles: locks stay short, and a cut-off run goes on where it stopped."""

SENDING_FOR_DEAD = timedelta(minutes=2)
"""A file still SENDING after this has no sender any more (a task lives 120 seconds at most)."""
ASK_EVERY = timedelta(minutes=1)
NEVER_ARRIVED_AFTER = timedelta(minutes=10)
"""Only from then on "I do not have it" ends an unknown file: until then it may still be on the wire."""
ASKED_PER_RUN = 100
ASK_ON = timedelta(seconds=5)
"""How soon the next payments of a file are asked about while the answers bring something new."""
ANSWER_WITHIN = timedelta(hours=1)
"""A file with a payment of which the bank has not spoken after this is shown on the desk and asked about."""
ASK_LATE_EVERY = timedelta(minutes=15)
"""How often the bank is asked about payments of a file it surely has."""

MESSAGES_PER_RUN = 20
MESSAGE_LEASE = timedelta(minutes=3)
MESSAGE_ATTEMPTS_MAX = 5
BUSY_PAUSE = timedelta(seconds=10)
"""How long a message waits that met somebody else's lock; that is no attempt."""
GAP_WINDOW = 1_000
GAPS_PER_RUN = 100

UNWRITABLE_REASON = "AC01"
"""Account details no bank can read (ISO 20022: incorrect account number)."""
NEVER_ARRIVED_REASON = "never_arrived"
DUPLICATE_CAUSE = "duplicate"
BANK_SPOKE_CAUSE = "bank_spoke"
"""The bank says that it has no such file and has spoken of a payment in it."""

_BANK_ZONE = ZoneInfo("Europe/Berlin")


def execution_day(at: datetime) -> date:
    """The day we ask the bank to pay on: its today. The bank moves it to its next business day by itself."""
    return at.astimezone(_BANK_ZONE).date()


def try_again_in(attempts: int) -> timedelta:
    """How long a file waits that could not be handed in: 5 seconds at first, then up to 5 minutes."""
    return timedelta(seconds=min(5 * 2 ** min(max(attempts - 1, 0), 10), 300))
