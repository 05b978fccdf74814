"""Whose address a request came from: one answer for limits, lock-outs, sessions and the audit trail."""

from __future__ import annotations

import logging
import re
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d{1,5})?|(?P<four>[0-9.]+):\d{1,5}")


def client_ip(request: HttpRequest) -> str | None:
    """The client's address behind ``settings.TRUSTED_PROXY_COUNT`` proxies, or None where there is none.

    With N trusted proxies the N-th entry of X-Forwarded-For from the right is the last one a stranger cannot
    choose; with 0 the header is ignored. With fewer entries than proxies the request came another way than they
    say: then only the connection itself is believed, and the log says so once.
    """
    proxies: int = settings.TRUSTED_PROXY_COUNT
    if proxies:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= proxies and (found := _address(forwarded[-proxies])):
            return found
        _warn_once(proxies)
    return _address(request.META.get("REMOTE_ADDR", ""))


def _address(text: str) -> str | None:
    """One spelling per address: without port, brackets, zone or the IPv6 form of an IPv4 address.

    Otherwise the same client would be several, and none of them inside a network of the staff's.
    """
    text = text.strip()
    if parts := _WITH_PORT.fullmatch(text):
        text = parts["six"] or parts["four"]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)


@cache
def _warn_once(proxies: int) -> None:
    logger.warning(
        "A request did not pass the proxies TRUSTED_PROXY_COUNT promises: its connection's address counts instead.",
        extra={"proxies": proxies},
    )
