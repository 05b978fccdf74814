"""How PINs and codes are kept: slow and peppered for PINs, keyed and bound to their challenge for codes.

The whole six-digit space is a few core-hours for anyone with a database dump. The pepper lives outside the
database, so the dump alone is worth nothing (security.md, "Payment PIN and step-up").
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from django.conf import settings

if TYPE_CHECKING:
    from uuid import UUID

CODE_LENGTH = 6


def hash_pin(user_id: UUID, pin: str) -> str:
    """argon2id(HMAC-SHA256(pepper, user id ‖ pin)) in the usual encoded form."""
    return _hasher().hash(_peppered(user_id, pin))


def pin_matches(user_id: UUID, pin: str, pin_hash: str) -> bool:
    """Whether ``pin`` is the one behind ``pin_hash``; as slow for a hash of no PIN."""
    try:
        return _hasher().verify(pin_hash or _no_pin(), _peppered(user_id, pin)) and bool(pin_hash)
    except VerifyMismatchError:
        return False
    except InvalidHashError as error:
        raise ValueError("a stored PIN hash cannot be read") from error


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**CODE_LENGTH):0{CODE_LENGTH}}"


def keyed_code(challenge_id: UUID, channel: str, code: str) -> str:
    """The code as stored: useless without the pepper, and with another challenge or channel."""
    message = b"step-up code\0" + challenge_id.bytes + channel.encode() + b"\0" + code.encode()
    return hmac.new(settings.PIN_PEPPER, message, hashlib.sha256).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    cost = settings.PIN_HASHER
    return PasswordHasher(cost["time_cost"], cost["memory_cost"], cost["parallelism"])


@cache
def _no_pin() -> str:
    """What is compared where no PIN exists, so that the answer takes as long: no six digits lead to it."""
    return _hasher().hash(secrets.token_bytes(32))


def _peppered(user_id: UUID, pin: str) -> bytes:
    return hmac.new(settings.PIN_PEPPER, user_id.bytes + pin.encode(), hashlib.sha256).digest()
