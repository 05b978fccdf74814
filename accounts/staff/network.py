"""From which networks staff may work."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings


def is_inside(address: str | None) -> bool:
    """Whether staff may work from ``address``: anywhere while ``settings.STAFF_NETWORKS`` is empty, else only there.

    An address nobody could read is outside.
    """
    if not settings.STAFF_NETWORKS:
        return True
    if address is None:
        return False
    here = ip_address(address)
    return any(here in network for network in settings.STAFF_NETWORKS)
