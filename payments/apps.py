"""Payments: money between a wallet and the outside world."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Connects the rooms to the registries below."""

    name = "payments"
    verbose_name = _("Money in and out")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Jobs and desk queues of payments."""
        from payments import holdings
        from payments.banking import handlers as banking_handlers
        from payments.funding import desk as funding_desk
        from payments.funding import handlers as funding_handlers
        from payments.funding import tasks as funding_tasks
        from payments.inbox import desk as inbox_desk
        from payments.inbox import tasks as inbox_tasks
        from payments.payouts import desk as payouts_desk
        from payments.payouts import tasks as payouts_tasks
        from payments.reconciliation import desk as reconciliation_desk
        from payments.reconciliation import handlers as reconciliation_handlers
        from payments.reconciliation import tasks as reconciliation_tasks

        holdings.register()
        banking_handlers.connect()
        funding_tasks.register_jobs()
        inbox_tasks.register_jobs()
        funding_desk.connect()
        funding_handlers.connect()
        inbox_desk.connect()
        payouts_tasks.register_jobs()
        payouts_desk.connect()
        reconciliation_tasks.register_jobs()
        reconciliation_desk.connect()
        reconciliation_handlers.connect()
