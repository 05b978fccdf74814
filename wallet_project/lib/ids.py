"""Identifiers: UUIDv7 for rows, a prefix and base32 for the outside, and ids derived from an intent.

A derived id makes a retry the same operation: the same intent and step always give the same id.
Source: RFC 9562 §5.7 (UUIDv7), RFC 4648 §6 (base32).
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from typing import TYPE_CHECKING
from uuid import UUID

from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime

_ENCODED_LENGTH = 26
_TIME_MASK = ((1 << 48) - 1) << 80
_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = ~((0xF << 76) | (0b11 << 62)) & ((1 << 80) - 1)


def uuid7(at: datetime | None = None) -> UUID:
    """A new UUIDv7: 48 bits of milliseconds (of ``at``, else now), the rest random."""
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    return _uuid7(milliseconds << 80, os.urandom(10))


def derive(intent_id: UUID, step: str) -> UUID:
    """The id of one step of an intent: the intent's time bits and SHA-256(intent id, step).

    Deterministic, so whoever retries the step posts the same entry; ordered in time like its intent.
    """
    digest = hashlib.sha256(intent_id.bytes + step.encode()).digest()
    return _uuid7(intent_id.int & _TIME_MASK, digest[:10])


def _uuid7(time_bits: int, tail: bytes) -> UUID:
    low = int.from_bytes(tail, "big") & _RANDOM_MASK
    return UUID(int=(time_bits & _TIME_MASK) | _VERSION_7 | _VARIANT | low)


def public(prefix: str, row_id: UUID) -> str:
    """``trf_`` and 26 letters: how a row is named outside."""
    text = base64.b32encode(row_id.bytes).decode().rstrip("=").lower()
    return f"{prefix}_{text}"


def parse(prefix: str, text: str) -> UUID:
    """The row id behind a public id. Anything that is not exactly one raises NotFound."""
    head, separator, body = text.partition("_")
    if head != prefix or not separator or len(body) != _ENCODED_LENGTH or body != body.lower():
        raise NotFound
    try:
        row_id = UUID(bytes=base64.b32decode(body.upper() + "======"))
    except (ValueError, TypeError) as error:
        raise NotFound from error
    if public(prefix, row_id) != text:
        raise NotFound
    return row_id
