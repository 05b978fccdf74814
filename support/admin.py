"""Django's entry to the rooms' desk pages."""

from support.help import admin as help_admin
from support.notifications import admin as notifications_admin

__all__ = ["help_admin", "notifications_admin"]
