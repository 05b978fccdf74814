"""Django's entry to the rooms' desk pages."""

from payments.funding import admin as funding_admin
from payments.inbox import admin as inbox_admin
from payments.payouts import admin as payouts_admin
from payments.reconciliation import admin as reconciliation_admin

__all__ = ["funding_admin", "inbox_admin", "payouts_admin", "reconciliation_admin"]
