"""Every column the desk shows has a name in the officer's language, and every row a title of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import get_resolver
from django.utils.translation import override

if TYPE_CHECKING:
    from collections.abc import Iterator


def pages() -> list[tuple[type[models.Model], Any]]:
    assert get_resolver().url_patterns  # the rooms register their pages as addresses are read
    return list(admin.site._registry.items())


def shown(page: Any, model: type[models.Model]) -> Iterator[str]:
    yield from (name for name in page.list_display if isinstance(name, str))
    yield from (name for name in page.list_filter if isinstance(name, str))
    if page.fieldsets:
        yield from (name for _title, options in page.fieldsets for name in options["fields"])
    else:
        yield from page.fields or [field.name for field in model._meta.fields]


@pytest.mark.parametrize(("model", "page"), pages(), ids=lambda part: getattr(part, "__name__", ""))
def test_the_desk_names_its_columns(model: type[models.Model], page: Any) -> None:
    nameless = []
    for name in shown(page, model):
        try:
            column = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue  # made by the page, which describes it
        with override("zh-hans"):
            if str(column.verbose_name).isascii() and name not in {"sha256", "id"}:  # type: ignore[union-attr]  # no generic ones here
                nameless.append(name)
    assert nameless == []


@pytest.mark.parametrize(("model", "page"), pages(), ids=lambda part: getattr(part, "__name__", ""))
def test_a_row_has_a_title(model: type[models.Model], page: Any) -> None:
    assert model.__str__ is not models.Model.__str__
