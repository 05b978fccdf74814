"""What a challenge is bound to, and which payments need none. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.money import Money

RESEND_AFTER = timedelta(seconds=30)
SENDS_MAX = 5
"""Messages per challenge and channel; whoever needs more asks for a new challenge."""

CODE_METHODS = ("sms", "email")


@dataclass(frozen=True, slots=True)
class Authority:
    """What an outgoing intent moves under: challenge, exemption, mandate or approval, and which one."""

    kind: str
    reference: str


TRUSTED_PAYEE = Authority("exemption", "trusted_payee")
"""PSD2 RTS art. 13: the payee was put on the list with step-up."""

SMALL_AMOUNT = Authority("exemption", "small_amount")
"""PSD2 RTS art. 16: low value, counted since the last step-up."""


@dataclass(frozen=True, slots=True)
class SmallAmounts:
    """Largest payment, payments in a row and sum without step-up, in minor units of one currency."""

    each_minor: int
    count: int
    total_minor: int


SMALL_AMOUNTS: dict[str, SmallAmounts] = {"EUR": SmallAmounts(each_minor=30_00, count=5, total_minor=100_00)}
"""PSD2 RTS art. 16 (a) to (c). A currency that is not here has no small amounts."""


def small_amounts_for(amount: Money) -> SmallAmounts | None:
    """The counters that apply to ``amount``, or None when it is too large or its currency has none."""
    rule = SMALL_AMOUNTS.get(amount.currency)
    return rule if rule is not None and 0 < amount.amount_minor <= rule.each_minor else None


def payload_hash(*, user_id: UUID, purpose: str, subject_id: UUID, payload: Mapping[str, Any]) -> str:
    """SHA-256 over person, purpose, subject and payload: the dynamic link of PSD2 RTS art. 5."""
    bound = {"user": user_id, "purpose": purpose, "subject": subject_id, "payload": dict(payload)}
    return hashlib.sha256(canonical(bound)).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with one spelling: keys sorted, no spaces, ASCII. Floats are refused (TypeError): money has none."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item) for key, item in value.items()}
    raise TypeError(f"a payload cannot carry {type(value).__name__}")
