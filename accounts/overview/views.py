"""The security page: PIN, second factor, and where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.devices import services as devices
from accounts.devices.origin import origin_of, session_row_of
from accounts.devices.selectors import sessions_of
from accounts.overview.selectors import second_factors
from accounts.staff.selectors import readings_of
from accounts.stepup.selectors import pin_state
from wallet_project.lib import clock, ids
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

READINGS_SHOWN = 20


@require_GET
@login_required
@limited("security")
def security(request: HttpRequest) -> HttpResponse:
    """What protects the account, and what to do about it."""
    user: Any = request.user
    at = clock.now()
    context = {
        "pin": pin_state(user, at=at),
        "factors": second_factors(user),
        "sessions": sessions_of(user, at=at),
        "here": session_row_of(request),
        "readings": readings_of(user.pk, size=READINGS_SHOWN),
    }
    return render(request, "accounts/overview/security.html", context)


@require_POST
@login_required
@limited("security")
def sign_out_device(request: HttpRequest, device: str) -> HttpResponse:
    """Signs one device out at once."""
    user: Any = request.user
    session_id = ids.parse("dev", device)
    devices.revoke_session(user=user, session_id=session_id, at=clock.now(), origin=origin_of(request))
    messages.success(request, _("That device is signed out."))
    return redirect("security")


@require_POST
@login_required
@limited("security")
def sign_out_others(request: HttpRequest) -> HttpResponse:
    """Signs everything out but this browser."""
    user: Any = request.user
    here = session_row_of(request)
    except_id = here.pk if here is not None else None
    devices.revoke_all(user=user, at=clock.now(), origin=origin_of(request), except_session_id=except_id)
    messages.success(request, _("Every other device is signed out."))
    return redirect("security")
