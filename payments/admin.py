"""Django's entry to the rooms' desk pages."""

from payments.funding import admin as funding_admin
from payments.inbox import admin as inbox_admin

__all__ = ["funding_admin", "inbox_admin"]
