"""What every answer carries: a request id, and the headers that keep browsers from helping an attacker."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING

from wallet_project.lib.logging import request_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("wallet.request")
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET_PATHS = ("/healthz", "/readyz", "/static/")

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "fullscreen",
        "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
    )
) + ", publickey-credentials-create=(self), publickey-credentials-get=(self)"  # fmt: skip


class RequestIdMiddleware:
    """Gives each request an id, keeps a proxy's own if it has one, and writes one log line per answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        chosen = given if _ACCEPTABLE_ID.fullmatch(given) else secrets.token_hex(8)
        request.request_id = chosen  # type: ignore[attr-defined]  # Django's class has no such field
        token = request_id.set(chosen)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = chosen
            self._log(request, response, started)
        finally:
            request_id.reset(token)
        return response

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponse, started: float) -> None:
        if request.path.startswith(_QUIET_PATHS) and response.status_code < 500:
            return
        match = request.resolver_match
        logger.info(
            "%s %s %s",
            request.method,
            match.route if match else "(unknown)",
            response.status_code,
            extra={"duration_ms": round((time.perf_counter() - started) * 1000)},
        )


class SecurityHeadersMiddleware:
    """Headers Django has no setting for. What is behind login is never stored by a browser or proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        response.setdefault("Cache-Control", "no-store")
        return response
