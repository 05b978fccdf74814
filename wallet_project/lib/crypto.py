"""Encryption of single values, and the one-way indexes that make them findable.

Format: ``v<kid>:<base64url(nonce ‖ ciphertext ‖ tag)>``, AES-256-GCM. The additional data is ``table.column``, so
a value copied to another column does not open; where swapping rows would be an attack the owner's id is in there
too. Every failure raises: a value that cannot be opened is never shown as text, and plain text is never accepted
where a sealed value belongs. Keys: ``settings.FIELD_KEYS`` (kid → 256 bits, the first one seals, all open).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from django.conf import settings
from django.core.exceptions import FieldError
from django.core.signals import setting_changed
from django.db import models
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_NONCE_BYTES = 12
_FINDABLE = "s"
_RANDOMISED = "v"


class CannotDecrypt(Exception):
    """The value is damaged, moved from another place or owner, or sealed under a key we do not have."""


# --- values


def seal(text: str, *, place: str, owner: str = "") -> str:
    """Encrypts ``text`` for one ``place`` (``table.column``) and, if given, one owner."""
    kid, key = _newest()
    nonce = os.urandom(_NONCE_BYTES)
    return _pack(_RANDOMISED, kid, nonce + _gcm(key).encrypt(nonce, text.encode(), _bound(place, owner)))


def unseal(sealed: str, *, place: str, owner: str = "") -> str:
    """The text behind ``seal``. Raises CannotDecrypt for anything that is not exactly that."""
    key, body = _unpack(_RANDOMISED, sealed)
    try:
        return _gcm(key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _bound(place, owner)).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt(place) from error


def seal_findable(text: str, *, place: str) -> str:
    """Encrypts deterministically (AES-SIV, RFC 5297): equal texts of one place have equal ciphertexts.

    Only for a column that must be looked up and is not ours to give an index.
    """
    kid, key = _newest()
    return _pack(_FINDABLE, kid, _siv(key).encrypt(text.encode(), [place.encode()]))


def unseal_findable(sealed: str, *, place: str) -> str:
    """The text behind ``seal_findable``. Raises CannotDecrypt."""
    key, body = _unpack(_FINDABLE, sealed)
    try:
        return _siv(key).decrypt(body, [place.encode()]).decode()
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt(place) from error


def seal_bytes(content: bytes, *, secret: bytes, purpose: str) -> bytes:
    """Encrypts under a key that only ``secret`` gives (a session key, a token): at rest nobody can open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_subkey(secret, purpose)).encrypt(nonce, content, purpose.encode())


def unseal_bytes(sealed: bytes, *, secret: bytes, purpose: str) -> bytes:
    """The content behind ``seal_bytes``. Raises CannotDecrypt."""
    try:
        key = AESGCM(_subkey(secret, purpose))
        return key.decrypt(bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:]), purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt(purpose) from error


def blind_index(value: str, purpose: str) -> str:
    """64 hex digits that find an encrypted value: HMAC-SHA256 under a key of its own, different per purpose.

    The caller normalises first; an index answers only "is it exactly this?".
    """
    return hmac.new(_subkey(settings.BLIND_INDEX_KEY, purpose), value.encode(), hashlib.sha256).hexdigest()


def key_id(sealed: str) -> str:
    """The kid a value is sealed under; rotation asks which rows are behind."""
    head, separator, _ = sealed.partition(":")
    if not separator or head[:1] not in (_RANDOMISED, _FINDABLE):
        raise CannotDecrypt("not a sealed value")
    return head[1:]


def newest_key_id() -> str:
    """The kid that seals now."""
    return _newest()[0]


def _newest() -> tuple[str, bytes]:
    return next(iter(settings.FIELD_KEYS.items()))


def _bound(place: str, owner: str) -> bytes:
    return f"{place}\x00{owner}".encode() if owner else place.encode()


def _pack(kind: str, kid: str, body: bytes) -> str:
    return f"{kind}{kid}:{base64.urlsafe_b64encode(body).decode().rstrip('=')}"


def _unpack(kind: str, sealed: str) -> tuple[bytes, bytes]:
    head, separator, body = sealed.partition(":")
    if not separator or head[:1] != kind or head[1:] not in settings.FIELD_KEYS:
        raise CannotDecrypt("not a sealed value, or an unknown key")
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError) as error:
        raise CannotDecrypt("not a sealed value") from error
    return settings.FIELD_KEYS[head[1:]], raw


def _subkey(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"wallet:{purpose}".encode(), hashlib.sha256).digest()


@cache
def _gcm(key: bytes) -> AESGCM:
    return AESGCM(_subkey(key, "field"))


@cache
def _siv(key: bytes) -> AESSIV:
    return AESSIV(_subkey(key, "siv-mac") + _subkey(key, "siv-text"))


def _forget_keys(*, setting: str, **_: Any) -> None:
    if setting == "FIELD_KEYS":
        _gcm.cache_clear()
        _siv.cache_clear()


setting_changed.connect(_forget_keys)


# --- fields


class _Sealed(str):
    """Ciphertext as it came from the database, not opened yet."""

    __slots__ = ()


class _OpenedOnRead(DeferredAttribute):
    """Opens the ciphertext when the attribute is first read: rows cost nothing for columns nobody looks at."""

    field: EncryptedTextField

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is not None and isinstance(value, _Sealed):
            value = self.field.open(value, instance)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        """Only a descriptor that also sets comes before the row's own dict when an attribute is read."""
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database never sees.

    ``owner`` names a column of the same row (``user_id``) whose value is bound into the ciphertext, so that
    copying the cell to somebody else's row makes it unreadable. The value may be NULL; ``""`` stays ``""``.
    It cannot be searched, ordered or compared: keep a ``blind_index`` beside it. ``values()`` gives ciphertext.
    """

    descriptor_class = _OpenedOnRead

    def __init__(self, *args: Any, owner: str = "", **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.owner:
            kwargs["owner"] = self.owner
        return name, path, args, kwargs

    @property
    def place(self) -> str:
        """``table.column``, the additional data."""
        return f"{self.model._meta.db_table}.{self.column}"

    def open(self, sealed: str, instance: models.Model) -> str:
        """The text of one cell of ``instance``. Raises CannotDecrypt."""
        return unseal(sealed, place=self.place, owner=self._owner_of(instance))

    def from_db_value(self, value: str | None, _expression: Any, _connection: BaseDatabaseWrapper) -> str | None:
        return _Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if not value or hasattr(value, "resolve_expression"):
            return value
        return _Sealed(seal(str(value), place=self.place, owner=self._owner_of(model_instance)))

    def get_prep_value(self, value: Any) -> Any:
        """Only ciphertext made by ``pre_save`` may pass; ``update(field="…")`` would write plain text."""
        if value in (None, "") or isinstance(value, _Sealed) or hasattr(value, "resolve_expression"):
            return value if hasattr(value, "resolve_expression") or value is None else str(value)
        raise FieldError(f"{self.name} is encrypted: save the row instead of updating the column.")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: look it up by its blind index.")
        return super().get_lookup(lookup_name)

    def _owner_of(self, instance: models.Model) -> str:
        if not self.owner:
            return ""
        owner = getattr(instance, self.owner)
        if owner is None:
            raise CannotDecrypt(f"{self.place} needs its owner")
        return str(owner)


class FindableEmailField(models.EmailField):  # type: ignore[type-arg]
    """An e-mail column sealed deterministically: exact look-ups work, everything else is refused.

    ``place`` is given, because the field replaces one of another package's model and the table is its own.
    """

    allowed_lookups: ClassVar[frozenset[str]] = frozenset({"exact", "in", "isnull"})

    def __init__(self, *args: Any, place: str = "", **kwargs: Any) -> None:
        self.place = place
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """To migrations this is the e-mail column it replaces: same type, same length."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def from_db_value(self, value: str | None, _expression: Any, _connection: BaseDatabaseWrapper) -> str | None:
        return unseal_findable(value, place=self.place) if value else value

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return seal_findable(str(prepared), place=self.place) if prepared else prepared

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in self.allowed_lookups:
            raise FieldError(f"{self.name} is encrypted: it can only be looked up exactly.")
        return super().get_lookup(lookup_name)
