"""Support: talks to people. On top of everything, so it only listens."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    """Connects the rooms to the registries below."""

    name = "support"
    verbose_name = _("Support")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Event handlers, desk queues and jobs of support."""
        from support import holdings
        from support.cases import desk as cases_desk
        from support.help import desk
        from support.notifications import handlers, tasks

        holdings.register()
        handlers.connect()
        cases_desk.connect()
        desk.connect()
        tasks.register_jobs()
