"""Refusals on pages: whatever a view does not handle itself becomes one clear page with the right status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class RefusalPage:
    """Middleware: a WalletError that leaves a page's view is shown, never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Renders ``errors/problem.html``; anything that is not a refusal stays an error."""
        if not isinstance(error, WalletError):
            return None
        told = describe(error)
        response = render(request, "errors/problem.html", {"problem": told}, status=told.status)
        if "retry_after" in error.params:
            response["Retry-After"] = str(error.params["retry_after"])
        return response
