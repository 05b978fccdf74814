"""Django's entry to the rooms' desk pages."""

from support.cases import admin as cases_admin
from support.help import admin as help_admin
from support.notifications import admin as notifications_admin

__all__ = ["cases_admin", "help_admin", "notifications_admin"]
