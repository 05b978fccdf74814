"""Django's session interface over ``WalletSession``: the key is stored as a hash, the payload sealed under the key.

A copy of the database therefore opens no session and shows no login state. The columns beside the payload
(person, kind, when they authenticated, when it ends) are what other rooms may know.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from accounts.devices.models import WalletSession
from accounts.devices.policy import Kind, expires_at, is_over, is_stale
from accounts.devices.selectors import hashed
from wallet_project.lib import clock
from wallet_project.lib.crypto import seal_bytes, unseal_bytes

if TYPE_CHECKING:
    from uuid import UUID

PURPOSE = "session payload"
AUTHENTICATED_AT = "wallet_authenticated_at"
KIND = "wallet_kind"


class SessionStore(SessionBase):
    """One session. ``row_id`` is the id other rooms use; ``token`` the app token it was opened with, if any."""

    if TYPE_CHECKING:  # what Django's class has and the stubs leave out
        _session_cache: dict[str, Any]

        def _get_session(self, no_load: bool = False) -> dict[str, Any]: ...

    row: WalletSession | None = None
    token: str = ""

    # --- what other code asks

    @property
    def row_id(self) -> UUID | None:
        """The id of the row, once there is one."""
        self._get_session()
        return self.row.pk if self.row is not None else None

    @property
    def authenticated_at(self) -> datetime | None:
        """When the person last proved who they are in this session."""
        stored = self.get(AUTHENTICATED_AT)
        return datetime.fromisoformat(stored) if stored else None

    def mark_authenticated(self, at: datetime) -> None:
        """The person has just proved who they are; PINs and step-up count from here."""
        self[AUTHENTICATED_AT] = at.isoformat()

    # --- Django's interface

    @classmethod
    def get_model_class(cls) -> type[WalletSession]:
        """The row's class."""
        return WalletSession

    @classmethod
    def clear_expired(cls) -> None:
        """For ``manage.py clearsessions``."""
        WalletSession.objects.filter(expires_at__lte=clock.now()).delete()

    def exists(self, session_key: str) -> bool:
        return WalletSession.objects.filter(key_hash=hashed(session_key)).exists()

    def load(self) -> dict[str, Any]:
        key = self.session_key
        row = WalletSession.objects.filter(key_hash=hashed(key)).first() if key else None
        if key is None or row is None:
            return self._forget()
        return self.open(row, key)

    def open(self, row: WalletSession, key: str) -> dict[str, Any]:
        """Takes a row that was read already. Over: the row is deleted and the session is empty."""
        now = clock.now()
        if is_over(row, now):
            row.delete()
            return self._forget()
        if is_stale(row, now):
            WalletSession.objects.filter(pk=row.pk).update(last_seen_at=now)
            row.last_seen_at = now
        self.row = row
        self._session_key = key
        content = unseal_bytes(bytes(row.payload), secret=key.encode(), purpose=PURPOSE)
        loaded: dict[str, Any] = self.serializer().loads(content)
        return loaded

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        columns = self._columns(self._get_session(no_load=must_create), self.session_key)
        if must_create:
            now = clock.now()
            self.row = WalletSession.objects.create(created_at=now, last_seen_at=now, **columns)
            return None
        # A session that was ended in the meantime stays ended: it is never written back.
        if self.row is None or not WalletSession.objects.filter(pk=self.row.pk).update(**columns):
            raise UpdateError
        for name, value in columns.items():
            setattr(self.row, name, value)
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            WalletSession.objects.filter(key_hash=hashed(key)).delete()
        if self.row is not None and key and self.row.key_hash == hashed(key):
            self.row = None

    def _get_new_session_key(self) -> str:
        return secrets.token_urlsafe(32)

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and len(str(key)) == 43

    def _forget(self) -> dict[str, Any]:
        self._session_key = None
        self.row = None
        return {}

    def _columns(self, data: dict[str, Any], key: str) -> dict[str, Any]:
        user_id = data.get(SESSION_KEY)
        kind = data.get(KIND, Kind.WEB)
        began = self.row.created_at if self.row is not None and self.row.key_hash == hashed(key) else clock.now()
        authenticated_at = data.get(AUTHENTICATED_AT)
        return {
            "key_hash": hashed(key),
            "payload": seal_bytes(self.serializer().dumps(data), secret=key.encode(), purpose=PURPOSE),
            "user_id": user_id,
            "auth_hash": data.get(HASH_SESSION_KEY, "") if user_id else "",
            "kind": kind,
            "authenticated_at": datetime.fromisoformat(authenticated_at) if user_id and authenticated_at else None,
            "expires_at": expires_at(kind, since=began, signed_in=user_id is not None),
        }
