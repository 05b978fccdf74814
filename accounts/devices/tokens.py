"""The app's session token: ``wlt_`` and 256 random bits. Not the session key, and nothing in the database opens it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from allauth.headless.tokens.strategies.base import AbstractTokenStrategy

from accounts.devices.models import AppToken
from accounts.devices.policy import Kind
from accounts.devices.selectors import hashed, live_token
from accounts.devices.session_engine import KIND, SessionStore
from wallet_project.lib import clock
from wallet_project.lib.crypto import seal_bytes, unseal_bytes

if TYPE_CHECKING:
    from django.http import HttpRequest

PREFIX = "wlt_"
PURPOSE = "app token"


class WalletTokenStrategy(AbstractTokenStrategy):
    """allauth's door for apps. A token lives as long as its session; a new session key means a new token."""

    def create_session_token(self, request: HttpRequest) -> str:
        """The token of ``request.session``: the one it came with, or a new one when the session's key changed."""
        session = request.session
        assert isinstance(session, SessionStore)  # noqa: S101  # SESSION_ENGINE is ours
        if session.get(KIND) != Kind.APP:
            session[KIND] = Kind.APP.value
        session.save()
        key, row = str(session.session_key), session.row
        assert row is not None  # noqa: S101  # it was just saved
        if session.token and AppToken.objects.filter(token_hash=hashed(session.token), session=row).exists():
            return session.token
        session.token = PREFIX + secrets.token_urlsafe(32)
        AppToken.objects.update_or_create(
            session=row,
            defaults={
                "token_hash": hashed(session.token),
                "user_id": row.user_id,
                "session_key": seal_bytes(key.encode(), secret=session.token.encode(), purpose=PURPOSE),
                "created_at": clock.now(),
                "expires_at": row.expires_at,
            },
        )
        return session.token

    def lookup_session(self, session_token: str) -> SessionStore | None:
        """The session a token opens, None when the token is unknown, ended or over."""
        if not session_token.startswith(PREFIX):
            return None
        row = live_token(session_token, at=clock.now())
        if row is None:
            return None
        key = unseal_bytes(bytes(row.session_key), secret=session_token.encode(), purpose=PURPOSE).decode()
        session = SessionStore(key)
        session._session_cache = session.open(row.session, key)
        session.token = session_token
        return session
