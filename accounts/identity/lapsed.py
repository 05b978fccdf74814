"""A code that can no longer be used sends its page back to sign-in; here the person is told why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

CODE_PAGES = (
    "account_email_verification_sent",
    "account_verify_phone",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
)


def say_why(request: HttpRequest, response: HttpResponse) -> None:
    """Adds a message when a code page gave up without a word: allauth drops a code after ten minutes in silence."""
    match = request.resolver_match
    if match is None or match.view_name not in CODE_PAGES or request.user.is_authenticated:
        return
    gave_up = response.headers.get("Location", "").partition("?")[0] == reverse("account_login")
    if gave_up and not _has_spoken(request):
        messages.error(request, _("This code can no longer be used. Sign in or sign up again to get a new one."))


def _has_spoken(request: HttpRequest) -> bool:
    """Whether allauth itself has said something in this very request, as it does after the fifth wrong code."""
    return bool(getattr(messages.get_messages(request), "_queued_messages", []))
