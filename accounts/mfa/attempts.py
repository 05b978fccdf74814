"""One guess at a PIN or a code, what it leads to, and when guessing must stop. Pure.

An Attempt is what we hand to ``django_otp.verify_token`` as its token: the device judges it under its row lock and
writes the verdict into it, so forty guesses at once learn forty different things.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

TRIES_PER_ROUND = 5
"""Wrong PINs before the next lock, and wrong codes before a challenge is locked."""

LOCKS = (timedelta(minutes=30), timedelta(hours=24))
"""How long the first and the second lock last; a third round of wrong PINs makes a reset necessary."""

ROUNDS_MAX = len(LOCKS) + 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Wrong tries in this round, rounds used up, and until when nothing may be tried."""

    failures: int = 0
    rounds: int = 0
    locked_until: datetime | None = None

    @classmethod
    def used_up(cls) -> Standing:
        """No round left: only a reset helps."""
        return cls(0, ROUNDS_MAX, None)

    @property
    def reset_required(self) -> bool:
        """Every round is used up: only a reset helps."""
        return self.rounds >= ROUNDS_MAX

    def is_locked(self, at: datetime) -> bool:
        """Whether nothing may be tried at this moment."""
        return self.reset_required or (self.locked_until is not None and at < self.locked_until)

    def after_wrong(self, at: datetime) -> Standing:
        """The standing after one more wrong try: 5 wrong lock for 30 minutes, then 24 hours, then for good."""
        if self.failures + 1 < TRIES_PER_ROUND:
            return Standing(self.failures + 1, self.rounds, None)
        locked_until = at + LOCKS[self.rounds] if self.rounds < len(LOCKS) else None
        return Standing(0, self.rounds + 1, locked_until)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one try led to. ``tries_left`` counts down to the next lock; ``judged`` is false where a lock refused it."""

    accepted: bool
    tries_left: int = TRIES_PER_ROUND
    locked_until: datetime | None = None
    reset_required: bool = False
    judged: bool = True

    @classmethod
    def refused(cls, standing: Standing, at: datetime, *, judged: bool = True) -> Verdict:
        """The verdict that tells a person where they stand."""
        if standing.is_locked(at):
            return cls(False, 0, standing.locked_until, standing.reset_required, judged)
        return cls(False, TRIES_PER_ROUND - standing.failures, judged=judged)


@dataclass(slots=True)
class Attempt:
    """One guess, made at ``at``. The device fills in ``verdict``; the secret never shows in logs."""

    secret: str = field(repr=False)
    at: datetime
    verdict: Verdict | None = None
