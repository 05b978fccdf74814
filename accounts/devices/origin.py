"""The origin of a Django or DRF request, as the value that services store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.devices.models import AppToken
from accounts.devices.session_engine import SessionStore
from wallet_project.lib.client_ip import client_ip
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from accounts.devices.models import WalletSession

USER_AGENT_LENGTH_MAX = 200


def origin_of(request: Any) -> Origin:
    """Channel, request id, address, browser and session of ``request`` (Django's or DRF's)."""
    plain = getattr(request, "_request", request)
    session = session_row_of(request)
    return Origin(
        channel=_channel(plain.path, session),
        request_id=getattr(plain, "request_id", ""),
        ip_address=client_ip(plain),
        user_agent=plain.headers.get("User-Agent", "")[:USER_AGENT_LENGTH_MAX],
        session_id=session.pk if session is not None else None,
        session_started_at=session.created_at.isoformat() if session is not None else None,
    )


def session_row_of(request: Any) -> WalletSession | None:
    """Our own row of the session this request belongs to, without a further query."""
    token = getattr(request, "auth", None)
    if isinstance(token, AppToken):
        return token.session
    store = getattr(getattr(request, "_request", request), "session", None)
    if isinstance(store, SessionStore) and store.session_key:
        store._get_session()
        return store.row
    return None


def _channel(path: str, session: WalletSession | None) -> str:
    if path.startswith("/admin/"):
        return "desk"
    if path.startswith(("/api/", "/_allauth/")) or (session is not None and session.kind == "app"):
        return "app"
    return "web"
