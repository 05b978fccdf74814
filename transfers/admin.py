"""Django's entry to the rooms' desk pages."""

from transfers.p2p import admin as p2p_admin

__all__ = ["p2p_admin"]
