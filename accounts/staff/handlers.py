"""Groups follow the code: after every ``migrate`` they are made equal to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections
from django.db.models.signals import post_migrate

from accounts.staff import services

if TYPE_CHECKING:
    from django.apps import AppConfig


def connect() -> None:
    """Called once when the app is ready."""
    post_migrate.connect(_follow, dispatch_uid="accounts.staff.sync_groups")


def _follow(*, app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """Once, after the last app: by then each has its permissions."""
    with_models = [config for config in apps.get_app_configs() if config.models_module is not None]
    if app_config == with_models[-1] and _has_tables(using):
        services.sync_groups(using=using, complete=False)


def _has_tables(using: str) -> bool:
    """Not on the way back to nothing."""
    return "auth_group_permissions" in connections[using].introspection.table_names()
