"""Staff sessions count only inside the networks of ``STAFF_NETWORKS``: a stolen one is of no use elsewhere.

No cookie counts under ``/api/`` and ``/_allauth/``, and both refuse staff anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.audit.services import record_security_event
from accounts.devices.origin import origin_of
from accounts.identity.refusals import APP_PREFIX, refuse
from accounts.staff.errors import NetworkNotAllowed
from accounts.staff.network import is_inside
from wallet_project.lib import clock
from wallet_project.lib.client_ip import client_ip

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

OPEN_NAMES = frozenset({"account_logout", "admin:logout"})
"""What a staff session may still do from outside: end."""

STAFF_NETWORK_REFUSED = "staff_network_refused"
"""The kind of a security event. Stored, so it never changes."""

_TOLD = "staff_network_refused"


class StaffNetwork:
    """Middleware, after authentication: 403 ``network_not_allowed``, recorded once per session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuses before the view is called. Inside, or without a list, nobody is even looked up."""
        if is_inside(client_ip(request)) or request.path.startswith(("/api/", APP_PREFIX)):
            return None
        if not (request.user.is_authenticated and request.user.is_staff):
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in OPEN_NAMES:
            return None
        self._record(request)
        return refuse(request, NetworkNotAllowed())

    @staticmethod
    def _record(request: HttpRequest) -> None:
        user: Any = request.user
        if request.session.get(_TOLD):
            return
        record_security_event(
            kind=STAFF_NETWORK_REFUSED,
            user_id=user.pk,
            actor=f"staff:{user.pk}",
            origin=origin_of(request),
            at=clock.now(),
        )
        request.session[_TOLD] = True
