"""Admin pages that only show. Staff change things through actions that call services."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No row is added, edited or deleted here.

    ``words`` says the codes of a field in the officer's language, by field: in lists, in filters, on a row's page.
    """

    list_per_page = 50
    show_full_result_count = False
    words: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns, codes in words."""
        return [self._in_words(name) for name in super().get_list_display(request)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields of a row's page, codes in words."""
        return [self._in_words(name) for name in super().get_fields(request, obj)]

    def _in_words(self, name: Any) -> Any:
        """The field of this name, or a column that says its codes in words."""
        if not isinstance(name, str) or name not in self.words:
            return name

        def shown(row: Any) -> Any:
            value = getattr(row, name)
            return self.words[name].get(value, value)

        shown.__name__ = name
        return admin.display(shown, description=self.opts.get_field(name).verbose_name, ordering=name)  # type: ignore[union-attr]  # no generic ones here

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """A filter the database could not read is no filter: the page says so, as for any other that is wrong."""
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise IncorrectLookupParameters
        changes = super().get_changelist_instance(request)
        for spec in changes.filter_specs:
            if isinstance(spec, FieldListFilter) and spec.field_path in self.words:
                spec.choices = partial(_choices_in_words, spec.choices, self.words[spec.field_path])  # type: ignore[method-assign]  # of this request's filter
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


def _choices_in_words(choices: Any, words: Mapping[str, Any], changelist: Any) -> Iterator[Any]:
    """A filter's choices, codes in words."""
    for choice in choices(changelist):
        yield choice | {"display": words.get(choice["display"], choice["display"])}
