"""Light, dark or the system's own: kept in a cookie, so that the choice works before sign-in and without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SYSTEM = "system"
CHOICES = (SYSTEM, "light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


def chosen(request: HttpRequest) -> str:
    """ "light" or "dark" where somebody chose it, "" where the system decides.

    The browser's cookie wins; without one the signed-in person's ``theme`` is used, if they have such a field.
    """
    value = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    if value not in CHOICES:
        value = getattr(getattr(request, "user", None), "theme", "")
    return value if value in ("light", "dark") else ""


def remember(response: HttpResponse, theme: str) -> None:
    """Keeps the choice in this browser for a year. ``theme`` is one of CHOICES."""
    response.set_cookie(
        settings.THEME_COOKIE_NAME,
        theme,
        max_age=YEAR_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Stores the choice and goes back where the person was, on this site only."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    if theme in CHOICES:
        remember(response, theme)
    return response
