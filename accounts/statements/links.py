"""Short-lived addresses of files: signed for one statement, its person and five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core import signing

from accounts.statements.errors import LinkExpired
from accounts.statements.policy import LINK_SECONDS

if TYPE_CHECKING:
    from accounts.statements.models import Statement

_SALT = "accounts.statements.file"


def key_for(statement: Statement) -> str:
    """What the address carries. It opens nothing without its person's own session."""
    return signing.TimestampSigner(salt=_SALT).sign(_bound(statement)).partition(":")[2]


def require_key(statement: Statement, key: str) -> None:
    """Raises LinkExpired unless the key was made for this statement in the last five minutes."""
    try:
        signing.TimestampSigner(salt=_SALT).unsign(f"{_bound(statement)}:{key}", max_age=LINK_SECONDS)
    except signing.BadSignature as error:
        raise LinkExpired from error


def _bound(statement: Statement) -> str:
    return f"{statement.user_id.hex}.{statement.pk.hex}"
