"""A model instance as the columns and values of an INSERT, for the few statements that Django cannot write.

Where one statement must do what the ORM does in three (a row, its first event, a counter), or where a row is written
with every payment, the SQL is written by hand and these give its columns and values, sealed as ``save()`` would.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from django.db import connection, models


def columns(model: type[models.Model], *, prefix: str = "") -> str:
    """The quoted column list of ``model``, in the order of ``values``."""
    return ", ".join(f'{prefix}"{field.column}"' for field in model._meta.concrete_fields)


def placeholders(model: type[models.Model]) -> str:
    """As many ``%s`` as ``model`` has columns."""
    return ", ".join(["%s"] * len(model._meta.concrete_fields))


def values(instance: models.Model) -> list[Any]:
    """What ``save()`` would write for a new row, in the order of ``columns``."""
    return [
        getattr(instance, name) if field is None else field.get_db_prep_save(field.pre_save(instance, True), connection)
        for name, field in _plan(type(instance))
    ]


# Columns whose Python value is what the driver sends; Django would only look at them again.
_AS_THEY_ARE: frozenset[type[Any]] = frozenset(
    {models.UUIDField, models.BigIntegerField, models.IntegerField, models.BooleanField}
)


@cache
def _plan(model: type[models.Model]) -> tuple[tuple[str, Any], ...]:
    """Per column the attribute that holds it, and the field that must prepare it (None: nobody)."""
    fields: list[Any] = list(model._meta.concrete_fields)
    kinds = [type(field.target_field if field.is_relation else field) for field in fields]
    return tuple(
        (field.attname, None if kind in _AS_THEY_ARE else field) for field, kind in zip(fields, kinds, strict=True)
    )


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
