"""Support: talks to people. On top of everything, so it only listens."""

from __future__ import annotations

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """Connects the rooms to the registries below."""

    name = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Event handlers, desk queues and jobs of support."""
        from support.help import desk
        from support.notifications import handlers, tasks

        handlers.connect()
        desk.connect()
        tasks.register_jobs()
