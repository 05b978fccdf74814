"""The accounts app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.approvals import handlers as approvals
        from accounts.audit import handlers as audit
        from accounts.devices import handlers as devices
        from accounts.identity import handlers as identity
        from accounts.limits import handlers as limits
        from accounts.privacy import handlers as privacy
        from accounts.staff import handlers as staff
        from accounts.statements import handlers as statements
        from accounts.stepup import handlers as stepup

        for room in (approvals, audit, devices, identity, limits, privacy, staff, statements, stepup):
            room.connect()
