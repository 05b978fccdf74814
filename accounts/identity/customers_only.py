"""What customers use is closed to staff: whoever may look into wallets and decide about them has none.

Everything is a customer's unless it is named here, so a new page or endpoint is closed to staff from its first day.
``/api/v1/`` is closed by ``WalletAuthentication``, which is what reads who calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.devices.api.authentication import HEADER
from accounts.devices.errors import StaffOwnNoWallet
from accounts.devices.selectors import live_token
from accounts.identity.refusals import APP_PREFIX, refuse
from wallet_project.lib import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.urls import ResolverMatch

STAFF_PREFIXES = {
    "/admin/": "the desk, behind its own gate",
    "/account/": "sign-in and sign-out, the password, the contacts and the second factor",
    "/dev/": "development only",
    "/api/": "no cookie counts there; WalletAuthentication refuses staff",
}
STAFF_NAMES = {
    "landing": "public",
    "help": "public",
    "help_sent": "public",
    "legal": "public",
    "statement_verify": "public",
    "set_language": "public",
    "set_theme": "public",
    "healthz": "public",
    "readyz": "public",
    "csp_report": "public",
    "stripe_webhook": "public",
}
APP_NAMES = {
    "headless:app:config": "public",
    "headless:app:account:current_session": "says who is signed in, and signs out",
}
"""What an app's session of somebody who became staff may still ask of sign-in."""


class CustomersOnly:
    """Middleware, after authentication: 403 ``staff_own_no_wallet``, as a page or as a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuses before the view is called."""
        match = request.resolver_match
        if match is None:
            return None
        is_closed = _is_closed_to_app(request, match) if _is_app(request) else _is_closed_page(request, match)
        return refuse(request, StaffOwnNoWallet()) if is_closed else None


def _is_app(request: HttpRequest) -> bool:
    return request.path.startswith(APP_PREFIX)


def _is_closed_page(request: HttpRequest, match: ResolverMatch) -> bool:
    if match.view_name in STAFF_NAMES or request.path.startswith(tuple(STAFF_PREFIXES)):
        return False
    return request.user.is_authenticated and request.user.is_staff


def _is_closed_to_app(request: HttpRequest, match: ResolverMatch) -> bool:
    token = request.headers.get(HEADER)
    if not token or match.view_name in APP_NAMES:
        return False
    row = live_token(token, at=clock.now())
    return row is not None and row.session.user is not None and row.session.user.is_staff
