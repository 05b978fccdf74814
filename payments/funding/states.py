"""The states of a top-up and its moves (states.md): what rows, rules and the database's CHECK share."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise


class TopUpStatus(StrEnum):
    """The states of a top-up (states.md)."""

    DRAFT = "DRAFT"
    AWAITING_METHOD = "AWAITING_METHOD"
    AWAITING_ACTION = "AWAITING_ACTION"
    PROCESSING = "PROCESSING"
    UNDER_REVIEW = "UNDER_REVIEW"
    MISMATCH = "MISMATCH"
    CREDITED = "CREDITED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


TERMINAL = frozenset({TopUpStatus.CREDITED, TopUpStatus.FAILED, TopUpStatus.CANCELLED, TopUpStatus.EXPIRED})

LEFT_ALONE = TERMINAL | {TopUpStatus.MISMATCH}
"""The provider is not asked about these any more: they have ended, or a person at the desk decides."""

STOPPABLE = frozenset({TopUpStatus.DRAFT, TopUpStatus.AWAITING_METHOD, TopUpStatus.AWAITING_ACTION})
"""The person may still change their mind."""

FORWARD = (
    TopUpStatus.DRAFT,
    TopUpStatus.AWAITING_METHOD,
    TopUpStatus.AWAITING_ACTION,
    TopUpStatus.PROCESSING,
    TopUpStatus.CREDITED,
)
"""The way a top-up goes when all is well, one step at a time."""

_STOPS = (TopUpStatus.FAILED, TopUpStatus.CANCELLED, TopUpStatus.EXPIRED)
MOVES: tuple[tuple[TopUpStatus, TopUpStatus], ...] = (
    *pairwise(FORWARD),
    *((before, stop) for before in FORWARD[:-1] for stop in _STOPS),
    (TopUpStatus.PROCESSING, TopUpStatus.UNDER_REVIEW),
    (TopUpStatus.UNDER_REVIEW, TopUpStatus.CREDITED),
    (TopUpStatus.UNDER_REVIEW, TopUpStatus.FAILED),
    (TopUpStatus.PROCESSING, TopUpStatus.MISMATCH),
    (TopUpStatus.MISMATCH, TopUpStatus.CREDITED),
    (TopUpStatus.MISMATCH, TopUpStatus.FAILED),
)
