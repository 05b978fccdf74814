"""The accounts app, and how allauth's is installed with us."""

from allauth.account.apps import AccountConfig
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


class SealedAccountConfig(AccountConfig):
    """``allauth.account`` with its one personal column sealed (docs/adr: e-mail addresses of allauth)."""

    def import_models(self) -> None:
        """Replaces ``EmailAddress.email`` by a field of the same column type that stores ciphertext."""
        super().import_models()
        from accounts.identity.sealing import seal_email_addresses

        seal_email_addresses()
