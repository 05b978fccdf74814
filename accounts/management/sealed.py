"""Every sealed value there is, whoever's table it is in: sealed anew under the newest key, or opened as a check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection

from accounts.identity.mfa_adapter import PLACE as MFA_PLACE
from wallet_project.lib import db
from wallet_project.lib.crypto import (
    CannotDecrypt,
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


def reseal() -> Iterator[tuple[str, int]]:
    """Seals what is not under the newest key anew; gives each place and how many values it changed there.

    Row by row, each batch in its own transaction: it may be stopped and run again. Raises CannotDecrypt.
    """
    for model, field in sealed_columns():
        yield f"{model._meta.db_table}.{field.column}", _reseal_column(model, field)
    yield MFA_PLACE, _reseal_second_factors()


def look() -> Iterator[tuple[str, int, list[str]]]:
    """Opens every value; gives each place, how many values it holds, and the keys of the rows that do not open."""
    for model, field in sealed_columns():
        opened, broken = 0, []
        for row_id, owner, sealed in _values(model, field):
            opened += 1
            try:
                _open(field, sealed, owner)
            except CannotDecrypt:
                broken.append(str(row_id))
        yield f"{model._meta.db_table}.{field.column}", opened, broken
    yield (MFA_PLACE, *_look_at_second_factors())


def sealed_columns() -> Iterator[tuple[type[models.Model], Any]]:
    """Every model and sealed field of it, packages' own too."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, (EncryptedTextField, FindableEmailField)):
                yield model, field


def _reseal_column(model: type[models.Model], field: Any) -> int:
    """Works on the raw column: the field itself would open and refuse. Compares before it writes (a row may change)."""
    table, pk, owner, column = _names(model, field)
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


def _values(model: type[models.Model], field: Any) -> Iterator[tuple[Any, str, str]]:
    """Key, owner and ciphertext of each row, in the order of keys, a few at a time."""
    table, pk, owner, column = _names(model, field)
    every = f"SELECT {pk}, {owner}, {column} FROM {table} WHERE {column} <> ''"  # noqa: S608  # as above
    last: Any = None
    while True:
        with connection.cursor() as cursor:
            after, values = ("", []) if last is None else (f" AND {pk} > %s", [last])
            cursor.execute(f"{every}{after} ORDER BY {pk} LIMIT {BATCH}", values)
            rows = cursor.fetchall()
        yield from ((row_id, str(owner_id), sealed) for row_id, owner_id, sealed in rows)
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _names(model: type[models.Model], field: Any) -> tuple[str, str, str, str]:
    """Table, key, owner's column (or an empty text) and column, quoted."""
    quote = connection.ops.quote_name
    key: Any = model._meta.pk
    owner = quote(_owner_column(model, field)) if getattr(field, "owner", "") else "''"
    return quote(model._meta.db_table), quote(key.column), owner, quote(field.column)


def _owner_column(model: type[models.Model], field: Any) -> str:
    """The column behind the attribute a field is bound to (``user_id``, ``id``)."""
    bound: Any = next(other for other in model._meta.local_concrete_fields if other.attname == field.owner)
    return str(bound.column)


def _open(field: Any, sealed: str, owner: str) -> str:
    if isinstance(field, FindableEmailField):
        return unseal_findable(sealed, place=field.place)
    return unseal(sealed, place=field.place, owner=owner)


def _anew(field: Any, sealed: str, owner: str) -> str:
    text = _open(field, sealed, owner)
    if isinstance(field, FindableEmailField):
        return seal_findable(text, place=field.place)
    return seal(text, place=field.place, owner=owner)


def _reseal_second_factors() -> int:
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


def _look_at_second_factors() -> tuple[int, list[str]]:
    opened, broken = 0, []
    for row in Authenticator.objects.iterator(BATCH):
        for name in MFA_SECRETS:
            if name not in row.data:
                continue
            opened += 1
            try:
                unseal(row.data[name], place=MFA_PLACE)
            except CannotDecrypt:
                broken.append(str(row.pk))
    return opened, broken
