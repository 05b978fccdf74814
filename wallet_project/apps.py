from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class WalletProjectConfig(AppConfig):
    name = "wallet_project"

    def ready(self) -> None:
        from wallet_project import celery, checks  # noqa: F401  # shared tasks find their app; checks are registered


class WalletAdminConfig(AdminConfig):
    """The desk: the stock admin behind a second factor."""

    default_site = "wallet_project.admin_site.WalletAdminSite"
