"""Checks of the house: what Django's own cannot know. `manage.py check --deploy --database default` runs them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Sequence


@register(Tags.security, deploy=True)
def app_role_is_not_the_owner(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Web and workers must not be able to change tables."""
    owner = settings.DATABASES.get("owner")
    if owner and owner["USER"] == settings.DATABASES["default"]["USER"]:
        return [
            Error(
                "DATABASE_URL and DATABASE_OWNER_URL use the same role.",
                hint="Run `manage.py setup_roles` and give DATABASE_URL the app role.",
                id="wallet.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def nothing_for_development_is_on(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The outbox page shows every code that is sent."""
    if settings.DEV_OUTBOX:
        return [Error("DEV_OUTBOX is on.", hint="Leave it to the dev and test settings.", id="wallet.E002")]
    return []


@register(Tags.security, deploy=True)
def staff_work_from_known_networks(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A hint only: a house whose staff work anywhere says so by leaving it empty."""
    if settings.STAFF_NETWORKS:
        return []
    return [
        Info(
            "STAFF_NETWORKS is empty: the desk opens from anywhere.",
            hint="Name the networks staff work from, such as 192.0.2.0/24, separated by commas.",
            id="wallet.I001",
        )
    ]


@register(Tags.database)
def app_role_has_no_power(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The role of web and workers is neither superuser nor owner of a table."""
    if "default" not in (databases or []):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user),"
            " EXISTS (SELECT FROM pg_tables WHERE tableowner = current_user)"
        )
        powerful, owns = cursor.fetchone()
    if powerful or owns:
        return [
            Error(
                "The app role is a superuser or owns tables, so the database cannot guard the ledger against it.",
                hint="Run `manage.py setup_roles`, and `manage.py migrate` as the owner role.",
                id="wallet.E003",
            )
        ]
    return []
