"""The page that says how much a person may add and send, and what today has used of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.limits import selectors
from accounts.mfa.selectors import has_reduced_limits
from wallet_project.lib import clock
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest


@require_safe
@login_required
@limited("read")
def limits_page(request: PersonRequest) -> HttpResponse:
    """Every limit as it stands today."""
    user = request.user
    at = clock.now()
    reduced = has_reduced_limits(user, at=at)
    limits = selectors.summary(user, at=at, reduced=reduced)
    return render(request, "accounts/limits/limits.html", {"limits": limits, "reduced": reduced})
