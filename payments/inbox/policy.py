"""Which notices concern money we asked for, and how long we look for their row."""

from __future__ import annotations

BODY_MAX_BYTES = 1_000_000
ATTEMPTS_MAX = 10
ATTEMPT_LEASE_SECONDS = 60

TOP_UP_KINDS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.canceled",
    }
)


def wait_seconds(attempts: int) -> int:
    """Seconds until the next look: 2, 4, 8 … at most an hour."""
    return min(2 ** min(attempts, 12), 3600)
