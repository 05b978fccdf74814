"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.audit import handlers as audit
        from accounts.devices import handlers as devices
        from accounts.identity import handlers as identity
        from accounts.stepup import handlers as stepup

        for room in (audit, devices, identity, stepup):
            room.connect()
