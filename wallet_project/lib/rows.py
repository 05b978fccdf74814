"""A model instance as the columns and values of an INSERT, for the few statements that Django cannot write.

Where one statement must do what the ORM does in three (a row, its first event, a counter), or where a row is written
with every payment, the SQL is written by hand and these give its columns and values, sealed as ``save()`` would.
"""

from __future__ import annotations

from functools import lru_cache
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


def insert(*instances: models.Model) -> None:
    """Writes new rows of one model with one INSERT: what ``bulk_create`` does, at a third of its time.

    For the rows every payment writes. No signals, no values made by the database.
    """
    sql = _insert_statement(type(instances[0]), len(instances))
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for instance in instances for value in values(instance)])


@lru_cache(maxsize=64)
def _insert_statement(model: type[models.Model], count: int) -> str:
    lists = ", ".join([f"({placeholders(model)})"] * count)
    return f'INSERT INTO "{model._meta.db_table}" ({columns(model)}) VALUES {lists}'  # noqa: S608  # names of our own
