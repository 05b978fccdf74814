"""Marks a request in which a secret was compared and found right.

The limiter counts every guess as a failure before it is compared; only this mark gives the slot back. Whatever
fails, breaks or ends early stays a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

_MARK = "_wallet_proven"


def proven(request: HttpRequest | None) -> None:
    """A code, password or second factor of this request was right."""
    if request is not None:
        setattr(request, _MARK, True)


def disproven(request: HttpRequest) -> None:
    """It was right and may not count: a replay."""
    setattr(request, _MARK, False)


def was_proven(request: HttpRequest) -> bool:
    """Whether ``proven`` was called for this request."""
    return bool(getattr(request, _MARK, False))
