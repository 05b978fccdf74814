"""Security events on the desk: newest first, by kind and time, and by the exact id of a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.alerts.models import SecurityEventRecord
from accounts.alerts.wording import DAYS, KINDS
from accounts.audit.events import SecurityEvent
from wallet_project.lib import clock, ids
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class KindFilter(admin.SimpleListFilter):
    """What happened, by the table of kinds: asking the rows would read all of them."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every kind in words."""
        return sorted(KINDS.items(), key=lambda item: str(item[1]))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the chosen kind."""
        return queryset.filter(payload__kind=self.value()) if self.value() in KINDS else queryset


class SinceFilter(admin.SimpleListFilter):
    """How far back. Ids are ordered in time, so what is older is never read."""

    title = _("time")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The last days."""
        return list(DAYS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those since then."""
        if self.value() not in DAYS:
            return queryset
        return queryset.filter(occurred_at__gte=clock.now() - timedelta(days=int(str(self.value()))))


@admin.register(SecurityEventRecord)
class SecurityEventAdmin(ReadOnlyAdmin):
    """Ids and codes only, as everything recorded."""

    list_display = ("occurred_at", "what", "person", "actor_kind", "channel")
    list_filter = (KindFilter, SinceFilter, "channel")
    search_fields = ("=subject_id",)
    search_help_text = _("The full id of a person.")
    fields = ("occurred_at", "what", "person", "actor_kind", "actor_id", "channel", "request_id", "details")
    readonly_fields = ("what", "person", "details")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of everything recorded, the security events."""
        return super().get_queryset(request).filter(name=SecurityEvent.name)

    @admin.display(description=_("kind"))
    def what(self, event: SecurityEventRecord) -> str:
        """In words."""
        kind = event.payload.get("kind", "")
        return str(KINDS.get(kind, kind))

    @admin.display(description=_("person"))
    def person(self, event: SecurityEventRecord) -> str:
        """``usr_…``"""
        return ids.public("usr", event.subject_id)

    @admin.display(description=_("details"))
    def details(self, event: SecurityEventRecord) -> str:
        """The codes and numbers that were kept."""
        kept = event.payload.get("details") or {}
        return ", ".join(f"{name}: {value}" for name, value in sorted(kept.items())) or "—"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A person's public id as well as the plain one."""
        try:
            return queryset.filter(subject_id=ids.parse("usr", search_term.strip())), False
        except NotFound:
            return super().get_search_results(request, queryset, search_term)
