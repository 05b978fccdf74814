"""Admin pages that only show. Staff change things through actions that call services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest

FILTER_TITLES = {
    "channel": _("channel"),
    "country": _("country"),
    "currency": _("currency"),
    "kind": _("kind"),
    "outcome": _("outcome"),
    "purpose": _("purpose"),
    "reason": _("reason"),
    "state": _("state"),
    "status": _("status"),
}
"""What a filter by a field of this name is called, in the officer's language."""


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No row is added, edited or deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with its filters named in words.

        A filter the database could not read is no filter: the page says so, as for any other that is wrong.
        """
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        changes = super().get_changelist_instance(request)
        for spec in changes.filter_specs:
            if isinstance(spec, FieldListFilter):
                spec.title = FILTER_TITLES.get(spec.field_path, spec.title)
        return changes

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: rows change through actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
