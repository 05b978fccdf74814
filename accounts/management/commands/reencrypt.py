"""Seals every personal column anew under the newest key (docs/concepts/encryption.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection

from accounts.identity.mfa_adapter import PLACE as MFA_PLACE
from wallet_project.lib import db
from wallet_project.lib.crypto import (
    EncryptedTextField,
    FindableEmailField,
    key_id,
    newest_key_id,
    seal,
    seal_findable,
    unseal,
    unseal_findable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db import models

BATCH = 500
MFA_SECRETS = ("secret", "seed")


class Command(BaseCommand):
    help = "Seals every value that is not under the newest of FIELD_KEYS anew. May be stopped and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Row by row, each batch in its own transaction; what is under the newest key already is left alone."""
        changed = 0
        for model, field in _sealed_columns():
            count = _column(model, field)
            changed += count
            self.stdout.write(f"{model._meta.db_table}.{field.column}: {count}")
        count = _second_factors()
        self.stdout.write(f"{MFA_PLACE}: {count}")
        self.stdout.write(f"{changed + count} values are under key {newest_key_id()} now.")


def _sealed_columns() -> Iterator[tuple[type[models.Model], Any]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, (EncryptedTextField, FindableEmailField)):
                yield model, field


def _column(model: type[models.Model], field: Any) -> int:
    """Works on the raw column: the field itself would open and refuse. Compares before it writes (a row may change)."""
    quote = connection.ops.quote_name
    key: Any = model._meta.pk
    table, column, pk = quote(model._meta.db_table), quote(field.column), quote(key.column)
    owner = quote(_owner_column(model, field)) if getattr(field, "owner", "") else "''"
    # Names of tables and columns are the models' own; every value is a parameter.
    select = f"SELECT {pk}, {owner}, {column} FROM {table} WHERE {column} <> '' AND {column} NOT LIKE %s"  # noqa: S608
    update = f"UPDATE {table} SET {column} = %s WHERE {pk} = %s AND {column} = %s"  # noqa: S608
    changed = 0
    while True:
        with db.transaction(), connection.cursor() as cursor:
            cursor.execute(f"{select} LIMIT {BATCH} FOR UPDATE SKIP LOCKED", [f"_{newest_key_id()}:%"])
            rows = cursor.fetchall()
            for row_id, owner_id, sealed in rows:
                cursor.execute(update, [_anew(field, sealed, str(owner_id)), row_id, sealed])
        changed += len(rows)
        if not rows:
            return changed


def _owner_column(model: type[models.Model], field: Any) -> str:
    """The column behind the attribute a field is bound to (``user_id``, ``id``)."""
    bound: Any = next(other for other in model._meta.local_concrete_fields if other.attname == field.owner)
    return str(bound.column)


def _anew(field: Any, sealed: str, owner: str) -> str:
    if isinstance(field, FindableEmailField):
        return seal_findable(unseal_findable(sealed, place=field.place), place=field.place)
    return seal(unseal(sealed, place=field.place, owner=owner), place=field.place, owner=owner)


def _second_factors() -> int:
    """allauth keeps its secrets inside a JSON column."""
    changed = 0
    for row in Authenticator.objects.iterator(BATCH):
        stale = [name for name in MFA_SECRETS if name in row.data and key_id(row.data[name]) != newest_key_id()]
        for name in stale:
            row.data[name] = seal(unseal(row.data[name], place=MFA_PLACE), place=MFA_PLACE)
        if stale:
            row.save(update_fields=["data"])
        changed += len(stale)
    return changed
