"""Admin pages that only show. Staff change things through actions that call services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No row is added, edited or deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A filter the database could not read is no filter: the page says so, as for any other that is wrong."""
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        return super().get_changelist_instance(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: rows change through actions."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
