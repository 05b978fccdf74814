"""Whose address a request came from: one answer for limits, lock-outs, sessions and the audit trail."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str | None:
    """The client's address behind ``settings.TRUSTED_PROXY_COUNT`` proxies, or None where there is none.

    With N trusted proxies the N-th entry of X-Forwarded-For from the right is the last one a stranger cannot
    choose; with 0 the header is ignored.
    """
    proxies: int = settings.TRUSTED_PROXY_COUNT
    candidate = request.META.get("REMOTE_ADDR", "")
    if proxies:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(forwarded) >= proxies:
            candidate = forwarded[-proxies]
    try:
        return str(ip_address(candidate))
    except ValueError:
        return None
