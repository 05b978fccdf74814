"""Refusals of challenges. Sentences and statuses are in the error catalogue."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class ChallengeExpired(WalletError):
    """Its five minutes are over, or another one took its place."""

    code = "challenge_expired"


class ChallengeUsed(WalletError):
    """It was consumed already: what it confirmed has happened."""

    code = "challenge_used"


class ChallengeLocked(WalletError):
    """Too many wrong answers to this one."""

    code = "challenge_locked"


class ChallengeVoid(WalletError):
    """What was to be confirmed has changed since the challenge was opened."""

    code = "challenge_void"
