"""What an agreement is bound to, and who may give it. No queries."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import TYPE_CHECKING, Any
from uuid import UUID

from accounts.approvals.errors import NotPermitted, ReasonMissing, SelfApproval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.approvals.models import Approval
    from accounts.identity.models import User

REASON_LENGTH_MAX = 500
_JOINERS = "\u200c\u200d"
"""Invisible characters that Persian, Hindi and emoji need."""


def plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as JSON values. Floats are refused (TypeError): money has none."""
    return {key: _plain(value) for key, value in payload.items()}


def payload_hash(*, purpose: str, subject_id: UUID, payload: Mapping[str, Any]) -> str:
    """SHA-256 over purpose, subject and payload in one spelling: keys sorted, no spaces, ASCII."""
    bound = {"purpose": purpose, "subject": str(subject_id), "payload": plain(payload)}
    return hashlib.sha256(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def require_checker(approval: Approval, checker: User, *, permission: str) -> None:
    """Raises SelfApproval for the maker, NotPermitted for who lacks ``permission`` or is not staff."""
    if not (checker.is_staff and checker.has_perm(permission)):
        raise NotPermitted
    if approval.maker_id == checker.pk:
        raise SelfApproval


def is_still_maker(maker: User, *, permission: str) -> bool:
    """Whether who proposed it is still active staff with ``permission`` ("": staff is enough)."""
    is_at_work = maker.is_staff and maker.is_active and maker.state == maker.State.ACTIVE
    return is_at_work and (not permission or maker.has_perm(permission))


def require_reason(text: str) -> str:
    """The words without space around them, and without control and bidi characters. Raises ReasonMissing for none.

    Why stripped: what one officer wrote shall not read backwards to the one who agrees (security.md, Edge).
    """
    words = " ".join(text.split())
    kept = "".join(one for one in words if not unicodedata.category(one).startswith("C") or one in _JOINERS)
    said = " ".join(kept.split())[:REASON_LENGTH_MAX]
    if not said:
        raise ReasonMissing({"reason": "reason_missing"})
    return said


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return plain(value)
    raise TypeError(f"a payload cannot carry {type(value).__name__}")
