"""How axes names who was tried, and what it answers to a pair it locked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from accounts.identity import selectors
from accounts.identity.refusals import refuse
from accounts.identity.signin import identifier_of
from wallet_project.lib.crypto import blind_index
from wallet_project.lib.ratelimit import RateLimited

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def username_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """``uid:<pk>`` for a known contact, else an index of what was typed: never an address in clear.

    By default axes stores None for a phone, and three failures for one phone lock every phone from that address.
    """
    identifier = identifier_of(credentials or {})
    if identifier is None:
        user = getattr(request, "user", None)  # a success is told with the user alone: it clears the same name
        return f"uid:{user.pk}" if user is not None and user.is_authenticated else "none"
    for user in selectors.candidates_for_sign_in(identifier)[:1]:
        return f"uid:{user.pk}"
    return f"unknown:{blind_index(identifier.value, 'sign-in')[:32]}"


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """429 in the shape the client reads, with when to try again."""
    return refuse(request, RateLimited(retry_after=int(settings.AXES_COOLOFF_TIME.total_seconds())))
