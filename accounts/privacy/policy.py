"""The switches: one per purpose, and what each of them allows. No queries."""

from __future__ import annotations

OWN_SWITCHES = ("analytics", "recommendations")
"""Kept by this room, off until somebody turns them on (GDPR art. 6(1)(a), 25(2))."""

DISCOVERY_SWITCHES = ("discoverable_by_handle", "discoverable_by_email", "discoverable_by_phone")
"""Kept on the person's row, where looking somebody up reads them."""

SWITCHES = (*OWN_SWITCHES, *DISCOVERY_SWITCHES)
