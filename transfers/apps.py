"""The app, and what its rooms register when it is ready."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransfersConfig(AppConfig):
    name = "transfers"
    verbose_name = _("Transfers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers purposes, jobs and desk queues."""
        from transfers import holdings
        from transfers.p2p import handlers as p2p
        from transfers.payees import handlers as payees

        holdings.register()
        payees.connect()
        p2p.connect()
