"""A model instance as the columns and values of an INSERT, for the few statements that Django cannot write.

Where one statement must do what the ORM does in three (a row, its first event, a counter), the SQL is written by
hand and these give its column list and its values, sealed and adapted as ``save()`` would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db import models


def columns(model: type[models.Model], *, prefix: str = "") -> str:
    """The quoted column list of ``model``, in the order of ``values``."""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def placeholders(model: type[models.Model]) -> str:
    """As many ``%s`` as ``model`` has columns."""
    return ", ".join(["%s"] * len(model._meta.concrete_fields))


def values(instance: models.Model) -> list[Any]:
    """What ``save()`` would write for a new row, in the order of ``columns``."""
    return [
        field.get_db_prep_save(field.pre_save(instance, add=True), connection)
        for field in instance._meta.concrete_fields
    ]
