"""A refusal in the shape its reader understands: problem JSON for apps, a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from wallet_project.lib.api import PROBLEM_TYPE, problem_body
from wallet_project.lib.describing import describe

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wallet_project.lib.errors import WalletError

APP_PREFIX = "/_allauth/"


def refuse(request: HttpRequest, refusal: WalletError) -> HttpResponse:
    """The answer to ``refusal`` for this request, with ``Retry-After`` where waiting helps."""
    told = describe(refusal)
    response: HttpResponse
    if request.path.startswith(APP_PREFIX):
        body = problem_body(refusal, reference=getattr(request, "request_id", ""))
        response = JsonResponse(body | {"errors": []}, status=told.status, content_type=PROBLEM_TYPE)
    else:
        response = render(request, "errors/problem.html", {"problem": told}, status=told.status)
    if "retry_after" in refusal.params:
        response["Retry-After"] = str(refusal.params["retry_after"])
    response["Cache-Control"] = "no-store"
    return response
